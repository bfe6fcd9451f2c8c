"""The picture beside the answer, and the swap ladder: net present value by reading of the evidence and by rung."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.economics.value.appraisal import compare, is_appraised
from sim.economics.value.increments import increments
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.numbers import MINUS
from sim.exhibits.style import COLOURS, INK, dark, new_axes, words
from sim.intervals import Estimate
from sim.results.worlds import WorldName, world_names
from sim.table import Table

MILLION = 1e6
LADDER_RUNGS = 3
"""Regimes beside the baseline from which there is a ladder."""


@dataclass(frozen=True)
class Worth:
    """Net present social value of a world against another, £m, and whether it spends more or the same."""

    world: WorldName
    against: str
    spend: str
    net: Estimate


def worths(ds: xr.Dataset, terms: Terms, pairs: list[tuple[WorldName, WorldName]]) -> list[Worth]:
    """Value each pair of worlds, the first against the second, in the headline ledger."""
    found = []
    for world, against in pairs:
        compared = compare(ds, increments(ds, world, against, terms), terms)
        net = compared.view(terms.ledger, "social").net.estimate(sampled=terms.sampled)
        low, high = (None if end is None else end / MILLION for end in (net.low, net.high))
        found.append(Worth(world, against.regime, compared.spend, Estimate(net.mean / MILLION, low, high)))
    return found


def headline_worths(ds: xr.Dataset) -> list[Worth]:
    """Value the last regime against the baseline, and against the first other regime, under each evidence set."""
    regimes = [str(name) for name in ds["regime"].values if name != ds.attrs["baseline"]]
    others = [str(ds.attrs["baseline"]), *[name for name in regimes[:1] if name != regimes[-1]]]
    worlds = world_names(ds)
    pairs = [
        (world, against)
        for world in worlds if world.regime == regimes[-1]
        for other in others
        for against in worlds if against.regime == other and against.effect_set == world.effect_set
    ]  # fmt: skip
    return worths(ds, terms_of(ds), pairs)


def plot_evidence(ds: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw net present social value under each reading of the evidence, with extra and with equal spend.

    £m with 95% intervals; to the right of 0 the last regime saves more than it costs.
    """
    found, terms = headline_worths(ds), terms_of(ds)
    sets = list(dict.fromkeys(worth.world.effect_set for worth in found))
    against = list(dict.fromkeys(worth.against for worth in found))
    ax = new_axes(4.7, 1.6 + 0.42 * len(found)) if ax is None else ax
    step = 0.8 / len(against)
    for worth in found:
        i = against.index(worth.against)
        y = sets.index(worth.world.effect_set) + (i - (len(against) - 1) / 2) * step
        _estimate(ax, worth.net, y, COLOURS[i], "os"[i])
        label = f"{_pounds(worth.net.mean)}" + ("" if worth.net.low is None else f" ({_span(worth.net)})")
        ax.annotate(label, (worth.net.mean, y), (0, 6), textcoords="offset points", ha="center", fontsize=8,
                    color=dark(COLOURS[i]), bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
    names = [words(name) or words(found[0].world.regime) for name in sets]
    ax.set(yticks=range(len(sets)), yticklabels=names, ylim=(len(sets) - 0.5, -0.6))
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.margins(x=0.22)
    ax.tick_params(axis="x", labelsize=8)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _pounds(x)))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    regime = words(found[0].world.regime)
    ax.set_xlabel(
        f"← {regime} costs more than it saves | saves more →\n£m over {terms.horizon_years:.3g} years, {terms.ledger} "
        f"ledger, {terms.price_year} prices, discounted;\nevidence ends at month {terms.spec.evidence_months:g}",
        fontsize=8,
    )
    for i, other in enumerate(against):
        spend = next(worth.spend for worth in found if worth.against == other)
        ax.plot([], [], "os"[i], color=COLOURS[i], label=f"against {words(other)} ({spend} spend)")
    ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), fontsize=8, handletextpad=0.2)
    return ax


def _estimate(ax: Axes, net: Estimate, y: float, colour: str, marker: str) -> None:
    """Draw one estimate with its interval."""
    if net.low is not None and net.high is not None:
        ax.plot([net.low, net.high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
        ax.plot([net.low, net.high], [y, y], "|", color=colour, markersize=7)
    ax.plot(net.mean, y, marker, color=colour, markersize=5.5)


def _pounds(value: float) -> str:
    """Write £m, one place where it is small."""
    text = f"{abs(value):,.0f}" if abs(value) >= 10 or value == 0 else f"{abs(value):.1f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text


def _span(net: Estimate) -> str:
    """Write the ends of an interval."""
    return "" if net.low is None or net.high is None else f"{_pounds(net.low)} to {_pounds(net.high)}"


def evidence_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_evidence``."""
    rows = tuple(
        (words(one.world.effect_set) or "as the config says", words(one.world.regime), words(one.against), one.spend,
         _pounds(one.net.mean), _span(one.net))
        for one in headline_worths(ds)
    )  # fmt: skip
    columns = ("reading of the evidence", "regime", "against", "spend", "net present social value, £m", "95% interval")
    return Table("Net present social value by reading of the evidence", columns, rows)


def is_ladder(ds: xr.Dataset) -> bool:
    """Whether there are enough regimes, in one evidence set at least, to be rungs."""
    return ds.sizes["regime"] > LADDER_RUNGS and is_appraised(ds, terms_of(ds))


def ladder(ds: xr.Dataset, effect_set: str | None = None) -> tuple[list[Worth], list[Worth]]:
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
    found, steps = ladder(ds, effect_set)
    ax = new_axes(6.6, 1.2 + 0.45 * len(found)) if ax is None else ax
    terms, before = terms_of(ds), 0.0
    for y, (rung, step) in enumerate(zip(found, steps, strict=True)):
        colour = COLOURS[2] if step.net.mean >= 0 else COLOURS[1]
        ax.barh(y, rung.net.mean - before, 0.5, left=before, color=colour, alpha=0.35)
        _estimate(ax, rung.net, y, INK, "o")
        sign = "+" if step.net.mean > 0 else ""
        ax.annotate(f"{sign}{_pounds(step.net.mean)} ({_span(step.net)})", (1.0, y), (4, 0), fontsize=8, va="center",
                    xycoords=("axes fraction", "data"), textcoords="offset points", color=dark(colour))  # fmt: skip
        before = rung.net.mean
    ax.annotate("step, £m", (1.0, 1.0), (4, 2), xycoords="axes fraction", textcoords="offset points", fontsize=8)
    ax.axvline(0, color=INK, linewidth=0.8)
    labels = [f"{i + 1}. {words(rung.world.regime)}" for i, rung in enumerate(found)]
    ax.set(yticks=np.arange(len(found)), yticklabels=labels, ylim=(len(found) - 0.4, -0.6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _pounds(x)))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlabel(
        f"Net present social value against {words(str(ds.attrs['baseline']))}, "
        f"£m over {terms.horizon_years:.3g} years\n"
        f"({terms.ledger} ledger, {terms.price_year} prices; evidence ends at month {terms.spec.evidence_months:g})"
    )
    return ax


def ladder_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_ladder``."""
    found, steps = ladder(ds)
    rows = tuple(
        (words(rung.world.regime), _pounds(rung.net.mean), _span(rung.net), _pounds(step.net.mean), _span(step.net))
        for rung, step in zip(found, steps, strict=True)
    )
    columns = ("rung", "against the baseline, £m", "95% interval", "against the rung below, £m", "95% interval of it")
    return Table("The swap ladder: net present social value", columns, rows, "Paired on the same random numbers.")
