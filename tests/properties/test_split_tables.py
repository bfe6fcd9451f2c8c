"""A chain whose tables are split into groups moves as one whose table is whole, in every solver.

Theory: what never meets in one factor may be tabulated apart, and the tables multiply. The products are the same but
for the last bits of a float64, so that of some ten thousand draws, multiples of 2^-52, none falls between the two; and
means agree at 1e-12. Tables are split wherever they can be by leaving no room for merging them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from sim.config.loading import load
from sim.engine.counts.record import Record
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.exact.expect import expect_record
from sim.engine.solvers.families import replicate
from sim.model.compiled import tables
from sim.model.compiled.model import compile_model
from sim.model.spec import Model, Scenario
from tests.places import TOY
from tests.properties.test_simulate_against_expect import family_of_three
from tests.strategies import FIXED, make_chain, make_effect, make_model, make_scenario, random_models

SIMULATED = ("stocks", "flows", "meters", "waits", "queue", "team")


def split(run: Callable[[Scenario], Record], scenario: Scenario) -> Record:
    """Solve with tables apart wherever they may be; as another scenario, or the compiled one would be taken again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "GROUP_CELLS", 0)
        return run(replace(scenario))


def pulled() -> Model:
    """A hub that four others push to both sides, so that hazards of both sides are in several groups."""
    pushes = {f"push{i}": make_chain(f"push{i}", "no yes", {"no -> yes": 0.2, "yes -> no": 0.4}) for i in range(4)}
    hub = make_chain(
        "hub", "a b c d", {"a -> b": 0.9, "b -> a": 0.2, "b -> c": 1.2, "b -> d": 0.4, "c -> b": 2.0, "d -> a": 1.5}
    )
    worsen, improve = ["a -> b", "b -> c", "b -> d"], ["b -> a", "c -> b", "d -> a"]
    effects = [
        make_effect(name, {"hub": worsen if i % 2 else improve}, f"{name} == yes", 1.5 + i / 3)
        for i, name in enumerate(pushes)
    ]
    return make_model([*pushes.values(), hub], 4000, 6, effects=tuple(effects))


def groups(scenario: Scenario) -> int:
    compiled = compile_model(scenario.worlds[0].model)
    return max(len(program.groups) for program in compiled.programs.values())


def assert_alike(one: Record, other: Record) -> None:
    for name in SIMULATED:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


def test_split_tables_have_several_groups() -> None:
    assert groups(make_scenario(pulled())) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "GROUP_CELLS", 0)
        assert groups(make_scenario(pulled())) == 4
        assert groups(make_scenario(family_of_three())) > 1


@pytest.mark.parametrize("scheme", ["bytes", "plain"])
def test_rows_make_the_same_moves(scheme: str) -> None:
    three = family_of_three()
    few = replace(three, units=(replace(three.units[0], size=4000), *three.units[1:]))
    for model in (pulled(), few):
        scenario = make_scenario(model, seed=3)
        assert_alike(replicate(scenario, 0, scheme), split(lambda s: replicate(s, 0, scheme), scenario))


def test_rows_of_the_toy_with_everything_make_the_same_moves() -> None:
    scenario = load(TOY, ["units.family.size=600"])
    assert_alike(replicate(scenario, 0), split(lambda s: replicate(s, 0), scenario))


@given(model=random_models(size=800, steps=4))
@settings(FIXED, max_examples=10)
def test_rows_of_random_models_make_the_same_moves(model: Model) -> None:
    scenario = make_scenario(model, seed=14)
    assert_alike(replicate(scenario, 0), split(lambda s: replicate(s, 0), scenario))
    whole, apart = expect_record(scenario), split(expect_record, scenario)
    np.testing.assert_allclose(whole.stocks, apart.stocks, rtol=1e-12, atol=1e-9)


def test_the_expectation_and_lives_by_the_day_are_the_same() -> None:
    scenario = make_scenario(pulled(), seed=3)
    whole, apart = expect_record(scenario), split(expect_record, scenario)
    np.testing.assert_allclose(whole.flows, apart.flows, rtol=1e-12, atol=1e-9)
    few = make_scenario(replace(pulled(), queues="per_family", units=(replace(pulled().units[0], size=300),)), seed=3)
    assert_alike(replicate_families(few, 0), split(lambda s: replicate_families(s, 0), few))
