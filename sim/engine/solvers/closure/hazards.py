"""What moves a chain, taken from the engine's own tables: chances over the drivers that a table holds.

Groups of drivers are kept apart as far as their factors allow, then multiplied over exactly the drivers in question;
drivers that a table does not hold stay as axes of their own and are averaged over by whoever knows their chances. So
E[1 - exp(-hazard)] is taken over the drivers' values themselves, not over a mean hazard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.arrays import FloatArray
from sim.model.compiled.grid import Axis
from sim.model.compiled.program import Program
from sim.model.compiled.scope import Moment, Source
from sim.model.compiled.tables import Group, Tables


@dataclass(frozen=True)
class Move:
    """A transition: from and to which state, and where the tables hold it."""

    source: int
    target: int
    side: int
    slot: int


@dataclass
class Law:
    """How one chain moves: its program with drivers kept apart."""

    program: Program
    axes: list[Axis]
    moves: dict[int, list[Move]]
    """Own state -> its moves."""

    def __post_init__(self) -> None:
        self._sources = [axis.source for axis in self.axes]
        self.reads = frozenset(self._sources)
        self._by_source = {axis.source: axis for axis in self.axes}
        self._factors: dict[tuple[int, Source], tuple[Tables, tuple[list[Source], FloatArray] | None]] = {}

    def tables(self, now: Moment) -> Tables:
        """Give the tables of a moment; the same object while nothing that they read has changed."""
        return self.program.tables(now)

    def sources(self) -> list[Source]:
        """List the drivers."""
        return self._sources

    def axis(self, source: Source) -> Axis:
        """Give the axis of a driver."""
        return self._by_source[source]

    def chances(self, tables: Tables, state: int, pinned: dict[Source, int], order: list[Source]) -> FloatArray:
        """Give the chances of a state's moves over all classes of all drivers.

        Parameters
        ----------
        tables
            The tables of the moment.
        state
            The own state.
        pinned
            Drivers held at one class.
        order
            The other drivers, in the order of the axes wanted.

        Returns
        -------
            Chances a step, (move, *classes in order); a driver that has no say in this state has one class.
        """
        value = np.ones((len(self.moves[state]), *[1] * len(order)))
        for g, group in enumerate(self.program.groups):
            part = self._part(tables, g, group, state, pinned)
            kept = [axis.source for axis in group.axes if axis.source not in pinned]
            part = np.transpose(
                part, [0, *(1 + i for i in sorted(range(len(kept)), key=lambda i: order.index(kept[i])))]
            )
            shape = [part.shape[0]] + [1] * len(order)
            at = 1
            for i, source in enumerate(order):
                if source in kept:
                    shape[1 + i] = part.shape[at]
                    at += 1
            value = value * part.reshape(shape)
        if self.program.chain.kind == "rates":
            hazard = value.sum(axis=0)
            share = np.divide(-np.expm1(-hazard), hazard, out=np.zeros(hazard.shape), where=hazard > 0)
            value = value * share
        return _told_apart(value)

    def _part(self, tables: Tables, g: int, group: Group, state: int, pinned: dict[Source, int]) -> FloatArray:
        n_slots = tables.by_slot[g].shape[0]
        table = tables.by_slot[g].reshape(n_slots, 2, *group.shape)
        part = np.stack([table[move.slot, move.side, state] for move in self.moves[state]])
        for i in reversed(range(len(group.axes))):
            if group.axes[i].source in pinned:
                part = part.take(pinned[group.axes[i].source], axis=1 + i)
        return part

    def factor(self, tables: Tables, state: int, source: Source) -> tuple[list[Source], FloatArray] | None:
        """Give the group of a driver by itself: its drivers, and what they multiply each move by; None if nothing."""
        known = self._factors.get((state, source))
        if known is None or known[0] is not tables:
            found = None
            for g, group in enumerate(self.program.groups):
                mine = [axis.source for axis in group.axes]
                if source in mine:
                    part = self._part(tables, g, group, state, {})
                    axis = 1 + mine.index(source)
                    found = None if np.all(part == part.take([0], axis=axis)) else (mine, part)
            self._factors[state, source] = known = (tables, found)
        return known[1]


def _told_apart(value: FloatArray) -> FloatArray:
    """Keep one class of each driver along which nothing differs."""
    for axis in range(1, value.ndim):
        if value.shape[axis] > 1 and np.all(value == value.take([0], axis=axis)):
            value = value.take([0], axis=axis)
    return value


def law_of(program: Program) -> Law:
    """Take a chain's program apart, keeping drivers together only where they meet in a factor."""
    axes = [axis for group in program.groups for axis in group.axes]
    factors = program.factors
    together = program.chain.kind == "probabilities" or any(f.scale != "rate" for f in factors)
    if not together:
        program = replace(program, groups=_apart(program, axes), _tables=None, _signature=None)
    moves: dict[int, list[Move]] = {}
    for transition, side, state, slot in program.slots:
        source, target = program.transitions[transition]
        moves.setdefault(state, []).append(Move(source, target, side, slot))
    return Law(program, axes, moves)


def _apart(program: Program, axes: list[Axis]) -> list[Group]:
    """Group the axes that meet in a factor, each such set by itself."""
    position = {axis.source: i for i, axis in enumerate(axes)}
    sets: list[set[int]] = [{i} for i in range(len(axes))]
    for factor in program.factors:
        mine = {position[s] for s in factor.sources if s in position}
        joined = [s for s in sets if s & mine]
        if len(joined) > 1:
            sets = [s for s in sets if not s & mine] + [set().union(*joined)]
    chosen = [(tuple(axes[i] for i in sorted(s)), sorted(s)) for s in sets or [set()]]
    taken: set[int] = set()
    shares: list[list[int]] = []
    for _, its in chosen:
        sources = {axes[i].source for i in its}
        mine_ = [i for i, f in enumerate(program.factors) if i not in taken and sources & set(f.sources)]
        taken.update(mine_)
        shares.append(mine_)
    shares[0] = sorted(shares[0] + [i for i in range(len(program.factors)) if i not in taken])
    n = len(program.chain.states)
    return [Group(group, tuple(share), n) for (group, _), share in zip(chosen, shares, strict=True)]
