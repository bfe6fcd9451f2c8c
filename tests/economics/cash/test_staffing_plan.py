"""Posts obey identities: vacancies are funded less in place, recruits growth and turnover, pay is posts x price."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.economics.cash.staffing import COLUMNS, NATION, _funded, staffing_plan, staffing_rows
from sim.economics.value.terms import terms_of


@pytest.fixture(scope="module")
def study():
    scenario = sim.load(
        "demo",
        ["units.family.size=200", "clock.steps=36", "replications=1", "units.family.areas.north.synthetic=false"],
    )
    return scenario, sim.simulate(scenario)


@pytest.fixture(scope="module")
def plan(study):
    scenario, ds = study
    return staffing_plan(scenario, ds, terms_of(ds))


def of(plan, **wanted):
    return [s for s in plan if all(getattr(s, key) == value for key, value in wanted.items())]


def test_funded_posts_are_those_of_the_config(plan) -> None:
    """50 key workers from April 2012, 80 from October, 100 from April 2013; the baseline has none."""
    helped = [s for s in of(plan, service="keyworker", area=NATION) if s.world.regime == "integrated"]
    assert [s.period for s in helped[:3]] == ["2012/13 Q1", "2012/13 Q2", "2012/13 Q3"]
    assert [round(s.funded, 6) for s in helped] == [50, 50, 80, 80, 100, 100, 100, 100]
    assert not [s for s in of(plan, service="keyworker") if s.world.regime == "siloed"]


def test_posts_in_place_grow_by_recruits_less_leavers(plan) -> None:
    """Leavers are 15% a year of posts in place; where posts grow, recruits are growth and leavers."""
    helped = [s for s in of(plan, service="keyworker", area=NATION) if s.world.regime == "integrated"]
    for s in helped:
        assert s.leavers == pytest.approx(0.15 / 4 * s.in_place, rel=1e-9)
        assert s.recruits >= 0
    assert sum(s.recruits - s.leavers for s in helped) >= helped[-1].in_place - helped[0].in_place - 1


def test_pay_is_the_ledgers(study, plan) -> None:
    """Over the whole run the plan pays what the cost line of the posts says."""
    _, ds = study
    line = ds["cost"].sel(regime="integrated", line="keyworker staff").sum("year").mean("replication")
    paid = sum(s.pay for s in of(plan, service="keyworker", area=NATION) if s.world.regime == "integrated")
    assert paid == pytest.approx(float(line.squeeze()), rel=1e-9)
    assert all(s.supervision == pytest.approx(0.1 * s.pay, rel=1e-12) for s in plan)


def test_only_named_areas_are_shown(plan) -> None:
    assert {s.area for s in plan} == {NATION, "north"}
    shares = of(plan, service="keyworker", area="north", period="2013/14")
    nation = [s for s in of(plan, service="keyworker", area=NATION) if s.period.startswith("2013/14")]
    assert shares[-1].funded == pytest.approx(0.6 * np.mean([s.funded for s in nation]), rel=0.02)


def test_a_named_area_is_planned_by_whole_years_alone() -> None:
    """44 months from April 2011: eight of 2014/15 are seen, which would make a year of half the starts."""
    sets = ["units.family.size=60", "clock.steps=44", "replications=1", "units.family.areas.north.synthetic=false"]
    scenario = sim.load("demo", sets)
    ds = sim.simulate(scenario, rows=False)
    made = of(staffing_plan(scenario, ds, terms_of(ds)), area="north", service="keyworker")
    assert [s.period for s in made] == ["2012/13", "2013/14"]


def test_rows_have_a_cell_for_each_column(study, plan) -> None:
    rows = staffing_rows(plan, terms_of(study[1]))
    assert rows
    assert all(len(row) == len(COLUMNS) for row in rows)


def test_results_of_another_scenario_are_refused(study) -> None:
    other = sim.load("demo", ["units.family.size=400", "clock.steps=36", "effect_set=[measured, no_effect]"])
    with pytest.raises(ValueError, match="give the scenario that was run"):
        staffing_plan(other, study[1], terms_of(study[1]))


def test_posts_are_the_baselines_until_the_regime_begins() -> None:
    """The regime's own levels of before its start count from its start, and the latest of them holds there."""

    def model(workers: float, *funding: tuple[int, float]) -> SimpleNamespace:
        levels = tuple((step, {"north": posts}) for step, posts in funding)
        team = SimpleNamespace(workers={"north": workers}, funding=levels)
        return SimpleNamespace(chain=lambda name: SimpleNamespace(service=SimpleNamespace(team=team)))

    models = model(2.0, (3, 4.0), (8, 9.0)), model(10.0, (2, 20.0), (7, 30.0))
    found = _funded(models, "help", ("north",), 5, 10)  # type: ignore[arg-type]
    assert found[:, 0].tolist() == [2, 2, 2, 4, 4, 20, 20, 30, 30, 30]


DESK = """
title: A desk that too many come to
sources: optional
clock: {start: 2011-04, step: STEP, steps: STEPS}
units: {family: {size: 400}}
chains: {need: {states: [absent, present], start: {present: 0.5}, rates: {absent -> present: 0.5}}}
services:
  desk:
    kind: discretionary
    refer: {when: need == present, rate: 2, again: 1}
    engaged: {mean: 1 year}
    team: {workers: 4, caseload: 10, turnover: 0.3}
costs:
  - {name: staff, per: desk.worker, price: {value: 1000, unit: gbp/month}}
  - {name: starting, per: desk.start, price: 1}
"""


@pytest.mark.parametrize(("step", "steps", "together"), [("week", 52, 13), ("quarter", 4, 1), ("year", 3, 1)])
def test_the_queue_clears_in_months_whatever_the_step(step: str, steps: int, together: int, tmp_path: Path) -> None:
    """Who waits in a quarter (in a step, if that is longer), at the rate of starts a month in it: Little's law."""
    path = tmp_path / "desk.yaml"
    path.write_text(DESK.replace("STEPS", str(steps)).replace("STEP", step), encoding="utf-8")
    scenario = sim.load(path)
    ds = sim.simulate(scenario)
    found = of(staffing_plan(scenario, ds, terms_of(ds)), area=NATION)
    months_of = {"week": 12 * 7 / 365.25, "quarter": 3.0, "year": 12.0}[step]
    waiting = ds["team"].sel(team_series="waiting").values.ravel()[1:].reshape(-1, together)
    starts = ds["meters"].sel(meter="desk.start").values.ravel()[1:].reshape(-1, together)
    assert len(found) == steps // together
    for one, here, begun in zip(found, waiting, starts, strict=True):
        assert one.waiting == pytest.approx(here.mean())
        assert one.clear == pytest.approx(here.mean() / (begun.sum() / (together * months_of)))
        assert one.pay == pytest.approx(one.in_place * 1000 * together * months_of)
        assert one.leavers == pytest.approx(0.3 * one.in_place * together * months_of / 12)
