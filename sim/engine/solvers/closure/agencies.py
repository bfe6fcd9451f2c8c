"""How many services help a family, given what a table holds: services are taken to be independent given that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers.closure.plan import TablePlan
from sim.engine.solvers.closure.space import Names, divide
from sim.model.compiled.scope import Source

if TYPE_CHECKING:
    from sim.engine.solvers.closure.joint import Joint

AGENCIES = Source("agencies")


def agencies(joint: Joint, table: TablePlan, chain: str, state: int) -> tuple[Names, FloatArray]:
    """Give the chances of how many services help a family whose ``chain`` is in a state, (*names, number)."""
    own = chain in joint.engaged and bool(joint.engaged[chain][state])
    key, version = (joint.place[table.name], chain), sum(joint.version)
    kept = joint.counted.get(key)
    if kept is None or kept[0] != version:
        joint.counted[key] = kept = (version, _number(joint, table, chain, state))
    names, total = kept[1]
    return names, np.concatenate([np.zeros_like(total[..., :1]), total], axis=-1) if own else total


def _number(joint: Joint, table: TablePlan, chain: str, state: int) -> tuple[Names, FloatArray]:
    """Give the number of other services."""
    others = f"others {chain}"
    parts = [_helped(joint, name, table, chain, state) for name in joint.engaged if name != chain]
    names: Names = tuple(dict.fromkeys(n for its, _ in parts for n in its if n != others))
    axes = (law.axis(AGENCIES) for law in joint.laws.values() if AGENCIES in law.reads)
    most = max((len(axis.classes) for axis in axes), default=1)
    total: FloatArray = np.ones([1] * len(names) + [1])
    for its, chances in parts:
        total = _one_more(total, joint.plan.space.over(chances, its, names)[..., None], min(most - 1, len(parts)))
    if others in table.names:  # whether anybody else helps is told: average over how many they are
        some: FloatArray = total.copy()
        some[..., 0] = 0.0
        nobody = np.broadcast_to(np.eye(1, total.shape[-1])[0], some.shape)
        total = np.stack([nobody, divide(some, some.sum(axis=-1, keepdims=True))], axis=-2)
        names = (*names, others)
    return joint.finer(total, names, table)


def _helped(joint: Joint, name: str, table: TablePlan, chain: str, state: int) -> tuple[Names, FloatArray]:
    """Give the chance that a service helps a family, (*names)."""
    space = joint.plan.space
    marks = joint.engaged[name][joint.plan.stages[name].state].astype(np.float64)[:, None]
    if name in table.names:
        return (name,), marks[:, 0]
    chances, its = joint.shared_given(name, marks, joint.plan.tables[joint.plan.owner[name]], table)
    told = next((n for n in its if space.carrier(n, (chain,))), None)
    if told is not None:  # given the state that the chain is in
        stage = joint.fresh[chain][state]
        at = stage if told == chain else int(space.tells[chain][told][stage])
        axis = its.index(told)
        return tuple(n for n in its if n != told), np.take(chances[..., 0], at, axis=axis)
    return its, np.asarray(chances[..., 0])


def _one_more(total: FloatArray, chance: FloatArray, last: int) -> FloatArray:
    """Add one service to a number whose largest value stands for that and more."""
    kept = total.shape[-1]
    after = np.zeros((*np.broadcast_shapes(total.shape[:-1], chance.shape[:-1]), min(kept + 1, last + 1)))
    after[..., :kept] = total * (1.0 - chance)
    up = total * chance
    after[..., 1:] += up[..., : after.shape[-1] - 1]
    if after.shape[-1] == kept:
        after[..., -1:] += up[..., -1:]
    return after
