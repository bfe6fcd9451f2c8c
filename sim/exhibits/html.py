"""A self-contained page of figures and tables, for studies that are not one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sim.exhibits.exhibit import Drawn
from sim.table import Table


def environment(*packages: str) -> Environment:
    """Give the templates of packages, with the head, the style and the parts of every page; every text is escaped."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, "sim.exhibits")]), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


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
