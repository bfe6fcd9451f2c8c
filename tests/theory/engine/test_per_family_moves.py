"""Families and children in continuous time against the exact solver, whose steps are made ever shorter.

Theory: between steps of no length the exact solver and one process a family are the same Markov process. `expect` errs
in proportion to its step, so twice its answer at a step minus its answer at two steps is right to second order (here to
1e-4 of all rows; the last test measures it). Families are independent: a stock of a family chain is binomial, one of
children at most twice as variable (two in a family). z-tests at 1e-6, 36 in all.
Negative controls: a hazard 20% off, a fire left out, a month's shift.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.engine.counts.layout import layout_of
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.exact.expect import expect_record

FAMILIES, SIBLINGS = 10000, 2
YEARS, POINTS = 2, 4
FALSE_ALARM = 1e-6
MODEL = """
title: Families in continuous time
sources: optional
seed: 11
clock: {step: 0.5 year, steps: 4, first: 0}
units: {family: {size: 10000}, child: {of: family, number: children}}
traits: {children: {1: 0.5, 2: 0.5}, frailty: {gamma: {variance: 0.5}, classes: 2}}
parameters: {onset: 0.9}
chains:
  need:
    states: [absent, present]
    start: {present: 0.3}
    rates: {absent -> present: onset * frailty, present -> absent: 1.5}
  crisis:
    states: [stable, crisis, acute]
    start: {crisis: 0.2}
    rates: {stable -> crisis: 0.8, crisis -> stable: 2.0, crisis -> acute: 0.9, acute -> crisis: 1.5}
    fires: {"any -> acute": ["care: home -> in_need with 0.5", "need: present"]}
  care:
    of: child
    states: [home, in_need]
    rates: {home -> in_need: 0.4, in_need -> home: 1.2}
effects:
  - {name: need hurts, on: crisis.worsen, when: need == present, times: 2}
  - {name: a child in need, on: crisis.worsen, when: any(care == in_need), times: 1.5}
  - {name: crisis reaches children, on: care.worsen, when: crisis >= crisis, times: 3}
queues: teams
regimes: {only: {}}
"""


def written(folder: Path) -> Path:
    path = folder / "families.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return path


def expected(path: Path, steps_a_year: int) -> np.ndarray:
    """Give exact stocks at the four points for a step, (point, state)."""
    sets = [f"clock.step={1 / steps_a_year!r} year", f"clock.steps={YEARS * steps_a_year}"]
    stocks = expect_record(sim.load(path, sets)).stocks[0]
    return stocks[:: YEARS * steps_a_year // POINTS]


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    path = written(tmp_path_factory.mktemp("exact"))
    return 2 * expected(path, 128) - expected(path, 64)


def tails(path: Path, exact: np.ndarray, *sets: str) -> np.ndarray:
    """Give the tail of every stock after the start, (point, state)."""
    scenario = sim.load(path, ["queues=per_family", *sets])
    units = [unit for unit, _, _ in layout_of(scenario).states]
    found = replicate_families(scenario, 0).stocks[0]
    chains = np.array([chain for _, chain, _ in layout_of(scenario).states])
    rows = np.array([found[0, chains == chain].sum() for chain in chains])
    share = exact[1:] / rows
    clustered = np.where([unit == "child" for unit in units], SIBLINGS, 1)
    return 2 * stats.norm.sf(np.abs(found[1:] - exact[1:]) / np.sqrt(rows * share * (1 - share) * clustered))


def test_families_live_as_theory_says(exact: np.ndarray, tmp_path: Path):
    """Every state of need, crisis and care after half a year, one, one and a half and two."""
    assert tails(written(tmp_path), exact).min() > FALSE_ALARM


@pytest.mark.parametrize(
    "fault",
    [["parameters.onset=1.08"], ["chains.crisis.fires=null"], ["clock.step=0.5833333333333333 year"]],
    ids=["a hazard 20% off", "nothing fires", "a month's shift"],
)
def test_the_same_tests_catch_a_fault(exact: np.ndarray, tmp_path: Path, fault: list[str]):
    assert tails(written(tmp_path), exact, *fault).min() < FALSE_ALARM


def test_the_exact_solver_is_near_steps_of_no_length(exact: np.ndarray, tmp_path: Path):
    """The extrapolation changes by less than 1e-4 of the families when its steps are twice as long."""
    path = written(tmp_path)
    coarser = 2 * expected(path, 64) - expected(path, 32)
    assert np.abs(coarser - exact).max() < 1e-4 * FAMILIES
