"""A team as a SimPy resource with priorities: so many places in each area, and the families who wait for one.

SimPy's own PriorityResource has a fixed number of places and sorts its queue at every request. Posts come and go here,
and a family's urgency may change while it waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf

import simpy

Admit = Callable[[int, float], None]
"""Takes in who is let in: the row, and since when it waited."""


@dataclass(frozen=True)
class Admitted:
    """Somebody let in: to which service, which row, since when it waited and when that ended, in steps."""

    service: str
    row: int
    since: float
    until: float


Observe = Callable[[Admitted], None]
"""Looks at everybody who is let in."""


class Gate:
    """The places of one service, by area; the first class first, then who came first.

    Current cases stay when places go (the team is overloaded), and nobody is put out of a place for somebody else.
    """

    def __init__(self, env: simpy.Environment, areas: list[int], n_areas: int, admit: Admit, room: float = inf) -> None:
        self.env, self.area_of, self.admit = env, areas, admit
        self.places: list[float] = [0.0] * n_areas
        self.busy: list[int] = [0] * n_areas
        self.waiting: dict[int, tuple[int, float, int]] = {}
        """Row -> its place in the queue: class, order, number of joining."""
        self.since: dict[int, float] = {}
        self.queues: list[list[tuple[int, float, int, int]]] = [[] for _ in range(n_areas)]
        self.joined = 0
        self.standing = [0] * n_areas
        """How many wait in each area."""
        self.room = room

    def fork(self, env: simpy.Environment, admit: Admit, room: float = inf) -> Gate:
        """Copy the gate for a history that parts from this one."""
        twin = Gate(env, self.area_of, len(self.places), admit, room)
        twin.places, twin.busy, twin.joined = list(self.places), list(self.busy), self.joined
        twin.waiting, twin.since = dict(self.waiting), dict(self.since)
        twin.standing = list(self.standing)
        twin.queues = [list(queue) for queue in self.queues]
        return twin

    def join(self, row: int, rank: int) -> None:
        """Put a family in the queue, and let it in at once if there is a place."""
        self.joined += 1
        self.since[row] = self.env.now
        self._stand(row, (rank, self.order(self.env.now), self.joined))
        self.fill(self.area_of[row])

    def rank(self, row: int, rank: int) -> None:
        """Give a waiting family another priority class; its time of joining stays."""
        before, order, number = self.waiting[row]
        if before != rank:
            self._stand(row, (rank, order, number))

    def _stand(self, row: int, place: tuple[int, float, int]) -> None:
        self.standing[self.area_of[row]] += row not in self.waiting
        self.waiting[row] = place
        heappush(self.queues[self.area_of[row]], (*place, row))

    @staticmethod
    def order(joined: float) -> float:
        """Give what is served first within a class, the smallest: the time of joining."""
        return joined

    def leave(self, row: int) -> None:
        """Take a family out of the queue; its entry is passed over later."""
        if self.waiting.pop(row, None) is not None:
            self.standing[self.area_of[row]] -= 1
        self.since.pop(row, None)

    def is_full(self, area: int) -> bool:
        """Say whether who comes now finds neither a place nor room to wait."""
        return self.busy[area] >= self.places[area] and self.standing[area] >= self.room

    def take(self, area: int) -> None:
        """Count a case that begins."""
        self.busy[area] += 1

    def release(self, area: int) -> None:
        """Count a case that ends and hand its place on."""
        self.busy[area] -= 1
        self.fill(area)

    def open(self, places: list[float]) -> None:
        """Set the places of each area and let in who fits."""
        self.places = places
        for area in range(len(places)):
            self.fill(area)

    def fill(self, area: int) -> None:
        """Let in the first in the queue while there are free places."""
        queue = self.queues[area]
        while queue and self.busy[area] < self.places[area]:
            rank, order, number, row = heappop(queue)
            if self.waiting.get(row) == (rank, order, number):
                since = self.since[row]
                self.leave(row)
                self.admit(row, since)


def no_limit(n_areas: int) -> list[float]:
    """Give the places of a service without a team."""
    return [inf] * n_areas
