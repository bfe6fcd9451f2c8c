"""Counting and discounting against closed forms: annuities, Simpson's rule on a cubic, the trapezium on a line."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.economics.value.present_value import present_value_per_family, schedule_named
from sim.errors import ModelError
from sim.language.evaluate import number, parse
from sim.model.spec import Clock, Outcome, Scenario, Value, World
from sim.money.discounting import factors
from sim.results.facts import facts_of
from sim.results.outcomes import outcome_totals, outcome_weights, point_weights, world_weights
from tests import synthetic
from tests.places import language
from tests.strategies import make_scenario

MODEL = replace(
    synthetic.model(), clock=Clock(20, 1.0), count="start", outcomes=(Outcome("total", 0.06),),
    values=(Value("in crisis", {"total": number(1.0)}),),
)  # fmt: skip
SURVIVORS = 0.9 ** np.arange(21)


def total(model=MODEL, counts=SURVIVORS, meter: int = 0) -> float:
    """Total the outcome of one meter with these counts, per one row."""
    array = np.zeros((counts.size, len(synthetic.METERS)))
    array[:, meter] = counts
    return float(outcome_totals(outcome_weights(model, synthetic.METERS), array, 1.0)[0])


def test_weights_by_hand() -> None:
    assert point_weights("start", 3).tolist() == [1, 1, 1, 0]
    assert point_weights("end", 3).tolist() == [0, 1, 1, 1]
    assert point_weights("half_cycle", 3).tolist() == [0.5, 1, 1, 0.5]
    assert point_weights((1.0, 0.0), 1).tolist() == [1, 0]


def test_a_regime_values_what_comes_after_the_point_where_it_begins() -> None:
    """That point was reached under the baseline: twice the worth counts from the next one on, moves there included."""
    dearer = replace(MODEL, values=(Value("in crisis", {"total": number(2.0)}),))
    made = make_scenario(MODEL, later=World("later", "later", "as_written", dearer, start=8))
    base, own = (world_weights(made, world, synthetic.METERS) for world in made.worlds)
    np.testing.assert_array_equal(own, base * np.where(np.arange(21) > 8, 2.0, 1.0)[:, None])
    assert base.any()


def test_simpson_integrates_a_cubic_exactly() -> None:
    x = np.arange(9.0)
    assert point_weights("simpson", 8) @ x**3 == pytest.approx(8**4 / 4, rel=1e-14)


def test_half_cycle_integrates_a_line_exactly() -> None:
    x = np.arange(8.0)
    assert point_weights("half_cycle", 7) @ (3 + 2 * x) == pytest.approx(3 * 7 + 7**2, rel=1e-14)


@pytest.mark.parametrize(
    ("count", "steps", "message"),
    [("simpson", 7, "even number of steps; clock.steps is 7"), ((1.0,), 3, "has 1 numbers; 3 steps need 4"),
     ("middle", 3, "count is 'middle'; it may be start, end")],
)  # fmt: skip
def test_a_wrong_convention_says_what_is_allowed(count, steps: int, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        point_weights(count, steps)


def test_annuity_due_and_in_arrears() -> None:
    x = 0.9 / 1.06
    due = (1 - x**20) / (1 - x)
    assert total() == pytest.approx(due, rel=1e-14)
    assert total(replace(MODEL, count="end")) == pytest.approx(due * x, rel=1e-14)


def test_a_move_is_booked_where_it_ends() -> None:
    """Insurance of 1 at death: (1 - s) / (1 + r) times the annuity due, when every year's end counts."""
    model = replace(MODEL, count="end", values=(Value("calls", {"total": number(1.0)}),))
    deaths = np.concatenate([[0.0], SURVIVORS[:-1] * 0.1])
    x = 0.9 / 1.06
    assert total(model, deaths, meter=1) == pytest.approx(0.1 / 1.06 * (1 - x**20) / (1 - x), rel=1e-14)


def test_values_read_the_clock_of_their_point_or_move() -> None:
    ones = np.ones(21)
    at_points = replace(MODEL, count="end", outcomes=(Outcome("total"),), clock=Clock(20, 1.0, first=1))
    at_points = replace(at_points, values=(Value("in crisis", {"total": parse("cycle")}),))
    assert total(at_points, ones) == sum(range(2, 22))
    of_moves = replace(at_points, values=(Value("calls", {"total": parse("cycle")}),))
    assert total(of_moves, ones, meter=1) == sum(range(1, 21))


def test_when_limits_a_value() -> None:
    model = replace(MODEL, outcomes=(Outcome("total"),))
    model = replace(model, values=(Value("in crisis", {"total": number(2.0)}, parse("cycle < 3")),))
    assert total(model, np.ones(21)) == 6.0


def test_without_rows_there_is_no_total() -> None:
    counts = np.ones((21, len(synthetic.METERS)))
    assert np.isnan(outcome_totals(outcome_weights(MODEL, synthetic.METERS), counts, 0.0)).all()


def test_a_kinked_schedule_multiplies_its_stretches() -> None:
    found = factors([(0, 0.035), (30, 0.03)], np.array([0.0, 1.0, 30.0, 32.0]))
    by_hand = [1, 1 / 1.035, 1.035**-30, 1.035**-30 * 1.03**-2]
    np.testing.assert_allclose(found, by_hand, rtol=1e-14)


@pytest.mark.parametrize("schedule", [[], [(5, 0.03)], [(0, 0.03), (0, 0.02)], [(0, -1.0)]])
def test_a_schedule_must_make_sense(schedule) -> None:
    with pytest.raises(ValueError, match=r"schedule must start|rate must be above"):
        factors(schedule, np.array([1.0]))


def documented(folder: Path, *sets: str) -> Scenario:
    """Load the example of docs/language.md."""
    blocks = re.findall(r"```yaml\n(.*?)```", language(), re.DOTALL)
    path = folder / "schedule.yaml"
    path.write_text(next(block for block in blocks if "Outcomes on a schedule" in block), encoding="utf-8")
    return sim.load(path, list(sets))


def test_an_outcome_on_a_schedule_by_hand(tmp_path: Path) -> None:
    """Survivors 0.9, 0.81 ... at the ends of five years; 10% a year for two years, then 5%."""
    ds = sim.expect(documented(tmp_path))
    by_hand = (
        0.9 / 1.1 + 0.81 / 1.1**2 + 0.729 / (1.1**2 * 1.05) + 0.6561 / (1.1**2 * 1.05**2) + 0.59049 / (1.1**2 * 1.05**3)
    )
    found = ds["outcomes"].squeeze().to_series()
    assert found["life_years"] == pytest.approx(by_hand, rel=1e-12)
    assert found["years_lived"] == pytest.approx(0.9 + 0.81 + 0.729 + 0.6561 + 0.59049, rel=1e-12)
    schedule = schedule_named(ds, "falling")
    cost = present_value_per_family(ds, facts_of(ds).worlds[0], "wide", schedule)  # a pound a year of life
    assert cost.item() == pytest.approx(by_hand, rel=1e-12)
    assert sim.summarise(ds)["conventions"]["discount"] == {"life_years": "falling", "years_lived": 0.0}


def test_a_schedule_of_one_rate_is_that_rate(tmp_path: Path) -> None:
    (named, rate) = (
        sim.expect(documented(tmp_path, *sets))["outcomes"].squeeze().values[0]
        for sets in (["discount.falling={0: 0.06, 2: 0.06}"], ["outcomes.life_years.discount=0.06"])
    )
    assert named == rate


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("outcomes.life_years.discount=fallen", r"'fallen' is no discount schedule; there are falling.*did you mean"),
        ("outcomes.life_years.discount=1.5", "at least 0 and at most 1, a yearly rate, or the name of a schedule"),
        ("discount={late: {1: 0.03}}", r"late: .*one rate from year 0 on.*and has 1.0"),
    ],
)
def test_what_is_no_discounting_is_refused(setting: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=says):
        documented(tmp_path, setting)
