"""How work grows: the exponent b of cost = a x size^b, for families, months, chains, areas and replications.

1 means in proportion; below 1, part of the cost does not depend on the size. Costs are CPU seconds of runs that take
turns.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from ruamel.yaml import YAML

import sim
from benchmarks import jobs
from sim.model.spec import Scenario

FAMILIES = (60_000, 120_000, 240_000, 480_000)
MONTHS = (60, 120, 240)
CHAINS = (1, 2, 4, 8)
AREAS, ALL_AREAS = (38, 76), 152
REPLICATIONS = (2, 4, 8)


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Fit the exponent of a power law by least squares of logarithms.

    Raises
    ------
    ValueError
        With fewer than two different sizes, or what has no logarithm.
    """
    x, y = np.asarray(sizes, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    if x.shape != y.shape or len(np.unique(x)) < 2:
        raise ValueError(f"{len(x)} sizes and {len(y)} costs; a growth needs as many of both, of two sizes at least")
    if not (np.all(x > 0) and np.all(y > 0)):
        raise ValueError("sizes and costs must be above 0")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def with_chains(number: int) -> Scenario:
    """Give the reference job with so many chains, all alike and each for itself."""
    with jobs.REFERENCE.open(encoding="utf-8") as file:
        chain = json.dumps(YAML(typ="safe").load(file)["chains"]["state"])
    sets = [f"chains.copy{i}={chain}" for i in range(1, number)]
    return sim.load(jobs.REFERENCE, [*sets, "regimes.second=null", "regimes.third=null"])


def replicated(number: int) -> float:
    """Give the CPU seconds of so many replications of the reference job through the public API."""
    scenario = sim.load(jobs.REFERENCE, [f"replications={number}", "regimes.second=null", "regimes.third=null"])
    started = time.process_time()
    sim.simulate(scenario)
    return time.process_time() - started


def works(steps: int) -> dict[str, dict[int, Callable[[], float]]]:
    """Give what is run, by what grows and its size; the nation is run for ``steps``."""
    small = jobs.shorter(jobs.national(), steps)

    def running(scenario: Scenario) -> Callable[[], float]:
        return lambda: jobs.run(scenario)

    return {
        "families": {n: running(jobs.reference(1, n)) for n in FAMILIES},
        "months": {n: running(jobs.reference(1, steps=n)) for n in MONTHS},
        "chains": {n: running(with_chains(n)) for n in CHAINS},
        "areas": {n: running(jobs.merged(small, n)) for n in AREAS} | {ALL_AREAS: running(small)},
        "replications": {n: lambda n=n: replicated(n) for n in REPLICATIONS},  # type: ignore[misc]
    }


def growth(rounds: int, steps: int) -> Mapping[str, float]:
    """Measure every exponent from the least of some runs of each size."""
    found = {}
    for name, by_size in works(steps).items():
        least = dict.fromkeys(by_size, float("inf"))
        for _ in range(rounds):
            for size, work in by_size.items():
                least[size] = min(least[size], work())
        found[name] = exponent(list(least), list(least.values()))
    return found
