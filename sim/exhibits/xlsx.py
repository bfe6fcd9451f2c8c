"""Tables and boards as a workbook: frozen headers, filters, notes, wide pages; same content, same bytes.

How cells are written is in ``sim.exhibits.pen``, sheets laid out by hand in ``sim.exhibits.board``; what stands on the
sheets is made elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from sim.exhibits.board import LINE, Board, Cells, Place, block, comments_of, draw, merged, over
from sim.exhibits.pen import Pen, clipped
from sim.table import Column, Row, Table

CREATED = datetime(2000, 1, 1)
"""A fixed date in the file, so that the same run gives the same bytes."""
MOST_ROWS = 200_000
"""Rows of a sheet; what is beyond them is in the CSV file, and the sheet says so."""
OPTIONS = {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
WRAPPED = frozenset({"wrapped", "indented", "left"})
BY_UNIT = {"share": "share", "months": "months", "ratio": "ratio"}
HEAD = 3
"""The row of the headings of a table, from 0."""


def write_book(path: Path, title: str, cover: Board, sheets: Sequence[Table | Board]) -> None:
    """Write a workbook: its cover, what is in it with links, then the sheets.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    memory = BytesIO()
    book = xlsxwriter.Workbook(memory, OPTIONS)
    book.set_properties({"title": clipped(title)[:200], "created": CREATED})
    pen = Pen(book)
    for sheet in (cover, contents(sheets), *sheets):
        out = book.add_worksheet(sheet.title)
        _page(out, sheet.title)
        if isinstance(sheet, Board):
            draw(pen, out, sheet)
        else:
            _table(pen, out, sheet)
    book.close()
    path.write_bytes(memory.getvalue())


def contents(sheets: Sequence[Table | Board]) -> Table:
    """List the sheets with what each holds; names are links."""
    columns = (Column("sheet", "Sheet", 24, "link"), Column("holds", "What it holds", 110, "wrapped"))
    return Table("Contents", columns, [(sheet.title, sheet.note) for sheet in sheets], "Click a name to go there.")


def cover(title: str, lines: Sequence[str], blocks: Sequence[Table]) -> Board:
    """Make a plain cover: a title, lines of text and small tables."""
    row, parts = 2 + len(lines), list[Cells]()
    comments: dict[Place, str] = {}
    for table in blocks:
        parts.append(block(row, table))
        comments |= comments_of(row, table)
        row += 3 + len(table.rows)
    told = {0: (title, "title"), **{r: (line, "wrapped") for r, line in enumerate(lines, 1)}}
    return Board("Cover", "", merged(parts), (24, 24, *[14] * 6), told, comments)


def provenance(rows: Sequence[Row], about: str, file: str = "") -> Table:
    """Make the sheet that says how a study was made, from pairs of what and how."""
    return Table("Provenance", (Column("item", "Item", 34), Column("value", "Value", 90, "left")), rows, about, file, 1)


def _page(sheet: Worksheet, heading: str) -> None:
    """Print on wide pages with the name of the sheet and the page below."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{heading.replace('&', '&&')}&RPage &P of &N")
    sheet.set_comments_author("families")


def _table(pen: Pen, out: Worksheet, sheet: Table) -> None:
    """Write one table: title, what it holds, header with notes where they say more, rows."""
    columns, rows = sheet.typed, sheet.rows[:MOST_ROWS]
    left = f" The first {MOST_ROWS:,} of {len(sheet.rows):,} rows; {sheet.file} has all." if rows != sheet.rows else ""
    for c, column in enumerate(columns):
        out.set_column(c, c, column.width)
        if column.meaning:
            out.write_comment(HEAD, c, clipped(column.meaning), {"x_scale": 2})
    pen.write(out, 0, 0, sheet.title, "title")
    out.set_row(0, 24)
    # Over no more columns than a reader sees at once, and not into those that scroll away.
    seen = _seen(columns)
    over(pen, out, 1, seen, clipped(sheet.note + left), "about", sum(column.width for column in columns[:seen]))
    _grid(pen, out, columns, rows)
    for (r, c), comment in sheet.comments.items():
        if r < MOST_ROWS:
            out.write_comment(HEAD + 1 + r, c, clipped(comment), {"x_scale": 2.5, "y_scale": 1.3})
    out.freeze_panes(HEAD + 1, sheet.keys)
    out.repeat_rows(HEAD)
    if sheet.keys:
        out.autofilter(HEAD, 0, HEAD + max(len(rows), 1), len(columns) - 1)


def _seen(columns: Sequence[Column], most: float = 150.0) -> int:
    """Give how many columns fit a screen."""
    total, n = 0.0, 0
    for column in columns:
        total += column.width
        n += total <= most
    return max(n, 1)


def _grid(pen: Pen, out: Worksheet, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """Write headings, those of numbers set right above them, and rows as high as their text needs."""
    out.set_row(HEAD, 2 * LINE)
    for c, column in enumerate(columns):
        pen.write(out, HEAD, c, column.heading, "number_header" if column.is_number else "header")
    for r, row in enumerate(rows, HEAD + 1):
        if (lines := _lines(columns, row)) > 1:
            out.set_row(r, LINE * lines)
        for c, (value, column) in enumerate(zip(row, columns, strict=True)):
            if column.style == "link" and isinstance(value, str):
                out.write_url(r, c, f"internal:'{value}'!A1", pen.style("link"), value)
            else:
                pen.write(out, r, c, value, _style(columns, row, column))


def _style(columns: Sequence[Column], row: Row, column: Column) -> str:
    """Give the style of a cell."""
    if column.style != "by_unit":
        return column.style
    unit = next(i for i, other in enumerate(columns) if other.name == "unit")
    return BY_UNIT.get(str(row[unit]), "figure")


def _lines(columns: Sequence[Column], row: Row) -> int:
    """Give how many lines the wrapped text of a row takes."""
    wrapped = (
        len(str(value)) / column.width for value, column in zip(row, columns, strict=True) if column.style in WRAPPED
    )
    return math.ceil(max(wrapped, default=0.0))
