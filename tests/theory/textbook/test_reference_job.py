"""The reference job is the benchmark's matrix: written as rates, it has the very chances of the textbook loop.

Theory: hazards h_j = -ln(1 - p) x share_j a step leave with 1 - exp(-sum) = p, each destination in proportion to its
hazard, so to j with p x share_j. And both programs draw from it: counts are multinomial with mean P^t.
"""

from __future__ import annotations

import runpy

import numpy as np
import pytest

import sim
from sim.engine.solvers.families import replicate
from sim.model.compiled.model import compile_model, first_moment
from sim.model.compiled.program import BETTER, WORSE
from tests.places import ROOT

BENCHMARKS = ROOT / "benchmarks"
LOOP = runpy.run_path(str(BENCHMARKS / "textbook.py"))


@pytest.fixture(scope="module")
def scenario():
    return sim.load(BENCHMARKS / "reference_job.yaml")


def test_rates_give_the_same_matrix(scenario):
    """To rounding: a logarithm and an exponential, each within a unit in the last place."""
    compiled = compile_model(scenario.worlds[0].model)
    program = compiled.programs["state"]
    tables = program.tables(first_moment(compiled))
    hazard = np.zeros((8, 8))
    for transition, side, state, slot in program.slots:
        assert side == (WORSE if program.transitions[transition][1] > state else BETTER)
        hazard[program.transitions[transition]] = tables.by_slot[0].reshape(-1, 2, 8)[slot, side, state]
    total = hazard.sum(axis=1, keepdims=True)
    moved = -np.expm1(-total) * np.divide(hazard, total, out=np.zeros_like(hazard), where=total > 0)
    expected = LOOP["matrix"]()
    np.fill_diagonal(moved, 1.0 - moved.sum(axis=1))
    assert np.allclose(moved, expected, rtol=0, atol=1e-15)


def test_the_loop_is_a_stochastic_matrix_with_one_end():
    matrix = LOOP["matrix"]()
    assert np.allclose(matrix.sum(axis=1), 1.0, rtol=0, atol=1e-15)
    assert [matrix[s, s] for s in range(8)] == [*LOOP["STAY"], 1.0]


def test_engine_and_loop_agree_with_the_powers_of_the_matrix(scenario):
    """After 120 months each count is binomial: |z| < 4.9 for 16 counts alarms once in 60,000 seeds; seeds are fixed."""
    p = np.linalg.matrix_power(LOOP["matrix"](), 120)[0]
    n = 120_000
    error = np.sqrt(n * p * (1 - p))
    engine = replicate(scenario, 0).stocks[0, -1]
    small, _ = LOOP["textbook"](n=20_000)
    assert (np.abs(engine - n * p) < 4.9 * error).all()
    assert (np.abs(small[-1] - 20_000 * p) < 4.9 * np.sqrt(20_000 * p * (1 - p))).all()
