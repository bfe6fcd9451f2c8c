"""How the cells of a workbook are written: numbers as numbers, text as text, formulas where the program makes them.

Text is only ever text: none is taken for a formula, a link or a number. What stands on sheets is made elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sim.exhibits.csv import FORMULA_SIGNS
from sim.table import Cell

MOST_TEXT = 30_000
"""Characters of a cell; a spreadsheet takes 32,767."""
BLUE = "#0B3C5D"
NUMBER_FORMATS = {
    "money": "#,##0;[Red]-#,##0", "pennies": "#,##0.00;[Red]-#,##0.00", "millions": "#,##0.0;[Red]-#,##0.0",
    "count": "#,##0.0", "share": "0.00%", "months": "0.0", "ratio": "0.00", "figure": "#,##0.00;[Red]-#,##0.00",
    "factor": "0.0000", "as_is": "General",
}  # fmt: skip
BASE: dict[str, object] = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
HEADER = {"bold": True, "font_color": "#FFFFFF", "bg_color": BLUE, "text_wrap": True, "valign": "vcenter"}
INPUT = {"bg_color": "#FFF2B3", "border": 1, "border_color": "#8A8A8A", "locked": False}
STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16}, "about": {"italic": True, "font_color": "#444444", "text_wrap": True},
    "lead": {"font_size": 14, "text_wrap": True}, "section": {"bold": True, "font_size": 12, "font_color": BLUE},
    "text": {}, "wrapped": {"text_wrap": True}, "header": HEADER, "number_header": {**HEADER, "align": "right"},
    "left": {"align": "left", "text_wrap": True}, "choice": INPUT,
    "indented": {"text_wrap": True, "align": "left", "indent": 1},
    "link": {"font_color": "#0563C1", "underline": 1},
    **{name: {"num_format": code, "align": "right"} for name, code in NUMBER_FORMATS.items()},
    **{f"your_{name}": {**INPUT, "num_format": NUMBER_FORMATS[name], "align": "right"}
       for name in ("pennies", "share", "as_is")},
}  # fmt: skip


@dataclass(frozen=True)
class Formula:
    """A formula of a spreadsheet, with what it comes to at first, for readers that do not calculate."""

    text: str
    value: float | str


Written = Cell | Formula


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

    def write(self, sheet: Worksheet, row: int, column: int, value: Written, style: str = "text") -> None:
        """Write a number as a number, text as text, a formula with its value, and nothing for what is not known."""
        if isinstance(value, Formula):
            sheet.write_formula(row, column, value.text, self.style(style), value.value)
        elif isinstance(value, str):
            sheet.write_string(row, column, clipped(value), self.of_text(value, style))
        elif value is not None:
            sheet.write_number(row, column, value, self.style(style))

    def of_text(self, text: str, style: str) -> Format:
        """Give the format of a text, which keeps it one."""
        plain = style if style not in NUMBER_FORMATS else "text"
        return self.style(plain, quoted=text.startswith(FORMULA_SIGNS))


def clipped(text: str) -> str:
    """Cut text that no cell can hold."""
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} ..."
