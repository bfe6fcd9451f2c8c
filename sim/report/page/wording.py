"""Tables as the page shows them: regimes, readings and ledgers in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sim.exhibits.style import words
from sim.exhibits.titles import titles_of
from sim.results.summary import Summary
from sim.results.worlds import NOT_REFITTED
from sim.table import Cell, Table

LEDGERS = {
    "narrow": "narrow ledger", "wide": "wide ledger", "with_unitemised": "wide ledger and what is not itemised",
}  # fmt: skip
NAMED = ("regime", "against", "world", "")
"""Headings of columns that name a world or a regime."""
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def ledger_words(name: str) -> str:
    """Say which ledger."""
    return LEDGERS.get(name, f"{words(name)} ledger")


def years_words(months: float) -> str:
    """Say how many years months are: five years, 2.5 years, one year."""
    years = months / 12
    told = NUMBERS[round(years)] if years == round(years) and 0 < years < len(NUMBERS) else f"{years:.3g}"
    return f"{told} year{'' if years == 1 else 's'}"


def in_words(table: Table, summary: Summary) -> Table:
    """Say each world, regime and ledger of a table in words, and where effects were solved for in another model."""
    said = _names(summary)
    rows = [
        tuple(_said(cell, str(column), said) for cell, column in zip(row, table.columns, strict=True))
        for row in table.rows
    ]
    columns = tuple(
        replace(column, heading=_heading(str(column), summary)) if not isinstance(column, str)
        else _heading(column, summary) for column in table.columns
    )  # fmt: skip
    return replace(table, columns=columns, rows=rows)


def _names(summary: Summary) -> dict[str, str]:
    """Give what worlds and regimes are called, by name and by name in words."""
    titles, foreign = titles_of(summary), set(summary.get("not_refitted", ()))
    said: dict[str, str] = {}
    for name in summary.get("regimes", ()):
        regime = name.rpartition("/")[0] or name
        said |= {regime: titles.regime(regime), words(regime): titles.regime(regime)}
        told = f"{titles.world(name)} ({NOT_REFITTED})" if name in foreign else titles.world(name)
        said |= {name: told, words(name): told}
    return said


def _said(cell: Cell, heading: str, said: Mapping[str, str]) -> Cell:
    """Say one cell in words where it is a name."""
    if heading == "ledger":
        return ledger_words(str(cell))
    if heading == "against":  # always under the same reading
        cell = str(cell).rpartition("/")[0] or cell
    return said.get(str(cell), cell) if heading in NAMED else cell


def _heading(heading: str, summary: Summary) -> str:
    """Say the ledger that a heading names in words."""
    for name in {ledger for one in summary.get("regimes", {}).values() for ledger in one["cost_per_family_year"]}:
        heading = heading.replace(name, words(name))
    return heading
