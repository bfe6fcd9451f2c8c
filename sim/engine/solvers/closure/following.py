"""How the other tables follow a move: by the owner's flows, tilted by what a table alone knows of who moves."""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers.closure.joint import Chance, Flow, Joint
from sim.engine.solvers.closure.mixing import follow_mix, mix_chances
from sim.engine.solvers.closure.moving import apply, chances_of
from sim.engine.solvers.closure.others import note_help
from sim.engine.solvers.closure.space import Names, divide, front
from sim.engine.solvers.closure.telling import Told
from sim.engine.solvers.closure.tilting import tilt_of, tilted
from sim.model.compiled.scope import Moment


def move_everywhere(joint: Joint, chain: str, now: Moment) -> None:
    """Move a chain by its hazards: in the table that owns it, then in every other that holds it or what it tells."""
    at = joint.plan.owner[chain]
    chances = chances_of(joint, chain, at, now)
    spread(joint, chain, at, chances, now)


def spread(joint: Joint, chain: str, at: int, chances: list[Chance], now: Moment | None) -> None:
    """Move a chain in its own table by given chances and let the others follow; ``now`` None: not by hazards."""
    alone = joint.alone(chain)
    before = joint.mass[at] if alone else joint.mass[at].copy()
    equals = {} if now is None or alone else _equals(joint, chain, at, now)
    flows = apply(joint, chain, at, chances)
    for flow in flows:
        joint.flows[chain][flow.source, flow.target] += flow.amount.sum()
    if chain in joint.engaged:
        _note_arrivals(joint, chain, at, flows)
        note_help(joint, chain, flows)
    if alone:
        return
    told = Told(joint, chain, at, before, flows)
    for u in range(len(joint.plan.tables)):
        if u in equals:
            apply(joint, chain, u, equals[u])
        elif u != at:
            _follow(told, u, now)
    _follow_fires(told)


def _equals(joint: Joint, chain: str, at: int, now: Moment) -> dict[int, list[Chance]]:
    """Give the chances in the tables that hold every driver that the owner holds, before anything has moved."""
    tables = joint.plan.tables if joint.plan.options.tilt else []
    return {
        u: chances_of(joint, chain, u, now)
        for u, table in enumerate(tables)
        if u != at and chain in table.names and _holds_as_much(joint, chain, at, u)
    }


def _note_arrivals(joint: Joint, chain: str, at: int, flows: list[Flow]) -> None:
    """Keep who joins a service's queue, over its table's other names."""
    waiting = joint.chains[chain].states.index("waiting")
    came = [flow.amount for flow in flows if flow.target == waiting]
    names = joint.plan.tables[at].names
    nobody = np.zeros(joint.plan.space.shape(tuple(n for n in names if n != chain)))
    joint.joined[chain] = sum(came, nobody)


def _follow(told: Told, u: int, now: Moment | None) -> None:
    """Let a table follow: the chain itself, its classes, or the mix of the children whose chain it is."""
    joint, chain = told.joint, told.chain
    plan, table = joint.plan, joint.plan.tables[u]
    if chain in table.names:
        apply(joint, chain, u, _followed(told, u, now))
    for coarse in plan.space.tells.get(chain, {}):
        if coarse in table.names:
            _follow_coarse(told, coarse, u)
    if told.table.child and f"{chain}#" in table.names:
        follow_mix(joint, plan.mixes[chain], u, mix_chances(told, plan.mixes[chain], u, now))


def _holds_as_much(joint: Joint, chain: str, at: int, u: int) -> bool:
    """Say whether a table holds every driver of a chain that the owner holds."""
    mine, other, law = joint.plan.tables[at], joint.plan.tables[u], joint.laws[chain]
    return mine.child == other.child and all(
        joint.inside(s, other, law) is not None
        for s in law.sources()
        if s.kind != "k" and joint.inside(s, mine, law) is not None
    )


def _followed(told: Told, u: int, now: Moment | None) -> list[Chance]:
    """Give the chances by which a table that holds less follows."""
    joint, chain = told.joint, told.chain
    table = joint.plan.tables[u]
    chances = []
    for state in {flow.source for flow in told.flows}:
        names, all_pairs, whole = told.summed(u, table.child)
        pairs = {pair: amount for pair, amount in all_pairs.items() if pair[0] == state}
        mine = joint.where[chain][state]
        p = divide(np.stack(list(pairs.values())), whole[state])
        tilt = tilt_of(joint, chain, state, list(pairs), told.at, u, now)
        if tilt is not None:
            p, names = tilted(joint, chain, u, mine, p, names, *tilt)
        else:
            p, names = joint.finer_first(p, names, table)
        chances.append(Chance(mine, list(pairs), p, names))
    return chances


def _follow_coarse(told: Told, coarse: str, u: int) -> None:
    """Move what a table holds of a chain in classes."""
    joint = told.joint
    plan, space = joint.plan, joint.plan.space
    table = plan.tables[u]
    stages, classes = plan.stages[told.chain].state, space.tells[told.chain][coarse]
    class_of = {int(s): int(c) for s, c in zip(stages, classes, strict=True)}
    amounts: dict[tuple[int, int], FloatArray] = {}
    wholes: dict[int, FloatArray] = {}
    for state, mass in told.by_state.items():
        wholes[class_of[state]] = wholes[class_of[state]] + mass if class_of[state] in wholes else mass
    for flow in told.flows:
        pair = (class_of[flow.source], class_of[flow.target])
        if pair[0] != pair[1]:
            amounts[pair] = amounts[pair] + flow.amount if pair in amounts else flow.amount
    shift_coarse(
        joint,
        u,
        coarse,
        [(pair, *told.rates(u, [amount], wholes[pair[0]], table.child)) for pair, amount in amounts.items()],
    )


def shift_coarse(joint: Joint, u: int, name: str, moves: list[tuple[tuple[int, int], Names, list[FloatArray]]]) -> None:
    """Move shares of a table along one of its names."""
    table, space = joint.plan.tables[u], joint.plan.space
    joint.version[u] += 1
    by_class = front(joint.mass[u], table.names.index(name))
    rest = tuple(n for n in table.names if n != name)
    amounts = [(a, b, by_class[a] * space.over(p[0], names, rest)) for (a, b), names, p in moves]
    for a, b, amount in amounts:
        by_class[a] -= amount
        by_class[b] += amount


def _follow_fires(told: Told) -> None:
    """Let tables that hold what a fire moves, and not what set it off, follow."""
    joint, plan = told.joint, told.joint.plan
    n = len(joint.chains[told.chain].states)
    for firing in joint.firings[told.chain]:
        if firing.chain not in told.rest:
            continue
        axis = told.rest.index(firing.chain)
        stages = plan.stages[firing.chain].state
        who = [f.amount for f in told.flows if firing.moves[f.source * n + f.target]]
        if not who:
            continue
        fired = front(sum(who[1:], who[0]) * firing.probability, axis)
        mass = front(sum(told.by_state.values()), axis)
        rest = tuple(x for x in told.rest if x != firing.chain)
        flows, before = [], {}
        for state in range(len(joint.chains[firing.chain].states)):
            mine = np.flatnonzero(stages == state)
            before[state] = mass[mine].sum(axis=0)
            if firing.sources[state] and state != firing.target:
                flows.append(Flow(state, firing.target, fired[mine].sum(axis=0)))
                joint.flows[firing.chain][state, firing.target] += flows[-1].amount.sum()
        set_off = Told.__new__(Told)
        set_off.joint, set_off.chain, set_off.at, set_off.flows = joint, firing.chain, told.at, flows
        set_off.table, set_off.rest, set_off.by_state, set_off.sums = told.table, rest, before, {}
        for u, table in enumerate(plan.tables):
            if u != told.at and told.chain not in table.names:
                if firing.chain in table.names:
                    apply(joint, firing.chain, u, _followed(set_off, u, None), now_fires=False)
                for coarse in plan.space.tells.get(firing.chain, {}):
                    if coarse in table.names:
                        _follow_coarse(set_off, coarse, u)
