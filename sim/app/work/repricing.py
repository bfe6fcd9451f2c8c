"""A run priced again where some cost lines cost more or less by a factor: its counts are what they were.

Leaves out prices that move by more than a factor, terms of the appraisal and effects, which take the config again.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from sim.arrays import FloatArray

POUNDS = ("price", "cost", "area_cost", "class_value", "cohort_value", "cohort_saved")
"""Variables of a Dataset that are pounds of a line, or pounds for one of what it counts."""
SQUARES = ("area_cost_var", "cohort_saved_var")
"""Variances of such."""


def repriced(ds: xr.Dataset, factors: Mapping[str, float]) -> xr.Dataset:
    """Price a run again.

    Parameters
    ----------
    ds
        What was run.
    factors
        What the price of a cost line is multiplied by; lines that are not named keep theirs, and a line that the run
        has not changes nothing.
    """
    if not factors:
        return ds
    each = np.array([factors.get(str(name), 1.0) for name in ds["line"].values])
    moved = {name: _times(ds.variables[name], each) for name in POUNDS if name in ds}
    moved |= {name: _times(ds.variables[name], each**2) for name in SQUARES if name in ds}
    return ds.assign(moved)


def _times(held: xr.Variable, each: FloatArray) -> xr.Variable:
    """Multiply a variable by a factor of each line."""
    along = each.reshape([-1 if dim == "line" else 1 for dim in held.dims])
    return held.copy(data=held.values * along)
