"""A regime is its own: nothing of its record depends on which other regimes a study has, in any solver.

Regimes with the same plans that begin at different times must not share a team, nor regimes whose teams follow totals
of their own; and posts on top are shared out among areas, so that they are as many as the total says. Three areas,
teams that read every kind of stock, bit for bit.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.config.loading import load
from sim.engine.counts.record import Record
from sim.engine.solvers.choice import solve
from sim.engine.solvers.families import replicate
from sim.model.spec import Scenario

MODEL = """
title: Three areas, four regimes, every kind of stock
sources: optional
clock: {step: month, steps: 16}
units: {family: {size: 300, areas: {north: 0.5, south: 0.3, west: 0.2}, warm_up: 3}}
parameters: {extra: 0}
chains:
  need: {states: [absent, present], start: {present: 0.4}, rates: {absent -> present: 0.6, present -> absent: 0.7}}
services:
  advice:
    kind: discretionary
    refer: {when: need == present, rate: 4}
    patience: 5 months
    engaged: 4 months
    team: {workers: {north: 3, south: 2, west: 1}, caseload: 5, turnover: 0.5, hire: 2 months, training: 1 month}
    priority: [wait desc]
  visits:
    kind: discretionary
    refer: {when: need == present, rate: 3}
    patience: 5 months
    engaged: 3 months
    team:
      workers: {total: 6}
      caseload: 4
      turnover: 0.4
      hire: 1 month
      turnover_times: 1 + tired
      time_left: 1 / (1 + 0.2 * late)
      extra_workers: extra + bought + usual
    priority: [wait desc]
effects:
  - {name: advice helps, on: need.improve, when: advice == engaged, times: 3}
feedback:
  tired: {smooth: "waiting(visits) / max(places(visits), 1)", over: 3 months}
  late: {delay: "waiting(visits) / 100", over: 2 months}
  usual: {average: "total(need == present) / 200", over: 4 months}
  bought: {flow: "total(need == absent) / 400", start: 0}
baseline: today
regimes:
  today: {}
  early: {start: 2, set: {services.advice.team.workers: {north: 5, south: 4, west: 2}}}
  later: {start: 6, set: {services.advice.team.workers: {north: 5, south: 4, west: 2}}}
  latest: {start: 9, set: {services.advice.team.workers: {north: 5, south: 4, west: 2}, parameters.extra: 3}}
"""
REGIMES = ("early", "later", "latest")
PARTS = ("stocks", "flows", "meters", "waits", "area_waits", "queue", "team", "row_counts", "levels")


def study(tmp_path: Path, *sets: str) -> Scenario:
    path = tmp_path / "study.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return load(path, list(sets))


def solved(scenario: Scenario, solver: str) -> Record:
    return replicate(scenario, 0) if solver == "simulate" else solve(scenario)[0]


@pytest.mark.parametrize("solver", ["simulate", "expect"])
def test_a_regime_is_the_same_alone_and_in_company(solver: str, tmp_path: Path) -> None:
    scenario = study(tmp_path)
    company = solved(scenario, solver)
    names = [world.name for world in scenario.worlds]
    for regime in REGIMES:
        pair = tuple(world for world in scenario.worlds if world.name in ("today", regime))
        alone = solved(replace(scenario, worlds=pair), solver)
        for part in PARTS:
            mine, theirs = getattr(alone, part), getattr(company, part)
            if mine is not None:
                assert mine[1].tobytes() == theirs[names.index(regime)].tobytes(), (regime, part)
        # The regimes differ, so that there is something to mix up.
        assert alone.team[1].tobytes() != alone.team[0].tobytes()
    early, later = names.index("early"), names.index("later")
    assert not np.array_equal(company.team[early, 2:6, 0], company.team[later, 2:6, 0])


@pytest.mark.parametrize("solver", ["simulate", "expect"])
def test_posts_on_top_are_shared_out_among_areas(solver: str, tmp_path: Path) -> None:
    """Nobody leaves and posts are filled at once: 6 posts and 9 on top are 15 in all, whatever the areas."""
    still = [
        f"services.visits.team.{name}={value}"
        for name, value in (("turnover", 0), ("hire", "0 months"), ("turnover_times", 1), ("extra_workers", 9))
    ]
    record = solved(study(tmp_path, *still), solver)
    assert record.team[0, 1:, 1, 0] == pytest.approx(np.full(15, 15.0), abs=1e-9)
