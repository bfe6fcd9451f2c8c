"""An invest-to-save fund and a pooled budget: by hand, in double entry, and with no effect (never paid back)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.config import load
from sim.economics.cash.flows import Flows, cash_flows, first_for_good, flows_against_baseline
from sim.economics.cash.fund import COLUMNS, FUND, fund_account, fund_accounts, fund_tables
from sim.economics.cash.pooled_budget import POOL, pool_account, pool_accounts, pool_tables
from sim.economics.value.increments import increments
from sim.economics.value.terms import terms_of
from sim.errors import ModelError
from sim.model.appraisal import InvestToSave, PooledBudget, from_json, to_json
from sim.report.figures.money.fund import draw_fund, fund_table
from sim.report.figures.money.pool import draw_pool, pool_table
from sim.results.worlds import world_names
from tests.economics.priced import PLAIN, SPEC, chance, dataset
from tests.places import VALID

YEAR = 1.0
FUND_RULES = InvestToSave({"council": 0.5, "dwp": 1.0}, pays_months=24, within_months=60, after_months=24)
POOL_RULES = PooledBudget("spend", 3, "carry_over")


@pytest.fixture(scope="module")
def base() -> Flows:
    """A comparison whose flows tests replace."""
    ds = dataset()
    worlds = {world.regime: world for world in world_names(ds)}
    return cash_flows(ds, increments(ds, worlds["helped"], worlds["siloed"], terms_of(ds)), terms_of(ds))


def flows(base: Flows, spent: object, saved: object) -> Flows:
    """Make flows, (replication, step, agency), of agencies council, police and dwp."""
    return replace(base, spent=np.array(spent, dtype=float), saved=np.array(saved, dtype=float))


def test_a_fund_by_hand(base: Flows):
    """Steps are years. Spend 100 for two years; then savings of 80 (council) and 30 (dwp) a year.

    Owed 200 after two years; each year the council hands over 40 and the dwp 30: 130, 60, and in the fifth year 60 of
    the 70 offered, in proportion 40 : 30.
    """
    made = flows(base, [[[60, 0, 40]] * 5], [[[80, 9, 30]] * 5])
    account = fund_account(made, FUND_RULES, YEAR)
    assert account.advanced[0].tolist() == [[60, 0, 40]] * 2 + [[0, 0, 0]] * 3
    assert account.owed[0].tolist() == [100, 200, 130, 60, 0]
    np.testing.assert_allclose(account.repaid[0, 4], [60 * 4 / 7, 0, 60 * 3 / 7])
    assert account.month_repaid.tolist() == [60]
    assert account.shortfall.tolist() == [0]


def test_interest_limits_and_horizons(base: Flows):
    made = flows(base, [[[100, 0, 0]] * 4], [[[0, 0, 0]] * 4])
    owed = fund_account(made, replace(FUND_RULES, interest=0.1, within_months=48), YEAR).owed[0]
    np.testing.assert_allclose(owed, [100, 210, 231, 254.1])
    capped = fund_account(made, replace(FUND_RULES, at_most=130.0), YEAR)
    assert capped.advanced[0, :, 0].tolist() == [100, 30, 0, 0]
    assert fund_account(made, replace(FUND_RULES, within_months=36), YEAR).owed.shape == (1, 3)
    less = flows(base, [[[100, 0, -40]] * 2], [[[0, 0, 0]] * 2])
    assert fund_account(less, FUND_RULES, YEAR).advanced[0].tolist() == [[60, 0, 0]] * 2  # 60 more in all
    with pytest.raises(ValueError, match="there is no agency 'navy' to pay back"):
        fund_account(made, replace(FUND_RULES, repaid_from={"navy": 1.0}), YEAR)


def test_settled_for_good():
    settled = np.array([[1, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0]], dtype=bool)
    np.testing.assert_array_equal(first_for_good(settled), [1, 2, 3, np.nan])


amounts = st.lists(st.lists(st.floats(-100, 100), min_size=3, max_size=3), min_size=4, max_size=8)


@given(amounts, st.floats(0, 1), st.floats(0, 0.2))
@settings(max_examples=60, deadline=None)
def test_a_fund_never_takes_more_than_is_owed_or_saved(
    base: Flows, cells: list[list[float]], share: float, rate: float
):
    spent = np.array([cells])
    made = flows(base, spent, -spent[:, ::-1])
    rules = replace(FUND_RULES, repaid_from={"council": share, "police": 1.0}, interest=rate, within_months=96)
    one = fund_account(made, rules, YEAR)
    assert (one.owed >= 0).all()
    assert (one.repaid <= np.maximum(made.saved[:, : one.owed.shape[1]], 0) + 1e-9).all()
    assert not one.repaid[:, :, 2].any()
    if rate == 0:
        lent, back = one.advanced.sum(axis=(1, 2)), one.repaid.sum(axis=(1, 2))
        np.testing.assert_allclose(lent - back, one.shortfall, atol=1e-7)


def with_funds(changes=None, **options) -> xr.Dataset:
    fund = InvestToSave({"council": 1.0, "dwp": 1.0}, pays_months=12, within_months=60, after_months=0)
    return dataset(changes, spec=replace(SPEC, invest_to_save=fund, pooled_budget=POOL_RULES), **options)


def test_what_saves_nothing_is_never_paid_back():
    """`same_money` has the workers without the gains: all of what was lent is missing, exactly."""
    ds = with_funds()
    one = next(one for one in fund_accounts(ds, terms_of(ds)) if one.flows.world.regime == "same_money")
    assert one.lends
    assert np.isnan(one.month_repaid).all()
    assert not one.repaid.any()
    np.testing.assert_allclose(one.shortfall, one.advanced.sum(axis=(1, 2)))
    row = next(row for row in fund_table(ds).rows if row[0] == "same_money")
    assert row[3:6] == ("nobody", "never", "0 of 3")


def test_a_fund_that_is_lent_what_comes_back_at_once_is_whole_in_the_first_month():
    """With savings far above spend nothing is owed at the end of any month."""
    ds = with_funds({"helped": {"workers": 1.0, "claims": -200.0}, "same_money": {"workers": 1.0}})
    one = next(one for one in fund_accounts(ds, terms_of(ds)) if one.flows.world.regime == "helped")
    assert one.month_repaid.tolist() == [1.0] * 3


def test_a_regime_that_costs_nothing_more_is_lent_nothing():
    ds = with_funds({"helped": {"claims": -20.0}, "same_money": {}})
    assert [row[1] for row in fund_table(ds).rows] == ["0", "0"]


def test_every_month_of_the_fund_sums_to_zero():
    ds = with_funds(chance())
    (table,) = fund_tables(ds, terms_of(ds))
    columns, rows = table.names, table.rows
    assert (table.file, columns) == ("fund.csv", COLUMNS)
    at = {name: i for i, name in enumerate(columns)}
    sums: dict[tuple[object, ...], float] = {}
    for row in rows:
        key = (row[at["regime"]], row[at["month"]])
        sums[key] = sums.get(key, 0.0) + row[at["pays"]] - row[at["receives"]]
    assert max(map(abs, sums.values())) < 1e-6
    assert any(row[at["account"]] == FUND and row[at["receives"]] > 0 for row in rows)


def test_a_pool_by_hand(base: Flows):
    """Budget 100 a year, shares 3 : 1; services cost 80, 130 and 60: 20 is left, then 10 lacks, then 30 is left."""
    made = flows(base, [[[80, 0, 0], [100, 0, 30], [60, 0, 0], [999, 0, 0]]], np.zeros((1, 4, 3)))
    by = {"council": 3.0, "police": -5.0, "dwp": 1.0}
    carried = pool_account(made, replace(POOL_RULES, a_year=100.0), by, YEAR)
    assert carried.shares == (0.75, 0.0, 0.25)
    assert carried.left[0].tolist() == [20, -10, 0]
    assert carried.settled[0].tolist() == [[0, 0, 0], [0, 0, 0], [22.5, 0, 7.5]]
    clawed = pool_account(made, replace(POOL_RULES, a_year=100.0, year_end="clawback"), by, YEAR)
    assert clawed.left[0].tolist() == [0, 0, 0]
    assert clawed.settled[0].tolist() == [[15, 0, 5], [-22.5, 0, -7.5], [30, 0, 10]]
    expected = pool_account(made, replace(POOL_RULES, members=("dwp",)), by, YEAR)
    assert expected.paid_in[0].tolist() == [[0, 0, 90]] * 3  # (80 + 130 + 60) / 3, all from the one member
    with pytest.raises(ValueError, match="there is no agency 'navy' to pay in"):
        pool_account(made, replace(POOL_RULES, members=("navy",)), by, YEAR)


@given(amounts, st.sampled_from(["carry_over", "clawback"]), st.integers(1, 8), st.none() | st.floats(0, 1e3))
@settings(max_examples=60, deadline=None)
def test_a_pool_sums_to_zero(base: Flows, cells: list[list[float]], end: str, years: int, budget: float | None):
    """What is paid in, less what services and year ends take out, is what is left: 0 after the last year."""
    made = flows(base, [cells, cells[::-1]], np.zeros((2, len(cells), 3)))
    rules = PooledBudget("need", years, end, a_year=budget)
    one = pool_account(made, rules, {"council": 2.0, "police": 1.0, "dwp": 1.0}, YEAR)
    flow = (one.paid_in - one.services - one.settled).sum(axis=-1)
    np.testing.assert_allclose(np.cumsum(flow, axis=1), one.left, atol=1e-7)
    assert np.abs(one.left[:, -1]).max() < 1e-7


def test_the_pool_of_a_study_sums_to_zero_by_year():
    ds = with_funds(chance())
    (table,) = pool_tables(ds, terms_of(ds))
    columns, rows = table.names, table.rows
    assert table.file == "pool.csv"
    at = {name: i for i, name in enumerate(columns)}
    for part in ("paid_in", "services", "settled", "saved"):
        agencies = sum(row[at[part]] for row in rows if row[at["account"]] != POOL)
        assert agencies == pytest.approx(sum(row[at[part]] for row in rows if row[at["account"]] == POOL))
    assert {row[at["rule"]] for row in rows} == {"spend"}


def test_with_no_gain_there_is_nothing_to_share_a_pool_by():
    ds = dataset({"helped": {"workers": 20.0}, "same_money": {"workers": 20.0}}, spec=SPEC)
    assert pool_accounts(ds, terms_of(ds), replace(POOL_RULES, by="gain")) == []
    assert len(pool_accounts(ds, terms_of(ds), replace(POOL_RULES, by="need"))) == 2


def test_flows_are_those_of_the_appraisal_in_cash():
    """In the first year prices are those of 2012/13: 20 workers at £100 a month, 102 / 108 of 2015/16 pounds."""
    ds = dataset(PLAIN)
    one = next(one for one in flows_against_baseline(ds, terms_of(ds)) if one.world.regime == "helped")
    np.testing.assert_allclose(one.spent[:, :12].sum(axis=-1), 2000 * 102 / 108)
    claims = one.saved[:, 0, one.agencies.index("dwp")]
    np.testing.assert_allclose(claims, 10 * 600 / 12 * 102 / 108)


def test_tables_and_figures_say_their_terms():
    ds = with_funds(chance(), noise=0.2)
    for table in (fund_table(ds), pool_table(ds)):
        for said in ("narrow ledger", "Cash of each year, not discounted", "Evidence ends at month 24"):
            assert said in table.note
    ax = draw_fund(ds, regime="helped")
    assert "cash" in ax.get_title(loc="left")
    assert any("evidence ends at month 24" in text.get_text() for text in ax.texts)
    pool = draw_pool(ds)
    assert "evidence ends at month 24" in pool.get_xlabel()
    assert "cash" in pool.get_xlabel()
    with pytest.raises(ValueError, match="there is no fund for the regime 'nobody'"):
        draw_fund(ds, regime="nobody")
    with pytest.raises(ValueError, match="there is no pool"):
        draw_pool(dataset(PLAIN))


def test_rules_in_a_config_are_read_and_survive_a_file():
    spec = load(
        VALID,
        [
            "appraisal.invest_to_save={pays: 24, within: 60, repaid_from: {council: 0.5}, at_most: 1000}",
            "appraisal.pooled_budget={by: gain, year_end: clawback, years: 2, members: [council]}",
        ],
    ).appraisal
    assert spec.invest_to_save == InvestToSave({"council": 0.5}, 24, 60, 0.0, 0.0, 1000)
    assert spec.pooled_budget == PooledBudget("gain", 2, "clawback", ("council",), None)
    assert from_json(to_json(spec)) == spec


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("invest_to_save={pays: 24, within: 12, repaid_from: {council: 0.5}}", "must be after month 24"),
        ("invest_to_save={pays: 24, within: 60, repaid_from: {council: 2}}", "at most 1"),
        ("invest_to_save={pays: 24, within: 60, repaid_from: {navy: 0.5}}", "'navy' is no agency"),
        ("invest_to_save={pays: 24, within: 60, repaid_from: {}}", "at least 1"),
        ("pooled_budget={by: luck, year_end: clawback}", "gain"),
        ("pooled_budget={by: gain, year_end: clawback, members: [navy]}", "'navy' is no agency"),
    ],
)
def test_rules_that_mean_nothing_are_refused(setting: str, said: str):
    with pytest.raises(ModelError) as error:
        load(VALID, [f"appraisal.{setting}", "agencies={council: The council}"])
    assert said in " ".join(map(str, error.value.problems))
