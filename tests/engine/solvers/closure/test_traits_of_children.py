"""Check that a trait which only children's chains read is held by the closure, or refused.

The theory: without its strata, children of both kinds of family are one cell whose next chance depends on who has left
it already, so that no single chance is right; with them, each kind is a chain of its own.
"""

import math
from pathlib import Path

import pytest

import sim
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.runs.ensemble import expect

CONFIG = """
title: Children of two kinds of family
sources: optional
clock: {step: month, steps: 24, first: 0}
units:
  family: {size: 1000, leaves: {replace: true}}
  child: {of: family, number: children, age: {months: [0, 215]}, leaves: {age: 18 years}, births: 0.9, settled: true}
traits:
  children: {1: 0.5, 2: 0.5}
  poor: {shares: {0: 0.8, 1: 0.2}, stratify: STRATIFY}
chains:
  care: {of: child, ages: [0, 18], states: [home, away], rates: {home -> away: 0.2}}
effects:
  - {name: poverty, on: care.worsen, when: poor == 1, times: 5}
"""


def study(folder: Path, *, stratify: bool) -> Scenario:
    """Two kinds of family, one of which has its children leave home five times as often."""
    path = folder / "kinds.yaml"
    path.write_text(CONFIG.replace("STRATIFY", str(stratify).lower()), encoding="utf-8")
    return sim.load(path)


def test_a_trait_without_strata_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="care reads the trait poor, which no table holds; 'stratify: true'"):
        expect(study(tmp_path, stratify=False))


def test_with_strata_each_kind_moves_at_its_own_rate(tmp_path: Path) -> None:
    """Of the first month, where nobody has left yet: the mean of two chances, each in closed form."""
    flows = expect(study(tmp_path, stratify=True)).flows.squeeze().sel(flow="care: home -> away")
    rows = expect(study(tmp_path, stratify=True)).occupancy.squeeze().sel(state="care=home")
    chances = [1 - math.exp(-rate / 12) for rate in (0.2, 1.0)]
    assert float(flows.isel(step=1) / rows.isel(step=0)) == pytest.approx(0.8 * chances[0] + 0.2 * chances[1], rel=0.01)
