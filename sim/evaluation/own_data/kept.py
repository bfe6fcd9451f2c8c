"""The file in which figures of a council's own data are kept: rounded rates alone, checked as they are read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from sim.errors import ModelError, Problem
from sim.evaluation.england.cells import read_cells, refuse
from sim.evaluation.england.published import Authority, authority
from sim.evaluation.own_data import need, rates
from sim.evaluation.own_data.rates import ALL, BANDS, OwnFigure
from sim.exhibits.csv import write_csv
from sim.exhibits.numbers import MISSING, digits
from sim.table import Column, Table

FEW = "few"
AGES = (ALL, *(band for band, _, _ in BANDS))
KNOWN = {
    *((name, ALL) for name in (*rates.COUNTED, *need.COUNTED)),
    *((f"{need.STILL_IN_NEED} after {months} months", ALL) for months in need.AFTER_MONTHS),
    *((rates.SHARE_OF_AGE, age) for age in AGES[1:]), *((rates.LEAVING, age) for age in AGES),
    *((f"{rates.STILL} after {months} months", age) for months in rates.AFTER_MONTHS for age in AGES),
}  # fmt: skip
"""Figures and ages that a return or a census gives."""
COLUMNS = ("authority", "year", "figure", "age", "value", "unit")


@dataclass(frozen=True)
class OwnData:
    """Figures of the return or census of an authority for the year that ended on 31 March ``year``."""

    authority: Authority
    year: int
    figures: tuple[OwnFigure, ...]

    def of(self, figure: str, age: str) -> float | None:
        """Give a figure; None where it was left out."""
        return next((one.value for one in self.figures if (one.figure, one.age) == (figure, age)), None)


def own_table(own: OwnData) -> Table:
    """Give the figures as they are shown."""
    shown = {(one.figure, one.age): FEW if one.value is None else digits(one.value, 4) for one in own.figures}
    units = {one.figure: one.unit for one in own.figures}
    rows = [(figure, units[figure], *(shown.get((figure, age), MISSING) for age in AGES)) for figure in units]
    note = f"{FEW}: would rest on fewer than ten children. Counts were rounded to five before rates were formed."
    title = f"Own figures of {own.authority.name}, year to 31 March {own.year}"
    return Table(title, ("figure", "unit", *AGES), rows, note)


def write_own(path: Path, own: OwnData) -> None:
    """Write the figures that have a value; those left out are not in the file."""
    columns = tuple(Column(name, name, style="as_is" if name == "value" else "text") for name in COLUMNS)
    rows = [
        (own.authority.name, str(own.year), one.figure, one.age, one.value, one.unit)
        for one in own.figures if one.value is not None
    ]  # fmt: skip
    write_csv(path, Table("Own figures", columns, rows))


def read_own(path: Path) -> OwnData:
    """Read what ``write_own`` wrote.

    Raises
    ------
    ModelError
        With file, line and column of what is wrong.
    """
    rows = read_cells(path, COLUMNS)
    if not rows:
        raise ModelError([Problem(str(path), "", "holds no figure; families import writes such a file")])
    problems: list[Problem] = []
    figures = []
    for row in rows:
        value, year = (_number(row[name].text) for name in ("value", "year"))
        if value is None or value < 0:
            problems.append(Problem(row["value"].where, "value", f"given '{row['value'].text}'; must be 0 or more"))
        if year is None or year != _number(rows[0]["year"].text):
            problems.append(Problem(row["year"].where, "year", "must be the year of the first line"))
        if row["authority"].text != rows[0]["authority"].text:
            problems.append(Problem(row["authority"].where, "authority", "must be that of the first line"))
        if (row["figure"].text, row["age"].text) not in KNOWN:
            said = f"'{row['figure'].text}, {row['age'].text}' is no figure that families import writes"
            problems.append(Problem(row["figure"].where, "figure", said))
        figures.append(OwnFigure(row["figure"].text, row["age"].text, value, row["unit"].text))
    refuse(problems)
    _refuse_twice(path, figures)
    return OwnData(authority(rows[0]["authority"].text), int(float(rows[0]["year"].text)), tuple(figures))


def _number(text: str) -> float | None:
    """Read a finite number; None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _refuse_twice(path: Path, figures: Sequence[OwnFigure]) -> None:
    """Refuse a figure that stands twice."""
    names = [(one.figure, one.age) for one in figures]
    twice = sorted({name for name in names if names.count(name) > 1})
    refuse(Problem(str(path), f"{figure}, {age}", "stands twice") for figure, age in twice)
