"""The workbook: the numbers of the run to the last digit, as numbers; text as text; the same bytes for the same run.

Read back with another library than the one that writes it.
"""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xarray as xr
from openpyxl.workbook import Workbook

from sim.economics.report import full_appraisal
from sim.economics.rows import budget_table
from sim.economics.summary import summarise
from sim.exhibits import xlsx as workbook
from sim.exhibits.pen import MOST_TEXT
from sim.report.answer import answer
from sim.report.workbook.book import write_workbook
from sim.results.dataset import to_dataset
from sim.results.folder.run_record import run_record
from sim.results.tidy import waits_rows
from tests import synthetic

SHEETS = [
    "Cover", "Contents", "Read me", "Accounts", "Calculator", "Yearly sums", "Appraisal", "Costs and outcomes",
    "Budget impact", "Waits", "Groups of families", "Assumptions",
]  # fmt: skip
TABLES = [name for name in SHEETS if name not in ("Cover", "Calculator")]
HEAD = 4
"""The row of the headings; rows follow."""
ENDS = ("mean", "low", "high")
DIGITS = 1e-15
"""A cell of the file holds 16 significant digits."""
CONFIG = """
title: "=HYPERLINK(\\"http://example.org\\")"
costs:
  - name: "=1+1"
    meter: calls
    price:
      {value: 150, unit: gbp, low: 100, high: 200, source: "@cmd", locator: "+SUM(A1)", quality: here,
       price_year: "2015/16"}
  - name: key workers
    times: {value: 2, unit: ratio, source: assumption, why: "-2+3"}
"""
Run = tuple[xr.Dataset, dict, dict]


@pytest.fixture(scope="module")
def run() -> Run:
    """Make up a run whose title, line, agency and sources all look like formulas."""
    made = synthetic.scenario()
    worlds = []
    for world in made.worlds:
        costs = [replace(world.model.costs[0], name="=1+1", payers={"+SUM(A1)": 0.75, "council": 0.25})]
        worlds.append(replace(world, model=replace(world.model, costs=(*costs, *world.model.costs[1:]))))
    origins = {"costs.=1+1.price.value": "-2+3"}
    made = replace(made, title="=HYPERLINK(1)", worlds=tuple(worlds), resolved=CONFIG, origins=origins)
    ds = to_dataset(made, synthetic.layout(made), synthetic.records(made))
    return ds, summarise(ds), run_record(made)


@pytest.fixture(scope="module")
def path(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("book") / "workbook.xlsx"
    write_workbook(made, *run)
    return made


@pytest.fixture(scope="module")
def book(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


def rows_of(book: Workbook, sheet: str) -> list[dict]:
    """Give the rows of a table by heading; of headings that come again, the ends of an interval, the first."""
    heads = [cell.value for cell in book[sheet][HEAD]]
    rows = [tuple(cell.value for cell in row) for row in book[sheet].iter_rows(min_row=HEAD + 1)]
    return [dict(reversed(list(zip(heads, row, strict=True)))) for row in rows if any(row)]


def test_every_sheet_is_there_and_easy_to_move_in(book: Workbook) -> None:
    assert book.sheetnames == SHEETS
    assert len(SHEETS) <= 12
    for name in TABLES:
        sheet = book[name]
        assert sheet["A1"].value == name
        assert sheet["A2"].value
        assert sheet.freeze_panes.endswith(str(HEAD + 1))
        assert sheet.print_title_rows == f"${HEAD}:${HEAD}"
        assert all(cell.font.bold for cell in sheet[HEAD])
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert int(sheet.page_setup.fitToWidth or 1) == 1
    links = [row[0].hyperlink.location for row in book["Contents"].iter_rows(min_row=HEAD + 1)]
    assert links == [f"'{name}'!A1" for name in SHEETS[2:]]


def test_a_note_stands_where_it_says_more_than_its_heading_alone(book: Workbook) -> None:
    notes = [(sheet.title, cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.comment]
    assert notes == [("Appraisal", "Payback, month")]


def test_regime_and_reading_are_two_columns_in_words(book: Workbook) -> None:
    for name in ("Yearly sums", "Appraisal", "Costs and outcomes", "Budget impact", "Waits"):
        heads = [cell.value for cell in book[name][HEAD]]
        assert heads[:2] == ["Regime", "Reading of the evidence"]
        assert {row["Regime"] for row in rows_of(book, name)} <= {"siloed", "integrated"}
    told = [cell.value for row in book["Read me"].iter_rows() for cell in row]
    assert "Reading of the evidence; in CSV files and configs: no_effect." in told
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not any("siloed/" in text or "integrated/" in text for text in texts)


def test_titles_of_the_config_are_used_and_told_apart(run: Run, tmp_path: Path) -> None:
    ds, summary, record = run
    titles = {"siloed": "today", "integrated": "Today"}
    titled = ds.assign_attrs(regime_titles=json.dumps(titles))
    write_workbook(tmp_path / "titled.xlsx", titled, summary, record)
    regimes = {row["Regime"] for row in rows_of(openpyxl.load_workbook(tmp_path / "titled.xlsx"), "Waits")}
    assert regimes == {"today (siloed)", "Today (integrated)"}


def test_the_appraisal_is_that_of_summary_json_and_a_saving_is_positive(run: Run, book: Workbook) -> None:
    found = [
        (one, ledger, view, told)
        for one in run[1]["appraisal"]["comparisons"]
        for ledger, views in one["ledgers"].items()
        for view, told in views.items()
    ]
    for row, (one, ledger, view, told) in zip(rows_of(book, "Appraisal"), found, strict=True):
        assert (row["Ledger"], row["Against"]) == (ledger, one["against_regime"].replace("_", " "))
        assert view in row["View"]
        for heading, figure in (("Net value, £m", "net"), ("Saved, £m", "gross"), ("Spent, £m", "intervention")):
            assert row[heading] == pytest.approx(told[figure]["mean"] / 1e6, rel=1e-12)
        assert row["Low"] == pytest.approx(told["net"]["low"] / 1e6, rel=1e-12)


def test_costs_and_outcomes_are_those_of_summary_json(run: Run, book: Workbook) -> None:
    summary = run[1]
    rows = {
        (row["Regime"], row["Reading of the evidence"], row["What"]): row for row in rows_of(book, "Costs and outcomes")
    }
    level, change = (
        summary[part]["integrated/measured"]["cost_per_family_year"]["wide"] for part in ("regimes", "differences")
    )
    row = rows["integrated", "measured", "Cost, wide ledger"]
    assert [row["Mean"], row["Low"], row["High"]] == pytest.approx([level[end] for end in ENDS], rel=DIGITS)
    assert row["Less than under the baseline"] == pytest.approx(-change["mean"], rel=DIGITS)
    assert rows["siloed", "measured", "Cost, wide ledger"]["Less than under the baseline"] is None


def test_waits_are_those_of_the_nation(run: Run, book: Workbook) -> None:
    expected = [row for row in waits_rows(run[0]) if row[2] == "all areas"]
    for row, figures in zip(rows_of(book, "Waits"), expected, strict=True):
        assert row["Service"] == figures[3].replace("_", " ")
        known = [(a, b) for a, b in zip(list(row.values())[::-1][3:], figures[4:], strict=True) if b is not None]
        assert [a for a, _ in known] == pytest.approx([b for _, b in known], rel=DIGITS)


def test_cash_freed_is_what_budget_csv_says_is_paid_turned_round(run: Run, book: Workbook) -> None:
    full = full_appraisal(run[0])
    rows = rows_of(book, "Budget impact")
    if full.why_no_cash:
        assert rows == []
        assert full.why_no_cash in book["Budget impact"]["A2"].value
        return
    paid = sum(row[-3] for row in budget_table(full).rows if row[2] == "siloed")
    parts = [row for row in rows if row["Budget"] != "all"]
    freed = {who: sum(row["All years"] for row in parts if (row["Agency"] == "all agencies") == who)
             for who in (True, False)}  # fmt: skip
    assert freed[True] == pytest.approx(-paid / 1e6)
    assert freed[False] == pytest.approx(-paid / 1e6)
    assert sum(row["All years"] for row in rows if row["Budget"] == "all") == pytest.approx(-paid / 1e6)


def test_the_cover_has_the_sentence_the_headline_and_two_charts_with_words(
    run: Run, book: Workbook, path: Path
) -> None:
    summary, sheet = run[1], book["Cover"]
    assert sheet["A2"].value == answer(summary)[0]
    found = next(one for one in summary["appraisal"]["comparisons"]
                 if (one["name"], one["against_regime"]) == ("integrated/measured", "siloed"))  # fmt: skip
    cells = [tuple(cell.value for cell in row) for row in sheet.iter_rows()]
    row = next(row for row in cells if row[0] == "measured")
    net = found["ledgers"]["narrow"]["social"]["net"]
    assert row[1:4] == pytest.approx([net[end] / 1e6 for end in ENDS], rel=1e-12)
    with zipfile.ZipFile(path) as packed:
        charts = [name for name in packed.namelist() if name.startswith("xl/charts/chart")]
        drawing = packed.read("xl/drawings/drawing1.xml").decode()
    assert len(charts) == 2
    assert drawing.count("descr=") == 2
    assert f"{net['mean'] / 1e6:,.0f}m" in drawing


def test_text_is_never_a_formula_a_link_or_a_number(book: Workbook) -> None:
    found = set()
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if sheet.title == "Calculator" and cell.data_type == "f":
                    continue
                assert cell.data_type != "f", f"{sheet.title}!{cell.coordinate}"
                if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")):
                    assert cell.quotePrefix, f"{sheet.title}!{cell.coordinate} turns into a formula when edited"
                    found.add(cell.value)
    assert {"=1+1", "=HYPERLINK(1)", "@cmd", "+SUM(A1); here"} & found == {"=HYPERLINK(1)", "@cmd", "+SUM(A1); here"}
    assert book["Cover"]["A1"].value == "=HYPERLINK(1)"


def test_names_that_look_like_formulas_and_patterns_are_found_by_formulas_of_the_calculator(
    run: Run, tmp_path: Path
) -> None:
    """What is looked up is compared, and never read as a pattern or a condition."""
    ds, summary, record = run
    titled = ds.assign_attrs(regime_titles=json.dumps({"integrated": '=1+1 "*?'}))
    write_workbook(tmp_path / "odd.xlsx", titled, summary, record)
    sheet = openpyxl.load_workbook(tmp_path / "odd.xlsx")["Calculator"]
    formulas = [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert not any("SUMIF" in text or "MATCH" in text or "COUNTIF" in text for text in formulas)
    assert sum("chosen_regime" in text for text in formulas) > 20


def test_numbers_are_numbers_and_text_is_text(book: Workbook) -> None:
    for name in TABLES:
        for row in book[name].iter_rows(min_row=HEAD + 1):
            assert {cell.data_type for cell in row} <= {"n", "s"}
            assert all(cell.data_type == "s" or cell.number_format for cell in row)
    assert book["Costs and outcomes"].cell(HEAD + 1, 5).number_format.startswith("#,##0.00")


def test_assumptions_say_their_source(book: Workbook) -> None:
    rows = rows_of(book, "Assumptions")
    assert [row["Key, as --set takes it"] for row in rows] == [
        "costs.=1+1.price.value",
        "costs.key workers.times.value",
    ]
    assert (rows[0]["Value"], rows[0]["Unit"], rows[0]["Low"], rows[0]["High"]) == ("150", "gbp 2015/16", 100, 200)
    assert [row["Source"] for row in rows] == ["@cmd", "assumption"]
    assert [row["Where in it, or why"] for row in rows] == ["+SUM(A1); here", "-2+3"]


def test_the_same_run_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    """When it was made and how long it took are not among what is written, nor is the time of writing."""
    ds, summary, record = run
    write_workbook(tmp_path / "a.xlsx", ds, summary, record)
    slower = {**summary, "timing": {"engine_seconds": 99.0}}
    write_workbook(tmp_path / "b.xlsx", ds, slower, {**record, "time": "2031-01-01T00:00:00+00:00"})
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as packed:
        assert {info.date_time[0] for info in packed.infolist()} == {1980}
        assert b"2000-01-01T00:00:00Z" in packed.read("docProps/core.xml")


def test_more_rows_than_a_sheet_takes_are_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 5)
    write_workbook(tmp_path / "short.xlsx", *run)
    sheet = openpyxl.load_workbook(tmp_path / "short.xlsx")["Costs and outcomes"]
    assert sheet.max_row == HEAD + 5
    assert "The first 5 of" in sheet["A2"].value
    assert "summary.csv has all" in sheet["A2"].value


def test_text_longer_than_a_cell_takes_is_cut_not_lost(run: Run, tmp_path: Path) -> None:
    ds, summary, record = run
    write_workbook(tmp_path / "long.xlsx", ds, {**summary, "title": "x" * 40_000}, record)
    title = openpyxl.load_workbook(tmp_path / "long.xlsx")["Cover"]["A1"].value
    assert title.endswith("x ...")
    assert len(title) == MOST_TEXT + 4


def test_a_run_without_money_areas_or_record_says_so(tmp_path: Path) -> None:
    made = synthetic.scenario(sets=("measured",))
    ds = to_dataset(made, synthetic.layout(made), synthetic.records(made)).isel(area=slice(0, 0), line=slice(0, 0))
    write_workbook(tmp_path / "bare.xlsx", ds, summarise(ds))
    book = openpyxl.load_workbook(tmp_path / "bare.xlsx")
    assert book.sheetnames == SHEETS
    for name in ("Accounts", "Calculator", "Yearly sums", "Budget impact", "Assumptions"):
        assert book[name]["A2"].value.startswith("Nothing here")
    assert book["Cover"]["A2"].value == answer(summarise(ds))[0]
