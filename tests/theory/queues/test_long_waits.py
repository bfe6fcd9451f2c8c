"""Waits of any length are told apart: nothing is cut off at a fixed number of steps, in any solver.

One worker with one case takes everybody in turn, each for exactly one step (a mean of one step has no spread), so the
n-th of 300 who ask at once waits n - 1 steps: a mean of 149.5, a ninth decile of 269. And in any run the steps that
people were seen to wait at points are the steps that those let in waited and those still in line have waited: Little's
law as a sum, with no chance in it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.config.loading import load
from sim.engine.counts.layout import FEWEST_WAIT_BINS, MOST_WAITS, layout_of, wait_bins
from sim.engine.solvers.choice import solve
from sim.engine.solvers.families import replicate
from sim.model.spec import Scenario
from sim.results.dataset import to_dataset
from sim.results.waits import nation_wait, quantile
from sim.results.worlds import world_names
from sim.units import DAYS_PER_YEAR, MONTHS_PER_YEAR

IN_TURN = """
title: One after another
sources: optional
clock: {{step: day, steps: {steps}}}
units: {{case: {{size: {size}}}}}
services:
  desk:
    kind: discretionary
    refer: {{when: always, rate: now, again: 0}}
    engaged: 1 day
    team: {{workers: 1, caseload: 1}}
    priority: [wait desc]
"""
BUSY = """
title: M/M/1 at load 0.95, a mean wait of 19 days, steps of a tenth of a day
sources: optional
clock: {step: 0.1 day, steps: 8000}
units: {case: {size: 0, arrive: {poisson: 0.95 / day}}}
services:
  desk:
    kind: discretionary
    refer: {when: always, rate: now, again: 0}
    engaged: 1 day
    team: {workers: 1, caseload: 1}
    priority: [wait desc]
"""  # fmt: skip


def study(tmp_path: Path, text: str, *sets: str) -> Scenario:
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, list(sets))


def test_three_hundred_in_turn(tmp_path: Path) -> None:
    record = replicate(study(tmp_path, IN_TURN.format(steps=310, size=300)), 0)
    assert record.waits[0, 0, :300].tolist() == [1.0] * 300
    assert record.wait_sums[0, 0].tolist() == [300 * 149.5, 299.0]
    assert quantile(record.waits[0, 0], 0.9) == 269


def test_the_dataset_keeps_as_many_bins_as_anybody_waits(tmp_path: Path) -> None:
    scenario = study(tmp_path, IN_TURN.format(steps=310, size=300))
    ds = to_dataset(scenario, layout_of(scenario), [replicate(scenario, 0)])
    assert ds.sizes["wait"] == 301
    found = nation_wait(ds, world_names(ds)[0], "desk")
    assert found.mean * DAYS_PER_YEAR / MONTHS_PER_YEAR == pytest.approx(149.5)
    assert found.beyond == 0.0
    short = study(tmp_path, IN_TURN.format(steps=310, size=30))
    assert to_dataset(short, layout_of(short), [replicate(short, 0)]).sizes["wait"] == FEWEST_WAIT_BINS


def test_waits_are_the_time_that_people_are_seen_to_wait(tmp_path: Path) -> None:
    scenario = study(tmp_path, BUSY)
    record = replicate(scenario, 1)
    states = scenario.worlds[0].model.chains[0].states
    seen = record.stocks[0][:, states.index("waiting")].sum()
    told = float(record.waits[0, 0] @ np.arange(record.waits.shape[2]))
    still = record.queue[0, 0, 5] * scenario.worlds[0].model.clock.steps
    assert told == record.wait_sums[0, 0, 0]
    assert told <= seen <= told + still
    longest = int(np.flatnonzero(record.waits[0, 0]).max())
    assert longest > FEWEST_WAIT_BINS
    if not record.queue[0, 0, 5]:
        assert told == seen


def test_the_closure_tells_long_waits_apart(tmp_path: Path) -> None:
    """The fluid lets one in a step in turn, as the worker does; a memory of the cases keeps the exact solver away."""
    text = IN_TURN.format(steps=310, size=300) + "remember: {before: {when: desk == engaged, window: 2}}\n"
    record, solver = solve(study(tmp_path, text))
    assert solver.kind == "closure"
    assert record.waits[0, 0].sum() == pytest.approx(300, abs=1e-6)
    assert record.wait_sums[0, 0, 0] == pytest.approx(300 * 149.5, rel=1e-6)


def test_bins_are_bounded_by_the_run_and_by_memory(tmp_path: Path) -> None:
    model = study(tmp_path, IN_TURN.format(steps=310, size=3)).worlds[0].model
    assert wait_bins(model, 1) == 311
    assert wait_bins(model, MOST_WAITS // 200) == 200
    assert wait_bins(model, MOST_WAITS) == FEWEST_WAIT_BINS
    assert layout_of(study(tmp_path, IN_TURN.format(steps=20, size=3))).wait_bins == FEWEST_WAIT_BINS
