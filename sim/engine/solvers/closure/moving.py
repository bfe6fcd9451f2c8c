"""How a chain moves in a table: the chances of its moves there, and the moving itself."""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.solvers.closure.joint import Chance, Flow, Joint
from sim.engine.solvers.closure.plan import TablePlan
from sim.engine.solvers.closure.space import Names, front
from sim.model.compiled.scope import Moment, Source
from sim.model.compiled.tables import Tables


def chances_of(joint: Joint, chain: str, at: int, now: Moment) -> list[Chance]:
    """Give the chances of a chain's moves in a table."""
    law, stages = joint.laws[chain], joint.plan.stages[chain]
    tables = law.tables(now)
    k = Source("k", chain)
    found = []
    for state in law.moves:
        mine = joint.where[chain][state]
        if k not in law.reads:
            found.append(_chance(joint, chain, at, state, 0, mine, tables))
            continue
        classes = law.axis(k).classes
        by_k = classes[np.clip(stages.steps[mine], 0, len(classes) - 1)]
        for k_class in np.unique(by_k):
            where = mine[by_k == k_class]
            found.append(_chance(joint, chain, at, state, int(k_class), where, tables))
    return found


def _chance(joint: Joint, chain: str, at: int, state: int, k_class: int, stages: IntArray, tables: Tables) -> Chance:
    law, table = joint.laws[chain], joint.plan.tables[at]
    known = joint.static.get((chain, at, state, k_class))
    if known is not None and known[0] is tables and not known[3]:
        return joint.settled[chain, at, state, k_class]
    if known is None or known[0] is not tables:
        value, names, open_ = _static(joint, chain, table, state, k_class, tables)
        joint.static[chain, at, state, k_class] = known = (tables, value, names, open_)
    _, value, names, open_ = known
    for source in reversed(open_):
        its, chances = joint.known(source, table, law, state)
        if chain in its:
            axis = its.index(chain)
            chances = chances.take(stages, axis=axis)
            if len(stages) == 1:
                chances, its = chances.squeeze(axis), tuple(n for n in its if n != chain)
        value, names = _averaged(joint, value, names, chances, its, table)
    moves = [(m.source, m.target) for m in law.moves[state]]
    chance = Chance(stages, moves, value, names)
    if not open_:
        joint.settled[chain, at, state, k_class] = chance
    return chance


def _averaged(
    joint: Joint, value: FloatArray, names: Names, chances: FloatArray, its: Names, table: TablePlan
) -> tuple[FloatArray, Names]:
    """Average (move, *names, ..., class) over the last axis."""
    joined = tuple(n for n in table.names if n in names or n in its)
    n_open = value.ndim - 2 - len(names)
    mean: FloatArray | None = None
    for c in range(value.shape[-1]):
        v = value[..., c]
        # (move, *names, open...) -> (move, *joined, open...)
        shape = [v.shape[0]] + [v.shape[1 + names.index(n)] if n in names else 1 for n in joined]
        v = v.reshape(*shape, *v.shape[v.ndim - n_open :]) if n_open else v.reshape(shape)
        p = chances[..., c]
        order = sorted(range(len(its)), key=lambda i: joined.index(its[i]))
        p = p.transpose(order)
        shape = [p.shape[[its[i] for i in order].index(n)] if n in its else 1 for n in joined]
        p = p.reshape(1, *shape, *[1] * n_open)
        mean = v * p if mean is None else mean + v * p
    assert mean is not None
    return mean, joined


def _static(
    joint: Joint, chain: str, table: TablePlan, state: int, k_class: int, tables: Tables
) -> tuple[FloatArray, Names, list[Source]]:
    """Give the chances over the table's names and, after them, over the drivers that it does not hold."""
    law = joint.laws[chain]
    k = Source("k", chain)
    pinned = {k: k_class} if k in law.reads else {}
    held = [(s, found) for s in law.sources() if s != k and (found := joint.inside(s, table, law))]
    open_ = [s for s in law.sources() if s != k and s not in dict(held)]
    value = law.chances(tables, state, pinned, [*(s for s, _ in held), *open_])
    used = {found[0] for i, (_, found) in enumerate(held) if value.shape[1 + i] > 1}
    names = tuple(n for n in table.names if n in used)
    index = []
    for i, (_, (name, classes)) in enumerate(held):
        if value.shape[1 + i] == 1:
            index.append(np.zeros([1] * len(names), np.intp))
        else:
            index.append(classes.astype(np.intp).reshape([-1 if n == name else 1 for n in names]))
    if held and names:
        value = value[(slice(None), *index)]  # type: ignore[arg-type]
    elif held:
        value = value.reshape(value.shape[0], *value.shape[1 + len(held) :])
    left = []
    for i, source in reversed(list(enumerate(open_))):
        axis = 1 + len(names) + i
        if value.shape[axis] == 1:
            value = value.squeeze(axis)
        else:
            left.append(source)
    return value, names, left[::-1]


def apply(joint: Joint, chain: str, at: int, chances: list[Chance], now_fires: bool = True) -> list[Flow]:
    """Move a chain in a table and give what moved, (*names without the chain)."""
    table, mass = joint.plan.tables[at], joint.mass[at]
    joint.version[at] += 1
    axis = table.names.index(chain)
    flows: list[tuple[IntArray, Flow]] = []
    by_axis = front(mass, axis)
    rest = tuple(n for n in table.names if n != chain)
    taken = []
    for chance in chances:
        here = by_axis[chance.stages[0] : chance.stages[0] + 1] if len(chance.stages) == 1 else by_axis[chance.stages]
        for m, (a, b) in enumerate(chance.moves):
            p, names = chance.p[m], chance.names
            if chain in names:
                p = front(p, names.index(chain))
                names = tuple(n for n in names if n != chain)
                p = np.stack([np.broadcast_to(joint.plan.space.over(q, names, rest), here.shape[1:]) for q in p])
            else:
                p = joint.plan.space.over(p, names, rest)[None]
            amount = here * p
            taken.append((chance.stages, amount))
            flows.append((chance.stages, Flow(a, b, amount.sum(axis=0) if len(amount) > 1 else amount[0])))
    for stages, amount in taken:
        if len(stages) == 1:
            by_axis[stages[0]] -= amount[0]
        else:
            by_axis[stages] -= amount
    for _, flow in flows:
        landed = _fired(joint, chain, flow, rest) if now_fires else flow.amount
        by_axis[joint.fresh[chain][flow.target]] += landed
    return [flow for _, flow in flows]


def _fired(joint: Joint, chain: str, flow: Flow, rest: Names) -> FloatArray:
    """Let a flow set off fires: give it with the other chains' states as they are after them."""
    amount = flow.amount
    n = len(joint.chains[chain].states)
    for firing in joint.firings[chain]:
        if firing.moves[flow.source * n + flow.target] and firing.chain in rest:
            amount = amount.copy()
            by_other = front(amount, rest.index(firing.chain))
            states = joint.plan.stages[firing.chain].state
            for stage in np.flatnonzero(firing.sources[states] & (states != firing.target)):
                moved = firing.probability * by_other[stage]
                by_other[stage] -= moved
                by_other[joint.fresh[firing.chain][firing.target]] += moved
    return amount
