"""The ledger of agencies by hand: double entry closes in every month, agencies sum to the appraisal, pools pay it all.

`priced.py`: `helped` has 7 fewer in care (£1,200 a year, council), 10 fewer claims (£600 a year, benefit, dwp), 20 more
workers (£100 a month, council), from point 12 on.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.economics.cash.ledger import COLUMNS, FAMILIES, SUPPLIERS, agency_ledger, ledger_tables
from sim.economics.cash.shares import RULES, agency_gains, pooled, pools, sharing_tables
from sim.economics.value.appraisal import appraise
from sim.economics.value.increments import increments
from sim.economics.value.terms import terms_of
from sim.results.worlds import world_names
from tests.economics.priced import annuity, chance, dataset


def books(ds, regime="helped", ledger="narrow"):
    terms = terms_of(ds)
    worlds = {world.regime: world for world in world_names(ds)}
    made = increments(ds, worlds[regime], worlds["siloed"], terms)
    return terms, made, agency_ledger(ds, made, terms, ledger)


def test_a_month_by_hand():
    """Council: 20 workers cost £2,000 more, 7 placements £700 less; dwp pays £500 less, which families lack."""
    _, _, kept = books(dataset())
    month = {
        (account, group.part, group.kind): float(kept.pays_more[0, 5, a, g])
        for a, account in enumerate(kept.accounts)
        for g, group in enumerate(kept.groups)
    }
    assert month["council", "services", "resource"] == pytest.approx(2000.0)
    assert month["council", "everything else", "resource"] == pytest.approx(-700.0)
    assert month["dwp", "everything else", "transfer"] == pytest.approx(-500.0)
    assert month[FAMILIES, "everything else", "transfer"] == pytest.approx(500.0)
    assert month[SUPPLIERS, "services", "resource"] == pytest.approx(-2000.0)
    assert month[FAMILIES, "services", "resource"] == 0.0


@pytest.mark.parametrize("ledger", ["narrow", "wide"])
def test_double_entry_closes_and_agencies_sum_to_the_appraisal(ledger):
    """Rounding alone: sums of a few numbers of some thousand pounds, in float64."""
    ds = dataset(chance(), 4, noise=2.0)
    terms, made, kept = books(ds, ledger=ledger)
    for pays in (kept.pays_more, kept.pays_more_in_cash):
        assert np.abs(pays.sum(axis=2)).max() < 1e-9
    transfers = [g for g, group in enumerate(kept.groups) if group.kind == "transfer"]
    assert transfers
    assert np.abs(kept.pays_more[..., transfers].sum(axis=(2, 3))).max() < 1e-9
    agencies = kept.pays_more[:, :, :-2].sum(axis=(2, 3)) * terms.factors()
    view = appraise(ds).of("helped").view(ledger, "fiscal")
    assert -agencies[:, : terms.steps].sum(axis=1) == pytest.approx(view.net.amount, rel=1e-12)
    gains = agency_gains(ds, made, terms, ledger)
    for ours, total in (("net", view.net), ("gross", view.gross), ("cashable", view.cashable)):
        assert sum(getattr(one, ours) for one in gains) == pytest.approx(total.amount, rel=1e-12)


def test_rows_are_by_month_and_agree_with_the_books():
    ds = dataset()
    (table,) = ledger_tables(ds, terms_of(ds))
    columns, rows = table.names, table.rows
    assert (table.file, columns) == ("ledger_monthly.csv", COLUMNS)
    at = {name: columns.index(name) for name in columns}
    mine = [r for r in rows if r[at["regime"]] == "helped" and r[at["account"]] == "dwp"]
    assert [r[at["month"]] for r in mine] == [float(m) for m in range(1, 73)]
    assert {(r[at["pays_more"]], r[at["gross_saving"]]) for r in mine} == {(-500.0, 500.0)}
    assert mine[0][at["financial_year"]] == "2012/13"
    assert sum(r[at["pays_more"]] for r in rows) == pytest.approx(0.0, abs=1e-6)
    staff = [r for r in rows if r[at["part"]] == "services"]
    assert {r[at["gross_saving"]] for r in staff} == {0.0}


def test_who_loses_and_what_each_rule_asks():
    """Council loses (2,000 - 700) x 12 a year, dwp gains 6,000: together they lose, and no transfer mends that."""
    ds = dataset()
    terms, made, _ = books(ds)
    pool = pooled(agency_gains(ds, made, terms))
    years = annuity(0.035, 5)
    net = {one.agency: float(one.net.mean()) for one in pool.gains}
    assert net == pytest.approx({"council": -15_600 * years, "police": 0.0, "dwp": 6_000 * years})
    assert pool.loses == ("council",)
    assert not pool.transfers
    assert "together lose" in pool.why_none
    assert pool.budget == pytest.approx(24_000 * years)
    for rule in RULES[:2]:
        assert sum(pool.pays_in[rule].values()) == pytest.approx(pool.budget)
    assert pool.pays_in["gain"]["dwp"] == pytest.approx(pool.budget * 6_000 / 14_400)
    # 100 children at £1,200 and 300 claims at £600; ten workers at £100 a month are spend, and no need.
    spent, need = ({"council": care, "police": 0.0, "dwp": 180_000.0} for care in (132_000.0, 120_000.0))
    for rule, by in (("spend", spent), ("need", need)):
        whole = sum(by.values())
        assert pool.pays_in[rule] == pytest.approx({name: pool.budget * of / whole for name, of in by.items()})


def test_the_smallest_transfer_makes_the_loser_whole():
    """With 40 fewer claims dwp gains £24,000 a year, more than council loses: it pays council's loss, no more."""
    ds = dataset({"helped": {"in care": -7.0, "claims": -40.0, "workers": 20.0}})
    made, pool = next((m, p) for m, p in pools(ds, terms_of(ds)) if m.world.regime == "helped")
    assert made.against.regime == "siloed"
    ((moved),) = pool.transfers
    assert (moved.giver, moved.taker) == ("dwp", "council")
    assert moved.pounds == pytest.approx(15_600 * annuity(0.035, 5))


def test_sheets_hold_every_agency_of_every_comparison():
    ds = dataset(chance(), 4)
    made = {table.file: table for table in sharing_tables(ds, terms_of(ds))}
    columns, rows = made["sharing.csv"].names, made["sharing.csv"].rows
    assert len(rows) == 3 * 3  # agencies x comparisons
    assert all(len(row) == len(columns) for row in rows)
    assert {row[columns.index("price_year")] for row in rows} == {"2015/16"}
    transfers = made["transfers.csv"]
    assert all(len(row) == len(transfers.names) for row in transfers.rows)


def test_permuting_who_pays_changes_labels_only():
    one, other = (dataset(swap=swap) for swap in (False, True))
    net = [{x.agency: float(x.net.mean()) for x in agency_gains(ds, books(ds)[1], terms_of(ds))} for ds in (one, other)]
    assert (net[0]["council"], net[0]["dwp"]) == pytest.approx((net[1]["dwp"], net[1]["council"]))
