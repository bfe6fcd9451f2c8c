"""Tables as a workbook: real numbers with formats, frozen headers, filters and notes; same tables, same bytes.

Text is only ever text: none is taken for a formula, a link or a number. What stands on the sheets is made elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sim.exhibits.csv import FORMULA_SIGNS
from sim.table import Cell, Column, Row, Table

CREATED = datetime(2000, 1, 1)
"""A fixed date in the file, so that the same run gives the same bytes."""
MOST_ROWS = 200_000
"""Rows of a sheet; what is beyond them is in the CSV file, and the sheet says so."""
MOST_TEXT = 30_000
"""Characters of a cell; a spreadsheet takes 32,767."""
OPTIONS = {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
NUMBER_FORMATS = {
    "money": "#,##0;[Red]-#,##0", "count": "#,##0.0", "share": "0.00%", "months": "0.0", "ratio": "0.00",
    "figure": "#,##0.00;[Red]-#,##0.00", "as_is": "General",
}  # fmt: skip
BY_UNIT = {"share": "share", "months": "months", "ratio": "ratio"}
BASE: dict[str, object] = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16}, "about": {"italic": True, "font_color": "#444444"},
    "section": {"bold": True, "font_size": 12, "font_color": "#0B3C5D"}, "text": {}, "wrapped": {"text_wrap": True},
    "header": {"bold": True, "font_color": "#FFFFFF", "bg_color": "#0B3C5D", "text_wrap": True, "valign": "vcenter"},
    "number_header": {
        "bold": True, "font_color": "#FFFFFF", "bg_color": "#0B3C5D", "text_wrap": True, "valign": "vcenter",
        "align": "right",
    },
    "left": {"align": "left"},
    "link": {"font_color": "#0563C1", "underline": 1},
    **{name: {"num_format": code, "align": "right"} for name, code in NUMBER_FORMATS.items()},
}  # fmt: skip


@dataclass
class Pen:
    """Writes cells of one workbook; formats are made when first needed."""

    book: xlsxwriter.Workbook
    formats: dict[tuple[str, bool], Format] = field(default_factory=dict)

    def style(self, name: str, quoted: bool = False) -> Format:
        """Give a format; ``quoted`` keeps text as text even when a reader edits the cell."""
        if (name, quoted) not in self.formats:
            self.formats[name, quoted] = self.book.add_format({**BASE, **STYLES[name], "quote_prefix": quoted})
        return self.formats[name, quoted]

    def write(self, sheet: Worksheet, row: int, column: int, value: Cell, style: str = "text") -> None:
        """Write a number as a number, text as text, and nothing for what is not known."""
        if isinstance(value, str):
            plain = style if style not in NUMBER_FORMATS else "text"
            text = clipped(value)
            sheet.write_string(row, column, text, self.style(plain, quoted=text.startswith(FORMULA_SIGNS)))
        elif value is not None:
            sheet.write_number(row, column, value, self.style(style))


def clipped(text: str) -> str:
    """Cut text that no cell can hold."""
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} ..."


def write_book(
    path: Path, title: str, lines: Sequence[str], blocks: Sequence[Table], sheets: Sequence[Table]
) -> None:  # fmt: skip
    """Write a workbook: a cover with lines of text, small tables and links to the sheets, then the sheets.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    memory = BytesIO()
    book = xlsxwriter.Workbook(memory, OPTIONS)
    book.set_properties({"title": clipped(title)[:200], "created": CREATED})
    pen = Pen(book)
    _cover(pen, book.add_worksheet("Cover"), [title, *lines], blocks, sheets)
    for sheet in sheets:
        _sheet(pen, book.add_worksheet(sheet.title), sheet)
    book.close()
    path.write_bytes(memory.getvalue())


def provenance(rows: Sequence[Row], about: str, file: str = "") -> Table:
    """Make the sheet that says how a study was made, from pairs of what and how."""
    return Table("Provenance", (Column("item", "Item", 34), Column("value", "Value", 90, "left")), rows, about, file, 1)


def _page(sheet: Worksheet, heading: str) -> None:
    """Print on wide pages with the name of the sheet and the page below."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{heading}&RPage &P of &N")
    sheet.set_comments_author("families")


def _sheet(pen: Pen, out: Worksheet, sheet: Table) -> None:
    """Write one sheet: title, what it holds, header with notes, rows."""
    _page(out, sheet.title)
    pen.write(out, 0, 0, sheet.title, "title")
    is_cut = len(sheet.rows) > MOST_ROWS
    left = f" The first {MOST_ROWS:,} of {len(sheet.rows):,} rows; {sheet.file} has all." if is_cut else ""
    pen.write(out, 1, 0, sheet.note + left, "about")
    out.set_row(0, 24)
    head, columns = 3, sheet.typed
    out.set_row(head, 32)
    for c, column in enumerate(columns):
        out.set_column(c, c, column.width)
        if column.meaning:
            out.write_comment(head, c, clipped(column.meaning), {"x_scale": 2})
    _grid(pen, out, head, sheet)
    for r, row in enumerate(sheet.rows[:MOST_ROWS], head + 1):
        if (lines := _lines(columns, row)) > 1:
            out.set_row(r, 15 * lines)
    _comments(out, head, sheet, {"x_scale": 2.5, "y_scale": 1.3})
    out.freeze_panes(head + 1, sheet.keys)
    out.repeat_rows(head)
    out.autofilter(head, 0, head + max(min(len(sheet.rows), MOST_ROWS), 1), len(sheet.columns) - 1)


def _grid(pen: Pen, out: Worksheet, head: int, table: Table) -> None:
    """Write headings, those of numbers set right above them, and rows."""
    columns = table.typed
    for c, column in enumerate(columns):
        pen.write(out, head, c, column.heading, "number_header" if column.is_number else "header")
    for r, row in enumerate(table.rows[:MOST_ROWS], head + 1):
        for c, (value, column) in enumerate(zip(row, columns, strict=True)):
            pen.write(out, r, c, value, _style(columns, row, column))


def _style(columns: Sequence[Column], row: Row, column: Column) -> str:
    """Give the style of a cell."""
    if column.style != "by_unit":
        return column.style
    unit = next(i for i, other in enumerate(columns) if other.name == "unit")
    return BY_UNIT.get(str(row[unit]), "figure")


def _comments(out: Worksheet, head: int, table: Table, size: dict[str, float]) -> None:
    """Write the comments on cells that are written."""
    for (r, c), comment in table.comments.items():
        if r < MOST_ROWS:
            out.write_comment(head + 1 + r, c, clipped(comment), size)


def _lines(columns: Sequence[Column], row: Row) -> int:
    """Give how many lines the wrapped text of a row takes."""
    wrapped = (
        len(str(value)) / column.width for value, column in zip(row, columns, strict=True) if column.style == "wrapped"
    )
    return math.ceil(max(wrapped, default=0.0))


def _cover(
    pen: Pen, out: Worksheet, lines: Sequence[str], blocks: Sequence[Table], sheets: Sequence[Table]
) -> None:  # fmt: skip
    """Write the cover: what was run, what came out, how to read it, and where everything is."""
    _page(out, "Cover")
    out.hide_gridlines(2)
    out.set_column(0, 1, 24)
    out.set_column(2, 12, 14)
    out.set_row(0, 26)
    pen.write(out, 0, 0, lines[0], "title")
    row = 1
    for line in lines[1:]:
        pen.write(out, row, 0, line)
        row += 1
    for block in blocks:
        row = _block(pen, out, row + 1, block)
    pen.write(out, row + 1, 0, "Sheets", "section")
    for r, sheet in enumerate(sheets, row + 2):
        out.write_url(r, 0, f"internal:'{sheet.title}'!A1", pen.style("link"), sheet.title)
        pen.write(out, r, 1, sheet.note)


def _block(pen: Pen, out: Worksheet, row: int, block: Table) -> int:
    """Write one small table of the cover and give the row after it."""
    pen.write(out, row, 0, block.title, "section")
    out.set_row(row + 1, 32)
    _grid(pen, out, row + 1, block)
    _comments(out, row + 1, block, {"x_scale": 2})
    return row + 2 + len(block.rows)
