"""Measures a drawn figure: text over other text, over the line of an axis or a tick, cut off, or too small."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from sim.exhibits.style import CANVASES, LEAST_TEXT, RC
from sim.exhibits.svg import figure_of

SIDES = ("left", "right", "bottom", "top")
TOUCH = 1.0
"""Pixels that two boxes may share: what surrounds a letter is empty."""


def drawn_texts(figure: Figure) -> list[tuple[Text, Bbox]]:
    """Give all text that is drawn, with its box in pixels; labels of ticks beyond the end of an axis are not drawn."""
    figure.draw_without_rendering()
    hidden = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for minor in (False, True):
                spots, labels = axis.get_ticklocs(minor=minor), axis.get_ticklabels(minor=minor)
                room = 1e-9 * (high - low)
                hidden |= {
                    id(label) for spot, label in zip(spots, labels, strict=False)
                    if not (low - room <= spot <= high + room and ax.axison and axis.get_visible())
                }  # fmt: skip
        if not ax.axison:
            hidden |= {id(text) for text in (ax.xaxis.label, ax.yaxis.label)}
    found = []
    for text in figure.findobj(Text):
        if id(text) not in hidden and text.get_visible() and text.get_text().strip():
            found.append((text, text.get_window_extent()))
    return found


def spines(figure: Figure) -> list[tuple[str, Bbox]]:
    """Give the boxes of the lines of all axes."""
    return [
        (side, Bbox.from_extents(*_line(ax, side)))
        for ax in figure.axes if ax.axison for side, spine in ax.spines.items() if spine.get_visible() and side in SIDES
    ]  # fmt: skip


def ticks(figure: Figure) -> list[tuple[str, Bbox]]:
    """Give the boxes of the marks of all ticks in sight: upright below a level axis, level beside an upright one."""
    found = []
    for ax in figure.axes:
        box = ax.get_window_extent()
        for axis, name in ((ax.xaxis, "x"), (ax.yaxis, "y")):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                spot, size = tick.get_loc(), tick.tick1line.get_markersize() * figure.dpi / 72
                if not (ax.axison and axis.get_visible() and tick.tick1line.get_visible() and low <= spot <= high):
                    continue
                x, y = ax.transData.transform((spot, spot))
                ends = (x, box.y0 - size, x, box.y0) if name == "x" else (box.x0 - size, y, box.x0, y)
                found.append((f"tick at {spot:g} of the {name} axis", Bbox.from_extents(*ends)))
    return found


def _line(ax: Axes, side: str) -> tuple[float, float, float, float]:
    """Give the ends of one side of the axes."""
    box = ax.get_window_extent()
    return {
        "left": (box.x0, box.y0, box.x0, box.y1), "right": (box.x1, box.y0, box.x1, box.y1),
        "bottom": (box.x0, box.y0, box.x1, box.y0), "top": (box.x0, box.y1, box.x1, box.y1),
    }[side]  # fmt: skip


def _meet(one: Bbox, other: Bbox) -> bool:
    """Whether two boxes share more than a touch."""
    return (
        min(one.x1, other.x1) - max(one.x0, other.x0) > min(TOUCH, other.width)
        and min(one.y1, other.y1) - max(one.y0, other.y0) > min(TOUCH, other.height)
    ) or (_crosses(one, other))


def _crosses(text: Bbox, line: Bbox) -> bool:
    """Whether an upright or level line runs through the inside of a text's box."""
    if line.width and line.height:
        return False
    inside_x = max(text.x0 + TOUCH, line.x0) < min(text.x1 - TOUCH, line.x1) if line.width else (
        text.x0 + TOUCH < line.x0 < text.x1 - TOUCH)  # fmt: skip
    inside_y = max(text.y0 + TOUCH, line.y0) < min(text.y1 - TOUCH, line.y1) if line.height else (
        text.y0 + TOUCH < line.y0 < text.y1 - TOUCH)  # fmt: skip
    return inside_x and inside_y


def faults(figure: Figure) -> list[str]:
    """Say what is wrong with the text of a figure, a line each."""
    texts, marks = drawn_texts(figure), ticks(figure)
    said = []
    for (one, box), (other, box_of_other) in combinations(texts, 2):
        if box.overlaps(box_of_other) and _meet(box, box_of_other):
            said.append(f"{one.get_text()!r} lies over {other.get_text()!r}")
    lines, whole = spines(figure), figure.bbox
    for text, box in texts:
        said += [f"{text.get_text()!r} lies over the {side} of an axis" for side, line in lines if _crosses(box, line)]
        said += [f"{text.get_text()!r} lies over the {name}" for name, mark in marks if _crosses(box, mark)]
        if min(box.x0 - whole.x0, box.y0 - whole.y0, whole.x1 - box.x1, whole.y1 - box.y1) < -TOUCH:
            said.append(f"{text.get_text()!r} is cut off at the edge of the figure")
        if text.get_fontsize() < LEAST_TEXT:
            said.append(f"{text.get_text()!r} has {text.get_fontsize():.1f} pixels")
    return said


def faults_of(draw: Callable[..., Any], *subject: Any) -> list[str]:
    """Say what is wrong with the text of a drawing, for a desk and for a phone."""
    said = []
    for canvas in CANVASES:
        with rc_context(RC):
            said += [f"{canvas.name}: {fault}" for fault in faults(figure_of(draw(*subject, canvas=canvas)))]
    return said
