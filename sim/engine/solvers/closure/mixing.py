"""How the mix of a family's children follows what becomes of children, one child at a time."""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers.closure.joint import Joint
from sim.engine.solvers.closure.mixes import Mix
from sim.engine.solvers.closure.plan import in_window
from sim.engine.solvers.closure.space import Names, front
from sim.engine.solvers.closure.telling import Told
from sim.engine.solvers.closure.tilting import line_up, scaled, tilt_of
from sim.model.compiled.scope import Moment

Chances = dict[tuple[int, int], tuple[Names, FloatArray]]
"""(class, class) -> the chance a step that a child passes, over names of a family's table."""


def mix_chances(told: Told, mix: Mix, u: int, now: Moment | None) -> Chances:
    """Give the chances that a child goes from class to class, given what a family's table holds."""
    whole = _by_class(told, mix)
    found: Chances = {}
    for state in {flow.source for flow in told.flows}:
        a = int(mix.class_of[state])
        pairs: dict[tuple[int, int], FloatArray] = {}
        for flow in told.flows:
            if flow.source == state and int(mix.class_of[flow.target]) != a:
                key = (flow.source, flow.target)
                pairs[key] = pairs[key] + flow.amount if key in pairs else flow.amount
        if pairs:
            names, p = _tilted(told, mix, u, state, pairs, whole[a], now)
            for (_, target), q in zip(pairs, p, strict=True):
                _add(told, u, found, (a, int(mix.class_of[target])), names, q)
    return found


def _by_class(told: Told, mix: Mix) -> dict[int, FloatArray]:
    """Sum the children who could move by class; within the chain's ages where class 0 holds the others."""
    joint = told.joint
    within = np.ones(1)
    if mix.apart:
        inside = in_window(joint.plan, told.table, joint.chains[told.chain]).astype(np.float64)
        within = joint.plan.space.over(inside, (told.table.age,), told.rest)
    whole: dict[int, FloatArray] = {}
    for state, mass in told.by_state.items():
        c = int(mix.class_of[state])
        whole[c] = whole[c] + mass * within if c in whole else mass * within
    return whole


def _tilted(
    told: Told,
    mix: Mix,
    u: int,
    state: int,
    pairs: dict[tuple[int, int], FloatArray],
    whole: FloatArray,
    now: Moment | None,
) -> tuple[Names, FloatArray]:
    """Give the chances of moves out of a state among children of its class, tilted, (move, *names)."""
    joint, chain = told.joint, told.chain
    space, table, a = joint.plan.space, joint.plan.tables[u], int(mix.class_of[state])
    names, parts = told.rates(u, list(pairs.values()), whole, False)
    p = np.stack(parts)
    if a == 0:  # class 0 also holds those who are not there
        p = p * float(whole.sum() / max(whole.sum() + joint.absent, 1e-300))
    tilt = tilt_of(joint, chain, state, list(pairs), told.at, u, now)
    if tilt is None:
        p, names = joint.finer_first(p, names, table)
        return names, p
    members = space.over(mix.members[:, a].astype(np.float64), (f"{chain}#",), table.names)
    carriers = {space.carrier(n, table.names) for n in (*names, *tilt[0])}
    joined = tuple(n for n in table.names if n in carriers)
    small = space.onto(joint.mass[u] * members, table.names, joined)
    return joined, scaled(joint, p, names, tilt[1], tilt[0], joined, small)


def _add(told: Told, u: int, found: Chances, pair: tuple[int, int], names: Names, q: FloatArray) -> None:
    """Add a chance to those found."""
    if pair not in found:
        found[pair] = (names, q)
        return
    known, p = found[pair]
    joined = tuple(n for n in told.joint.plan.tables[u].names if n in names or n in known)
    both = line_up(q[None], names, joined) + line_up(p[None], known, joined)
    found[pair] = (joined, both[0])


def follow_mix(joint: Joint, mix: Mix, u: int, chances: Chances) -> None:
    """Move children between classes in a family's table, one at a time: the mean number that moves is exact."""
    table, space = joint.plan.tables[u], joint.plan.space
    name = f"{mix.chain}#"
    joint.version[u] += 1
    axis = table.names.index(name)
    rest = tuple(n for n in table.names if n != name)
    worst = sum(float(np.max(mix.members[:, a])) * float(np.max(p, initial=0.0)) for (a, _), (_, p) in chances.items())
    rounds = max(1, int(np.ceil(worst / 0.9)))
    for _ in range(rounds):
        by_mix = front(joint.mass[u], axis)
        amounts = []
        for (a, b), (names, p) in chances.items():
            source, target = mix.shifts[a, b]
            members = mix.members[source, a].reshape(-1, *[1] * len(rest))
            if names == (name,):
                each = (p[source] / rounds).reshape(members.shape) * members
            else:
                each = space.over(p / rounds, names, rest)[None] * members
            amounts.append((source, target, by_mix[source] * each))
        for source, target, amount in amounts:
            by_mix[source] -= amount
            by_mix[target] += amount
