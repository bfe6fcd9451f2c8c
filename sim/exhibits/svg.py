"""Figures as files and as markup: SVG and PNG with the same bytes each time, and SVG to be set inline in a page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from sim.exhibits.exhibit import Drawn, Exhibit, Subject
from sim.exhibits.style import RC
from sim.interrupts import stop_if_pressed
from sim.stages import SILENT, StageListener


def draw_all(
    exhibits: Iterable[Exhibit[Subject]], subject: Subject, folder: Path, at: StageListener = SILENT
) -> list[Drawn]:  # fmt: skip
    """Draw every exhibit that applies to a subject and write it to a folder, made if need be, as SVG and PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [exhibit for exhibit in exhibits if exhibit.applies(subject)]
    drawn = []
    for done, exhibit in enumerate(chosen):
        at(done, len(chosen))
        drawn.append(draw(exhibit, subject, folder))
    return drawn


def draw(exhibit: Exhibit[Subject], subject: Subject, folder: Path) -> Drawn:
    """Draw one exhibit of a subject and write it to a folder as SVG and PNG."""
    stop_if_pressed()
    with rc_context(RC):
        table = None if exhibit.table is None else exhibit.table(subject)
        svg = written(figure_of(exhibit.draw(subject)), exhibit.name, folder)
    return Drawn(exhibit.name, exhibit.title, exhibit.caption, svg, table, exhibit.section)


def figure_of(drawing: object) -> Figure:
    """Give the figure that axes stand on; a figure is its own."""
    figure = drawing if isinstance(drawing, Figure) else getattr(drawing, "figure", None)
    if not isinstance(figure, Figure):
        raise TypeError("axes must stand on a figure")
    return figure


def written(figure: Figure, name: str, folder: Path) -> str:
    """Write a figure as SVG and PNG; give the SVG to be set inline."""
    svg = _svg(figure)
    figure.savefig(folder / f"{name}.png", metadata={"Software": None})
    (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    return inline(svg, name)


_WIDTH = re.compile(r'width="([0-9.]+)pt"')
READABLE, LARGEST = 1.0, 1.6
"""CSS pixels to a point of the drawing, at least and at most: 9-point labels are never below 9 pixels high."""


def inline(svg: str, name: str) -> str:
    """Make SVG markup fit to stand in a page: ids of its own, named by its title, never too small to read.

    The caption and the table of the figure around it say the same in words.
    """
    markup = svg[svg.index("<svg") :]
    for sign in ('id="', 'href="#', "url(#"):
        markup = markup.replace(sign, f"{sign}{name}-")
    width = float(found.group(1)) if (found := _WIDTH.search(markup)) else 500.0
    size = f"min-width: {READABLE * width:.0f}px; max-width: {LARGEST * width:.0f}px"
    shape = f'role="img" aria-labelledby="{name}-title" style="{size}" '
    return markup.replace("<svg ", f"<svg {shape}", 1)


def _svg(figure: Figure) -> str:
    """Write a figure as SVG without date or program name."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()
