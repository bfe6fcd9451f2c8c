"""Sheets that are laid out cell by cell, such as covers: lines of text, inputs, and charts that a spreadsheet draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from xlsxwriter.worksheet import Worksheet

from sim.exhibits.pen import STYLES, Pen, Written, clipped
from sim.table import Table

Place = tuple[int, int]
"""Row and column, from 0."""
Span = tuple[int, int, int, int]
"""First row, first column, last row, last column."""
Cells = dict[Place, tuple[Written, str]]
LINE = 15.0
"""Height of a line of text, points."""


@dataclass(frozen=True)
class Series:
    """A series of a chart: where its name and its numbers stand, its colour, and whether it is a line among columns."""

    name: Place
    numbers: Span
    colour: str
    is_line: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart that the spreadsheet draws from cells of its sheet; ``says`` is read out instead of it."""

    kind: str
    """``bar`` or ``column``."""
    title: str
    says: str
    axis: str
    names: Span
    series: tuple[Series, ...]
    at: Place
    values: tuple[float, ...]
    """What is drawn, so that the axis holds 0 and its numbers have as many places as they need."""
    size: tuple[int, int] = (600, 320)


@dataclass(frozen=True)
class Board:
    """A sheet of cells with styles; ``lines`` are texts over the whole width, with their style."""

    title: str
    note: str
    cells: Cells
    widths: Sequence[float]
    lines: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    comments: Mapping[Place, str] = field(default_factory=dict)
    choices: Mapping[Place, Mapping[str, Any]] = field(default_factory=dict)
    """What may be put into a cell, as xlsxwriter's ``data_validation`` takes it."""
    names: Mapping[str, Place] = field(default_factory=dict)
    """Names that formulas call cells by."""
    charts: tuple[Chart, ...] = ()
    one_page: bool = False
    frozen: int = 0
    """Rows that stay in sight."""


def block(row: int, table: Table, column: int = 0) -> Cells:
    """Place a small table with its title above it."""
    cells: Cells = {(row, column): (table.title, "section")}
    for c, typed in enumerate(table.typed, column):
        cells[row + 1, c] = (typed.heading, "number_header" if typed.is_number else "header")
        for r, values in enumerate(table.rows, row + 2):
            cells[r, c] = (values[c - column], typed.style)
    return cells


def comments_of(row: int, table: Table) -> dict[Place, str]:
    """Place the comments of a table that ``block`` puts at a row."""
    return {(row + 2 + r, c): text for (r, c), text in table.comments.items()}


def height_of(text: str, width: float, style: str = "text") -> float:
    """Give the height that wrapped text takes, in points; columns are as wide as so many digits of 11 points."""
    size = float(str(STYLES[style].get("font_size", 11)))
    return LINE * size / 11 * sum(max(1, ceil(1.05 * len(line) * size / 11 / width)) for line in text.split("\n"))


def draw(pen: Pen, out: Worksheet, board: Board) -> None:
    """Write a board on its sheet."""
    out.hide_gridlines(2)
    if board.one_page:
        out.fit_to_pages(1, 1)
    for c, width in enumerate(board.widths):
        out.set_column(c, c, width)
    for row, (text, style) in board.lines.items():
        over(pen, out, row, len(board.widths), text, style, sum(board.widths))
    for row in {r for (r, _), (_, style) in board.cells.items() if style in ("header", "number_header")}:
        out.set_row(row, 2 * LINE)
    for (r, c), (value, style) in board.cells.items():
        pen.write(out, r, c, value, style)
        if value is None and style.startswith("your_"):
            out.write_blank(r, c, None, pen.style(style))
    for (r, c), comment in board.comments.items():
        out.write_comment(r, c, clipped(comment), {"x_scale": 2})
    for (r, c), allowed in board.choices.items():
        out.data_validation(r, c, r, c, dict(allowed))
    for name, (r, c) in board.names.items():
        pen.book.define_name(name, f"={at(r, c, board.title)}")
    for chart in board.charts:
        _insert(pen, out, chart)
    if board.frozen:
        out.freeze_panes(board.frozen, 0)


def over(pen: Pen, out: Worksheet, row: int, columns: int, text: str, style: str, width: float) -> None:
    """Write a text over several columns, wrapped, as high as it needs."""
    out.set_row(row, height_of(text, width, style))
    if columns > 1:
        out.merge_range(row, 0, row, columns - 1, "", pen.of_text(text, style))
    pen.write(out, row, 0, text, style)


def _insert(pen: Pen, out: Worksheet, chart: Chart) -> None:
    """Draw a chart from the cells of its sheet."""
    drawn = pen.book.add_chart({"type": chart.kind})
    lines = pen.book.add_chart({"type": "line"}) if any(one.is_line for one in chart.series) else None
    for one in chart.series:
        shown = {"color": one.colour, "width": 2.25} if one.is_line else {"none": True}
        target = lines if one.is_line and lines is not None else drawn
        target.add_series({
            "name": [out.name, *one.name], "categories": [out.name, *chart.names], "values": [out.name, *one.numbers],
            "fill": {"color": one.colour}, "line": shown,
        })  # fmt: skip
    if lines is not None:
        drawn.combine(lines)
    drawn.set_title({"name": chart.title, "overlay": False, "name_font": {"size": 11}})
    numbers = _axis(chart)
    names = {"label_position": "low", "num_font": {"size": 9}}
    if chart.kind == "bar":
        drawn.set_x_axis(numbers)
        drawn.set_y_axis({**names, "reverse": True, "crossing": "max"})
    else:
        drawn.set_x_axis(names)
        drawn.set_y_axis(numbers)
    drawn.set_legend({"position": "bottom"})
    drawn.set_size({"width": chart.size[0], "height": chart.size[1]})
    out.insert_chart(*chart.at, drawn, {"description": chart.says, "object_position": 2})


def _axis(chart: Chart) -> dict[str, object]:
    """Describe the axis of numbers, which begins at 0 where nothing lies beyond it."""
    small = max(map(abs, chart.values), default=0.0) < 10
    held: dict[str, object] = {"name": chart.axis, "num_format": "#,##0.0" if small else "#,##0"}
    if chart.values and min(chart.values) >= 0:
        held["min"] = 0
    elif chart.values and max(chart.values) <= 0:
        held["max"] = 0
    return held | {"major_gridlines": {"visible": True, "line": {"color": "#D0D0D0"}}}


def at(row: int, column: int, sheet: str = "", *, row_fixed: bool = True, column_fixed: bool = True) -> str:
    """Write where a cell is, as formulas call it."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    place = f"{'$' * column_fixed}{letters}{'$' * row_fixed}{row + 1}"
    return f"'{sheet}'!{place}" if sheet else place


def span(first: Place, last: Place, sheet: str = "") -> str:
    """Write a range of cells, all fixed, as formulas call it."""
    return f"{at(*first, sheet)}:{at(*last)}"


def merged(parts: Iterable[Cells]) -> Cells:
    """Put cells together."""
    return {place: cell for part in parts for place, cell in part.items()}
