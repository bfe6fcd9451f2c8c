"""What a world keeps up to date by small changes equals what it would work out afresh, at every step, in every regime.

Theory: conditions, counts over children, memories, occupancy, cases in help and queues are all functions of the
states; keeping them by differences is only a quicker way to the same integers. The toy has births, birthdays, families
that leave and are replaced, fires between units, memories, brokering and two regimes that part during the run.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.moves.world import MovingWorld
from sim.engine.solvers.families import Line, replicate
from sim.model.spec import Scenario
from tests.afresh import conditions_hold, occupancy_holds, queues_hold
from tests.places import TOY, language


@cache
def toy(*sets: str) -> Scenario:
    return sim.load(TOY, sets)


def check(scenario: Scenario, look, replication: int = 0) -> int:
    """Let ``look`` examine every history after every step; give how many times it did."""
    seen = []

    def observe(step: int, line: Line) -> None:
        look(line.world)
        seen.append((step, line.regime))

    replicate(scenario, replication, observe=observe)
    return len(seen)


STEPS = 36 + 24 - 9 + 24 - 14
"""Three histories: all 36 months (12 of them warm-up), and from months 9 and 14 on."""


@pytest.mark.parametrize("replication", [0, 1])
def test_conditions_are_what_codes_worked_out_afresh_say(replication: int):
    assert check(toy(), conditions_hold, replication) == STEPS


def test_the_example_of_the_language(tmp_path: Path):
    """The first config of docs/language.md, with fewer families: 24 months of warm-up, 60 more, two regimes from 12."""
    text = language()
    path = tmp_path / "example.yaml"
    path.write_text(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0], encoding="utf-8")
    scenario = sim.load(path, ["units.family.size=600"])

    def look(world: MovingWorld) -> None:
        for hold in (conditions_hold, occupancy_holds, queues_hold):
            hold(world)

    assert check(scenario, look) == 84 + 48


@pytest.mark.parametrize("look", [conditions_hold, occupancy_holds, queues_hold])
def test_what_is_counted_equals_a_count_afresh(look):
    assert check(toy(), look) == STEPS


@pytest.mark.parametrize("look", [occupancy_holds, conditions_hold, queues_hold])
def test_the_same_when_services_are_inert_and_cases_are_closed(look):
    sets = ("effect_set=[no_effect]", "regimes.handed_over.handover=close")
    assert check(toy(*sets), look, replication=2) == STEPS


def test_memories_are_the_months_that_were():
    """``bad_months`` is the number of the last 6 months that ended in crisis or worse, since the family came."""
    past: dict[str, list[np.ndarray]] = {}
    born: dict[str, np.ndarray] = {}

    def look(world: MovingWorld) -> None:
        regime = str(id(world))
        if regime not in past:  # a history that parts takes over the past of the baseline
            past[regime] = list(past["first"]) if "first" in past else []
            past.setdefault("first", past[regime])
        now = world.state["crisis"] >= 2
        past[regime].append(now)
        born[regime] = world.root.born
        recent = past[regime][-6:]
        age = world.step - world.root.born
        counted = sum((held & (age >= back)).astype(np.int64) for back, held in enumerate(reversed(recent)))
        active = world.root.active
        assert np.array_equal(world.memory["bad_months"][active], counted[active]), world.step

    base = toy()
    alone = Scenario(base.title, base.name, base.worlds[:1], base.baseline, 1, base.seed)
    assert check(alone, look) == 36


def test_time_in_state_is_counted_from_the_move():
    """``entered`` is the step after the last move: k is 0 in the first step in a state."""
    last: dict[str, np.ndarray] = {}

    def look(world: MovingWorld) -> None:
        for name, entered in world.entered.items():
            state = world.state[name]
            if name in last:
                moved = (state != last[name]) & world.rows(name).active
                assert np.all(entered[moved] == world.step + 1)
            assert entered.max() <= world.step + 1
            last[name] = state.copy()

    base = toy()
    assert check(Scenario(base.title, base.name, base.worlds[:1], base.baseline, 1, base.seed), look) == 36
    assert {"housing", "care", "keyworker"} <= set(last)


def test_a_fire_reaches_children_and_parents_at_once():
    """An eviction puts the family in acute crisis within the step unless crisis moved on after it; care fires need."""
    before: dict[str, np.ndarray] = {}
    seen = {"evictions": 0, "taken": 0}

    def look(world: MovingWorld) -> None:
        if before and world.step > -11:
            here = world.root.active & (world.root.born < world.step)
            evicted = here & (world.state["housing"] == 2) & (before["housing"] != 2)
            seen["evictions"] += int(evicted.sum())
            assert np.isin(world.state["crisis"][evicted], [2, 3]).all()  # acute, or one step better since
            children = world.rows("care")
            taken = children.active & (world.state["care"] == 3) & (before["care"] != 3) & (children.born < world.step)
            parents = children.parent[taken]
            settled = here[parents]
            seen["taken"] += int(settled.sum())
            closed = world.state["need_service"][parents] == world.chains["need_service"].states.index("closed")
            assert (world.state["need"][parents][settled & ~closed] == 1).all()
        before.update(housing=world.state["housing"].copy(), care=world.state["care"].copy())

    base = toy()
    check(Scenario(base.title, base.name, base.worlds[:1], base.baseline, 1, base.seed), look)
    assert seen["evictions"] > 100
    assert seen["taken"] > 30
