"""What is remembered of long windows: as many histories as the future can tell apart, and the right share in the end.

Theory: each step a row is ill with 0.4 whatever it was before, and moves for good in the first step in which it has
been ill in k of the last 12. The share moved by each point follows exactly from the 2^12 windows, stepped one by one
here; the closure gives it to rounding (1e-9), simulated shares of 20,000 rows are binomial (exact tail at 1e-9). Up to
k of n there are (n + 1 choose k) histories that differ in some future.
"""

from __future__ import annotations

from math import comb
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.engine.solvers.choice import solver_of
from sim.engine.solvers.closure.axes import make_histories
from sim.engine.solvers.closure.run import closure_record
from sim.engine.solvers.families import layout, replicate

WINDOW, STEPS, N, P = 12, 24, 20_000, 0.4
CONFIG = """
title: a long memory
sources: optional
clock: {step: month, steps: 24}
units: {person: {size: 20000}}
chains:
  health: {states: [well, ill], probabilities: {well -> ill: 0.4, ill -> well: 0.6}}
  work: {states: [in, out], probabilities: {in -> out: (months_ill >= MANY)}}
remember: {months_ill: {when: health == ill, window: 12}}
"""


def shares(many: int) -> np.ndarray:
    """Step all windows: the share that has moved by each point."""
    windows = np.arange(1 << WINDOW)
    reached = np.array([bin(w).count("1") >= many for w in windows])
    weight, moved = np.zeros(1 << WINDOW), [0.0]
    weight[0] = 1.0
    for _ in range(STEPS):
        moved.append(moved[-1] + weight[reached].sum())  # what was remembered at the end of the step before
        weight[reached] = 0.0
        following = np.zeros_like(weight)
        for bit, p in ((0, 1 - P), (1, P)):
            np.add.at(following, (windows << 1 | bit) & ((1 << WINDOW) - 1), weight * p)
        weight = following
    return np.array(moved)


@pytest.mark.parametrize("many", [3, 6, 9, 12])
def test_shares_are_those_of_all_windows(many: int, tmp_path: Path) -> None:
    file = tmp_path / "memory.yaml"
    file.write_text(CONFIG.replace("MANY", str(many)), encoding="utf-8")
    scenario = sim.load(file)
    assert solver_of(scenario).kind == "closure"
    at, wanted = list(layout(scenario).states).index(("person", "work", "out")), shares(many)
    assert closure_record(scenario).stocks[0][:, at] / N == pytest.approx(wanted, abs=1e-9)
    for count, p in zip(replicate(scenario, 0).stocks[0][:, at], wanted, strict=True):
        assert 2 * min(stats.binom.cdf(count, N, p), stats.binom.sf(count - 1, N, p)) > 1e-9


@pytest.mark.parametrize(("many", "window"), [(12, 12), (7, 12), (6, 12), (5, 5), (1, 64)])
def test_only_histories_that_may_differ_are_kept(many: int, window: int) -> None:
    tight = make_histories("m", window, [many], comb(window + 1, many))
    assert tight is not None
    assert len(tight.count) <= comb(window + 1, many)
    assert make_histories("m", window, [many], min(comb(window + 1, many), 6) - 1) is None


def test_several_bounds_are_told_apart_by_the_histories() -> None:
    """However it goes on, a history is at or above each bound just when the whole window is."""
    bounds, window = [2, 4], 5
    kept = make_histories("m", window, bounds, 25)
    assert kept is not None
    rng = np.random.default_rng(1)
    at, bits = 0, [0] * window
    for bit in rng.integers(0, 2, 2_000):
        at, bits = int(kept.following[bit][at]), [*bits[1:], int(bit)]
        assert [kept.count[at] >= b for b in bounds] == [sum(bits) >= b for b in bounds]
