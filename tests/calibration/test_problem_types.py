"""Shared types refuse what no method could use; the two spaces are inverses of their own ways back."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.likelihood import log_likelihood, run, spread, with_values
from calibration.problem import Definition, FreeParameter, Target
from calibration.space import from_box, from_scores, latin_hypercube, prior_draws, to_box, to_scores
from sim.runs.beliefs.distributions import Belief
from tests.calibration.toys import NORMAL, SLOPES, linear

MIXED = (
    FreeParameter("level", -1.0, 3.0, "linear", Belief(1.0, 0.0, 2.0, "normal"), "r"),
    FreeParameter("rate", 0.01, 2.0, "log", Belief(0.2, 0.05, 0.8, "lognormal"), "r"),
    FreeParameter("share", 0.05, 0.9, "logit", Belief(0.3, 0.1, 0.5, "beta"), "r"),
    FreeParameter("edge", 0.5, 4.0, "log", Belief(1.0, 1.0, 3.0, "triangular"), "r"),
)


def test_parameters_refuse_bounds_and_priors_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="the low one first"):
        FreeParameter("a", 2.0, 1.0, "linear", NORMAL, "")
    with pytest.raises(ValueError, match="above 0"):
        FreeParameter("a", 0.0, 1.0, "log", NORMAL, "")
    with pytest.raises(ValueError, match=r"in \(0, 1\)"):
        FreeParameter("a", 0.1, 1.0, "logit", NORMAL, "")
    with pytest.raises(ValueError, match="fixed number"):
        FreeParameter("a", 0.0, 1.0, "linear", Belief(1.0, 1.0, 1.0, "fixed"), "")


@pytest.mark.parametrize(
    ("change", "said"),
    [({"standard_error": 0.0}, "above 0"), ({"standard_error": np.nan}, "above 0"), ({"value": np.inf}, "a number"),
     ({"discrepancy": -1.0}, "0 or more"), ({"scale": "log", "value": -2.0}, "log scale")],
)  # fmt: skip
def test_targets_refuse_what_has_no_likelihood(change: dict[str, object], said: str) -> None:
    whole: dict[str, object] = {"name": "t", "kind": "fit", "value": 1.0, "standard_error": 1.0, "discrepancy": 0.0,
                                "unit": "", "definition": Definition("q"), "source": ""}  # fmt: skip
    with pytest.raises(ValueError, match=said):
        Target(**(whole | change))  # type: ignore[arg-type]


def test_a_definition_needs_a_time_and_a_count_above_nothing() -> None:
    with pytest.raises(ValueError, match="months"):
        Definition("q", months=0)
    with pytest.raises(ValueError, match="count"):
        Definition("q", count=0)


def test_problems_refuse_names_twice_and_nothing_to_fit() -> None:
    one = linear()
    with pytest.raises(ValueError, match="x0: named more than once"):
        replace(one, parameters=(*one.parameters, one.parameters[0]))
    with pytest.raises(ValueError, match="t1: named more than once"):
        replace(one, claims=(one.targets[1],))
    with pytest.raises(ValueError, match="kind 'fit'"):
        replace(one, targets=tuple(replace(target, kind="held_out") for target in one.targets))
    with pytest.raises(ValueError, match="noise"):
        replace(one, noise=np.zeros(2))


def test_both_spaces_lead_back() -> None:
    """Tolerance 1e-6 of the value: the normal quantile of a probability near 1 keeps half of float64's digits."""
    points = prior_draws(MIXED, 3, 400)
    assert points.min(axis=0) == pytest.approx(np.maximum(points.min(axis=0), [one.low for one in MIXED]))
    assert from_box(MIXED, to_box(MIXED, points)) == pytest.approx(points, rel=1e-9)
    assert from_scores(MIXED, to_scores(MIXED, points)) == pytest.approx(points, rel=1e-6)


def test_scores_of_prior_draws_are_standard_normal_whatever_the_prior() -> None:
    """A Latin hypercube of 2,000 has every quantile to 1/2,000: mean to 0.002 and variance to 0.01."""
    scores = to_scores(MIXED, prior_draws(MIXED, 1, 2000))
    assert scores.mean(axis=0) == pytest.approx(np.zeros(4), abs=0.002)
    assert scores.var(axis=0) == pytest.approx(np.ones(4), abs=0.01)


def test_a_prior_outside_its_bounds_is_refused() -> None:
    far = FreeParameter("far", 50.0, 60.0, "linear", NORMAL, "")
    with pytest.raises(ValueError, match="nothing between its bounds"):
        prior_draws((far,), 1, 10)


def test_hypercube_has_one_point_in_every_slice_and_is_keyed() -> None:
    design = latin_hypercube(7, "a", 50, 3)
    assert np.array_equal(np.sort((design * 50).astype(int), axis=0), np.tile(np.arange(50)[:, None], 3))
    assert np.array_equal(design, latin_hypercube(7, "a", 50, 3))
    assert not np.array_equal(design, latin_hypercube(8, "a", 50, 3))


def test_errors_add_as_variances_and_are_relative_on_the_log_scale() -> None:
    one = linear()
    target = replace(one.targets[0], value=10.0, standard_error=0.3, discrepancy=0.4)
    both = (target, replace(target, name="logged", scale="log"))
    shown = replace(one, targets=both, predict=lambda x: np.zeros((len(x), 2)), noise=np.array([1.2, 1.2]))
    assert spread(shown) == pytest.approx([1.3, 0.13])
    predicted = np.array([[11.3, 10.0 * np.exp(0.13)]])
    assert log_likelihood(shown, predicted) == pytest.approx([-1.0])  # one standard deviation each: -1/2 - 1/2


def test_other_figures_keep_relative_errors() -> None:
    one = linear()
    logged = replace(one, targets=(replace(one.targets[0], scale="log"), *one.targets[1:]))
    moved = with_values(logged, np.array([1.8, 0.0, 0.0, 0.0]))
    assert spread(moved) == pytest.approx(spread(logged))
    assert moved.targets[0].standard_error == pytest.approx(2 * logged.targets[0].standard_error)


def test_a_model_that_gives_no_number_is_named_with_its_point() -> None:
    def broken(x: np.ndarray) -> np.ndarray:
        return np.where(x[:, :1] > 0, np.nan, 1.0) * np.ones(len(SLOPES))

    with pytest.raises(ValueError, match=r"target t0: the model gave nan at x0 = 0\.5"):
        run(replace(linear(), predict=broken), np.array([[-1.0, 0, 0], [0.5, 0, 0]]))
    with pytest.raises(ValueError, match=r"the model gave \(1, 1\)"):
        run(replace(linear(), predict=lambda x: np.ones((len(x), 1))), np.zeros((1, 3)))
