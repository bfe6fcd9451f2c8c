"""Figures as files and as markup: SVG and PNG with the same bytes each time, and SVG to be set inline in a page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from sim.exhibits.exhibit import Drawn, Exhibit, Subject
from sim.exhibits.style import CANVASES, RC, WIDE, Canvas
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
    """Draw one exhibit in each canvas; write the wide one to a folder as SVG and PNG."""
    stop_if_pressed()
    table = None if exhibit.table is None else exhibit.table(subject)
    finding = "" if exhibit.finding is None else exhibit.finding(subject)
    described = f' aria-describedby="{exhibit.name}-finding"' if finding else ""
    markup = []
    for canvas in CANVASES:
        figure = drawn_figure(exhibit, subject, canvas)
        svg = svg_of(figure)
        figure.set_layout_engine(None)  # it is laid out, which takes as long as drawing it
        if canvas is WIDE:
            (folder / f"{exhibit.name}.svg").write_text(svg, encoding="utf-8")
            figure.savefig(folder / f"{exhibit.name}.png", metadata={"Software": None}, dpi=RC["savefig.dpi"])
        markup.append(inline(svg, exhibit.name, canvas, described))
    return Drawn(
        exhibit.name, exhibit.title, exhibit.caption, "\n".join(markup), table, exhibit.section, finding
    )  # fmt: skip


def drawn_figure(exhibit: Exhibit[Subject], subject: Subject, canvas: Canvas) -> Figure:
    """Draw an exhibit on one canvas."""
    with rc_context(RC):
        return figure_of(exhibit.draw(subject, canvas=canvas))


def figure_of(drawing: object) -> Figure:
    """Give the figure that axes stand on; a figure is its own."""
    figure = drawing if isinstance(drawing, Figure) else getattr(drawing, "figure", None)
    if not isinstance(figure, Figure):
        raise TypeError("axes must stand on a figure")
    return figure


_SIZE = re.compile(r' width="([0-9.]+)pt" height="[0-9.]+pt"')
_PATH = re.compile(r' d="[^"]*"')
_PLACES = re.compile(r"(\.\d)\d+")
_UNSEEN = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|(?<=\n)[ \n]+", re.DOTALL)
LARGEST = {"wide": 1.2, "narrow": 1.6}
"""CSS pixels to a point of the drawing, at most; the style of the page shows the canvas that is not made smaller."""


def inline(svg: str, name: str, canvas: Canvas, described: str = "") -> str:
    """Make SVG markup fit to stand in a page: short, with ids of its own, named by its title; lines to 0.1 pixel."""
    markup = _UNSEEN.sub("", svg[svg.index("<svg") :]).replace("xlink:href", "href").replace("DejaVuSans-", "")
    for sign in ('id="', 'href="#', "url(#"):
        markup = markup.replace(sign, f"{sign}{name}-{canvas.name[0]}-")
    markup = _PATH.sub(lambda path: _PLACES.sub(r"\1", path.group()), markup)
    found = _SIZE.search(markup)
    size = f"max-width: {LARGEST[canvas.name] * float(found.group(1) if found else 72 * canvas.width):.0f}px"
    shape = f'class="drawn-{canvas.name}" role="img" aria-labelledby="{name}-title"{described} style="{size}" '
    return _SIZE.sub("", markup, count=1).replace("<svg ", f"<svg {shape}", 1)


def svg_of(figure: Figure) -> str:
    """Write a figure as SVG without date or program name."""
    text = StringIO()
    with rc_context(RC):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()
