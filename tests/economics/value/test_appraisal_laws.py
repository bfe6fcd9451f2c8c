"""Laws that hold for any counts: homogeneous in prices, a plain sum at rate 0, nothing from no effect, labels alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.economics.cash.budget import READINGS, budget_impact
from sim.economics.value.appraisal import VIEWS, appraise, pairs_of
from sim.economics.value.increments import counted_lines, discounted, increments, to_agencies
from sim.economics.value.terms import terms_of
from sim.model.appraisal import AppraisalSpec, CashRule, from_json, to_json
from tests.economics.priced import START, dataset, with_spec

AMOUNTS = ("intervention", "gross", "net", "cashable", "net_cashable")
CHANGES = st.fixed_dictionaries(
    {name: st.floats(-8, 8) for name in ("in care", "claims", "calls", "starts")} | {"workers": st.floats(1, 30)}
)


def amounts(ds, **options) -> np.ndarray:
    """Every amount of every view of every comparison, in a fixed order."""
    made = appraise(ds, **options)
    return np.array([getattr(v, name).amount for c in made.comparisons for v in c.views for name in AMOUNTS])


@settings(max_examples=6, deadline=None)
@given(changes=CHANGES)
def test_twice_the_prices_twice_the_totals(changes) -> None:
    """Exactly: doubling is exact in binary. Ratios and payback stay as they are."""
    once, twice = (dataset({"helped": changes}, prices=p) for p in (1.0, 2.0))
    assert (amounts(twice) == 2 * amounts(once)).all()
    for a, b in zip(appraise(once).comparisons, appraise(twice).comparisons, strict=True):
        assert a.spend == b.spend
        for v, w in zip(a.views, b.views, strict=True):
            assert v.bcr == w.bcr or np.isnan(v.bcr.mean)
            assert v.payback_month == w.payback_month


@settings(max_examples=6, deadline=None)
@given(changes=CHANGES)
def test_at_rate_0_the_present_value_is_the_sum_of_the_ledger(changes) -> None:
    """The whole run, the fiscal view: regime minus baseline in the Dataset's own costs by year."""
    ds = dataset({"helped": changes})
    made = appraise(ds, schedule="none", horizon_years=6)
    for ledger in ("narrow", "wide"):
        lines = counted_lines(ds, ledger, "all")
        cost = ds["cost"].isel(line=np.flatnonzero(lines)).sum(["line", "year"])
        expected = (cost.sel(regime="siloed") - cost.sel(regime="helped")).values[0]
        assert made.of("helped").view(ledger, "fiscal").net.amount == pytest.approx(expected, rel=1e-9, abs=1e-6)


@settings(max_examples=6, deadline=None)
@given(workers=st.floats(1, 30), starts=st.floats(0, 9))
def test_no_effect_has_no_benefit_and_costs_its_spend(workers, starts) -> None:
    ds = dataset({"helped": {"workers": workers, "starts": starts}, "same_money": {"workers": workers}}, noise=20.0)
    made = appraise(ds)
    for against in ("siloed", "same_money"):
        for view in made.of("helped", against).views:
            assert (view.gross.amount == 0).all()
            assert (view.cashable.amount == 0).all()
            assert (view.net.amount == -view.intervention.amount).all()
    assert (made.of("helped", "same_money").view("narrow", "social").net.amount == 0).all()


@settings(max_examples=6, deadline=None)
@given(changes=CHANGES)
def test_agencies_sum_to_the_total_and_permuting_them_moves_labels_alone(changes) -> None:
    one, other = (dataset({"helped": changes}, swap=swap) for swap in (False, True))
    assert (amounts(one) == amounts(other)).all()
    names = {"council": "dwp", "dwp": "council", "police": "police"}
    terms = terms_of(one)
    values = []
    for ds in (one, other):
        world, against = pairs_of(ds)[1]
        made = increments(ds, world, against, terms)
        lines = counted_lines(ds, "wide", "all")
        by_agency = discounted(to_agencies(ds, made.cost, lines), terms).mean(axis=0)
        whole = discounted(made.cost[..., np.flatnonzero(lines)].sum(axis=-1), terms).mean()
        assert by_agency.sum() == pytest.approx(whole, rel=1e-9, abs=1e-6)
        values.append(dict(zip(ds["agency"].values.tolist(), by_agency, strict=True)))
    for name, renamed in names.items():
        assert values[0][name] == pytest.approx(values[1][renamed], rel=1e-9, abs=1e-6)


def test_budget_of_both_readings_differ_by_what_is_not_cash() -> None:
    ds = dataset()
    terms = terms_of(ds)
    world, against = pairs_of(ds)[1]
    made = increments(ds, world, against, terms)
    every, cash = (budget_impact(ds, made, terms, reading).amount for reading in READINGS)
    assert (cash >= every - 1e-9).all()
    with pytest.raises(ValueError, match="no reading of savings"):
        budget_impact(ds, made, terms, "hopeful")


def test_before_the_start_nothing_differs() -> None:
    ds = dataset()
    terms = terms_of(ds)
    assert terms.base_point == START
    assert terms.all_steps == ds.sizes["step"] - 1 - START


def test_views_are_resources_and_everything() -> None:
    ds = dataset()
    kinds = set(ds["kind"].values[counted_lines(ds, "wide", VIEWS["social"])])
    assert kinds == {"resource"}
    assert counted_lines(ds, "wide", VIEWS["fiscal"]).all()


def test_terms_survive_a_results_file() -> None:
    spec = with_spec(growth={"care": 0.01}, cashability=(CashRule("a", ("care",), never=True),))
    assert from_json(to_json(spec)) == spec
    assert from_json("") == AppraisalSpec()
