"""How large batches should be and how much disk a run needs, told before it begins."""

from __future__ import annotations

import shutil
from math import ceil
from pathlib import Path

from sim.engine.counts.record import QUEUE_COUNTS, TEAM_SERIES, Layout
from sim.errors import ResultError
from sim.model.spec import Scenario

SMALL_BATCH = 1e7
"""Rows x steps x worlds in a batch: of the order of a few seconds, which is what a kill costs at most."""
MOST_TOGETHER = 16
BYTES_IN_BATCH, BYTES_IN_RESULTS = 1.25, 2.7
"""Of a number in a compressed file: 0.98 and 2.1 measured on the model of England, and a quarter more for safety."""
BYTES_PER_FILE = 120_000
"""Of a file besides its numbers: what netCDF says of each array; more in older versions of HDF5."""
BYTES_OF_REPORT = 30e6
"""Of the report, the tables and the figures."""


def batch_size(scenario: Scenario, layout: Layout, missing: int, workers: int) -> int:
    """Choose how many replications are written as one file: few where one takes long, and enough for all workers."""
    work = max(sum(size for _, size in layout.rows) * layout.n_steps * len(scenario.worlds), 1)
    most = min(MOST_TOGETHER, ceil(missing / (4 * workers)), int(SMALL_BATCH / work))
    return max(most, 1)


def needed_bytes(layout: Layout, replications: int, missing: int, batch: int) -> float:
    """Estimate the disk that the rest of a run needs: the files of batches, then, beside them, the results."""
    worlds, steps, years = len(layout.worlds), layout.n_steps, len(layout.years)
    meters, services = len(layout.meters), len(layout.services)
    by_replication = worlds * (steps + 1 + years * len(layout.areas)) * meters
    by_replication += worlds * (len(layout.states) + len(layout.flows) + years * meters)
    averaged = worlds * (steps + 1) * (len(layout.states) + len(layout.flows) + services * len(TEAM_SERIES))
    averaged += worlds * services * ((1 + len(layout.areas)) * layout.wait_bins + len(QUEUE_COUNTS))
    files = missing * (by_replication + averaged) * BYTES_IN_BATCH + (ceil(missing / batch) + 3) * BYTES_PER_FILE
    results = (replications * by_replication + 5 * averaged) * BYTES_IN_RESULTS
    return files + results + BYTES_OF_REPORT


def check_disk(folder: Path, layout: Layout, replications: int, missing: int, batch: int) -> None:
    """Refuse a run for which the disk has too little room.

    Raises
    ------
    ResultError
        With what is needed and what there is.
    """
    needed, free = needed_bytes(layout, replications, missing, batch), shutil.disk_usage(folder).free
    if needed > free:
        raise ResultError(
            f"this run needs about {needed / 1e6:,.0f} MB of disk at {folder.resolve().parent}, which has "
            f"{free / 1e6:,.0f} MB left; make room, choose another --out, or take fewer replications"
        )
