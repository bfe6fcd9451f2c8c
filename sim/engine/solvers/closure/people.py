"""Who is there at first and who comes and goes: newcomers, families that are replaced, births and birthdays.

`children` counts them by age; here the cells of the tables follow. Leaves out what people do once they are there.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np

from sim.arrays import FloatArray
from sim.engine.people.ages import Ages, Change
from sim.engine.solvers.closure.axes import Margin, Mix, Variable, carrier, front, one_hot, without
from sim.engine.solvers.closure.children import ClassChances, follow_mix
from sim.engine.solvers.closure.conditional import Pair
from sim.engine.solvers.closure.plan import ClosurePlan, TablePlan
from sim.engine.solvers.closure.tables import JointTables
from sim.model.compiled.readings import start_shares
from sim.model.spec import Model

Shifts = dict[str, dict[Pair, FloatArray]]
"""Children's chain -> (class, class) -> how many of its mix pass, by number of children, per family."""


@dataclass
class Opening:
    """First states: shares of each chain's stages, and of each table's cells per family."""

    plan: ClosurePlan
    model: Model
    fresh: bool
    absent: float = 0.0
    """Places of a family without a child."""

    def stages(self, name: str) -> FloatArray:
        """Give the shares of a chain's stages for a newcomer, within the chain's ages, (stage,)."""
        chain = self.model.chain(name)
        shares = start_shares(chain, self.model)[0]
        unfolded = self.plan.stages[chain.name]
        result = np.zeros(len(unfolded.state))
        for state, (stages, share) in enumerate(zip(unfolded.of_state, shares, strict=True)):
            mean = chain.held.get(chain.states[state], 0.0)
            # Whoever has just come is a step behind; the last stage holds all who have been there longer.
            there = np.arange(len(stages)) - (0 if self.fresh or len(stages) == 1 else 1)
            longer = np.where(there >= 0, (mean / (1.0 + mean)) ** np.maximum(there, 0), 1.0)
            result[stages] = share * (longer - np.append(longer[1:], 0.0))
        return result

    def table(self, table: TablePlan, ages: FloatArray) -> FloatArray:
        """Give the cells of a table for one newcomer (one child, at given shares of ages, of a family)."""
        result: FloatArray = np.ones([v.size for v in table.variables])
        for v in sorted(table.variables, key=lambda v: v.kind == "mix"):  # mixes last: they divide by a trait's shares
            part = self.mix(v, ages) if v.kind == "mix" else self._part(v, table)
            if part is not None:
                result = result * self.plan.margins.over(part, (v,), table.variables)
        return result * self.aged(table, ages) if table.child else result

    def _part(self, variable: Variable, table: TablePlan) -> FloatArray | None:
        """Give the shares of one variable; None for what is not the family's."""
        name, first = variable.name, np.asarray(np.eye(1, variable.size)[0])
        if variable.kind == "trait":
            trait = next(t for t in self.model.traits if t.name == name)
            return np.asarray(trait.shares) / sum(trait.shares)
        if variable.kind == "chain":
            return None if table.child and not self.plan.is_root(name) else self.stages(name)
        if variable.kind == "classes" and name in self.plan.chains:
            classes = self.plan.chains[name].coarser[variable]
            return np.asarray(self.stages(name) @ one_hot(classes, variable.size))
        return None if variable.kind == "age" else first

    def aged(self, table: TablePlan, ages: FloatArray, born: bool = False) -> FloatArray:
        """Give a child's states by age band, over a table's variables; ``born`` in this step."""
        assert table.age is not None
        over = self.plan.margins.over
        shares = np.array([ages.sum()]) if not table.band else ages.reshape(-1, table.band).sum(axis=1)
        result = over(shares, (table.age,), table.variables)
        for v in own_chains(self.plan, table):
            within = table.in_window(self.model.chain(v.name)) & (not self.first_states(born))
            states = np.where(within[:, None], self.stages(v.name), np.eye(1, v.size))
            result = result * over(states, (table.age, v), table.variables)
        return result

    def first_states(self, born: bool) -> bool:
        """Say whether children are in the first states, as the newborn of a settled population are."""
        return born and self.model.units[-1].settled

    def mix(self, variable: Variable, ages: FloatArray) -> FloatArray:
        """Give the shares of mixes for a newcomer, (mix,): children alike and apart, given how many there are."""
        mix = self.plan.mixes[variable.name]
        chance = self.classes(mix, ages)
        number, members = mix.number, mix.members
        ways = np.array([_multinomial(row.tolist()) for row in members]) * np.prod(chance**members, axis=1)
        shares = next(
            (t.shares for t in self.model.traits if self.plan.number and t.name == self.plan.number.name), (1.0,)
        )
        return np.asarray(ways * (np.asarray(shares) / np.asarray(shares).sum())[number])

    def classes(self, mix: Mix, ages: FloatArray) -> FloatArray:
        """Give the shares of a mix's classes of states among children of given ages, (class,)."""
        chain = self.model.chain(mix.chain)
        by_state = np.bincount(self.plan.stages[mix.chain].state, self.stages(mix.chain), len(chain.states))
        inside = np.bincount(mix.class_of, by_state, mix.n_classes)
        low, high = chain.ages_steps or (0, len(ages))
        age = np.arange(len(ages))
        within = float(ages[(age >= low) & (age < high)].sum() / (ages.sum() + self.absent))
        return np.asarray(within * inside + (1.0 - within) * np.eye(1, mix.n_classes)[0])


def _multinomial(row: list[int]) -> float:
    """Give in how many ways children can be put into classes of given sizes."""
    ways = factorial(sum(row))
    for k in row:
        ways //= factorial(k)
    return float(ways)


def own_chains(plan: ClosurePlan, table: TablePlan) -> list[Variable]:
    """List the children's own chains in a table of children."""
    return [v for v in table.variables if v.kind == "chain" and not plan.is_root(v.name)]


def open_tables(joint: JointTables, ages: Ages) -> None:
    """Fill the tables at the first step."""
    joint.absent = float(ages.mean(ages.absent))
    opening = Opening(joint.plan, joint.compiled.model, fresh=False, absent=joint.absent)
    many = ages.mean(ages.present) if len(ages.present) else np.ones(1)
    joint.cells = [opening.table(table, many) for table in joint.plan.tables]


def turn_over(joint: JointTables, change: Change, ages: Ages, first: bool) -> None:
    """Let a step's newcomers and leavers come and go in every table."""
    opening = Opening(joint.plan, joint.compiled.model, fresh=True)
    joint.version = [version + 1 for version in joint.version]
    for table in joint.plan.tables:
        if table.child:
            _grow(joint, table, change, ages, opening, first)
    for table in joint.plan.tables:
        if not table.child and change.replaced.any():
            _replace(joint, table, change, ages, _newcomer(joint, table, opening, ages))
    joint.absent = float(ages.mean(ages.absent))


def _newcomer(joint: JointTables, table: TablePlan, opening: Opening, ages: Ages) -> FloatArray:
    """Give a newcomer's cells, worked out once for each world."""
    if table.at not in joint.newcomers:
        joint.newcomers[table.at] = opening.table(table, ages.entering())
    return joint.newcomers[table.at]


def _replace(joint: JointTables, table: TablePlan, change: Change, ages: Ages, new: FloatArray) -> None:
    """Replace families by newcomers of the same traits: a share of all, and those whose children have all grown up."""
    number, over, variables = joint.plan.number, joint.plan.margins.over, table.variables
    cells = joint.cells[table.at]
    if number is None or carrier(number, variables) is None:
        mean = float(ages.mean(change.replaced))
        _note_taken(joint, table, cells * mean)
        cells += (new - cells) * mean
        return
    gone = cells * over(change.replaced - change.alone, (number,), variables)
    variable = next((v for v in variables if v.kind == "mix"), None)
    if variable is not None:
        mix = joint.plan.mixes[variable.name]
        nobody = (mix.members[:, 0] == mix.members.sum(axis=1)).astype(np.float64)
        by_mix = joint.plan.margins.onto(cells, variables, (variable,)) * nobody
        whole = np.bincount(mix.number, by_mix, len(change.alone))
        share = np.divide(change.alone * ages.shares, whole, out=np.zeros_like(whole), where=whole > 0)
        gone += cells * over(nobody * np.minimum(share, 1.0)[mix.number], (variable,), variables)
    else:
        gone += cells * over(change.alone, (number,), variables)
    _note_taken(joint, table, gone)
    cells -= gone
    cells += new * over(change.replaced, (number,), variables)


def _note_taken(joint: JointTables, table: TablePlan, gone: FloatArray) -> None:
    """Keep who leaves a queue because the family leaves."""
    service = table.variables[-1]
    if service.name in joint.engaged and joint.plan.home(service.name) is table:
        joint.taken[service.name] = float(gone[..., joint.stage(service.name, "waiting")].sum())


def _grow(joint: JointTables, table: TablePlan, change: Change, ages: Ages, opening: Opening, first: bool) -> None:
    """Let children of a table grow older, leave, come and be born."""
    plan, chains = joint.plan, own_chains(joint.plan, table)
    shifts: Shifts = {v.name: {} for v in chains if v.name in plan.mixes}
    if table.band and not first:
        _age(joint, table, change, ages, chains, shifts)
    cells = joint.cells[table.at]
    cells *= 1.0 - ages.leave
    cells += _newcomer(joint, table, opening, ages) * float(ages.mean(change.new.sum(axis=1)))
    born = float(ages.mean(change.born.sum(axis=1)))
    if born:
        cells += _born(joint, table, opening, chains) * born
        for name, shift in shifts.items() if not opening.first_states(True) else ():
            baby = opening.classes(plan.mixes[name], np.eye(1, len(ages.entering()))[0])
            for b in range(1, plan.mixes[name].n_classes):
                if baby[b]:
                    shift[0, b] = shift.get((0, b), 0.0) + ages.shares * change.born.sum(axis=1) * baby[b]
    for name, shift in shifts.items():
        _shift_mixes(joint, plan.mixes[name], shift)


def _born(joint: JointTables, table: TablePlan, opening: Opening, chains: list[Variable]) -> FloatArray:
    """Give the cells of one newborn: of families as they are, at age 0."""
    assert table.age is not None
    own = (*chains, table.age)
    place = joint.cells[table.at].sum(axis=tuple(table.variables.index(v) for v in own))
    result = joint.plan.margins.over(place / place.sum(), without(table.variables, *own), table.variables)
    ages = np.zeros(table.age.size * max(table.band, 1))
    ages[0] = 1.0
    return np.asarray(result * opening.aged(table, ages, born=True))


def _age(
    joint: JointTables, table: TablePlan, change: Change, ages: Ages, chains: list[Variable], shifts: Shifts
) -> None:
    """Move children on to the next band; who leaves a chain's ages leaves its states."""
    assert table.age is not None
    width, n = table.band, table.age.size
    count = ages.mean(change.before).reshape(n, width)
    share = np.divide(count[:, -1], count.sum(axis=1), out=np.zeros(n), where=count.sum(axis=1) > 0)
    cells = front(joint.cells[table.at], table.variables.index(table.age))
    rest = without(table.variables, table.age)
    moved = [cells[b] * share[b] for b in range(n)]
    ends = ages.shares[:, None] * change.before[:, width - 1 :: width]
    by_number = np.divide(ends, ends.sum(axis=0), out=np.zeros_like(ends), where=ends.sum(axis=0) > 0)
    for b in range(n):
        cells[b] -= moved[b]
        arriving = moved[b].copy()
        for v in chains:
            _cross(joint, table, v, front(arriving, rest.index(v)), b, shifts.get(v.name), by_number[:, b])
        if b + 1 < n:
            cells[b + 1] += arriving


def _cross(
    joint: JointTables,
    table: TablePlan,
    variable: Variable,
    by_stage: FloatArray,
    band: int,
    shift: dict[Pair, FloatArray] | None,
    by_number: FloatArray,
) -> None:
    """Let children pass from one band to the next: into or out of a chain's ages, or out of childhood."""
    name, chain = variable.name, joint.chains[variable.name]
    states, n = joint.plan.stages[name].state, len(chain.states)
    within = table.in_window(chain)
    last = band + 1 == len(within)
    here, there = bool(within[band]), not last and bool(within[band + 1])
    totals = np.bincount(states, by_stage.reshape(len(by_stage), -1).sum(axis=1), n)
    if here and not there:  # a birthday that ends what may happen is a move like any other
        for stage in np.flatnonzero(states):
            by_stage[0] += by_stage[stage]
            by_stage[stage] = 0.0
        joint.flows[name][:, 0] += np.where(np.arange(n) > 0, totals, 0.0)
    for state, total in enumerate(totals if shift is not None else ()):
        c = int(joint.plan.mixes[name].class_of[state])
        pair = (c, 0) if here and (last or not there) else (0, c) if there and not here else None
        if shift is not None and pair is not None and pair[0] != pair[1] and total > 0:
            shift[pair] = shift.get(pair, 0.0) + total * by_number


def _shift_mixes(joint: JointTables, mix: Mix, shift: dict[Pair, FloatArray]) -> None:
    """Let families' mixes follow what birthdays and births do."""
    margin: Margin = (mix.variable,)
    for table in joint.plan.tables:
        if mix.variable in table.variables:
            by_mix = joint.plan.margins.onto(joint.cells[table.at], table.variables, margin)
            chances: ClassChances = {}
            for (a, b), amount in shift.items():
                members = np.bincount(mix.number, by_mix * mix.members[:, a], len(amount))
                each = np.minimum(np.divide(amount, members, out=np.zeros_like(members), where=members > 0), 1.0)
                chances[a, b] = each[mix.number], margin
            follow_mix(joint, mix, table, chances)
