"""Figures and tables of the screens, drawn in a worker by the report's own functions, and the doubt that is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from sim.economics.report import full_appraisal
from sim.economics.summary import summarise
from sim.exhibits import svg
from sim.exhibits.exhibit import Drawn
from sim.report.figures import figures
from sim.report.page.beneath import tables_by_section
from sim.report.page.wording import in_words
from sim.table import Table

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "families": ("families", "services"), "money": ("cost", "payers"), "sure": ("answer", "sure", "ladder"),
}  # fmt: skip
"""The sections of the report whose figures a screen shows."""


def names_of(screen: str) -> tuple[str, ...]:
    """Name the figures that a screen may have, in the order of the report."""
    wanted = SECTIONS.get(screen, ())
    return tuple(one.name for one in figures() if one.section in wanted and not one.source)


def drawn(ds: xr.Dataset, name: str) -> Drawn | None:
    """Draw one figure of a run; None where the run has no such figure."""
    exhibit = next((one for one in figures() if one.name == name and not one.source), None)
    if exhibit is None or not exhibit.applies(ds):
        return None
    with tempfile.TemporaryDirectory() as folder:
        return svg.draw(exhibit, ds, Path(folder))


def tables(ds: xr.Dataset, screen: str) -> list[Table]:
    """Make the tables of a screen, those that have rows: those of the report's sections."""
    full = full_appraisal(ds)
    summary = summarise(ds, full)
    made = tables_by_section(ds, summary, full)
    found = [table for section in SECTIONS.get(screen, ()) for table in made.get(section, ())]
    return [in_words(table, summary) for table in found if table.rows]


def doubt(file: Path) -> Mapping[str, Any]:
    """Give what kept draws say of the unmoved study, by world, or why they say nothing."""
    from sim.config.loading import load
    from sim.runs.beliefs.doubt import doubt_of

    return doubt_of(load(file))
