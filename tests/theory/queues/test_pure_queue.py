"""A pure queueing config, run case by case through the public API, against Erlang A and its own counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.solvers.by_day.pure_queue import is_pure_queue, queue_of, replicate_queue
from sim.errors import ModelError
from tests.theory.queues.erlang import erlang_a

CLINIC = """
title: M/M/3 with patience
sources: optional
replications: 12
clock: {step: day, steps: 3000, first: 0}
units: {case: {size: 0, arrive: {poisson: 2.7 / day}, warm_up: 200}}
services:
  clinic:
    kind: discretionary
    refer: {when: always, rate: now}
    patience: {mean: 3 days}
    engaged: {mean: 1 day, stages: 1}
    team: {workers: 3, caseload: 1, meeting: day}
    priority: [wait desc]
queues: per_family
regimes: {only: {}}
"""


def write(folder: Path, text: str) -> Path:
    """Write a config."""
    path = folder / "clinic.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_config_is_read_as_the_queue_it_describes(tmp_path: Path) -> None:
    """Durations come back from the compiled hazards exactly."""
    queue = queue_of(sim.load(write(tmp_path, CLINIC)).worlds[0].model)
    assert (queue.places, queue.stages) == (3, 1)
    assert queue.arrival_rate == pytest.approx(2.7)
    assert queue.service_mean == pytest.approx(1.0)
    assert queue.patience_mean == pytest.approx(3.0)


def test_share_leaving_agrees_with_erlang_a(tmp_path: Path) -> None:
    """The share that gives up waiting, over 12 replications, within four standard errors of theory."""
    scenario = sim.load(write(tmp_path, CLINIC))
    shares = []
    for replication in range(scenario.replications):
        left, admitted = replicate_queue(scenario, replication).queue[0, 0, [4, 3]]
        shares.append(left / (left + admitted))
    theory = erlang_a(3, arrival_rate=2.7, service_mean=1.0, patience_mean=3.0).leaves
    error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert abs(np.mean(shares) - theory) < 4 * error


def test_it_runs_like_any_other_config(tmp_path: Path) -> None:
    """Waits and the conservation of cases are in the summary."""
    summary = sim.summarise(sim.simulate(sim.load(write(tmp_path, CLINIC), ["replications=2", "clock.steps=300"])))
    wait = summary["regimes"]["only"]["wait_months"]["clinic"]
    assert 0 <= wait["mean"] < 0.2
    assert wait["left"] > 0


@pytest.mark.parametrize(
    "more",
    ["consent=0.8", "dropout.rate=0.4", "aftercare.mean=2 days", "team.turnover=0.2", "identify.mean=2 days"],
)
def test_what_is_more_than_a_queue_is_lived_case_by_case(tmp_path: Path, more: str) -> None:
    """Nothing that a config says is left out: with anything beside the queue it is no pure one, and runs too."""
    sets = [f"services.clinic.{more}", "services.clinic.refer.again=0", "clock.steps=40", "replications=1"]
    assert is_pure_queue(sim.load(write(tmp_path, CLINIC), sets[1:]).worlds[0].model)
    scenario = sim.load(write(tmp_path, CLINIC), [*sets, "units.case.warm_up=20"])
    assert not is_pure_queue(scenario.worlds[0].model)
    summary = sim.summarise(sim.simulate(scenario))
    assert summary["regimes"]["only"]["wait_months"]["clinic"]["mean"] is not None


def test_families_are_refused_with_what_to_do(tmp_path: Path) -> None:
    """A model with chains of its own is no pure queue."""
    text = CLINIC.replace("services:", "chains: {need: {states: [no, yes], rates: {no -> yes: 1}}}\nservices:")
    with pytest.raises(ModelError, match="more than a queue"):
        replicate_queue(sim.load(write(tmp_path, text)), 0)
