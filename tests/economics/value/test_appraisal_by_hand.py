"""Appraisals worked out by hand: constant savings are annuities, so every figure has a closed form."""

import math

import numpy as np
import pytest

from sim.economics.cash.budget import budget_impact, deepest
from sim.economics.value.appraisal import appraise, payback_step
from sim.economics.value.card import card
from sim.economics.value.increments import increments
from sim.economics.value.switching import switching_values
from sim.evaluation.checks.totals import payback_values
from sim.model.appraisal import IncomeWeight, OptimismBias, Ranged
from sim.results.worlds import world_names
from tests.economics.priced import CALL, CARE, CLAIM, DEFLATORS, PLAIN, WAGE, annuity, chance, dataset, with_spec

YEARS = 5
FACTOR = annuity(0.035, YEARS)
COST = 20 * WAGE * 12
CARE_SAVED, CLAIMS_SAVED, CALLS_SAVED = 7 * CARE, 10 * CLAIM, 4 * CALL * 12


def mean(money) -> float:
    return float(money.amount.mean())


def cards(ds, against: str = "siloed") -> dict:
    """Give the card of the regime, by name."""
    made = appraise(ds)
    found = made.of("helped", against)
    return {n.name: n for n in card(ds, found, increments(ds, found.world, found.against, made.terms), made.terms)}


def switches(ds) -> dict:
    """Give the switching values of the regime against the baseline, by name."""
    made = appraise(ds)
    found = made.of("helped")
    pair = increments(ds, found.world, found.against, made.terms)
    return {s.name: s for s in switching_values(ds, found, pair, made.terms)}


def test_each_view_of_the_narrow_and_the_wide_ledger() -> None:
    """Social counts care (and calls in the wide ledger); fiscal counts the benefits as well."""
    found = appraise(dataset()).of("helped")
    expected = {
        ("narrow", "social"): CARE_SAVED, ("narrow", "fiscal"): CARE_SAVED + CLAIMS_SAVED,
        ("wide", "social"): CARE_SAVED + CALLS_SAVED, ("wide", "fiscal"): CARE_SAVED + CALLS_SAVED + CLAIMS_SAVED,
    }  # fmt: skip
    for (ledger, name), saved in expected.items():
        view = found.view(ledger, name)
        assert mean(view.intervention) == pytest.approx(COST * FACTOR, rel=1e-12)
        assert mean(view.gross) == pytest.approx(saved * FACTOR, rel=1e-12)
        assert mean(view.net) == pytest.approx((saved - COST) * FACTOR, rel=1e-12)
        assert view.bcr.mean == pytest.approx(saved / COST, rel=1e-12)
        assert mean(view.net_within_evidence) == pytest.approx((saved - COST) * annuity(0.035, 2), rel=1e-12)


def test_terms_are_stated() -> None:
    terms = appraise(dataset()).terms
    assert (terms.price_year, terms.base_year, terms.schedule, terms.horizon_years) == (
        "2015/16", "2012/13", "green_book", 5.0,
    )  # fmt: skip
    view = appraise(dataset()).of("helped").view("narrow", "social")
    assert str(view.net.basis) == "2015/16 prices, discounted to 2012/13 by green_book, narrow ledger, resources only"


def test_equal_spend_has_no_ratio_and_a_value_without_the_cost() -> None:
    found = appraise(dataset()).of("helped", "same_money")
    view = found.view("narrow", "social")
    assert (found.spend, mean(view.intervention)) == ("equal", 0.0)
    assert math.isnan(view.bcr.mean)
    assert "under 1%" in found.why_no_ratio
    assert mean(view.net) == pytest.approx(CARE_SAVED * FACTOR, rel=1e-12)
    assert view.payback_month == 0


def test_a_ratio_is_withheld_where_the_extra_spend_may_be_nothing() -> None:
    """Two replications, one with more workers and one with fewer: the interval of the extra spend includes 0."""
    draws = iter([9.0, -3.0])
    changes = {"helped": {"in care": -7.0, "workers": lambda rng: next(draws)}}
    found = appraise(dataset(changes, 2)).of("helped")
    assert found.why_no_ratio == "the interval of the difference in spend includes 0"
    fewer = appraise(dataset({"helped": {"workers": -5.0}})).of("helped")
    assert (fewer.spend, fewer.why_no_ratio) == ("less", "services cost less than without the regime")


def test_the_same_money_paid_earlier_is_equal_spend() -> None:
    """20 more workers in the first year and 4 fewer in the next five: nothing over the run, much within three years."""
    ds = dataset({"helped": {"in care": -7.0}})
    workers = {"regime": "helped", "meter": "workers"}
    ds["meters"].loc[workers][..., 13:25] += 20.0
    ds["meters"].loc[workers][..., 25:] -= 4.0
    found = appraise(ds, horizon_years=3).of("helped")
    view = found.view("narrow", "social")
    assert mean(view.intervention) > 0.5 * 20 * WAGE * 12
    assert (found.spend, found.why_no_ratio[:18]) == ("equal", "over the whole run")
    assert math.isnan(view.bcr.mean)


def test_horizon_schedule_and_growth() -> None:
    ds = dataset(spec=with_spec(growth={"care": 0.02}))
    view = appraise(ds, horizon_years=3, schedule="none").of("helped").view("narrow", "social")
    assert mean(view.gross) == pytest.approx(CARE_SAVED * (1 + 1.02 + 1.02**2), rel=1e-12)
    assert mean(view.intervention) == pytest.approx(3 * COST, rel=1e-12)
    assert view.net.basis.schedule == "none"


def test_a_horizon_beyond_the_run_counts_the_run_and_says_so() -> None:
    terms = appraise(dataset(), horizon_years=50).terms
    assert (terms.horizon_years, terms.spec.horizon_years) == (6.0, 50)


def test_optimism_bias_is_a_switch_on_costs_and_benefits() -> None:
    bias = OptimismBias(False, "middle", {"middle": (0.10, 0.20)})
    ds = dataset(spec=with_spec(optimism_bias=bias))
    off, on = (appraise(ds, optimism_bias=x).of("helped").view("narrow", "social") for x in (False, True))
    assert mean(off.net) == pytest.approx((CARE_SAVED - COST) * FACTOR, rel=1e-12)
    assert mean(on.net) == pytest.approx((0.8 * CARE_SAVED - 1.1 * COST) * FACTOR, rel=1e-12)
    with pytest.raises(ValueError, match="at grade ''; the table has none"):
        appraise(dataset(), optimism_bias=True)


def test_income_weights_are_a_switch_on_transfers_alone() -> None:
    """Ten fewer claims cost families 6,000 a year that are worth 15,000 to them: 9,000 more is lost than saved."""
    ds = dataset(spec=with_spec(income_weight=IncomeWeight(False, Ranged(2.5, 1.0, 3.0))))
    off, on = (appraise(ds, income_weight=x).of("helped") for x in (False, True))
    assert mean(off.view("narrow", "social").gross) == pytest.approx(CARE_SAVED * FACTOR, rel=1e-12)
    weighed = (CARE_SAVED - 1.5 * CLAIMS_SAVED) * FACTOR
    assert mean(on.view("narrow", "social").gross) == pytest.approx(weighed, rel=1e-12)
    for name in ("gross", "cashable"):
        fiscal = [mean(getattr(x.view("narrow", "fiscal"), name)) for x in (off, on)]
        assert fiscal[0] == fiscal[1]
    social = [mean(x.view("narrow", "social").cashable) for x in (off, on)]
    assert social[0] == social[1]


def test_cash_comes_after_the_lag_and_in_whole_units() -> None:
    """Seven fewer in care close two threes, from the fourth month on; benefits are cash at once; no rule, no cash."""
    view = appraise(dataset(), schedule="none").of("helped").view("wide", "fiscal")
    months = 60 - 3
    assert mean(view.cashable) == pytest.approx(6 * CARE / 12 * months + CLAIMS_SAVED * YEARS, rel=1e-12)


def test_payback_is_the_month_after_the_last_one_in_the_red() -> None:
    """Workers for a year only, saved care for ever: 24,000 spent, 8,400 a year saved, so within 24,000 / 700 months."""
    changes = {"helped": {"in care": -7.0, "workers": 0.0}}
    ds = dataset(changes)
    ds["meters"].loc[{"regime": "helped", "meter": "workers"}][..., 13:25] += 20.0
    found = appraise(ds, schedule="none").of("helped").view("narrow", "social")
    assert found.payback_month == math.ceil(COST / (CARE_SAVED / 12))
    assert appraise(ds, schedule="none", horizon_years=2).of("helped").view("narrow", "social").payback_month is None
    whole = appraise(ds, horizon_years=YEARS + 1).of("helped").view("narrow", "social")
    assert switches(ds)["horizon"].value == pytest.approx(whole.payback_month / 12)
    fiscal = appraise(ds, schedule="none").of("helped").view("narrow", "fiscal")
    checked = payback_values(ds, world_names(ds)[-1], 12)["payback"]  # of the sanity checks: every saving counts
    assert checked[0] == fiscal.payback_month > 0


@pytest.mark.parametrize(
    ("running", "expected"), [([1, 2], 0), ([-1, -1], None), ([-1, 0, 5], 2), ([-1, 5, -1, 0], 4), ([0.0], 0)]
)
def test_payback_step(running, expected) -> None:
    assert payback_step(running) == expected


def test_switching_values_make_the_net_present_value_zero() -> None:
    """Put each value back in: the appraisal then gives zero."""
    ds = dataset()
    values = switches(ds)
    assert values["cost"].value == pytest.approx(CARE_SAVED / COST, rel=1e-12)
    assert values["benefit"].value == pytest.approx(COST / CARE_SAVED, rel=1e-12)
    assert values["price of care"].value == pytest.approx(COST / CARE_SAVED, rel=1e-12)
    assert values["price of staff"].value == pytest.approx(CARE_SAVED / COST, rel=1e-12)
    assert values["horizon"].value is None
    again = ds.copy(deep=True)
    again["price"][..., list(ds["line"].values).index("care")] *= values["price of care"].value
    assert mean(appraise(again).of("helped").view("narrow", "social").net) == pytest.approx(0, abs=1e-6)


def test_the_wellbeing_that_would_make_it_worth_while_is_in_the_price_year() -> None:
    ds = dataset()
    values = switches(ds)
    assert values["wellbeing"].value == pytest.approx((COST - CARE_SAVED) * FACTOR / 13000 / (6 * 60), rel=1e-12)


def test_card_by_hand() -> None:
    ds = dataset()
    numbers = cards(ds)
    spent = COST * FACTOR
    assert numbers["families_helped"].count.mean == 6 * 60
    assert numbers["families_helped"].per_million.mean == pytest.approx(360 / spent * 1e6, rel=1e-12)
    assert numbers["families_helped"].cost_of_one.mean == pytest.approx(spent / 360, rel=1e-12)
    assert numbers["care_months"].count.mean == pytest.approx(7 * 60, rel=1e-12)
    assert numbers["care_months"].cost_of_one.mean == pytest.approx(spent / (7 * 60 / 12), rel=1e-12)
    equal = cards(ds, "same_money")
    assert math.isnan(equal["care_months"].per_million.mean)
    assert equal["care_months"].count.mean == pytest.approx(7 * 60, rel=1e-12)


def test_budget_is_cash_of_each_year_and_agencies_sum_to_it() -> None:
    """A year's cash is the real amount times the price level; 2016/17 is 2% above the last deflator."""
    ds = dataset()
    made = appraise(ds)
    found = made.of("helped")
    impact = budget_impact(ds, increments(ds, found.world, found.against, made.terms), made.terms, "all savings")
    assert impact.years == (2012, 2013, 2014, 2015, 2016, 2017)
    level = [DEFLATORS[y] / 108 for y in ("2012/13", "2013/14", "2014/15", "2015/16")] + [1.02, 1.02**2]
    total = impact.amount.mean(axis=0).sum(axis=(1, 2))
    assert total == pytest.approx((COST - CARE_SAVED - CLAIMS_SAVED) * np.array(level), rel=1e-12)
    by_agency = dict(zip(impact.agencies, impact.amount.mean(axis=0)[0].sum(axis=-1), strict=True))
    assert by_agency["dwp"] == pytest.approx(-CLAIMS_SAVED * level[0], rel=1e-12)
    assert by_agency["council"] == pytest.approx((COST - CARE_SAVED) * level[0], rel=1e-12)
    ame = impact.controls.index("AME")
    assert impact.amount[..., ame].sum() == pytest.approx(3 * -CLAIMS_SAVED * sum(level), rel=1e-12)


def test_the_deepest_need_and_its_month() -> None:
    running = np.array([[1.0, 3.0, 2.0, -1.0], [1.0, 5.0, 2.0, -3.0]])
    peak, step, closing = deepest(running)
    assert (peak.tolist(), step, closing.tolist()) == ([3.0, 5.0], 1, [-1.0, -3.0])
    assert deepest(-np.ones((2, 3)))[1] is None


def test_intervals_are_those_of_paired_differences() -> None:
    """Noise that all regimes share cancels; the interval of the net value is Student's t of its draws."""
    ds = dataset(chance(), 12, noise=50.0)
    view = appraise(ds).of("helped").view("narrow", "social")
    made = view.net.estimate(sampled=True)
    half = (made.high - made.low) / 2
    # sd of one draw: care 1 x 1,200 a year and workers 1 x 1,200 a year, discounted; t(11) = 2.201.
    expected = 2.201 * math.hypot(CARE, WAGE * 12) * FACTOR / math.sqrt(12)
    assert half == pytest.approx(expected, rel=0.5), "the sd of 12 draws is within a factor 1.5 of the true one"
    assert view.bcr.low < view.bcr.mean < view.bcr.high


def test_expected_values_have_no_intervals() -> None:
    made = appraise(dataset(None, 1, solver="expect"))
    view = made.of("helped").view("narrow", "social")
    assert view.net.estimate(sampled=made.terms.sampled).low is None
    assert (view.bcr.low, view.bcr.high) == (None, None)
    assert view.bcr.mean == pytest.approx(CARE_SAVED / COST, rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": "magic"}, "no discount schedule 'magic'; there are green_book, none"),
        ({"horizon_years": 0}, "horizon is 0 years; it must be above 0"),
        ({"ledger": "deep"}, "no ledger 'deep'; there are narrow, wide"),
    ],
)
def test_nonsense_is_refused(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        appraise(dataset(), **options)


def test_an_unknown_comparison_lists_those_there_are() -> None:
    made = appraise(dataset(PLAIN))
    with pytest.raises(ValueError, match=r"no comparison of nobody .*; there are same_money against siloed, helped"):
        made.of("nobody")
    with pytest.raises(ValueError, match="there is no happy view"):
        made.of("helped").view("narrow", "happy")
