"""Services case by case: times shorter than a step, what happens now, and every key of a team.

Times: `now` and three gates of a few days under a monthly clock are a sum of three exponential times, whose share
passed at a point is exact (hypoexponential; z-test at 1e-6 over 4,000 families). Teams: closed forms and invariants,
exact where nothing is drawn; the same model under `queues: teams` is asked for the same places.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import QUEUE_COUNTS, Record
from sim.engine.solvers.by_day.gate import Admitted
from sim.engine.solvers.by_day.lives import Lives
from sim.engine.solvers.by_day.plans import Plan
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.families import replicate
from sim.errors import ModelError
from sim.model.spec import Scenario

FALSE_ALARM = 1e-6
GATES = """
title: Gates
sources: optional
queues: per_family
clock: {step: month, steps: 4}
units: {family: {size: 4000}}
chains:
  need: {states: [absent, present], start: {present: 1}}
services:
  help:
    kind: discretionary
    refer: {when: need == present, rate: now}
    identify: {mean: 3 days}
    assess: {mean: 4 days}
    offer: {mean: 5 days}
    engaged: {mean: 1200 months}
  court: {kind: statutory, refer: {when: need == present, rate: now}, respond: 15 days}
"""
DESK = """
title: A desk
sources: optional
queues: per_family
clock: {step: day, steps: 60, first: 0}
units: {case: {size: 0, arrive: {poisson: 4 / day}, warm_up: 20}}
services:
  desk:
    kind: discretionary
    refer: {when: always, rate: now, again: 0}
    patience: {mean: 4 days}
    engaged: {mean: 1 day}
    team: {workers: 3, caseload: 1}
"""


def loaded(folder: Path, text: str, *sets: str) -> Scenario:
    path = folder / "model.yaml"
    path.write_text(text, encoding="utf-8")
    return sim.load(path, list(sets))


def share_in(scenario: Scenario, chain: str, state: str, record: Record) -> np.ndarray:
    """Give the share of families in a state at each point after the start."""
    names = [(name, at) for _, name, at in layout_of(scenario).states]
    return np.asarray(record.stocks[0, 1:, names.index((chain, state))]) / 4000


def passed(means: list[float], time: float) -> float:
    """Give the chance that exponential times of different means, one after another, are over (hypoexponential)."""
    rates = 1.0 / np.array(means)
    weights = [np.prod([other / (other - rate) for other in rates if other != rate]) for rate in rates]
    return float(1.0 - np.sum(weights * np.exp(-rates * time)))


def off(share: float, exact: float) -> float:
    """Give the two-sided tail of a binomial share of 4,000, by the normal distribution."""
    return float(2 * stats.norm.sf(abs(share - exact) / np.sqrt(exact * (1 - exact) / 4000)))


def test_short_gates_are_passed_in_their_own_time(tmp_path: Path):
    """Three gates of 12 days in all, and a response of 15 days, under a monthly clock: after the first month."""
    scenario = loaded(tmp_path, GATES)
    record = replicate_families(scenario, 0)
    month = 365.25 / 12
    exact = passed([3.0, 4.0, 5.0], month)
    assert exact > 0.97
    assert off(share_in(scenario, "help", "engaged", record)[0], exact) > FALSE_ALARM
    assert share_in(scenario, "help", "engaged", record)[3] == pytest.approx(1.0, abs=1e-3)
    responded = share_in(scenario, "court", "engaged", record)
    assert off(responded[0], passed([15.0], month)) > FALSE_ALARM
    assert off(responded[1], passed([15.0], 2 * month)) > FALSE_ALARM
    assert share_in(scenario, "court", "none", record).max() == 0.0  # referred now: at once


def test_stages_shorter_than_a_step_keep_their_mean(tmp_path: Path):
    """Three stages of a tenth of a month each: those helped are arrivals x mean time, 4 a day x 9.13 days."""
    sets = ["services.desk.engaged={mean: 0.3 month, stages: 3}", "services.desk.team=null", "clock.step=month"]
    record = replicate_families(loaded(tmp_path, DESK, *sets, "clock.steps=60", "units.case.warm_up=2"), 0)
    helped = record.team[0, :, 0, 2]
    mean = 4 * 0.3 * 365.25 / 12
    assert abs(helped.mean() - mean) < 5 * np.sqrt(mean / 60)  # Poisson at points that are nearly independent


def test_moves_that_happen_now_in_a_ring_are_refused(tmp_path: Path):
    """Somebody who leaves at once and is referred again at once would never come to rest."""
    sets = ["services.desk.patience=now", "services.desk.refer.again=1"]
    with pytest.raises(ModelError, match=r"desk: .* at one moment.*lead in a ring.*again: 0"):
        replicate_families(loaded(tmp_path, DESK, *sets), 0)


# The keys of a team.


def counted(record: Record, name: str) -> float:
    return float(record.queue[0, 0, QUEUE_COUNTS.index(name)])


def held(record: Record) -> np.ndarray:
    """Give places and cases at each point, (point, 2)."""
    return np.asarray(record.team[0, :, 0, 1:3])


TEAM = "services.desk.team"


def both(folder: Path, *sets: str) -> tuple[Record, Record]:
    """Run the desk case by case and with meetings."""
    return replicate_families(loaded(folder, DESK, *sets), 0), replicate(loaded(folder, DESK, *sets, "queues=teams"), 0)


@pytest.mark.parametrize(
    "sets",
    [
        [f"{TEAM}.workers=4.5"],
        [f"{TEAM}.caseload=2"],
        [f"{TEAM}.absence=0.3", f"{TEAM}.workers=20"],
        [f"{TEAM}.turnover=20", f"{TEAM}.hire=3 days", f"{TEAM}.workers=20"],
        [f"{TEAM}.turnover=20", f"{TEAM}.training=3 days", f"{TEAM}.workers=20"],
        [f"{TEAM}.funding=[{{from: 30, workers: 1}}]"],
        [f"{TEAM}.turnover=20", f"{TEAM}.hire=3 days", f"{TEAM}.workers=20", f"{TEAM}.turnover_times=1 + cycle / 20"],
        [f"{TEAM}.time_left=(cycle < 25)"],
        [f"{TEAM}.extra_workers=2 * (cycle >= 25)", f"{TEAM}.hire=3 days"],
        ["services.desk.opens={all: 30}"],
    ],
)
def test_a_team_has_the_places_that_it_has_with_meetings(tmp_path: Path, sets: list[str]):
    """Every key of a team: the same places in each step, on the same draws, and no more cases than places allow."""
    by_day, teams = both(tmp_path, *sets)
    plain, _ = both(tmp_path)
    assert np.array_equal(held(by_day)[:, 0], held(teams)[:, 0])
    assert not np.array_equal(held(by_day)[:, 0], held(plain)[:, 0])  # the key does something
    assert np.array_equal(by_day.team[0, :, 0, 0], teams.team[0, :, 0, 0])
    places, cases = held(by_day).T
    assert np.all(cases[1:] <= np.maximum(places[1:], cases[:-1]))  # who is in a place is never put out of it
    assert np.all((by_day.team[0, :, 0, 3] == 0) | (cases >= places))  # nobody waits beside a free place


def test_no_time_left_lets_nobody_in(tmp_path: Path):
    by_day, teams = both(tmp_path, f"{TEAM}.time_left=0 * cycle")
    assert counted(by_day, "admitted") == counted(teams, "admitted") == 0.0
    assert counted(by_day, "left") > 100


def test_a_rota_opens_and_closes_the_door(tmp_path: Path):
    """By the hour, open from 9 to 17: who is let in is let in within those hours of the day, and in every such hour."""
    entries: list[Admitted] = []
    hour = "(cycle - 24 * table(day, cycle))"
    days = ", ".join(f"{24 * day}: {day}" for day in range(6))
    sets = [
        "clock={step: 0.041666666666666664 day, steps: 120, first: 0}",
        "units.case={size: 0, arrive: {poisson: 30 / day}}",
        f"tables.day={{by: cycle, bands: {{{days}}}}}",
        "services.desk.engaged.mean=0.04 day",
        f"{TEAM}.time_left={hour} >= 9 and {hour} < 17",
    ]
    replicate_families(loaded(tmp_path, DESK, *sets), 0, entries.append)
    hours = np.floor(np.array([entry.until for entry in entries]) % 24)
    assert set(hours.tolist()) == set(range(9, 17))


def test_places_free_up_between_meetings(tmp_path: Path):
    """`meeting` is for teams that meet: case by case nobody waits for one, whatever it says."""
    often, seldom = (replicate_families(loaded(tmp_path, DESK, f"{TEAM}.meeting={m}"), 0) for m in ("1 day", "10 days"))
    assert np.array_equal(often.stocks, seldom.stocks)


def test_urgency_counts_when_a_place_falls_free(tmp_path: Path):
    """Two wait for the one place; the second turns acute while it waits, and goes first."""
    text = """
title: Urgency
sources: optional
queues: per_family
clock: {step: month, steps: 240}
units: {family: {size: 30}}
chains:
  crisis: {states: [calm, acute], rates: {calm -> acute: 0.6, acute -> calm: 0.6}}
services:
  help:
    kind: discretionary
    refer: {when: always, rate: now}
    engaged: {mean: 0.5 month}
    team: {workers: 1, caseload: 1}
    priority: [crisis desc, wait desc]
"""
    scenario = loaded(tmp_path, text)
    overtaken, first = [0], [0]

    admit = Lives.admit

    def look(lives: Lives, plan: Plan, row: int, since: float) -> None:
        assert plan.gate is not None
        crisis, waiting = lives.world.state["crisis"], plan.gate.since
        assert crisis[row] >= max((crisis[other] for other in waiting), default=0)  # at this very moment
        assert since <= min((t for other, t in waiting.items() if crisis[other] == crisis[row]), default=since)
        overtaken[0] += any(t < since for t in waiting.values())
        first[0] += 1
        admit(lives, plan, row, since)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lives, "admit", look)
        replicate_families(scenario, 0)
    assert first[0] > 300
    assert overtaken[0] > 100


def test_a_study_that_follows_rows_step_by_step_refuses_case_by_case(tmp_path: Path):
    """Without meetings it would give everybody a place."""
    with pytest.raises(ModelError, match=r"queues: per_family.*step by step.*queues: teams"):
        replicate(loaded(tmp_path, DESK), 0)
