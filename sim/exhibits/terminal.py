"""Tables on a terminal: columns set apart by blanks, ruled where somebody looks; text cells as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from textwrap import fill
from typing import TYPE_CHECKING, Literal

from sim.exhibits.numbers import shown
from sim.table import Row, Table

if TYPE_CHECKING:
    from rich.console import Console

GAP, PAGE = 2, 80
"""Blanks between columns, and the width of what is read as text."""
NARROW = 20
"""What names of rows are wrapped to before columns are parted."""
LEAST = 3
"""Columns of a table whose first is gathered."""


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


def gathered(table: Table) -> Table:
    """Say what repeats down the first column once: in the title where it never changes, else above its rows.

    An empty cell there means what stands above it.
    """
    first: list[str] = []
    for row in table.rows:
        first.append(str(row[0]) or (first[-1] if first else ""))
    runs = [name for name, _ in groupby(first)]
    is_told = len(table.columns) >= LEAST and not any(column.is_number for column in table.typed[:2])
    if not is_told or len(runs) == len(first) or len(set(runs)) < len(runs):
        return table
    rest, rows = table.columns[1:], [row[1:] for row in table.rows]
    if len(runs) == 1:
        return replace(table, title=f"{table.title}: {runs[0]}".lstrip(": "), columns=rest, rows=rows)
    blank = ("",) * (len(rest) - 1)
    under: list[Row] = []
    for name, of in groupby(zip(first, rows, strict=True), lambda row: row[0]):
        under += [(f"{name}:", *blank), *((f"  {row[0]}", *row[1:]) for _, row in of)]
    return replace(table, columns=("", *rest[1:]), rows=under)


def folded(table: Table, page: int = PAGE) -> list[Table]:
    """Part the columns of a table that is wider than a page: each part begins with the columns that tell rows apart."""
    if width(table) <= page or _span(sizes_of(table, page)) <= page:
        return [table]
    sizes = sizes_of(table, page)
    keys = _keys(table, sizes, page)
    parts: list[list[int]] = [[]]
    for i in range(keys, len(sizes)):
        if parts[-1] and _span([*sizes[:keys], *(sizes[j] for j in (*parts[-1], i))]) > page:
            parts.append([])
        parts[-1].append(i)
    chosen = [(*range(keys), *part) for part in parts]
    made = [
        replace(
            table, title="", note="", columns=tuple(table.columns[i] for i in part), comments={},
            rows=[tuple(row[i] for i in part) for row in table.rows],
        )
        for part in chosen
    ]  # fmt: skip
    made[0] = replace(made[0], title=table.title)
    made[-1] = replace(made[-1], note=table.note)
    return made


def sizes_of(table: Table, page: int) -> list[int]:
    """Give the width of each column: of its longest cell or word of its heading, half a page at most."""
    columns = zip(*cells_of(table), strict=True)
    first, *longest = (max(*map(len, heading.split() or [""]), *map(len, cells), 0) for heading, *cells in columns)
    others = [min(size, page // 2 - GAP) for size in longest]
    room = page - _span(others) - GAP
    return [max(min(first, room), min(first, NARROW)), *others]


def _span(sizes: Sequence[int]) -> int:
    """Give how wide columns are together."""
    return sum(sizes) + GAP * (len(sizes) - 1)


def _keys(table: Table, sizes: Sequence[int], page: int) -> int:
    """Count the columns at the left that tell rows apart, the first at least, and no more than leave room."""
    for k in range(1, len(sizes)):
        if len({row[:k] for row in table.rows}) == len(table.rows) and _span(sizes[:k]) <= page // 2:
            return k
    return 1


def width(table: Table) -> int:
    """Give how many columns of a terminal a table takes."""
    return sum(max(map(len, cells)) + GAP for cells in zip(*cells_of(table), strict=True)) - GAP


def print_table(to: Console, table: Table) -> None:
    """Print one table, folded where it is wider than the console; nothing in it is taken for markup."""
    parts = folded(gathered(table) if width(table) > to.width else table, to.width)
    for part in parts:
        _print(to, part, sizes_of(part, to.width) if width(part) > to.width or len(parts) > 1 else None)


def _print(to: Console, table: Table, sizes: Sequence[int] | None) -> None:
    """Print a table, or a part of one: parts after the first have no title, and headings that wrap."""
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    ruled, page = to.is_terminal, min(to.width, PAGE)
    grid = Grid(
        box=box.SIMPLE_HEAD if ruled else None, show_edge=False, pad_edge=False, padding=(0, 1 if ruled else GAP, 0, 0)
    )
    headings, *rows = cells_of(table)
    for i, heading in enumerate(headings):
        wraps = bool(i) or sizes is not None
        size = None if sizes is None else sizes[i]
        side: Literal["left", "right"] = "right" if i else "left"
        grid.add_column(Text(heading), justify=side, no_wrap=not wraps, overflow="fold", width=size)
    for first, *others in rows:
        grid.add_row(Text(first if sizes is None else _hanging(first, sizes[0])), *map(Text, others))
    to.print(Text(f"\n{visible(table.title)}" if table.title else "", style="bold"), width=page)
    if rows:
        to.print(grid)
    if table.note:
        to.print(Text(f"\n{visible(table.note)}"), width=page)


def _hanging(text: str, size: int) -> str:
    """Break a name over lines, each after the first indented."""
    indent = " " * (len(text) - len(text.lstrip()))
    return fill(text.lstrip(), size, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)
