"""Where help breaks even in two levers, from where all others stand: a grid of real runs, drawn as the report's is.

Every point is a run of its own on the same random numbers (of prices, what was counted priced again): nothing is
fitted. Leaves out what is run for a point: see ``bench``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.app.work.grid import Grid
from sim.arrays import FloatArray
from sim.economics.surface import first_crossing
from sim.exhibits import svg
from sim.exhibits.conditions import plot_surface, surface_finding
from sim.exhibits.exhibit import Drawn, Exhibit
from sim.exhibits.numbers import digits, pounds
from sim.exhibits.style import Canvas
from sim.model.spec import Scenario
from sim.table import Table

if TYPE_CHECKING:  # as in ``style``
    from matplotlib.axes import Axes

FINE = 201
TITLE = "Where help breaks even, from where the levers stand"


def told(grid: Grid, values: Sequence[float]) -> dict[str, Any]:
    """Give a surface as figures of surfaces take it; ``values`` are pounds saved less spent, a point each."""
    value = np.array(values, np.float64).reshape(len(grid.y), len(grid.x))  # (y, x)
    crossing = [crossing_of(grid, column) for column in value.T]
    return {
        "inputs": grid.names, "x": grid.x, "y": grid.y, "value": value.tolist(), "crossing": crossing,
        "stands": grid.stands,
    }  # fmt: skip


def crossing_of(grid: Grid, column: FloatArray) -> float | None:
    """Give the first value of the second lever at which nothing is gained or lost; None where there is none."""
    fine = np.linspace(grid.y[0], grid.y[-1], FINE)
    return first_crossing(fine, np.interp(fine, grid.y, column))


def drawn_surface(scenario: Scenario, grid: Grid, values: Sequence[float]) -> Drawn:
    """Draw a surface; ``scenario`` says in what pounds."""
    year = f", {scenario.price_year} prices" if scenario.price_year else ""
    exhibit: Exhibit[dict[str, Any]] = Exhibit(
        name="moved_surface", title=TITLE,
        caption="What is saved less what help costs, for each family helped, by two levers, all others as they stand. "
        "The ring is where these two stand. Each point is a run; points are joined by straight lines.",
        draw=partial(_plot, label=f"Saved less spent, £ per family helped{year}"), table=_table,
        finding=surface_finding, section="sure",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        return svg.draw(exhibit, told(grid, values), Path(folder))


def _plot(surface: dict[str, Any], label: str, *, canvas: Canvas) -> Axes:
    """Draw a surface."""
    return plot_surface(surface, label, canvas=canvas)


def _table(surface: dict[str, Any]) -> Table:
    """Make the table of a surface: pounds at every point."""
    first, second = surface["inputs"]
    columns = (f"{second}, down; {first}, across", *(digits(x) for x in surface["x"]))
    rows = [(digits(y), *map(pounds, row)) for y, row in zip(surface["y"], surface["value"], strict=True)]
    return Table(TITLE, columns, tuple(rows), "Saved less spent for each family helped, £.")
