"""The calendar in continuous time: at each step newcomers, birthdays and new tables are taken in, and all is written.

Codes are read afresh off the states by the engine's own reading: what birthdays, memories and newcomers change is then
known wherever it differs from what was kept move by move.
"""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.fate.draws import key, uniform
from sim.engine.solvers.by_day.dependencies import UnitCells, codes_afresh, turns_with_time
from sim.engine.solvers.by_day.family import Family, stream_of
from sim.engine.solvers.by_day.lives import Lives
from sim.engine.solvers.by_day.plans import Plan, criteria
from sim.engine.teams.meeting import priority_class
from sim.model.compiled.scope import Moment

ROUNDING = 1e-9
"""Relative difference of hazards that is no change."""


def take_in(lives: Lives, now: Moment, step: int) -> None:
    """Take in the start of a step: who came and went, what the clock changed and what a regime that starts moved."""
    _look(lives)
    tables = [
        hazards.take(lives.world.compiled.programs[name].tables(now))
        for unit in lives.units
        for name, hazards in zip(unit.chains, unit.hazards, strict=True)
    ]
    renewal = lives.world.population.renewals.get(step)
    if not (lives.fresh or renewal is not None or any(tables) or turns_with_time(lives.world.compiled)):
        return
    if renewal is not None or lives.fresh:
        nobody: IntArray = np.zeros(0, np.int64)
        _come_and_go(lives, nobody if renewal is None else renewal.entering.get(lives.units[0].name, nobody), step)
    _reckon(lives, everybody=lives.fresh or any(tables))
    lives.fresh = False
    for plan in lives.plans.values():
        if plan.gate is not None:
            _stand_in_line(lives, plan)


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


def _come_and_go(lives: Lives, entering: IntArray, step: int) -> None:
    """Start the processes of new families, take those who left out of queues, and list all children."""
    world, root = lives.world, lives.world.root
    here = np.flatnonzero(root.active).tolist()
    gone = lives.families.keys() - set(here)
    for row in gone:
        lives.rates[0][row] = []
    for plan in lives.plans.values():
        if plan.gate is not None:
            for row in [*gone, *entering.tolist()]:
                plan.gate.leave(row)
    _begin(lives, [row for row in here if row not in lives.families], step)
    for family in lives.families.values():
        family.children = []
    if len(lives.units) > 1:
        rows = world.population.rows[lives.units[1].name]
        children = np.flatnonzero(rows.active)
        for child, row in zip(children.tolist(), rows.parent.take(children).tolist(), strict=True):
            lives.families[row].children.append(child)


def _begin(lives: Lives, new: list[int], step: int) -> None:
    """Start processes; who arrives from outside does so at any moment of the step, which makes arrivals Poisson."""
    root = lives.world.root
    ids = root.ids.take(new)
    later = uniform(key(lives.stream, "hour of arrival"), ids) * (ids >= root.unit.size)
    for row, family_id, delay in zip(new, ids.tolist(), later.tolist(), strict=True):
        lives.families[row] = Family(row, stream_of(lives.stream, family_id), float(step))
        lives.begin(lives.families[row], delay)


def _reckon(lives: Lives, everybody: bool) -> None:
    """Read codes and hazards afresh, and wake those families for whom something has changed."""
    root = lives.world.root
    total: FloatArray = np.zeros(root.n)
    for u, unit in enumerate(lives.units):
        rows = lives.world.population.rows[unit.name]
        here = np.flatnonzero(rows.active)
        codes = codes_afresh(unit, here)
        hazards = hazards_of(unit, codes)
        differ = (lives.codes[u][here] != codes).any(axis=1) | everybody
        lives.codes[u].fill(-1)  # whoever comes back is read anew
        lives.codes[u][here] = codes
        for row, its_rates in zip(here[differ].tolist(), hazards[differ].tolist(), strict=True):
            lives.rates[u][row] = its_rates
        total += np.bincount(rows.parent[here], weights=hazards.sum(axis=1), minlength=root.n)
    now = lives.env.now
    for row, family in lives.families.items():
        new = float(total[row])
        if abs(new - family.total) > ROUNDING * max(new, family.total):
            family.catch_up(now)
            family.total = new
            family.wake(lives.env)


def hazards_of(unit: UnitCells, codes: IntArray) -> FloatArray:
    """Give the hazard of each chain for many rows from their codes, (row, chain)."""
    columns = [h.of_all([codes[:, h.cell + g] for g in range(h.n_groups)]) for h in unit.hazards]
    return np.stack(columns, axis=1) if columns else np.zeros((len(codes), 0))


def _stand_in_line(lives: Lives, plan: Plan) -> None:
    """Bring a queue into agreement with the states: a regime that starts may have put families in or taken them out."""
    gate, world = plan.gate, lives.world
    assert gate is not None
    waiting = set(np.flatnonzero((world.state[plan.name] == plan.waiting) & world.root.active).tolist())
    for row in [row for row in gate.waiting if row not in waiting]:
        gate.leave(row)
    service = world.chains[plan.name].service
    assert service is not None
    if lives.has_ranks(plan) and (callable(service.priority) or set(criteria(service)) & world.memory.keys()):
        rows = np.array(sorted(gate.waiting), dtype=np.int64)
        for row, rank in zip(rows.tolist(), priority_class(world, plan.name, rows, lives.stream).tolist(), strict=True):
            gate.rank(row, rank)
    for row in sorted(waiting - gate.waiting.keys()):
        gate.join(row, lives.rank(plan, row))


def write_down(lives: Lives) -> None:
    """Give the world the moves of the step that ends, and the cases in places."""
    world = lives.world
    for name, plan in lives.plans.items():
        flow = plan.counted()
        world.flows[name] += flow.reshape(world.flows[name].shape)
        world.occupancy[name] += flow @ world.links[name].change
        if plan.gate is not None:
            world.busy[name][:] = plan.gate.busy
