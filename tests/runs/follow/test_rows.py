"""Spread between rows: against the variance of a geometric time in state, and totals that rows must add up to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.solvers.families import layout
from sim.runs.follow.rows import replicate_with_rows

STAY = """
title: A stay that ends with a fixed probability
sources: optional
clock: {step: year, steps: 400}
count: start
units: {person: {size: 20000}}
chains: {stay: {states: [in, out], probabilities: {in -> out: 0.2}}}
outcomes: {years: {discount: 0}, exits: {discount: 0}}
values: [{while: stay == in, years: 1}, {on: "stay: in -> out", exits: 1}]
"""

COMMON = "payers: {council: 1}, tier: reactive, ledger: [narrow], kind: resource, control: local"
PRICED = """
title: Costs on states and moves of families and children
sources: optional
replications: 1
clock: {step: month, steps: 24}
units:
  family: {size: 400, warm_up: 3, leaves: {rate: 0.1, replace: true}}
  child: {of: family, number: children, age: {months: [0, 215]}, leaves: {age: 18 years}, births: 1}
traits: {children: {1: 0.5, 2: 0.5}}
chains:
  need: {states: [absent, present], start: {present: 0.4}, rates: {absent -> present: 0.5, present -> absent: 1.0}}
  care:
    {of: child, ages: [0, 18], states: [home, away], start: {away: 0.1}, rates: {home -> away: 0.2, away -> home: 0.6}}
effects: [{name: need matters, on: care.worsen, when: need == present, times: 3}]
costs:
  - {name: living, while: need == present, price: 1200, COMMON}
  - {name: entry, on: "care: home -> away", price: 500, COMMON}
  - {name: both, while: care == away and need == present, price: 600, COMMON}
regimes: {base: {}, other: {start: 6, set: {chains.need.rates.present -> absent: 3.0}}}
"""


def test_variance_of_a_geometric_stay(tmp_path: Path) -> None:
    """Years in the state from the start are geometric: variance q / p^2 = 20; everyone leaves once: variance 0.

    The sample variance of 20,000 has a standard error of 20 * sqrt((kurtosis - 1) / n), kurtosis about 9: 0.4; k = 4.
    """
    path = tmp_path / "stay.yaml"
    path.write_text(STAY, encoding="utf-8")
    scenario = sim.load(path)
    record = replicate_with_rows(scenario, 0, layout(scenario))
    assert record.outcome_variance is not None
    years, exits = record.outcome_variance[0]
    assert years == pytest.approx(0.8 / 0.2**2, abs=1.6)
    assert exits == 0.0


def test_rows_add_up_to_the_totals(tmp_path: Path) -> None:
    """The mean cost of rows over the run is the total of the ledger, also for the paired difference.

    Within 0.5%: a newcomer's move in the very step of entry cannot be told from its first state.
    """
    path = tmp_path / "priced.yaml"
    path.write_text(PRICED.replace("COMMON", COMMON), encoding="utf-8")
    ds = sim.simulate(sim.load(path))
    summary = sim.summarise(ds)
    moments = ds["family_cost"].sel(ledger="narrow").isel(replication=0).squeeze("effect_set")
    years = 1.5  # from the start of the regime in month 6 to month 24
    for regime in ("base", "other"):
        per_year = float(moments.sel(regime=regime)[0]) / years
        cost = summary["regimes"][regime]["cost_per_family_year"]["narrow"]
        assert per_year == pytest.approx(cost["mean"], rel=0.005)
    gap = summary["differences"]["other"]["cost_per_family_year"]["narrow"]
    assert float(moments.sel(regime="other")[2]) / years == pytest.approx(gap["mean"], abs=4)
    assert gap["low"] < gap["mean"] < gap["high"]
    assert summary["interval"] == "between_family"
    width = 1.96 * np.sqrt(float(moments.sel(regime="other")[3]) / 400) / years
    assert gap["high"] - gap["mean"] == pytest.approx(width, rel=0.02)
