"""Where the money comes from and what it is spent on: departments, through tiers of help, to families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from sim.arrays import FloatArray
from sim.economics.value.appraisal import is_appraised
from sim.economics.value.increments import counted_lines, to_agencies
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.drawing import SMALL, spaced
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION, fixed
from sim.exhibits.sentences import listed, pounds_words, sentence
from sim.exhibits.style import COLOURS, FAINT, INK, WIDE, Canvas, new_axes, words
from sim.exhibits.titles import titles_of
from sim.money.bill import bill
from sim.report.defaults import agency_label, agency_words, has_costs, worlds_of_set
from sim.results.costs import line_meters
from sim.results.worlds import WorldName, of_world
from sim.table import Table

GAP = 0.02
"""Empty space between nodes of a column, as a share of the height."""
WIDTH = 0.025
LEFT, MIDDLE, RIGHT = 0.0, 0.52, 1.0
TIER_COLOURS = {"universal": COLOURS[2], "targeted": COLOURS[0], "reactive": COLOURS[1]}
LABEL_GAP = 0.21
"""Inches between the middles of lines of text."""
SHORT = 24
"""Characters of a line of a name on a phone."""
BEND = 0.5


@dataclass(frozen=True)
class _Node:
    """A block of a column: its bottom and height in axes units; ``used`` is how much of it ribbons have taken."""

    label: str
    bottom: float
    height: float


def money_flows(ds: xr.Dataset, world: WorldName, terms: Terms) -> tuple[list[str], list[str], FloatArray]:
    """Give agencies, tiers and the pounds a year that flow from one to the other, (agency, tier).

    Mean over replications and over the years since the first regime began; headline ledger, all kinds of payment,
    undiscounted pounds of the price year.
    """
    at = slice(terms.base_point + 1, None)
    counts, price = of_world(ds, world, "meters").values[:, at].mean(axis=0), of_world(ds, world, "price").values[at]
    yearly = bill(counts, line_meters(ds), price).sum(axis=0) / (terms.all_steps * terms.step_years)
    of_line = [str(name) for name in ds["tier"].values]
    tiers = [name for name in TIER_COLOURS if name in of_line] + sorted(set(of_line) - set(TIER_COLOURS))
    counted = counted_lines(ds, terms.ledger, "all")
    flows = np.stack(
        [to_agencies(ds, yearly, counted & np.array([name == tier for name in of_line])) for tier in tiers], axis=-1
    )
    return [str(name) for name in ds["agency"].values], tiers, flows


def any_flow(ds: xr.Dataset) -> bool:
    """Whether anybody pays anything under the last regime."""
    terms = terms_of(ds)
    return bool((money_flows(ds, worlds_of_set(ds)[-1], terms)[2] > 0).any())


def draw_sankey(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, effect_set: str | None = None,
    full_height: float | None = None, *, canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw money a year from departments through tiers of help to families; breadth is in proportion to pounds.

    A phone's has no room for the families, to whom all of it goes.

    Parameters
    ----------
    ds
        What ``simulate`` or ``expect`` gave.
    ax
        Axes to draw on; new ones when not given.
    regime, effect_set
        Which world; the last regime under the first evidence set unless named.
    full_height
        Pounds a year that fill the height, so that several drawings share a scale; default its own total.
    canvas
        The room that there is.

    Raises
    ------
    ValueError
        If there is no such regime, or nothing is paid.
    """
    ax = new_axes(6.6 if canvas.is_narrow else 5.4, canvas) if ax is None else ax
    terms = terms_of(ds)
    worlds = {world.regime: world for world in worlds_of_set(ds, effect_set)}
    chosen = regime or list(worlds)[-1]
    if chosen not in worlds:
        raise ValueError(f"there is no regime '{chosen}'; there are {', '.join(worlds)}")
    agencies, tiers, flows = money_flows(ds, worlds[chosen], terms)
    flows = np.maximum(flows, 0.0)  # taxes that come back are no payment to families
    kept = np.flatnonzero(flows.sum(axis=1) > 0)
    if not kept.size:
        raise ValueError(f"nobody pays anything under '{chosen}' in the ledger '{terms.ledger}'")
    paid = np.flatnonzero(flows.sum(axis=0) > 0)
    tiers, flows = [tiers[j] for j in paid], flows[:, paid]
    kept = kept[np.argsort(-flows[kept].sum(axis=1), kind="stable")]
    total = float(flows.sum())
    scale = (1.0 - GAP * max(len(kept) - 1, 0)) / (full_height or total)
    left = _column([agency_words(ds, agencies[i]) for i in kept], flows[kept].sum(axis=1) * scale)
    middle = _column([words(tier) for tier in tiers], flows.sum(axis=0) * scale)
    right = [] if canvas.is_narrow else _column(["families"], np.array([total * scale]))
    colours = [TIER_COLOURS.get(tier, FAINT) for tier in tiers]
    _ribbons(ax, left, middle, flows[kept] * scale, colours)
    for node in right:
        _ribbons_to_one(ax, middle, node, colours)
    amounts = [*flows[kept].sum(axis=1), *flows.sum(axis=0), total]
    _draw_nodes(ax, left, middle, right, colours, [amount / MILLION for amount in amounts], canvas)
    ax.set(xlim=(-1.0, 0.92) if canvas.is_narrow else (-0.68, 1.16), ylim=(-0.02, 1.02))
    ax.set_axis_off()
    title = f"{titles_of(ds).regime(chosen)}: £{total / MILLION:,.1f} million a year ({terms.prices_aside}, "
    ax.set_title(canvas.fold(f"{title}{terms.ledger} ledger)"), loc="center", fontsize=SMALL)
    return ax


def _column(labels: Sequence[str], heights: FloatArray) -> list[_Node]:
    """Stack nodes from the top, centred."""
    whole = float(heights.sum()) + GAP * (len(labels) - 1)
    top = 0.5 + whole / 2
    nodes = []
    for label, height in zip(labels, heights, strict=True):
        nodes.append(_Node(label, top - float(height), float(height)))
        top -= float(height) + GAP
    return nodes


def _ribbons(
    ax: Axes, left: Sequence[_Node], right: Sequence[_Node], heights: FloatArray, colours: Sequence[str]
) -> None:
    """Draw what flows from each left node to each right one, in the colour of the right one."""
    into = [node.bottom + node.height for node in right]
    for i, node in enumerate(left):
        out = node.bottom + node.height
        for j in range(len(right)):
            height = float(heights[i, j])
            if height > 0:
                _ribbon(ax, (LEFT + WIDTH, out), (MIDDLE, into[j]), height, colours[j])
                out, into[j] = out - height, into[j] - height


def _ribbons_to_one(ax: Axes, left: Sequence[_Node], right: _Node, colours: Sequence[str]) -> None:
    """Draw everything that flows into one node."""
    into = right.bottom + right.height
    for node, colour in zip(left, colours, strict=True):
        if node.height > 0:
            start = (MIDDLE + WIDTH, node.bottom + node.height)
            _ribbon(ax, start, (RIGHT, into), node.height, colour)
            into -= node.height


def _ribbon(ax: Axes, start: tuple[float, float], end: tuple[float, float], height: float, colour: str) -> None:
    """Draw one flow between the tops of two edges as a band of even height, bent like an S."""
    (x0, y0), (x1, y1) = start, end
    bend = x0 + BEND * (x1 - x0)
    points = [
        (x0, y0), (bend, y0), (bend, y1), (x1, y1), (x1, y1 - height), (bend, y1 - height), (bend, y0 - height),
        (x0, y0 - height), (x0, y0),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    path = Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])
    ax.add_patch(PathPatch(path, facecolor=colour, alpha=0.35, linewidth=0))


def _draw_nodes(
    ax: Axes, left: Sequence[_Node], middle: Sequence[_Node], right: Sequence[_Node], colours: Sequence[str],
    millions: Sequence[float], canvas: Canvas,
) -> None:  # fmt: skip
    """Draw the blocks with names and £m a year; labels keep their distance."""
    for x, nodes, fills in ((LEFT, left, [INK] * len(left)), (MIDDLE, middle, colours), (RIGHT, right, [INK])):
        for node, colour in zip(nodes, fills, strict=False):
            ax.add_patch(Rectangle((x, node.bottom), WIDTH, node.height, color=colour, linewidth=0))
    labels = [f"{node.label}  {amount:,.1f}" for node, amount in zip(left, millions, strict=False)]
    labels = [fill(label, SHORT) if canvas.is_narrow else label for label in labels]
    lines = max((label.count("\n") + 1 for label in labels), default=1)
    gap = lines * LABEL_GAP / (0.86 * ax.figure.get_figheight())  # type: ignore[union-attr]
    at = spaced([node.bottom + node.height / 2 for node in left], gap)
    away = 0.06 if canvas.is_narrow else 0.02
    for node, label, y in zip(left, labels, at, strict=True):
        ax.plot([LEFT - away, LEFT], [y, node.bottom + node.height / 2], color=FAINT, linewidth=0.7)
        ax.text(LEFT - away - 0.01, y, label, ha="right", va="center", fontsize=SMALL)
    for node, amount in zip(middle, millions[len(left) :], strict=False):
        y, mark = node.bottom + node.height / 2, "\n" if canvas.is_narrow else "  "
        ax.text(MIDDLE + WIDTH + 0.01, y, f"{node.label}{mark}{amount:,.1f}", va="center", fontsize=SMALL)
    for node in right:
        ax.text(RIGHT + WIDTH + 0.01, 0.5, node.label, va="center", fontsize=SMALL)


def is_paid(ds: xr.Dataset) -> bool:
    """Whether agencies pay anything after the first regime's start."""
    return has_costs(ds) and ds.sizes["agency"] > 0 and is_appraised(ds, terms_of(ds)) and any_flow(ds)


def money_table(ds: xr.Dataset) -> Table:
    """Make the table behind the flow of money: £m from each payer to each tier under the last regime."""
    payers, tiers, amount = money_flows(ds, worlds_of_set(ds)[-1], terms_of(ds))
    rows = tuple(
        (agency_label(ds, payer), *(fixed(float(cell) / MILLION, 1) for cell in row))
        for payer, row in zip(payers, amount, strict=True)
    )
    return Table("Where money comes from and goes, £m a year", ("payer", *(words(tier) for tier in tiers)), rows)


def money_finding(ds: xr.Dataset) -> str:
    """Say how much is spent a year under the last regime, on what, and who pays most."""
    world = worlds_of_set(ds)[-1]
    payers, tiers, amount = money_flows(ds, world, terms_of(ds))
    amount = np.maximum(amount, 0.0)
    by_tier, by_payer = amount.sum(axis=0), amount.sum(axis=1)
    parts = [f"{pounds_words(pounds)} on {words(tier)} help" for tier, pounds in zip(tiers, by_tier, strict=True)
             if pounds > 0]  # fmt: skip
    first = int(by_payer.argmax())
    regime, whole = titles_of(ds).regime(world.regime), pounds_words(by_tier.sum())
    return sentence(
        f"under {regime} {whole} a year is spent, {listed(parts)}; {agency_words(ds, payers[first])} pays "
        f"most, {pounds_words(by_payer[first])}"
    )


FIGURE = Exhibit(
    name="money", title="Where the money comes from, and what it is spent on",
    caption="Pounds a year under the last regime since it began, £m, from departments through tiers of help to "
    "families; breadth is in proportion. Benefits and posts alike, undiscounted.",
    applies=is_paid, draw=draw_sankey, table=money_table, finding=money_finding, section="payers", order=120,
)  # fmt: skip
