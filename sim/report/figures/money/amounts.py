"""How the figures of money and the tables behind them write amounts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import xarray as xr

from sim.arrays import FloatArray
from sim.economics.value.terms import Terms
from sim.exhibits import numbers
from sim.exhibits.numbers import MINUS, fixed
from sim.exhibits.titles import titles_of
from sim.intervals import Estimate, many_over_replications
from sim.results.facts import facts_of
from sim.results.worlds import WorldName
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

millions = partial(numbers.millions, finer_below=10.0)
"""Write millions to one place, two where small."""
CASH_NOTE = "Cash of each year, not discounted; transfers and taxes counted; only savings that close capacity"
Span = tuple[FloatArray, FloatArray, FloatArray]


def pounds_axis(value: float, _: object = None) -> str:
    """Write millions on an axis."""
    return f"{MINUS if value < 0 else ''}{abs(value):,.0f}"


def interval(samples: FloatArray, *, sign: bool = False) -> str:
    """Write a mean over replications with its interval."""
    return span_of(many_over_replications(samples), 0, sign=sign)


def estimate(samples: FloatArray, terms: Terms) -> str:
    """Write millions with their interval where replications are a sample."""
    return numbers.interval(terms.estimate(samples), millions)


def span_of(span: Span, places: int, at: int | None = None, *, sign: bool = False) -> str:
    """Write a mean and its interval to so many places; ``at`` says which of several."""
    ends = (float(part if at is None else part[at]) for part in span)
    return numbers.interval(Estimate(*ends), partial(fixed, places=places, sign=sign))


def yearly(
    title: str, ds: xr.Dataset, worlds: list[WorldName], at: FloatArray, found: list[FloatArray], places: int
) -> Table:
    """Write amounts (point, replication) of several worlds once a year and at the end."""
    spans = [many_over_replications(samples) for samples in found]
    step = max(1, round(1 / facts_of(ds).step_years))
    points = sorted({*(i for i, month in enumerate(at) if round(month) % MONTHS_PER_YEAR == 0), len(at) - 1})
    points = points if len(points) <= len(at) / step + 2 else list(range(0, len(at), step))
    rows = tuple((f"{at[point]:.0f}", *(span_of(span, places, point) for span in spans)) for point in points)
    return Table(title, ("month", *readings(ds, worlds)), rows)


def readings(ds: xr.Dataset, worlds: Sequence[WorldName]) -> list[str]:
    """Name worlds of one regime: by their reading of the evidence, by the regime where there is one reading alone."""
    titles = titles_of(ds)
    return [titles.reading(world.effect_set) or titles.regime(world.regime) for world in worlds]
