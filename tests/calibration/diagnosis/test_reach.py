"""What is said of a fit that did not reach its figures, on linear problems whose posterior is a formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.diagnosis.reach import weighed
from calibration.methods import least_squares
from calibration.problem import CalibrationProblem, Fit
from calibration.space import normals, prior_draws
from tests.calibration.toys import ERROR, SLOPES, exact, linear, problem


def shown(figures: list[float]) -> CalibrationProblem:
    """Give the linear problem with other figures."""
    return problem(lambda x: np.round(x @ SLOPES.T, 10), figures, SLOPES.shape[1])


def posterior_of(one: CalibrationProblem) -> Fit:
    """Draw the exact posterior."""
    mean, covariance = exact(one)
    draws = mean + normals(3, "draws", (2000, len(mean))) @ np.linalg.cholesky(covariance).T
    return Fit("exact", mean, draws, draws @ SLOPES.T, draws[:0], draws[:0] @ SLOPES.T)


def test_a_fit_that_reaches_its_figures_is_left_as_it_is() -> None:
    found = weighed(linear(), posterior_of(linear()), 1)
    assert (found.refusals, found.caveats) == ((), ())


def test_one_figure_out_of_several_that_is_missed_is_said() -> None:
    """The fourth is 0.3 (x0 + x1), which the first three settle near 0.1: 2.5 is some seven errors away."""
    one = shown([0.9, -0.4, 0.5, 2.5])
    found = weighed(one, posterior_of(one), 1)
    assert found.is_usable
    assert found.caveats == ("1 of 4 fitted figures outside their 95% range: t3",)


def test_figures_that_cannot_all_but_one_be_near_are_refused() -> None:
    """Three say 0, one 3 and one -3, with an error of 0.3: wherever it is, two are five errors away or more."""
    one = problem(lambda x: x @ np.ones((1, 5)), [0.0, 0.0, 0.0, 3.0, -3.0], 1)
    found = weighed(one, least_squares.fit(one, 1, 40), 1)
    assert found.refusals == ("nowhere do all fitted figures but one lie within 3 standard deviations",)


def test_a_fit_none_of_whose_figures_lies_inside_is_refused() -> None:
    """One parameter, said to be -2 and 2 with an error of 0.3: the best is between, seven errors from either."""
    one = problem(lambda x: x @ np.ones((1, 2)), [-2.0, 2.0], 1)
    found = weighed(one, least_squares.fit(one, 1, 40), 1)
    assert found.refusals[-1] == "none of the 2 fitted figures lies in the 95% range that the model gives"
    assert not found.is_usable


@pytest.mark.parametrize(("end", "bounds", "figure"), [("upper", (-7.0, 0.5), 2.0), ("lower", (-0.5, 7.0), -2.0)])
def test_a_parameter_that_a_bound_holds_back_is_refused(end: str, bounds: tuple[float, float], figure: float) -> None:
    """The figure asks for 2 and the bound allows 0.5: half an error of the figure would have been enough to press."""
    one = problem(lambda x: x, [figure], 1)
    held = replace(one, parameters=(replace(one.parameters[0], low=bounds[0], high=bounds[1]),))
    found = weighed(held, least_squares.fit(held, 1, 40), 1)
    limit = bounds[1] if end == "upper" else bounds[0]
    assert found.refusals[0] == f"x0 is pressed against its {end} bound of {limit:g}"
    assert weighed(one, least_squares.fit(one, 1, 40), 1).is_usable  # the same without the bound


def test_a_bound_that_was_believed_in_does_not_press() -> None:
    """A prior cut at its own median has a tenth of its draws in the last fiftieth before any figure."""
    one = problem(lambda x: np.zeros((len(x), 1)), [0.0], 1, error=ERROR)
    cut = replace(one, parameters=(replace(one.parameters[0], high=0.0),))
    draws = prior_draws(cut.parameters, 5, 2000)
    assert (draws > -0.14).mean() > 0.1
    assert weighed(cut, Fit("prior", draws[0], draws, np.zeros((2000, 1)), draws, np.zeros((2000, 1))), 1).is_usable
