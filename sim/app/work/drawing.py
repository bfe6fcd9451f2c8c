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
from sim.report import appraisal_tables as appraisal
from sim.report.accounts import accounts, beside_doubt, break_even, displacement
from sim.report.figures import figures
from sim.report.figures.waits.services import areas_table
from sim.report.sharing import agencies_table
from sim.report.tables import kept_on, labelled, outcomes
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
    """Make the tables of a screen, those that have rows."""
    full = full_appraisal(ds)
    summary = summarise(ds, full)
    found: list[Table] = []
    if screen == "families":
        found = [outcomes(summary), areas_table(ds), kept_on(summary), displacement(summary)]
    elif screen == "money":
        found = [accounts(summary), break_even(summary), agencies_table(ds)]
        found += [appraisal.fiscal(full), appraisal.budgets(full), appraisal.funding(full)] if full.found else []
    elif screen == "sure":
        found = [appraisal.switching(full)] if full.found else []
        found.append(beside_doubt(summary))
    return [labelled(table, summary) for table in found if table.rows]


def doubt(file: Path) -> Mapping[str, Any]:
    """Give what kept draws say of the unmoved study, by world, or why they say nothing."""
    from sim.config.loading import load
    from sim.runs.beliefs.doubt import doubt_of

    return doubt_of(load(file))
