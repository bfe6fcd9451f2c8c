"""Pictures of an uncertainty study, and what each one shows in a sentence."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.exhibits.drawing import bar_height, key, name_rows, name_y, places, row_axes
from sim.exhibits.numbers import pounds, scale_of, signed
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, FAINT, INK, WIDE, Canvas, new_axes
from sim.runs.beliefs.distributions import Z
from sim.studies.uncertainty.answer import OUTCOMES, facts_of_draws, net_benefits
from sim.studies.uncertainty.decision import TAILS, Decision, KnowledgeWorth, terms_of_draws

MOST_SHOWN = 15
BINS = 40
EACH = 0.3
"""Inches of a row."""


def plot_net_benefit(
    table: xr.Dataset, ledger: str, ax: Axes | None = None, *, canvas: Canvas = WIDE
) -> Axes:  # fmt: skip
    """Draw how net present value is spread over the draws, a curve for each regime.

    Parameters
    ----------
    table
        Draws, see ``sim.studies.uncertainty.answer.to_table``.
    ledger
        Whose costs count.
    ax
        Axes to draw on; new ones when not given.
    canvas
        The room that there is.
    """
    ax = new_axes(5.4 if canvas.is_narrow else 4.6, canvas) if ax is None else ax
    facts = facts_of_draws(table)
    regimes, benefit = net_benefits(table, facts.baseline, ledger)
    factor, unit = scale_of(benefit)
    edges = np.histogram_bin_edges(benefit[:, 1:] / factor, BINS)
    for i, regime in enumerate(regimes[1:]):
        values, colour = benefit[:, i + 1] / factor, COLOURS[i % len(COLOURS)]
        counts, _ = np.histogram(values, edges)
        low, high = np.quantile(values, TAILS)
        said = f"{facts.titles.regime(regime)}: {signed(values.mean())} ({signed(low)} to {signed(high)})"
        ax.stairs(counts, edges, color=colour, linewidth=1.6, label=said)
        ax.plot([low, high], [0, 0], color=colour, linewidth=4, alpha=0.5, solid_capstyle="butt", clip_on=False)
        ax.plot(values.mean(), 0, marker="^", color=colour, clip_on=False, markersize=7)
    ax.axvline(0.0, color=INK, linewidth=0.8, linestyle="--")
    what = "Net monetary benefit" if ledger == OUTCOMES else "Net present value"
    label = f"← costs more than it is worth | worth more →\n{what} against {facts.titles.regime(regimes[0])}, {unit}"
    ax.set_xlabel(canvas.fold(f"{label}\n{terms_of_draws(table, ledger)}"))
    name_y(ax, f"Draws of {len(benefit):,}; key: mean and 95% range of draws", canvas)
    key(ax, canvas, ncols=1)
    return ax


def plot_worth(decision: Decision, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw what it is worth to know each parameter before deciding, with standard errors."""
    shown = decision.parameters[:MOST_SHOWN]
    ax = row_axes(len(shown), canvas, each=EACH, key=0) if ax is None else ax
    factor, unit = scale_of(np.array([one.value.value for one in shown]))
    values = [one.value.value / factor for one in shown]
    errors = [Z * one.value.standard_error / factor for one in shown]
    low = [min(value, error) for value, error in zip(values, errors, strict=True)]  # it is never below 0
    at, height = places(len(shown), canvas, each=EACH), bar_height(canvas, each=EACH)
    ax.barh(at, values, xerr=[low, errors], color=COLOURS[4], ecolor=INK, height=height)
    name_rows(ax, [one.name for one in shown], canvas, each=EACH)
    label = f"Value of knowing it before deciding (EVPPI), {unit}; lines are 95% intervals\n{decision.terms}"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    return ax


def plot_swings(decision: Decision, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw where each parameter takes the net present value: a tornado of fitted means at its 2.5% and 97.5% points."""
    ranked = _ranked(decision)
    ax = row_axes(len(ranked), canvas, each=EACH) if ax is None else ax
    factor, unit = scale_of(np.array([[one.at_low, one.at_high] for one in ranked]))
    at = places(len(ranked), canvas, each=EACH)
    low, high = ([getattr(one, end) / factor for one in ranked] for end in ("at_low", "at_high"))
    ax.hlines(at, low, high, color=FAINT, linewidth=5)
    if ranked:  # too few draws to tell one parameter from another leave nothing to name
        ax.plot(low, at, "o", color=COLOURS[0], label="at its 2.5% point")
        ax.plot(high, at, "s", color=COLOURS[1], label="at its 97.5% point")
    ax.axvline(0.0, color=INK, linewidth=0.8, linestyle="--")
    name_rows(ax, [one.name for one in ranked], canvas, each=EACH)
    against = f"{decision.says(decision.leading)} against {decision.says(decision.baseline)}"
    label = f"Mean {decision.what} of {against}, {unit} (right is better)\n{decision.terms}"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    key(ax, canvas)
    return ax


def _ranked(decision: Decision) -> list[KnowledgeWorth]:
    """List the parameters that move the net present value most, the widest first."""
    return sorted(decision.parameters, key=lambda one: -abs(one.at_high - one.at_low))[:MOST_SHOWN]


def net_finding(table: xr.Dataset, ledger: str) -> str:
    """Say what each regime is worth, with its 95% range over draws."""
    facts = facts_of_draws(table)
    regimes, benefit = net_benefits(table, facts.baseline, ledger)
    factor, unit = scale_of(benefit)
    parts = []
    for regime, values in zip(regimes[1:], benefit.T[1:] / factor, strict=True):
        low, high = np.quantile(values, TAILS)
        ends = f"95% of draws {signed(low)} to {signed(high)}"
        parts.append(f"{facts.titles.regime(regime)} is worth {signed(values.mean())} {unit} ({ends})")
    return sentence(f"against {facts.titles.regime(regimes[0])}, {listed(parts, ';')}")


def swings_finding(decision: Decision) -> str:
    """Say which input moves the result most, and from where to where."""
    ranked = _ranked(decision)
    if not ranked:
        return f"{decision.draws:,} draws are too few to tell one input from another."
    one = ranked[0]
    return sentence(
        f"{decision.what} turns most on {one.name}: {pounds(one.at_low)} at its low end, {pounds(one.at_high)} at its "
        "high end"
    )


def worth_finding(decision: Decision) -> str:
    """Say which input is most worth knowing, and what it is worth to know everything."""
    whole = f"knowing everything before deciding is worth {pounds(decision.evpi.value)}"
    for first in decision.parameters[:1]:
        whole += f"; of single inputs {first.name} is worth most, {pounds(first.value.value)}"
    return sentence(whole)
