"""The six figures in words, each with what chance makes of it; and how far two positions differ.

Chance is over replications: a run of another seed would give other figures, by about so much. It says nothing of
doubt about the inputs. Positions share their random numbers, so that what they differ by has a chance of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import numpy as np

from sim.app.work.job import Figures
from sim.exhibits.numbers import MILLION, MINUS, digits, figure, millions, pounds, share, short
from sim.intervals import over_replications

BY = " by chance"
NOT_TOLD = "one replication: chance not told"
PER_CENT = 100.0


@dataclass(frozen=True)
class Shown:
    """One of the six: what it is, the figure, what chance makes of it, and what else is to be known about it."""

    what: str
    number: str
    chance: str
    more: str

    @property
    def told(self) -> str:
        """Chance and what else is to be known, in a line."""
        return "; ".join(part for part in (self.chance, self.more) if part)

    @property
    def line(self) -> str:
        """The figure with its chance behind it."""
        return f"{self.number} ({self.chance.removesuffix(BY)})" if self.chance.endswith(BY) else self.number


@dataclass(frozen=True)
class _Kind:
    """How one of the six is written where two are held against each other: its unit before and after, and its size."""

    name: str
    before: str = ""
    after: str = ""
    scale: float = 1.0

    def write(self, number: float) -> str:
        """Write a half of an interval, to two figures."""
        return f"{self.before}{digits(float(f'{number * self.scale:.2g}'), 2)}{self.after}"


SAVED, PRICE = _Kind("saved", "£"), _Kind("price", "£")
PER_1000 = _Kind("per_1000")
LEFT, CASH = _Kind("left", after=" points", scale=PER_CENT), _Kind("cash", after=" points", scale=PER_CENT)
YEARLY = _Kind("yearly", "£", "m", 1 / MILLION)
KINDS = (SAVED, PRICE, PER_1000, LEFT, CASH, YEARLY)


def six(held: Figures) -> tuple[Shown, ...]:
    """Give the six figures."""
    care = held.account["looked_after_per_1000"]
    month = held.payback_month
    at = "" if care is None else f", month {care['month']:.0f}"
    back = "does not pay back in the years counted" if month is None else f"pays back in month {month}"
    return (
        Shown("saved for each family helped", pounds(held.money("saved_per_family_helped")["mean"]),
              _chance(held, SAVED), ""),
        Shown("her posts break even at, a family", pounds(held.money("break_even_price")["mean"]),
              _chance(held, PRICE), ""),
        Shown(f"children in care per 1,000{at}",
              "–" if care is None else f"{care['without']:.1f} → {care['with']:.1f}",
              _chance(held, PER_1000, "the change "), "without → with, families helped"),
        Shown("give up waiting", f"{share(held.gave_up[0], 1)} → {share(held.gave_up[1], 1)}",
              _chance(held, LEFT, "the change "),
              f"of those who joined a queue, without → with{_in_both(held)}; on average "
              f"{figure(held.waiting[0])} → {figure(held.waiting[1])} wait"),
        Shown("of the saving is cash", share(held.cash, 0), _chance(held, CASH),
              f"{held.horizon_years:.3g} years, whole programme"),
        Shown("help costs a year, at full scale", f"£{millions(held.yearly, 0)}m", _chance(held, YEARLY), back),
    )  # fmt: skip


def _in_both(held: Figures) -> str:
    """Say how many give up in services that are there without help too, where help has a queue of its own."""
    without, with_help = held.gave_up_in_both
    if isnan(without) or isnan(with_help):
        return ""
    return f", in services that both have {share(without, 1)} → {share(with_help, 1)}"


def changes(held: Figures, pinned: Figures, *, is_alike: bool) -> tuple[tuple[str, str, str, str], ...]:
    """Hold the six figures against pinned ones: what it is, pinned, now, and by how much they differ.

    ``is_alike`` is whether both are of the same families, and so of the same random numbers.
    """
    same_pounds = held.price_year == pinned.price_year
    rows = []
    for kind, then, now in zip(KINDS, six(pinned), six(held), strict=True):
        is_told = is_alike and (same_pounds or not kind.before)
        rows.append((now.what, then.number, now.number, _difference(held, pinned, kind) if is_told else "–"))
    return tuple(rows)


def per_family(held: Figures, regime: str) -> str:
    """Say what the programme saves less what it costs for each family helped, held against a regime."""
    return short(over_replications(held.net_each[regime]).as_dict(), finest=0)


def _chance(held: Figures, kind: _Kind, of: str = "") -> str:
    """Say how far a figure is known, but for doubt about the inputs."""
    found = over_replications(held.each[kind.name])
    if not np.isfinite(found.mean):
        return ""
    return NOT_TOLD if found.high is None else f"{of}± {kind.write(found.high - found.mean)}{BY}"


def _difference(held: Figures, pinned: Figures, kind: _Kind) -> str:
    """Write what two positions differ by, replication by replication where both have as many."""
    now, then = held.each[kind.name], pinned.each[kind.name]
    if len(now) != len(then):
        return "…"
    if np.array_equal(now, then):
        return "nothing"
    found = over_replications(np.subtract(now, then) * kind.scale)
    if not np.isfinite(found.mean):
        return "–"
    text = short(found.as_dict(), sign=True, finest=0 if kind.before == "£" and not kind.after else 2)
    mark = text[0] if text[0] in f"+{MINUS}" else ""
    return f"{mark}{kind.before}{text.removeprefix(mark)}{kind.after}"
