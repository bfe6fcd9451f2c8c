"""Check 18: nothing drifts by itself: the baseline, secular trends off, after ten years against its start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.model.spec import LookupTable, Model, Scenario
from sim.runs.ensemble import simulate
from sim.runs.replications import pared

MONTHS = 120
ALLOWED = 0.02
"""Change of a share over the months, of itself, that is let pass whatever its error."""
ERRORS = 3.0
"""Standard errors of it that are."""


def drift(scenario: Scenario, replications: int = 1, workers: int = 1) -> tuple[float, str]:
    """Run the baseline with secular trends off and give the largest drift of any share, and where it is.

    Every state of every chain that is no service is looked at; a service's are left out, since how many it has ever
    helped grows as long as it runs.

    Parameters
    ----------
    scenario
        Of any length; ten years are run.
    replications, workers
        Of this run.

    Returns
    -------
        The change of a share from the start to month 120 over what is allowed, two hundredths of it or three standard
        errors (rows and points taken as independent), at its largest; and which state that is, with both shares.
    """
    first = scenario.worlds[0].effect_set
    short = pared(scenario, (scenario.baseline,), (first,), scenario.worlds[0].model.clock.steps)
    worlds = tuple(replace(w, model=without_trends(w.model)) for w in short.worlds)
    ds = simulate(replace(short, worlds=worlds, replications=replications), workers)
    counts = ds["occupancy"].isel(regime=0, effect_set=0)
    counts = counts.mean("replication") if "replication" in counts.dims else counts
    services = {chain.name for chain in worlds[0].model.chains if chain.service is not None}
    worst, remark = 0.0, "no share changes"
    for chain in dict.fromkeys(str(name) for name in ds["chain"].values):
        if chain in services:
            continue
        mine = np.flatnonzero(ds["chain"].values == chain)
        rows = counts.isel(state=mine).values[[0, MONTHS]]  # (point, state)
        shares = rows / rows.sum(axis=1, keepdims=True)
        n = rows.sum(axis=1, keepdims=True) * replications
        error = np.sqrt((shares * (1 - shares) / n).sum(axis=0))
        allowed = np.maximum(ALLOWED * shares[0], ERRORS * error)
        over = np.divide(np.abs(shares[1] - shares[0]), allowed, out=np.zeros(len(mine)), where=allowed > 0)
        at = int(over.argmax())
        if over[at] > worst:
            name, (before, after) = str(ds["state"].values[mine[at]]), shares[:, at]
            worst, remark = float(over[at]), f"{name}: {before:.2%} at first, {after:.2%} at month {MONTHS}"
    return worst, remark


def without_trends(model: Model) -> Model:
    """Give a model whose tables over calendar years hold what they say at the start, for ten years."""
    start = model.clock.start
    year = start[0] + (start[1] - 1) / 12 if start is not None else 0.0
    tables = {name: _flat(table, year) if table.by == "year" else table for name, table in model.tables.items()}
    return replace(model, tables=tables, clock=replace(model.clock, steps=MONTHS))


def _flat(table: LookupTable, x: float) -> LookupTable:
    """Hold a table at what it says of one value."""
    if table.kind == "linear":
        y = float(np.interp(x, table.x, table.y))
    else:
        y = table.y[max(int(np.searchsorted(table.x, x + 1e-9, side="right")) - 1, 0)]
    return replace(table, kind="bands", x=(table.x[0],), y=(y,))
