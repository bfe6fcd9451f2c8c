"""Runs a config that lends from an invest-to-save fund or pools a budget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from sim.config.loading import load
from sim.economics.cash.flows import why_no_funds
from sim.errors import ModelError
from sim.runs.ensemble import simulate
from sim.stages import SILENT, StageListener


def funds(path: str | Path, sets: Sequence[str] = (), workers: int = 1, at: StageListener = SILENT) -> xr.Dataset:
    """Run a config for its funds.

    Parameters
    ----------
    path, sets
        As for ``load``.
    workers
        Processes; the result does not depend on it.
    at
        Told where the work stands.

    Raises
    ------
    ModelError
        When the config is wrong, has neither fund nor pool, or nothing in it could be lent or pooled.
    """
    scenario = load(path, sets)
    if scenario.appraisal.invest_to_save is None and scenario.appraisal.pooled_budget is None:
        raise ModelError("the config has neither 'appraisal.invest_to_save' nor 'appraisal.pooled_budget'")
    if scenario.solver == "simulate":
        at.stage("Replications", scenario.replications)
    else:
        at.stage("Working out expected values")
    ds = simulate(scenario, workers, at)
    if why := why_no_funds(ds):
        raise ModelError(f"there is nothing to lend or to pool: {why}")
    return ds
