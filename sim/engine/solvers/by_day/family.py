"""One family as a SimPy process: it waits for the next thing that happens to any of its members, and starts again."""

from __future__ import annotations

from collections.abc import Generator
from math import log1p
from typing import Protocol

import numpy as np
import simpy

from sim.engine.fate.draws import key, uniform

BLOCK = 64
"""Random numbers drawn at once."""


class Happenings(Protocol):
    """What knows how to let the next thing happen to a family."""

    env: simpy.Environment

    def happen(self, family: Family) -> None:
        """Let it happen."""


class Family:
    """A family with its children.

    The time to its next event is kept as what is ``left`` of a unit exponential time, which runs down at the ``total``
    hazard of all its members; so a change of hazards takes no new draw, and what has passed counts.

    Attributes
    ----------
    children
        Positions of the children who are there.
    total, left, since
        Hazard of anything at all a step; what is left of the exponential time at ``since``.
    here, called
        Whether it has come; whether it has been interrupted and not woken yet.
    """

    __slots__ = (
        "at",
        "block",
        "called",
        "children",
        "drawn",
        "here",
        "left",
        "process",
        "row",
        "since",
        "stream",
        "total",
    )

    def __init__(self, row: int, stream: int, now: float) -> None:
        self.row, self.stream = row, stream
        self.children: list[int] = []
        self.block: list[float] = []
        self.at = self.drawn = 0
        self.total, self.since = 0.0, now
        self.here = self.called = False
        self.process: simpy.Process | None = None
        self.left = self.exponential()

    def fork(self) -> Family:
        """Copy the family for a history that parts from this one; its process is begun anew."""
        twin = Family.__new__(Family)
        for name in self.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.children, twin.process, twin.called = list(self.children), None, False
        return twin

    def uniform(self) -> float:
        """Give the next of the family's own random numbers, in [0, 1)."""
        if self.at == len(self.block):
            self.block = uniform(self.stream, np.arange(self.drawn, self.drawn + BLOCK)).tolist()
            self.drawn += BLOCK
            self.at = 0
        self.at += 1
        return self.block[self.at - 1]

    def exponential(self) -> float:
        """Draw a unit exponential time."""
        return -log1p(-self.uniform())

    def live(self, lives: Happenings, delay: float) -> Generator[simpy.Event]:
        """Come after a delay; then let one thing happen after another."""
        env = lives.env
        if delay > 0.0:
            yield env.timeout(delay)
            self.since = env.now
        self.here = True
        while True:
            try:
                yield env.timeout(self.left / self.total) if self.total > 0.0 else env.event()
            except simpy.Interrupt:
                self.called = False
                continue
            lives.happen(self)

    def catch_up(self, now: float) -> None:
        """Use up the time until now at the present hazard."""
        if self.here:
            self.left = max(self.left - self.total * (now - self.since), 0.0)
            self.since = now

    def wake(self, env: simpy.Environment) -> None:
        """Have it reckon anew when its next event will be."""
        if self.here and not self.called and self.process is not None and env.active_process is not self.process:
            self.called = True
            self.process.interrupt()


def stream_of(stream: int, family_id: int) -> int:
    """Give the key of a family's own random numbers."""
    return key(stream, "case by case", family_id)
