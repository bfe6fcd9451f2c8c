"""Reads the children looked after return (SSDA903): its header and episodes, as periods of being looked after.

Format: Department for Education, "Children looked after return 2024 to 2025: technical specifications", for 1 April
2024 to 31 March 2025 (gov.uk, updated 19 April 2024). Of its columns CHILD and DOB of the header and CHILD, DECOM,
RNE, LS, DEC and REC of the episodes are read, which have been the same for years; all others are left alone. Episodes
of short breaks (legal status V3 and V4) are left out, as they are of the published figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np

from sim.arrays import BoolArray, IntArray
from sim.errors import ModelError, Problem
from sim.evaluation.england.cells import CsvRow, PlacedCell, read_cells, refuse

HEADER = ("CHILD", "DOB")
EPISODES = ("CHILD", "DECOM", "RNE", "LS", "DEC", "REC")
STARTED, GOES_ON = "S", "X1"
REASONS_BEGUN = (STARTED, "L", "P", "T", "B", "U")
SHORT_BREAKS = ("V3", "V4")
OPEN = np.iinfo(np.int64).max
"""Day on which a period ends that has not ended."""
_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_REASON_ENDED = re.compile(r"X1|E\d{1,2}[AB]?")
_LEGAL = re.compile(r"[A-Z]\d")
_OLDEST = 21


@dataclass(frozen=True)
class CarePeriods:
    """Periods of being looked after, from the start until the child leaves care; days are ordinals of the calendar.

    Attributes
    ----------
    child
        Number of the child, (period,).
    born, begun, ended
        Days of birth, of the start and of the end (``OPEN`` where there is none yet), (period,).
    is_start_known
        Whether the period began in the files, not before them, (period,).
    short_breaks
        Episodes that were left out.
    """

    child: IntArray
    born: IntArray
    begun: IntArray
    ended: IntArray
    is_start_known: BoolArray
    short_breaks: int


@dataclass(frozen=True)
class _Episode:
    """An episode of the file."""

    child: str
    begun: int
    reason: str
    ended: int
    left: str
    row: CsvRow


def read_return(header: Path, episodes: Path) -> CarePeriods:
    """Read header and episodes of a return.

    Parameters
    ----------
    header, episodes
        CSV files in UTF-8 with the department's names of columns; dates as dd/mm/yyyy.

    Raises
    ------
    ModelError
        With file, line and column of what is wrong: what is no date or code, a child without a header or with two, an
        end before its start, episodes that overlap or do not follow each other. Nothing of a child is said but that.
    """
    problems: list[Problem] = []
    born = _births(read_cells(header, HEADER), problems)
    read, left_out = [], 0
    for row in read_cells(episodes, EPISODES):
        if row["LS"].text in SHORT_BREAKS:
            left_out += 1
            continue
        episode = _episode(row, born, problems)
        if episode is not None:
            read.append(episode)
    refuse(problems)
    if not read:
        raise ModelError([Problem(str(episodes), "", "holds no episode but of short breaks")])
    by_child: dict[str, list[_Episode]] = {}
    for one in sorted(read, key=lambda one: (one.begun, one.ended)):
        by_child.setdefault(one.child, []).append(one)
    refuse(problem for mine in by_child.values() for problem in _out_of_order(mine))
    periods = [(i, born[name], *period) for i, (name, mine) in enumerate(by_child.items()) for period in _joined(mine)]
    child, days, begun, ended, known = (np.array(column) for column in zip(*periods, strict=True))
    return CarePeriods(child, days, begun, ended, known.astype(np.bool_), left_out)


def _births(rows: Sequence[CsvRow], problems: list[Problem]) -> dict[str, int]:
    """Give the day of birth by child."""
    born: dict[str, int] = {}
    first: dict[str, PlacedCell] = {}
    for row in rows:
        cell = row["CHILD"]
        if not cell.text:
            problems.append(Problem(cell.where, "CHILD", "is blank"))
        elif cell.text in first:
            problems.append(Problem(cell.where, "CHILD", f"this child stands at {first[cell.text].where} already"))
        else:
            first[cell.text] = cell
            born[cell.text] = _day(row["DOB"], "DOB", problems) or 0
    return born


def _day(cell: PlacedCell, column: str, problems: list[Problem]) -> int | None:
    """Read a date."""
    found = _DATE.fullmatch(cell.text)
    try:
        return date(*(int(part) for part in reversed(found.groups()))).toordinal() if found else _no_date(cell)
    except ValueError:
        problems.append(Problem(cell.where, column, "must be a day of the calendar written dd/mm/yyyy"))
        return None


def _no_date(cell: PlacedCell) -> int:
    """Refuse what is written unlike a date."""
    raise ValueError(cell.where)


def _episode(row: CsvRow, born: dict[str, int], problems: list[Problem]) -> _Episode | None:
    """Read an episode; None where something is wrong with it."""
    before = len(problems)
    name, reason, left = row["CHILD"].text, row["RNE"].text, row["REC"].text
    begun = _day(row["DECOM"], "DECOM", problems) or 0
    ended = _day(row["DEC"], "DEC", problems) or 0 if row["DEC"].text else OPEN
    checks = (
        ("CHILD", name in born, "this child has no line in the header"),
        ("RNE", reason in REASONS_BEGUN, f"must be one of {', '.join(REASONS_BEGUN)}"),
        ("LS", bool(_LEGAL.fullmatch(row["LS"].text)), "must be a code such as C2 or V2"),
        ("REC", bool(_REASON_ENDED.fullmatch(left)) if left else ended == OPEN,
         "must be X1 or a code such as E4A, and blank only where DEC is"),
        ("DEC", ended != OPEN or not left, "is blank, but the episode has a reason for its end (REC)"),
        ("DEC", ended >= begun, "lies before DECOM"),
        ("DECOM", name not in born or begun - born[name] < _OLDEST * 366, "lies more than 21 years after the birth"),
        ("DECOM", name not in born or ended == OPEN or ended >= born[name], "the episode ends before the birth"),
    )  # fmt: skip
    if len(problems) == before:
        problems += [Problem(row[column].where, column, said) for column, is_right, said in checks if not is_right]
    return _Episode(name, begun, reason, ended, left, row) if len(problems) == before else None


def _out_of_order(mine: Sequence[_Episode]) -> Iterator[Problem]:
    """Name episodes of a child that do not follow each other."""
    for before, after in pairwise(mine):
        at = after.row["DECOM"].where
        if before.ended == OPEN or after.begun < before.ended:
            yield Problem(at, "DECOM", f"begins before the episode at {before.row['DECOM'].where} has ended")
        elif before.left == GOES_ON and after.begun != before.ended:
            yield Problem(at, "DECOM", f"care goes on (X1) from {before.row['DEC'].where}: it must begin on that day")
        elif before.left == GOES_ON and after.reason == STARTED:
            yield Problem(
                after.row["RNE"].where, "RNE", f"care goes on (X1) from {before.row['REC'].where}; S starts it"
            )
        elif before.left != GOES_ON and after.reason != STARTED:
            yield Problem(after.row["RNE"].where, "RNE", f"must be S: care ended at {before.row['REC'].where}")
    if mine[-1].left == GOES_ON:
        yield Problem(mine[-1].row["REC"].where, "REC", "care goes on (X1), but no episode follows")


def _joined(mine: Sequence[_Episode]) -> Iterator[tuple[int, int, bool]]:
    """Join the episodes of a child to periods: start, end, whether the start is in the file."""
    first = mine[0]
    for one in mine:
        if one.reason == STARTED:
            first = one
        if one.left != GOES_ON:
            yield first.begun, one.ended, first.reason == STARTED
