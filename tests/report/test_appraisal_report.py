"""What a run writes of its appraisal: keys that scripts rely on, tables that say their terms, figures, speed."""

import csv
import io
import json
import time

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from typer.testing import CliRunner

from sim.cli import app
from sim.economics.report import full_appraisal
from sim.economics.rows import appraisal_tables
from sim.economics.summary import summarise
from sim.economics.value.appraisal import appraise
from sim.report import appraisal_tables as tables
from sim.report.figures.money.budget import plot_budget
from sim.report.figures.money.cash_tornado import plot_cash_tornado
from sim.report.figures.money.npsv import plot_npsv
from sim.report.tables import comparisons, headline
from sim.results.folder.store import read_results
from tests.economics.priced import PLAIN, chance, dataset, with_spec
from tests.plain_runs import run_plainly

RUN = ["--set", "units.family.size=200", "--set", "clock.steps=25", "--replications", "2", "--quiet"]


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    return dataset(chance(), 4)


@pytest.fixture(scope="module")
def full(ds):
    return full_appraisal(ds)


def test_the_keys_that_scripts_rely_on_are_filled(ds, full) -> None:
    summary = summarise(ds, full)
    json.dumps(summary, allow_nan=False)
    held = summary["differences"]["helped"]
    view = full.appraisal.of("helped").view("narrow", "social")
    assert held["npsv"] == float(view.net.amount.mean())
    assert set(held["bcr"]) == {"mean", "low", "high"}
    assert held["bcr"]["low"] < held["bcr"]["mean"] < held["bcr"]["high"]
    assert held["payback_month"] is None
    other = summary["comparisons"]["helped"]["same_money"]
    assert other["bcr"] == {"mean": None, "low": None, "high": None}
    assert other["npsv"] > 0
    terms = summary["appraisal"]["terms"]
    assert (terms["price_year"], terms["base_year"], terms["evidence_ends_month"]) == ("2015/16", "2012/13", 24.0)
    assert summary["appraisal"]["unvalued"] == {"items": 3, "without_economic_value": 3, "without_social_value": 3}
    assert summary["appraisal"]["never_cash"] == ["calls"]


def test_every_row_of_every_table_has_all_its_columns_and_its_terms(full) -> None:
    made = {table.file: table for table in appraisal_tables(full)}
    assert set(made) == {
        "appraisal.csv", "card.csv", "switching.csv", "cashability.csv", "unvalued.csv", "budget.csv", "funding.csv",
    }  # fmt: skip
    for name, table in made.items():
        assert table.rows, name
        assert all(len(row) == len(table.names) for row in table.rows), name
        if name not in ("unvalued.csv", "budget.csv", "funding.csv"):
            assert {"price_year", "schedule", "base_year", "evidence_ends_month"} <= set(table.names)
    columns, rows = made["budget.csv"].names, made["budget.csv"].rows
    assert {row[columns.index("period")] for row in rows} == {"first", "second", "outside the periods"}
    beyond = {row[columns.index("year")] for row in rows if row[columns.index("evidence")] == "beyond"}
    assert beyond == {"2014/15", "2015/16", "2016/17", "2017/18"}


def test_budget_rows_sum_to_the_peak_at_the_end(full) -> None:
    """All agencies' cash over all years is the closing balance of everybody together."""
    tables_of = {table.file: table for table in appraisal_tables(full)}
    budget, funding = (tables_of[name] for name in ("budget.csv", "funding.csv"))
    column = budget.names.index
    total = sum(
        row[column("mean")] for row in budget.rows
        if (row[0], row[2], row[column("savings")]) == ("helped", "siloed", "all savings")
    )  # fmt: skip
    found = [
        row[funding.names.index("at_end_mean")] for row in funding.rows
        if row[0] == "helped" and row[2] == "siloed" and row[3:6] == ("all areas", "all agencies", "all savings")
    ]  # fmt: skip
    assert found == [pytest.approx(total, rel=1e-9)]
    places = {
        row[3]: row[funding.names.index("at_end_mean")] for row in funding.rows
        if (row[0], row[2], row[4], row[5]) == ("helped", "siloed", "all agencies", "all savings")
    }  # fmt: skip
    assert set(places) == {"all areas", "north", "south"}


def test_tables_say_where_evidence_ends_and_both_comparisons(ds, full) -> None:
    made = (tables.worth, tables.fiscal, tables.cards, tables.switching, tables.budgets, tables.funding)
    for make in made:
        table = make(full)
        assert "Evidence ends at month 24" in table.note
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)
    assert [row[:3] for row in tables.worth(full).rows] == [
        ("same_money", "siloed", "extra"), ("helped", "siloed", "extra"), ("helped", "same_money", "equal"),
    ]  # fmt: skip
    assert "3 of 3 items have neither" in tables.unvalued(full).note
    summary = summarise(ds, full)
    assert "net present value, £m" in headline(summary).columns
    assert "evidence ends at month 24" in headline(summary).note
    assert comparisons(summary).columns[-1] == "net present value, £m"


@pytest.mark.parametrize("plot", [plot_npsv, plot_budget, plot_cash_tornado])
def test_figures_draw_and_say_where_evidence_ends(ds, plot) -> None:
    ax = plot(ds)
    assert isinstance(ax, Axes)
    said = [text.get_text() for text in ax.texts] + [ax.get_xlabel()]
    assert any("evidence ends at month 24" in text for text in said)
    with pytest.raises(ValueError, match="no regime 'x' to compare"):
        plot(ds, regime="x")


def test_a_study_without_dates_or_deflators_has_no_cash_and_says_why() -> None:
    ds = dataset(PLAIN, spec=with_spec(inflation=None))
    full = full_appraisal(ds)
    assert "give 'appraisal.inflation'" in full.why_no_cash
    assert "budget.csv" not in {table.file for table in appraisal_tables(full)}
    assert full_appraisal(ds.assign_attrs(start="")).why_no_cash.startswith("the clock has no date")


def test_a_regime_that_begins_at_the_end_is_not_appraised() -> None:
    ds = dataset(PLAIN)
    ds["start"] = ds["start"] * 7
    assert full_appraisal(ds).found == ()


def test_one_regime_alone_is_not_appraised() -> None:
    full = full_appraisal(dataset(PLAIN).sel(regime=["siloed"]).assign_attrs(worlds='[["siloed", "siloed", ""]]'))
    assert (full.found, appraisal_tables(full)) == ((), [])


@pytest.mark.slow
def test_a_hundred_replications_in_two_seconds() -> None:
    """The size of the national study: nine comparisons of 69 lines over 120 months are some 9 x these four lines."""
    ds = dataset(chance(), 100, noise=5.0)
    wide = xr.concat([ds.assign_coords(line=np.char.add(ds["line"].values, str(i))) for i in range(17)], "line",
                     data_vars="minimal")  # fmt: skip
    begin = time.perf_counter()
    for _ in range(3):
        appraise(wide)
    assert time.perf_counter() - begin < 2.0


def test_a_run_writes_the_appraisal_beside_the_rest(tmp_path) -> None:
    out = tmp_path / "run"
    result = CliRunner().invoke(app, ["run", "demo", "--out", str(out), *RUN])
    assert result.exit_code == 0, result.output
    _, summary, _ = read_results(out)
    assert summary["differences"]["integrated"]["npsv"] is not None
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["files"]
    for name in ("appraisal.csv", "budget.csv", "card.csv", "figures/npsv.svg", "figures/budget.png"):
        assert name in manifest
    rows = list(csv.DictReader(io.StringIO((out / "appraisal.csv").read_text(encoding="utf-8-sig"))))
    assert {row["price_year"] for row in rows} == {"2015/16"}
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Is it worth it?" in page
    assert "Who is better or worse off: one key worker" in page
    equity = summary["equity"]
    whole = {one["measure"]: one for one in equity["gains"] if one["by"] == "all"}
    assert {one["families"] for one in whole.values()} == {equity["families"]}
    told = list(csv.DictReader(io.StringIO((out / "gains.csv").read_text(encoding="utf-8-sig"))))
    cost = next(row for row in told if (row["by"], row["measure"]) == ("all", "cost, narrow ledger"))
    assert float(cost["difference"]) == whole["cost, narrow ledger"]["difference"]["mean"]


def test_a_run_that_follows_no_family_says_how_to_be_told_who_is_better_off(tmp_path) -> None:
    out = tmp_path / "run"
    result = run_plainly("demo", "--totals", "--out", str(out), *RUN)
    assert result.exit_code == 0, result.output
    assert "equity" not in read_results(out)[1]
    assert not (out / "gains.csv").exists()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "who is better or worse off (families report DIR --families)" in page
