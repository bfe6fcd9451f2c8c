"""The assumptions register: every figure with its source, date, grade, what it moves and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from sim.config.text.merge import split_path
from sim.config.views.register import VALUES, RegisterEntry
from sim.exhibits.conditions import input_words
from sim.exhibits.numbers import MISSING, digits, pounds
from sim.exhibits.style import words
from sim.report.assumptions import CLAIMS, PARTS, name_of, span_of
from sim.studies.assure.answer import Lack, PackPart
from sim.studies.assure.finished import FinishedRun
from sim.table import Column, Row, Table

GRADES = {
    "A": "published, and its source grades it as firm",
    "B": "published, or found by a calibration to published figures; graded as middling, or not at all",
    "C": "published but graded as weak, or an old price brought forward by an index",
    "D": "a judgement, with a range",
    "E": "a judgement, without a range",
    "F": "no source is given",
}
FIRM, WEAK = ("green", "g", "high"), ("red", "r", "low")
MOST_LISTED = 3
TEXT = 34.0
DRAW = "families run {name} --draws 500, or make draws for a study of the library"


def grade(entry: RegisterEntry) -> str:
    """Grade a figure by where it comes from; see ``GRADES``."""
    if not entry.source:
        return "F"
    if entry.is_assumption:
        return "D" if entry.low is not None and entry.high is not None else "E"
    if entry.quality.lower() in WEAK or entry.is_uprated:
        return "C"
    return "A" if entry.quality.lower() in FIRM else "B"


def assumptions(run: FinishedRun) -> PackPart:
    """Make the register, its scale, and what moves the answer most."""
    rows = [_entry(run, entry, moves) for entry, moves in zip(run.register, run.moves, strict=True)]
    unsourced = sum(grade(entry) == "F" for entry in run.register)
    lacks = [Lack("sources", f"{unsourced} figures have no source", "source: ID, or source: assumption with why")]
    return PackPart(
        "assumptions", "Assumptions register",
        (
            "Every figure that went into the run and has a source or a range, as the run had it. The owner of each is "
            "to be filled in. What an assumption moves is read off the config; by how much is known where draws of the "
            "inputs were made.",
        ),
        (_scale(run), *(_by_part(run, rows)), ), tuple(lacks if unsourced else ()), (_scale(run), _register(run, rows)),
    )  # fmt: skip


def _entry(run: FinishedRun, entry: RegisterEntry, moves: Mapping[str, Sequence[str]]) -> Row:
    """Write a figure: part, name, value, unit, range, source, where, date, grade, why, moves, by how much, owner."""
    known = run.evidence.get(entry.source)
    unit = f"{entry.unit}, {entry.price_year} prices" if entry.price_year else entry.unit
    return (
        _part_of(entry), name_of(entry), entry.written, unit, span_of(entry),
        "judgement" if entry.is_assumption else entry.source or MISSING, entry.locator,
        known.year if known is not None and known.year else MISSING, grade(entry), entry.why, moved(entry, moves),
        by_how_much(run, entry), "",
    )  # fmt: skip


def _part_of(entry: RegisterEntry) -> str:
    """Name the part of the register in which an entry stands."""
    name = "claims" if entry.path.startswith(CLAIMS) else split_path(entry.path)[0]
    return PARTS.get(name, words(name).capitalize())


def moved(entry: RegisterEntry, moves: Mapping[str, Sequence[str]]) -> str:
    """Say what a figure moves, a few of each kind."""
    if entry.path.startswith(CLAIMS):
        return "nothing: it is set beside the results"
    told = []
    for section, labels in moves.items():
        more = f" and {len(labels) - MOST_LISTED} more" if len(labels) > MOST_LISTED else ""
        told.append(f"{section}: {', '.join(words(label) for label in labels[:MOST_LISTED])}{more}")
    return "; ".join(told) or "terms of appraisal"


def by_how_much(run: FinishedRun, entry: RegisterEntry) -> str:
    """Say where draws of a figure take the break-even price; that none were made, or that it was not drawn."""
    if not run.turns_on:
        return "not drawn"
    steps = split_path(entry.path)
    mine = next((one for one in run.turns_on if _same(split_path(one["input"]), steps)), None)
    return "not drawn" if mine is None else swing(mine)


def _same(drawn: Sequence[str], steps: Sequence[str]) -> bool:
    """Whether two paths are of one figure, with the key of its number or without."""
    bare = [tuple(path[:-1]) if path[-1] in VALUES else tuple(path) for path in (drawn, steps)]
    return bare[0] == bare[1]


def swing(drawn: Mapping[str, Any]) -> str:
    """Write where an input takes the price up to which help pays for itself."""
    at = f"{digits(drawn['low'])} to {digits(drawn['high'])}"
    return f"{pounds(drawn['at_low'])} to {pounds(drawn['at_high'])} a family, at {at}"


def drawn_name(drawn: Mapping[str, Any]) -> str:
    """Name a drawn input in words."""
    return input_words(str(drawn["input"]))


def _scale(run: FinishedRun) -> Table:
    """Count the figures of each grade."""
    found = [grade(entry) for entry in run.register]
    rows = [(key, said, str(found.count(key))) for key, said in GRADES.items()]
    note = "The grade follows from the source, its own grade of it, and whether there is a range; nobody sets it."
    return Table("Quality grades", ("grade", "what it means", "figures"), rows, note)


def _by_part(run: FinishedRun, rows: Sequence[Row]) -> list[Table]:
    """Make the tables of a page, one for each part of the config: six columns, the texts put together."""
    columns = ("figure", "value and range", "source, date and reason", "grade", "moves, and by how much", "owner")
    tables = []
    for part, group in groupby(sorted(rows, key=lambda row: _order(str(row[0]))), key=lambda row: row[0]):
        made = []
        for _, name, value, unit, span, source, locator, year, mark, why, moves, size, owner in group:
            figure = f"{value} {unit}".strip() + (f" ({span})" if span else "")
            origin = ", ".join(str(text) for text in (source, locator, year) if text and text != MISSING)
            made.append((name, figure, f"{origin}{f': {why}' if why else ''}", mark, f"{moves}. {size}", owner))
        tables.append(Table(f"Register: {part}", columns, made))
    return tables


def _order(part: str) -> int:
    """Put parts in the order of the report."""
    held = list(PARTS.values())
    return held.index(part) if part in held else len(held)


def _register(run: FinishedRun, rows: Sequence[Row]) -> Table:
    """Make the sheet, a column for each thing that is known."""
    columns = (
        Column("part", "Part", 22), Column("figure", "Figure", TEXT, "wrapped"), Column("value", "Value", 22, "left"),
        Column("unit", "Unit", 18), Column("range", "Range", 18), Column("source", "Source", 14),
        Column("locator", "Where in it", 22, "wrapped"), Column("date", "Date of source", 10),
        Column("grade", "Grade", 8),
        Column("why", "Why", 50, "wrapped"), Column("moves", "What it moves", 40, "wrapped"),
        Column("size", "By how much", 30, "wrapped", "where draws take the price up to which help pays for itself"),
        Column("owner", "Owner", 18),
    )  # fmt: skip
    note = "Every figure with a source or a range. Owners are to be filled in. Grades are explained on their own sheet."
    return Table("Assumptions register", columns, rows, note, keys=2)
