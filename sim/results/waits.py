"""Waits from sums and histograms, which pool exactly over areas and replications.

A mean is the sum of waits over their number. Quantiles come from a histogram: of whole steps, which is all that a model
with meetings knows, or of time in bins 2% wide, from a solver that lives in continuous time.

Every table and figure of waits takes them from here and only writes or draws them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.engine.counts.record import WAIT_EDGES, wait_sums
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, of_world
from sim.units import DAYS_PER_YEAR, MONTHS_PER_YEAR

NATION = "all areas"
KINDS = ("waits", "wait_sums", "wait_times", "wait_days")
"""What may be kept of waits: times from solvers that live in continuous time; folders of before times have no sums, and
whole days where there are times now."""


@dataclass(frozen=True)
class Wait:
    """Waits for a service in a place: how many, a replication, and months waited by those admitted, all pooled.

    ``waited_share`` is the share of those admitted who had to wait at all: longer than to the next meeting where places
    are given out at meetings. ``p10``, ``p50`` and ``p90`` are what that many in a hundred waited at most. All of these
    are NaN where nobody was admitted; a quantile also where it cannot be told because some waited longer than the
    histogram tells apart, and the mean then where no solver added waits up: ``beyond`` is the share of those. How many
    joined, left and wait at the end is counted for all areas together, and None for one of them.
    """

    area: str
    joined: float | None
    admitted: float
    left: float | None
    waiting: float | None
    waited_share: float
    mean: float
    p10: float
    p50: float
    p90: float
    beyond: float = 0.0


def joined_in_both(ds: xr.Dataset, one: WorldName, other: WorldName) -> list[str]:
    """List the services whose queues are joined in two worlds, where a queue of one of them is in one world alone.

    Returns
    -------
        None of them where both worlds have the same queues.
    """
    mine, its = (of_world(ds, w, "queue").sel(queue_count="joined").sum("replication").values > 0 for w in (one, other))
    return [] if np.array_equal(mine, its) else [str(name) for name in ds["service"].values[mine & its]]


def left_of_joined(ds: xr.Dataset, world: WorldName, services: Sequence[str]) -> float:
    """Give the share of those who joined the queues of some services who gave up; NaN where nobody joined one."""
    queue = of_world(ds, world, "queue").sel(service=list(services)).sum(["replication", "service"])
    joined = float(queue.sel(queue_count="joined"))
    return float(queue.sel(queue_count="left")) / joined if joined else math.nan


def nation_wait(ds: xr.Dataset, world: WorldName, service: str) -> Wait:
    """Give the waits of all areas together."""
    queue = of_world(ds, world, "queue").sel(service=service).mean("replication")
    joined, left, waiting = (float(queue.sel(queue_count=name)) for name in ("joined", "left", "waiting"))
    kept = {name: of_world(ds, world, name).sel(service=service).values for name in KINDS if name in ds}
    return _wait(ds, NATION, kept, (joined, left, waiting))


def area_waits(ds: xr.Dataset, world: WorldName, service: str) -> Iterator[Wait]:
    """Give the waits of each area that a publication names."""
    kinds = [name for name in KINDS if f"area_{name}" in ds]
    kept = {name: of_world(ds, world, f"area_{name}").sel(service=service) for name in kinds}
    for area in ds["area"].values:
        here = {name: array.sel(area=area).values for name, array in kept.items()}
        yield _wait(ds, str(area), here, (None, None, None))


def _wait(ds: xr.Dataset, area: str, kept: Mapping[str, FloatArray], counts: tuple[float | None, ...]) -> Wait:
    """Describe what was kept of a place, by its name in KINDS."""
    joined, left, waiting = counts
    whole, month = kept["waits"], facts_of(ds).step_years * MONTHS_PER_YEAR
    if "wait_days" in kept:
        whole, month = kept["wait_days"], MONTHS_PER_YEAR / DAYS_PER_YEAR
    number = float(whole.sum())
    sums = kept.get("wait_sums", wait_sums(whole))
    total, delayed = sums / number if number > 0 else (math.nan, math.nan)
    read, histogram = (quantile_of_times, kept["wait_times"]) if "wait_times" in kept else (quantile, whole)
    first, half, ninth = (read(histogram, share) * month for share in (0.1, 0.5, 0.9))
    beyond = float(histogram[-1] / number) if histogram[-1] > 0 else 0.0
    return Wait(
        area, joined, number / ds.sizes["replication"], left, waiting, float(delayed), float(total) * month,
        first, half, ninth, beyond,
    )  # fmt: skip


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


def quantile_of_times(histogram: FloatArray, share: float) -> float:
    """Give the wait, in steps, that a share of those admitted did not exceed; NaN for none.

    ``histogram`` has the bins of ``WAIT_EDGES``; within one, waits are taken to be even, which is off by 2% at most,
    and by a thousandth of a step among the shortest.
    """
    total, reached = float(histogram.sum()), np.cumsum(histogram)
    if not total > 0:
        return math.nan
    wanted = share * total
    at = int(np.searchsorted(reached, wanted * (1 - 1e-12)))
    if at == 0:
        return 0.0
    low, high = WAIT_EDGES[at - 1], WAIT_EDGES[at]
    return float(low + (high - low) * (wanted - reached[at - 1]) / histogram[at])
