"""The reference job with this program, through its public API and an ordinary config."""

from pathlib import Path

import numpy as np
import xarray as xr

import sim
from benchmarks.peers.job import STATES, cost_of

FOLDER = Path(__file__).parents[1]
CONFIG = FOLDER.parent / "reference_job.yaml"


def counted(n: int, steps: int, seed: int, *, replications: int = 1, regimes: int = 1) -> tuple[np.ndarray, float]:
    """Run the job; counts and cost are those of all replications of the last regime together."""
    dropped = [f"regimes.{name}=null" for name in ("second", "third")[regimes - 1 :]]
    sets = [f"units.person.size={n}", f"clock.steps={steps}", f"seed={seed + 1}", f"replications={replications}"]
    ds = sim.simulate(sim.load(CONFIG, sets + dropped))
    stocks = ds["occupancy"].isel(regime=-1, effect_set=0).to_numpy()[:, :STATES]
    counts = np.rint(stocks * replications).astype(np.int64)
    return counts, cost_of(counts)


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    return counted(n, steps, seed)


def last_replication(ds: xr.Dataset) -> xr.Dataset:
    """Give the only world and the last replication of a Dataset."""
    return ds.isel(regime=0, effect_set=0, replication=-1)
