"""Tables on a terminal: columns set apart by blanks, ruled where somebody looks; text cells as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sim.exhibits.numbers import shown
from sim.table import Table

if TYPE_CHECKING:
    from rich.console import Console

GAP, PAGE = 2, 80
"""Blanks between columns, and the width of what is read as text."""


_ACTING = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # set a title, a link, the clipboard
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # colours, moves of the cursor
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"  # controls, and what turns the direction of writing
)


def visible(text: str) -> str:
    """Leave out of a text what would act on a terminal rather than be read; new lines and tabs stay."""
    return _ACTING.sub("", text)


def cells_of(table: Table) -> list[tuple[str, ...]]:
    """Give the headings and the rows as they are shown."""
    styles = [column.style for column in table.typed]
    rows = (tuple(visible(shown(value, style)) for value, style in zip(row, styles, strict=True)) for row in table.rows)
    return [tuple(visible(str(column)) for column in table.columns), *rows]


def width(table: Table) -> int:
    """Give how many columns of a terminal a table takes."""
    return sum(max(map(len, cells)) + GAP for cells in zip(*cells_of(table), strict=True)) - GAP


def print_table(to: Console, table: Table) -> None:
    """Print one table; nothing in it is taken for markup."""
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    ruled, page = to.is_terminal, min(to.width, PAGE)
    grid = Grid(
        box=box.SIMPLE_HEAD if ruled else None, show_edge=False, pad_edge=False, padding=(0, 1 if ruled else GAP, 0, 0)
    )
    headings, *rows = cells_of(table)
    for i, heading in enumerate(headings):
        grid.add_column(Text(heading), justify="right" if i else "left", no_wrap=not i, overflow="fold")
    for row in rows:
        grid.add_row(*map(Text, row))
    to.print(Text(f"\n{visible(table.title)}", style="bold"), width=page)
    to.print(grid)
    if table.note:
        to.print(Text(f"\n{visible(table.note)}"), width=page)
