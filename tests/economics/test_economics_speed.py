"""What is promised of speed, in processor seconds: limits are 5 to 500 times what was measured."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.economics.report import full_appraisal
from sim.economics.voi import evppi_table
from sim.engine.solvers import families as engine
from sim.results.dataset import to_dataset


def test_evppi_of_twenty_parameters_over_a_thousand_draws_takes_ten_seconds_at_most():
    rng = np.random.Generator(np.random.PCG64(1))
    inputs = rng.standard_normal((1000, 20))
    benefit = np.stack([np.zeros(1000), inputs[:, :5].sum(axis=1), inputs[:, 3:9].sum(axis=1)], axis=1)
    begun = time.process_time()
    found = evppi_table(benefit, {f"p{i}": column for i, column in enumerate(inputs.T)})
    assert time.process_time() - begun < 10.0
    assert len(found) == 20
    assert found["p3"].value > found["p19"].value


@pytest.mark.slow
def test_a_finished_national_ensemble_of_a_hundred_is_appraised_in_two_seconds():
    """One replication of few families, its counts a hundred times with 1% of noise: arrays as large as real ones."""
    one = sim.load("national", ["effect_set=[measured]", "replications=1", "units.family.size=2000"])
    record = engine.replicate(one, 0)
    rng = np.random.Generator(np.random.PCG64(1))
    records = [
        replace(record, meters=record.meters * (1 + 0.01 * rng.standard_normal(record.meters.shape)), replication=r)
        for r in range(100)
    ]
    ds = to_dataset(replace(one, replications=100), engine.layout(one), records)
    begun = time.process_time()
    found = full_appraisal(ds)
    assert time.process_time() - begun < 2.0
    assert len(found.found) == 3
