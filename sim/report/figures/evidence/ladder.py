"""The swap ladder: net present value rung by rung."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.economics.value.appraisal import is_appraised
from sim.economics.value.terms import terms_of
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import COLOURS, INK, dark, new_axes, words
from sim.report.defaults import has_costs
from sim.report.figures.evidence.worths import WorldWorth, draw_estimate, pounds, span, worths
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


def plot_ladder(ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None) -> Axes:
    """Draw net present social value of each rung of the swap ladder against the baseline, with the step from below.

    £m with 95% intervals; bars are the steps, dots where they lead.
    """
    from_baseline, steps = ladder(ds, effect_set)
    ax = new_axes(6.6, 1.2 + 0.45 * len(from_baseline)) if ax is None else ax
    terms, before = terms_of(ds), 0.0
    for y, (rung, step) in enumerate(zip(from_baseline, steps, strict=True)):
        colour = COLOURS[2] if step.net.mean >= 0 else COLOURS[1]
        ax.barh(y, rung.net.mean - before, 0.5, left=before, color=colour, alpha=0.35)
        draw_estimate(ax, rung.net, y, INK, "o")
        sign = "+" if step.net.mean > 0 else ""
        ax.annotate(f"{sign}{pounds(step.net.mean)} ({span(step.net)})", (1.0, y), (4, 0), fontsize=8, va="center",
                    xycoords=("axes fraction", "data"), textcoords="offset points", color=dark(colour))  # fmt: skip
        before = rung.net.mean
    ax.annotate("step, £m", (1.0, 1.0), (4, 2), xycoords="axes fraction", textcoords="offset points", fontsize=8)
    ax.axvline(0, color=INK, linewidth=0.8)
    labels = [f"{i + 1}. {words(rung.world.regime)}" for i, rung in enumerate(from_baseline)]
    ax.set(yticks=np.arange(len(from_baseline)), yticklabels=labels, ylim=(len(from_baseline) - 0.4, -0.6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: pounds(x)))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlabel(
        f"Net present social value against {words(facts_of(ds).baseline)}, "
        f"£m over {terms.horizon_years:.3g} years\n"
        f"({terms.ledger} ledger, {terms.price_year} prices; evidence ends at month {terms.spec.evidence_months:g})"
    )
    return ax


def ladder_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_ladder``."""
    from_baseline, steps = ladder(ds)
    rows = tuple(
        (words(rung.world.regime), pounds(rung.net.mean), span(rung.net), pounds(step.net.mean), span(step.net))
        for rung, step in zip(from_baseline, steps, strict=True)
    )
    columns = ("rung", "against the baseline, £m", "95% interval", "against the rung below, £m", "95% interval of it")
    return Table("The swap ladder: net present social value", columns, rows, "Paired on the same random numbers.")


FIGURE = Exhibit(
    name="ladder", title="Money first, then one mechanism after the other",
    caption="Net present social value of each rung against the baseline: dots with 95% intervals; bars and the "
    "numbers on the right are steps from the rung below. A step of 0 is a result.",
    applies=lambda ds: has_costs(ds) and is_ladder(ds), draw=plot_ladder, table=ladder_table, section="ladder",
    order=110,
)  # fmt: skip
