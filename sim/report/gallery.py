"""Draws the figures that a run has, in the order of the report; ``figures`` says which there are, one file each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import xarray as xr

from sim.exhibits import svg
from sim.exhibits.exhibit import Drawn, Exhibit, shown_reading
from sim.exhibits.titles import titles_of
from sim.report.extras import Extras
from sim.report.figures import figures
from sim.results.facts import facts_of
from sim.stages import SILENT, StageListener


def draw_all(ds: xr.Dataset, folder: Path, at: StageListener = SILENT) -> list[Drawn]:
    """Draw every figure that the run has and write it to ``folder`` as SVG and PNG."""
    of_run = (replace(figure, caption=_caption(figure, ds)) for figure in figures() if not figure.source)
    return svg.draw_all(of_run, ds, folder, at)


def draw_extras(extras: Extras, folder: Path) -> list[Drawn]:
    """Draw what was worked out after the run: families one by one, naive against true effects."""
    drawn = []
    for figure in figures():
        for effect_set, subject in extras.kept_in(figure.source):
            drawn += svg.draw_all([figure.under(effect_set) if effect_set else figure], subject, folder)
    return drawn


def _caption(figure: Exhibit[xr.Dataset], ds: xr.Dataset) -> str:
    """Give the caption, with the evidence set shown where the run has others, and why there are no intervals."""
    caption = figure.caption
    if "95%" in caption and (ds.sizes["replication"] == 1 or facts_of(ds).is_exact):
        why = "expected values have no chance in them" if facts_of(ds).is_exact else "it has one replication"
        caption += f" This run has no such intervals: {why}."
    if figure.all_sets or ds.sizes["effect_set"] == 1:
        return caption
    return f"{caption} {shown_reading(titles_of(ds).reading(str(ds['effect_set'].values[0])))}"
