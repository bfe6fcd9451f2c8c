"""How likely a cell of one table moves, given what another table saw move.

A chain moves in the table that owns it. For another table its flows are summed to the *margin* that both share; the
share of those at risk who moved is the chance given that margin. Within the margin the chance is *tilted*: cells whose
own drivers, not held by the owner, make them likelier to move move more, and the mean over the margin is kept
(exponential tilting of a conditional distribution).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.solvers.closure.axes import (
    REST,
    Margin,
    Margins,
    Variable,
    carrier,
    divide,
    front,
    in_order,
    last_first,
    without,
)
from sim.engine.solvers.closure.plan import TablePlan
from sim.engine.solvers.closure.tables import Flow, JointTables, Over, known
from sim.model.compiled.scope import Moment, Source
from sim.model.compiled.tables import Tables

Pair = tuple[int, int]
"""A move: from and to which state."""


@dataclass
class OwnerMove:
    """A chain's move in the table that owns it: flows, and who could move by state, (*rest)."""

    joint: JointTables
    chain: str
    table: TablePlan
    rest: Margin
    flows: list[Flow]
    by_state: dict[int, FloatArray]
    _shared: dict[int, Margin] = field(default_factory=dict)
    _sums: dict[tuple[Margin, bool], tuple[dict[Pair, FloatArray], FloatArray]] = field(default_factory=dict)

    @classmethod
    def of(cls, joint: JointTables, chain: str, before: FloatArray, flows: list[Flow]) -> OwnerMove:
        """Note a move, with the owner's cells as they were before it."""
        table, variable = joint.plan.home(chain), joint.plan.chains[chain]
        by_stage = front(before, table.variables.index(variable))
        by_state = {
            state: by_stage[stages[0]] if len(stages) == 1 else by_stage[stages].sum(axis=0)
            for state, stages in enumerate(joint.plan.stages[chain].of_state)
        }
        return cls(joint, chain, table, without(table.variables, variable), flows, by_state)

    @property
    def states(self) -> set[int]:
        """The states that somebody left."""
        return {flow.source for flow in self.flows}

    @property
    def variable(self) -> Variable:
        """The variable of the chain."""
        return self.joint.plan.chains[self.chain]

    def _weight(self, table: TablePlan) -> FloatArray:
        """Weigh families by their children for a table of children."""
        return self.joint.weight(self.rest) if table.child and not self.table.child else np.ones(1)

    def shared(self, table: TablePlan) -> Margin:
        """List the variables beside the chain that a table shares with the owner."""
        if table.at not in self._shared:
            both = self.joint.plan.margins.shared(self.rest, table.variables)
            self._shared[table.at] = without(both, self.variable, *self.variable.coarser)
        return self._shared[table.at]

    def summed(self, table: TablePlan) -> tuple[Margin, dict[Pair, FloatArray], FloatArray]:
        """Give flows by pair of states and who could move by state, (state, *margin), summed to what a table shares."""
        margin = self.shared(table)
        kept = self._sums.get((margin, table.child))
        if kept is None:
            pairs = total_by((flow.source, flow.target, flow.amount) for flow in self.flows)
            stack = np.stack([*pairs.values(), *self.by_state.values()]) * self._weight(table)
            small = self.joint.plan.margins.onto(stack, (REST, *self.rest), (REST, *margin))
            kept = (dict(zip(pairs, small, strict=False)), small[len(pairs) :])
            self._sums[margin, table.child] = kept
        return margin, *kept

    def rates(self, table: TablePlan, amounts: Sequence[FloatArray], whole: FloatArray) -> Over:
        """Give the chance of each amount among a whole, given what a table shares, (amount, *margin)."""
        margin, weight, onto = self.shared(table), self._weight(table), self.joint.plan.margins.onto
        base = onto(whole * weight, self.rest, margin)
        return np.stack([divide(onto(a * weight, self.rest, margin), base) for a in amounts]), margin


def total_by(flows: Iterator[tuple[int, int, FloatArray]]) -> dict[Pair, FloatArray]:
    """Add up amounts by pair."""
    totals: dict[Pair, FloatArray] = {}
    for source, target, amount in flows:
        pair = (source, target)
        totals[pair] = totals[pair] + amount if pair in totals else amount
    return totals


def tilt_of(move: OwnerMove, state: int, pairs: list[Pair], table: TablePlan, now: Moment | None) -> Over | None:
    """Give how much faster a table's cells move than others, by drivers that the owner does not hold.

    Parameters
    ----------
    move, state, pairs
        The owner's move, the state that is left and the moves (from, to) out of it.
    table
        The table that follows.
    now
        The moment; None for moves that no hazard makes.

    Returns
    -------
        Multipliers (move, *margin of the table); None where there are none.
    """
    joint, chain, law = move.joint, move.chain, move.joint.laws[move.chain]
    if now is None or not joint.plan.options.tilt or state not in law.moves:
        return None
    tables = law.tables(now)
    kept = joint.tilts.get((chain, state, table.at))
    if kept is not None and kept[0] is tables:
        return kept[1]
    siblings = _siblings(move, table)
    order = [(m.source, m.target) for m in law.moves[state]]
    which = [order.index(pair) if pair in order else 0 for pair in pairs]
    margin: Margin = ()
    result: FloatArray | None = None
    for part, over in _parts(move, state, tables, siblings, table):
        joined = tuple(v for v in table.variables if v in margin or v in over)
        times = line_up(part[which], over, joined)
        result = times if result is None else line_up(result, margin, joined) * times
        margin = joined
    tilt = None if result is None else (result, margin)
    if not siblings:  # what siblings do changes from step to step
        joint.tilts[chain, state, table.at] = (tables, tilt)
    return tilt


def _siblings(move: OwnerMove, table: TablePlan) -> list[Source]:
    """List the counts over children that a child of the following table is among."""
    if move.table.child or not table.child:
        return []
    plan, counts = move.joint.plan, (s for s in move.joint.laws[move.chain].axes if s.kind == "count")
    return [s for s in counts if plan.chains[plan.mix_of(s.name).chain] in table.variables]


def _own_drivers(move: OwnerMove, table: TablePlan) -> list[Source]:
    """List the drivers that the following table holds and the owner's does not."""
    joint, plan, owner, chain = move.joint, move.joint.plan, move.table, move.chain
    return [
        s
        for s in joint.laws[chain].axes
        if s.kind not in ("k", "age")
        and joint.inside(s, table, chain) is not None
        and (joint.inside(s, owner, chain) is None or owner.child != table.child)
        and not (s.kind == "chain" and plan.chains[s.name] in owner.variables)
        and not (s.kind == "trait" and plan.traits[s.name] in owner.variables)
    ]


def _parts(move: OwnerMove, state: int, tables: Tables, siblings: list[Source], table: TablePlan) -> Iterator[Over]:
    """Give what each group of the table's own drivers multiplies the moves by, (move, *margin of the table)."""
    law, seen = move.joint.laws[move.chain], set[Source]()
    for source in (*siblings, *_own_drivers(move, table)):
        factor = law.factor(tables, state, source)
        if source in seen or factor is None:
            continue
        sources, part = factor
        seen |= set(sources)
        if source not in siblings:
            yield _held(move, table, sources, part)
        elif len(sources) == 1:
            chances, margin = known(move.joint, source, table, move.chain, state)
            yield in_order(last_first(chances @ part.T), margin, table.variables)


def _held(move: OwnerMove, table: TablePlan, sources: list[Source], part: FloatArray) -> Over:
    """Write a group's factors, (move, *classes), over a table's variables; the mean over what it does not hold."""
    inside = [move.joint.inside(s, table, move.chain) for s in sources]
    for i in reversed(range(len(inside))):
        if inside[i] is None:
            part = part.mean(axis=1 + i)
    return spread_classes(part, [held for held in inside if held is not None], table)


def spread_classes(part: FloatArray, held: list[tuple[Variable, IntArray]], table: TablePlan) -> Over:
    """Write (move, *classes, ...) over the variables that decide the classes, in a table's order."""
    margin = tuple(v for v in table.variables if v in {variable for variable, _ in held})
    index = [classes.astype(np.intp).reshape([-1 if v is own else 1 for v in margin]) for own, classes in held]
    return part[(slice(None), *index)], margin  # type: ignore[arg-type]


def tilted(joint: JointTables, table: TablePlan, chain: Variable, stages: IntArray, chances: Over, tilt: Over) -> Over:
    """Tilt the chances of who is in some stages and keep their means over the margin that they are given by."""
    (p, margin), (times, tilt_margin) = chances, tilt
    rest = without(table.variables, chain)
    here = front(joint.cells[table.at], table.variables.index(chain))[stages].sum(axis=0)
    if chain in tilt_margin:
        times = np.take(times, int(stages[0]), axis=1 + tilt_margin.index(chain))
        tilt_margin = without(tilt_margin, chain)
    return scaled(joint.plan.margins, (p, margin), (times, tilt_margin), here, rest)


def scaled(margins: Margins, chances: Over, tilt: Over, cells: FloatArray, variables: Margin) -> Over:
    """Turn chances to hazards, tilt them, and turn them back with the mean over their margin kept.

    ``cells`` (*variables) weigh; the result is (move, *those variables that decide either margin).
    """
    (p, margin), (times, tilt_margin) = chances, tilt
    onto, over = margins.onto, margins.over
    carriers = {carrier(v, variables) for v in (*margin, *tilt_margin)}
    joined = tuple(v for v in variables if v in carriers)
    small = onto(cells, variables, joined)
    leave = np.minimum(p.sum(axis=0), 1.0 - 1e-12)
    hazard = p * divide(-np.log1p(-leave), leave)
    whole = onto(small, joined, margin)
    hazards = []
    for h, t in zip(hazard, times, strict=True):
        faster = np.broadcast_to(over(t, tilt_margin, joined), small.shape)
        mean = divide(onto(faster * small, joined, margin), whole)
        hazards.append(faster * over(divide(h, mean), margin, joined))
    total = np.asarray(np.stack(hazards).sum(axis=0))
    share = divide(-np.expm1(-total), total)
    result = []
    for q, h in zip(p, hazards, strict=True):
        mean = divide(onto(h * share * small, joined, margin), whole)
        result.append(np.minimum(h * share * over(divide(q, mean), margin, joined), 1.0))
    return np.stack(result), joined


def line_up(value: FloatArray, margin: Margin, joined: Margin) -> FloatArray:
    """Reshape (move, *margin, ...) to broadcast over (move, *joined, ...)."""
    sizes = dict(zip(margin, value.shape[1:], strict=False))
    return value.reshape(value.shape[0], *[sizes.get(v, 1) for v in joined], *value.shape[1 + len(margin) :])
