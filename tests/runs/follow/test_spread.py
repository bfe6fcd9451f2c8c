"""How families differ, where it can be worked out by hand: costs a year since the start, and who has less than before.

Every family costs £10 a month while it is in need. In the baseline all are in need throughout: £120 a year, whatever
was spent before the first regime began. In `half` the need of some families, told by a trait, ends at once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.config.loading import load
from sim.engine.solvers.families import replicate
from sim.runs.follow.spread import PERCENTILES, Spread, spread_of

MODEL = """
title: Costs of families
sources: optional
clock: {step: month, steps: 24}
units: {family: {size: 400}}
traits: {kind: {0: 0.75, 1: 0.25}}
parameters: {ends: 0}
chains: {need: {states: ["no", "yes"], start: {"yes": 1}, rates: {"yes -> no": ends * kind}}}
outcomes: {months: {}}
values: [{while: need == yes, months: 1}]
costs: [{name: need, while: need == yes, price: {value: 10, unit: gbp/month}}]
baseline: now
regimes:
  now: {}
  half: {start: 6, set: {parameters.ends: 1000000}}
"""


@pytest.fixture
def spread(tmp_path: Path) -> tuple[Spread, float]:
    path = tmp_path / "study.yaml"
    path.write_text(MODEL, encoding="utf-8")
    scenario = load(path)
    freed = 1.0 - replicate(scenario, 0).stocks[1, -1, 1] / 400
    assert 0.15 < freed < 0.35
    return spread_of(scenario), freed


def test_costs_are_a_year_since_the_first_regime_began(spread: tuple[Spread, float]) -> None:
    found, freed = spread
    now, half = found.costs
    assert (found.families, found.years, found.ledger) == (400, 1.5, "narrow")
    assert (now.world, now.mean, now.dearest_mean) == ("now", pytest.approx(120.0), pytest.approx(120.0))
    assert now.percentiles == pytest.approx([120.0] * len(PERCENTILES))
    assert now.dearest_share == pytest.approx(0.01)  # 4 of 400 alike
    assert half.mean == pytest.approx(120.0 * (1.0 - freed))
    below = np.array(PERCENTILES) < 100 * freed - 1
    assert half.percentiles == pytest.approx(np.where(below, 0.0, 120.0))
    assert half.dearest_share == pytest.approx(0.01 / (1.0 - freed))


def test_less_same_and_more_are_shares_of_families(spread: tuple[Spread, float]) -> None:
    found, freed = spread
    (paired,) = found.paired
    assert (paired.world, paired.measure) == ("half", "months")
    assert (paired.less, paired.same, paired.more) == pytest.approx((freed, 1.0 - freed, 0.0))


def test_it_survives_being_written(spread: tuple[Spread, float]) -> None:
    assert Spread.from_dict(spread[0].to_dict()) == spread[0]
