"""A self-contained page of figures and tables, for studies that are not one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sim.exhibits.drawing import Drawn
from sim.table import Table


def environment() -> Environment:
    """Give the templates, with every text escaped."""
    return Environment(
        loader=PackageLoader("sim.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def write_page(path: Path, title: str, lead: Sequence[str], figures: Sequence[Drawn], tables: Sequence[Table]) -> None:
    """Write a page: lead paragraphs, figures inline, tables."""
    page = environment().get_template("page.html").render(
        title=title, lead=lead, tables=[table for table in tables if table.rows],
        # Our own SVG, in which the drawing library has escaped every text; the only markup that is not escaped here.
        figures=[(item, Markup(item.svg)) for item in figures],
    )  # fmt: skip
    path.write_text(page, encoding="utf-8")
