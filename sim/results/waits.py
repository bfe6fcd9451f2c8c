"""Waits from histograms of whole steps: quantiles pool exactly over areas and replications.

Every table and figure of waits takes them from here and only writes or draws them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, of_world
from sim.units import DAYS_PER_YEAR, MONTHS_PER_YEAR

NATION = "all areas"


@dataclass(frozen=True)
class Wait:
    """Waits for a service in a place: how many, a replication, and months waited by those admitted, all pooled.

    ``p10``, ``p50`` and ``p90`` are what that many in a hundred waited at most. Months are NaN where nobody was
    admitted, and where they cannot be told because some waited longer than the histogram tells apart: ``beyond`` is the
    share of those. How many joined, left and wait at the end is counted for all areas together, and None for one of
    them.
    """

    area: str
    joined: float | None
    admitted: float
    left: float | None
    waiting: float | None
    mean: float
    p10: float
    p50: float
    p90: float
    beyond: float = 0.0


def nation_wait(ds: xr.Dataset, world: WorldName, service: str) -> Wait:
    """Give the waits of all areas together: in whole steps, or in whole days from a solver that knows them."""
    queue = of_world(ds, world, "queue").sel(service=service).mean("replication")
    joined, left, waiting = (float(queue.sel(queue_count=name)) for name in ("joined", "left", "waiting"))
    by_day = "wait_days" in ds
    histogram = of_world(ds, world, "wait_days" if by_day else "waits").sel(service=service).values
    unit = MONTHS_PER_YEAR / DAYS_PER_YEAR if by_day else facts_of(ds).step_years * MONTHS_PER_YEAR
    return _wait(ds, NATION, histogram, unit, (joined, left, waiting))


def area_waits(ds: xr.Dataset, world: WorldName, service: str) -> Iterator[Wait]:
    """Give the waits of each area that a publication names."""
    histograms = of_world(ds, world, "area_waits").sel(service=service).transpose("area", "wait").values
    for area, histogram in zip(ds["area"].values, histograms, strict=True):
        yield _wait(ds, str(area), histogram, facts_of(ds).step_years * MONTHS_PER_YEAR, (None, None, None))


def _wait(
    ds: xr.Dataset, area: str, histogram: FloatArray, unit: float, counts: tuple[float | None, ...]
) -> Wait:  # fmt: skip
    """Describe a histogram; ``unit`` is how many months one bin is."""
    joined, left, waiting = counts
    admitted = float(histogram.sum()) / ds.sizes["replication"]
    first, half, ninth = (quantile(histogram, share) * unit for share in (0.1, 0.5, 0.9))
    beyond = float(histogram[-1] / histogram.sum()) if histogram[-1] > 0 else 0.0
    return Wait(area, joined, admitted, left, waiting, mean_wait(histogram) * unit, first, half, ninth, beyond)


def quantile(histogram: FloatArray, share: float) -> float:
    """Give the smallest wait, in steps, that at least ``share`` of those admitted did not exceed.

    ``histogram[w]`` is how many waited w whole steps; the last bin holds that or longer. NaN where nobody was admitted,
    or where the wait is in the last bin, which says how long at least and no more.
    """
    total = float(histogram.sum())
    if not total > 0:
        return float("nan")
    # A hair below, so that sums of fractions (from the expectation solver) do not step over a bin by rounding.
    found = int(np.searchsorted(np.cumsum(histogram), share * total * (1 - 1e-12)))
    return float(found) if found < histogram.size - 1 else float("nan")


def mean_wait(histogram: FloatArray) -> float:
    """Give the mean wait in steps of those admitted; NaN for none, or where anybody is in the last bin (see above)."""
    total = float(histogram.sum())
    known = total > 0 and not histogram[-1] > 0
    return float((np.arange(histogram.size) * histogram).sum() / total) if known else float("nan")
