"""Every family of one world, lived in continuous time: what happens, what follows from it, and who is let in.

The states are the world's own arrays, seen through memory views. Between steps codes and hazards are kept up to date
move by move; what the calendar changes is read afresh at each step (months.py).
"""

from __future__ import annotations

from functools import partial

import numpy as np
import simpy

from sim.engine.moves.consequences import HELP_BEGINS, HELP_ENDS, JOINS_QUEUE, Firing
from sim.engine.moves.world import MovingWorld
from sim.engine.solvers.by_day.dependencies import Touch, readers, touch, units_of
from sim.engine.solvers.by_day.family import Family
from sim.engine.solvers.by_day.gate import Admitted, Gate, no_limit
from sim.engine.solvers.by_day.plans import Plan, criteria, plans_of
from sim.engine.teams.meeting import priority_class
from sim.model.compiled.scope import Source

AGENCIES = Source("agencies")


class Lives:
    """The families of one world.

    Attributes
    ----------
    codes, views
        By unit: the codes of all rows, (row, cell), -1 for a row that is not there; the same in one line.
    rates
        By unit and row: the hazard of each of its chains a step.
    entries
        Who was let in since they were last written down.
    events
        Moves made so far.
    """

    def __init__(self, world: MovingWorld, stream: int) -> None:
        self.world, self.stream = world, stream
        self.env = simpy.Environment(initial_time=world.step)
        self.families: dict[int, Family] = {}
        self.entries: list[Admitted] = []
        self.events = 0
        self.fresh = True
        self.wire()
        for plan in self.plans.values():
            if plan.service is not None:
                areas = world.root.area.tolist()
                plan.gate = Gate(self.env, areas, len(world.area_slot), partial(self.admit, plan))
                service = world.chains[plan.name].service
                if service is not None and service.team is None:
                    plan.gate.places = no_limit(len(world.area_slot))

    def wire(self) -> None:
        """Work out what reads what in the world's model."""
        self.units = units_of(self.world)
        self.plans = plans_of(self.world, self.units)
        self.by_owner = [[self.plans[name] for name in unit.chains] for unit in self.units]
        rows = [self.world.population.rows[unit.name].n for unit in self.units]
        self.codes = [np.full((n, len(unit.cells)), -1) for n, unit in zip(rows, self.units, strict=True)]
        self.views = [codes.reshape(-1).data for codes in self.codes]
        self.rates: list[list[list[float]]] = [[[]] * n for n in rows]
        self.touches: dict[tuple[Source, int, int], list[Touch | None]] = {}
        self.counts: dict[str, memoryview] = {}
        self.truth: dict[str, list[bool]] = {}
        self.agencies = memoryview(b"")

    def fork(self, world: MovingWorld) -> Lives:
        """Copy everybody for a world that parts from this one, now."""
        twin = Lives(world, self.stream)
        twin.families = {row: family.fork() for row, family in self.families.items()}
        for name, plan in self.plans.items():
            if plan.gate is not None:
                new = twin.plans[name]
                new.gate = plan.gate.fork(twin.env, partial(twin.admit, new))
        for family in twin.families.values():
            family.catch_up(twin.env.now)
            twin.begin(family, 0.0)
        return twin

    def begin(self, family: Family, delay: float) -> None:
        """Start the process of a family."""
        family.process = self.env.process(family.live(self, delay))

    def total(self, family: Family) -> float:
        """Add the hazards of everything that may happen to a family."""
        result = sum(self.rates[0][family.row])
        for child in family.children:
            result += sum(self.rates[1][child])
        return result

    # What happens.

    def happen(self, family: Family) -> None:
        """Let the next thing happen to a family whose time has come: each thing in proportion to its hazard."""
        family.since = self.env.now
        family.left = family.exponential()
        level = family.uniform() * family.total
        self._happen(family, level)
        family.total = self.total(family)

    def _happen(self, family: Family, level: float) -> None:
        """Find the row and the chain at a level of the hazards laid end to end, and move it."""
        unit, row = 0, family.row
        for number in range(-1, len(family.children)):
            if number >= 0:
                unit, row = 1, family.children[number]
            for owner, rate in enumerate(self.rates[unit][row]):
                if level < rate:
                    plan = self.by_owner[unit][owner]
                    state = plan.view[row]
                    made = self.units[unit]
                    new = made.hazards[owner].pick(self.views[unit], row * len(made.cells), state, level)
                    self.move(family, plan, row, new)
                    return
                level -= rate

    def move(self, family: Family, plan: Plan, row: int, new: int) -> None:
        """Move a row of a chain and let everything follow."""
        old = plan.view[row]
        pair = old * plan.n + new
        if old == new:
            return
        plan.view[row] = new
        plan.flows[plan.slots[row] + pair] += 1
        self.events += 1
        found = plan.own[pair]
        if found is not None:
            self.apply(family, plan.unit, row, found)
        found = plan.down[pair]
        if found is not None:
            for child in family.children:
                self.apply(family, 1, child, found)
        if plan.entered is not None:
            self._start_k(family, plan, row)
        for firing in plan.fires[pair]:
            self._fire(family, plan, row, firing)
        for other in plan.ranked:
            if other.gate is not None and row in other.gate.waiting:
                other.gate.rank(row, self.rank(other, row))
        if plan.service is not None:
            self._serve(family, plan, row, plan.service[pair], old == plan.waiting)

    def apply(self, family: Family, unit: int, row: int, change: Touch) -> None:
        """Bring a row's codes up to date, and the hazards that read them."""
        codes, rates, hazards = self.views[unit], self.rates[unit][row], self.units[unit].hazards
        first = row * len(self.units[unit].cells)
        for cell, amount in change.adds:
            codes[first + cell] += amount
        for owner in change.owners:
            one = hazards[owner]
            rates[owner] = one.total[codes[first + one.cell]] if one.total else one.of(codes, first)
        for cell, amount, source in change.counted:
            truth, before = self.truth[source], codes[first + cell]
            codes[first + cell] = before + amount
            by = truth[before + amount] - truth[before]
            if by:
                counts = self.counts[source]
                count = counts[family.row]
                counts[family.row] = count + by
                self.shift(family, Source("count", source), count, count + by)

    def shift(self, family: Family, source: Source, old: int, new: int) -> None:
        """Let something that a family carries go from one value to another."""
        known = self.touches.get((source, old, new))
        if known is None:
            known = [touch(unit, readers(unit, source), old, new) for unit in self.units]
            self.touches[source, old, new] = known
        if known[0] is not None:
            self.apply(family, 0, family.row, known[0])
        if len(known) > 1 and known[1] is not None:
            for child in family.children:
                self.apply(family, 1, child, known[1])

    def _start_k(self, family: Family, plan: Plan, row: int) -> None:
        """Start counting the steps in a state from the end of this one."""
        assert plan.entered is not None
        step = int(self.world.step)
        before = max(step - plan.entered[row], 0)
        plan.entered[row] = step + 1
        source = Source("k", plan.name)
        if before == 0:
            return
        if plan.unit == 0:
            self.shift(family, source, before, 0)
            return
        known = self.touches.get((source, before, 0))
        if known is None:
            known = self.touches[source, before, 0] = [touch(self.units[1], readers(self.units[1], source), before, 0)]
        if known[0] is not None:
            self.apply(family, 1, row, known[0])

    def _fire(self, family: Family, plan: Plan, row: int, firing: Firing) -> None:
        """Move the other chain of the same row, of the children or of the family."""
        target = self.plans[firing.chain]
        rows = [row]
        if target.unit != plan.unit:
            rows = list(family.children) if target.unit == 1 else [family.row]
        for there in rows:
            may, probability = bool(firing.sources[target.view[there]]), firing.probability(int(self.world.step))
            if may and (probability >= 1.0 or family.uniform() < probability):
                self.move(family, target, there, firing.target)

    # Services.

    def _serve(self, family: Family, plan: Plan, row: int, event: int, waited: bool) -> None:
        """Keep the queue, the places and the number of agencies at work in a family."""
        gate = plan.gate
        assert gate is not None
        if waited:
            gate.leave(row)
        if event & (HELP_BEGINS | HELP_ENDS):
            number = self.agencies[row]
            by = 1 if event & HELP_BEGINS else -1
            self.agencies[row] = number + by
            self.shift(family, AGENCIES, number, number + by)
        if event & HELP_BEGINS:
            gate.take(gate.area_of[row])
        if event & HELP_ENDS:
            gate.release(gate.area_of[row])
        if event & JOINS_QUEUE:
            gate.join(row, self.rank(plan, row))

    def rank(self, plan: Plan, row: int) -> int:
        """Give the priority class of a row in a service's queue, by the engine's own rule."""
        if not self.has_ranks(plan):
            return 0
        return int(priority_class(self.world, plan.name, np.array([row]), self.stream)[0])

    def has_ranks(self, plan: Plan) -> bool:
        """Say whether a service's queue knows anything but the time of joining."""
        service = self.world.chains[plan.name].service
        assert service is not None
        brokers = (c.service.brokers.get(plan.name, 0.0) for c in self.world.chains.values() if c.service is not None)
        return callable(service.priority) or bool(criteria(service)) or any(share > 0.0 for share in brokers)

    def admit(self, plan: Plan, row: int, since: float) -> None:
        """Let in who has waited since some time."""
        family = self.families[row]
        family.catch_up(self.env.now)
        self.entries.append(Admitted(plan.name, row, since, self.env.now))
        self.move(family, plan, row, plan.engaged)
        family.total = self.total(family)
        family.wake(self.env)
