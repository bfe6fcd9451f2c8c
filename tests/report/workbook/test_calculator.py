"""The calculator: with other inputs its formulas come to what the program finds when it is run on these.

A spreadsheet works the formulas out (LibreOffice, without what the workbook says they come to); where there is none,
sums of the sheets are worked out by hand. What the formulas are held against is simulated afresh.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xarray as xr
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

import sim
from sim.economics.report import FullAppraisal, full_appraisal
from sim.economics.summary import summarise
from sim.report.workbook.book import write_workbook
from tests.economics.value.test_accounts import TOY_SETS
from tests.places import TOY

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_spreadsheet = pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice here to work formulas out")
DISCOUNTED = (*TOY_SETS, "discount={treasury: {0: 0.035, 2: 0.02}}")
PENNY, POUND = 0.005, 5e-7
"""What a figure of a family, £, and of the programme, £m, may be off by."""
INPUTS = ("Horizon of the programme, years", "Families are followed for, years", "Discount rate a year",
          "Price of an episode, £ a family helped", "Price of a year in care, £ a child")  # fmt: skip
Results = dict[tuple[str, str], tuple[object, ...]]


@cache
def study(*sets: str) -> tuple[xr.Dataset, FullAppraisal]:
    ds = sim.simulate(sim.load(TOY, [*DISCOUNTED, *sets]), rows=False)
    return ds, full_appraisal(ds)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ds, full = study()
    made = tmp_path_factory.mktemp("book") / "workbook.xlsx"
    write_workbook(made, ds, summarise(ds, full), full=full)
    return made


def row_of(sheet: Worksheet, label: str) -> int:
    return next(row[0].row for row in sheet.iter_rows(max_col=1) if str(row[0].value).startswith(label))


def results_of(book: Workbook) -> Results:
    """Give net value, saved, spent, break-even price and ratio by account and ledger."""
    sheet = book["Calculator"]
    first = row_of(sheet, "What it comes to") + 2
    found: Results = {}
    for row in sheet.iter_rows(min_row=first, max_row=first + 7, values_only=True):
        found[str(row[0]).split(",")[0] + " " + str(row[0]).rpartition("(")[2].rstrip(")"), str(row[1])] = row[3:8]
    return found


def worked_out(path: Path, folder: Path, inputs: Mapping[str, float | str]) -> Workbook:
    """Put inputs in, drop what the formulas came to, and let a spreadsheet work them out."""
    book = openpyxl.load_workbook(path)
    for label, value in inputs.items():
        book["Calculator"].cell(row_of(book["Calculator"], label), 2 if label == "Regime" else 3).value = value
    book.save(folder / "moved.xlsx")
    assert openpyxl.load_workbook(folder / "moved.xlsx", data_only=True)["Calculator"]["D20"].value is None
    home = f"-env:UserInstallation=file://{folder / 'home'}"
    into = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "out"), str(folder / "moved.xlsx")]
    subprocess.run([str(SOFFICE), "--headless", home, *into], check=True, capture_output=True, timeout=120)
    return openpyxl.load_workbook(folder / "out" / "moved.xlsx", data_only=True)


def check_families(made: Results, full: FullAppraisal, accounts: tuple[str, ...] = ("one_episode", "all_help")) -> None:
    for account in full.answers[0].accounts:
        for ledger, worth in account.worth.items() if account.name in accounts else ():
            name = account.name.replace("_", " ").capitalize()
            found = next(row for key, row in made.items() if key[0].startswith(name) and key[1] == ledger)
            net, saved, spent, price, ratio = found
            assert saved == pytest.approx(worth.saved.mean, abs=PENNY)
            assert spent == pytest.approx(worth.cost.mean, abs=PENNY)
            assert net == pytest.approx(worth.saved.mean - worth.cost.mean, abs=PENNY)
            assert price == pytest.approx(worth.break_even.mean, abs=PENNY)
            assert ratio == pytest.approx(worth.saved.mean / worth.cost.mean, rel=1e-9)
            assert ratio == pytest.approx(worth.bcr.mean, rel=0.02), "of means a family, and of sums"


def check_programme(made: Results, full: FullAppraisal, regime: str = "integrated") -> None:
    for view in full.appraisal.of(regime).views:
        net, saved, spent, _, ratio = made[f"Programme {view.view}", view.ledger]
        assert net == pytest.approx(view.net.amount.mean() / 1e6, abs=POUND)
        assert saved == pytest.approx(view.gross.amount.mean() / 1e6, abs=POUND)
        assert spent == pytest.approx(view.intervention.amount.mean() / 1e6, abs=POUND)
        assert ratio == ("none" if np.isnan(view.bcr.mean) else pytest.approx(view.bcr.mean, rel=1e-9))


def test_it_opens_with_the_figures_of_the_run(path: Path) -> None:
    made, full = results_of(openpyxl.load_workbook(path, data_only=True)), study()[1]
    check_families(made, full)
    check_programme(made, full)


@needs_spreadsheet
def test_a_spreadsheet_finds_what_the_workbook_says_its_formulas_come_to(path: Path, tmp_path: Path) -> None:
    formulas, said = (openpyxl.load_workbook(path, data_only=only) for only in (False, True))
    found = worked_out(path, tmp_path, {})
    cells = [cell for sheet in formulas for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert {cell.parent.title for cell in cells} == {"Calculator"}
    assert len(cells) > 200
    for cell in cells:
        one, other = (book["Calculator"][cell.coordinate].value for book in (said, found))
        other = pytest.approx(other, rel=1e-9, abs=1e-9) if isinstance(other, float | int) else other
        assert one == other, cell.coordinate


@needs_spreadsheet
def test_another_rate_and_price_of_care_are_what_a_run_on_them_finds(path: Path, tmp_path: Path) -> None:
    made = results_of(worked_out(path, tmp_path, {INPUTS[2]: 0.1, INPUTS[4]: 79014.0}))
    full = study("discount.treasury={0: 0.1, 2: 0.1}", "costs.care.price.value=79014")[1]
    check_families(made, full)
    check_programme(made, full)


@needs_spreadsheet
def test_another_regime_is_what_the_run_found_of_it(path: Path, tmp_path: Path) -> None:
    """A regime without a key worker has a programme alone, and a regime that is not there says so."""
    _, full = study()
    other = next(one.world.regime for one in full.appraisal.comparisons if one.world.regime != "integrated")
    book = worked_out(path, tmp_path, {"Regime": other.replace("_", " ")})
    made = results_of(book)
    check_programme(made, full, other)
    assert {cell for key, row in made.items() if not key[0].startswith("Programme") for cell in row} == {"none"}
    assert book["Calculator"]["E5"].value == "yes"
    assert worked_out(path, tmp_path, {"Regime": "nowhere"})["Calculator"]["E5"].value == "no: choose another"


@needs_spreadsheet
def test_help_that_saves_nothing_has_a_ratio_of_nothing_and_not_none(tmp_path: Path) -> None:
    """All lines of how families fare are left without a price; posts are paid."""
    free = ("costs.care.price.value=0", "costs.care order.price.value=0", "costs.both.price.value=0")
    ds, full = study(*free)
    write_workbook(tmp_path / "free.xlsx", ds, summarise(ds, full), full=full)
    sheet = worked_out(tmp_path / "free.xlsx", tmp_path, {})["Calculator"]
    first = row_of(sheet, "What it comes to") + 2
    for row in sheet.iter_rows(min_row=first, max_row=first + 7, values_only=True):
        assert (row[4], row[7], row[10]) == (0, 0, 0), row[0]


@needs_spreadsheet
def test_another_price_of_an_episode_is_what_a_run_with_it_finds(path: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(path, data_only=True)
    price = book["Calculator"].cell(row_of(book["Calculator"], INPUTS[3]), 2).value
    full = study("costs.key workers.price.value=9500")[1]
    made = results_of(worked_out(path, tmp_path, {INPUTS[3]: price * 2.5}))
    check_families(made, full)
    check_programme(made, full)


@needs_spreadsheet
def test_a_shorter_horizon_is_what_a_run_with_it_finds(path: Path, tmp_path: Path) -> None:
    """2.2 years are two, since years are discounted whole; the sheet says which are used."""
    book = worked_out(path, tmp_path, {INPUTS[0]: 2.2, INPUTS[1]: 2.0})
    sheet = book["Calculator"]
    assert [sheet.cell(row_of(sheet, label), 4).value for label in INPUTS[:2]] == [2, 2]
    check_programme(results_of(book), study("appraisal.horizon=2")[1])
    check_families(results_of(book), study("appraisal.answer.follow_up=24")[1], ("one_episode",))


def test_its_sums_by_hand_are_what_another_rate_finds(path: Path) -> None:
    """The sheet of yearly sums, discounted here at another rate, is what a run at that rate finds."""
    sheet = openpyxl.load_workbook(path)["Yearly sums"]
    full = study("discount.treasury={0: 0.1, 2: 0.1}", "costs.care.price.value=79014")[1]
    ends = [1, 2, 2.25, 3, 3.25]
    factor = 1.1 ** -np.array([0, 1, 2, 2, 3.0])
    saved: dict[tuple[str, str], float] = {}
    for row in sheet.iter_rows(min_row=5, values_only=True):
        account, ledger, part = (str(cell) for cell in row[2:5])
        limit = 3.25 if account.startswith("Programme") else 2.25
        if part.startswith("saved"):
            worth = float(np.array(row[5:], float) @ (factor * (np.array(ends) <= limit)))
            worth *= 1.5 if part == "saved: children in care" else 1.0
            saved[account, ledger] = saved.get((account, ledger), 0.0) + worth
    for ledger, worth in full.answers[0].accounts[0].worth.items():
        assert saved["One episode, a family helped", ledger] == pytest.approx(worth.saved.mean, abs=PENNY)
    for view in full.appraisal.of("integrated").views:
        name = next(key for key in saved if view.view in key[0] and key[1] == view.ledger)
        assert saved[name] == pytest.approx(view.gross.amount.mean(), abs=1e6 * POUND)
