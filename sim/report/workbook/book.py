"""The workbook of a run: its cover and its sheets; when it was made and how long it took are left to run.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import xarray as xr

from sim.economics.report import FullAppraisal, full_appraisal
from sim.exhibits.xlsx import write_book
from sim.report.workbook.cover import cover_blocks, cover_lines
from sim.report.workbook.sheets import sheets_of
from sim.results.summary import Summary


def write_workbook(
    path: Path, ds: xr.Dataset, summary: Summary, run: Mapping[str, Any] = MappingProxyType({}),
    full: FullAppraisal | None = None,
) -> None:  # fmt: skip
    """Write workbook.xlsx: cover, summary, ledger, budget impact, waits, areas, assumptions and provenance.

    Parameters
    ----------
    path
        The file to write.
    ds, summary
        The run and its summary; every number on the sheets is one of theirs, to 16 digits.
    run
        What made it, as run.json holds it; without it there are no assumptions.
    full
        The appraisal of the Dataset, where it has been made already.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    sheets = sheets_of(ds, summary, run, full_appraisal(ds) if full is None else full)
    title, *lines = cover_lines(summary)
    write_book(path, title, lines, list(cover_blocks(ds, summary)), sheets)
