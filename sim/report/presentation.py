"""All that is made of finished results for people to read: figures, the report, the workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xarray as xr

from sim.economics.report import FullAppraisal
from sim.report.gallery import draw_all
from sim.report.html import write_report
from sim.report.workbook.book import write_workbook
from sim.results.summary import Summary


def present(
    folder: Path, ds: xr.Dataset, summary: Summary, record: dict[str, Any], full: FullAppraisal | None = None
) -> None:
    """Draw the figures, write the report and the workbook into a results folder."""
    write_report(folder / "report.html", ds, summary, record, draw_all(ds, folder / "figures"), full=full)
    write_workbook(folder / "workbook.xlsx", ds, summary, record, full)
