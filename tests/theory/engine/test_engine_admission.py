"""Allocation meetings worked by hand, family by family: who is let in, in which order, and when.

Theory: brokered cases first, then the service's order of priority, then the longest wait, then a fixed random order
that depends on the family alone. Everything here is exact except the brokered share, a binomial at 1e-6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from sim.engine.counts.layout import area_slots
from sim.engine.fate.draws import key, words
from sim.engine.moves.opening import open_world
from sim.engine.moves.world import MovingWorld
from sim.engine.people.population import make_population
from sim.engine.teams.meeting import hold_meeting
from sim.language.evaluate import parse
from sim.model.compiled.model import compile_model, first_moment
from sim.model.spec import Areas, Model, Team, Trait
from tests.strategies import make_chain, make_model, make_service

STREAM = key(1, "replication", 0)
CRISIS = {"stable": 0, "strained": 1, "acute": 2}


def model(size: int = 8, areas: tuple[str, ...] = ("north",), **service: Any) -> Model:
    """Families with a state of crisis, a key worker and a specialist; nothing moves by itself."""
    crisis = make_chain("crisis", "stable strained acute", {"stable -> strained": 0.0})
    options = {"team": Team({}, 1), "engaged_steps": 6.0, "patience_steps": 1e9, "refer_rate": parse(0.0)}
    keyworker = make_service("keyworker", **{**options, **service})
    specialist = make_service("specialist", **options, priority=(("crisis", True),))
    places = Areas(areas, tuple(1.0 for _ in areas), tuple(False for _ in areas))
    return make_model([crisis, keyworker, specialist], size, 12, 1 / 12, areas=places)


def opened(built: Model) -> MovingWorld:
    """Open a world at step 0, everyone out of help; areas are dealt out in turn: north, south, north ..."""
    population = make_population(built, 1, 0)
    rows = population.rows["family"]
    rows.area = np.maximum(rows.ids, 0) % len(built.areas.names)
    compiled = compile_model(built)
    world = MovingWorld(compiled, population, area_slots(built), STREAM)
    open_world(world, STREAM, first_moment(compiled))
    world.index(first_moment(compiled))
    return world


def put(world: MovingWorld, chain: str, state: str, *families: int) -> None:
    """Move families (by number; in one stratum that is their row) to a state."""
    number = next(i for i, name in enumerate(world.chains[chain].states) if name.startswith(state))
    world.move(chain, np.array(families), number)


def wait_from(world: MovingWorld, step: int, *families: int, service: str = "keyworker") -> None:
    world.step = step
    put(world, service, "waiting", *families)


def meet(world: MovingWorld, step: int, *places: int, service: str = "keyworker", stream: int = STREAM) -> list[int]:
    """Hold a meeting; give the families admitted, in order of number."""
    world.step = step
    return sorted(hold_meeting(world, service, np.array(places), stream).rows.tolist())


def test_the_longest_wait_comes_first():
    # 5 came in month 0; 2 and 7 in month 1; 0 in month 2. Two places a month, each stays: 5, then one of 2 and 7 ...
    world = opened(model())
    wait_from(world, 0, 5)
    wait_from(world, 1, 2, 7)
    wait_from(world, 2, 0)
    first = meet(world, 2, 2)
    assert 5 in first
    assert set(first) < {5, 2, 7}
    assert set(first) | set(meet(world, 3, 3)) == {5, 2, 7}
    assert meet(world, 4, 4) == [0]
    assert meet(world, 5, 9) == []


def test_waits_are_whole_steps_since_joining():
    world = opened(model())
    wait_from(world, 0, 5)
    wait_from(world, 3, 1)
    world.step = 7
    admission = hold_meeting(world, "keyworker", np.array([9]), STREAM)
    assert dict(zip(admission.rows.tolist(), admission.waits.tolist(), strict=True)) == {5: 7, 1: 4}


def test_priority_leads_and_wait_decides_among_equals():
    # 0 stable since month 0, 1 strained since month 0, 2 acute since month 2, 3 strained since month 1.
    world = opened(model(priority=(("crisis", True), ("wait", True))))
    put(world, "crisis", "strained", 1, 3)
    put(world, "crisis", "acute", 2)
    wait_from(world, 0, 0, 1)
    wait_from(world, 1, 3)
    wait_from(world, 2, 2)
    assert [meet(world, step, places) for step, places in ((2, 1), (3, 2), (4, 3), (5, 4))] == [[2], [1], [3], [0]]


def test_priority_reads_the_state_at_the_meeting():
    world = opened(model(priority=(("crisis", True),)))
    wait_from(world, 0, 0, 1)
    put(world, "crisis", "acute", 1)
    assert meet(world, 1, 1) == [1]
    put(world, "crisis", "stable", 1)
    assert meet(world, 2, 2) == [0]


def test_the_least_urgent_may_come_first():
    world = opened(model(priority=(("crisis", False),)))
    put(world, "crisis", "acute", 0)
    wait_from(world, 0, 0)
    wait_from(world, 1, 1)
    assert meet(world, 1, 1) == [1]


def test_two_criteria_the_first_leads():
    # By number of children (desc), then crisis (desc): 3 children stable before 1 child acute.
    many = replace(model(size=400), traits=(Trait("children", (1.0, 3.0), (0.5, 0.5)),))
    chains = tuple(
        replace(c, service=replace(c.service, priority=(("children", True), ("crisis", True)))) if c.service else c
        for c in many.chains
    )
    world = opened(replace(many, chains=chains))
    large = np.flatnonzero(world.root.traits["children"][:400] == 1)
    small = np.flatnonzero(world.root.traits["children"][:400] == 0)
    put(world, "crisis", "acute", small[0], large[1])
    wait_from(world, 0, *small[:2], *large[:2])
    assert [meet(world, step, step) for step in (1, 2, 3, 4)] == [[large[1]], [large[0]], [small[0]], [small[1]]]


def test_areas_have_their_own_places():
    # north: 0, 2, 4, 6; south: 1, 3, 5, 7. North has 2 places, one of them taken; south has none, then 3.
    world = opened(model(areas=("north", "south")))
    put(world, "keyworker", "engaged", 6)
    wait_from(world, 0, 0, 1)
    wait_from(world, 1, 2, 3, 4, 5)
    assert meet(world, 1, 2, 0) == [0]
    assert meet(world, 2, 2, 3)[0] == 1
    assert world.busy["keyworker"].tolist() == [2, 3]


def test_places_that_went_away_keep_their_cases_and_admit_nobody():
    world = opened(model())
    put(world, "keyworker", "engaged", 0, 1, 2)
    wait_from(world, 0, 5)
    assert meet(world, 1, 2) == []
    assert world.busy["keyworker"].tolist() == [3]
    put(world, "keyworker", "closed", 0, 1)
    assert meet(world, 2, 2) == [5]


def test_ties_are_settled_by_a_hash_of_the_family():
    """All came in one step: they stand in the order of their hashed number; the first n for any n, and in any world."""
    order = np.argsort(words(key(STREAM, "tie", "keyworker", 0), np.arange(8))).tolist()
    for n in range(1, 9):
        world = opened(model())
        wait_from(world, 0, *reversed(range(8)))
        assert meet(world, 0, n) == sorted(order[:n])
    other = opened(model())
    wait_from(other, 0, *range(8))
    assert meet(other, 0, 3, stream=key(2)) != sorted(order[:3])


def test_who_leaves_the_queue_and_comes_back_stands_at_the_end():
    world = opened(model())
    wait_from(world, 0, 3)
    wait_from(world, 1, 4)
    put(world, "keyworker", "dropped_out", 3)
    wait_from(world, 2, 3)
    assert meet(world, 2, 1) == [4]
    assert meet(world, 3, 2) == [3]
    assert meet(world, 4, 8) == []


def test_a_brokered_case_goes_before_the_most_urgent():
    """The key worker brokers every case of hers: 2 is hers and stable, 1 is acute and came first."""
    world = opened(model(brokers={"specialist": 1.0}))
    put(world, "keyworker", "engaged", 2)
    put(world, "crisis", "acute", 1)
    wait_from(world, 0, 1, service="specialist")
    wait_from(world, 1, 2, service="specialist")
    assert meet(world, 1, 1, service="specialist") == [2]
    put(world, "keyworker", "closed", 2)
    assert meet(world, 2, 2, service="specialist") == [1]


def brokered_cases(share: float) -> list[int]:
    """List who of 4,000 cases of the key worker goes before 96 families who came earlier, one place at a time."""
    world = opened(model(size=4096, brokers={"specialist": share}))
    put(world, "keyworker", "engaged", *range(96, 4096))
    wait_from(world, 0, *range(96), service="specialist")
    wait_from(world, 1, *range(96, 4096), service="specialist")
    lucky: list[int] = []
    for step in range(1, 4096):
        admitted = meet(world, step, step, service="specialist")
        if admitted[0] < 96:
            break
        lucky += admitted
    return lucky


def test_a_share_is_brokered_and_always_the_same_families():
    """30% of her cases, decided by the family alone: the same ones whenever asked, and a part of any larger share."""
    some, more = brokered_cases(0.3), brokered_cases(0.4)
    assert some == brokered_cases(0.3)
    assert set(some) < set(more)
    for lucky, share in ((some, 0.3), (more, 0.4)):
        assert stats.binom.cdf(len(lucky), 4000, share) > 1e-6
        assert stats.binom.sf(len(lucky) - 1, 4000, share) > 1e-6
    assert brokered_cases(0.0) == []


def test_a_rule_of_ones_own():
    """A priority rule written in Python: families in acute crisis first, everyone else after, by their wait."""

    def rule(carried: Mapping[str, np.ndarray]) -> np.ndarray:
        assert {"crisis", "keyworker"} <= set(carried)
        return np.where(carried["crisis"] == CRISIS["acute"], 0, 1)

    world = opened(model(priority=rule))
    put(world, "crisis", "acute", 6)
    wait_from(world, 0, 0, 1)
    wait_from(world, 1, 6)
    assert meet(world, 1, 1) == [6]
