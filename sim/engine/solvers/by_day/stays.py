"""Stays whose length is drawn when they begin: when each ends, and what becomes of those that end before their time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import simpy

from sim.arrays import FloatArray, IntArray
from sim.engine.moves.world import MovingWorld
from sim.engine.solvers.by_day.family import Family
from sim.language.evaluate import evaluate
from sim.model.compiled.scope import GridScope, Moment, Reader, sources_of
from sim.model.lengths import Length

Over = Callable[[int, int, int], None]
"""Moves who has stayed long enough: of which family, which row, and to which state."""


@dataclass(frozen=True)
class StayKind:
    """A kind of stay: where its end leads, its length, and what that is multiplied by for each value of some traits."""

    target: int
    length: Length
    traits: tuple[IntArray, ...]
    multiples: FloatArray

    def drawn(self, family: Family) -> float:
        """Draw the steps that a stay of somebody in a family lasts."""
        multiple = self.multiples[tuple(trait[family.row] for trait in self.traits)]
        return self.length.quantile(family.uniform()) * float(multiple)


@dataclass(frozen=True, eq=False)
class Staying:
    """A stay that goes on: when it ends, of which family, and where that leads; it is equal to itself alone."""

    end: float
    family: int
    target: int


class Stays:
    """The stays of one chain, by row, of each kind by state."""

    def __init__(self, env: simpy.Environment, kinds: Mapping[int, StayKind], over: Over) -> None:
        self.env, self.kinds, self.over = env, kinds, over
        self.staying: dict[int, Staying] = {}

    def fork(self, env: simpy.Environment, kinds: Mapping[int, StayKind], over: Over) -> Stays:
        """Copy them for a history that parts from this one; who stays keeps the length that was drawn."""
        twin = Stays(env, kinds, over)
        for row, stay in self.staying.items():
            twin._until(stay, row)
        return twin

    def enter(self, family: Family, row: int, state: int) -> None:
        """Take in that somebody enters a state: the stay before is over, and perhaps another begins."""
        self.staying.pop(row, None)
        if (kind := self.kinds.get(state)) is not None:
            self._until(Staying(self.env.now + kind.drawn(family), family.row, kind.target), row)

    def _until(self, stay: Staying, row: int) -> None:
        """Put the end of a stay into the calendar."""
        self.staying[row] = stay
        due = self.env.timeout(max(stay.end - self.env.now, 0.0))
        due.callbacks.append(partial(self._end, stay, row))

    def _end(self, stay: Staying, row: int, _: simpy.Event) -> None:
        """Let a stay end, unless it did before its time."""
        if self.staying.get(row) is stay:
            self.over(stay.family, row, stay.target)


def kinds_of(world: MovingWorld, name: str) -> dict[int, StayKind]:
    """Find the stays of a chain whose length is drawn, by state."""
    chain, model, found = world.chains[name], world.compiled.model, {}
    reader = Reader(model, model.root.name)
    for move in chain.transitions:
        if move.length is not None:
            read = sources_of(move.length.times, reader)
            values = {source: np.arange(len(model.trait(source.name).values), dtype=np.float64) for source in read}
            multiples = evaluate(move.length.times, GridScope(reader, values, Moment({})))
            every = np.broadcast_to(multiples, [len(raw) for raw in values.values()])
            traits = tuple(world.root.traits[source.name] for source in read)
            source, target = (chain.states.index(state) for state in (move.source, move.target))
            found[source] = StayKind(target, move.length, traits, every)
    return found
