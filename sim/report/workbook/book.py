"""The workbook of a run: its cover and its sheets; when it was made and how long it took are left to run.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import xarray as xr

from sim.config.views.recorded import recorded_register
from sim.economics.report import FullAppraisal, full_appraisal
from sim.exhibits.board import Board
from sim.exhibits.xlsx import write_book
from sim.report.workbook.calculator import calculator_sheet
from sim.report.workbook.cover import cover_sheet
from sim.report.workbook.groups import groups_sheet
from sim.report.workbook.names import names_of
from sim.report.workbook.readme import readme_sheet
from sim.report.workbook.sheets import (
    accounts_sheet,
    appraisal_sheet,
    assumptions_sheet,
    budget_sheet,
    levels_sheet,
    waits_sheet,
)
from sim.report.workbook.yearly import yearly_of, yearly_sheet
from sim.results.summary import Summary
from sim.table import Table


def write_workbook(
    path: Path, ds: xr.Dataset, summary: Summary, run: Mapping[str, Any] = MappingProxyType({}),
    full: FullAppraisal | None = None,
) -> None:  # fmt: skip
    """Write workbook.xlsx: a cover, a calculator, and what is short enough to print; the rest is in CSV files.

    Parameters
    ----------
    path
        The file to write.
    ds, summary
        The run and its summary; every number on the sheets is one of theirs, to 16 digits, but for formulas.
    run
        What made it, as run.json holds it; without it there are no assumptions.
    full
        The appraisal of the Dataset, where it has been made already.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    full, names = full_appraisal(ds) if full is None else full, names_of(ds)
    yearly = yearly_of(ds, full, names)
    sums = yearly_sheet(yearly)
    accounts, appraisal = accounts_sheet(ds, summary, names), appraisal_sheet(ds, summary, names)
    sheets: list[Table | Board] = [
        readme_sheet(ds, summary, names, run), accounts, calculator_sheet(yearly, sums, accounts, appraisal), sums,
        appraisal, levels_sheet(ds, summary, names), budget_sheet(ds, full, names), waits_sheet(ds, names),
        groups_sheet(ds, summary, names),
        assumptions_sheet(recorded_register(run) if run else []),
    ]  # fmt: skip
    write_book(path, str(summary["title"]), cover_sheet(ds, summary, names, yearly), sheets)
