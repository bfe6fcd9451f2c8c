"""Two solvers of one model agree within chance, and each of the faults that a solver could have is caught.

The comparison is a Student t test over 40 replications with one bound for all numbers (Bonferroni at 1e-4). Its power
on `agreement.yaml`: standard errors of totals over the run are 0.1% to 0.3%, and the bound is about 6 of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

import sim
from sim.language.evaluate import parse
from sim.model.services import product
from sim.model.spec import Model, Scenario
from sim.studies.agree.answer import FALSE_ALARM, Agreement, agree
from sim.studies.agree.waits import agree_on_waits
from tests.places import AGREEMENT

CONFIG = AGREEMENT
TEAM = "{workers: {total: 6}, caseload: 6, turnover: 0.15, hire: 3 months, absence: 0.05, meeting: month}"
SCARCE = [
    "units.family.size=1500", "replications=6", f"services.keyworker.team={TEAM}",
    "services.keyworker.patience={mean: 4 months}",
]  # fmt: skip


def scenario(*sets: str) -> Scenario:
    return sim.load(CONFIG, sets)


@cache
def counted() -> xr.Dataset:
    """What is simulated, once for all tests."""
    return sim.simulate(scenario())


@cache
def expected() -> xr.Dataset:
    return sim.expect(scenario())


def failed(found: list[Agreement]) -> set[str]:
    return {one.quantity for one in found if not one.passed}


def of_models(change: Callable[[Model], Model]) -> Scenario:
    one = scenario()
    return replace(one, worlds=tuple(replace(world, model=change(world.model)) for world in one.worlds))


def test_solvers_agree():
    assert failed(agree(counted(), expected())) == set()


def test_every_quantity_is_compared():
    found = agree(counted(), expected())
    kinds = {one.quantity for one in found if one.world == "better"}
    assert {
        "occupancy of crisis",
        "flows of care",
        "queue of keyworker",
        "meters",
        "outcomes",
        "cost by ledger",
    } <= kinds
    assert all(np.isfinite(one.standard_errors) for one in found)


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        ("chains.crisis.rates.stable -> strained=0.65", "moves over the run"),
        ("services.keyworker.consent=0.9", "queue of keyworker"),
        ("effects.crisis reaches children.times=2", "steps in each state"),
        ("effects.a child away.times=1.0", "steps in each state"),
        ("traits.frailty={gamma: {variance: 1.5}, classes: 2}", "moves over the run"),
    ],
)
def test_a_wrong_number_is_caught(fault: str, shown: str):
    assert shown in failed(agree(counted(), sim.expect(scenario(fault))))


@pytest.mark.parametrize("name", ["housing", "crisis", "care"])
def test_a_rate_two_per_cent_off_is_caught(name: str):
    """Every rate of one chain a fiftieth too high: what chance may make is a third of that."""

    def off(model: Model) -> Model:
        chain = model.chain(name)
        higher = [
            replace(t, expression=product(t.expression, parse("1.02"))) for t in chain.transitions if t.expression
        ]
        chains = [replace(c, transitions=tuple(higher)) if c is chain else c for c in model.chains]
        return replace(model, chains=tuple(chains))

    assert "moves over the run" in failed(agree(counted(), sim.expect(of_models(off))))


def test_a_fire_left_out_is_caught():
    def without(model: Model) -> Model:
        never = [replace(c, fires=tuple(replace(f, probability=parse("0")) for f in c.fires)) for c in model.chains]
        return replace(model, chains=tuple(never))

    assert "occupancy of crisis" in failed(agree(counted(), sim.expect(of_models(without))))


def test_a_cost_counted_twice_is_caught():
    def twice(model: Model) -> Model:
        return replace(model, costs=(*model.costs, replace(model.costs[0], name="again")))

    assert failed(agree(counted(), sim.expect(of_models(twice)))) == {"cost by ledger"}


def test_a_shift_of_a_month_is_caught():
    late = expected().assign(occupancy=expected()["occupancy"].roll(step=1))
    assert "occupancy of crisis" in failed(agree(counted(), late))


SHIFTED = {
    "occupancy": "occupancy of crisis", "flows": "flows of crisis", "state_steps": "steps in each state",
    "flow_totals": "moves over the run", "queue": "queue of keyworker", "meters": "meters", "outcomes": "outcomes",
    "cost": "cost by ledger",
}  # fmt: skip
"""What is kept, and the quantity that it is judged in."""


@pytest.mark.parametrize("variable", SHIFTED)
def test_five_standard_errors_beyond_chance_are_caught_and_within_chance_they_pass(variable: str):
    """The power of the check: everything of a kind is moved by standard errors worked out here, over replications.

    Of what is kept by replication they are the spread over the root of their number; of points of a run, of which the
    variance is kept. Means that agree are within 4 of each other, and what chance may make is some 6.
    """
    one, other = counted(), expected()
    n = one.sizes["replication"]
    if f"{variable}_var" in one:
        error = np.sqrt(one[f"{variable}_var"] / n)
    elif variable in ("meters", "cost"):  # judged over the run: moved in its last point or year
        along = "step" if variable == "meters" else "year"
        error = one[variable].sum(along).std("replication", ddof=1) / np.sqrt(n)
        last = one[along] == one[along][-1]
        error = (last * error).transpose(*(dim for dim in other[variable].dims if dim != "replication"))
    else:
        error = one[variable].std("replication", ddof=1) / np.sqrt(n)
    quantity = SHIFTED[variable]
    critical = next(found.critical for found in agree(one, other) if found.quantity == quantity)
    assert 4 < critical < 10
    for times, caught in ((critical + 5.0, True), (1.0, False)):
        moved = other.assign({variable: (other[variable] + times * error).transpose(*other[variable].dims)})
        found = {x.quantity for x in agree(one, moved) if not x.passed}
        assert (quantity in found) == caught, (times, found)


def test_a_tolerance_is_a_share_of_the_expected_value():
    """A closure that is off by 2% passes when it declares 3% and fails when it declares a hundredth of that."""
    off = expected().assign(cost=expected()["cost"] * 1.02)
    assert "cost by ledger" not in failed(agree(counted(), off, {"cost": 0.03}))
    assert "cost by ledger" in failed(agree(counted(), off, {"cost": 0.0003}))


def test_false_alarms_are_as_rare_as_declared():
    """Under agreement, the chance that the worst number of a run passes 1% of the bound's tail is about 1%.

    Twenty replications of Poisson counts of their expectations, 60 times: at most FALSE_ALARM x 60 = 0.006 alarms are
    to be expected, so that two or more have a chance below 1e-4.
    """
    rng = np.random.Generator(np.random.PCG64(1))
    small = counted().isel(replication=slice(0, 20))
    alarms = 0
    for _ in range(60):
        counts = expected()["flow_totals"].isel(replication=0, drop=True)
        drawn = rng.poisson(np.broadcast_to(counts.values[:, :, None], small["flow_totals"].shape)).astype(float)
        found = agree(small.assign(flow_totals=(small["flow_totals"].dims, drawn)), expected())
        alarms += "moves over the run" in failed(found)
    assert alarms < 2, FALSE_ALARM


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        agree(counted().isel(replication=[0]), expected())
    with pytest.raises(ValueError, match="different scenarios"):
        agree(counted(), sim.expect(sim.load("coupled")))
    with pytest.raises(ValueError, match="tolerance is given for waits"):
        agree(counted(), expected(), {"waits": 0.1})


def test_a_result_agrees_with_itself_on_waits_and_a_longer_queue_does_not():
    """A wait half as long again is beyond the declared 10% and a quarter of a step, whatever chance does."""
    teams = sim.simulate(sim.load(CONFIG, [*SCARCE, "queues=teams"]))
    assert {one.passed for one in agree_on_waits(teams, teams)} == {True}
    waiting = teams["state"] == "keyworker=waiting"
    longer = teams.assign(state_steps=teams["state_steps"].where(~waiting, 2.0 * teams["state_steps"]))
    assert {one.quantity for one in agree_on_waits(longer, teams) if not one.passed} == {
        "mean wait for keyworker, steps"
    }
    with pytest.raises(ValueError, match="at least two"):
        agree_on_waits(teams.isel(replication=[0]), teams)


@pytest.mark.slow
def test_teams_and_families_agree_on_the_waits_of_one_authority():
    teams, families = (
        sim.simulate(sim.load("one_area", [f"queues={q}", "replications=4"])) for q in ("teams", "per_family")
    )
    found = agree_on_waits(teams, families)
    assert len(found) > 30
    assert failed(found) == set()
