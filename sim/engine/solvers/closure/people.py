"""Who comes and goes in the tables: families that are replaced, children who are born, grow up and leave."""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers.closure.ages import Ages, Change
from sim.engine.solvers.closure.joint import Joint
from sim.engine.solvers.closure.mixes import Mix
from sim.engine.solvers.closure.mixing import Chances, follow_mix
from sim.engine.solvers.closure.newcomers import Opening, class_shares
from sim.engine.solvers.closure.plan import TablePlan, in_window
from sim.engine.solvers.closure.space import Names, front


def open_tables(joint: Joint, ages: Ages) -> None:
    """Fill the tables at the first step."""
    opening = Opening(joint.plan, joint.compiled.model, fresh=False)
    many = ages.shares @ ages.present if len(ages.present) else np.ones(1)
    joint.mass = [opening.table(table, many) for table in joint.plan.tables]
    joint.absent = float(ages.shares @ ages.absent) if len(ages.present) else 0.0


def turn_over(joint: Joint, change: Change, ages: Ages, first: bool) -> None:
    """Let a step's newcomers and leavers come and go in every table."""
    plan = joint.plan
    opening = Opening(plan, joint.compiled.model, fresh=True)
    joint.version = [version + 1 for version in joint.version]
    if len(ages.present):
        for u, table in enumerate(plan.tables):
            if table.child:
                _grow(joint, u, change, ages, opening, first)
    entering = ages.entering() if len(ages.present) else np.ones(1)
    for u, table in enumerate(plan.tables):
        if not table.child and change.replaced.any():
            _replace(joint, u, table, change, ages, opening, entering)
    joint.absent = float(ages.shares @ ages.absent) if len(ages.present) else 0.0


def _newcomer(joint: Joint, table: TablePlan, opening: Opening, entering: FloatArray) -> FloatArray:
    """Give a newcomer's cells, worked out once for each world."""
    kept = joint.newcomers.get(table.name)
    if kept is None:
        joint.newcomers[table.name] = kept = opening.table(table, entering)
    return kept


def _replace(
    joint: Joint, u: int, table: TablePlan, change: Change, ages: Ages, opening: Opening, entering: FloatArray
) -> None:
    """Replace families by newcomers of the same traits: a share of all, and those whose children have all grown up."""
    space, number = joint.plan.space, joint.plan.number
    mixes = [name for name in table.names if name.endswith("#")]
    new = _newcomer(joint, table, opening, entering)
    if number is None or space.carrier(number, table.names) is None:
        mean = float(ages.shares @ change.replaced)
        _note_taken(joint, table, joint.mass[u] * mean)
        joint.mass[u] += (new - joint.mass[u]) * mean
        return
    mass = joint.mass[u]
    gone = mass * space.over(change.replaced - change.alone, (number,), table.names)
    if mixes:
        mix = joint.plan.mixes[mixes[0][:-1]]
        nobody = (mix.members[:, 0] == mix.members.sum(axis=1)).astype(np.float64)
        by_mix = space.onto(mass, table.names, (mixes[0],)) * nobody
        whole = np.bincount(mix.number, by_mix, len(change.alone))
        share = np.divide(change.alone * ages.shares, whole, out=np.zeros_like(whole), where=whole > 0)
        gone += mass * space.over(nobody * np.minimum(share, 1.0)[mix.number], (mixes[0],), table.names)
    else:
        gone += mass * space.over(change.alone, (number,), table.names)
    _note_taken(joint, table, gone)
    mass -= gone
    mass += new * space.over(change.replaced, (number,), table.names)


def _note_taken(joint: Joint, table: TablePlan, gone: FloatArray) -> None:
    """Keep who leaves a queue because the family leaves."""
    service = table.names[-1]
    if service in joint.engaged and joint.plan.tables[joint.plan.owner[service]] is table:
        stage = joint.fresh[service][joint.chains[service].states.index("waiting")]
        joint.taken[service] = float(gone[..., stage].sum())


def _grow(joint: Joint, u: int, change: Change, ages: Ages, opening: Opening, first: bool) -> None:
    """Let children of a table grow older, leave, come and be born."""
    plan, table = joint.plan, joint.plan.tables[u]
    model = plan.model
    mine = [n for n in table.names if n in plan.stages and model.chain(n).unit != model.units[0].name]
    leave = -np.expm1(-model.units[0].leaves_rate * model.clock.step_years)
    shifts: dict[str, dict[tuple[int, int], FloatArray]] = {name: {} for name in mine if name in plan.mixes}
    if plan.band[table.age] and not first:
        _age(joint, u, change, ages, mine, shifts)
    mass = joint.mass[u]
    mass *= 1.0 - leave
    mass += _newcomer(joint, table, opening, ages.entering()) * float(ages.shares @ change.new.sum(axis=1))
    born = float(ages.shares @ change.born.sum(axis=1))
    if born:
        mass += _born(joint, u, opening, mine) * born
        for name, its in shifts.items():
            mix = plan.mixes[name]
            baby = class_shares(opening, mix, np.eye(1, len(ages.entering()))[0])
            for b in range(1, mix.n_classes):
                if baby[b]:
                    its[0, b] = its.get((0, b), 0.0) + ages.shares * change.born.sum(axis=1) * baby[b]
    for name, its in shifts.items():
        _shift_mixes(joint, plan.mixes[name], its)


def _born(joint: Joint, u: int, opening: Opening, mine: list[str]) -> FloatArray:
    """Give the cells of one newborn: of families as they are, at age 0."""
    plan, table = joint.plan, joint.plan.tables[u]
    space = plan.space
    family = tuple(n for n in table.names if n not in mine and n != table.age)
    axes = tuple(table.names.index(n) for n in (*mine, table.age))
    place = joint.mass[u].sum(axis=axes)
    result = space.over(place / place.sum(), family, table.names)
    width = plan.band[table.age]
    ages = np.zeros(plan.space.sizes[table.age] * max(width, 1))
    ages[0] = 1.0
    return np.asarray(result * opening._aged(table, ages))


def _age(
    joint: Joint,
    u: int,
    change: Change,
    ages: Ages,
    mine: list[str],
    shifts: dict[str, dict[tuple[int, int], FloatArray]],
) -> None:
    """Move children on to the next band; who leaves a chain's ages leaves its states."""
    plan, table = joint.plan, joint.plan.tables[u]
    width, n = plan.band[table.age], plan.space.sizes[table.age]
    count = (ages.shares @ change.before).reshape(n, width)
    share = np.divide(count[:, -1], count.sum(axis=1), out=np.zeros(n), where=count.sum(axis=1) > 0)
    mass = front(joint.mass[u], table.names.index(table.age))
    rest = tuple(x for x in table.names if x != table.age)
    moved = [mass[b] * share[b] for b in range(n)]
    ends = ages.shares[:, None] * change.before[:, width - 1 :: width]
    by_number = np.divide(ends, ends.sum(axis=0), out=np.zeros_like(ends), where=ends.sum(axis=0) > 0)
    for b in range(n):
        mass[b] -= moved[b]
        arriving = moved[b].copy()
        for name in mine:
            arriving = _cross(joint, table, name, rest, arriving, b, shifts, by_number[:, b])
        if b + 1 < n:
            mass[b + 1] += arriving


def _cross(
    joint: Joint,
    table: TablePlan,
    name: str,
    rest: Names,
    moved: FloatArray,
    band: int,
    shifts: dict[str, dict[tuple[int, int], FloatArray]],
    by_number: FloatArray,
) -> FloatArray:
    """Let children pass from one band to the next: into or out of a chain's ages, or out of childhood."""
    plan = joint.plan
    chain = joint.chains[name]
    within = in_window(plan, table, chain)
    last = band + 1 == len(within)
    here, there = bool(within[band]), not last and bool(within[band + 1])
    axis = rest.index(name)
    by_stage = front(moved, axis)
    totals = np.bincount(plan.stages[name].state, by_stage.reshape(len(by_stage), -1).sum(axis=1), len(chain.states))
    if here and not there:  # a birthday that ends what may happen is a move like any other
        for stage, state in enumerate(plan.stages[name].state):
            if state != 0:
                by_stage[0] += by_stage[stage]
                by_stage[stage] = 0.0
        joint.flows[name][:, 0] += np.where(np.arange(len(chain.states)) > 0, totals, 0.0)
    if name in shifts:
        mix, its = plan.mixes[name], shifts[name]
        for state, total in enumerate(totals):
            c = int(mix.class_of[state])
            pair = (c, 0) if here and (last or not there) else (0, c) if there and not here else None
            if pair is not None and pair[0] != pair[1] and total > 0:
                its[pair] = its.get(pair, 0.0) + total * by_number
    return moved


def _shift_mixes(joint: Joint, mix: Mix, shifts: dict[tuple[int, int], FloatArray]) -> None:
    """Let families' mixes follow what birthdays and births do."""
    plan = joint.plan
    for u, table in enumerate(plan.tables):
        name = f"{mix.chain}#"
        if name in table.names:
            by_mix = plan.space.onto(joint.mass[u], table.names, (name,))
            chances: Chances = {}
            for (a, b), amount in shifts.items():
                members = np.bincount(mix.number, by_mix * mix.members[:, a], len(amount))
                each = np.minimum(np.divide(amount, members, out=np.zeros_like(members), where=members > 0), 1.0)
                chances[a, b] = ((name,), each[mix.number])
            follow_mix(joint, mix, u, chances)
