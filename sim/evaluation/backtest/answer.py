"""How far what was foretold is from what came: by series and year, and where the error in care comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.evaluation.backtest.series import (
    ASYLUM,
    CARE,
    CEASED,
    KNOWN,
    LAST,
    NEED,
    PLANS,
    PLANS_STARTED,
    STARTED,
    england_series,
)
from sim.exhibits.numbers import Writer, digits, fixed, share
from sim.table import Column, Row, Table

PANDEMIC = (2020, 2021, 2022)
"""Years to March in which contact with schools and services was cut: the last weeks of the first, all of the second."""


@dataclass(frozen=True)
class Foretold:
    """A series in a year: published, foretold by the chain, as it was in 2019, and on the line of 2016 to 2019."""

    series: str
    year: int
    published: float
    chain: float
    unchanged: float
    trend: float

    def error(self, way: str) -> float:
        """Give how far a way of foretelling is off, relative to what was published."""
        return float(getattr(self, way)) / self.published - 1


SERIES = (CARE, PLANS, NEED, STARTED, CEASED, PLANS_STARTED)
WAYS = {"chain": "the chain", "unchanged": "as in 2019", "trend": "the line of 2016-19"}


def error_table(found: Sequence[Foretold]) -> Table:
    """Give every series and year with its errors."""
    columns = (
        Column("series", "series", 34.0), Column("year", "year to 31 March"),
        Column("published", "published", style="figure"), Column("foretold", "foretold", style="figure"),
        *(Column(way, f"error: {words}", style="share") for way, words in WAYS.items()),
    )  # fmt: skip
    rows: list[Row] = [
        (one.series, str(one.year), one.published, one.chain, *(one.error(way) for way in WAYS))
        for one in sorted(found, key=lambda one: list(SERIES).index(one.series))
    ]
    return Table("Rates up to 2019 foretell 2025", columns, rows, file="backtest.csv")


def end_table(found: Sequence[Foretold]) -> Table:
    """Give the errors of the last year, and the mean size over all years."""
    rows = []
    for name in dict.fromkeys(one.series for one in found):
        mine = [one for one in found if one.series == name]
        last = mine[-1]
        number: Writer = digits if name == NEED else fixed
        sizes = [share(sum(abs(one.error(way)) for one in mine) / len(mine), 1) for way in WAYS]
        rows.append((name, number(last.published), number(last.chain), share(last.error("chain"), 1), *sizes))
    columns = ("series", f"{LAST}", "foretold", "error", *(f"mean size, {words}" for words in WAYS.values()))
    note = (
        "Foretold with rates of 2016-19 and nothing later, six years on. Mean size: of the error over 2020 to 2025, "
        "sign left out; the last two are what simple rules would have said."
    )
    return Table(f"Foretold in {KNOWN}, published in {LAST}", columns, rows, note)


@dataclass(frozen=True)
class ErrorPart:
    """A part of the error in the number looked after at the end, children: what came less what was foretold."""

    words: str
    children: float


def parts(found: Sequence[Foretold]) -> tuple[ErrorPart, ...]:
    """Split the error in the number looked after in the last year into flows of years, which add up to it.

    A level is the level of 2019, plus all who started, less all who ceased; what published figures do not close by is
    named too.
    """
    came = {(one.series, one.year): one.published - one.chain for one in found}
    years = range(KNOWN + 1, LAST + 1)
    split, later = [], [year for year in years if year not in PANDEMIC]
    for words, of in (
        ("the years of the pandemic, to March 2022", PANDEMIC), ("2023 to 2025", later)
    ):  # fmt: skip
        split.append(ErrorPart(f"fewer or more started: {words}", sum(came[STARTED, year] for year in of)))
        split.append(ErrorPart(f"fewer or more ceased: {words}", -sum(came[CEASED, year] for year in of)))
    total = next(one.published - one.chain for one in found if (one.series, one.year) == (CARE, LAST))
    return (*split, ErrorPart("published flows that do not close with levels, and the fit's own level of 2019",
                         total - sum(part.children for part in split)))  # fmt: skip


def parts_table(found: Sequence[Foretold]) -> Table:
    """Give where the error in the number looked after comes from."""
    rows = [(part.words, fixed(part.children, sign=True)) for part in parts(found)]
    total = sum(part.children for part in parts(found))
    asylum = england_series()[ASYLUM]
    note = (
        f"Together {fixed(total, sign=True)} children: what came in {LAST} less what was foretold. Asylum-seeking "
        f"children among them: {fixed(asylum[LAST] - asylum[KNOWN], sign=True)} against {KNOWN}, at most "
        f"{fixed(max(asylum.values()))} in between; their flows are in the rows."
    )
    return Table("Why another number is looked after than was foretold", ("part", "children"), rows, note)


def pandemic_table() -> Table:
    """Say what the pandemic did to each flow and level: the years around it beside 2019."""
    s = england_series()
    rows = []
    for name, values in s.items():
        before = values[KNOWN]
        rows.append((name, *(share(values[year] / before - 1, 1) for year in (2020, 2021, 2022, 2023))))
    note = (
        "The year to March 2021 lay wholly in the pandemic. As we read it: with schools shut fewer saw children, so "
        "that fewer were referred and fewer started; families and courts were seen less, so that fewer ceased."
    )
    columns = ("against 2019", "2020", "2021", "2022", "2023")
    return Table("What the pandemic did", columns, rows, note)
