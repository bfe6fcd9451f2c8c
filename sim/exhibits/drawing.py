"""Figures as files and as markup: SVG and PNG with the same bytes each time, and SVG to be set inline in a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.table import Table


@dataclass(frozen=True)
class Drawn:
    """A figure that was made; ``svg`` is markup without the XML header, to be set inline."""

    name: str
    title: str
    caption: str
    svg: str
    table: Table | None = None
    section: str = ""


def figure_of(ax: object) -> Figure:
    """Give the figure that axes stand on."""
    figure = getattr(ax, "figure", None)
    if not isinstance(figure, Figure):
        raise TypeError("axes must stand on a figure")
    return figure


def drawn_as(
    ax: Axes, name: str, title: str, caption: str, folder: Path, table: Table | None = None, section: str = ""
) -> Drawn:
    """Write the figure that axes stand on to a folder as SVG and PNG."""
    return Drawn(name, title, caption, written(figure_of(ax), name, folder), table, section)


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
