"""How large a study is, told before anything is allocated: time, memory and disk, and a refusal of the absurd.

The constants are rough on purpose, within a factor of three on one core of an ordinary machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import log10

from sim.config.check.draft import MAX_WINDOW
from sim.config.check.problems import Findings
from sim.config.schema.config import Config
from sim.units import time_in_words

SECONDS_PER_MOVE = 2e-9
"""One core's time for one row of one chain in one step of one world; of the order of the national model's."""
ROWS_IN_CACHE, BEYOND_CACHE = 4e5, 1.5
"""Rows of the national model, and by how much a move takes longer for each factor of ten beyond: measured to 3e7."""
FOLLOWED = 2.0
"""How much longer a single replication takes, in which every row is followed for the spread between rows."""
SECONDS_PER_WORLD = 0.3
SECONDS_PER_TASK = 2e-5
"""Python's own time for one chain of one world in one step."""
CELLS = 1e5
"""Cells of an exact expectation, at most in the order of this."""
BYTES_PER_ROW = 80
BYTES_PER_STATE = 8
BYTES_FIXED = 150e6
AT_ONCE = 16
BYTES_PER_RUN = 8e4
"""What appraisal and report hold of each replication and world: measured on 1,000 replications of the nation."""
BYTES_ON_DISK = 10.0
"""A step of a chain or cost line in one replication and world, shards and results together: measured likewise."""
DISK_FIXED = 10e6
MAX_DISK_MB = 50_000.0
MAX_SECONDS = 30 * 86_400.0
MEMORY_SHARE = 0.8


@dataclass(frozen=True)
class RunCost:
    """What a run would cost on one core."""

    seconds: float
    memory_mb: float
    disk_mb: float

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"about {time_in_words(self.seconds)} on one core, {_size(self.memory_mb)} of memory and "
            f"{_size(self.disk_mb)} of disk"
        )


def estimate(config: Config) -> RunCost:
    """Estimate what a run of a study would cost on one core.

    Parameters
    ----------
    config
        The study, checked by the schema alone.

    Returns
    -------
        Time for all replications and worlds, peak memory, and disk.

    Notes
    -----
    Time = replications x worlds x steps x (rows x chains x a constant + chains x a constant), where a row costs more
    beyond the cache and in a single replication. Memory = worlds x rows x chains x bytes, and so much a replication.
    Disk = replications x worlds x steps x (chains + cost lines) x bytes.
    """
    root = next(iter(config.units.values()))
    rows = float(root.size)
    step = config.clock.step.years
    warm_up = root.warm_up.steps(step)
    if root.arrive is not None:
        rows += root.arrive.poisson.per_step(step) * (config.clock.steps + warm_up)
    children = sum(_mean_children(config, part.number) for part in config.units.values() if part.number)
    rows *= 1.0 + children
    steps = config.clock.steps + warm_up
    chains = max(1, len(config.chains) + len(config.services))
    states = sum(len(part.states) for part in config.chains.values()) + 10 * len(config.services)
    worlds = max(1, len(config.regimes)) * len(config.effect_set or ("",))
    runs = float(config.replications) * worlds
    if config.solver == "expect":  # cells, not rows, and once
        rows, runs = min(rows, CELLS), float(worlds)
    a_move = SECONDS_PER_MOVE * (1.0 + BEYOND_CACHE * log10(max(rows / ROWS_IN_CACHE, 1.0)))
    a_move *= FOLLOWED if config.replications == 1 and config.solver != "expect" else 1.0
    seconds = runs * (steps * (rows * chains * a_move + chains * SECONDS_PER_TASK) + SECONDS_PER_WORLD)
    held = min(runs, AT_ONCE * worlds)  # replications are put together so many at a time
    memory = BYTES_FIXED + worlds * rows * (BYTES_PER_ROW + 2 * chains) + held * steps * states * BYTES_PER_STATE
    memory += runs * BYTES_PER_RUN
    disk = DISK_FIXED + runs * steps * (chains + len(config.costs)) * BYTES_ON_DISK
    return RunCost(seconds, memory / 1e6, disk / 1e6)


def _mean_children(config: Config, trait: str) -> float:
    """Give the mean number of child rows a root row has."""
    part = config.traits.get(trait)
    return sum(value * share for value, share in (part.shares or {}).items()) if part else 0.0


def check_size(config: Config, findings: Findings) -> RunCost:
    """Refuse a study that no machine like this one can run, with what it would need."""
    needed = estimate(config)
    memory = memory_mb()
    limits = []
    if needed.seconds > MAX_SECONDS:
        limits.append(f"time is limited to {time_in_words(MAX_SECONDS)}")
    if needed.memory_mb > MEMORY_SHARE * memory:
        limits.append(f"memory to {MEMORY_SHARE:.0%} of this machine's {_size(memory)}")
    if needed.disk_mb > MAX_DISK_MB:
        limits.append(f"disk to {_size(MAX_DISK_MB)}")
    if limits:
        path = _largest(config)
        findings.add(path, f"this study needs {needed}; {', '.join(limits)}. Make it smaller")
    for name, part in config.remember.items():
        if part.window.steps(config.clock.step.years) > MAX_WINDOW:
            findings.add(("remember", name, "window"), f"must be at most {MAX_WINDOW:,} steps")
    return needed


def _largest(config: Config) -> tuple[str, ...]:
    """Name the key that most makes a study large."""
    name, root = next(iter(config.units.items()))
    sizes: dict[tuple[str, ...], float] = {
        ("units", name, "size"): root.size / 1e5,
        ("clock", "steps"): config.clock.steps / 1e3,
        ("replications",): config.replications / 1e2,
    }
    if root.arrive is not None:
        sizes["units", name, "arrive", "poisson"] = root.arrive.poisson.amount / 1e3
    return max(sizes, key=lambda path: sizes[path])


def memory_mb() -> float:
    """Give the memory of this machine in MB; 8,000 where it cannot be told."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6
    except (AttributeError, ValueError, OSError):
        return 8_000.0


def _size(megabytes: float) -> str:
    """Say a size in MB, GB or TB."""
    for limit, size, name in ((1e3, 1.0, "MB"), (1e6, 1e3, "GB")):
        if megabytes < limit:
            return f"{megabytes / size:.3g} {name}"
    return f"{megabytes / 1e6:.3g} TB"
