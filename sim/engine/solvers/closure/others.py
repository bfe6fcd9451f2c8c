"""Whether anybody else helps a family: kept beside each service that asks how many agencies there are.

A service that takes on a family less readily while others work with it leaves just those families waiting for it, so
that the others' help must be known by family and not on average. The flows that make families helped by nobody helped
by one service, and back, are the same in all services' tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers.closure.space import Names, divide, last_first

if TYPE_CHECKING:
    from sim.engine.solvers.closure.joint import Flow, Joint


def note_help(joint: Joint, chain: str, flows: list[Flow]) -> None:
    """Add up the help that begins and ends in a step in a service's table, (*common names, others)."""
    table = joint.plan.tables[joint.plan.owner[chain]]
    others = f"others {chain}"
    if others not in table.names:
        return
    rest = tuple(n for n in table.names if n != chain)
    helped = joint.engaged[chain]
    names = (*_common(joint, rest), others)
    for flow in flows:
        kind = int(helped[flow.target]) - int(helped[flow.source])
        if kind:
            into = joint.begun if kind > 0 else joint.ended
            amount = joint.plan.space.onto(flow.amount, rest, names)
            into[chain] = into[chain] + amount if chain in into else amount


def _common(joint: Joint, names: Names) -> Names:
    """List what all services' tables tell of a family: stratum, hub and number of children where they do."""
    plan = joint.plan
    wanted = [t.name for t in plan.model.traits if t.stratify] + plan.links[:1]
    wanted += [plan.number] if plan.number else []
    return tuple(n for n in wanted if plan.space.carrier(n, names) is not None)


def follow_others(joint: Joint) -> None:
    """Move families of each service's table between helped by nobody else and helped by somebody else."""
    plan, space = joint.plan, joint.plan.space
    services = [name for name in joint.engaged if f"others {name}" in plan.tables[plan.owner[name]].names]
    sums = {name: _sums(joint, name) for name in services}
    for name in services:
        u = plan.owner[name]
        mine = sums[name][0]
        shape = space.shape(mine)
        up, down = np.zeros((2, *shape)), np.zeros((2, *shape))
        nobody, odds = np.ones(shape), np.zeros(shape)
        for other in services:
            if other == name:
                continue
            begun, ended, idle, busy = (
                space.over(part, sums[other][0], mine) if sums[other][0] != mine else part for part in sums[other][1]
            )
            up[0] += begun[0]
            down[0] += ended[0]
            up[1] += divide(begun[1], idle[1])
            share = divide(busy.sum(axis=0), (busy + idle).sum(axis=0))
            nobody *= 1.0 - share
            odds += divide(share, 1.0 - share) * divide(ended[1], busy[1])
        _, (_, _, idle, _) = sums[name]
        rates = {
            (0, 0): divide(up[0], idle[0]), (0, 1): divide(down[0], idle[1]),
            (1, 0): up[1], (1, 1): odds * divide(nobody, 1.0 - nobody),
        }  # fmt: skip
        _shift(joint, u, name, mine, rates)
    joint.begun, joint.ended = {}, {}


def _sums(joint: Joint, name: str) -> tuple[Names, tuple[FloatArray, FloatArray, FloatArray, FloatArray]]:
    """Sum a service's table by others' help, (others, ...): help begun and ended, families idle and busy before."""
    plan, space = joint.plan, joint.plan.space
    table = plan.tables[plan.owner[name]]
    others = f"others {name}"
    names = _common(joint, tuple(n for n in table.names if n != name))
    small = space.onto(joint.mass[plan.owner[name]], table.names, (others, *names, name))
    helped = joint.engaged[name][plan.stages[name].state].astype(np.float64)
    busy = small @ helped
    idle = small.sum(axis=-1) - busy
    zero = np.zeros_like(busy)
    begun, ended = (last_first(d[name]) if name in d else zero for d in (joint.begun, joint.ended))
    return names, (begun, ended, idle + begun - ended, busy - begun + ended)


def _shift(joint: Joint, u: int, name: str, names: Names, rates: dict[tuple[int, int], FloatArray]) -> None:
    """Move a table's families between others' help and none, apart for those whom the service itself helps."""
    plan, space = joint.plan, joint.plan.space
    joint.version[u] += 1
    table = plan.tables[u]
    axis = table.names.index(f"others {name}")
    by_others = np.moveaxis(joint.mass[u], [axis, table.names.index(name)], [0, 1])
    rest = tuple(n for n in table.names if n not in (f"others {name}", name))
    helped = joint.engaged[name][plan.stages[name].state]
    for own, stages in ((0, np.flatnonzero(~helped)), (1, np.flatnonzero(helped))):
        up, down = (np.minimum(space.over(rates[own, h], names, rest), 1.0) for h in (0, 1))
        for stage in stages:
            rise, fall = by_others[0, stage] * up, by_others[1, stage] * down
            by_others[0, stage] += fall - rise
            by_others[1, stage] += rise - fall
