"""What the break-even price turns on: where each input that was drawn takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.economics.value.terms import terms_of
from sim.exhibits.conditions import input_words
from sim.exhibits.drawing import key, name_rows, places, row_axes
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import digits, figure, pounds
from sim.exhibits.sentences import sentence
from sim.exhibits.style import COLOURS, FAINT, INK, WIDE, Canvas, words
from sim.exhibits.titles import titles_of
from sim.model.compiled.accounts import ONE_EPISODE, PROGRAMME
from sim.results.facts import facts_of
from sim.table import Table

PRICE = "break_even"
ACCOUNTS = (ONE_EPISODE, PROGRAMME)
"""The account that is shown: the first of these that was drawn."""


def drawn_price(ds: xr.Dataset) -> tuple[str, str, Mapping[str, Any]] | None:
    """Give the first world whose inputs were drawn with its account and what is kept of it; None where none were."""
    for world, kept in facts_of(ds).doubt.items():
        for account in ACCOUNTS:
            found = kept.get("accounts", {}).get(account)
            if found and found["turns_on"].get(terms_of(ds).ledger):
                return world, account, found
    return None


def plot_price_tornado(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw where each drawn input takes the break-even price, at its 2.5% and 97.5% points, the widest on top.

    Raises
    ------
    ValueError
        If no inputs were drawn, or too few times to tell one from another.
    """
    shown = drawn_price(ds)
    if shown is None:
        raise ValueError("the inputs of this run were not drawn, or too few times: see families run --draws")
    _, account, found = shown
    terms = terms_of(ds)
    bars, price = found["turns_on"][terms.ledger], found["figures"][PRICE][terms.ledger]
    ax = row_axes(len(bars), canvas, each=0.32, key=3 if canvas.is_narrow else 1) if ax is None else ax
    at = places(len(bars), canvas, each=0.32)
    low, high = ([one[end] for one in bars] for end in ("at_low", "at_high"))
    ax.hlines(at, low, high, color=FAINT, linewidth=5)
    ax.plot(low, at, "o", color=COLOURS[0], label="input at its 2.5% point")
    ax.plot(high, at, "s", color=COLOURS[1], label="input at its 97.5% point")
    ax.axvline(price["mean"], color=INK, linewidth=0.8)
    ax.axvspan(price["low"], price["high"], color=FAINT, alpha=0.35, zorder=0, label="95% range, all inputs drawn")
    name_rows(ax, [input_words(one["input"]) for one in bars], canvas, each=0.32)
    label = (
        f"Break-even price, £ per family helped ({words(account)}; {terms.ledger} ledger, {terms.prices_aside}); "
        "right: help may cost more"
    )
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: figure(x)))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    key(ax, canvas)
    return ax


def price_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_price_tornado``."""
    shown = drawn_price(ds)
    found = shown[2]["turns_on"][terms_of(ds).ledger] if shown else []
    rows = tuple(
        (input_words(one["input"]), *(digits(one[end]) for end in ("low", "high")),
         *(pounds(one[end]) for end in ("at_low", "at_high")))
        for one in found
    )  # fmt: skip
    columns = ("input", "2.5% point", "97.5% point", "price at the low one, £", "price at the high one, £")
    note = "Mean break-even price with one input at either end and all others drawn (spline through the draws)."
    return Table("What the break-even price turns on", columns, rows, note)


def price_finding(ds: xr.Dataset) -> str:
    """Say what the price is with its range, and which input moves it most."""
    shown = drawn_price(ds)
    assert shown is not None
    world, _, found = shown
    ledger = terms_of(ds).ledger
    price, widest = found["figures"][PRICE][ledger], found["turns_on"][ledger][0]
    ends = sorted((widest["at_low"], widest["at_high"]))
    price_range = f"{pounds(price['low'])} to {pounds(price['high'])} with all inputs drawn"
    return sentence(
        f"help by {titles_of(ds).world(world)} breaks even at {pounds(price['mean'])} a family helped, {price_range}; "
        f"it turns most on {input_words(widest['input'])}, which takes it from {pounds(ends[0])} to {pounds(ends[1])}"
    )


FIGURE = Exhibit(
    name="price_tornado", title="What the break-even price turns on",
    caption="Mean break-even price of a key worker's posts per family helped with one input at either end of its 95% "
    "range, all others drawn. The band holds 95% of what the inputs make of it; the line is the mean over draws.",
    applies=lambda ds: drawn_price(ds) is not None, draw=plot_price_tornado, table=price_table,
    finding=price_finding, section="sure", order=165,
)  # fmt: skip
