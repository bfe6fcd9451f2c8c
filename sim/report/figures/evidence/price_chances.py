"""How often help pays for itself, by what it costs a family: the draws of the break-even price, in both ledgers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from sim.economics.value.terms import terms_of
from sim.exhibits.drawing import key, line_axes, name_y
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure, pounds, share
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas
from sim.report.figures.evidence.price_tornado import PRICE, drawn_price
from sim.report.figures.money.amounts import readings
from sim.results.facts import facts_of
from sim.results.worlds import world_names
from sim.table import Table

TITLE = "How often help pays, by what it costs"
STYLES = ("-", ":")
"""Lines of the ledger that leads and of the one that is shown beside it."""
SHARES = (0.975, 0.75, 0.5, 0.25, 0.025)
"""Of draws, in the table."""
Shown = tuple[str, str, list[float], float]
"""A reading, a ledger, its quantiles of the break-even price, and what posts cost a family, £."""


def drawn_prices(ds: xr.Dataset) -> list[Shown]:
    """List what draws say of the price of the regime that leads, by reading and ledger: its own and one more."""
    shown, leads = drawn_price(ds), terms_of(ds).ledger
    if shown is None:
        return []
    ledgers = [leads, *(name for name in map(str, ds["ledger"].values) if name != leads)][: len(STYLES)]
    found: list[Shown] = []
    regime = next(world.regime for world in world_names(ds) if world.name == shown[0])
    for world in (one for one in world_names(ds) if one.regime == regime):
        held = facts_of(ds).doubt.get(world.name, {}).get("accounts", {}).get(shown[1], {})
        spread = held.get("quantiles", {})
        found += [
            (readings(ds, [world])[0], ledger, spread[ledger], _posts(held["figures"], ledger))
            for ledger in ledgers if ledger in spread
        ]  # fmt: skip
    return found


def _posts(figures: Mapping[str, Any], ledger: str) -> float:
    """Give what key workers' posts cost a family, the mean over draws: what help costs but for its other lines."""
    saved, cost, price = (figures[name][ledger]["mean"] for name in ("saved", "cost", PRICE))
    return float(cost - saved + price)


def share_at(quantiles: Sequence[float], price: float) -> float:
    """Give the share of draws in which help at a price pays for itself, 0 to 1."""
    return float(np.interp(price, quantiles, np.linspace(1.0, 0.0, len(quantiles))))


def plot_price_chances(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw the share of draws in which help pays at each price, a line for each reading that was drawn and ledger.

    Raises
    ------
    ValueError
        If no inputs were drawn, or nothing is kept of how the price is spread.
    """
    shown = drawn_prices(ds)
    if not shown:
        raise ValueError("the inputs of this run were not drawn, or too few times: see families run --draws")
    ax = line_axes(len(shown), canvas) if ax is None else ax
    colours = dict(zip(dict.fromkeys(one[0] for one in shown), COLOURS, strict=False))
    styles = dict(zip(dict.fromkeys(one[1] for one in shown), STYLES, strict=True))
    for reading, ledger, prices, _ in shown:
        ax.plot(prices, np.linspace(1.0, 0.0, len(prices)), styles[ledger], color=colours[reading],
                linewidth=2.0, label=f"{reading}, {ledger} ledger")  # fmt: skip
    ax.axvline(shown[0][3], color=INK, linewidth=0.8, label=f"what posts cost, mean of draws: {pounds(shown[0][3])}")
    ax.set(ylim=(0, 1.03), yticks=(0, 0.25, 0.5, 0.75, 1))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: figure(x)))
    ax.xaxis.set_major_locator(MaxNLocator(4 if canvas.is_narrow else 8))
    ax.set_xlabel(canvas.fold(f"Price of key workers' posts, £ per family helped ({terms_of(ds).prices_aside})"))
    name_y(ax, "Share of draws in which help pays for itself at that price", canvas)
    key(ax, canvas, ncols=2)
    return ax


def chances_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_price_chances``: the highest price at which help pays in so many of the draws."""
    rows = tuple(
        (reading, ledger, *(pounds(float(np.quantile(prices, 1 - of))) for of in SHARES), pounds(posts),
         share(share_at(prices, posts), 0))
        for reading, ledger, prices, posts in drawn_prices(ds)
    )  # fmt: skip
    pays = (f"pays in {100 * of:g}% of draws up to" for of in SHARES)
    columns = ("reading", "ledger", *pays, "posts cost, £", "pays at that price, of draws")
    note = "What posts cost is the mean over draws. What chance adds to the spread is taken out."
    return Table(TITLE, columns, rows, note)


def chances_finding(ds: xr.Dataset) -> str:
    """Say in how many draws help pays at what posts cost, under each reading in the ledger that leads."""
    shown = [one for one in drawn_prices(ds) if one[1] == terms_of(ds).ledger]
    parts = [f"in {share(share_at(prices, posts), 0)} of draws ({reading})" for reading, _, prices, posts in shown]
    posts = f"what posts cost in the mean of draws ({pounds(shown[0][3])} a family helped)"
    return sentence(f"at {posts} help pays for itself {listed(parts)}")


FIGURE = Exhibit(
    name="price_chances", title=TITLE,
    caption="The share of draws of all inputs in which help at a price per family pays for itself, by reading of the "
    "evidence and ledger, with what chance adds taken out. Ledgers that lie on each other differ by little. In a draw "
    "posts may cost more or less than on average, so that the share at the line is not quite that of draws in which "
    "help pays.",
    applies=lambda ds: bool(drawn_prices(ds)), draw=plot_price_chances, table=chances_table,
    finding=chances_finding, section="sure", order=164,
)  # fmt: skip
