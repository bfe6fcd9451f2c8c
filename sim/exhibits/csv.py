"""Tables as CSV files and back: every digit, and no text that a spreadsheet would take for a formula.

Files begin with the mark by which Excel knows UTF-8; files of before, which have none, are read as well.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from sim.results.columns import table
from sim.table import Cell, Table

ENCODING = "utf-8-sig"
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\0")


def write_csv(path: Path, content: Table) -> None:
    """Write a table with every digit; text that a spreadsheet would take for a formula gets an apostrophe."""
    with path.open("w", encoding=ENCODING, newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(content.names)
        writer.writerows([_written(value) for value in row] for row in content.rows)


def write_tables(folder: Path, tables: Iterable[Table]) -> None:
    """Write each table as the file that it names."""
    for content in tables:
        write_csv(folder / content.file, content)


def read_csv(path: Path) -> Table:
    """Read a CSV file of a run: numbers as numbers, None for empty cells of number columns, text as it was."""
    with path.open(encoding=ENCODING, newline="") as file:
        names, *rows = csv.reader(file)
    columns = table(path.name, names, ()).typed
    read = [_number if column.is_number else _text for column in columns]
    return table(path.name, names, (tuple(f(cell) for f, cell in zip(read, row, strict=True)) for row in rows))


def _written(value: Cell) -> str:
    """Write one cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_SIGNS) else value
    return str(value)  # every digit, of NumPy's numbers too


def _number(cell: str) -> float | None:
    """Read a number."""
    return float(cell) if cell else None


def _text(cell: str) -> str:
    """Read text without the apostrophe that was put before a sign."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_SIGNS) else cell
