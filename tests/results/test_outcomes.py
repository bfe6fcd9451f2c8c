"""Counting and discounting against closed forms: annuities, Simpson's rule on a cubic, the trapezium on a line."""

from dataclasses import replace

import numpy as np
import pytest

from sim.economics.value.discounting import factors
from sim.errors import ModelError
from sim.language.evaluate import number, parse
from sim.model.spec import Clock, Outcome, Value
from sim.results.outcomes import outcome_totals, outcome_weights, point_weights
from tests import synthetic

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
