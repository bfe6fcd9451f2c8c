"""The panel of checks, and the picture of naive against true effects that is drawn from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.evaluation.checks.sanity import Check as Checked
from sim.exhibits.numbers import MISSING, figure, signed
from sim.exhibits.style import COLOURS, INK, new_axes
from sim.table import Table

Verdict = Literal["within", "outside", "not evaluated"]
VERDICTS: Mapping[str, Verdict] = {"pass": "within", "fail": "outside"}
ORDER = {"outside": 0, "within": 1, "not evaluated": 2}
NAIVE = {
    "naive_onset": "at the onset of crisis",
    "naive_in_crisis": "of those in crisis",
    "naive_accumulated": "on accumulated crisis",
}


@dataclass(frozen=True)
class Check:
    """One line of the panel of checks: what was found, what is allowed, and what to make of it."""

    name: str
    value: str
    allowed: str
    verdict: Verdict
    note: str = ""
    key: str = ""
    number: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Write as plain figures for JSON."""
        return asdict(self)


def panel(found: Sequence[Checked]) -> list[Check]:
    """Write the checks of a national study as lines of the panel."""
    return [
        Check(
            f"{one.number}. {one.title}", MISSING if one.value is None else f"{_number(one.value)} {one.unit}",
            _span(one.low, one.high), VERDICTS.get(one.status, "not evaluated"), one.why, one.key, one.value,
        )
        for one in found
    ]  # fmt: skip


def in_order(checks: Sequence[Check]) -> list[Check]:
    """Put those outside their range first."""
    return sorted(checks, key=lambda check: ORDER[check.verdict])


def _span(low: float | None, high: float | None) -> str:
    """Write a range."""
    if low is None or high is None:
        return f"from {_number(low)}" if low is not None else f"to {_number(high or 0.0)}"
    return f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    """Write a number with as many digits as it deserves."""
    return figure(value) if value == 0 or abs(value) >= 1000 else f"{value:.3g}".replace("-", "−")


def naive_of(checks: Sequence[Check]) -> dict[str, float]:
    """Give the naive fall in cost by referral rule, where the checks looked at it."""
    held = {check.key: check.number for check in checks}
    return {label: value for key, label in NAIVE.items() if (value := held.get(key)) is not None}


def plot_naive(checks: Sequence[Check], ax: Axes | None = None) -> Axes:
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


def naive_table(checks: Sequence[Check]) -> Table:
    """Make the table behind ``plot_naive``."""
    rows = tuple((label, signed(value), "0") for label, value in naive_of(checks).items())
    columns = ("referral", "fall found by before and after, £", "true effect, £")
    return Table("Naive against true effect, where help does nothing", columns, rows)
