"""Distributions hold the interval, or the mean, that they promise; quantiles are of the textbook families."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.runs.beliefs.distributions import Belief, belief, dirichlet

ENDS = np.array([0.025, 0.5, 0.975])
MANY = (np.arange(20_000) + 0.5) / 20_000


def test_normal_and_lognormal_hold_their_interval():
    assert belief(10.0, 8.0, 12.0).quantile(ENDS) == pytest.approx([8.0, 10.0, 12.0])
    skewed = belief(5.0, 3.0, 14.0)
    assert skewed.kind == "lognormal"
    assert skewed.quantile(ENDS) == pytest.approx([3.0, np.sqrt(3.0 * 14.0), 14.0])


@pytest.mark.parametrize(
    "one",
    [
        belief(0.78, 0.70, 0.85, "share"),
        belief(0.5, 0.1, 0.9, "share"),
        belief(3.0, 1.0, 5.0, kind="gamma"),
        belief(9.0, 3.0, 14.0),
    ],
)
def test_beta_and_gamma_hold_their_mean_and_spread(one: Belief):
    """Mean the value, standard deviation the interval's width over 2 x 1.96; 20,000 midpoints leave 0.2%."""
    drawn = one.quantile(MANY)
    assert drawn.mean() == pytest.approx(one.value, rel=2e-3)
    assert drawn.std() == pytest.approx((one.high - one.low) / (2 * 1.959964), rel=5e-3)


def test_a_value_at_an_end_of_its_interval_is_a_triangle_from_there():
    one = belief(1.0, 1.0, 6.0)
    assert one.kind == "triangular"
    assert one.quantile(np.array([0.0, 0.95])) == pytest.approx([1.0, 6.0], abs=1e-6)


def test_a_triangle_has_a_tail_on_each_side():
    one = belief(2.0, 1.0, 6.0, kind="triangular")
    assert one.quantile(np.array([0.025, 0.975])) == pytest.approx([1.0, 6.0], abs=1e-6)
    counts, edges = np.histogram(one.quantile(MANY), 60)
    assert edges[counts.argmax()] == pytest.approx(2.0, abs=0.2)


@given(st.floats(0.01, 0.99), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_shares_stay_shares(value: float, below: float, above: float):
    one = belief(value, max(value - below, 0.0), min(value + above, 1.0), "share")
    drawn = one.quantile(np.array([1e-9, 0.5, 1.0 - 1e-9]))
    assert (drawn >= 0).all() and (drawn <= 1).all()  # noqa: PT018
    assert (np.diff(drawn) >= 0).all()


def test_what_is_certain_does_not_vary():
    assert belief(4.0, None, None).quantile(ENDS).tolist() == [4.0, 4.0, 4.0]
    assert belief(4.0, 1.0, 9.0, kind="fixed").quantile(ENDS).tolist() == [4.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("value", "low", "high", "kind", "message"),
    [
        (1.0, 2.0, 3.0, None, "in this order"), (1.0, 0.0, 3.0, "lognormal", "above 0"),
        (2.0, 1.0, 3.0, "beta", "between 0 and 1"), (2.0, 1.0, 3.0, "cauchy", "no distribution"),
    ],
)  # fmt: skip
def test_what_no_distribution_can_be_is_refused(value: float, low: float, high: float, kind: str | None, message: str):
    with pytest.raises(ValueError, match=message):
        belief(value, low, high, kind=kind)


def test_dirichlet_shares_sum_to_one_and_have_their_mean():
    """Variance p (1 - p) / (size + 1): 0.3 with size 50 has 0.0041."""
    u = np.random.Generator(np.random.PCG64(4)).uniform(size=(20_000, 3))
    drawn = dirichlet(np.array([0.3, 0.5, 0.2]), 50.0, u)
    assert drawn.sum(axis=1) == pytest.approx(1.0)
    assert drawn.mean(axis=0) == pytest.approx([0.3, 0.5, 0.2], abs=0.002)
    assert drawn[:, 0].var() == pytest.approx(0.3 * 0.7 / 51, rel=0.05)
