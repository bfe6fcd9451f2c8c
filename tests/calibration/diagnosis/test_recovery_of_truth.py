"""Known truths come back: a Markov chain of the textbook configs by ``expect``, a bent model by the whole method."""

from functools import cache

import numpy as np
import pytest

import sim
from calibration.diagnosis.diagnostics import simulation_based_calibration
from calibration.diagnosis.recovery import recovery
from calibration.methods import least_squares, posterior
from calibration.problem import CalibrationProblem, Definition, FreeParameter, Target
from sim.arrays import FloatArray
from sim.runs.beliefs.distributions import Belief
from tests.calibration.toys import normal_parameters, targets
from tests.places import TEXTBOOK

CHAIN = TEXTBOOK / "regular.yaml"
STATES = ("left", "middle", "right")


@cache
def shares(onward: float, back: float) -> tuple[float, ...]:
    """Solve the birth and death chain with other chances of moving between left and middle."""
    sets = (
        f"chains.place.probabilities.left -> middle={onward!r}",
        f"chains.place.probabilities.middle -> left={back!r}",
    )
    summary = sim.summarise(sim.expect(sim.load(CHAIN, sets)))
    places = next(iter(summary["regimes"].values()))["occupancy"]["place"]
    return tuple(float(places[state][month]) for state, month in (("left", 3), ("left", 12), ("right", 240)))


def markov() -> CalibrationProblem:
    """Give two chances of moving, seen by shares at two months and in the long run."""
    chance = Belief(0.25, 0.08, 0.45, "beta")
    parameters = tuple(FreeParameter(name, 0.02, 0.6, "logit", chance, "wide") for name in ("onward", "back"))
    seen = tuple(
        Target(f"share {i}", "fit", value, 0.002, 0.0, "share", Definition(f"share {i}"), "solved", "place")
        for i, value in enumerate(shares(0.2, 0.1))
    )

    def predict(points: FloatArray) -> FloatArray:
        return np.array([shares(float(onward), float(back)) for onward, back in points])

    return CalibrationProblem(parameters, seen, predict, np.zeros(3))


def test_chances_of_a_markov_chain_come_back() -> None:
    """Figures are the solved shares at 0.2 and 0.1 with errors of 0.2%: the truth lies within three deviations."""
    found = least_squares.fit(markov(), 1, 120)
    assert found.is_usable
    deviation = found.draws.std(axis=0)
    assert np.all(np.abs(found.best - [0.2, 0.1]) < 3 * deviation)
    assert np.all(deviation < 0.03)
    assert found.best == pytest.approx([0.2, 0.1], abs=0.01)


def test_long_run_share_is_what_balance_gives() -> None:
    """The limit of right is 1.5 middle, of left is back / onward middle: the calibration stands on the right model."""
    onward, back = 0.3, 0.15
    middle = 1 / (1 + back / onward + 1.5)
    assert shares(onward, back)[2] == pytest.approx(1.5 * middle, rel=1e-9)


def bent(x: FloatArray) -> FloatArray:
    """Give a model with curves: squares and a product, which a quadratic follows exactly."""
    return np.stack([x[:, 0] + 0.3 * x[:, 0] ** 2, x[:, 1] - 0.3 * x[:, 0] * x[:, 1], x.sum(axis=1)], axis=1)


def draw(one: CalibrationProblem, seed: int) -> FloatArray:
    """Give 63 draws of the whole method's posterior, spread over its chains."""
    found = posterior.fit(one, seed, 280)
    assert found.is_usable, found.refusals
    return found.draws[np.linspace(0, len(found.draws) - 1, 63).round().astype(int)]


@pytest.mark.slow
def test_the_whole_method_is_calibrated_and_covers_the_truth() -> None:
    """Forty worlds: ranks of parameters and log-likelihood even; coverage in 24 within binomial chance of 99.9%."""
    one = CalibrationProblem(normal_parameters(2), targets([0.0, 0.0, 0.0], 0.4), bent, np.zeros(3))
    assert simulation_based_calibration(one, draw, 40, 1).is_calibrated
    assert recovery(one, draw, 24, 2).is_right
