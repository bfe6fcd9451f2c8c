"""Methods against posteriors that are known: linear with normal errors in closed form, one parameter by quadrature.

A linear problem's posterior is normal with covariance (A'A / s^2 + I)^-1. Draws are 4,000 of chains with an effective
size of 400 and more: means within 4 / sqrt(400) = 0.2 posterior standard deviations, deviations within 4 / sqrt(800) =
14%; most are far closer.
"""

import inspect
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.gaussian_process import GaussianProcessRegressor

from calibration.likelihood import log_likelihood, spread, with_values
from calibration.methods import history, least_squares, posterior
from calibration.methods.emulator import _least_squares, _process, build, features
from calibration.methods.narrowing import narrow
from calibration.methods.posterior import effective_share
from calibration.problem import CalibrationProblem, Fit, FreeParameter
from calibration.space import latin_hypercube
from sim.arrays import FloatArray
from sim.runs.beliefs.distributions import Belief
from tests.calibration.toys import NORMAL, SLOPES, exact, linear, problem

RUNS = 300


@pytest.fixture(scope="module")
def sampled() -> Fit:
    """The linear problem's posterior by emulator and ensembles, fitted once."""
    return posterior.fit(linear(), 1, RUNS)


def test_held_out_errors_are_those_of_leaving_each_point_out() -> None:
    """By brute force: the quadratic fitted again without each point, and the process without each on its own kernel."""
    x = latin_hypercube(3, "points", 30, 2) * 2 - 1
    y = np.stack([np.sin(4 * x[:, 0]) + x[:, 1] ** 3, np.exp(x.sum(axis=1))], axis=1)
    design = features(x)
    _, held_out = _least_squares(design, y)
    for i in range(len(x)):
        rest = np.arange(len(x)) != i
        without, *_ = np.linalg.lstsq(design[rest], y[rest], rcond=None)
        assert held_out[i] == pytest.approx(y[i] - design[i] @ without, rel=1e-8)
    surrogate, error = _process(x, y[:, 0])
    fitted: Any = inspect.getclosurevars(surrogate).nonlocals["fitted"]
    missed, size = [], float(np.std(y[:, 0]))  # the process is fitted to figures brought to unit size
    for i in range(len(x)):
        rest = np.arange(len(x)) != i
        again: Any = GaussianProcessRegressor(fitted.kernel_, optimizer=None).fit(x[rest], y[rest, 0] / size)
        missed.append(y[i, 0] - size * again.predict(x[i : i + 1])[0])
    assert error == pytest.approx(float(np.sqrt(np.mean(np.square(missed)))), rel=1e-6)
    own = y[:, 0] - surrogate(x)
    assert error > 1.2 * float(np.sqrt(np.mean(own**2)))  # what it misses of its own points is less


def test_other_figures_keep_the_errors_on_the_scale_of_comparison() -> None:
    """On the log scale errors, what the model leaves out and its noise are shares of the figure, whatever it is."""
    one = linear()
    scales = ("log", "linear", "log", "linear")
    targets = tuple(
        replace(target, value=2.0 + i, scale=scale, discrepancy=0.4)  # type: ignore[arg-type]
        for i, (target, scale) in enumerate(zip(one.targets, scales, strict=True))
    )
    some = replace(one, targets=targets, noise=np.array([0.5, 0.6, 0.7, 0.8]))
    other = with_values(some, np.array([8.0, 9.0, 1.0, 0.5]))
    assert spread(other) == pytest.approx(spread(some), rel=1e-12)
    assert spread(some)[0] == pytest.approx(np.sqrt(0.3**2 + 0.4**2 + 0.5**2) / 2.0)


def test_least_squares_is_exact_where_the_model_is_linear() -> None:
    """2,000 normal draws: means within 4 / sqrt(2000) = 0.09 deviations, deviations within 4 / sqrt(4000) = 6%."""
    found = least_squares.fit(linear(), 1, 200)
    mean, covariance = exact(linear())
    assert found.is_usable
    assert found.best == pytest.approx(mean, abs=1e-5)
    deviation = np.sqrt(np.diag(covariance))
    assert (found.draws.mean(axis=0) - mean) / deviation == pytest.approx(np.zeros(3), abs=0.09)
    assert found.draws.std(axis=0) == pytest.approx(deviation, rel=0.06)
    assert found.predicted == pytest.approx(linear().predict(found.draws), abs=1e-6)


def test_least_squares_sees_through_a_rough_model() -> None:
    """Answers to steps of 0.1, a third of a figure's error: slopes over half a score are right within a fifth or so."""
    one = linear()
    rough = replace(one, predict=lambda x: np.round(x @ SLOPES.T, 1), noise=np.full(4, 0.03))
    found = least_squares.fit(rough, 1, 400)
    mean, covariance = exact(one)
    deviation = np.sqrt(np.diag(covariance))
    assert found.is_usable
    assert np.all(np.abs(found.best - mean) < 0.75 * deviation)
    assert found.draws.std(axis=0) == pytest.approx(deviation, rel=0.25)


def test_posterior_is_the_closed_form(sampled: Fit) -> None:
    mean, covariance = exact(linear())
    deviation = np.sqrt(np.diag(covariance))
    assert sampled.is_usable, sampled.refusals
    assert (sampled.draws.mean(axis=0) - mean) / deviation == pytest.approx(np.zeros(3), abs=0.2)
    assert sampled.draws.std(axis=0) == pytest.approx(deviation, rel=0.14)
    expected = covariance / np.outer(deviation, deviation)
    assert np.corrcoef(sampled.draws.T) == pytest.approx(expected, abs=0.15)
    assert sampled.best == pytest.approx(mean, abs=0.5 * deviation.max())


def test_other_figures_are_fitted_on_the_same_emulator(sampled: Fit) -> None:
    one = linear()
    moved = with_values(one, np.array([0.5, -0.2, 0.1, 0.4]))
    found = posterior.on_emulator(moved, build(one, sampled.points, sampled.outputs), 3)
    mean, covariance = exact(moved)
    deviation = np.sqrt(np.diag(covariance))
    assert found.is_usable
    assert (found.draws.mean(axis=0) - mean) / deviation == pytest.approx(np.zeros(3), abs=0.2)
    assert found.draws.std(axis=0) == pytest.approx(deviation, rel=0.14)


def test_runs_stay_within_what_was_allowed_and_are_kept(sampled: Fit) -> None:
    assert len(sampled.points) <= RUNS
    assert sampled.outputs == pytest.approx(linear().predict(sampled.points))


def test_same_seed_same_bytes_however_the_model_is_batched(sampled: Fit) -> None:
    def one_by_one(x: FloatArray) -> FloatArray:
        return np.concatenate([linear().predict(row[None]) for row in x])

    assert np.array_equal(posterior.fit(replace(linear(), predict=one_by_one), 1, RUNS).draws, sampled.draws)


def test_another_seed_gives_other_draws_of_the_same_posterior() -> None:
    first, other = (least_squares.fit(linear(), seed, 200) for seed in (1, 2))
    assert first.best == pytest.approx(other.best)
    assert not np.array_equal(first.draws, other.draws)


def test_held_out_figures_have_no_part_in_the_fit() -> None:
    one = linear()
    more = replace(one, targets=(*one.targets, replace(one.targets[0], name="far", kind="held_out", value=1e3)),
                   predict=lambda x: np.concatenate([one.predict(x), one.predict(x)[:, :1]], axis=1),
                   noise=np.zeros(5))  # fmt: skip
    assert least_squares.fit(more, 1, 200).draws == pytest.approx(least_squares.fit(one, 1, 200).draws)
    mean = exact(one)[0]
    assert log_likelihood(more, more.predict(mean[None])) == pytest.approx(log_likelihood(one, one.predict(mean[None])))


@pytest.mark.slow
def test_a_box_that_misses_the_posterior_is_left(sampled: Fit) -> None:
    """History matching may leave a box that a compromise between contradicting figures is outside of."""
    mean, covariance = exact(linear())
    wrong = np.array([mean + 0.5, mean + 1.5])
    start = replace(sampled, box=wrong, points=sampled.points[:50], outputs=sampled.outputs[:50])
    found = posterior.fit(linear(), 5, RUNS, start)
    assert found.is_usable, found.refusals
    assert (found.draws.mean(axis=0) - mean) / np.sqrt(np.diag(covariance)) == pytest.approx(np.zeros(3), abs=0.2)


def bent() -> CalibrationProblem:
    """A rate between 0.05 and 1 seen through exp(-12 rate) and a square, one figure on the log scale."""
    one = problem(lambda x: np.concatenate([np.exp(-x), 100 * x**2], axis=1), [0.65, 14.0], 1, 0.03)
    rate = FreeParameter("rate", 0.05, 1.0, "log", Belief(0.3, 0.1, 0.9, "lognormal"), "")
    figures = (one.targets[0], replace(one.targets[1], standard_error=4.0, discrepancy=3.0, scale="log"))
    return replace(one, parameters=(rate,), targets=figures)


def test_truncated_prior_and_log_scale_against_quadrature() -> None:
    """One parameter: density on a grid of 20,001 points; tolerance as for the closed form."""
    one = bent()
    grid = np.linspace(0.05, 1.0, 20001)
    prior = stats.lognorm(np.log(9.0) / (2 * 1.959964), scale=0.3)
    density = prior.pdf(grid) * np.exp(log_likelihood(one, one.predict(grid[:, None])))
    density /= density.sum()
    mean = float(density @ grid)
    deviation = float(np.sqrt(density @ (grid - mean) ** 2))
    found = posterior.fit(one, 3, 320)
    assert found.is_usable, found.refusals
    assert found.draws.mean() == pytest.approx(mean, abs=0.2 * deviation)
    assert found.draws.std() == pytest.approx(deviation, rel=0.14)


def test_history_matching_leaves_the_volume_that_theory_leaves() -> None:
    """Two figures, one each of two parameters, second largest at most 3: all but the corners where both are missed.

    Each parameter misses with chance 1 - 6 x 0.3 / 14; what is left is 1 - (1 - 1.8 / 14)^2. A population of 2,000
    keeps a share to 4 sqrt(0.24 x 0.76 / 2000) = 0.04; subset levels add as much again.
    """
    one = problem(lambda x: x, [0.0, 0.0], 2)
    found = history.fit(one, 1, 60)
    left = dict(found.measures)["share of the box left after wave 1"]
    assert left == pytest.approx(1 - (1 - 1.8 / 14) ** 2, abs=0.06)
    assert found.is_usable
    assert np.all(np.sort(np.abs(found.draws), axis=1)[:, 0] <= 0.9 + 1e-6)


def test_what_history_matching_leaves_is_a_share_of_the_whole_box_after_every_wave() -> None:
    """One figure: 6 x 0.3 of 14, however narrow the box of a wave; 4 sqrt(0.13 x 0.87 / 2000) = 0.03, and levels."""
    found = history.fit(problem(lambda x: x, [0.0], 1), 1, 60)
    left = [value for name, value in found.measures if name.startswith("share of the box left after wave")]
    assert left == pytest.approx([1.8 / 14] * 3, abs=0.04)


def test_history_matching_finds_what_no_design_would_hit() -> None:
    """Eight parameters to 0.01 of their width: a share of 1e-14 and less of the box, with the truth inside it."""
    truth = np.linspace(-2, 2, 8)
    mixing = np.eye(8) + 0.3 * np.eye(8, k=1)
    one = problem(lambda x: np.asarray(x @ mixing.T), mixing @ truth, 8, 0.02)
    found = history.fit(one, 2, 200)
    assert found.is_usable
    assert found.box is not None
    assert np.all((found.box[0] <= truth) & (truth <= found.box[1]))
    assert dict(found.measures)["share of the box left after wave 1"] < 1e-10


def test_history_matching_does_not_cut_what_does_not_matter() -> None:
    one = problem(lambda x: x[:, [0, 1, 0, 1]], [0.5, -0.5, 0.5, -0.5], 6, 0.02)
    found = history.fit(one, 2, 150)
    assert found.box is not None
    assert np.ptp(found.box, axis=0)[2:] == pytest.approx(np.full(4, 14.0), rel=0.02)
    assert np.all(np.ptp(found.box, axis=0)[:2] < 2.0)


def test_history_matching_refuses_when_two_figures_cannot_be_met() -> None:
    found = history.fit(problem(lambda x: x[:, [0, 0, 0]], [-5.0, 0.0, 5.0], 1), 1, 60)
    assert found.refusals == ("history matching: no parameter value agrees with all figures but one",)


def test_narrowing_says_when_there_is_nothing() -> None:
    ends = np.array([[0.0, 0.0], [1.0, 1.0]])
    nothing = narrow(lambda x: 5.0 + np.abs(x - 0.3).sum(axis=1), ends, 3.0, 1)
    assert nothing.share == 0
    assert nothing.least == pytest.approx(5.0, abs=0.01)
    ball = narrow(lambda x: np.linalg.norm(x - 0.5, axis=1), ends, 0.02, 1)
    assert ball.share == pytest.approx(np.pi * 0.02**2, rel=0.3)  # six levels of 2,000: 4 sqrt(6 x 3 / 2000) = 0.38


def test_effective_share_is_one_for_even_weights_and_one_nth_for_a_single_one() -> None:
    assert effective_share(np.full(7, -300.0)) == pytest.approx(1.0)
    assert effective_share(np.array([0.0, -1e4, -1e4, -1e4])) == pytest.approx(0.25)


def test_posterior_refuses_a_model_that_no_emulator_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wave finer than any design: held-out errors and uneven weights both speak against it; one round shows it."""
    monkeypatch.setattr(posterior, "ROUNDS", 1)
    found = posterior.fit(problem(lambda x: np.sin(4e3 * x[:, :1]), [0.0], 1, 0.02), 1, 120)
    assert not found.is_usable
    assert any("emulator misses t0" in reason for reason in found.refusals)
    assert any("effective" in reason for reason in found.refusals)


def test_too_few_runs_are_refused_with_what_is_needed() -> None:
    with pytest.raises(ValueError, match="260"):
        posterior.fit(linear(), 1, 100)
    with pytest.raises(ValueError, match="at least 20"):
        history.fit(linear(), 1, 10)
    with pytest.raises(ValueError, match="at least 16"):
        least_squares.fit(linear(), 1, 5)


def test_least_squares_says_when_it_did_not_settle() -> None:
    def steep(x: FloatArray) -> FloatArray:
        return np.exp(3 * x)

    one = replace(problem(steep, [400.0], 1, 1e-3), parameters=(FreeParameter("x", -7.0, 7.0, "linear", NORMAL, ""),))
    assert any("did not settle" in reason for reason in least_squares.fit(one, 1, 8).refusals)
