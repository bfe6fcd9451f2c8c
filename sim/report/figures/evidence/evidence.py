"""The picture beside the answer: net present value by reading of the evidence."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.economics.value.terms import terms_of
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import COLOURS, INK, dark, new_axes, words
from sim.report.defaults import compares, worlds_of_regime, worlds_of_set
from sim.report.figures.evidence.worths import WorldWorth, draw_estimate, pounds, span, worths
from sim.results.facts import facts_of
from sim.table import Table


def headline_worths(ds: xr.Dataset) -> list[WorldWorth]:
    """Value the last regime against the baseline, and against the first other regime, under each evidence set."""
    regimes = [str(name) for name in ds["regime"].values if name != facts_of(ds).baseline]
    others = [facts_of(ds).baseline, *[name for name in regimes[:1] if name != regimes[-1]]]
    pairs = [
        (world, against)
        for world in worlds_of_regime(ds)
        for other in others
        for against in worlds_of_set(ds, world.effect_set) if against.regime == other
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
        draw_estimate(ax, worth.net, y, COLOURS[i], "os"[i])
        label = f"{pounds(worth.net.mean)}" + ("" if worth.net.low is None else f" ({span(worth.net)})")
        ax.annotate(label, (worth.net.mean, y), (0, 6), textcoords="offset points", ha="center", fontsize=8,
                    color=dark(COLOURS[i]), bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
    names = [words(name) or words(found[0].world.regime) for name in sets]
    ax.set(yticks=range(len(sets)), yticklabels=names, ylim=(len(sets) - 0.5, -0.6))
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.margins(x=0.22)
    ax.tick_params(axis="x", labelsize=8)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: pounds(x)))
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


def evidence_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_evidence``."""
    rows = tuple(
        (words(one.world.effect_set) or "as the config says", words(one.world.regime), words(one.against), one.spend,
         pounds(one.net.mean), span(one.net))
        for one in headline_worths(ds)
    )  # fmt: skip
    columns = ("reading of the evidence", "regime", "against", "spend", "net present social value, £m", "95% interval")
    return Table("Net present social value by reading of the evidence", columns, rows)


FIGURE = Exhibit(
    name="evidence", title="Is it worth it, by reading of the evidence",
    caption="Net present social value of the last regime, with 95% intervals over replications, under each reading of "
    "the evidence: where its spending comes on top, and against a regime with the same money where there is one.",
    applies=compares, draw=plot_evidence, all_sets=True, table=evidence_table, section="answer", order=10,
)  # fmt: skip
