"""What a run costs: its work is counted, and each kind of work takes so long.

Coefficients were measured on studies of every kind and are CPU seconds on a machine
that does ``probe`` in ``PROBE_SECONDS``; another machine's are in proportion.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log10
from typing import Literal

import numpy as np

from sim.units import time_in_words

Way = Literal["teams", "per_family", "exact", "closure"]
"""How it is solved: step by step; case by case; by cells; by tables."""

PROBE_SECONDS = 1.5e-3
PROBE_STEPS, PROBE_WORDS = 6_000, 60_000

SECONDS_TO_START = 2.4
"""Python and its libraries."""
SECONDS_PER_ENTRY = 1.2e-3
"""An entry of the config (move, effect or cost line) read, checked and translated for one world."""
SECONDS_PER_COMPILED = 6e-4
"""An entry compiled for one world, again in each replication."""
SECONDS_PER_STEP = 2e-4
SECONDS_PER_MOVE_AND_STEP = 3e-5
"""Python's own time for one step of one history, and for each kind of move in it."""
SECONDS_PER_ROW = 1.8e-9
"""A row of a chain in a step: by kernels a fifth less, in NumPy alone a third more."""
ROWS_IN_CACHE, BEYOND_CACHE = 4e5, 0.8
"""Rows up to which a move takes so long, and by how much it takes longer for each factor of ten beyond: to 3e7."""
SECONDS_PER_FOLLOWED = 8e-9
"""A row of a chain looked at after a step, for the spread between rows, and Python's own time a step."""
SECONDS_PER_LIVED = 1.2e-6
"""A row of a chain lived by the day through a step."""
SECONDS_PER_CASE = 8e-5
"""A case that comes from outside, in one chain, from coming to leaving."""
SECONDS_PER_CELL = 3.5e-7
"""A cell moved in a step."""
SECONDS_PER_FIGURE, SECONDS_PER_FIGURE_AND_POINT = 0.45, 1.2e-5
SECONDS_TO_WRITE = 0.5
SECONDS_PER_LINE = 0.018
"""A cost line of a world in appraisal, tables, page and workbook."""

BYTES_FIXED = 320e6
"""Python, its libraries, those that compile among them, and the drawing of figures."""
BYTES_PER_LINE, BYTES_PER_POINT = 4e5, 4.5e3
BYTES_PER_ROW, BYTES_PER_ROW_AND_CHAIN = 100.0, 2.0
BYTES_PER_NUMBER = 8.0
AT_ONCE = 16
"""Replications that are put together at a time."""
BYTES_PER_RUN = 8e4
"""What appraisal and report hold of each replication and world: measured on 1,000 replications of the nation."""
BYTES_PER_CELL = 60.0
DISK_FIXED, DISK_PER_FIGURE, DISK_PER_FIGURE_AND_POINT = 0.2e6, 0.25e6, 160.0
DISK_PER_NUMBER = 1.5
"""A count of a step in one replication and world in the finished folder; most is kept as means, and all is packed."""


@dataclass(frozen=True)
class RunWork:
    """What a run does, counted.

    ``rows`` are those of every unit, ``moves`` kinds of move of all chains, ``history_steps`` the steps of all
    histories of a replication (worlds share one until they part), ``counts`` the numbers that a step leaves behind,
    ``cells`` those of all worlds together.
    """

    way: Way
    rows: float
    chains: int
    moves: int
    entries: int
    worlds: int
    points: float
    history_steps: float
    replications: int
    counts: float
    figures: int
    lines: int = 0
    followed: bool = False
    cases: float = 0.0
    cells: float = 0.0


@dataclass(frozen=True)
class RunCost:
    """What a run would cost on one core; ``parts`` are the seconds of its stages."""

    seconds: float
    memory_mb: float
    disk_mb: float
    parts: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"about {time_in_words(self.seconds)} on one core, {size_in_words(self.memory_mb)} of memory and "
            f"{size_in_words(self.disk_mb)} of disk"
        )


def cost_of(work: RunWork, pace: float = 1.0) -> RunCost:
    """Say what a run would cost.

    Parameters
    ----------
    work
        What it does.
    pace
        How many times as long as the machine of the coefficients this one takes; see ``pace_here``.

    Returns
    -------
        CPU seconds from the command's start to its end in one process, peak memory in MB, disk in MB.

    Notes
    -----
    Replications on several processes share the engine's part; what comes before and after it is done by one.
    """
    lines = work.lines * work.worlds
    parts = {
        "start": SECONDS_TO_START + work.entries * work.worlds * SECONDS_PER_ENTRY,
        "engine": _engine_seconds(work),
        "figures": work.figures * (SECONDS_PER_FIGURE + work.points * SECONDS_PER_FIGURE_AND_POINT),
        "tables": SECONDS_TO_WRITE + lines * SECONDS_PER_LINE,
    }
    parts = {name: seconds * pace for name, seconds in parts.items()}
    sampled = work.way not in ("exact", "closure")
    kept = work.replications * work.worlds * work.points * work.counts
    held = min(work.replications, AT_ONCE) * work.worlds * work.points * work.counts
    memory = BYTES_FIXED + lines * BYTES_PER_LINE + work.points * BYTES_PER_POINT + held * BYTES_PER_NUMBER
    memory += work.replications * work.worlds * BYTES_PER_RUN + work.cells * BYTES_PER_CELL
    if sampled:
        memory += work.worlds * work.rows * (BYTES_PER_ROW + work.chains * BYTES_PER_ROW_AND_CHAIN)
    disk = DISK_FIXED + work.figures * (DISK_PER_FIGURE + work.points * DISK_PER_FIGURE_AND_POINT)
    disk += kept * DISK_PER_NUMBER
    return RunCost(sum(parts.values()), memory / 1e6, disk / 1e6, parts)


def _engine_seconds(work: RunWork) -> float:
    """Give the seconds of the engine."""
    compiled = work.entries * work.worlds * SECONDS_PER_COMPILED
    stepped = work.history_steps * (SECONDS_PER_STEP + work.moves * SECONDS_PER_MOVE_AND_STEP)
    row_steps = work.rows * work.chains * work.history_steps
    if work.way in ("exact", "closure"):
        return compiled + stepped + work.cells / work.worlds * work.history_steps * SECONDS_PER_CELL
    if work.way == "per_family":
        lived = work.cases * work.chains * SECONDS_PER_CASE if work.cases else row_steps * SECONDS_PER_LIVED
        return work.replications * (compiled + stepped + lived)
    a_row = SECONDS_PER_ROW * (1.0 + BEYOND_CACHE * log10(max(work.rows / ROWS_IN_CACHE, 1.0)))
    looked_at = (row_steps * SECONDS_PER_FOLLOWED + stepped) if work.followed else 0.0
    return work.replications * (compiled + stepped + row_steps * a_row) + looked_at


def pace_here(tries: int = 5) -> float:
    """Say how many times as long as the machine of the coefficients this one takes for the same work; takes 10 ms."""
    return min(_probe() for _ in range(tries)) / PROBE_SECONDS


def _probe() -> float:
    """Give the CPU seconds of a little work of the engine's kinds: Python's own, and arrays of random words."""
    begun = time.process_time()
    seen: dict[int, int] = {}
    for i in range(PROBE_STEPS):
        seen[i % 97] = seen.get(i % 97, 0) + i
    words = np.arange(PROBE_WORDS, dtype=np.uint64)
    for _ in range(6):
        words = (words * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)) ^ (words >> np.uint64(33))
    np.flatnonzero(words & np.uint64(1))
    return time.process_time() - begun


def size_in_words(megabytes: float) -> str:
    """Say a size in MB, GB or TB."""
    for limit, size, name in ((1e3, 1.0, "MB"), (1e6, 1e3, "GB"), (1e12, 1e6, "TB")):
        if megabytes < limit:
            amount = megabytes / size
            return f"{amount:.1f} {name}" if amount < 10 else f"{amount:,.0f} {name}"
    return "more than a million TB"
