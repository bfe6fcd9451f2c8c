"""One kind of table, before anything is written or drawn: typed columns with their meaning, and rows of plain values.

Files, workbooks, pages and the terminal are written from it in ``sim.exhibits``; what columns of a run mean is in
``sim.results.columns``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = str | float | None
Row = tuple[Cell, ...]
TEXT = frozenset({"text", "wrapped", "indented", "left", "link"})
"""Styles of columns that hold text; all others hold numbers."""
WIDTH = 16.0


@dataclass(frozen=True)
class Column:
    """A column: its name, how it is headed, its width in a workbook, how its cells are shown and what they mean.

    A style is one of ``TEXT`` (a ``link`` is the name of another sheet) or a number's: ``money``, ``millions``,
    ``pennies``, ``count``, ``share``, ``months``, ``ratio``, ``figure``, ``as_is``, or
    ``by_unit``, which takes it from the column ``unit`` of the row.
    """

    name: str
    heading: str
    width: float = WIDTH
    style: str = "text"
    meaning: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.style not in TEXT

    def __str__(self) -> str:
        """Give the heading."""
        return self.heading


@dataclass(frozen=True)
class Table:
    """A table: a column that is given as a string holds text and is headed by it.

    ``note`` says what it holds or what to know about it, ``file`` names the file that has every row, the first ``keys``
    columns stay in sight, and ``comments`` are on cells, by (row, column).
    """

    title: str
    columns: tuple[Column | str, ...]
    rows: Sequence[Row]
    note: str = ""
    file: str = ""
    keys: int = 0
    comments: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @property
    def typed(self) -> tuple[Column, ...]:
        """Give every column with its type."""
        return tuple(Column(column, column) if isinstance(column, str) else column for column in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Name the columns."""
        return tuple(column.name for column in self.typed)


def plain(value: float | None) -> float | None:
    """Give a number that a file can hold: None for what is not finite."""
    return float(value) if value is not None and math.isfinite(value) else None


def all_plain(content: Any) -> Any:
    """Turn nested content into what JSON can hold: None for numbers that are not finite, all the way down."""
    if isinstance(content, dict):
        return {str(key): all_plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [all_plain(value) for value in content]
    return plain(content) if isinstance(content, float) else content
