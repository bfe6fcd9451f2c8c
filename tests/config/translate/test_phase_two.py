"""Check that the programme of 2015 to 2020 is today's services and key workers, at the dose that was evaluated.

The theory: two worlds that differ in posts differ in nothing else; a family that comes back at rate 0 comes once;
starts are the places of a team filled once and then as often as help ends (Little's law); under no effect no family
fares differently; readings of the effect agree where the dose is that of the evaluation.
"""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

import sim
from sim.config import load
from sim.evaluation.trial.evaluation import helping
from sim.model.compiled.readings import clock_value
from sim.model.spec import Chain, Model, Scenario, Team
from sim.results.worlds import of_world, world_names
from sim.runs.replications import with_parameters
from tests.places import ROOT

PHASE_TWO = ROOT / "configs" / "scenarios" / "phase_two.yaml"
FAMILIES, TAKEN_ON, SHARE = 780_000, 400_000, 1 / 240
BEGINS, FIVE_YEARS = 12, 60
"""Months: of the start of the regime, and of the programme."""
POSTS = (("2015-04", 2325), ("2015-10", 4650))
LEFT = ("closed", "dropped_out")
READINGS = ("as_measured", "in_proportion", "in_proportion_capped")


@cache
def whole() -> Scenario:
    return load(PHASE_TWO)


def model_of(scenario: Scenario, regime: str) -> Model:
    return next(w.model for w in scenario.worlds if w.regime == regime)


def keyworker(model: Model) -> Chain:
    return next(chain for chain in model.chains if chain.name == "keyworker")


def team(model: Model, name: str = "keyworker") -> Team:
    service = next(chain.service for chain in model.chains if chain.name == name)
    assert service is not None
    assert service.team is not None
    return service.team


def levels_of(model: Model, name: str) -> list[float]:
    """Give the posts of a service, all areas, at the start and at each later level."""
    hired = team(model, name)
    return [sum(hired.workers.values()), *(sum(posts.values()) for _, posts in hired.funding)]


def dose(reading: str, **values: float) -> float:
    """Give the dose of the key worker's effects under a reading, with some parameters at other numbers."""
    model = model_of(whole(), "phase_two")
    named = clock_value(model.parameters[reading].expression, model, 0)
    changed = model_of(with_parameters(whole(), {**values, "dose": named}), "phase_two")
    return clock_value(changed.parameters["kw_dose"].expression, changed, 0)


def scaled() -> list[str]:
    """Give the settings of a study of 3,000 families with their share of all posts."""
    sets = [f"units.family.size={round(FAMILIES * SHARE)}", "units.family.warm_up=6 months", "replications=1"]
    for chain in model_of(whole(), "siloed").chains:
        if chain.service is not None and chain.service.team is not None and chain.name != "keyworker":
            posts = SHARE * sum(chain.service.team.workers.values())
            sets.append(f"services.{chain.name}.team.workers={{total: {posts}}}")
    funding = ", ".join(f"{{from: {at}, workers: {{total: {SHARE * n}}}}}" for at, n in POSTS[1:])
    sets.append(f'regimes.phase_two.set."services.keyworker.team.workers"={{total: {SHARE * POSTS[0][1]}}}')
    sets.append(f'regimes.phase_two.set."services.keyworker.team.funding"=[{funding}]')
    return sets


@cache
def small() -> xr.Dataset:
    return sim.simulate(load(PHASE_TWO, [*scaled(), "clock.steps=36", "effect_set=no_effect"]))


def test_nothing_but_key_workers_posts_differs() -> None:
    usual, helped = (model_of(whole(), regime) for regime in ("siloed", "phase_two"))
    differing = {n for n, p in usual.parameters.items() if p.expression.text != helped.parameters[n].expression.text}
    assert differing == {"joined_up"}  # lists are drawn up where there are key workers
    assert [c for c in usual.chains if c.name != "keyworker"] == [c for c in helped.chains if c.name != "keyworker"]
    assert (usual.effects, usual.costs) == (helped.effects, helped.costs)
    mine, theirs = keyworker(helped).service, keyworker(usual).service
    assert mine is not None
    assert theirs is not None
    after_referral = [
        [move for move in keyworker(model).transitions if move.target != "eligible"] for model in (usual, helped)
    ]
    assert len(after_referral[0]) > 10
    assert after_referral[0] == after_referral[1]
    assert replace(mine, team=None) == replace(theirs, team=None)
    same_team = replace(team(helped), workers=team(usual).workers, funding=team(usual).funding)
    assert same_team == team(usual)
    assert sum(team(usual).workers.values()) == 0


def test_effects_are_solved_for_in_its_one_regime() -> None:
    assert helping(whole()) == "phase_two"


def test_posts_take_on_four_hundred_thousand_families_in_five_years() -> None:
    # A stage of four months ends with 1/4 a month, drop-out comes beside it; a place is filled at the meeting after.
    hired = team(model_of(whole(), "phase_two"))
    first, then = sum(hired.workers.values()), sum(hired.funding[0][1].values())
    assert [first, then] == [posts for _, posts in POSTS]
    at_work = 1 / (1 + hired.turnover_per_year * hired.hire_steps / 12) * (1 - hired.absence) * hired.caseload
    ends, drops = -np.log(3 / 4), 0.38 / 12
    leaves, goes_on = -np.expm1(-(ends + drops)), ends / (ends + drops)
    months = (1 + goes_on + goes_on**2) / leaves
    filled = then + (first * 6 + then * (FIVE_YEARS - 6)) / months
    assert at_work * filled == pytest.approx(TAKEN_ON, rel=0.1)  # all places always taken: the most there can be


def test_readings_of_the_effect_are_one_at_the_measured_dose() -> None:
    assert [dose(reading) for reading in READINGS] == pytest.approx([1, 1, 1], rel=1e-12)


@pytest.mark.parametrize(("caseload", "expected"), [(6, (1, 2.5, 1)), (30, (1, 0.5, 0.5))])
def test_readings_of_the_effect_in_another_design(caseload: float, expected: tuple[float, ...]) -> None:
    found = [dose(reading, kw_caseload=caseload) for reading in READINGS]
    assert found == pytest.approx(expected, rel=1e-12)


def test_nobody_is_taken_on_a_second_time() -> None:
    for world in world_names(small()):
        flows = of_world(small(), world, "flows")
        back = [str(f) for f in flows["flow"].values if str(f) in {f"keyworker: {s} -> eligible" for s in LEFT}]
        assert len(back) == len(LEFT)
        assert float(flows.sel(flow=back).sum()) == 0


def test_no_more_are_helped_than_posts_are_paid_for() -> None:
    for world in world_names(small()):
        series = of_world(small(), world, "team").sel(service="keyworker")
        posts = series.sel(team_series="workers").values
        engaged = series.sel(team_series="engaged").values
        if world.regime == "siloed":
            assert not posts.any()
            assert not engaged.any()
        else:
            assert engaged.max() > 100
            assert engaged[BEGINS + 1 :].max() <= SHARE * POSTS[1][1] * team(model_of(whole(), "phase_two")).caseload


def test_no_family_fares_differently_under_no_effect() -> None:
    of = {w.regime: of_world(small(), w, "occupancy") for w in world_names(small())}
    services = json.loads(small().attrs["service_chains"])
    kept = [i for i, name in enumerate(small()["chain"].values) if name not in services]
    assert len(kept) > 30
    np.testing.assert_array_equal(of["siloed"].values[:, kept], of["phase_two"].values[:, kept])
