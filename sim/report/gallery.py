"""Which figures a run has, their titles and captions, and writing them as SVG and PNG with the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import xarray as xr
from matplotlib import rc_context
from matplotlib.figure import Figure

from sim.report.figures import (
    main_chain,
    plot_cost_by_agency,
    plot_difference,
    plot_queues,
    plot_states,
    worlds_of_set,
)
from sim.report.style import MOST_BESIDE, RC, new_axes, new_panels, words


@dataclass(frozen=True)
class Entry:
    """A figure that a run may have: when it applies, how it is drawn, and what is said about it."""

    name: str
    title: str
    caption: str
    applies: Callable[[xr.Dataset], bool]
    draw: Callable[[xr.Dataset], Figure]
    all_sets: bool = False
    """Whether it shows every evidence set; else the caption names the one shown."""


@dataclass(frozen=True)
class Drawn:
    """A figure that was made; ``svg`` is markup without the XML header, to be set inline."""

    name: str
    title: str
    caption: str
    svg: str


def _states(ds: xr.Dataset) -> Figure:
    """Draw one panel for each regime under the first evidence set."""
    worlds = worlds_of_set(ds)
    panels = new_panels(len(worlds), max(2.8, 4.2 / len(worlds)), 3.4)
    for ax, world in zip(panels, worlds, strict=True):
        plot_states(ds, ax, world)
    for left in panels[::MOST_BESIDE]:
        left.set_ylabel(f"Share in each state of {words(main_chain(ds))}")
    return _figure_of(panels[0])


def _queues(ds: xr.Dataset) -> Figure:
    """Draw waiting and places, tall enough for the services."""
    return _figure_of(plot_queues(ds, new_axes(7.5, 1.6 + 0.42 * ds.sizes["service"])))


def _agencies(ds: xr.Dataset) -> Figure:
    """Draw cost by agency, tall enough for the agencies, in the first ledger."""
    height = 1.2 + (0.18 * len(worlds_of_set(ds)) + 0.15) * ds.sizes["agency"]
    return _figure_of(plot_cost_by_agency(ds, new_axes(7.5, height), str(ds["ledger"].values[0])))


def _difference(ds: xr.Dataset) -> Figure:
    """Draw the paired difference in the first ledger."""
    return _figure_of(plot_difference(ds, new_axes(7.5, 4.2), str(ds["ledger"].values[0])))


def _figure_of(ax: object) -> Figure:
    """Give the figure that axes stand on."""
    figure = getattr(ax, "figure", None)
    if not isinstance(figure, Figure):
        raise TypeError("axes must stand on a figure")
    return figure


def _has_costs(ds: xr.Dataset) -> bool:
    """Whether anything is priced."""
    return ds.sizes["line"] > 0 and ds.sizes["ledger"] > 0 and ds.attrs["rows"] > 0


def _has_places(ds: xr.Dataset) -> bool:
    """Whether any service has places."""
    return ds.sizes["service"] > 0 and bool((ds["team"].sel(team_series="places") > 0).any())


ENTRIES = (
    Entry(
        "states", "How families fare over time",
        "Share of families in each state, mean over replications. The regimes are identical until they start.",
        lambda ds: ds.sizes["state"] > 0, _states,
    ),
    Entry(
        "queues", "Who waits, and for how many places",
        "Places (filled squares) and families waiting (open circles) by service, mean of the last twelve months.",
        _has_places, _queues,
    ),
    Entry(
        "cost_by_agency", "Who pays",
        "Cost per family-year on the books by agency, undiscounted, from the start of the regimes; thin bars are 95% "
        "intervals.",
        _has_costs, _agencies,
    ),
    Entry(
        "difference", "What the regime adds or saves, by reading of the evidence",
        "Difference to the baseline on the same random numbers, with 95% bands. To the right of the dashed line no "
        "evaluation has followed families: the lines rest on assumptions.",
        lambda ds: _has_costs(ds) and ds.sizes["regime"] > 1, _difference, all_sets=True,
    ),
)  # fmt: skip


def draw_all(ds: xr.Dataset, folder: Path) -> list[Drawn]:
    """Draw every figure that the run has and write it to ``folder`` as SVG and PNG."""
    folder.mkdir(exist_ok=True)
    drawn = []
    for entry in ENTRIES:
        if entry.applies(ds):
            with rc_context(RC):
                figure = entry.draw(ds)
                svg = _svg(figure)
                figure.savefig(folder / f"{entry.name}.png", metadata={"Software": None})
            (folder / f"{entry.name}.svg").write_text(svg, encoding="utf-8")
            drawn.append(Drawn(entry.name, entry.title, _caption(entry, ds), svg[svg.index("<svg") :]))
    return drawn


def _caption(entry: Entry, ds: xr.Dataset) -> str:
    """Give the caption, with the evidence set that a figure shows when the run has others."""
    if entry.all_sets or ds.sizes["effect_set"] == 1:
        return entry.caption
    return f"{entry.caption} Reading of the evidence: {words(str(ds['effect_set'].values[0]))}."


def _svg(figure: Figure) -> str:
    """Write a figure as SVG without date or program name."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()
