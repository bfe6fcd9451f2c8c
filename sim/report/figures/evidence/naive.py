"""What before and after would find where help does nothing, from the checks of a national run."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import signed
from sim.exhibits.style import COLOURS, INK, new_axes
from sim.results.folder.beside import CHECKS, CheckLine
from sim.table import Table

NAIVE = {
    "naive_onset": "at the onset of crisis",
    "naive_in_crisis": "of those in crisis",
    "naive_accumulated": "on accumulated crisis",
}


def naive_of(checks: Sequence[CheckLine]) -> dict[str, float]:
    """Give the naive fall in cost by referral rule, where the checks looked at it."""
    held = {check.key: check.number for check in checks}
    return {label: value for key, label in NAIVE.items() if (value := held.get(key)) is not None}


def plot_naive(checks: Sequence[CheckLine], ax: Axes | None = None) -> Axes:
    """Draw the fall in yearly cost that before-and-after finds under each referral rule, where help does nothing.

    The true effect is exactly 0. The checks give no intervals.

    Raises
    ------
    ValueError
        If the checks did not look at it.
    """
    falls = naive_of(checks)
    if not falls:
        raise ValueError("these checks hold no naive fall; families report DIR --checks makes them")
    ax = new_axes(6.4, 1.4 + 0.45 * len(falls)) if ax is None else ax
    for y, value in enumerate(falls.values()):
        ax.hlines(y, 0, value, color=COLOURS[1], linewidth=2.2)
        ax.plot(value, y, "o", color=COLOURS[1], markersize=6, label=None if y else "found by before and after")
        ax.plot(0, y, "D", color=COLOURS[0], markersize=6, label=None if y else "true effect: 0")
        ax.annotate(signed(value), (value, y), (0, 7), textcoords="offset points", ha="center", fontsize=8)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set(yticks=range(len(falls)), yticklabels=[f"referral {label}" for label in falls])
    ax.set_ylim(len(falls) - 0.5, -0.6)
    ax.margins(x=0.15)
    ax.set_xlabel("Fall in cost where help does nothing, £ a family and year:\nyear before entry less year after")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: signed(x)))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=8)
    return ax


def naive_table(checks: Sequence[CheckLine]) -> Table:
    """Make the table behind ``plot_naive``."""
    rows = tuple((label, signed(value), "0") for label, value in naive_of(checks).items())
    columns = ("referral", "fall found by before and after, £", "true effect, £")
    return Table("Naive against true effect, where help does nothing", columns, rows)


FIGURE = Exhibit[Sequence[CheckLine]](
    name="naive", title="What before and after would find",
    caption="Help does nothing here, so that the true effect is 0. Families are referred when things are bad, and get "
    "better or worse anyway: comparing before with after finds an effect that is not there.",
    applies=lambda checks: bool(naive_of(checks)), draw=plot_naive, table=naive_table, section="naive", order=210,
    source=CHECKS,
)  # fmt: skip
