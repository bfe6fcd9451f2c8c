"""Net present social value of worlds against each other: what the figures of evidence share."""

from __future__ import annotations

from dataclasses import dataclass

import xarray as xr
from matplotlib.axes import Axes

from sim.economics.value.appraisal import compare
from sim.economics.value.increments import increments
from sim.economics.value.terms import Terms
from sim.exhibits.numbers import MINUS
from sim.intervals import Estimate
from sim.results.worlds import WorldName

MILLION = 1e6


@dataclass(frozen=True)
class WorldWorth:
    """Net present social value of a world against another, £m, and whether it spends more or the same."""

    world: WorldName
    against: str
    spend: str
    net: Estimate


def worths(ds: xr.Dataset, terms: Terms, pairs: list[tuple[WorldName, WorldName]]) -> list[WorldWorth]:
    """Value each pair of worlds, the first against the second, in the headline ledger."""
    found = []
    for world, against in pairs:
        compared = compare(ds, increments(ds, world, against, terms), terms)
        net = compared.view(terms.ledger, "social").net.estimate(sampled=terms.sampled)
        low, high = (None if end is None else end / MILLION for end in (net.low, net.high))
        found.append(WorldWorth(world, against.regime, compared.spend, Estimate(net.mean / MILLION, low, high)))
    return found


def draw_estimate(ax: Axes, net: Estimate, y: float, colour: str, marker: str) -> None:
    """Draw one estimate with its interval."""
    if net.low is not None and net.high is not None:
        ax.plot([net.low, net.high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
        ax.plot([net.low, net.high], [y, y], "|", color=colour, markersize=7)
    ax.plot(net.mean, y, marker, color=colour, markersize=5.5)


def pounds(value: float) -> str:
    """Write £m, one place where it is small."""
    text = f"{abs(value):,.0f}" if abs(value) >= 10 or value == 0 else f"{abs(value):.1f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text


def span(net: Estimate) -> str:
    """Write the ends of an interval."""
    return "" if net.low is None or net.high is None else f"{pounds(net.low)} to {pounds(net.high)}"
