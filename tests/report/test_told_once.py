"""Two ledgers that hold the same lines are told once, with the reason; files for scripts keep both."""

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xarray as xr

from sim.economics.summary import summarise
from sim.report.presentation import present
from sim.report.terminal import headline_tables
from sim.report.told_once import ALIKE, ledgers_once, told_once
from sim.results.costs import ledgers_alike
from sim.results.dataset import to_dataset
from sim.results.folder.run_record import run_record
from tests import synthetic

WHY = "so that both agree to the penny and one is shown"


def dataset(*, alike: bool, headline: str = "") -> xr.Dataset:
    """Make up a run whose ledgers hold the same lines, or as the synthetic study has them."""
    made = synthetic.scenario()
    if alike:
        worlds = []
        for world in made.worlds:
            lines = [replace(line, ledgers=("narrow", "wide")) for line in world.model.costs]
            worlds.append(replace(world, model=replace(world.model, costs=tuple(lines))))
        made = replace(made, worlds=tuple(worlds))
    made = replace(made, appraisal=replace(made.appraisal, ledger=headline))
    return to_dataset(made, synthetic.layout(made), synthetic.records(made))


@pytest.fixture(scope="module")
def same() -> xr.Dataset:
    return dataset(alike=True)


def keys_of(value: object) -> set[str]:
    """Give every key of nested figures."""
    if isinstance(value, dict):
        return set(value).union(*(keys_of(each) for each in value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_ledgers_are_alike_by_their_lines_and_then_to_the_penny(same: xr.Dataset) -> None:
    assert ledgers_alike(dataset(alike=False)) == {}
    assert ledgers_alike(same) == {"wide": "narrow"}
    for figures in summarise(same)["regimes"].values():
        assert figures["cost_per_family_year"]["wide"] == figures["cost_per_family_year"]["narrow"]


def test_the_ledger_of_the_headline_is_the_one_that_stays() -> None:
    assert ledgers_alike(dataset(alike=True, headline="wide")) == {"narrow": "wide"}


def test_files_keep_both_and_what_is_told_has_one(same: xr.Dataset) -> None:
    summary = summarise(same)
    assert summary[ALIKE] == {"wide": "narrow"}
    assert "wide" in keys_of(summary["regimes"])
    ds, told = told_once(same, summary)
    assert [str(name) for name in ds["ledger"].values] == ["narrow"]
    assert "wide" not in keys_of({key: value for key, value in told.items() if key != ALIKE})
    assert told == ledgers_once(summary)


def test_a_run_with_two_ledgers_is_told_as_it_is() -> None:
    ds = dataset(alike=False)
    summary = summarise(ds)
    assert told_once(ds, summary) == (ds, summary)
    assert ALIKE not in summary
    assert WHY not in headline_tables(summary)[-1].note


def test_page_workbook_and_terminal_show_one_and_say_why(same: xr.Dataset, tmp_path: Path) -> None:
    summary = summarise(same)
    present(tmp_path, same, summary, run_record(synthetic.scenario()))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert WHY in page
    assert page.count("ide ledger") == page.count("ide ledger holds the same")
    book = openpyxl.load_workbook(tmp_path / "workbook.xlsx")
    cells = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert any(WHY in text for text in cells)
    assert not any(text == "wide" or text.startswith("Wide ledger") for text in cells)
    tables = headline_tables(ledgers_once(summary))
    assert not any("wide" in str(column) for table in tables for column in table.columns)
    assert WHY in tables[-1].note
