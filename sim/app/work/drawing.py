"""Figures and tables of the screens, drawn in a worker by the report's own functions, and the doubt that is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import xarray as xr

from sim.economics.report import full_appraisal
from sim.economics.summary import summarise
from sim.exhibits import svg
from sim.exhibits.exhibit import Drawn, Exhibit
from sim.model.spec import Scenario
from sim.report.figures import figures
from sim.report.page.beneath import tables_by_section
from sim.report.page.wording import in_words
from sim.results.facts import facts_of, written
from sim.results.folder.beside import BRIDGE
from sim.runs.beliefs.doubt import doubt_of
from sim.studies.bridge.keeping import kept_of as kept_bridge
from sim.table import Table

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "families": ("families", "services"), "money": ("cost", "payers"), "sure": ("answer", "sure", "ladder"),
}  # fmt: skip
"""The sections of the report whose figures a screen shows."""


def names_of(screen: str) -> tuple[str, ...]:
    """Name the figures that a screen may have, in the order of the report."""
    wanted, kept = SECTIONS.get(screen, ()), (BRIDGE,) if screen == "sure" else ()
    return tuple(one.name for one in figures() if one.source in kept or (one.section in wanted and not one.source))


def drawn(ds: xr.Dataset, name: str) -> Drawn | None:
    """Draw one figure of a run; None where the run has no such figure."""
    return _drawn(next((one for one in figures() if one.name == name and not one.source), None), ds)


def drawn_of_study(ds: xr.Dataset, name: str, study: Scenario, reading: str) -> Drawn | None:
    """Draw one figure of what is kept of a study under a reading, on the terms of a run; None where nothing is."""
    exhibit = next((one for one in figures() if one.name == name), None)
    if name == "bridge":
        return _drawn(exhibit, kept_bridge(study))
    kept = {name: told for name, told in doubt_of(study).items() if study.world(name).effect_set == reading}
    return _drawn(exhibit, ds.assign_attrs(written(replace(facts_of(ds), doubt=kept))))


def _drawn(exhibit: Exhibit[Any] | None, subject: Any) -> Drawn | None:
    """Draw a figure where there is one of this."""
    if exhibit is None or subject is None or not exhibit.applies(subject):
        return None
    with tempfile.TemporaryDirectory() as folder:
        return svg.draw(exhibit, subject, Path(folder))


def tables(ds: xr.Dataset, screen: str) -> list[Table]:
    """Make the tables of a screen, those that have rows: those of the report's sections."""
    full = full_appraisal(ds)
    summary = summarise(ds, full)
    made = tables_by_section(ds, summary, full)
    found = [table for section in SECTIONS.get(screen, ()) for table in made.get(section, ())]
    return [in_words(table, summary) for table in found if table.rows]
