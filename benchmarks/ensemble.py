"""What a hundred paired national replications cost on two processes, in pairs' worth of processor time.

``python -m benchmarks.ensemble [--few 2] [--more 6] [--steps 120]``. Two ensembles of different sizes give what is
fixed and what each replication adds; a hundred are worked out from both. Perfect sharing on two cores would be 50
pairs long.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import sim
from benchmarks import jobs
from sim.model.spec import Scenario

HUNDRED = 100


def ensemble(scenario: Scenario, replications: int, workers: int) -> float:
    """Give the CPU seconds of an ensemble: of this process, and of replications wherever they ran.

    Starting worker processes, about a second each, is left out.
    """
    started = time.process_time()
    ds = sim.simulate(replace(scenario, replications=replications), workers=workers)
    return time.process_time() - started + float(ds.attrs["engine_seconds"])


def hundred(
    few: int, few_cost: float, more: int, more_cost: float, pair: float, workers: int
) -> tuple[float, float, float]:
    """Give fixed cost, cost of each replication and how long 100 last on so many idle cores, all in pairs.

    Raises
    ------
    ValueError
        When the two ensembles are of one size.
    """
    if more <= few:
        raise ValueError(f"ensembles of {few} and {more} replications; the second must be larger")
    each = (more_cost - few_cost) / (more - few)
    fixed = few_cost - few * each
    return fixed / pair, each / pair, (fixed + HUNDRED * each) / workers / pair


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=2)
    parser.add_argument("--more", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2, help="2 at least: replications must run elsewhere")
    parser.add_argument("--steps", type=int, default=120, help="months of the pair")
    given = parser.parse_args()
    if given.workers < 2 or given.few < 2:
        parser.error("two workers and two replications at least, so that replications run in processes of their own")
    scenario = jobs.shorter(jobs.national(), given.steps)
    costs, pairs = [], []
    for number in (given.few, given.more):
        pairs.append(jobs.run(scenario))
        costs.append(ensemble(scenario, number, given.workers))
    pairs.append(jobs.run(scenario))
    pair = sum(pairs) / len(pairs)
    fixed, each, long = hundred(given.few, costs[0], given.more, costs[1], pair, given.workers)
    print(f"fixed {fixed:.2f} pairs, each replication {each:.3f} pairs")
    print(f"100 on {given.workers} cores: {long:.1f} pairs long")


if __name__ == "__main__":
    main()
