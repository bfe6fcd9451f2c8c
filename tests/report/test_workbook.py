"""The workbook: the numbers of the run to the last digit, as numbers; text as text; the same bytes for the same run.

Read back with another library than the one that writes it.
"""

import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xarray as xr
from openpyxl.workbook import Workbook

from sim.economics.summary import summarise
from sim.exhibits import xlsx as workbook
from sim.report.workbook.book import write_workbook
from sim.report.workbook.sheets import SUMMARY_COLUMNS
from sim.results.dataset import to_dataset
from sim.results.folder.run_record import run_record
from sim.results.tables import LEDGER_COLUMNS, ledger_rows
from sim.results.tidy import waits_rows
from tests import synthetic

SHEETS = ["Cover", "Summary", "Ledger", "Budget impact", "Waits", "Areas", "Assumptions", "Provenance"]
HEAD = 4
"""The row of the headings; rows follow."""
ENDS = ("mean", "low", "high")
DIGITS = 1e-15
"""A cell of the file holds 16 significant digits."""
SIGNS = ("=1+1", "+SUM(A1)", "-2+3", "@cmd")
CONFIG = """
title: "=HYPERLINK(\\"http://example.org\\")"
costs:
  - name: "=1+1"
    meter: calls
    price: {value: 150, unit: gbp, low: 100, high: 200, source: "@cmd", locator: "+SUM(A1)", price_year: "2015/16"}
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
def book(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    path = tmp_path_factory.mktemp("book") / "workbook.xlsx"
    write_workbook(path, *run)
    return openpyxl.load_workbook(path)


def rows_of(book: Workbook, sheet: str) -> list[tuple]:
    return [tuple(cell.value for cell in row) for row in book[sheet].iter_rows(min_row=HEAD + 1)]


def test_every_sheet_is_there_and_easy_to_move_in(book: Workbook) -> None:
    assert book.sheetnames == SHEETS
    for name in SHEETS[1:]:
        sheet = book[name]
        assert sheet["A1"].value == name
        assert sheet.freeze_panes.endswith(str(HEAD + 1))
        assert sheet.auto_filter.ref.startswith(f"A{HEAD}:")
        assert all(cell.font.bold for cell in sheet[HEAD])
        if name != "Provenance":
            assert all(cell.comment is not None for cell in sheet[HEAD] if cell.value)


def test_the_ledger_holds_every_digit_of_the_run(run: Run, book: Workbook) -> None:
    written, expected = rows_of(book, "Ledger"), list(ledger_rows(run[0]))
    assert len(written) == len(expected) == 84
    for row, figures in zip(written, expected, strict=True):
        assert row[:-3] == figures[:-3]
        assert row[-3:] == pytest.approx(figures[-3:], rel=DIGITS)
        assert all(isinstance(value, float | int) for value in row[-3:])
    pennies = round(100 * sum(row[-3] for row in written if row[2] == "narrow"))
    lines = run[0]["in_ledger"].sel(ledger="narrow")
    # A file holds 16 digits and a sum has 84 terms of some £100,000: far below half a penny.
    assert pennies == round(100 * float((run[0]["cost"].mean("replication") * lines).sum()))


def test_the_summary_and_the_cover_are_those_of_summary_json(run: Run, book: Workbook) -> None:
    summary = run[1]
    rows = [dict(zip(SUMMARY_COLUMNS, row, strict=True)) for row in rows_of(book, "Summary")]
    for name, kind, figures in (("siloed/measured", "level", summary["regimes"]),
                                ("integrated/measured", "difference", summary["differences"])):  # fmt: skip
        regime, effect_set = name.split("/")
        cost = figures[name]["cost_per_family_year"]["wide"]
        (row,) = (
            row for row in rows
            if (row["row"], row["regime"], row["effect_set"], row["item"]) == (kind, regime, effect_set, "wide")
            and row["measure"] == "cost per family-year, total"
        )  # fmt: skip
        assert [row[end] for end in ENDS] == pytest.approx([cost[end] for end in ENDS], rel=DIGITS)
    cover = [tuple(cell.value for cell in row) for row in book["Cover"].iter_rows()]
    found = next(row for row in cover if row[:2] == ("integrated", "measured"))
    level, change = (summary[part]["integrated/measured"]["cost_per_family_year"]["narrow"]
                     for part in ("regimes", "differences"))  # fmt: skip
    assert found[2:8] == pytest.approx([figures[end] for figures in (level, change) for end in ENDS], rel=DIGITS)


def test_waits_and_areas_are_those_of_the_run(run: Run, book: Workbook) -> None:
    for row, expected in zip(rows_of(book, "Waits"), waits_rows(run[0]), strict=True):
        assert row[:4] == expected[:4]
        assert [value is None for value in row] == [value is None for value in expected]
        known = [(a, b) for a, b in zip(row[4:], expected[4:], strict=True) if b is not None]
        assert [a for a, _ in known] == pytest.approx([b for _, b in known], rel=DIGITS)
    areas = rows_of(book, "Areas")
    assert {row[2] for row in areas} == {"north", "south"}
    north = sum(row[9] for row in areas if row[:3] == ("siloed", "measured", "north") and row[5] == "wide")
    expected = run[0]["area_cost"].sel(regime="siloed", effect_set="measured", area="north").sum()
    assert north == pytest.approx(float(expected), rel=1e-12)  # all lines are in the wide ledger


def test_text_is_never_a_formula_a_link_or_a_number(book: Workbook) -> None:
    found = set()
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title}!{cell.coordinate}"
                if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")):
                    assert cell.quotePrefix, f"{sheet.title}!{cell.coordinate} turns into a formula when edited"
                    found.add(cell.value)
    assert set(SIGNS) <= found
    assert book["Cover"]["A1"].value == "=HYPERLINK(1)"


def test_numbers_are_numbers_and_text_is_text(book: Workbook) -> None:
    for name in ("Ledger", "Waits", "Areas", "Summary"):
        for row in book[name].iter_rows(min_row=HEAD + 1):
            assert {cell.data_type for cell in row} <= {"n", "s"}
            assert all(cell.data_type == "s" or cell.number_format for cell in row)
    assert book["Ledger"].cell(HEAD + 1, len(LEDGER_COLUMNS)).number_format.startswith("#,##0")


def test_assumptions_say_their_source_and_lines_have_notes(book: Workbook) -> None:
    rows = rows_of(book, "Assumptions")
    assert [row[0] for row in rows] == ["costs.=1+1.price.value", "costs.key workers.times.value"]
    assert rows[0][1:6] == ("150", 150, 100, 200, "gbp")
    assert rows[0][7:9] == ("@cmd", "+SUM(A1)")
    assert rows[0][-1] == "-2+3"
    notes = {row[8].value: row[8].comment.text for row in book["Ledger"].iter_rows(min_row=HEAD + 1) if row[8].comment}
    assert notes["=1+1"] == "price: 150 gbp. 2015/16 prices. Source: @cmd; +SUM(A1)."
    assert "-2+3" in notes["key workers"]
    assert list(notes) == ["=1+1", "key workers"]


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
    sheet = openpyxl.load_workbook(tmp_path / "short.xlsx")["Ledger"]
    assert sheet.max_row == HEAD + 5
    assert "The first 5 of" in sheet["A2"].value
    assert "ledger.csv has all" in sheet["A2"].value


def test_text_longer_than_a_cell_takes_is_cut_not_lost(run: Run, tmp_path: Path) -> None:
    ds, summary, record = run
    write_workbook(tmp_path / "long.xlsx", ds, {**summary, "title": "x" * 40_000}, record)
    title = openpyxl.load_workbook(tmp_path / "long.xlsx")["Cover"]["A1"].value
    assert title.endswith("x ...")
    assert len(title) == workbook.MOST_TEXT + 4


def test_a_run_without_money_areas_or_record_says_so(tmp_path: Path) -> None:
    made = synthetic.scenario(sets=("measured",))
    ds = to_dataset(made, synthetic.layout(made), synthetic.records(made)).isel(area=slice(0, 0), line=slice(0, 0))
    write_workbook(tmp_path / "bare.xlsx", ds, summarise(ds))
    book = openpyxl.load_workbook(tmp_path / "bare.xlsx")
    assert book.sheetnames == SHEETS
    for name in ("Areas", "Assumptions", "Budget impact"):
        assert book[name]["A2"].value.startswith("Nothing here")
