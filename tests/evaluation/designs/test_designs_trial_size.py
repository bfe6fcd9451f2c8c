"""How large a trial must be.

Theory: n an arm = (z(0.975) + z(0.8))^2 (s1^2 + s2^2) / d^2; for a standardised difference of 0.5 textbooks give 63.
The share of simulated trials that find the effect agrees with the formula; without an effect it is the test's level.
"""

import numpy as np
import pytest

from sim.evaluation.trial.trial_size import LARGEST, Arms, families_an_arm, power_of, share_that_find, size

TRIALS = 600


def arms(effect: float, *, rare: bool = False) -> Arms:
    """Make families with two children each on average, a difference between arms, and families of unlike size."""
    rng = np.random.default_rng(8)
    people = rng.integers(1, 4, 5000).astype(float)
    base = 0.05 if rare else 0.4
    frail = rng.beta(2, 2 / base - 2, 5000)
    without = rng.binomial(people.astype(int), frail).astype(float)
    return Arms(without + effect * people, people, without, people)


def test_the_textbook_size() -> None:
    assert families_an_arm(0.5, 2.0) == 63
    assert families_an_arm(-0.5, 2.0) == 63
    assert power_of(0.5, 2.0, 63) == pytest.approx(0.80, abs=0.005)


@pytest.mark.parametrize("rare", [False, True])
def test_simulated_trials_find_what_the_formula_says(rare: bool) -> None:
    """Four binomial standard errors of 600 trials are 0.065; rare outcomes are only nearly normal."""
    made = size(arms(-0.04 if rare else -0.1, rare=rare), seed=3, trials=TRIALS)
    assert made.an_arm is not None
    assert made.an_arm < LARGEST
    assert made.predicted == pytest.approx(0.8, abs=0.01)
    assert made.found == pytest.approx(made.predicted, abs=0.065)


def test_where_nothing_helps_five_in_a_hundred_find_something() -> None:
    """Four binomial standard errors of 600 trials at 5% are 0.036."""
    pool = arms(0.0)
    assert families_an_arm(pool.effect, pool.variance) is None
    assert share_that_find(pool, 200, TRIALS, seed=4) == pytest.approx(0.05, abs=0.036)


def test_the_error_of_a_ratio_of_sums_is_that_of_repeated_draws() -> None:
    """A standard deviation of 2,000 draws is known to 1.6%: 6% is almost four of those."""
    pool, rng, n = arms(0.0), np.random.default_rng(2), 300
    drawn = rng.integers(0, 5000, (2, 2000, n))
    level = pool.amount[drawn].sum(axis=2) / pool.people[drawn].sum(axis=2)
    assert np.std(level[1] - level[0]) == pytest.approx(np.sqrt(pool.variance / n), rel=0.06)


def test_what_cannot_be_found_needs_no_trial() -> None:
    nobody = Arms(*(np.zeros(10) for _ in range(4)))
    assert size(nobody, seed=1, trials=10).an_arm is None
    assert families_an_arm(0.0, 1.0) is None
    assert families_an_arm(0.1, float("nan")) is None
