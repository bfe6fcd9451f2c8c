"""Every family of one world, lived in continuous time: what happens, what follows from it, and who is let in.

The states are the world's own arrays, seen through memory views. Between steps codes and hazards are kept up to date
move by move; what the calendar changes is read afresh at each step (months.py). A family has one appointment at a time
in the SimPy environment: the next thing that may happen to any of its members.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from math import inf

import numpy as np
import simpy

from sim.engine.moves.consequences import HELP_BEGINS, HELP_ENDS, JOINS_QUEUE, Firing
from sim.engine.moves.world import MovingWorld
from sim.engine.solvers.by_day.dependencies import Touch, readers, touch, turns_with_time, units_of
from sim.engine.solvers.by_day.family import Family
from sim.engine.solvers.by_day.gate import Admitted, Gate, no_limit
from sim.engine.solvers.by_day.plans import Plan, has_ranks, plans_of
from sim.engine.solvers.by_day.stays import Stays, kinds_of
from sim.engine.teams.meeting import priority_class
from sim.errors import ModelError
from sim.model.compiled.scope import Source

AGENCIES = Source("agencies")
MOST_AT_ONCE = 1000
"""Moves of one family at one moment; more go round in a ring."""


class Lives:
    """The families of one world.

    Attributes
    ----------
    codes, views
        By unit: the codes of all rows, (row, cell), -1 for a row that is not there; the same in one line.
    rates
        By unit and row: the hazard of each of its chains a step, infinite where something is to happen at once.
    unsettled
        Families to whom something has happened and who have no new appointment yet.
    entries
        Who was let in since they were last written down.
    events
        Moves made so far.
    """

    def __init__(self, world: MovingWorld, stream: int) -> None:
        self.world, self.stream = world, stream
        self.env = simpy.Environment(initial_time=world.step)
        self.families: dict[int, Family] = {}
        self.unsettled: deque[Family] = deque()
        self.entries: list[Admitted] = []
        self.events = 0
        self.fresh = True
        self.wire()
        for plan in self.plans.values():
            if kinds := kinds_of(world, plan.name):
                plan.stays = Stays(self.env, kinds, partial(self.move_on, plan))
            if plan.service is not None:
                areas, service = world.root.area.tolist(), world.chains[plan.name].service
                plan.gate = Gate(self.env, areas, len(world.area_slot), partial(self.admit, plan), plan.room)
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
        self.turns = turns_with_time(self.world.compiled)
        self.ranked = {
            name: has_ranks(self.world, name) for name, plan in self.plans.items() if plan.service is not None
        }
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
                new.gate = plan.gate.fork(twin.env, partial(twin.admit, new), new.room)
        for family in twin.families.values():
            family.catch_up(twin.env.now)
            family.here = True  # also who comes at the very end of a step
            twin.appoint(family)
        for name, plan in self.plans.items():
            new = twin.plans[name]
            if plan.stays is not None and new.stays is not None:
                new.stays = plan.stays.fork(twin.env, new.stays.kinds, new.stays.over)
        return twin

    # What happens.

    def arrive(self, family: Family, _: simpy.Event) -> None:
        """Let a family come."""
        family.here, family.since = True, self.env.now
        self.unsettled.append(family)
        self.settle()

    def appoint(self, family: Family) -> None:
        """Put the next thing that happens to a family into the calendar; what stood there before is void."""
        family.appointment += 1
        if family.total > 0.0:
            due = self.env.timeout(family.left / family.total)
            due.callbacks.append(partial(self._keep, family, family.appointment))

    def _keep(self, family: Family, appointment: int, _: simpy.Event) -> None:
        """Let the next thing happen to a family whose time has come: each thing in proportion to its hazard."""
        if appointment == family.appointment:
            family.since, family.left = self.env.now, family.exponential()
            self._happen(family, family.uniform() * family.total)
            self.unsettled.append(family)
            self.settle()

    def settle(self) -> None:
        """Let what is to happen at once happen to all whom something has befallen, and give them new appointments."""
        while self.unsettled:
            family = self.unsettled.popleft()
            if family.here:
                for _ in range(MOST_AT_ONCE):
                    total = self.total(family)
                    if total < inf:
                        break
                    self._happen_now(family)
                else:
                    self._refuse_ring(family)
                family.total = total
                self.appoint(family)

    def total(self, family: Family) -> float:
        """Add the hazards of everything that may happen to a family."""
        result = sum(self.rates[0][family.row])
        for child in family.children:
            result += sum(self.rates[1][child])
        return result

    def _happen_now(self, family: Family) -> None:
        """Make the first move that is to happen at once."""
        plan, row = self._pressing(family)
        made, state = self.units[plan.unit], plan.view[row]
        hazards = made.hazards[plan.owner]
        new = hazards.pick_now(self.views[plan.unit], row * len(made.cells), state, family.uniform())
        self.move(family, plan, row, new)

    def _pressing(self, family: Family) -> tuple[Plan, int]:
        """Find the first chain, and row, in which something is to happen at once."""
        members = [(0, family.row), *((1, child) for child in family.children)]
        return next(
            (self.by_owner[unit][owner], row)
            for unit, row in members
            for owner, rate in enumerate(self.rates[unit][row])
            if rate == inf
        )

    def _refuse_ring(self, family: Family) -> None:
        plan, row = self._pressing(family)
        states = self.world.chains[plan.name].states
        raise ModelError(
            f"{plan.name}: {MOST_AT_ONCE:,} moves of one family at one moment, the next out of "
            f"'{states[plan.view[row]]}': moves that happen `now` lead in a ring. Give one of them a time or a rate "
            "(a referral after leaving: refer: {again: 0})"
        )

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
        if (old := plan.view[row]) == new:
            return
        pair = old * plan.n + new
        plan.view[row] = new
        plan.flows[plan.slots[row] + pair] += 1
        self.events += 1
        if plan.stays is not None:
            plan.stays.enter(family, row, new)
        if (found := plan.own[pair]) is not None:
            self.apply(family, plan.unit, row, found)
        if (found := plan.down[pair]) is not None:
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

    def move_on(self, plan: Plan, of: int, row: int, new: int) -> None:
        """Move who has stayed long enough, of the family of some root row."""
        family = self.families[of]
        family.catch_up(self.env.now)
        self.move(family, plan, row, new)
        self.unsettled.append(family)
        self.settle()

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
        if (known := self.touches.get((source, old, new))) is None:
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
            if plan.turned_away is not None and gate.is_full(gate.area_of[row]):
                self.move(family, plan, row, plan.turned_away)
            else:
                gate.join(row, self.rank(plan, row))

    def rank(self, plan: Plan, row: int) -> int:
        """Give the priority class of a row in a service's queue, by the engine's own rule."""
        if not self.ranked[plan.name]:
            return 0
        return int(priority_class(self.world, plan.name, np.array([row]), self.stream)[0])

    def admit(self, plan: Plan, row: int, since: float) -> None:
        """Let in who has waited since some time."""
        family = self.families[row]
        family.catch_up(self.env.now)
        self.entries.append(Admitted(plan.name, row, since, self.env.now))
        self.move(family, plan, row, plan.engaged)
        self.unsettled.append(family)
