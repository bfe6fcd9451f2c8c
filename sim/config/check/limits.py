"""What a study's run does, counted before anything is allocated, and a refusal of the absurd."""

from __future__ import annotations

import os

from sim.config.check.cost import RunCost, RunWork, Way, cost_of, size_in_words
from sim.config.check.draft import MAX_WINDOW
from sim.config.check.problems import Findings
from sim.config.schema.config import Config
from sim.config.schema.services import ServicePart
from sim.units import time_in_words

CELLS = 1e5
"""Cells of an exact expectation or tables of a closure, in the order of this; ``families check`` counts them."""
SMALL = 2e8
"""Looks at rows of the first unit up to which those of one replication are followed; as in ``sim.runs.follow``."""
SERVICE_STATES, SERVICE_SERIES = 7, 5
MAX_DISK_MB = 50_000.0
MAX_SECONDS = 30 * 86_400.0
MEMORY_SHARE = 0.8


def work_of(config: Config) -> RunWork:
    """Count what a run of a study does.

    Parameters
    ----------
    config
        The study, checked by the schema alone.

    Returns
    -------
        The work; cells of expected values are a guess.
    """
    root = next(iter(config.units.values()))
    step = config.clock.step.years
    warm_up = root.warm_up.steps(step)
    arrivals = root.arrive.poisson.per_step(step) * (config.clock.steps + warm_up) if root.arrive is not None else 0.0
    rows = float(root.size) + arrivals
    everyone = rows * (1.0 + sum(_mean_children(config, part.number) for part in config.units.values() if part.number))
    sets, regimes = len(config.effect_set or ("",)), max(1, len(config.regimes))
    worlds = sets * regimes
    chains = max(1, len(config.chains) + len(config.services))
    moves = sum(len(part.rates or part.probabilities or ()) for part in config.chains.values())
    moves += sum(_moves_of(part) for part in config.services.values())
    states = sum(len(part.states) for part in config.chains.values()) + SERVICE_STATES * len(config.services)
    lines, seen = len(config.costs), len(config.costs) + len(config.values)
    looks = float(max(root.size, 1)) * config.clock.steps * chains * worlds
    sampled = config.solver != "expect"
    return RunWork(
        way=_way(config),
        rows=everyone,
        chains=chains,
        moves=moves,
        entries=moves + len(config.effects) + lines,
        worlds=worlds,
        points=float(config.clock.steps),
        history_steps=warm_up + sets * sum(config.clock.steps - start for start in _starts(config)),
        replications=config.replications if sampled else 1,
        counts=states + moves + seen + SERVICE_SERIES * len(config.services) + len(config.units),
        figures=3 + 3 * bool(config.services) + 4 * bool(lines) + 7 * (lines > 0 and regimes > 1),
        lines=lines,
        followed=sampled and (config.replications == 1 or looks <= SMALL),
        cases=arrivals * worlds,
        cells=0.0 if sampled else CELLS * worlds,
    )


def _way(config: Config) -> Way:
    """Say how a study is solved."""
    if config.solver == "expect":
        return "closure"
    return "per_family" if config.queues == "per_family" else "teams"


def _starts(config: Config) -> list[int]:
    """Give the step at which the history of each regime parts from the baseline's: 0 where it cannot be told."""
    steps, begun = config.clock.step.years, config.clock.start
    starts = []
    for part in config.regimes.values():
        at = part.start
        if isinstance(at, tuple):
            months = (at[0] - begun[0]) * 12 + at[1] - begun[1] if begun is not None else 0
            at = round(months / 12 / steps)
        starts.append(min(max(at or 0, 0), config.clock.steps))
    return starts or [0]


def _moves_of(part: ServicePart) -> int:
    """Count the moves on the way to help, through it and out of it."""
    if part.kind == "statutory":
        return 3
    steps = (part.identify, part.assess, part.offer, part.patience, part.refused_for, part.aftercare, part.dropout)
    return 3 + sum(step is not None for step in steps) + (part.engaged.stages - 1 if part.engaged is not None else 0)


def _mean_children(config: Config, trait: str) -> float:
    """Give the mean number of child rows a root row has."""
    part = config.traits.get(trait)
    return sum(value * share for value, share in (part.shares or {}).items()) if part else 0.0


def check_size(config: Config, findings: Findings) -> RunCost:
    """Refuse a study that no machine like this one can run, with what it would need."""
    needed = cost_of(work_of(config))
    memory = memory_mb()
    limits = []
    if needed.seconds > MAX_SECONDS:
        limits.append(f"time is limited to {time_in_words(MAX_SECONDS)}")
    if needed.memory_mb > MEMORY_SHARE * memory:
        limits.append(f"memory to {MEMORY_SHARE:.0%} of this machine's {size_in_words(memory)}")
    if needed.disk_mb > MAX_DISK_MB:
        limits.append(f"disk to {size_in_words(MAX_DISK_MB)}")
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
