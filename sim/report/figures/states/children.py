"""Children looked after: of all families over time, and of those helped without and with help."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.arrays import FloatArray
from sim.economics.value.accounts import Account, AnswerFound, answers, has_answer
from sim.economics.value.terms import terms_of
from sim.exhibits.drawing import SMALL, grid_x, head_room, key, name_rows, name_y, places, shade_after
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import fixed, interval
from sim.exhibits.sentences import sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas, new_axes, new_figure
from sim.exhibits.titles import titles_of
from sim.intervals import Estimate, many_over_replications
from sim.model.compiled.accounts import PROGRAMME
from sim.report.defaults import evidence_months, months, worlds_of_set
from sim.report.figures.money.amounts import readings
from sim.results.facts import facts_of
from sim.results.summary import window_start
from sim.results.worlds import WorldName, of_world
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

THOUSAND = 1000.0


def _meter(ds: xr.Dataset) -> str:
    """Name the meter that counts children in care; empty where none is told."""
    spec = terms_of(ds).spec
    items = [item for item in spec.card if spec.answer and item.name == spec.answer.looked_after]
    return items[0].meters[0] if items else ""


def in_care(ds: xr.Dataset, world: WorldName) -> FloatArray:
    """Give children in care per 1,000 children of all families, (point from 1 on, replication)."""
    meter = _meter(ds)
    chain = meter.split(" ")[0]
    unit = str(ds["unit_of_state"].values[ds["chain"].values == chain][0])
    counted = of_world(ds, world, "meters").sel(meter=meter).transpose("step", "replication").values[1:]
    children = of_world(ds, world, "rows").sel(unit=unit).transpose("step", "replication").values[1:]
    return np.asarray(THOUSAND * counted / np.maximum(children, 1.0), np.float64)


def followed(ds: xr.Dataset) -> list[tuple[AnswerFound, Account]]:
    """Give the account of each world whose families are followed from their first start: one episode where it is."""
    return [(found, account) for found in answers(ds, terms_of(ds)) for account in found.accounts[:1]
            if account.name != PROGRAMME and account.looked_after]  # fmt: skip


def plot_children(
    ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None, *, canvas: Canvas = WIDE
) -> Axes:  # fmt: skip
    """Draw children in care of 1,000 over time, a line with its 95% band for each regime; lower is better.

    Raises
    ------
    ValueError
        If the run does not say which meter counts them.
    """
    if not _meter(ds):
        raise ValueError("this run does not say what counts children in care: give 'appraisal.answer.looked_after'")
    ax = new_axes(4.0, canvas) if ax is None else ax
    titles, top = titles_of(ds), 0.0
    for world, colour in zip(worlds_of_set(ds, effect_set), (INK, *COLOURS), strict=False):
        mean, low, high = many_over_replications(in_care(ds, world))
        ax.plot(months(ds)[1:], mean, color=colour, linewidth=1.8, label=titles.regime(world.regime))
        if not facts_of(ds).is_exact and np.isfinite(low).any():
            ax.fill_between(months(ds)[1:], low, high, color=colour, alpha=0.2, linewidth=0)
        top = max(top, float(np.nanmax(np.where(np.isfinite(high), high, mean))))
    ax.set(xlabel="Months from the start of the run", xlim=(0, months(ds)[-1]), ylim=(0, top))
    head_room(ax, 0.16)
    name_y(ax, "Children in care, of 1,000 children of all families (lower is better)", canvas)
    known = evidence_months(ds)
    shade_after(ax, window_start(ds) * months(ds)[1] + known, f"evidence ends at month {known:g}")
    return ax


def draw_children(ds: xr.Dataset, *, canvas: Canvas = WIDE) -> Figure:
    """Draw children in care over time and, below, those of the families helped without and with help."""
    told = followed(ds)
    row, first = 0.82 if canvas.is_narrow else 0.42, 4.6 if canvas.is_narrow else 3.6
    second = 1.2 + row * len(told) if told else 0.0
    figure = new_figure(canvas.width, first + second)
    panels = figure.subplots(1 + bool(told), 1, squeeze=False, height_ratios=[first, second] if told else [first])[:, 0]
    plot_children(ds, panels[0], canvas=canvas)
    if told:
        _helped(ds, panels[1], told, canvas)
    key(panels[0], canvas)
    return figure


def _helped(ds: xr.Dataset, ax: Axes, told: list[tuple[AnswerFound, Account]], canvas: Canvas) -> None:
    """Draw, for each world, children of the families helped who are in care without help (hollow) and with (full)."""
    sides = [account.looked_after for _, account in told if account.looked_after]
    at = places(len(told), canvas)
    without, helped = np.array([one.without for one in sides]), np.array([one.helped for one in sides])
    ax.hlines(at, without, helped, color=COLOURS[0], linewidth=1.6)
    ax.plot(without, at, "o", mfc="white", color=INK, markersize=7, label="without help")
    ax.plot(helped, at, "o", color=COLOURS[0], markersize=7, label="with help")
    titles, ends = titles_of(ds), (np.minimum(without, helped), np.maximum(without, helped))
    for x, side, values in zip(ends, ("right", "left"), ends, strict=True):
        for place, y, value in zip(x, at, values, strict=True):
            ax.annotate(fixed(float(value), 0), (place, y), (-8 if side == "right" else 8, 0), ha=side, va="center",
                        textcoords="offset points", fontsize=SMALL)  # fmt: skip
    several = len({found.world.regime for found, _ in told}) > 1
    names = readings(ds, [found.world for found, _ in told])
    named = [titles.world(found.world.name) for found, _ in told]
    name_rows(ax, named if several else names, canvas)
    ax.set_xlim(0, 1.15 * float(np.max(ends[1], initial=1.0)))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    grid_x(ax)
    said = f"In care at month {sides[0].month:.0f} after the family's first start, of 1,000 {sides[0].of}: without "
    name_y(ax, f"{said}help (hollow) and with it (full)", canvas)
    ax.set_xlabel("of 1,000 children (lower is better)")


def children_table(ds: xr.Dataset) -> Table:
    """Make the table behind it: children in care of 1,000 once a year, under each regime and reading."""
    titles, worlds = titles_of(ds), worlds_of_set(ds)
    spans = [many_over_replications(in_care(ds, world)) for world in worlds]
    step = max(1, round(MONTHS_PER_YEAR / months(ds)[1]))
    rows = tuple(
        (f"{months(ds)[point + 1]:.0f}", *(_written(span, point) for span in spans))
        for point in range(step - 1, len(spans[0][0]), step)
    )
    counted = {found.world.name: one.looked_after for found, one in followed(ds) if one.looked_after}
    told = "; ".join(
        f"{titles.world(name)}: {fixed(one.helped, 1)} with help and {fixed(one.without, 1)} without"
        for name, one in counted.items()
    )
    at = next((f"{one.month:.0f}" for one in counted.values()), "")
    note = f"At month {at} after the first start, of the families helped: {told}." if told else ""
    columns = ("month", *(titles.regime(world.regime) for world in worlds))
    return Table("Children in care, of 1,000 children of all families", columns, rows, note)


def _written(span: tuple[FloatArray, FloatArray, FloatArray], point: int) -> str:
    """Write a rate with its interval."""
    mean, low, high = (float(part[point]) for part in span)
    return interval(Estimate(mean, *((None, None) if np.isnan(low) else (low, high))), partial(fixed, places=1))


def children_finding(ds: xr.Dataset) -> str:
    """Say how many of 1,000 are in care with and without help, first of the families helped, then of all."""
    titles, worlds = titles_of(ds), worlds_of_set(ds)
    at = min(window_start(ds) + round(evidence_months(ds) / months(ds)[1]), len(months(ds)) - 1) - 1
    told = {found.world: account.looked_after for found, account in followed(ds) if found.world in worlds}
    shown = list(told)[-1] if told else worlds[-1]
    base, last = (float(in_care(ds, world)[at].mean()) for world in (worlds[0], shown))
    regime, other = titles.regime(shown.regime), titles.regime(worlds[0].regime)
    helped, one = "", told.get(shown)
    if one:
        helped = (
            f"under {regime} {fixed(one.helped, 0)} of 1,000 {one.of} are in care at month {one.month:.0f} after their "
            f"first start, against {fixed(one.without, 0)} without; "
        )
    since = f"{evidence_months(ds):g} months after the regimes began"
    return sentence(
        f"{helped}of all families' children {fixed(last, 0)} of 1,000 are {since} under {regime}, against "
        f"{fixed(base, 0)} under {other}"
    )


FIGURE = Exhibit(
    name="children_in_care", title="Children in care",
    caption="Children looked after, of 1,000: of all families on the books, with 95% bands over replications, and of "
    "the families helped, each against its own life without help. Shaded: beyond the evidence.",
    applies=lambda ds: has_answer(ds) and bool(_meter(ds)), draw=draw_children, table=children_table,
    finding=children_finding, section="families", order=35,
)  # fmt: skip
