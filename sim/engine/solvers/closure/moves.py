"""How a chain moves: by its hazards in the table that owns it, and by the owner's flows in every other.

A table that holds all that the owner holds moves by the same hazards; others follow (`conditional`). What a move sets
off at once, a *fire*, is followed in the same way. Leaves out births, birthdays and queues.
"""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.solvers.closure.axes import Margin, Variable, divide, front, in_order, last_first, without
from sim.engine.solvers.closure.children import follow_mix, mix_chances
from sim.engine.solvers.closure.conditional import OwnerMove, Pair, line_up, spread_classes, tilt_of, tilted, total_by
from sim.engine.solvers.closure.plan import TablePlan
from sim.engine.solvers.closure.tables import Chance, Flow, JointTables, OpenChance, Over, finer_moves, known
from sim.model.compiled.scope import Moment, Source
from sim.model.compiled.tables import Tables


def move_everywhere(joint: JointTables, chain: str, now: Moment) -> None:
    """Move a chain by its hazards: in the table that owns it, then in every other that holds something of it."""
    spread(joint, chain, _chances_of(joint, chain, joint.plan.home(chain), now), now)


def spread(joint: JointTables, chain: str, chances: list[Chance], now: Moment | None) -> None:
    """Move a chain in its own table by given chances and let the others follow; ``now`` None: not by hazards."""
    alone, table = joint.is_alone(chain), joint.plan.home(chain)
    before = joint.cells[table.at] if alone else joint.cells[table.at].copy()
    equals = {} if now is None or alone else _equals(joint, chain, table, now)
    flows = _apply(joint, chain, table, chances)
    for flow in flows:
        joint.flows[chain][flow.source, flow.target] += flow.amount.sum()
    if chain in joint.engaged:
        _note_arrivals(joint, chain, table, flows)
        _note_help(joint, chain, table, flows)
    if alone:
        return
    move = OwnerMove.of(joint, chain, before, flows)
    for other in joint.plan.tables:
        if other.at in equals:
            _apply(joint, chain, other, equals[other.at])
        elif other is not table:
            _follow(move, other, now)
    _follow_fires(move)


def _equals(joint: JointTables, chain: str, owner: TablePlan, now: Moment) -> dict[int, list[Chance]]:
    """Give the chances in the tables that hold every driver that the owner holds, before anything has moved."""
    return {
        table.at: _chances_of(joint, chain, table, now)
        for table in (joint.plan.tables if joint.plan.options.tilt else [])
        if table is not owner and joint.plan.chains[chain] in table.variables and _is_equal(joint, chain, owner, table)
    }


def _is_equal(joint: JointTables, chain: str, owner: TablePlan, table: TablePlan) -> bool:
    """Say whether a table holds every driver of a chain that the owner holds."""
    return owner.child == table.child and all(
        joint.inside(s, table, chain) is not None
        for s in joint.laws[chain].axes
        if s.kind != "k" and joint.inside(s, owner, chain) is not None
    )


def _note_arrivals(joint: JointTables, chain: str, table: TablePlan, flows: list[Flow]) -> None:
    """Keep who joins a service's queue, over its table's other variables."""
    waiting = joint.chains[chain].waiting
    sizes = [v.size for v in without(table.variables, joint.plan.chains[chain])]
    joint.joined[chain] = sum((flow.amount for flow in flows if flow.target == waiting), np.zeros(sizes))


def _note_help(joint: JointTables, chain: str, table: TablePlan, flows: list[Flow]) -> None:
    """Add up the help that begins (1) and ends (-1) in a service's table, (*what all services share, others)."""
    if chain not in joint.plan.others:
        return
    rest, helped = without(table.variables, joint.plan.chains[chain]), joint.engaged[chain]
    margin = (*joint.plan.shared_by_services(rest), joint.plan.others[chain])
    changes = joint.help_changes.setdefault(chain, {})
    for flow in flows:
        change = int(helped[flow.target]) - int(helped[flow.source])
        if change:
            amount = joint.plan.margins.onto(flow.amount, rest, margin)
            changes[change] = changes[change] + amount if change in changes else amount


def _chances_of(joint: JointTables, chain: str, table: TablePlan, now: Moment) -> list[Chance]:
    """Give the chances of a chain's moves in a table."""
    law, stages, k = joint.laws[chain], joint.plan.stages[chain], Source("k", chain)
    tables, chances = law.tables(now), []
    for state in law.moves:
        own = stages.of_state[state]
        if k not in law.axes:
            chances.append(_chance(joint, chain, table, (state, 0), own, tables))
            continue
        classes = law.axes[k].classes
        by_k = classes[np.clip(stages.steps[own], 0, len(classes) - 1)]
        for k_class in np.unique(by_k):
            chances.append(_chance(joint, chain, table, (state, int(k_class)), own[by_k == k_class], tables))
    return chances


def _chance(
    joint: JointTables, chain: str, table: TablePlan, where: tuple[int, int], stages: IntArray, tables: Tables
) -> Chance:
    """Give the chances of the moves out of one (state, class of the time there)."""
    law, variable = joint.laws[chain], joint.plan.chains[chain]
    ready = joint.open_chances.get((chain, table.at, *where))
    if ready is None or ready.tables is not tables:
        ready = _open_chance(joint, chain, table, where, tables)
        joint.open_chances[chain, table.at, *where] = ready
    if ready.settled is not None:
        return ready.settled
    value, margin = ready.value, ready.margin
    for source in reversed(ready.outside):
        chances, over = known(joint, source, table, chain, where[0])
        if variable in over:
            axis = over.index(variable)
            chances = chances.take(stages, axis=axis)
            if len(stages) == 1:
                chances, over = chances.squeeze(axis), without(over, variable)
        value, margin = _averaged((value, margin), (chances, over), table)
    chance = Chance(stages, [(m.source, m.target) for m in law.moves[where[0]]], value, margin)
    if not ready.outside:
        ready.settled = chance
    return chance


def _averaged(value: Over, chances: Over, table: TablePlan) -> Over:
    """Average (move, *margin, ..., class) over the last axis by chances (*margin, class)."""
    (v, margin), (p, over) = value, chances
    joined = tuple(x for x in table.variables if x in margin or x in over)
    n_open = v.ndim - 2 - len(margin)
    weights = line_up(*in_order(last_first(p), over, joined), joined)  # (class, *joined)
    mean: FloatArray | None = None
    for c, weight in enumerate(weights.reshape(*weights.shape, *[1] * n_open)):
        part = line_up(v[..., c], margin, joined) * weight  # (move, *joined, open...)
        mean = part if mean is None else mean + part
    assert mean is not None
    return mean, joined


def _open_chance(
    joint: JointTables, chain: str, table: TablePlan, where: tuple[int, int], tables: Tables
) -> OpenChance:
    """Give the chances over the table's variables and, after them, over the drivers that it does not hold."""
    law, k = joint.laws[chain], Source("k", chain)
    sources = [s for s in law.axes if s != k]
    held = {s: inside for s in sources if (inside := joint.inside(s, table, chain))}
    outside = [s for s in sources if s not in held]
    pinned = {k: where[1]} if k in law.axes else {}
    value = law.chances(tables, where[0], pinned, [*held, *outside])
    for i in reversed(range(len(sources))):
        if value.shape[1 + i] == 1:  # has no say in this state
            value = value.squeeze(1 + i)
            if i < len(held):
                held.pop(list(held)[i])
            else:
                outside.pop(i - len(held))
    margin: Margin = ()
    if held:
        value, margin = spread_classes(value, list(held.values()), table)
    return OpenChance(tables, value, margin, outside)


def _apply(joint: JointTables, chain: str, table: TablePlan, chances: list[Chance], fires: bool = True) -> list[Flow]:
    """Move a chain in a table and give what moved, (*variables without the chain)."""
    variable, over = joint.plan.chains[chain], joint.plan.margins.over
    joint.version[table.at] += 1
    by_stage = front(joint.cells[table.at], table.variables.index(variable))
    rest = without(table.variables, variable)
    moved: list[tuple[IntArray, FloatArray, Flow]] = []
    for chance in chances:
        stages = chance.stages
        here = by_stage[stages[0] : stages[0] + 1] if len(stages) == 1 else by_stage[stages]
        for (a, b), p in zip(chance.moves, chance.p, strict=True):
            if variable in chance.margin:
                margin = without(chance.margin, variable)
                by_own = front(p, chance.margin.index(variable))
                each = np.stack([np.broadcast_to(over(q, margin, rest), here.shape[1:]) for q in by_own])
            else:
                each = over(p, chance.margin, rest)[None]
            amount = here * each  # (stage, *rest)
            moved.append((stages, amount, Flow(a, b, amount.sum(axis=0) if len(amount) > 1 else amount[0])))
    for stages, amount, _ in moved:
        if len(stages) == 1:
            by_stage[stages[0]] -= amount[0]
        else:
            by_stage[stages] -= amount
    for _, _, flow in moved:
        by_stage[joint.plan.stages[chain].entry[flow.target]] += (
            _fired(joint, chain, flow, rest) if fires else flow.amount
        )
    return [flow for _, _, flow in moved]


def _fired(joint: JointTables, chain: str, flow: Flow, rest: Margin) -> FloatArray:
    """Let a flow set off fires: give it with the other chains' states as they are after them."""
    amount = flow.amount
    n = len(joint.chains[chain].states)
    for firing in joint.firings[chain]:
        other = joint.plan.chains[firing.chain]
        if firing.moves[flow.source * n + flow.target] and other in rest:
            amount = amount.copy()
            by_other = front(amount, rest.index(other))
            stages = joint.plan.stages[firing.chain]
            for stage in np.flatnonzero(firing.sources[stages.state] & (stages.state != firing.target)):
                moved = firing.probability(joint.step) * by_other[stage]
                by_other[stage] -= moved
                by_other[stages.entry[firing.target]] += moved
    return amount


def _follow(move: OwnerMove, table: TablePlan, now: Moment | None, fires: bool = True) -> None:
    """Let a table follow: the chain itself, its classes, or the mix of the children whose chain it is."""
    joint, chain, variable = move.joint, move.chain, move.variable
    if variable in table.variables:
        _apply(joint, chain, table, _followed(move, table, now), fires)
    for coarse in variable.coarser:
        if coarse in table.variables:
            _follow_classes(move, coarse, table)
    mix = joint.plan.mixes.get(chain)
    if mix is not None and move.table.child and mix.variable in table.variables:
        follow_mix(joint, mix, table, mix_chances(move, mix, table, now))


def _followed(move: OwnerMove, table: TablePlan, now: Moment | None) -> list[Chance]:
    """Give the chances by which a table that holds less follows."""
    joint, chances = move.joint, []
    for state in move.states:
        margin, all_pairs, whole = move.summed(table)
        pairs = {pair: amount for pair, amount in all_pairs.items() if pair[0] == state}
        stages = joint.plan.stages[move.chain].of_state[state]
        p: Over = divide(np.stack(list(pairs.values())), whole[state]), margin
        tilt = tilt_of(move, state, list(pairs), table, now)
        p = finer_moves(*p, table) if tilt is None else tilted(joint, table, move.variable, stages, p, tilt)
        chances.append(Chance(stages, list(pairs), *p))
    return chances


def _follow_classes(move: OwnerMove, coarse: Variable, table: TablePlan) -> None:
    """Move what a table holds of a chain in classes."""
    states, classes = move.joint.plan.stages[move.chain].state, move.variable.coarser[coarse]
    class_of = {int(s): int(c) for s, c in zip(states, classes, strict=True)}
    whole = total_by((class_of[s], class_of[s], cells) for s, cells in move.by_state.items())
    flows = total_by(
        (class_of[flow.source], class_of[flow.target], flow.amount)
        for flow in move.flows
        if class_of[flow.source] != class_of[flow.target]
    )
    rates = [((a, b), move.rates(table, [amount], whole[a, a])) for (a, b), amount in flows.items()]
    shift_classes(move.joint, table, coarse, rates)


def shift_classes(joint: JointTables, table: TablePlan, variable: Variable, moves: list[tuple[Pair, Over]]) -> None:
    """Move shares (1, *margin) of a table along one of its variables."""
    joint.version[table.at] += 1
    by_class = front(joint.cells[table.at], table.variables.index(variable))
    rest = without(table.variables, variable)
    amounts = [(a, b, by_class[a] * joint.plan.margins.over(p[0], margin, rest)) for (a, b), (p, margin) in moves]
    for a, b, amount in amounts:
        by_class[a] -= amount
        by_class[b] += amount


def _follow_fires(move: OwnerMove) -> None:
    """Let tables that hold what a fire moves, and not what set it off, follow."""
    joint, plan = move.joint, move.joint.plan
    n = len(joint.chains[move.chain].states)
    for firing in joint.firings[move.chain]:
        variable = plan.chains[firing.chain]
        who = [f.amount for f in move.flows if firing.moves[f.source * n + f.target]]
        if variable not in move.rest or not who:
            continue
        axis, of_state = move.rest.index(variable), plan.stages[firing.chain].of_state
        fired = front(sum(who[1:], who[0]) * firing.probability(joint.step), axis)
        cells = front(sum(move.by_state.values(), np.zeros(())), axis)
        flows = [
            Flow(state, firing.target, fired[of_state[state]].sum(axis=0))
            for state in range(len(of_state))
            if firing.sources[state] and state != firing.target
        ]
        for flow in flows:
            joint.flows[firing.chain][flow.source, flow.target] += flow.amount.sum()
        before = {state: cells[stages].sum(axis=0) for state, stages in enumerate(of_state)}
        fire = OwnerMove(joint, firing.chain, move.table, without(move.rest, variable), flows, before)
        for table in plan.tables:
            if table is not move.table and move.variable not in table.variables:
                _follow(fire, table, None, fires=False)
