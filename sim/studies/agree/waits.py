"""Whether waits of small teams agree between the team model and families followed case by case.

The mean field cannot judge them: it knows no chance arrivals, and so no wait where places are just enough on average.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy import stats

from sim.arrays import FloatArray
from sim.results.worlds import WorldName, of_world, world_names
from sim.studies.agree.answer import FALSE_ALARM, FEWEST, Agreement

SHARE_OFF, STEPS_OFF = 0.10, 0.25
"""Measured on one authority with monthly meetings (docs/queues.md): what moving step by step changes of a wait."""
LEFT_OFF = 0.05
"""The same of the share that gives up, in share points."""


def agree_on_waits(teams: xr.Dataset, families: xr.Dataset) -> list[Agreement]:
    """Compare mean waits and the share that gives up, service by service.

    Parameters
    ----------
    teams, families
        Of ``simulate`` on one config, with ``queues: teams`` and ``queues: per_family``, two replications at least.

    Returns
    -------
        Two comparisons for each service that many wait for. The mean wait is the time spent waiting over those who
        joined (Little 1961); it may differ by 10% and a quarter of a step, the share giving up by 5 points, beside
        what chance allows.

    Raises
    ------
    ValueError
        If either has fewer than two replications.
    """
    runs = [ds.sizes["replication"] for ds in (teams, families)]
    if min(runs) < 2:
        raise ValueError(f"{min(runs)} replication has no standard error; give at least two of each")
    pairs = list(_pairs(teams, families))
    critical = float(stats.t.isf(FALSE_ALARM / (2 * max(len(pairs), 1)), min(runs) - 1))
    return [_compared(*pair, critical) for pair in pairs]


def _pairs(teams: xr.Dataset, families: xr.Dataset) -> Iterator[tuple[str, str, FloatArray, FloatArray, float]]:
    """Give world, quantity, both samples and what is allowed in absolute terms."""
    for world in world_names(teams):
        for service in (str(name) for name in teams["service"].values):
            joined, left, waited = zip(*(_of(ds, world, service) for ds in (teams, families)), strict=True)
            if min(sample.sum() for sample in joined) < FEWEST:
                continue
            waits = [time / number for time, number in zip(waited, joined, strict=True)]
            allowed = SHARE_OFF * float(waits[1].mean()) + STEPS_OFF
            yield world.name, f"mean wait for {service}, steps", waits[0], waits[1], allowed
            shares = [gone / number for gone, number in zip(left, joined, strict=True)]
            yield world.name, f"share giving up on {service}", shares[0], shares[1], LEFT_OFF


def _of(ds: xr.Dataset, world: WorldName, service: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give those who joined, those who left and the steps waited, by replication."""
    counts = of_world(ds, world, "queue").sel(service=service)
    waiting = of_world(ds, world, "state_steps").sel(state=f"{service}=waiting")
    joined, left = (np.asarray(counts.sel(queue_count=name).values, dtype=np.float64) for name in ("joined", "left"))
    return np.maximum(joined, 1.0), left, np.asarray(waiting.values, dtype=np.float64)


def _compared(
    world: str, quantity: str, teams: FloatArray, families: FloatArray, allowed: float, critical: float
) -> Agreement:
    """Compare two means; what is allowed is turned into a share of the reference."""
    error = float(np.sqrt(sum(sample.var(ddof=1) / len(sample) for sample in (teams, families))))
    reference = float(families.mean())
    return Agreement(
        world, quantity, "whole run", float(teams.mean()), reference, error,
        allowed / reference if reference > 0 else 0.0, critical, 1,
    )  # fmt: skip
