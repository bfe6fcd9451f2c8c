"""Cash from whole units that stand empty for long enough: bounds for any path, and cases by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.economics.report import cash_ranges
from sim.economics.value.appraisal import appraise
from sim.economics.value.cashability import cashable_reduction, varied_rules, without_rule
from sim.economics.value.increments import increments
from sim.economics.value.terms import terms_of
from sim.model.appraisal import CashRule
from tests.economics.priced import CARE, SPEC, dataset, with_spec

PATHS = arrays(np.float64, (2, 12), elements=st.floats(-50, 50, allow_nan=False))


@settings(max_examples=200, deadline=None)
@given(reduction=PATHS, unit=st.sampled_from([0.0, 1.0, 3.0, 16.0]), lag=st.integers(0, 14))
def test_cash_lies_between_nothing_and_the_saving_and_more_costs_in_full(reduction, unit, lag) -> None:
    cash = cashable_reduction(reduction, unit, lag)
    saved = reduction >= 0
    assert (cash[saved] >= 0).all()
    assert (cash[saved] <= reduction[saved]).all()
    assert (cash[~saved] == reduction[~saved]).all()
    assert (cash[:, : min(lag, 12)] <= 0).all(), "nothing is cash before the lag"
    if unit:
        assert np.allclose(cash[saved] / unit, np.round(cash[saved] / unit), atol=1e-9)


@settings(max_examples=100, deadline=None)
@given(reduction=PATHS, lag=st.integers(0, 6))
def test_a_longer_lag_and_more_places_never_give_more_cash(reduction, lag) -> None:
    """Longer lag: the least of more months. More places: the sum of floors is at most the floor of the sum."""
    assert (cashable_reduction(reduction, 4.0, lag + 1) <= cashable_reduction(reduction, 4.0, lag)).all()
    split = cashable_reduction(reduction, 4.0, lag, [0.25] * 4)
    assert (split <= cashable_reduction(reduction, 4.0, lag)).all()


def test_by_hand() -> None:
    path = np.array([[0.0, 5, 7, 9, 2, 9, 9, 9]])
    assert cashable_reduction(path, 0, 0).tolist() == path.tolist()
    assert cashable_reduction(path, 4, 0).tolist() == [[0, 4, 4, 8, 0, 8, 8, 8]]
    assert cashable_reduction(path, 4, 2).tolist() == [[0, 0, 0, 4, 0, 0, 0, 8]]
    assert cashable_reduction(path, 1, 20).sum() == 0


def test_lines_without_a_rule_and_those_that_never_pay() -> None:
    rules = (*SPEC.cashability, CashRule("calls", ("calls",), never=True))
    for spec in (SPEC, with_spec(cashability=rules)):
        ds = dataset(spec=spec)
        assert without_rule(ds, terms_of(ds)) == ["calls"]
        gross, cash = (getattr(appraise(ds).of("helped").view("wide", "social"), x) for x in ("gross", "cashable"))
        assert float(gross.amount.mean()) > float(cash.amount.mean())


def test_more_of_something_costs_cash_even_without_a_rule() -> None:
    view = appraise(dataset({"helped": {"calls": 4.0}}), schedule="none").of("helped").view("wide", "social")
    assert float(view.cashable.amount.mean()) == pytest.approx(-4 * 50 * 60, rel=1e-12)


def test_ranges_of_the_rules_move_net_cash_as_rules_in_their_place_do() -> None:
    """Care closes in threes after three months; units of 1 and 5, lags of 1 and 6: two rules have no ranges."""
    ds = dataset()
    made = appraise(ds, schedule="none")
    found = made.of("helped")
    pair = increments(ds, found.world, found.against, made.terms)
    ranges = {(r.varied, r.end): r.net_cashable.mean for r in cash_ranges(ds, pair, made.terms)}
    central = float(found.view("narrow", "fiscal").net_cashable.amount.mean())
    month = CARE / 12
    expected = {
        ("care: unit", "low"): 1 * 57, ("care: unit", "high"): -1 * 57, ("care: lag", "low"): 6 * 2,
        ("care: lag", "high"): -6 * 3,
    }  # fmt: skip
    assert set(ranges) == set(expected) == {(name, end) for name, end, _ in varied_rules(made.terms)}
    for key, months in expected.items():
        assert ranges[key] - central == pytest.approx(months * month, rel=1e-9)
