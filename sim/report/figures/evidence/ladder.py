"""The swap ladder: net present value rung by rung."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes

from sim.economics.value.appraisal import is_appraised
from sim.economics.value.terms import terms_of
from sim.exhibits.drawing import bar_height, name_rows, places, row_axes, value_column
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.sentences import net_words, sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas
from sim.exhibits.titles import titles_of
from sim.report.defaults import has_costs
from sim.report.figures.evidence.worths import (
    WorldWorth,
    draw_estimate,
    net_label,
    pounds,
    span,
    values_of,
    worth_axis,
    worths,
)
from sim.results.facts import facts_of
from sim.results.worlds import world_names
from sim.table import Table

LADDER_RUNGS = 3
"""Regimes beside the baseline from which there is a ladder."""


def is_ladder(ds: xr.Dataset) -> bool:
    """Whether there are enough regimes, in one evidence set at least, to be rungs."""
    return ds.sizes["regime"] > LADDER_RUNGS and is_appraised(ds, terms_of(ds))


def ladder(ds: xr.Dataset, effect_set: str | None = None) -> tuple[list[WorldWorth], list[WorldWorth]]:
    """Value each rung against the baseline, and each against the rung below it."""
    chosen = str(ds["effect_set"].values[0]) if effect_set is None else effect_set
    rungs = [world for world in world_names(ds) if world.effect_set == chosen]
    terms = terms_of(ds)
    from_start = worths(ds, terms, [(rung, rungs[0]) for rung in rungs[1:]])
    return from_start, worths(ds, terms, list(zip(rungs[1:], rungs, strict=False)))


def plot_ladder(
    ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None, *, canvas: Canvas = WIDE
) -> Axes:
    """Draw net present social value of each rung of the swap ladder against the baseline, with the step from below.

    £m with 95% intervals; bars are the steps, dots where they lead.
    """
    from_baseline, steps = ladder(ds, effect_set)
    ax = row_axes(len(steps), canvas) if ax is None else ax
    before, colours = 0.0, []
    for y, rung, step in zip(places(len(steps), canvas), from_baseline, steps, strict=True):
        colours.append(COLOURS[2] if step.net.mean >= 0 else COLOURS[1])
        ax.barh(y, rung.net.mean - before, bar_height(canvas), left=before, color=colours[-1], alpha=0.35)
        draw_estimate(ax, rung.net, float(y), INK, "o")
        before = rung.net.mean
    titles = titles_of(ds)
    name_rows(ax, [f"{i + 1}. {titles.regime(rung.world.regime)}" for i, rung in enumerate(from_baseline)], canvas,
              taken=10)  # fmt: skip
    value_column(ax, values_of([step.net for step in steps]), colours, canvas)
    worth_axis(ax, [rung.net for rung in from_baseline])
    ax.set_title("the step from the rung above, £m", loc="right", fontsize="small", fontweight="normal")
    ax.set_xlabel(net_label(ds, canvas))
    return ax


def ladder_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_ladder``."""
    from_baseline, steps = ladder(ds)
    titles = titles_of(ds)
    rows = tuple(
        (titles.regime(rung.world.regime), pounds(rung.net.mean), span(rung.net), pounds(step.net.mean), span(step.net))
        for rung, step in zip(from_baseline, steps, strict=True)
    )
    columns = ("rung", "against the baseline, £m", "95% interval", "against the rung before, £m", "95% interval of it")
    return Table("The swap ladder: net present social value", columns, rows, "Paired on the same random numbers.")


def ladder_finding(ds: xr.Dataset) -> str:
    """Say where the ladder leads and which step brings most."""
    from_baseline, steps = ladder(ds)
    titles = titles_of(ds)
    best = max(steps, key=lambda step: step.net.mean)
    top = from_baseline[-1]
    return sentence(
        f"{titles.regime(top.world.regime)} {net_words(top.pounds)} against {titles.regime(facts_of(ds).baseline)}; "
        f"the step that brings most is {titles.regime(best.world.regime)}, which {net_words(best.pounds)} against the "
        "rung before it"
    )


FIGURE = Exhibit(
    name="ladder", title="Money first, then one mechanism after the other",
    caption="Net present social value of each rung against the baseline: dots with 95% intervals; bars and the "
    "numbers on the right are steps from the rung above. A step of 0 is a result.",
    applies=lambda ds: has_costs(ds) and is_ladder(ds), draw=plot_ladder, table=ladder_table, finding=ladder_finding,
    section="ladder", order=110,
)  # fmt: skip
