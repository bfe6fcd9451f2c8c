"""One process a family: what is kept move by move equals what is worked out afresh, and nobody is lost.

Theory: codes, hazards, counts over children, the number of agencies, cases in places and queues are functions of the
states, so keeping them by differences must give the same numbers after every step: exact, no false alarms. The model is
the toy with everything: births, ageing, families that leave and are replaced, fires up and down, memories, time in
state, brokering, statutory help, feedback, and a regime that parts.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import sim
from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import QUEUE_COUNTS, WAIT_EDGES, Layout, Record
from sim.engine.solvers.by_day.dependencies import codes_afresh
from sim.engine.solvers.by_day.lives import Lives
from sim.engine.solvers.by_day.months import hazards_of
from sim.engine.solvers.by_day.run import Living, replicate_families
from sim.engine.solvers.line import Line
from sim.engine.solvers.run import Run
from sim.errors import ModelError
from sim.model.spec import Scenario
from tests.afresh import conditions_hold, occupancy_holds
from tests.places import TOY

RATES = "{attending -> truant: 0.4, truant -> attending: 2, truant -> excluded: 0.6, excluded -> attending: 1.2}"
IN_TIME = ("chains.school.probabilities=null", f"chains.school.rates={RATES}", "queues=per_family")


def toy(*sets: str) -> Scenario:
    return sim.load(TOY, ["units.family.size=300", "clock.steps=17", *IN_TIME, *sets])


def assert_kept_is_afresh(lives: Lives) -> None:
    """Compare everything that is kept, in the middle of the run, with what the states say."""
    world = lives.world
    for u, unit in enumerate(lives.units):
        here = np.flatnonzero(world.population.rows[unit.name].active)
        codes = codes_afresh(unit, here)
        assert np.array_equal([lives.codes[u][row] for row in here], codes)
        rates = np.array([lives.rates[u][row] for row in here])
        np.testing.assert_allclose(rates, hazards_of(unit, codes), rtol=1e-12)
    for source, counts in world.counts.items():
        kept = counts.copy()
        world.recount(source)
        assert np.array_equal(kept, world.counts[source])
        lives.counts[source] = memoryview(world.counts[source])
    for name, plan in lives.plans.items():
        if plan.gate is None:
            continue
        state, active = world.state[name], world.root.active
        assert set(plan.gate.waiting) == set(np.flatnonzero((state == plan.waiting) & active).tolist())
        helped = world.engaged[name][state] & active
        assert plan.gate.busy == np.bincount(world.root.area[helped], minlength=len(world.area_slot)).tolist()
    agencies = np.sum([world.engaged[name][world.state[name]] for name in world.joined], axis=0)
    assert np.array_equal(world.agencies[world.root.active], agencies[world.root.active])
    for family in lives.families.values():
        assert family.total == pytest.approx(lives.total(family) if lives.rates[0][family.row] else 0.0)


class Checked(Living):
    """Stops at the end of each step, before the calendar reads anything afresh."""

    def meet(self, run: Run, line: Line) -> None:
        super().meet(run, line)
        assert_kept_is_afresh(self.lives[line])


def test_what_is_kept_is_what_the_states_say():
    """After each step of three regimes, with occupancy and conditions by area."""
    checked = Checked()
    run = Run(toy(), 0, checked)
    while run.step < run.last:
        run.advance()
        for line in run.lines:
            occupancy_holds(line.world)
            conditions_hold(line.world)
    assert len(run.lines) == 3
    assert sum(lives.events for lives in checked.lives.values()) > 2000


@cache
def whole(*sets: str) -> tuple[Scenario, Record]:
    scenario = toy(*sets)
    return scenario, replicate_families(scenario, 0)


def test_everybody_is_somewhere_and_queues_balance():
    """Stocks are sums of flows where nobody comes or goes; joined = admitted + left + waiting, always."""
    closed = ("units.family.leaves=null", "units.child.leaves=null", "units.child.births=0", "units.family.warm_up=0")
    scenario, record = whole(*closed)
    assert_everyone_is_somewhere(layout_of(scenario), record)
    assert_stocks_are_sums_of_flows(layout_of(scenario), record)
    for _, made in (whole(), whole(*closed)):
        part = {name: made.queue[..., i] for i, name in enumerate(QUEUE_COUNTS)}
        assert np.array_equal(part["joined"], part["admitted"] + part["left"] + part["waiting"])
        assert np.array_equal(part["admitted"], made.waits.sum(axis=2))
        assert_waits_agree(made)
        assert part["left"].min(initial=1.0) >= 0.0


def assert_waits_agree(made: Record) -> None:
    """Waits in whole steps, as times and as sums are of the same people."""
    assert made.wait_times is not None
    assert made.area_wait_times is not None
    admitted, edges, steps = made.waits.sum(axis=2), WAIT_EDGES, np.arange(made.waits.shape[2])
    assert np.array_equal(made.wait_times.sum(axis=2), admitted)
    assert np.array_equal(made.area_wait_times.sum(axis=3), made.area_waits.sum(axis=3))
    assert np.all(made.area_wait_sums.sum(axis=1) <= made.wait_sums + 1e-9)
    assert np.array_equal(made.wait_sums[..., 1], admitted - made.wait_times[..., 0])
    for whole in range(1, 20):  # whoever waited fewer than so many steps did so in both
        surely, perhaps = (made.wait_times[..., edges <= edge].sum(axis=2) for edge in (whole / 1.02, whole * 1.02))
        fewer = made.waits[..., steps < whole].sum(axis=2)
        assert np.all((surely <= fewer) & (fewer <= perhaps))
    below, above = made.waits @ steps, made.waits @ (steps + 1)
    assert np.all((below <= made.wait_sums[..., 0]) & (made.wait_sums[..., 0] <= above))
    assert np.any(made.wait_sums[..., 0] > below + 0.1 * admitted)  # not cut to whole steps before they are added up


def assert_everyone_is_somewhere(axes: Layout, record: Record) -> None:
    units = [unit for unit, _ in axes.rows]
    for chain in dict.fromkeys(name for _, name, _ in axes.states):
        mine = [i for i, (_, name, _) in enumerate(axes.states) if name == chain]
        rows = record.row_counts[:, :, units.index(axes.states[mine[0]][0])]
        assert np.array_equal(record.stocks[:, :, mine].sum(axis=2), rows)


def assert_stocks_are_sums_of_flows(axes: Layout, record: Record) -> None:
    change = np.zeros_like(record.stocks[:, 1:])
    place = {(chain, state): i for i, (_, chain, state) in enumerate(axes.states)}
    for i, (_, chain, source, target) in enumerate(axes.flows):
        change[:, :, place[chain, target]] += record.flows[:, :, i]
        change[:, :, place[chain, source]] -= record.flows[:, :, i]
    assert np.array_equal(np.diff(record.stocks, axis=1), change)


def test_a_replication_is_the_same_whenever_it_is_run():
    """Draws are keyed by family and replication; a regime that changes nothing lives the same days to the last one."""
    scenario = toy()
    first, again = replicate_families(scenario, 1), replicate_families(scenario, 1)
    assert np.array_equal(first.stocks, again.stocks)
    assert not np.array_equal(first.stocks, whole()[1].stocks)
    base = scenario.worlds[0]
    same = replace(scenario, worlds=(base, replace(base, name="same", regime="same", start=5)))
    record = replicate_families(same, 1)
    assert np.array_equal(record.stocks[0], record.stocks[1])
    assert np.array_equal(record.waits[0], record.waits[1])
    assert np.array_equal(record.stocks[0], first.stocks[0])


def test_what_cannot_be_lived_in_days_is_refused():
    """With what to do instead."""
    with pytest.raises(ModelError, match=r"chains\.school: probabilities are a step each.*queues: teams"):
        replicate_families(sim.load(TOY, ["queues=per_family"]), 0)
    with pytest.raises(ModelError, match=r"units\.family\.size: 50,000 .*at most 20,000.*queues: teams"):
        replicate_families(toy("units.family.size=50000"), 0)
    with pytest.raises(ModelError, match="per_family in integrated alone"):
        sim.simulate(toy("queues=teams", "regimes.integrated.set={queues: per_family}"))
