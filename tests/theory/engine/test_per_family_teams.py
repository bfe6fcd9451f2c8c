"""Two ways to run one model: teams that meet every few days, and one process a family with places given out at once.

Theory: as steps and meetings become frequent the team model tends to the process in continuous time, with an error in
proportion to the step. Compared at a tenth of a month, in 16 replications of 900 families and 54 places: mean numbers
in every state, the share who give up and the wait. Tolerances are one step's worth: 1% of all families for a number,
0.02 for a share, a tenth of a month for the wait; to which 6.5 standard errors of the difference are added, paired by
replication (the same posts are vacant in both): Student's t with 15 degrees of freedom is beyond that with 1e-5, 15
comparisons. Negative controls: meetings once a month, nobody gives up, help that lasts two months longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import QUEUE_COUNTS, Record
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.families import replicate

REPLICATIONS, FAMILIES, STEP, ERRORS = 16, 900, 0.1, 6.5
MODEL = """
title: Families and a service
sources: optional
seed: 23
clock: {step: 0.1 month, steps: 180, first: 0}
units: {family: {size: 900}}
chains:
  need:
    states: [absent, present]
    start: {present: 0.4}
    rates: {absent -> present: 0.8, present -> absent: 0.7}
  crisis:
    states: [stable, crisis]
    start: {crisis: 0.2}
    rates: {stable -> crisis: 0.8, crisis -> stable: 2.0}
services:
  clinic:
    kind: discretionary
    refer: {when: need == present, rate: 1.2, again: 0.7}
    identify: {mean: 1 month}
    consent: 0.8
    patience: {mean: 3 months}
    engaged: {mean: 4 months, stages: 2}
    dropout: {rate: 0.4}
    aftercare: {mean: 6 months}
    team: {workers: 9, caseload: 6, turnover: 0.3, hire: 2 months, meeting: 0.1 month}
    priority: [crisis desc, wait desc]
effects:
  - {name: need hurts, on: crisis.worsen, when: need == present, times: 2}
  - {name: clinic, on: need.improve, when: clinic == engaged, times: 4}
queues: teams
regimes: {only: {}}
"""


@dataclass(frozen=True)
class Seen:
    """By replication: mean numbers (replication, state), wait in months of who was let in, share who left."""

    names: tuple[str, ...]
    numbers: np.ndarray
    wait: np.ndarray
    left: np.ndarray

    def beyond(self, other: Seen) -> dict[str, float]:
        """Give by how much each figure differs beyond its tolerance and standard errors; above 0 is too much."""
        pairs = {n: (self.numbers[:, i], other.numbers[:, i], 0.01 * FAMILIES) for i, n in enumerate(self.names)}
        pairs |= {"wait": (self.wait, other.wait, STEP), "left": (self.left, other.left, 0.02)}
        found = {}
        for name, (a, b, tolerance) in pairs.items():
            error = (a - b).std(ddof=1) / np.sqrt(REPLICATIONS)
            found[name] = float(abs((a - b).mean()) - tolerance - ERRORS * error)
        return found


@cache
def run(path: Path, queues: str, *sets: str) -> Seen:
    """Run all replications of the model."""
    scenario = sim.load(path, [f"queues={queues}", *sets])
    one: Callable[..., Record] = replicate if queues == "teams" else replicate_families
    records = [one(scenario, replication) for replication in range(REPLICATIONS)]
    queue = np.array([record.queue[0, 0] for record in records])
    return Seen(
        tuple(f"{chain} {state}" for _, chain, state in layout_of(scenario).states),
        np.array([record.stocks[0, 1:].mean(axis=0) for record in records]),
        np.array([mean_wait(record) for record in records]),
        queue[:, QUEUE_COUNTS.index("left")] / queue[:, QUEUE_COUNTS.index("joined")],
    )


def mean_wait(record: Record) -> float:
    """Give the mean wait in months; one in whole steps ends half a step after it says on average."""
    cut = 0.5 if record.wait_times is None else 0.0
    return float(record.wait_sums[0, 0, 0] / record.waits[0, 0].sum() + cut) * STEP


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("teams") / "clinic.yaml"
    made.write_text(MODEL, encoding="utf-8")
    return made


def test_frequent_meetings_are_as_good_as_none(path: Path):
    """Numbers, waits and the share who give up."""
    found = run(path, "per_family").beyond(run(path, "teams"))
    assert max(found.values()) < 0.0, found


@pytest.mark.parametrize(
    "fault",
    [
        ["services.clinic.team.meeting=2 months"],
        ["services.clinic.patience.mean=120 months"],
        ["services.clinic.engaged.mean=6 months"],
    ],
    ids=["a meeting every two months", "nobody gives up", "help lasts two months longer"],
)
def test_the_same_comparison_catches_a_fault(path: Path, fault: list[str]):
    found = run(path, "per_family").beyond(run(path, "teams", *fault))
    assert max(found.values()) > 0.0, found
