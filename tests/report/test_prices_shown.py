"""What people read says which series of prices brought pounds to their year, marks forecasts and what was not observed.

No theory: the words of one small run in prices of 2025/26, whose deflator is a forecast, with an old price in it.
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import xarray as xr
from matplotlib.text import Text

import sim
from sim.economics.report import full_appraisal
from sim.economics.summary import summarise
from sim.economics.value.terms import stated_terms
from sim.exhibits.style import NARROW
from sim.exhibits.svg import figure_of
from sim.report.answer import basis
from sim.report.appraisal_tables import budgets, terms_note
from sim.report.figures import figures
from sim.report.html import write_report
from sim.report.tables import headline
from sim.report.workbook.book import write_workbook
from sim.results.facts import facts_of
from sim.results.folder.run_record import run_record
from tests.places import ROOT

SERIES = "GDP deflator of March 2026 (2024/25 = 100, T-D1)"
FORECAST = "2025/26 prices (a forecast)"
STUDY = f"""
extends: [{ROOT / "tests" / "configs" / "key_workers.yaml"}, costs/deflators_2026]
replications: 2
price_year: 2025/26
clock: {{start: 2024-04, steps: 24}}
regimes: {{with_key_workers: {{start: 2024-04}}}}
costs:
  - {{name: acute, price: {{value: 15000, low: 10000, high: 20000, price_year: 2013/14, source: C2, status: uprated}}}}
  - {{name: posts, price: {{value: 45000, low: 4e4, high: 5e4, price_year: 2024/25, source: T-U1, status: observed}}}}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> sim.Scenario:
    path = tmp_path_factory.mktemp("study") / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return sim.load(path)


@pytest.fixture(scope="module")
def ds(scenario: sim.Scenario) -> xr.Dataset:
    return sim.simulate(scenario)


def test_results_and_summary_name_the_series(scenario: sim.Scenario, ds: xr.Dataset) -> None:
    summary = summarise(ds)
    assert facts_of(ds).price_series == scenario.price_series
    assert summary["price_series"]["vintage"] == "March 2026"
    assert (summary["price_year"], summary["price_forecast"]) == ("2025/26", True)
    assert summary["appraisal"]["terms"]["price_forecast"] is True


def test_sentences_mark_prices_of_a_forecast_year(scenario: sim.Scenario, ds: xr.Dataset) -> None:
    summary, full = summarise(ds), full_appraisal(ds)
    assert f"Costs in {FORECAST}, undiscounted" in headline(summary).note
    assert stated_terms(scenario).startswith(f"{FORECAST}, ")
    assert terms_note(full.terms).startswith(f"{FORECAST}, base year 2024/25")
    assert dict(basis(summary, {}))["Prices"] == f"{FORECAST}, by the {SERIES}; discounted by none"
    assert "The deflators of 2025/26 are forecasts." in budgets(full).note


def test_no_figure_names_a_forecast_year_without_saying_so(ds: xr.Dataset) -> None:
    said = {}
    for exhibit in figures():
        if not exhibit.source and exhibit.applies(ds):
            texts = figure_of(exhibit.draw(ds, canvas=NARROW)).findobj(Text)
            told = [text.get_text() for text in texts] + ([str(exhibit.table(ds))] if exhibit.table else [])
            said[exhibit.name] = " ".join(" ".join(told).split())
    assert {"payers", "npsv", "budget"} <= set(said)
    for name, words in said.items():
        assert words.count("2025/26 prices") == words.count(FORECAST), name
    assert "narrow ledger, forecast prices of 2025/26" in said["payers"]
    assert "2024/25 2025/26*" in said["budget"]


def test_the_page_and_the_workbook_say_what_was_not_observed(
    scenario: sim.Scenario, ds: xr.Dataset, tmp_path: Path
) -> None:
    summary, run, full = summarise(ds), run_record(scenario), full_appraisal(ds)
    page = tmp_path / "report.html"
    write_report(page, ds, summary, run, [], full=full)
    text = page.read_text(encoding="utf-8")
    assert "Of the prices, 1 is uprated, not observed" in text
    assert text.count("uprated, not observed</td>") == 1
    write_workbook(tmp_path / "book.xlsx", ds, summary, run, full)
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    told = {name: list(book[name].iter_rows(values_only=True)) for name in ("Read me", "Assumptions")}
    assert ("Prices", f"{FORECAST}, by the {SERIES}; discounted by none") in {row[:2] for row in told["Read me"]}
    assert ("Series of prices", SERIES) in {row[:2] for row in told["Read me"]}
    why = {row[0]: str(row[-1]) for row in told["Assumptions"]}
    assert why["costs.acute.price.value"] == "uprated, not observed"
    assert why["costs.posts.price.value"] == "observed"
    assert any("Of the prices, 1 is uprated, not observed." in str(row[0]) for row in told["Assumptions"])
