"""The mix of a family's children, which follows what becomes of each.

A table of families that reads a count over children holds their *mix*: how many are in each class of states that the
counts tell apart. Children go from class to class one at a time, with the mean number that goes kept exactly. Leaves
out what children do: that is their chains.
"""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers.closure.axes import Mix, front, without
from sim.engine.solvers.closure.conditional import OwnerMove, Pair, line_up, scaled, tilt_of, total_by
from sim.engine.solvers.closure.plan import TablePlan
from sim.engine.solvers.closure.tables import JointTables, Over, finer_moves
from sim.model.compiled.scope import Moment

ClassChances = dict[Pair, Over]
"""(class, class) -> the chance a step that a child passes, (*margin of a family's table)."""


def mix_chances(move: OwnerMove, mix: Mix, table: TablePlan, now: Moment | None) -> ClassChances:
    """Give the chances that a child goes from class to class, given what a family's table holds."""
    whole = _by_class(move, mix)
    chances: ClassChances = {}
    for state in move.states:
        a = int(mix.class_of[state])
        flows = (f for f in move.flows if f.source == state and int(mix.class_of[f.target]) != a)
        pairs = total_by((flow.source, flow.target, flow.amount) for flow in flows)
        if pairs:
            p, margin = _leaving(move, mix, table, state, pairs, whole[a], now)
            for (_, target), q in zip(pairs, p, strict=True):
                _add(chances, (a, int(mix.class_of[target])), (q, margin), table)
    return chances


def _by_class(move: OwnerMove, mix: Mix) -> dict[int, FloatArray]:
    """Sum the children who could move by class; within the chain's ages where class 0 holds the others."""
    within, age = np.ones(1), move.table.age
    if mix.apart and age is not None:
        inside = move.table.in_window(move.joint.chains[move.chain]).astype(np.float64)
        within = move.joint.plan.margins.over(inside, (age,), move.rest)
    class_of = mix.class_of.tolist()
    totals = total_by((class_of[s], class_of[s], cells * within) for s, cells in move.by_state.items())
    return {c: total for (c, _), total in totals.items()}


def _leaving(
    move: OwnerMove,
    mix: Mix,
    table: TablePlan,
    state: int,
    pairs: dict[Pair, FloatArray],
    whole: FloatArray,
    now: Moment | None,
) -> Over:
    """Give the chances of moves out of a state among children of its class, tilted, (move, *margin)."""
    joint, a = move.joint, int(mix.class_of[state])
    p, margin = move.rates(table, list(pairs.values()), whole)
    if a == 0:  # class 0 also holds those who are not there
        p = p * float(whole.sum() / max(whole.sum() + joint.absent, 1e-300))
    tilt = tilt_of(move, state, list(pairs), table, now)
    if tilt is None:
        return finer_moves(p, margin, table)
    members = joint.plan.margins.over(mix.members[:, a].astype(np.float64), (mix.variable,), table.variables)
    return scaled(joint.plan.margins, (p, margin), tilt, joint.cells[table.at] * members, table.variables)


def _add(chances: ClassChances, pair: Pair, more: Over, table: TablePlan) -> None:
    """Add a chance to what is there."""
    if pair not in chances:
        chances[pair] = more
        return
    (p, margin), (q, over) = chances[pair], more
    joined = tuple(v for v in table.variables if v in over or v in margin)
    chances[pair] = (line_up(q[None], over, joined) + line_up(p[None], margin, joined))[0], joined


def follow_mix(joint: JointTables, mix: Mix, table: TablePlan, chances: ClassChances) -> None:
    """Move children between classes in a family's table, one at a time: the mean number that moves is exact."""
    joint.version[table.at] += 1
    rest = without(table.variables, mix.variable)
    worst = sum(float(np.max(mix.members[:, a])) * float(np.max(p, initial=0.0)) for (a, _), (p, _) in chances.items())
    rounds = max(1, int(np.ceil(worst / 0.9)))
    for _ in range(rounds):
        by_mix = front(joint.cells[table.at], table.variables.index(mix.variable))
        amounts = []
        for (a, b), (p, margin) in chances.items():
            source, target = mix.shifts[a, b]
            members = mix.members[source, a].reshape(-1, *[1] * len(rest))
            if margin == (mix.variable,):
                each = (p[source] / rounds).reshape(members.shape) * members
            else:
                each = joint.plan.margins.over(p / rounds, margin, rest)[None] * members
            amounts.append((source, target, by_mix[source] * each))
        for source, target, amount in amounts:
            by_mix[source] -= amount
            by_mix[target] += amount
