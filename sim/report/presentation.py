"""All that is made of finished results for people to read: figures, the report, the workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xarray as xr

from sim.economics.report import FullAppraisal, full_appraisal
from sim.exhibits.csv import write_csv
from sim.report.extras import read_extras
from sim.report.figures.evidence.bridge import bridge_rows
from sim.report.gallery import draw_all
from sim.report.html import write_report
from sim.report.told_once import told_once
from sim.report.workbook.book import write_workbook
from sim.results.summary import Summary
from sim.stages import SILENT, StageListener


def present(
    folder: Path, ds: xr.Dataset, summary: Summary, record: dict[str, Any], full: FullAppraisal | None = None,
    at: StageListener = SILENT,
) -> None:  # fmt: skip
    """Draw the figures; write the report, the workbook and the table of a bridge; ledgers that are alike once."""
    told, summary = told_once(ds, summary)
    ds, full = told, full if told is ds else full_appraisal(told)
    at.stage("Drawing figures")
    drawn = draw_all(ds, folder / "figures", at)
    at.stage("Writing the report")
    write_report(folder / "report.html", ds, summary, record, drawn, full=full)
    if (bridge := read_extras(folder).bridge) is not None:
        write_csv(folder / "bridge.csv", bridge_rows(bridge))
    at.stage("Writing the workbook")
    write_workbook(folder / "workbook.xlsx", ds, summary, record, full)
