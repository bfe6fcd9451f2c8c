"""A regime that gives a service no posts: its open cases are finished, closed or transferred, and nobody is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.counts.record import QUEUE_COUNTS
from sim.engine.solvers.families import layout, replicate

MODEL = """
title: Two services, one of which ends
sources: optional
seed: 3
queues: teams
clock: {{step: month, steps: 12}}
units: {{family: {{size: 600, warm_up: 12}}}}
chains:
  need:
    {{states: [absent, present], start: {{present: 0.5}}, rates: {{absent -> present: 1.0, present -> absent: 1.0}}}}
services:
  old:
    kind: discretionary
    refer: {{when: need == present, rate: 2}}
    engaged: {{mean: 6 months}}
    team: {{workers: 10, caseload: 6}}
  new:
    kind: discretionary
    refer: {{when: need == present, rate: 0.001}}
    engaged: {{mean: 6 months}}
    team: {{workers: 1, caseload: 6}}
regimes:
  siloed: {{}}
  joined: {{start: 6, handover: {rule}, set: {{services.old.team.workers: 0, services.new.team.workers: 40}}}}
"""


def run(folder: Path, rule: str) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, float]]:
    """Simulate the model; give the stocks of the joined regime and its queue counts by service."""
    path = folder / "handover.yaml"
    path.write_text(MODEL.format(rule=rule), encoding="utf-8")
    scenario = sim.load(path)
    record, axes = replicate(scenario, 0), layout(scenario)
    stocks = {f"{c}={s}": record.stocks[1][:, i] for i, (_, c, s) in enumerate(axes.states)}
    old, new = (dict(zip(QUEUE_COUNTS, record.queue[1][axes.services.index(n)], strict=True)) for n in ("old", "new"))
    return stocks, old, new


def test_finish_lets_cases_run_on_and_admits_nobody(tmp_path: Path) -> None:
    """Engaged cases decay geometrically after the start: mean 6 months leaves (1 - 1/6)^6 = 33% after six steps."""
    stocks, _, _ = run(tmp_path, "finish")
    engaged = stocks["old=engaged"]
    assert engaged[6] > 40
    assert np.all(np.diff(engaged[6:]) <= 0)
    share = engaged[12] / engaged[6]
    # One binomial share; four standard errors.
    assert abs(share - (5 / 6) ** 6) < 4 * np.sqrt(0.33 * 0.67 / engaged[6])


def test_close_empties_the_service_at_once(tmp_path: Path) -> None:
    """Nobody is engaged after the first step of the regime, and nobody is let in again."""
    stocks, _, _ = run(tmp_path, "close")
    assert stocks["old=engaged"][6] > 0
    assert np.all(stocks["old=engaged"][7:] == 0)


def test_transfer_brings_the_families_to_the_growing_service(tmp_path: Path) -> None:
    """All who had an open case stand in the new queue, and with 240 places are let in at the same meeting."""
    stocks, _, _ = run(tmp_path, "transfer")
    open_before = stocks["old=engaged"][6] + stocks["old=waiting"][6]
    assert np.all(stocks["old=engaged"][7:] == 0)
    joined = stocks["new=engaged"][7] + stocks["new=waiting"][7] - stocks["new=engaged"][6] - stocks["new=waiting"][6]
    assert joined == pytest.approx(open_before, abs=12)  # a few referrals and endings of the step itself


@pytest.mark.parametrize("rule", ["finish", "close", "transfer"])
def test_nobody_is_lost_in_a_queue(tmp_path: Path, rule: str) -> None:
    """Joined = admitted + left + still waiting, for both services, under every rule."""
    _, *queues = run(tmp_path, rule)
    for queue in queues:
        assert queue["joined"] == queue["admitted"] + queue["left"] + queue["waiting"]
