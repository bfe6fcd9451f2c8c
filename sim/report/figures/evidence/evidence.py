"""The picture beside the answer: net present value by reading of the evidence."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from sim.economics.value.terms import terms_of
from sim.exhibits.drawing import key, name_rows, places, row_axes, value_column
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.sentences import listed, net_words, sentence
from sim.exhibits.style import COLOURS, WIDE, Canvas
from sim.exhibits.titles import titles_of
from sim.report.defaults import compares, worlds_of_regime, worlds_of_set
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
from sim.table import Table


def headline_worths(ds: xr.Dataset) -> list[WorldWorth]:
    """Value the last regime against the baseline, and against the first other regime, under each evidence set."""
    regimes = [str(name) for name in ds["regime"].values if name != facts_of(ds).baseline]
    others = [facts_of(ds).baseline, *[name for name in regimes[:1] if name != regimes[-1]]]
    pairs = [
        (world, against)
        for other in others
        for world in worlds_of_regime(ds)
        for against in worlds_of_set(ds, world.effect_set) if against.regime == other
    ]  # fmt: skip
    return worths(ds, terms_of(ds), pairs)


def _reading(ds: xr.Dataset, worth: WorldWorth) -> str:
    """Say which reading of the evidence, or which regime where there is only what the config says."""
    titles = titles_of(ds)
    return titles.reading(worth.world.effect_set) or titles.regime(worth.world.regime)


def plot_evidence(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw net present social value under each reading of the evidence, with extra and with equal spend.

    £m with 95% intervals; to the right of 0 the last regime saves more than it costs.
    """
    found, titles = headline_worths(ds), titles_of(ds)
    against = list(dict.fromkeys(worth.against for worth in found))
    ax = row_axes(len(found), canvas, key=len(against)) if ax is None else ax
    colours = [COLOURS[against.index(worth.against)] for worth in found]
    for worth, y, colour in zip(found, places(len(found), canvas), colours, strict=True):
        draw_estimate(ax, worth.net, float(y), colour, "os"[against.index(worth.against)])
    name_rows(ax, [_reading(ds, worth) for worth in found], canvas, taken=10)
    value_column(ax, values_of([worth.net for worth in found]), colours, canvas)
    worth_axis(ax, [worth.net for worth in found])
    ax.set_xlabel(net_label(ds, canvas))
    handles = []
    for i, other in enumerate(against):
        spend = next(worth.spend for worth in found if worth.against == other)
        said = f"against {titles.regime(other)} ({spend} spending)"
        handles.append(Line2D([], [], linestyle="", marker="os"[i], color=COLOURS[i], label=said))
    key(ax, canvas, handles=handles, ncols=1)
    return ax


def evidence_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_evidence``."""
    titles = titles_of(ds)
    rows = tuple(
        (_reading(ds, one), titles.regime(one.world.regime), titles.regime(one.against), one.spend,
         pounds(one.net.mean), span(one.net))
        for one in headline_worths(ds)
    )  # fmt: skip
    columns = ("reading of the evidence", "regime", "against", "spend", "net present social value, £m", "95% interval")
    return Table("Net present social value by reading of the evidence", columns, rows)


def evidence_finding(ds: xr.Dataset) -> str:
    """Say what the last regime saves or costs against the baseline under each reading."""
    found, titles = headline_worths(ds), titles_of(ds)
    base = facts_of(ds).baseline
    parts = [f"{net_words(one.pounds)} ({_reading(ds, one)})" for one in found if one.against == base]
    regime = titles.regime(found[0].world.regime)
    years = f"{terms_of(ds).horizon_years:.3g} years"
    return sentence(f"over {years} and against {titles.regime(base)}, {regime} {listed(parts, ';')}")


FIGURE = Exhibit(
    name="evidence", title="Is it worth it, by reading of the evidence",
    caption="Net present social value of the last regime, with 95% intervals over replications, under each reading of "
    "the evidence: where its spending comes on top, and against a regime with the same money where there is one. "
    "Right of 0 it saves more than it costs.",
    applies=compares, draw=plot_evidence, all_sets=True, table=evidence_table, finding=evidence_finding,
    section="answer", order=10,
)  # fmt: skip
