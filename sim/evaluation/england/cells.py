"""Reads tables of a file as cells that know where they stand, so that what is wrong is named by line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.errors import ModelError, Problem

MOST_BYTES = 200_000_000
MOST_SAID = 20
"""Problems that are listed; how many more there are is said."""
_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",]*))(,|$)')


@dataclass(frozen=True)
class PlacedCell:
    """What stands in a cell, with the file, line and column (in characters) where it begins."""

    text: str
    where: str


CsvRow = Mapping[str, PlacedCell]


def read_cells(path: Path, needed: Sequence[str]) -> list[CsvRow]:
    """Read a CSV file in UTF-8 with a header, rows of as many cells, and no line breaks in cells.

    Parameters
    ----------
    path
        The file.
    needed
        Columns that must be there, in any order; others are left out.

    Returns
    -------
        A row for each line but empty ones: by column, its text without spaces around it.

    Raises
    ------
    ModelError
        With file, line and column of what is wrong, at most ``MOST_SAID`` things.
    """
    lines = _lines(path)
    if not any(line.strip() for line in lines):
        raise ModelError([Problem(str(path), "", "is empty; its first line names the columns")])
    header = [cell.text for cell in _split(path, 1, lines[0])]
    missing = [name for name in needed if name not in header]
    twice = sorted({name for name in needed if header.count(name) > 1})
    if missing or twice:
        what = f"lacks the column {', '.join(missing)}" if missing else f"has the column {', '.join(twice)} twice"
        raise ModelError([Problem(f"{path}:1:1", "", f"the header {what}; it has {', '.join(header[:40])}")])
    at = {name: header.index(name) for name in needed}
    rows: list[CsvRow] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            cells = _split(path, number, line)
        except ModelError as error:
            problems += error.problems
            continue
        if len(cells) != len(header):
            problems.append(Problem(f"{path}:{number}:1", "", f"has {len(cells)} cells; the header has {len(header)}"))
            continue
        rows.append({name: cells[i] for name, i in at.items()})
    refuse(problems)
    return rows


def refuse(problems: Iterable[Problem]) -> None:
    """Raise what is wrong, where anything is.

    Raises
    ------
    ModelError
        With the first ``MOST_SAID`` problems and how many more there are.
    """
    found = list(problems)
    if len(found) > MOST_SAID:
        found = [*found[:MOST_SAID], Problem("", "", f"and {len(found) - MOST_SAID:,} more like these")]
    if found:
        raise ModelError(found)


def _lines(path: Path) -> list[str]:
    """Read the lines of a file."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelError([Problem(str(path), "", f"is larger than {MOST_BYTES // 10**6} MB")])
        content = path.read_bytes()
    except OSError as error:
        raise ModelError([Problem(str(path), "", f"cannot be read ({error.strerror})")]) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = content.count(b"\n", 0, error.start) + 1, error.start - content.rfind(b"\n", 0, error.start)
        said = "is no UTF-8 text; save it as CSV UTF-8"
        raise ModelError([Problem(f"{path}:{line}:{column}", "", said)]) from None
    return re.split(r"\r\n|\n|\r", text.removesuffix("\n").removesuffix("\r"))


def _split(path: Path, number: int, line: str) -> list[PlacedCell]:
    """Split a line into cells."""
    return list(_fields(path, number, line))


def _fields(path: Path, number: int, line: str) -> Iterator[PlacedCell]:
    """Give the cells of a line one after another."""
    start = 0
    while True:
        found = _FIELD.match(line, start)
        if found is None:
            said = "a quotation mark is not closed, or text follows one; a cell is plain, or wholly in quotation marks"
            raise ModelError([Problem(f"{path}:{number}:{start + 1}", "", said)])
        text = found.group(2) if found.group(1) is None else found.group(1).replace('""', '"')
        yield PlacedCell(text.strip(), f"{path}:{number}:{start + 1}")
        if not found.group(3):
            return
        start = found.end()
