"""What rows can reach: tables that leave the rest out make the same counts, and worlds alike there are one history.

Theory: a state is reached if and only if a path of moves of positive chance leads there from a start. What never holds
multiplies nothing, so leaving it out changes no number: equality is exact. A reach that is too small stops the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.engine.counts.record import Record
from sim.engine.solvers import run as runs
from sim.engine.solvers.families import replicate
from sim.language.evaluate import parse
from sim.model.compiled.model import Compiled, compile_model
from sim.model.compiled.reach import Reach
from sim.model.compiled.worlds import alike, compile_scenario
from sim.model.handover import all_handed
from sim.model.spec import Memory, Model, Parameter, Scenario, Stock, Team, Trait, Unit, World
from tests.places import TOY
from tests.strategies import (
    FIXED,
    make_chain,
    make_effect,
    make_fire,
    make_model,
    make_scenario,
    make_service,
    random_models,
    with_service,
)

ARRAYS = [f.name for f in fields(Record) if f.name not in ("engine_seconds", "replication", "final_states")]
MOOD = make_chain("mood", "well low bad", {"well -> low": 0.4, "low -> bad": "worse", "bad -> well": 0.3})
TEAM = Team({"all": 3.0}, 2.0)


def model(*chains, worse: str = "0.5", **rest) -> Model:
    rest = {"parameters": {"worse": Parameter("worse", parse(worse))}, **rest}
    return make_model([MOOD, *chains], 400, 12, **rest)


def reached(reach: Reach, chain: str) -> list[str]:
    states = reach.model.chain(chain).states
    return [state for state, there in zip(states, reach.states[chain], strict=True) if there]


def in_full(scenario: Scenario) -> dict[str, Compiled]:
    """Compile every world with everything in its tables."""
    return {world.name: compile_model(world.model) for world in scenario.worlds}


def same(one: Record, other: Record) -> None:
    for name in ARRAYS:
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None and b is None) or a.tobytes() == b.tobytes(), name


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Callable[[Scenario], Record]:
    """Run a scenario with what cannot be reached left out and with all of it: give the record, the same in both."""

    def run(scenario: Scenario) -> Record:
        thin = replicate(scenario, 0)
        with monkeypatch.context() as patch:
            patch.setattr(runs, "compile_scenario", in_full)
            same(thin, replicate(scenario, 0))
        return thin

    return run


@pytest.mark.parametrize(
    ("worse", "expected"),
    [
        ("0.5", ["well", "low", "bad"]),
        ("0", ["well", "low"]),
        ("0 * cycle", ["well", "low"]),
        ("0.5 * (cycle >= 11)", ["well", "low", "bad"]),  # in the last step alone
        ("0.5 * (cycle >= 12)", ["well", "low"]),  # the run ends before
        ("total(mood == low) * 0", ["well", "low", "bad"]),  # totals may be anything
    ],
)
def test_a_state_is_reached_by_moves_of_positive_rate_at_some_step(worse, expected):
    assert reached(Reach(model(worse=worse)), "mood") == expected


def test_effects_memories_counts_and_fires_open_states_only_where_they_can_hold():
    """`mind` fires `care`, which needs the mood to have been bad: each link of the way is needed."""
    mind = make_chain("mind", "calm upset", {"calm -> upset": "0.2 * (bad_months >= 1)"},
                      fires=(make_fire(["calm -> upset"], "care", "home", "away"),))  # fmt: skip
    care = make_chain("care", "home away", {"away -> home": 0.1})
    memories = (Memory("bad_months", parse("mood == bad"), 3),)
    blocked = make_effect("blocked", {"mood": ["low -> bad"]}, "mood >= well", 0.0)
    for effects, states in (((), ["home", "away"]), ((blocked,), ["home"])):
        reach = Reach(model(mind, care, memories=memories, effects=effects))
        assert reached(reach, "care") == states
        assert ("mind" in reach.turning) == (not effects)


def test_who_waits_may_be_let_in_and_where_nobody_is_referred_nobody_is():
    """With no referral, or no posts now or to come, the service is still, and costs nothing."""
    for rate, posts, there in ((0.5, 1.0, True), (0.0, 1.0, False), (0.5, 0.0, False)):
        team = replace(TEAM, workers={"all": posts})
        help_ = make_service("help", refer_rate=parse(rate), engaged_steps=3.0, team=team)
        reach = Reach(model(help_))
        assert ("engaged" in reached(reach, "help")) == there
        assert ("help" in reach.turning) == there


@pytest.mark.parametrize(("rule", "there"), [("finish", False), ("close", False), ("transfer", True)])
def test_a_regime_keeps_what_its_past_reached_and_what_is_handed_over(rule, there, both):
    """One service ends and another opens, to whom nobody is referred: only a transfer brings families there."""
    old = make_service("old", refer_rate=parse(2.0), engaged_steps=5.0, team=TEAM)
    new = make_service("new", refer_rate=parse(0.0), engaged_steps=5.0, team=replace(TEAM, workers={"all": 0.0}))
    before = model(old, new)
    shut = (replace(c, service=replace(c.service, team=replace(TEAM, workers={"all": n}))) for c, n in
            ((old, 0.0), (new, 9.0)))  # fmt: skip
    after = replace(before, chains=(MOOD, *shut))
    past, later = Reach(before), World("later", "later", "as_written", after, start=5, handover=rule)
    reach = Reach(after, past, all_handed(before, later).values(), rule)
    assert ("engaged" in reached(reach, "new")) == there
    assert all(reach.states[name][states].all() for name, states in past.states.items())
    counts = both(make_scenario(before, later=later))
    assert bool(counts.queue[1, 1, 3]) == there  # admitted to the new one


@FIXED
@given(st.data())
def test_random_models_count_the_same_without_what_cannot_be_reached(data):
    """A third of all moves are made impossible, so that much can be left out."""
    made = data.draw(random_models(size=300, steps=5))
    if data.draw(st.booleans()):
        made = data.draw(with_service(made))
    chains = tuple(
        replace(c, transitions=tuple(replace(t, expression=parse("0")) if t.expression and data.draw(st.integers(0, 2))
                                     == 0 else t for t in c.transitions)) for c in made.chains
    )  # fmt: skip
    scenario = make_scenario(replace(made, chains=chains))
    thin = replicate(scenario, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "compile_scenario", in_full)
        same(thin, replicate(scenario, 0))


def test_the_toy_with_everything_counts_the_same(both):
    both(sim.load(TOY))


def histories(scenario: Scenario) -> int:
    made: set[int] = set()
    replicate(scenario, 0, observe=lambda step, line: made.add(id(line)))
    return len(made)


def two_sets(one: Model, other: Model) -> Scenario:
    worlds = (World("base/a", "base", "a", one), World("base/b", "base", "b", other))
    return Scenario("", "", worlds, "base", seed=3)


HELPS = {"mood": ["low -> bad"]}
UNSEEN = make_effect("help works", HELPS, "help == engaged", 0.5)


@pytest.mark.parametrize(
    ("rate", "change", "one"),
    [
        (0.0, {"effects": (replace(UNSEEN, times=parse(0.9)),)}, True),  # an effect of help that nobody gets
        (0.5, {"effects": (replace(UNSEEN, times=parse(0.9)),)}, False),
        (0.0, {"parameters": {"worse": Parameter("worse", parse("0.6"))}}, False),
        (0.0, {"stocks": (Stock("worry", "level", parse("total(mood == bad)")),)}, False),
        (0.0, {"effects": (replace(UNSEEN, times=parse("total(mood == bad)")),)}, False),  # may be anything: kept apart
    ],
)
def test_worlds_that_differ_for_nobody_are_one_history(rate, change, one, both):
    help_ = make_service("help", refer_rate=parse(rate), engaged_steps=3.0, team=TEAM)
    worry = (Stock("worry", "level", parse("total(mood == low)")),)
    base = model(help_, effects=(UNSEEN,), stocks=worry)
    scenario = two_sets(base, replace(base, **change))
    assert histories(scenario) == (1 if one else 2)
    both(scenario)
    compiled = compile_scenario(scenario)
    assert alike(compiled["base/a"], compiled["base/b"]) == one


@pytest.mark.parametrize(("rate", "one"), [(0.0, True), (0.5, False)])
def test_how_long_help_lasts_that_nobody_gets_keeps_no_worlds_apart(rate, one, both):
    """A lever on help alone leaves the worlds without it as they are: their months need not be run again."""
    short, long = (
        make_service("help", refer_rate=parse(rate), engaged_steps=steps, aftercare_steps=2 * steps, team=TEAM)
        for steps in (3.0, 9.0)
    )
    scenario = two_sets(model(short, effects=(UNSEEN,)), model(long, effects=(UNSEEN,)))
    assert histories(scenario) == (1 if one else 2)
    both(scenario)


@pytest.mark.parametrize("inside", ["total(mood >= limit) / 400", "any(care >= limit)"])
def test_what_stands_inside_totals_and_counts_keeps_worlds_apart(inside, both):
    """The value of `limit` shows in no table: only who is counted depends on it."""
    care = make_chain("care", "home plan away", {"home -> plan": 0.3, "plan -> away": 0.3}, unit="child")
    units = (Unit("family", 400), Unit("child", of="family", number="children"))
    made = [
        model(
            care, units=units, traits=(Trait("children", (1.0, 2.0), (0.5, 0.5)),),
            parameters={"worse": Parameter("worse", parse("0.5")), "limit": Parameter("limit", parse(limit))},
            effects=(make_effect("seen", HELPS, f"({inside}) > 0.1", 0.1),),
        )
        for limit in ("1", "2")
    ]  # fmt: skip
    compiled = compile_scenario(two_sets(*made))
    assert not alike(compiled["base/a"], compiled["base/b"])
    record = both(two_sets(*made))
    assert (record.stocks[0] != record.stocks[1]).any()


def test_siloed_services_are_one_history_under_all_evidence_on_key_workers():
    scenario = sim.load("national")
    compiled = compile_scenario(scenario)
    for regime in ("siloed", "best_use"):
        assert alike(compiled[f"{regime}/measured"], compiled[f"{regime}/claimed_bound"])
    assert not alike(compiled["integrated/measured"], compiled["integrated/claimed_bound"])


def test_a_row_where_none_was_thought_to_come_stops_the_run(monkeypatch):
    class TooSmall(Reach):
        def __init__(self, *args):
            super().__init__(*args)
            self.states["mood"] = np.array([True, True, False])

    monkeypatch.setattr("sim.model.compiled.worlds.Reach", TooSmall)
    with pytest.raises(AssertionError, match="mood: rows were in states"):
        replicate(make_scenario(model()), 0)
