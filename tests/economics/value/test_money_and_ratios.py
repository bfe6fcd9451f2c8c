"""Amounts on different terms cannot be added; Fieller's interval is the set of ratios that a t-test does not reject."""

import math

import numpy as np
import pytest
from scipy import stats

from sim.economics.value.ratios import ratio
from sim.money.money import Basis, Money

BASIS = Basis("2015/16", "green_book", "2012/13", "narrow", "resource")


def money(*amounts: float, **changes: str) -> Money:
    return Money(np.array(amounts), Basis(**{**BASIS.__dict__, **changes}))


def test_sums_on_one_basis() -> None:
    assert (money(1.0, 2.0) + money(3.0, 5.0)).amount.tolist() == [4.0, 7.0]
    assert (money(1.0) - money(3.0)).amount.tolist() == [-2.0]
    assert (-money(1.0)).amount.tolist() == [-1.0]
    assert money(2.0).times(3.0).basis == BASIS


@pytest.mark.parametrize(
    ("field", "other"),
    [("price_year", "2013/14"), ("schedule", "none"), ("base_year", "2010/11"), ("ledger", "wide"), ("kind", "all")],
)
def test_amounts_on_different_terms_cannot_be_added(field: str, other: str) -> None:
    named = f"{field.replace('_', ' ')} {getattr(BASIS, field)} and {other}"
    with pytest.raises(ValueError, match=named):
        money(1.0) + money(1.0, **{field: other})
    with pytest.raises(ValueError, match="bring them to one first"):
        money(1.0) - money(1.0, **{field: other})


def test_plain_numbers_are_no_money() -> None:
    with pytest.raises(TypeError, match="give it a basis"):
        money(1.0) + 2.0


def test_kinds_may_be_joined_and_nothing_else() -> None:
    joined = money(1.0).joined(money(2.0, kind="transfer"), "all")
    assert (joined.amount.tolist(), joined.basis.kind) == ([3.0], "all")
    with pytest.raises(ValueError, match="price year"):
        money(1.0).joined(money(2.0, kind="transfer", price_year="cash"), "all")


def test_fieller_ends_are_where_a_t_test_just_rejects() -> None:
    """At an end r the mean of a - r b lies exactly t standard errors from 0: that defines the set."""
    rng = np.random.default_rng(3)
    b = rng.normal(10, 1, 20)
    a = 2 * b + rng.normal(0, 1, 20)
    found = ratio(a, b)
    assert found.mean == pytest.approx(a.mean() / b.mean(), rel=1e-12)
    for end in (found.low, found.high):
        assert stats.ttest_1samp(a - end * b, 0).pvalue == pytest.approx(0.05, rel=1e-6)


def test_fieller_covers_the_true_ratio_as_often_as_it_says() -> None:
    """2,000 samples of 10: the standard error of the coverage is 0.5 points; 4 of them are allowed."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(2000):
        b = rng.normal(5, 1, 10)
        found = ratio(3 * b + rng.normal(0, 2, 10), b)
        held += found.low <= 3 <= found.high
    assert held / 2000 == pytest.approx(0.95, abs=0.02)


def test_no_interval_without_a_sample_or_with_a_denominator_that_may_be_nothing() -> None:
    assert ratio(np.array([4.0]), np.array([2.0])).low is None
    assert ratio(np.array([4.0, 5.0]), np.array([2.0, 2.5]), sampled=False).low is None
    assert ratio(np.array([1.0, 2.0]), np.array([-1.0, 1.5])).low is None
    assert math.isnan(ratio(np.array([1.0]), np.array([0.0])).mean)
