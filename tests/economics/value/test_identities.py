"""Identities of money on random counts and prices that differ between regimes, month by month, to rounding.

What a line costs more is what it counts more at the other regime's price, and what its own price changed on its own
counts; agencies' money is the total, areas' the nation's; each account of the ledger receives its own kind of payment.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import xarray as xr

from sim.economics.cash.budget import READINGS, area_running, budget_impact
from sim.economics.cash.flows import Flows
from sim.economics.cash.fund import fund_account
from sim.economics.cash.ledger import FAMILIES, SUPPLIERS, agency_ledger
from sim.economics.cash.pooled_budget import pool_account
from sim.economics.cash.shares import agency_gains
from sim.economics.value.accounts import among_starts
from sim.economics.value.appraisal import pairs_of
from sim.economics.value.card import counted
from sim.economics.value.increments import (
    Increments,
    biased,
    counted_lines,
    discounted,
    increments,
    programme_lines,
    summed,
    to_agencies,
)
from sim.economics.value.present_value import present_value_per_family
from sim.economics.value.terms import Terms, terms_of
from sim.model.appraisal import InvestToSave, PooledBudget
from sim.results.worlds import world_names
from tests.economics.priced import CARD, dataset, with_spec

MONTH = 1 / 12
CLOSE = {"rel": 1e-9, "abs": 1e-6}


@pytest.fixture(scope="module", params=range(3))
def study(request: pytest.FixtureRequest) -> xr.Dataset:
    """A study of which every count and price is random, and one line a tax; counts of areas follow the nation's."""
    rng = np.random.default_rng([11, request.param])
    ds = dataset(spec=with_spec(horizon_years=4.0))
    shape = ds["meters"].shape
    meters = rng.integers(0, 40, shape).astype(np.float64)
    prices = ds["price"].values * rng.uniform(0.5, 2.0, ds["price"].shape)
    kinds = ds["kind"].values.copy()
    kinds[list(ds["line"].values).index("calls")] = "tax"
    return ds.assign(meters=(ds["meters"].dims, meters), price=(ds["price"].dims, prices)).assign_coords(
        kind=("line", kinds)
    )  # fmt: skip


def compared(ds: xr.Dataset) -> list[tuple[Increments, Terms]]:
    """Compare every pair of the study."""
    terms = terms_of(ds)
    return [(increments(ds, *pair, terms), terms) for pair in pairs_of(ds)]


def test_more_is_fewer_at_the_other_price_and_what_was_repriced(study: xr.Dataset) -> None:
    for made, _ in compared(study):
        assert made.repriced.any()
        assert made.cost == pytest.approx(made.repriced - made.reduction * made.price, **CLOSE)


def test_agencies_spend_what_the_other_regime_costs_in_all(study: xr.Dataset) -> None:
    for made, terms in compared(study):
        every = counted_lines(study, terms.ledger, "all")
        gains = agency_gains(study, made, terms)
        whole = summed(discounted(made.other_cost, terms), every)
        assert sum(one.spend for one in gains) == pytest.approx(whole, **CLOSE)
        assert sum(one.net for one in gains) == pytest.approx(-summed(discounted(made.cost, terms), every), **CLOSE)


def test_each_account_receives_its_own_kind_of_payment(study: xr.Dataset) -> None:
    """Taxes and benefits pass between agencies and families, resources go to suppliers; all sum to 0."""
    for made, terms in compared(study):
        books = agency_ledger(study, made, terms, "wide")
        families, suppliers = (books.accounts.index(name) for name in (FAMILIES, SUPPLIERS))
        assert {group.kind for group in books.groups} == {"resource", "transfer", "tax"}
        assert books.pays_more.sum(axis=2) == pytest.approx(0.0, abs=1e-6)
        for g, group in enumerate(books.groups):
            nobody, somebody = (families, suppliers) if group.kind == "resource" else (suppliers, families)
            assert not books.pays_more[:, :, nobody, g].any()
            assert books.pays_more[:, :, somebody, g].any()


def test_areas_add_up_to_the_nation() -> None:
    """Yearly, all savings counted, where a price does not change within a year and areas share the counts evenly."""
    ds = dataset(noise=3.0)
    terms = terms_of(ds)
    for pair in pairs_of(ds):
        impact = budget_impact(ds, increments(ds, *pair, terms), terms, READINGS[0])
        running, years = area_running(ds, *pair, terms)
        by_year = impact.amount.sum(axis=-1)
        nation = np.cumsum(np.concatenate([by_year, by_year.sum(axis=-1, keepdims=True)], axis=-1), axis=1)
        assert tuple(years) == impact.years
        assert running.sum(axis=1) == pytest.approx(nation, **CLOSE)


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.2])
def test_a_debt_grows_by_compound_interest_month_by_month(rate: float) -> None:
    """£100 lent in the first month and never paid back is 100 (1 + i)^((n - 1) / 12) after n months."""
    spent, saved = np.zeros((1, 36, 1)), np.zeros((1, 36, 1))
    spent[0, 0, 0] = 100.0
    flows = Flows(None, ("council",), spent, saved)  # type: ignore[arg-type]
    rules = InvestToSave({"council": 1.0}, pays_months=1, after_months=0, within_months=36, interest=rate)
    owed = fund_account(flows, rules, MONTH).owed[0]
    assert owed == pytest.approx(100.0 * (1 + rate) ** (np.arange(36) / 12), rel=1e-12)


@pytest.mark.parametrize("end", ["carry_over", "clawback"])
@pytest.mark.parametrize(("months", "years"), [(36, 5), (36, 2), (30, 5), (12, 1)])
def test_a_pool_asks_for_what_services_cost_over_the_years_that_there_are(
    months: int, years: int, end: Literal["carry_over", "clawback"]
) -> None:
    """£10 a month: however many years are asked for, over those of the run it takes in what services cost in them."""
    spent = np.full((2, months, 2), 5.0)
    flows = Flows(None, ("council", "nhs"), spent, np.zeros_like(spent))  # type: ignore[arg-type]
    account = pool_account(flows, PooledBudget("spend", years, end), {"council": 1.0, "nhs": 3.0}, MONTH)
    within = min(months, 12 * years)
    assert account.services.sum(axis=(1, 2)) == pytest.approx([10.0 * within] * 2)
    assert account.paid_in.sum(axis=(1, 2)) == pytest.approx([10.0 * within] * 2)
    assert account.left[:, -1] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("what", ["meters", "price"])
def test_a_count_or_price_that_is_no_number_is_an_error(what: str) -> None:
    ds = dataset()
    values = ds[what].values.copy()
    values[..., -1, 0] = np.nan
    spoilt = ds.assign({what: (ds[what].dims, values)})
    terms = terms_of(spoilt)
    with pytest.raises(ValueError, match=f"{what} of .* are not finite numbers"):
        increments(spoilt, *pairs_of(spoilt)[0], terms)


def test_amounts_that_are_no_numbers_are_errors() -> None:
    ds = dataset()
    terms = terms_of(ds)
    made = increments(ds, *pairs_of(ds)[0], terms)
    bad, lines = made.cost.copy(), programme_lines(ds) | True
    bad[0, 0, 0] = np.inf
    counts = made.counts.copy()
    counts[0, 0] = np.nan
    for call in (
        lambda: biased(ds, bad, terms),
        lambda: summed(bad, lines),
        lambda: discounted(bad, terms),
        lambda: to_agencies(ds, bad, lines),
        lambda: among_starts(ds, world_names(ds)[-1], "one_episode", bad),
        lambda: counted(ds, CARD[0], counts, terms),
        lambda: present_value_per_family(ds, world_names(ds)[0], "narrow", [(0.0, np.nan)]),
    ):
        with pytest.raises(ValueError, match="not finite numbers"):
            call()
