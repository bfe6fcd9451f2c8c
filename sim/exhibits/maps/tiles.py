"""A map of squares: one for each local authority of England, all of one size, where it roughly lies; our own layout.

Squares, not shapes, so that a city counts as much as a county; the name of a square is its code, beside it in the
table.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from sim.exhibits.drawing import key, name_y
from sim.exhibits.numbers import digits
from sim.exhibits.style import COLOURS, FAINT, INK, LEAST_TEXT, WIDE, Canvas, new_axes
from sim.places import installed_configs

CLASSES = 5
SQUARE = {"wide": 0.46, "narrow": 0.32}
"""Inches of a square; a phone's have no room for a code in letters that can be read."""
GAP = 0.06
"""Share of a square between it and the next."""
UNKNOWN = "not published"


@dataclass(frozen=True)
class MapSquare:
    """Where an authority stands: its name, three letters, and its row and column from the north-west, from 1 on."""

    name: str
    code: str
    row: int
    column: int


def area_key(name: str) -> str:
    """Write the name of an authority as the name of an area: small letters and underscores."""
    return re.sub(r"[^a-z]+", "_", name.lower()).strip("_")


@lru_cache(maxsize=1)
def tiles() -> Mapping[str, MapSquare]:
    """Give the square of each authority by the name of its area."""
    path = installed_configs() / "areas_2025" / "tiles.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [MapSquare(r["la_name"], r["code"], int(r["row"]), int(r["column"])) for r in csv.DictReader(file)]
    return {area_key(tile.name): tile for tile in rows}


def draw_tiles(values: Mapping[str, float | None], unit: str, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw values by area as shades of squares in five classes of as many areas each.

    Parameters
    ----------
    values
        By name of area; None where it is not known. Areas without a square are left out.
    unit
        What the values are, said above the map.
    canvas
        The room there is; the wide one has the codes in the squares.

    Raises
    ------
    ValueError
        If no area has a square and a value.
    """
    placed = tiles()
    known = {area: value for area, value in values.items() if area in placed and value is not None}
    if not known:
        raise ValueError(f"no area of the map has a value of {unit}")
    edges = class_edges(list(known.values()))
    rows = max(tile.row for tile in placed.values())
    ax = new_axes(SQUARE[canvas.name] * rows + (2.4 if canvas.is_narrow else 1.2), canvas) if ax is None else ax
    for area in (area for area in values if area in placed):
        _draw(ax, placed[area], None if area not in known else class_of(known[area], edges), len(edges) - 1, canvas)
    ax.set(xlim=(0.4, max(tile.column for tile in placed.values()) + 0.6), ylim=(rows + 0.6, 0.4), aspect="equal")
    ax.set_axis_off()
    name_y(ax, unit, canvas)
    key(ax, canvas, handles=_handles(edges, len(known) < len(set(values) & set(placed))), ncols=CLASSES + 1)
    return ax


def class_edges(values: Sequence[float]) -> list[float]:
    """Give the ends of up to ``CLASSES`` classes of as many values each; fewer where many values are alike."""
    return list(dict.fromkeys(np.quantile(values, np.linspace(0, 1, CLASSES + 1)).tolist()))


def class_of(value: float, edges: Sequence[float]) -> int:
    """Give the class that a value lies in, from 0 on; on an edge it is the class above, the largest is in the last."""
    return int(np.clip(np.searchsorted(edges, value, side="right") - 1, 0, max(len(edges) - 2, 0)))


def shade(number: int, of: int) -> str:
    """Give the shade of a class, from light to dark."""
    part = 0.15 + 0.85 * number / max(of - 1, 1)
    parts = (int(COLOURS[0][i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (one - 255) * part):02X}" for one in parts)


def _draw(ax: Axes, tile: MapSquare, number: int | None, of: int, canvas: Canvas) -> None:
    """Draw one square, with its code where there is room."""
    face = "white" if number is None else shade(number, of)
    corner = (tile.column - 0.5 + GAP / 2, tile.row - 0.5 + GAP / 2)
    ax.add_patch(Rectangle(corner, 1 - GAP, 1 - GAP, facecolor=face, edgecolor=FAINT, linewidth=0.6))
    if not canvas.is_narrow:
        colour = "white" if number is not None and number >= of - 2 and of > 2 else INK
        ax.text(tile.column, tile.row, tile.code, ha="center", va="center", fontsize=LEAST_TEXT, color=colour)


def _handles(edges: Sequence[float], some_unknown: bool) -> list[Patch]:
    """Make the key: what each shade stands for."""
    spans = list(pairwise(edges)) or [(edges[0], edges[0])]
    labels = [f"{digits(low)} to {digits(high)}" for low, high in spans]
    handles = [Patch(facecolor=shade(i, len(spans)), edgecolor=FAINT, label=label) for i, label in enumerate(labels)]
    return [*handles, *([Patch(facecolor="white", edgecolor=FAINT, label=UNKNOWN)] if some_unknown else [])]
