"""Net present social value of worlds against each other: what the figures of evidence share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.economics.value.appraisal import compare
from sim.economics.value.increments import increments
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.drawing import margins_for, zero_line
from sim.exhibits.numbers import MILLION, MINUS
from sim.exhibits.sentences import scaled
from sim.exhibits.style import Canvas
from sim.intervals import Estimate
from sim.results.worlds import WorldName


@dataclass(frozen=True)
class WorldWorth:
    """Net present social value of a world against another, £m, and whether it spends more or the same."""

    world: WorldName
    against: str
    spend: str
    net: Estimate

    @property
    def pounds(self) -> Estimate:
        """The same in pounds."""
        return scaled(self.net, MILLION)


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
        ax.plot([net.low, net.high], [y, y], "|", color=colour, markersize=8)
    ax.plot(net.mean, y, marker, color=colour, markersize=6.5)


def worth_axis(ax: Axes, nets: Sequence[Estimate]) -> None:
    """Draw the axis of £m, 0 in it."""
    zero_line(ax, upright=True)
    margins_for(ax, *(np.array([x for x in net.cells if x is not None]) for net in nets))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: pounds(x)))
    ax.xaxis.set_major_locator(MaxNLocator(4))


def values_of(nets: Sequence[Estimate]) -> list[tuple[str, str]]:
    """Write each estimate, short and with its interval."""
    short = [f"£{pounds(net.mean)}m".replace(f"£{MINUS}", f"{MINUS}£") for net in nets]
    long = [f"{pounds(net.mean)} ({span(net)})".replace(" ()", "") for net in nets]
    return list(zip(short, long, strict=True))


def net_label(ds: xr.Dataset, canvas: Canvas) -> str:
    """Say what the axis of net value shows, and which way is better."""
    terms = terms_of(ds)
    beside = 0 if canvas.is_narrow else 34
    lines = (
        "← costs more than it saves | saves more →",
        f"Net present social value, £ million over {terms.horizon_years:.3g} years ({terms.ledger} ledger, "
        f"{terms.prices_aside}, discounted); evidence ends at month {terms.spec.evidence_months:g}",
    )
    return canvas.fold("\n".join(lines), beside)


def pounds(value: float) -> str:
    """Write £m, one place where it is small."""
    text = f"{abs(value):,.0f}" if abs(value) >= 10 or value == 0 else f"{abs(value):.1f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text


def span(net: Estimate) -> str:
    """Write the ends of an interval."""
    return "" if net.low is None or net.high is None else f"{pounds(net.low)} to {pounds(net.high)}"
