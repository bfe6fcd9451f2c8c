"""The workbook of a run: real numbers with formats, frozen headers, filters and notes; the same bytes for the same run.

What stands on each sheet is made in ``workbook_sheets``. Text is only ever text: none is taken for a formula, a link or
a number. When it was made and how long it took are left to run.json, as they differ from run to run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import xarray as xr
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sim.economics.report import FullAppraisal, full_appraisal
from sim.report.workbook.cover import Block, cover_blocks, cover_lines
from sim.report.workbook.sheets import Cell, Sheet, sheets_of
from sim.results.folder.store import FORMULA_SIGNS
from sim.results.summary import Summary

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


def write_workbook(
    path: Path, ds: xr.Dataset, summary: Summary, run: Mapping[str, Any] = MappingProxyType({}),
    full: FullAppraisal | None = None,
) -> None:  # fmt: skip
    """Write workbook.xlsx: cover, summary, ledger, budget impact, waits, areas, assumptions and provenance.

    Parameters
    ----------
    path
        The file to write.
    ds, summary
        The run and its summary; every number on the sheets is one of theirs, to 16 digits.
    run
        What made it, as run.json holds it; without it there are no assumptions.
    full
        The appraisal of the Dataset, where it has been made already.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    sheets = sheets_of(ds, summary, run, full_appraisal(ds) if full is None else full)
    title, *lines = cover_lines(summary)
    write_book(path, title, lines, list(cover_blocks(ds, summary)), sheets)


def write_book(
    path: Path, title: str, lines: Sequence[str], blocks: Sequence[Block], sheets: Sequence[Sheet]
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
        _sheet(pen, book.add_worksheet(sheet.name), sheet)
    book.close()
    path.write_bytes(memory.getvalue())


def _page(sheet: Worksheet, heading: str) -> None:
    """Print on wide pages with the name of the sheet and the page below."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{heading}&RPage &P of &N")
    sheet.set_comments_author("families")


def _sheet(pen: Pen, out: Worksheet, sheet: Sheet) -> None:
    """Write one sheet: title, what it holds, header with notes, rows."""
    _page(out, sheet.name)
    pen.write(out, 0, 0, sheet.name, "title")
    left = f" The first {MOST_ROWS:,} of {len(sheet.rows):,} rows; {sheet.file} has all." if _is_cut(sheet) else ""
    pen.write(out, 1, 0, sheet.about + left, "about")
    out.set_row(0, 24)
    head = 3
    out.set_row(head, 32)
    for c, column in enumerate(sheet.columns):
        pen.write(out, head, c, column.heading, _header(column.style))
        out.set_column(c, c, column.width)
        if column.note:
            out.write_comment(head, c, clipped(column.note), {"x_scale": 2})
    for r, row in enumerate(sheet.rows[:MOST_ROWS], head + 1):
        for c, (value, column) in enumerate(zip(row, sheet.columns, strict=True)):
            pen.write(out, r, c, value, sheet.style_of(row, column))
        if (lines := _lines(sheet, row)) > 1:
            out.set_row(r, 15 * lines)
    for (r, c), note in sheet.notes.items():
        if r < MOST_ROWS:
            out.write_comment(head + 1 + r, c, clipped(note), {"x_scale": 2.5, "y_scale": 1.3})
    out.freeze_panes(head + 1, sheet.keys)
    out.repeat_rows(head)
    out.autofilter(head, 0, head + max(min(len(sheet.rows), MOST_ROWS), 1), len(sheet.columns) - 1)


def _lines(sheet: Sheet, row: Sequence[Cell]) -> int:
    """Give how many lines the wrapped text of a row takes."""
    wrapped = (
        len(str(value)) / column.width for value, column in zip(row, sheet.columns, strict=True)
        if column.style == "wrapped"
    )  # fmt: skip
    return math.ceil(max(wrapped, default=0.0))


def _header(style: str) -> str:
    """Set the heading of numbers right, above them."""
    return "number_header" if style in NUMBER_FORMATS or style == "by_unit" else "header"


def _is_cut(sheet: Sheet) -> bool:
    """Whether a sheet has more rows than are written."""
    return len(sheet.rows) > MOST_ROWS


def _cover(
    pen: Pen, out: Worksheet, told: Sequence[str], blocks: Sequence[Block], sheets: Sequence[Sheet]
) -> None:  # fmt: skip
    """Write the cover: what was run, what came out, how to read it, and where everything is."""
    _page(out, "Cover")
    out.hide_gridlines(2)
    out.set_column(0, 1, 24)
    out.set_column(2, 12, 14)
    out.set_row(0, 26)
    pen.write(out, 0, 0, told[0], "title")
    row = 1
    for line in told[1:]:
        pen.write(out, row, 0, line)
        row += 1
    for block in blocks:
        row = _block(pen, out, row + 1, block)
    pen.write(out, row + 1, 0, "Sheets", "section")
    for r, sheet in enumerate(sheets, row + 2):
        out.write_url(r, 0, f"internal:'{sheet.name}'!A1", pen.style("link"), sheet.name)
        pen.write(out, r, 1, sheet.about)


def _block(pen: Pen, out: Worksheet, row: int, block: Block) -> int:
    """Write one small table of the cover and give the row after it."""
    pen.write(out, row, 0, block.title, "section")
    out.set_row(row + 1, 32)
    for c, heading in enumerate(block.columns):
        pen.write(out, row + 1, c, heading, _header(block.styles[c]))
    for r, line in enumerate(block.rows, row + 2):
        for c, (value, style) in enumerate(zip(line, block.styles, strict=True)):
            pen.write(out, r, c, value, style)
    for (r, c), note in block.notes.items():
        out.write_comment(row + 2 + r, c, clipped(note), {"x_scale": 2})
    return row + 2 + len(block.rows)
