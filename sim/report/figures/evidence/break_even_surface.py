"""Where help breaks even in the two inputs that move it most: what would have to be true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr
from matplotlib.axes import Axes

from sim.economics.value.terms import terms_of
from sim.exhibits.conditions import condition_lines, plot_surface, surface_finding, surface_table
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import WIDE, Canvas, words
from sim.report.figures.evidence.price_tornado import drawn_price
from sim.table import Table

TITLE = "Where help breaks even"


def drawn_conditions(ds: xr.Dataset) -> Mapping[str, Any] | None:
    """Give what draws say of where help pays, of the world and account that lead; None where they say nothing."""
    shown = drawn_price(ds)
    found = {} if shown is None else shown[2].get("conditions", {})
    told: Mapping[str, Any] | None = found.get(terms_of(ds).ledger)
    return told if told is not None and told["surface"] is not None else None


def plot_break_even_surface(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw what is saved less what help costs by the two inputs that move it most, and the line where that is nothing.

    Raises
    ------
    ValueError
        If no inputs were drawn, or too few times.
    """
    told, shown = drawn_conditions(ds), drawn_price(ds)
    if told is None or shown is None:
        raise ValueError("the inputs of this run were not drawn, or too few times: see families run --draws")
    terms = terms_of(ds)
    label = f"Saved less spent, £ per family helped ({words(shown[1])}; {terms.ledger} ledger, {terms.prices_aside})"
    return plot_surface(told["surface"], label, ax, canvas=canvas)


def line_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_break_even_surface``."""
    told = drawn_conditions(ds)
    return Table(TITLE, (), ()) if told is None else surface_table(told["surface"], TITLE)


def line_finding(ds: xr.Dataset) -> str:
    """Say how often help pays, and where the line of no gain runs."""
    told = drawn_conditions(ds)
    assert told is not None
    return f"{condition_lines(told)[0]} {surface_finding(told['surface'])}"


FIGURE = Exhibit(
    name="break_even_surface", title=TITLE,
    caption="Mean of what is saved less what help costs, per family helped, by the two inputs that move it most, all "
    "others drawn. Help pays for itself on one side of the heavy line.",
    applies=lambda ds: drawn_conditions(ds) is not None, draw=plot_break_even_surface, table=line_table,
    finding=line_finding, section="sure", order=166,
)  # fmt: skip
