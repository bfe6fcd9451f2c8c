"""Two children whose moves fire the same change of their family in one step: one chance, not two, in both solvers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.solvers.exact.expect import expect_record
from sim.engine.solvers.families import replicate

MODEL = """
title: Two children who always move
sources: optional
seed: 5
clock: {step: year, steps: 1}
units: {family: {size: 20000}, child: {of: family, number: children}}
traits: {children: {2: 1}}
chains:
  home: {states: [calm, upset]}
  school:
    of: child
    states: [in, out]
    probabilities: {in -> out: 1}
    fires: {"in -> out": ["home: calm -> upset with 0.5"]}
order: [school, home]
"""


def test_siblings_have_one_chance_between_them(tmp_path: Path) -> None:
    """P(upset) = 0.5, where two chances would give 0.75; simulated within 5 binomial standard errors."""
    path = tmp_path / "siblings.yaml"
    path.write_text(MODEL, encoding="utf-8")
    scenario = sim.load(path)
    exact, found = expect_record(scenario).stocks[0, 1, 1] / 20000, replicate(scenario, 0).stocks[0, 1, 1] / 20000
    assert exact == pytest.approx(0.5, abs=1e-12)
    assert abs(found - 0.5) < 5 * np.sqrt(0.25 / 20000)
