"""What the model of a run is made of: needs, the hub, children, services and who pays, and which acts on which.

Leaves out which need acts on which, and how much: ``families show CONFIG --as loops`` draws that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from textwrap import wrap

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from sim.exhibits.drawing import SMALL
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure, plural
from sim.exhibits.sentences import sentence
from sim.exhibits.style import INK, SEVERITY, WIDE, Canvas, new_axes, words
from sim.exhibits.titles import titles_of
from sim.report.defaults import agency_words, main_chain
from sim.results.facts import facts_of
from sim.table import Table

LINE, PAD, GAP = 16.0, 12.0, 34.0
"""Pixels of a line of text, around the text of a box, and between boxes."""
LETTER = 5.8
"""About how many pixels a letter is wide."""
SHARES = {"services": 0.28, "needs": 0.32, "hub": 0.32, "persons": 0.32, "money": 0.40}
"""Of the width between gaps, where boxes stand beside each other."""
ALONE = 0.84
"""Of the width, where each stands under the one before."""
FILLS = {"services": "#E6F2EC", "needs": SEVERITY[0], "hub": "#F3D9C2", "persons": SEVERITY[0], "money": "#FBEFD5"}


Box = tuple[float, float, float, float]
"""Left, top, width and height."""
FAMILY = ("needs", "hub", "persons")


@dataclass(frozen=True)
class Piece:
    """A part of the model: what it is called, and what belongs to it."""

    name: str
    title: str
    members: tuple[str, ...]


def parts_of(ds: xr.Dataset) -> dict[str, Piece]:
    """Give the parts of the model of a run, by name: services, needs, hub, persons (of each child, say) and money."""
    facts, hub = facts_of(ds), main_chain(ds)
    units, services = [str(name) for name in ds["unit"].values], set(facts.service_chains)
    of_unit = {str(x): str(unit) for x, unit in zip(ds["chain"].values, ds["unit_of_state"].values, strict=True)}
    chains = [name for name in of_unit if name not in services and name != hub]
    states = [words(str(name)) for name in ds["state_name"].values[ds["chain"].values == hub]]
    needs = tuple(words(name) for name in chains if of_unit[name] == units[0])
    others = tuple(words(name) for name in chains if of_unit[name] != units[0])
    helping = tuple(titles_of(ds).service(name) for name in facts.service_chains)
    payers = tuple(agency_words(ds, str(name)) for name in ds["agency"].values)
    made = (
        Piece("services", "Services that help", helping), Piece("needs", f"What troubles a {units[0]}", needs),
        Piece("hub", words(hub).capitalize(), (", ".join(states),)),
        Piece("persons", f"Each {units[-1]}", others), Piece("money", "Who pays", payers),
    )  # fmt: skip
    return {part.name: part for part in made if part.members}


def priced(ds: xr.Dataset) -> set[str]:
    """Name the parts that cost something: those whose chains stand in what a cost line counts."""
    services, hub = set(facts_of(ds).service_chains), main_chain(ds)
    first = str(ds["unit"].values[0])
    of_unit = dict(zip(ds["chain"].values, ds["unit_of_state"].values, strict=True))
    counted = {name for meter in ds["line_meter"].values for name in re.findall(r"\w+", str(meter))}
    return {
        "services" if name in services else "hub" if name == hub else "needs" if unit == first else "persons"
        for name, unit in of_unit.items() if name in counted
    }  # fmt: skip


def plot_model(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw the parts of the model as boxes with what belongs to them, and arrows from what acts to what it acts on."""
    width = 72 * canvas.width
    wide = {name: ALONE * width if canvas.is_narrow else share * (width - 2 * GAP) for name, share in SHARES.items()}
    parts = {name: _folded(part, wide[name]) for name, part in parts_of(ds).items()}
    heights = {name: PAD * 2 + LINE * (1 + len(part.members)) for name, part in parts.items()}
    family = [heights[name] for name in FAMILY if name in parts]
    middle = sum(family) + GAP * (len(family) - 1)
    sides = [heights[name] for name in ("services", "money") if name in parts]
    whole = middle + sum(sides) + len(sides) * GAP if canvas.is_narrow else max(middle, *sides) + GAP
    ax = new_axes((whole + 2 * PAD) / 72, canvas) if ax is None else ax
    ax.set(xlim=(0, width), ylim=(whole, 0))
    ax.set_axis_off()
    ax.set_xlabel("Arrows lead from what acts to what it acts on")
    boxes = _stacked(heights, width) if canvas.is_narrow else _beside(heights, width, whole - GAP)
    for name, box in boxes.items():
        _box(ax, parts[name], box)
    _arrows(ax, boxes, priced(ds), canvas)
    return ax


def _folded(part: Piece, width: float) -> Piece:
    """Fold what is longer than its box is wide."""
    longest = int((width - PAD) / LETTER)
    return replace(part, members=tuple(line for member in part.members for line in wrap(member, longest)))


def _stacked(heights: dict[str, float], width: float) -> dict[str, Box]:
    """Place the parts under each other."""
    top = 0.0
    boxes: dict[str, Box] = {}
    for name in ("services", "needs", "hub", "persons", "money"):
        if name in heights:
            boxes[name] = (0.5 * (1 - ALONE) * width, top, ALONE * width, heights[name])
            top += heights[name] + GAP
    return boxes


def _beside(heights: dict[str, float], width: float, whole: float) -> dict[str, Box]:
    """Place services on the left, the family in the middle, money on the right."""
    left, middle, right = (SHARES[name] * (width - 2 * GAP) for name in ("services", "hub", "money"))
    boxes: dict[str, Box] = {}
    for name, at, wide in (("services", 0.0, left), ("money", width - right, right)):
        if name in heights:
            boxes[name] = (at, (whole - heights[name]) / 2, wide, heights[name])
    family = [name for name in FAMILY if name in heights]
    top = (whole - sum(heights[name] for name in family) - GAP * (len(family) - 1)) / 2
    for name in family:
        boxes[name] = (left + GAP, top, middle, heights[name])
        top += heights[name] + GAP
    return boxes


def _box(ax: Axes, part: Piece, box: Box) -> None:
    """Draw one part: its title, and what belongs to it."""
    left, top, width, height = box
    ax.add_patch(FancyBboxPatch((left, top), width, height, "round,pad=0,rounding_size=6", fc=FILLS[part.name],
                                ec="none"))  # fmt: skip
    for i, line in enumerate((part.title, *part.members)):
        y = top + PAD + LINE * (i + 0.5)
        ax.text(left + width / 2, y, line, ha="center", va="center", fontsize=SMALL,
                fontweight="normal" if i else "bold")  # fmt: skip


def _arrows(ax: Axes, boxes: dict[str, Box], paid_for: set[str], canvas: Canvas) -> None:
    """Draw what acts on what: help on the family and its children, these on each other, what is priced on who pays."""
    for name, after in pairwise(FAMILY):
        if name in boxes and after in boxes:
            _arrow(ax, _edge(boxes[name], "bottom"), _edge(boxes[after], "top"), "<|-|>")
    if canvas.is_narrow:
        _arrow(ax, _edge(boxes["services"], "bottom"), _edge(boxes[next(iter(n for n in FAMILY if n in boxes))], "top"))
    for name in FAMILY:
        if name in boxes and not canvas.is_narrow:
            x, y = _edge(boxes[name], "left")
            _arrow(ax, _facing(boxes["services"], "right", y), (x, y))
            if name in paid_for and "money" in boxes:
                x, y = _edge(boxes[name], "right")
                _arrow(ax, (x, y), _facing(boxes["money"], "left", y))
    if "money" in boxes:
        around = [name for name in boxes if name in paid_for and (canvas.is_narrow or name == "services")]
        for name in around:
            _around(ax, boxes[name], boxes["money"], canvas)


def _around(ax: Axes, start: Box, end: Box, canvas: Canvas) -> None:
    """Draw an arrow around what lies between: along the right edge on a phone, else below."""
    if canvas.is_narrow:
        (x0, y0), (x1, y1) = _edge(start, "right"), _edge(end, "right")
        x = x0 + 0.5 * start[0]
        ax.plot([x0 + 2, x, x], [y0, y0, y1], color=INK, linewidth=1.2)
        _arrow(ax, (x, y1), (x1, y1))
    else:
        (x0, y0), (x1, y1) = _edge(start, "bottom"), _edge(end, "bottom")
        y = ax.get_ylim()[0] - 6
        ax.plot([x0, x0, x1], [y0 + 2, y, y], color=INK, linewidth=1.2)
        _arrow(ax, (x1, y), (x1, y1))


def _facing(box: Box, side: str, y: float) -> tuple[float, float]:
    """Give the point of an upright side of a box that is as high as another."""
    return _edge(box, side)[0], min(max(y, box[1] + 6), box[1] + box[3] - 6)


def _edge(box: Box, side: str) -> tuple[float, float]:
    """Give the middle of a side of a box."""
    left, top, width, height = box
    return {
        "top": (left + width / 2, top), "bottom": (left + width / 2, top + height), "left": (left, top + height / 2),
        "right": (left + width, top + height / 2),
    }[side]  # fmt: skip


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], style: str = "-|>") -> None:
    """Draw one arrow."""
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle=style, mutation_scale=13, color=INK, linewidth=1.2, shrinkA=2,
                                 shrinkB=2))  # fmt: skip


def parts_table(ds: xr.Dataset) -> Table:
    """Make the table of the parts and what belongs to them."""
    rows = tuple((part.title, ", ".join(part.members)) for part in parts_of(ds).values())
    return Table("What the model is made of", ("part", "what belongs to it"), rows)


def model_finding(ds: xr.Dataset) -> str:
    """Say how much of each part there is, and who acts on whom."""
    parts, unit = parts_of(ds), plural(str(ds["unit"].values[0]))
    counted = {name: len(part.members) for name, part in parts.items()}
    hub = words(main_chain(ds))
    child = f" and {counted['persons']} of each child" if "persons" in parts else ""
    pay = f", and {counted['money']} agencies pay" if "money" in parts else ""
    return sentence(
        f"{figure(facts_of(ds).rows)} {unit}: {counted['needs']} needs{child} and {hub} act on each other, "
        f"{counted['services']} services act on them{pay}"
    )


def has_parts(ds: xr.Dataset) -> bool:
    """Whether there is more than a chain to draw: services, and something they help with."""
    return bool(ds.sizes["state"]) and {"services", "hub", "needs"} <= set(parts_of(ds))


FIGURE = Exhibit(
    name="model", title="What the model is made of",
    caption="Arrows lead from what acts to what it acts on. Services take time to reach people, and help ends what "
    "troubles them sooner; months in a state, moves and posts are counted and priced.",
    applies=has_parts, draw=plot_model, table=parts_table, finding=model_finding, section="families", order=15,
    all_sets=True,
)  # fmt: skip
