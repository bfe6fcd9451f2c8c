"""Who arrives from outside enters at the end of a step: M/M/infinity, and simulate against expect.

An open population is a new closed one every step: with A arrivals a step on average, and a share S(j) of those who
began at one point still there j points later (the exact solver's answer for rows that are there from the start), the
mean number there at point p is A times S(0) + ... + S(p - 1), as the newcomers of the last step are all there. In the
long run that is L = lambda W with W the mean stay: of a stay that ends in each step with chance q = 1 - exp(-rate x
step), 1 / q steps, as for whoever moves to a state. Means over replications, each with draws of its own, are held to
four standard errors measured over them (a false alarm in some 10,000 numbers).
"""

from __future__ import annotations

from math import expm1, sqrt
from pathlib import Path

import numpy as np
import pytest

from sim.arrays import FloatArray
from sim.config.loading import load
from sim.engine.solvers.choice import solve
from sim.engine.solvers.families import replicate
from sim.model.spec import Scenario

CHAIN = """
title: Stays
sources: optional
clock: {{step: day, steps: {steps}}}
units: {{case: {{{cases}}}}}
chains:
  stay: {{states: [in, half, out], rates: {{in -> half: 40, half -> out: "if(k >= 3, 80, 20)"}}}}
"""
OPEN, CLOSED = "size: 0, arrive: {poisson: 5 / day}", "size: 1000"
K = 4.0


def study(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def standard_errors(runs: list[FloatArray], theory: FloatArray) -> FloatArray:
    """Give how many standard errors the means of runs are from what theory says, at each point."""
    mean, error = np.mean(runs, axis=0), np.std(runs, axis=0, ddof=1) / sqrt(len(runs))
    return np.abs(mean - theory) / error


def test_an_open_population_is_a_closed_one_begun_every_step(tmp_path: Path) -> None:
    steps = 40
    cohort, solver = solve(study(tmp_path, CHAIN.format(steps=steps, cases=CLOSED)))
    assert solver.kind == "exact"
    shares = cohort.stocks[0] / 1000  # (point, state)
    expected = 5 * np.concatenate([np.zeros((1, 3)), np.cumsum(shares[:-1], axis=0)])
    scenario = study(tmp_path, CHAIN.format(steps=steps, cases=OPEN))
    runs = [replicate(scenario, r).stocks[0] for r in range(200)]
    assert not any(run[0].any() for run in runs)
    for point in (1, 2, 5, 10, 20, 40):
        seen = expected[point] > 0
        assert (standard_errors([run[point, seen] for run in runs], expected[point, seen]) < K).all(), point


@pytest.mark.parametrize("rate", [40.0, pytest.param(200.0, marks=pytest.mark.slow)])
def test_the_mean_stay_and_littles_law(rate: float, tmp_path: Path) -> None:
    """At 40 a year a stay is 9.64 days, at 200 a year 2.37; exposed at once they would be seen a day less."""
    text = CHAIN.format(steps=1500, cases=f"{OPEN}, warm_up: 200").replace("in -> half: 40", f"in -> half: {rate}")
    scenario = study(tmp_path, text)
    stay = -1.0 / expm1(-rate / 365.25)
    runs = [replicate(scenario, r) for r in range(20)]
    there = [run.stocks[0][1:, 0].mean() for run in runs]
    gone = [run.flows[0][:, 0].mean() for run in runs]
    stays = np.array(there) / np.array(gone)
    assert abs(np.mean(stays) - stay) < K * np.std(stays, ddof=1) / sqrt(20)
    assert abs(np.mean(there) - 5 * stay) < K * np.std(there, ddof=1) / sqrt(20)


def test_newcomers_are_all_there_at_the_end_of_their_step(tmp_path: Path) -> None:
    """With a rate so high that all leave in a step, each is seen at one point, at which it arrived, and then moves."""
    text = CHAIN.format(steps=30, cases=OPEN).replace("in -> half: 40", "in -> half: 1000000")
    record = replicate(study(tmp_path, text), 3)
    arrived = np.diff(record.row_counts[0][:, 0])
    assert arrived.sum() > 100
    assert np.array_equal(record.stocks[0][1:, 0], arrived)
    assert np.array_equal(record.flows[0][1:, 0], arrived[:-1])


def test_time_in_state_begins_where_a_newcomer_enters(tmp_path: Path) -> None:
    """Nobody moves before the fourth step in its first state, and then all do: each is there at four points."""
    text = CHAIN.format(steps=30, cases=OPEN).replace("in -> half: 40", 'in -> half: "if(k >= 3, 1000000, 0)"')
    record = replicate(study(tmp_path, text), 3)
    arrived = np.diff(record.row_counts[0][:, 0])
    assert np.array_equal(record.stocks[0][4:, 0], np.convolve(arrived, np.ones(4), "valid"))


def test_replaced_rows_are_exposed_in_the_step_in_which_they_come(tmp_path: Path) -> None:
    """So that as many are exposed in a step as there are at a point: nobody is at risk twice, or not at all.

    Half of the rows are replaced each step. Were newcomers exposed only from the next step, a rate that moves everybody
    would move half of them.
    """
    text = (
        "title: replaced\nsources: optional\nclock: {step: day, steps: 20}\n"
        "units: {case: {size: 400, leaves: {rate: 253, replace: true}}}\n"
        "chains: {stay: {states: [in, out], start: {in: 1}, rates: {in -> out: 1000000}}}\n"
    )
    record = replicate(study(tmp_path, text), 0)
    assert record.row_counts[0][:, 0].tolist() == [400.0] * 21
    assert record.stocks[0][1:, 0].tolist() == [0.0] * 20
    left = record.flows[0][1:, 0]  # all who came in a step leave the first state in it
    assert abs(left.mean() / 400 - 0.5) < K * sqrt(0.25 / (400 * 19))
