"""How the figures of money and the tables behind them write amounts."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.value.terms import Terms
from sim.exhibits.numbers import MINUS, MISSING, figure, signed
from sim.exhibits.style import words
from sim.intervals import Estimate, many_over_replications, over_replications
from sim.results.worlds import WorldName
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

MILLION = 1e6
CASH_NOTE = "Cash of each year, not discounted; transfers and taxes counted; only savings that close capacity"
Span = tuple[FloatArray, FloatArray, FloatArray]


def pounds_axis(value: float, _: object = None) -> str:
    """Write millions on an axis."""
    return f"{MINUS if value < 0 else ''}{abs(value):,.0f}"


def interval(samples: FloatArray, *, sign: bool = False) -> str:
    """Write a mean over replications with its interval."""
    write = signed if sign else figure
    mean, low, high = many_over_replications(samples)
    if not np.isfinite(mean):
        return MISSING
    return write(float(mean)) + (f" ({write(float(low))} to {write(float(high))})" if np.isfinite(low) else "")


def estimate(samples: FloatArray, terms: Terms) -> str:
    """Write millions with their interval where replications are a sample."""
    made = over_replications(samples) if terms.sampled else Estimate(float(samples.mean()))
    if made.low is None or made.high is None:
        return millions(made.mean)
    return f"{millions(made.mean)} ({millions(made.low)} to {millions(made.high)})"


def millions(pounds: float) -> str:
    """Write millions to one place, two where small."""
    value = pounds / MILLION
    text = f"{abs(value):,.2f}" if abs(value) < 10 else f"{abs(value):,.1f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text


def span_of(span: Span, places: int, at: int | None = None) -> str:
    """Write a mean and its interval to so many places; ``at`` says which of several."""
    mean, low, high = (float(part if at is None else part[at]) for part in span)
    ends = f" ({to_places(low, places)} to {to_places(high, places)})" if np.isfinite(low) else ""
    return to_places(mean, places) + ends


def to_places(value: float, places: int) -> str:
    """Write to so many places, with a real minus sign."""
    text = f"{abs(value):,.{places}f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text


def yearly(
    title: str, ds: xr.Dataset, worlds: list[WorldName], at: FloatArray, found: list[FloatArray], places: int
) -> Table:
    """Write amounts (point, replication) of several worlds once a year and at the end."""
    spans = [many_over_replications(samples) for samples in found]
    step = max(1, round(1 / ds.attrs["step_years"]))
    points = sorted({*(i for i, month in enumerate(at) if round(month) % MONTHS_PER_YEAR == 0), len(at) - 1})
    points = points if len(points) <= len(at) / step + 2 else list(range(0, len(at), step))
    rows = tuple((f"{at[point]:.0f}", *(span_of(span, places, point) for span in spans)) for point in points)
    return Table(title, ("month", *(words(world.effect_set) or words(world.regime) for world in worlds)), rows)
