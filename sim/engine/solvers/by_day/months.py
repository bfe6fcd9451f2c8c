"""The calendar in continuous time: at each step newcomers, birthdays and new tables are taken in, and all is written.

Codes are read afresh off the states by the engine's own reading: what birthdays, memories and newcomers change is then
known wherever it differs from what was kept move by move. Where the calendar changes nothing for who is there already,
those families alone are read to whom somebody comes or from whom somebody goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import inf

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.fate.draws import key, uniform, words
from sim.engine.people.rows import Renewal
from sim.engine.solvers.by_day.dependencies import UnitCells, codes_afresh
from sim.engine.solvers.by_day.family import Family, stream_of
from sim.engine.solvers.by_day.lives import Lives
from sim.engine.solvers.by_day.plans import Plan, criteria
from sim.engine.solvers.by_day.stays import Stays
from sim.engine.teams.meeting import priority_class
from sim.model.compiled.scope import Moment

ROUNDING = 1e-9
"""Relative difference of hazards that is no change."""
NOBODY: IntArray = np.zeros(0, np.int64)


def take_in(lives: Lives, now: Moment, step: int, places: Mapping[str, list[float]]) -> None:
    """Take in the start of a step: who came and went, what the clock changed and what a regime that starts moved.

    ``places`` are those that each team has in this step, by area.
    """
    _look(lives)
    tables = [
        hazards.take(lives.world.compiled.programs[name].tables(now))
        for unit in lives.units
        for name, hazards in zip(unit.chains, unit.hazards, strict=True)
    ]
    renewal = lives.world.population.renewals.get(step, Renewal({}, {}, {}))
    touched = _come_and_go(lives, renewal, step)
    everybody = lives.fresh or any(tables) or lives.turns or lives.world.handed
    if everybody:
        touched = np.flatnonzero(lives.world.root.active)
    _reckon(lives, touched, afresh=lives.fresh or any(tables), step=step)
    for plan in lives.plans.values():
        if plan.stays is not None:
            _stay_on(lives, plan, plan.stays)
        if plan.gate is not None:
            _stand_in_line(lives, plan, touched, everybody)
            plan.gate.open(places.get(plan.name, plan.gate.places))
    lives.fresh = False
    lives.settle()


def _look(lives: Lives) -> None:
    """See the world's arrays as they are now."""
    world = lives.world
    for name, plan in lives.plans.items():
        plan.view = world.state[name].data
        plan.entered = world.entered[name].data if name in world.entered else None
        if plan.gate is not None:
            plan.gate.busy = world.busy[name].tolist()
    lives.counts = {source: counts.data for source, counts in world.counts.items()}
    lives.truth = {source: world.truth[name].tolist() for source, name in world.compiled.counts.items()}
    lives.agencies = world.agencies.data


def _come_and_go(lives: Lives, renewal: Renewal, step: int) -> IntArray:
    """Take in who enters and leaves: their places in queues, their children; give the families that this touches."""
    name, root = lives.units[0].name, lives.world.root
    entering, leaving = renewal.entering.get(name, NOBODY), renewal.leaving.get(name, NOBODY)
    for row in () if lives.fresh else leaving.tolist():  # who leaves in the first month has not begun
        lives.families.pop(row).appointment += 1
        lives.rates[0][row] = []
    for plan in lives.plans.values():
        if plan.gate is not None:
            for row in (*leaving.tolist(), *entering.tolist()):
                plan.gate.leave(row)
    _begin(lives, np.flatnonzero(root.active) if lives.fresh else entering, step)
    touched = entering
    if len(lives.units) > 1:
        rows = lives.world.population.rows[lives.units[1].name]
        moved = [part.get(lives.units[1].name, NOBODY) for part in (renewal.entering, renewal.leaving)]
        touched = np.unique(np.concatenate([entering, *(rows.parent.take(who) for who in moved)]))
        touched = touched[root.active[touched]]
        for row in (np.flatnonzero(root.active) if lives.fresh else touched).tolist():
            children = root.children_of(np.array([row]))[0]
            lives.families[row].children = children[rows.active[children]].tolist()
    return touched


def _begin(lives: Lives, rows: IntArray, step: int) -> None:
    """Start lives; who arrives from outside does so at any moment of the step, which makes arrivals Poisson."""
    root = lives.world.root
    ids = root.ids.take(rows)
    later = uniform(key(lives.stream, "hour of arrival"), ids) * (ids >= root.unit.size)
    for row, family_id, delay in zip(rows.tolist(), ids.tolist(), later.tolist(), strict=True):
        if row in lives.families:  # a place taken over: the next family of the same number
            continue
        family = lives.families[row] = Family(row, stream_of(lives.stream, family_id), float(step))
        if delay > 0.0:
            lives.env.timeout(delay).callbacks.append(partial(lives.arrive, family))
        else:
            family.here = True


def _reckon(lives: Lives, families: IntArray, afresh: bool, step: int) -> None:
    """Read codes and hazards of some families, and settle those for whom something has changed, in no one's favour."""
    for u, unit in enumerate(lives.units):
        rows = lives.world.population.rows[unit.name]
        members = families if u == 0 else lives.world.root.children_of(families)[0]
        here = members[rows.active[members]]
        codes = codes_afresh(unit, here)
        differ = (lives.codes[u][here] != codes).any(axis=1) | afresh
        lives.codes[u][members] = -1  # whoever comes back is read anew
        lives.codes[u][here] = codes
        for row, its_rates in zip(here[differ].tolist(), hazards_of(unit, codes[differ]).tolist(), strict=True):
            lives.rates[u][row] = its_rates
    if len(families) > 1:
        families = families[np.argsort(words(key(lives.stream, "turn", step), lives.world.root.ids.take(families)))]
    for row in families.tolist():
        family = lives.families[row]
        if family.here:
            new = lives.total(family)
            if new == inf or abs(new - family.total) > ROUNDING * max(new, family.total):
                family.catch_up(lives.env.now)
                lives.unsettled.append(family)


def hazards_of(unit: UnitCells, codes: IntArray) -> FloatArray:
    """Give the hazard of each chain for many rows from their codes, (row, chain)."""
    columns = [h.of_all([codes[:, h.cell + g] for g in range(h.n_groups)]) for h in unit.hazards]
    return np.stack(columns, axis=1) if columns else np.zeros((len(codes), 0))


def _stand_in_line(lives: Lives, plan: Plan, families: IntArray, everybody: bool) -> None:
    """Bring a queue into agreement with the states of some families, who may have been put in or taken out."""
    gate, world = plan.gate, lives.world
    assert gate is not None
    waiting = set(families[world.state[plan.name][families] == plan.waiting].tolist())
    if everybody:
        for row in gate.waiting.keys() - waiting:
            gate.leave(row)
        service = world.chains[plan.name].service
        assert service is not None
        if lives.ranked[plan.name] and (callable(service.priority) or set(criteria(service)) & world.memory.keys()):
            rows = np.array(sorted(gate.waiting), dtype=np.int64)
            for row, rank in zip(
                rows.tolist(), priority_class(world, plan.name, rows, lives.stream).tolist(), strict=True
            ):
                gate.rank(row, rank)
    for row in sorted(waiting - gate.waiting.keys()):
        gate.join(row, lives.rank(plan, row))


def _stay_on(lives: Lives, plan: Plan, stays: Stays) -> None:
    """Bring stays into agreement with states, which somebody may have left with the row, or by a regime that starts."""
    rows, state = lives.world.population.rows[lives.units[plan.unit].name], lives.world.state[plan.name]
    there = np.flatnonzero(rows.active & np.isin(state, list(stays.kinds))).tolist()
    for row in stays.staying.keys() - set(there):
        del stays.staying[row]
    for row in there:
        if row not in stays.staying:
            owner = row if plan.unit == 0 else int(rows.parent[row])
            stays.enter(lives.families[owner], row, int(state[row]))


def write_down(lives: Lives) -> None:
    """Give the world the moves of the step that ends, and the cases in places."""
    world = lives.world
    for name, plan in lives.plans.items():
        flow = plan.counted()
        world.flows[name] += flow.reshape(world.flows[name].shape)
        world.occupancy[name] += flow @ world.links[name].change
        if plan.gate is not None:
            world.busy[name][:] = plan.gate.busy
