"""A self-contained page of figures and tables, for studies that are not one run; tables are cut to what fits a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sim.exhibits.exhibit import Drawn
from sim.table import Cell, Table

MOST_BESIDE = 6
"""Columns that fit a page."""


def environment(*packages: str) -> Environment:
    """Give the templates of packages, with the head, the style and the parts of every page; every text is escaped."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, "sim.exhibits")]), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters["pieces"] = pieces
    return made


def with_markup(figures: Sequence[Drawn]) -> list[tuple[Drawn, Markup]]:
    """Give figures with their markup, to be set into a page."""
    # Our own SVG, in which the drawing library has escaped every text; the only markup that is not escaped.
    return [(figure, Markup(figure.svg)) for figure in figures]


def write_page(path: Path, title: str, lead: Sequence[str], figures: Sequence[Drawn], tables: Sequence[Table]) -> None:
    """Write a page: lead paragraphs, figures inline, tables."""
    with_rows = [table for table in tables if table.rows]
    page = environment().get_template("page.html")
    text = page.render(title=title, lead=lead, tables=with_rows, figures=with_markup(figures))
    path.write_text(text, encoding="utf-8")


def pieces(table: Table) -> list[Table]:
    """Cut a table that is too wide into tables beneath each other, each with the columns that tell its rows apart."""
    n = len(table.columns)
    if n <= MOST_BESIDE:
        return [table]
    keys = _keys(table.rows, n)
    free, room = list(range(keys, n)), MOST_BESIDE - keys
    cuts = -(-len(free) // room)
    size = -(-len(free) // cuts)
    parts = [[*range(keys), *free[i : i + size]] for i in range(0, len(free), size)]
    made = [
        replace(
            table, note="", comments={}, columns=tuple(table.columns[i] for i in part),
            rows=[tuple(row[i] for i in part) for row in table.rows],
        )
        for part in parts
    ]  # fmt: skip
    return [*made[:-1], replace(made[-1], note=table.note)]


def _keys(rows: Sequence[tuple[Cell, ...]], n: int) -> int:
    """Count the columns at the left that tell rows apart, three at most."""
    return next((k for k in range(1, min(3, n)) if len({row[:k] for row in rows}) == len(rows)), min(3, n - 1))
