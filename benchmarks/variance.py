"""What makes the difference between two regimes less noisy: variances with and without each device, and what it costs.

``python -m benchmarks.variance [--replications N]``. A twentieth of the nation in eight authorities over five years,
posts in proportion, siloed and integrated under what was measured. Each row is the variance of (integrated - siloed)
without the device over that with it, for as many replications: above 1 it pays if it costs less than that.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import xarray as xr

import sim
from benchmarks import jobs
from sim.arrays import FloatArray, IntArray, WordArray
from sim.engine.fate.draws import mix
from sim.engine.moves.step import Pass
from sim.engine.solvers import families as engine
from sim.model.compiled.program import BETTER, WORSE
from sim.model.spec import Scenario
from sim.results.dataset import to_dataset

LOOKED_AFTER = "months_looked_after"
QUANTITIES = ("cost to the public purse (narrow)", "months looked after")


def small_nation(times: float = 0.05, areas: int = 8, steps: int = 60) -> Scenario:
    """Give the national pair made small, posts and all."""
    return jobs.merged(jobs.larger(jobs.shorter(jobs.national(), steps), times), areas)


def without_queues(scenario: Scenario) -> Scenario:
    """Give the scenario with a place for everybody."""
    worlds = tuple(replace(world, model=replace(world.model, queues="open")) for world in scenario.worlds)
    return replace(scenario, worlds=worlds)


@contextmanager
def turned_over() -> Iterator[None]:
    """Give every row 1 - u where it had u."""

    def complement(words: WordArray) -> WordArray:
        mix(words)
        return np.invert(words, out=words)

    with patch("sim.engine.fate.uniforms.mix", complement):
        yield


@contextmanager
def one_ended() -> Iterator[None]:
    """Move rows to better states by the uniforms just above those that move to worse ones, not by the largest."""
    decide: Callable[[Pass, list[IntArray], FloatArray], tuple[IntArray, IntArray]] = Pass.decide

    def from_below(self: Pass, codes: list[IntArray], u: FloatArray) -> tuple[IntArray, IntArray]:
        size, reach = self.program.groups[0].size, self.tables.reach
        if reach is not None:
            worse, better = reach[-1].take(codes[0] + size), reach[-1].take(codes[0])
        else:
            sides = self._reach_of(codes)
            worse, better = sides[WORSE][-1], sides[BETTER][-1]
        middle = np.where(u < worse, u, 0.5 * (worse + 1.0 - better))
        return decide(self, codes, np.where((u >= worse) & (u < worse + better), 1.0 - (u - worse), middle))

    with patch.object(Pass, "decide", from_below):
        yield


def quantities(ds: xr.Dataset) -> FloatArray:
    """Give each regime's quantities, (regime, replication, quantity)."""
    narrow = (ds["cost"] * ds["in_ledger"].sel(ledger="narrow")).sum(["line", "year"])
    months = ds["outcomes"].sel(outcome=LOOKED_AFTER)
    both = xr.concat([narrow, months], dim="quantity").squeeze("effect_set")
    return np.asarray(both.transpose("regime", "replication", "quantity").to_numpy(), dtype=np.float64)


def simulated(
    scenario: Scenario, replications: int, how: Callable[[], object], scheme: str
) -> tuple[FloatArray, float]:
    """Run replications; give quantities and CPU seconds a replication."""
    started = time.process_time()
    with how():  # type: ignore[attr-defined]
        records = [engine.replicate(scenario, number, scheme) for number in range(replications)]
    seconds = (time.process_time() - started) / replications
    return quantities(to_dataset(scenario, engine.layout(scenario), iter(records))), seconds


def gap(values: FloatArray) -> FloatArray:
    """Give integrated - siloed, (replication, quantity)."""
    return np.asarray(values[1] - values[0])


def factor(without: FloatArray, with_: FloatArray) -> str:
    """Write two variances as a ratio."""
    return " | ".join(f"{value:.2f}" for value in without / with_)


def needed(mean: FloatArray, variance: FloatArray, share: float = 0.01) -> FloatArray:
    """Give the replications whose 95% interval is +- a share of the mean, by the normal law."""
    return np.asarray(np.ceil(variance * (1.96 / (share * mean)) ** 2))


def controlled(target: FloatArray, control: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the variance left by the best control variate, and its coefficient, (quantity,) each."""
    centred, other = target - target.mean(axis=0), control - control.mean(axis=0)
    slope = (centred * other).sum(axis=0) / (other**2).sum(axis=0)
    left = ((centred - slope * other) ** 2).sum(axis=0) / (len(target) - 2)
    return left, slope


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=60)
    replications = parser.parse_args().replications
    if replications < 4:
        parser.error(f"--replications is {replications}; variances need 4 at least")
    scenario = small_nation()
    open_ = without_queues(scenario)
    plain, cost = simulated(scenario, replications, nullcontext, "bytes")
    mirrored, _ = simulated(scenario, replications, turned_over, "bytes")
    ended, _ = simulated(scenario, replications, one_ended, "plain")
    free, free_cost = simulated(open_, replications, nullcontext, "bytes")
    together = gap(plain).var(axis=0, ddof=1)
    apart = plain.var(axis=1, ddof=1).sum(axis=0)
    pair = 2 * ((gap(plain) + gap(mirrored)) / 2).var(axis=0, ddof=1)
    left, slope = controlled(gap(plain), gap(free))
    expected = gap(quantities(sim.expect(open_)))[0]
    error = gap(free).std(axis=0, ddof=1) / np.sqrt(replications)
    print("| device | " + " | ".join(QUANTITIES) + " | cost |\n|---|--:|--:|--:|")
    print(f"| common random numbers (against independent ones) | {factor(apart, together)} | 1 |")
    print(f"| moves from two ends (against one) | {factor(gap(ended).var(axis=0, ddof=1), together)} | 1 |")
    print(f"| antithetic pairs (against as many independent replications) | {factor(together, pair)} | 1 |")
    print(f"| control variate: the same run without queues | {factor(together, left)} | {1 + free_cost / cost:.1f} |")
    print("ratio of two variances: relative standard error", f"{2 / np.sqrt(replications):.0%} if unrelated")
    print(
        "mean gap",
        gap(plain).mean(axis=0),
        "one-ended",
        gap(ended).mean(axis=0),
        "mirrored",
        gap(mirrored).mean(axis=0),
    )
    print("replications for 1%:", needed(gap(plain).mean(axis=0), together), "independent:",
          needed(gap(plain).mean(axis=0), apart))  # fmt: skip
    print("control: coefficient", slope, "mean", gap(free).mean(axis=0), "s.e.", error, "closure", expected)


if __name__ == "__main__":
    main()
