"""Memories: histories move on by one step, and tables that hold what a history comes to follow."""

from __future__ import annotations

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.engine.solvers.closure.following import shift_coarse
from sim.engine.solvers.closure.joint import Joint
from sim.engine.solvers.closure.mixes import History
from sim.engine.solvers.closure.plan import TablePlan
from sim.engine.solvers.closure.space import Names, divide, front


def take_note(joint: Joint, name: str, chain: str, states: BoolArray) -> None:
    """Let a memory take in a step.

    Parameters
    ----------
    joint
        The tables.
    name
        The memory.
    chain, states
        The chain that it looks at, and whether it takes note in each of its states, (state,).
    """
    plan = joint.plan
    noted = states[plan.stages[chain].state]
    owner = plan.owner.get(name)
    for u, table in enumerate(plan.tables):
        if name in table.names:
            if u == owner:
                _let_follow(joint, table, name, chain, noted)
            _advance(joint, u, table, plan.histories[name], chain, noted)


def _advance(joint: Joint, u: int, table: TablePlan, history: History, chain: str, noted: BoolArray) -> None:
    """Move every history of a table on."""
    joint.version[u] += 1
    mass = np.moveaxis(joint.mass[u], [table.names.index(chain), table.names.index(history.name)], [0, 1])
    for stage, bit in enumerate(noted):
        order, starts, targets = history.sums[int(bit)]
        summed = np.add.reduceat(mass[stage].take(order, axis=0), starts, axis=0)
        mass[stage] = 0.0
        mass[stage][targets] = summed


def _let_follow(joint: Joint, table: TablePlan, name: str, chain: str, noted: BoolArray) -> None:
    """Move what other tables hold of a memory in classes, before its own table moves."""
    plan, space = joint.plan, joint.plan.space
    history, at = plan.histories[name], plan.tables.index(table)
    for coarse, classes in space.tells.get(name, {}).items():
        for u, other in enumerate(plan.tables):
            if coarse not in other.names:
                continue
            rest = tuple(n for n in other.names if n != coarse)
            shared = tuple(n for n in space.shared(tuple(n for n in table.names if n != name), rest))
            weight = joint.weight(table.names) if other.child and not table.child else np.ones(1)
            carriers = tuple(dict.fromkeys(space.carrier(n, table.names) or n for n in (*shared, chain)))
            small = front(space.onto(joint.mass[at] * weight, table.names, (name, *carriers)), 0)
            shift_coarse(joint, u, coarse, _shifts(joint, small, carriers, history, chain, noted, classes, shared))


def _shifts(
    joint: Joint,
    small: FloatArray,
    carriers: Names,
    history: History,
    chain: str,
    noted: BoolArray,
    classes: np.ndarray[tuple[int, ...], np.dtype[np.integer]],
    shared: Names,
) -> list[tuple[tuple[int, int], Names, list[FloatArray]]]:
    """Give the share of each class that a step takes to another class, given what is shared."""
    space = joint.plan.space
    axis = 1 + carriers.index(chain)
    moves = []
    for a in range(int(classes.max()) + 1):
        whole = space.onto(small[classes == a].sum(axis=0), carriers, shared)
        for b in range(int(classes.max()) + 1):
            if a == b:
                continue
            gone = np.zeros(small.shape[1:])
            by_stage = front(gone, axis - 1)
            for stage, bit in enumerate(noted):
                who = (classes == a) & (classes[history.following[int(bit)]] == b)
                by_stage[stage] = np.take(small, stage, axis=axis)[who].sum(axis=0)
            moves.append(((a, b), shared, [divide(space.onto(gone, carriers, shared), whole)]))
    return moves
