"""Families counted against their twins: by brute force over single families, in parts, compiled or not.

Theory: what is counted by class are whole numbers, every family is in one class in every month, and rows of two worlds
on the same draws are the same families. So classes add up to what the worlds count, month by month and meter by meter,
and a plain walk over every family's states gives the same numbers: equality is exact.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

import sim
from sim.engine import kernels
from sim.engine.counts.accounts import CLASSES, SIDES, STARTS
from sim.engine.counts.record import Record
from sim.engine.solvers.families import layout, replicate
from sim.engine.solvers.parts import added_up, cut
from sim.model.appraisal import AnswerSpec
from sim.model.compiled.accounts import ACCOUNTS, account_plan, without_second_help
from sim.model.spec import Scenario
from sim.runs.follow.track import Track
from sim.runs.follow.tracker import track
from tests.places import TOY

START, ENTRY, MONTHS, STEPS = 9, 12, 27, 48
POSTS = "{north: 8, south: 5, synthetic_1: 2}"
SETS = [
    "units.family.size=700", f"clock.steps={STEPS}", "feedback=null", "outcomes=null", "values=null",
    "services.keyworker.team.workers={north: 0, south: 0, synthetic_1: 0}",
    f'regimes.integrated.set."services.keyworker.team.workers"={POSTS}',
]  # fmt: skip
"""The toy, with key workers in one of its regimes alone."""
CROWDED = [
    "units.family.leaves={rate: 0.6, replace: true}", "services.need_service.refer.rate=6",
    "services.need_service.team.workers={north: 3, south: 2, synthetic_1: 1}",
    "services.keyworker.brokers.need_service=1.0", "costs.both.while='crisis >= stable'",
]  # fmt: skip
"""Families that stay for less than two years on average, and a queue that key workers fill; a meter of everybody."""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    toy = sim.load(TOY, SETS)
    return replace(toy, appraisal=replace(toy.appraisal, answer=AnswerSpec()))


@pytest.fixture(scope="module")
def record(scenario: Scenario) -> Record:
    return replicate(scenario, 0)


@pytest.fixture(scope="module")
def tracks(scenario: Scenario) -> dict[str, Track]:
    return track(scenario, 0, ("siloed", "integrated"), 0, STEPS)


def at(scenario: Scenario, world: str) -> int:
    return layout(scenario).worlds.index(world)


def plainly(tracks: dict[str, Track]) -> tuple[np.ndarray, np.ndarray]:
    """Walk over every family: its class in each month, and the month of its first start, both (step, family)."""
    own, twin = tracks["integrated"], tracks["siloed"]
    engaged = own.engaged_states("keyworker")
    generation, n = own.generation["family"], own.states["keyworker"].shape[1]
    waiting = own.state("need_service", "waiting")
    classes, since = np.zeros((STEPS, n), int), np.full((STEPS, n), -1)
    helped, gap = np.full(n, -1), np.zeros(n, int)
    for step in range(START, STEPS):
        fresh = generation[step] != generation[step - 1]
        helped[fresh], gap[fresh] = -1, 0
        here = engaged[own.states["keyworker"][step]]
        before = engaged[own.states["keyworker"][step - 1]] & ~fresh
        helped[here & ~before & (helped < 0)] = step
        by_wait = np.select([gap > 0, gap < 0], [CLASSES.index("waits_longer"), CLASSES.index("gets_in_sooner")], 0)
        classes[step] = np.where(helped >= 0, CLASSES.index("helped"), by_wait)
        since[step] = helped
        gap += (own.states["need_service"][step] == waiting).astype(int) - (
            twin.states["need_service"][step] == waiting
        )
    return classes, since


def test_nothing_moves_by_being_counted(scenario: Scenario, record: Record) -> None:
    bare = replicate(scenario, 0, accounts=False)
    for name in ("stocks", "flows", "meters", "waits", "queue", "team", "area_meters"):
        assert getattr(bare, name).tobytes() == getattr(record, name).tobytes(), name
    assert bare.class_meters is None


def test_classes_add_up_to_what_worlds_count(scenario: Scenario, record: Record) -> None:
    meters = layout(scenario).meters
    families = [i for i, name in enumerate(meters) if not name.endswith(".worker")]
    own, base = at(scenario, "integrated"), at(scenario, "siloed")
    found = record.class_meters[own].sum(axis=1)[:, START:]  # (side, step, meter)
    for side, world in ((0, own), (1, base)):
        np.testing.assert_array_equal(found[side][:, families], record.meters[world, START:][:, families])
    assert not record.class_meters[own][:, :, :START].any()
    assert not record.class_meters[at(scenario, "handed_over")].any()  # has no key workers


def test_classes_are_those_of_a_walk_over_families(
    scenario: Scenario, record: Record, tracks: dict[str, Track]
) -> None:
    classes, _ = plainly(tracks)
    meter = layout(scenario).meters.index("care == looked_after")
    for side, world in enumerate(("integrated", "siloed")):
        care, here = tracks[world].states["care"], tracks[world].here["child"]
        in_care = (care == tracks[world].state("care", "looked_after")) & here  # (step, child)
        of_child = classes[:, tracks[world].parent]
        for number in range(len(CLASSES)):
            told = (in_care & (of_child == number))[START:].sum(axis=1)
            counted = record.class_meters[at(scenario, "integrated"), side, number, START:, meter]
            np.testing.assert_array_equal(counted, told)
    assert all((classes[START:] == number).any() for number in range(len(CLASSES)))


def test_who_comes_in_the_place_of_another_takes_over_no_wait() -> None:
    """Places change hands soon and queues of the two worlds part often, so that a wait taken over would be counted."""
    toy = sim.load(TOY, [*SETS, *CROWDED])
    crowded = replace(toy, appraisal=replace(toy.appraisal, answer=AnswerSpec()))
    meter = layout(crowded).meters.index("crisis >= stable")  # everybody
    counted = replicate(crowded, 0).class_meters[at(crowded, "integrated"), 0, :, START:, meter]
    classes = plainly(track(crowded, 0, ("siloed", "integrated"), 0, STEPS))[0][START:]
    np.testing.assert_array_equal(counted, [(classes == number).sum(axis=1) for number in range(len(CLASSES))])


def test_cohorts_are_those_of_a_walk_over_families(
    scenario: Scenario, record: Record, tracks: dict[str, Track]
) -> None:
    since = plainly(tracks)[1]
    own, meter = at(scenario, "integrated"), layout(scenario).meters.index("care == looked_after")
    account = ACCOUNTS.index("all_help")
    for side, world in enumerate(("integrated", "siloed")):
        one = tracks[world]
        in_care = (one.states["care"] == one.state("care", "looked_after")) & one.here["child"]
        for entry in (0, 3, ENTRY - 1):
            for month in (0, 5, MONTHS - 1):
                step = START + entry + month
                family = since[step] == START + entry
                told = (in_care[step] & family[one.parent]).sum()
                assert record.cohort_meters[own, account, side, entry, month, meter] == told
                there = (one.here["child"][step] & family[one.parent]).sum()
                assert record.cohort_people[own, account, side, entry, month, 1] == there
    first = [(since[step] == step).sum() for step in range(STEPS)]
    np.testing.assert_array_equal(record.helped[own, :, STARTS.index("first")], first)
    np.testing.assert_array_equal(record.cohort_starts[own, account, :, 0], first[START : START + ENTRY])


def test_nobody_is_taken_on_twice_where_one_episode_is_counted(scenario: Scenario, record: Record) -> None:
    starts = record.cohort_starts[at(scenario, "integrated")]  # (account, entry, month)
    assert starts[ACCOUNTS.index("one_episode")][:, 1:].sum() == 0
    assert starts[ACCOUNTS.index("all_help")][:, 1:].sum() > 0
    plan = account_plan(scenario)
    assert plan is not None
    assert (plan.entry, plan.follow_up) == (ENTRY, MONTHS)
    once = plan.scenario.world(plan.once["integrated"]).model
    assert without_second_help(once, ("keyworker",)) is once


def test_kernels_and_parts_count_the_same(scenario: Scenario, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f.name for f in fields(Record) if f.name.startswith(("class_", "cohort_", "account_", "helped"))]
    assert len(names) == 7
    shares = cut([0.5, 0.4, 0.1], 2)
    assert len(shares) == 2
    parts = added_up([replicate(scenario, 0, part=share) for share in shares])
    monkeypatch.setattr(kernels, "ON", not kernels.ON)
    other = replicate(scenario, 0)
    for name in names:
        assert getattr(other, name).tobytes() == getattr(record, name).tobytes(), name
        assert getattr(parts, name).tobytes() == getattr(record, name).tobytes(), name


def test_a_run_too_short_for_cohorts_says_so(scenario: Scenario) -> None:
    short = sim.load(TOY, [*SETS, "clock.steps=30"])
    short = replace(short, appraisal=replace(short.appraisal, answer=AnswerSpec()))
    plan = account_plan(short)
    assert plan is not None
    assert plan.follow_up == 0
    assert "21 months" in plan.why_no_cohort
    assert "need 24" in plan.why_no_cohort
    record = replicate(short, 0)
    assert record.cohort_meters.size == 0
    assert record.helped[at(short, "integrated")].sum() > 0
    assert record.class_meters.shape[1:3] == (len(SIDES), len(CLASSES))


def test_the_world_of_one_episode_ends_when_its_families_have_been_followed(scenario: Scenario, record: Record) -> None:
    brief = replace(scenario, appraisal=replace(scenario.appraisal, answer=AnswerSpec(follow_up_months=12.0)))
    sooner = replicate(brief, 0)
    assert sooner.meters.tobytes() == record.meters.tobytes()
    assert sooner.class_meters.tobytes() == record.class_meters.tobytes()
    np.testing.assert_array_equal(sooner.cohort_meters, record.cohort_meters[:, :, :, :, :12])
    np.testing.assert_array_equal(sooner.cohort_starts, record.cohort_starts[..., :12])
