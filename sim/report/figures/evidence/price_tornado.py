"""What the break-even price turns on: where each input that was drawn takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr
from matplotlib.axes import Axes

from sim.economics.value.terms import terms_of
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import digits, pounds
from sim.exhibits.style import COLOURS, FAINT, INK, new_axes, words
from sim.results.facts import facts_of
from sim.table import Table

ACCOUNTS = ("one_episode", "programme")
"""The account that is shown: the first of these that was drawn."""


def drawn_price(ds: xr.Dataset) -> tuple[str, str, Mapping[str, Any]] | None:
    """Give the first world whose inputs were drawn with its account and what is kept of it; None where none were."""
    for world, kept in facts_of(ds).doubt.items():
        for account in ACCOUNTS:
            found = kept.get("accounts", {}).get(account)
            if found and found["turns_on"].get(terms_of(ds).ledger):
                return world, account, found
    return None


def plot_price_tornado(ds: xr.Dataset, ax: Axes | None = None) -> Axes:
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
    bars, price = found["turns_on"][terms.ledger][::-1], found["figures"]["break_even"][terms.ledger]
    ax = new_axes(8.5, 1.6 + 0.32 * len(bars)) if ax is None else ax
    for y, one in enumerate(bars):
        ax.plot([one["at_low"], one["at_high"]], [y, y], color=FAINT, linewidth=5, solid_capstyle="butt")
        ax.plot(one["at_low"], y, marker="o", color=COLOURS[0], label=None if y else "input at its 2.5% point")
        ax.plot(one["at_high"], y, marker="s", color=COLOURS[1], label=None if y else "input at its 97.5% point")
    ax.axvline(price["mean"], color=INK, linewidth=0.8)
    ax.axvspan(price["low"], price["high"], color=FAINT, alpha=0.35, zorder=0, label="95% range, all inputs drawn")
    ax.set_yticks(range(len(bars)), [input_words(one["input"]) for one in bars])
    ax.set_xlabel(
        f"Break-even price, £ per family helped ({words(account)}; {terms.ledger} ledger,\n{terms.price_year} prices)"
    )
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8)
    return ax


def input_words(path: str) -> str:
    """Name an input as people read it: its path without section and key."""
    parts = path.split(".")
    return words(" ".join(part for part in parts[1:] if part not in ("value", "mean", "ratio"))) or path


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


FIGURE = Exhibit(
    name="price_tornado", title="What the break-even price turns on",
    caption="Mean break-even price of a key worker's posts per family helped with one input at either end of its 95% "
    "range, all others drawn. The band holds 95% of what the inputs make of it; the line is the mean over draws.",
    applies=lambda ds: drawn_price(ds) is not None, draw=plot_price_tornado, table=price_table, section="sure",
    order=165,
)  # fmt: skip
