"""What moves a chain, taken from the engine's own tables: chances over the drivers that a table holds.

Groups of drivers are kept apart as far as their factors allow, then multiplied over exactly the drivers in question;
drivers that a table does not hold stay as axes of their own and are averaged over by whoever knows their chances. So
E[1 - exp(-hazard)] is taken over the drivers' values themselves, not over a mean hazard. Leaves out what tables hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.model.compiled.grid import Axis
from sim.model.compiled.program import Program
from sim.model.compiled.scope import Moment, Source, moment
from sim.model.compiled.tables import DigitGroup, Tables
from sim.model.spec import Chain

Member = TypeVar("Member")
Factors = tuple[list[Source], FloatArray]
"""The drivers of a group, and what they multiply each move by, (move, *classes)."""


@dataclass(frozen=True)
class Exit:
    """A transition: from and to which state, and where the tables hold it."""

    source: int
    target: int
    side: int
    slot: int


@dataclass
class Law:
    """How one chain moves: its program with drivers kept apart, their axes, and the moves out of each own state."""

    program: Program
    axes: dict[Source, Axis]
    moves: dict[int, list[Exit]]
    _factors: dict[tuple[int, Source], tuple[Tables, Factors | None]] = field(default_factory=dict, repr=False)

    def tables(self, now: Moment) -> Tables:
        """Give the tables of a moment; the same object while nothing that they read has changed."""
        return self.program.tables(now)

    def first_tables(self) -> Tables:
        """Give the tables of the first step, with nothing counted yet."""
        program = self.program
        return program.tables(moment(program.reader.model, 0, dict.fromkeys(program.clock_names, 0.0)))

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
            by_order = sorted(range(len(kept)), key=lambda i, kept=kept: order.index(kept[i]))  # type: ignore[misc]
            sizes = dict(zip(kept, part.shape[1:], strict=True))
            value = value * part.transpose(0, *(1 + i for i in by_order)).reshape(
                part.shape[0], *(sizes.get(source, 1) for source in order)
            )
        if self.program.chain.kind == "rates":
            hazard = value.sum(axis=0)
            share = np.divide(-np.expm1(-hazard), hazard, out=np.zeros(hazard.shape), where=hazard > 0)
            value = value * share
        for axis in range(1, value.ndim):
            if value.shape[axis] > 1 and _is_constant(value, axis):
                value = value.take([0], axis=axis)
        return value

    def _part(self, tables: Tables, g: int, group: DigitGroup, state: int, pinned: dict[Source, int]) -> FloatArray:
        """Give what one group multiplies a state's moves by, (move, *its classes)."""
        n_slots = tables.by_slot[g].shape[0]
        table = tables.by_slot[g].reshape(n_slots, 2, *group.shape)
        part = np.stack([table[move.slot, move.side, state] for move in self.moves[state]])
        for i in reversed(range(len(group.axes))):
            if group.axes[i].source in pinned:
                part = part.take(pinned[group.axes[i].source], axis=1 + i)
        return part

    def factor(self, tables: Tables, state: int, source: Source) -> Factors | None:
        """Give the group of a driver by itself; None where it changes nothing."""
        known = self._factors.get((state, source))
        if known is None or known[0] is not tables:
            factors = None
            for g, group in enumerate(self.program.groups):
                sources = [axis.source for axis in group.axes]
                if source in sources:
                    part = self._part(tables, g, group, state, {})
                    factors = None if _is_constant(part, 1 + sources.index(source)) else (sources, part)
            self._factors[state, source] = known = (tables, factors)
        return known[1]


def _is_constant(value: FloatArray, axis: int) -> bool:
    """Say whether nothing differs along an axis."""
    return bool(np.all(value == value.take([0], axis=axis)))


def laws_of(programs: dict[str, Program]) -> dict[str, Law]:
    """Take the programs of all chains apart."""
    return {name: _law(program) for name, program in programs.items()}


def _law(program: Program) -> Law:
    """Take a chain's program apart, keeping drivers together only where they meet in a factor."""
    axes = [axis for group in program.groups for axis in group.axes]
    together = program.chain.kind == "probabilities" or any(f.scale != "rate" for f in program.factors)
    if not together:
        program = replace(program, groups=_apart(program, axes), _tables=None, _signature=None)
    moves: dict[int, list[Exit]] = {}
    for transition, side, state, slot in program.slots:
        source, target = program.transitions[transition]
        moves.setdefault(state, []).append(Exit(source, target, side, slot))
    return Law(program, {axis.source: axis for axis in axes}, moves)


def _apart(program: Program, axes: list[Axis]) -> list[DigitGroup]:
    """Group the axes that meet in a factor, each such set by itself."""
    position = {axis.source: i for i, axis in enumerate(axes)}
    links = [{position[s] for s in factor.sources if s in position} for factor in program.factors]
    chosen = [sorted(together) for together in linked_sets(range(len(axes)), links)] or [[]]
    taken: set[int] = set()
    shares: list[list[int]] = []
    for group in chosen:
        sources = {axes[i].source for i in group}
        share = [i for i, f in enumerate(program.factors) if i not in taken and sources & set(f.sources)]
        taken.update(share)
        shares.append(share)
    shares[0] = sorted(shares[0] + [i for i in range(len(program.factors)) if i not in taken])
    n = len(program.chain.states)
    return [DigitGroup(tuple(axes[i] for i in g), tuple(share), n) for g, share in zip(chosen, shares, strict=True)]


def linked_sets(members: Iterable[Member], links: Iterable[set[Member]]) -> list[set[Member]]:
    """Put members into sets so that those of each link stand together."""
    sets = [{member} for member in members]
    for link in links:
        joined = [s for s in sets if s & link]
        if len(joined) > 1:
            sets = [s for s in sets if not s & link] + [set().union(*joined)]
    return sets


@dataclass(frozen=True, eq=False)
class Stages:
    """The values of a chain's variable: a state, unfolded where it matters by the steps spent there.

    ``state`` and ``steps`` (stage,): ``steps`` is -1 for who came in this step. ``of_state`` lists the stages of each
    state; ``entry`` is the stage of each state in which one arrives.
    """

    state: IntArray
    steps: IntArray
    of_state: list[IntArray]
    entry: list[int]


def unfold(chain: Chain, laws: list[Law]) -> Stages:
    """Unfold the states in which the time spent there matters in any of a chain's laws."""
    states, steps = [], []
    own_k = Source("k", chain.name)
    for i in range(len(chain.states)):
        last = 0
        for law in laws:
            if own_k in law.axes and i in law.moves and law.factor(law.first_tables(), i, own_k) is not None:
                last = max(last, int(np.flatnonzero(np.diff(law.axes[own_k].classes)).max(initial=-1)) + 1)
        unfolded = range(-1, last + 1) if last else range(1)
        states += [i] * len(unfolded)
        steps += list(unfolded)
    state = np.array(states)
    of_state: list[IntArray] = [np.flatnonzero(state == i) for i in range(len(chain.states))]
    return Stages(state, np.array(steps), of_state, [int(stages[0]) for stages in of_state])
