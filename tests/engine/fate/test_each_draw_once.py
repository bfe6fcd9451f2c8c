"""No random number serves two decisions: everything that is scrambled in a run is scrambled once.

Every draw is the scrambled value of (key + counter x golden gamma), and scrambling is a bijection of 64-bit words, so
two decisions share a number exactly if one such word is scrambled twice. In a run of one world all of them are
collected: some hundred thousand words, of which a pair would agree by chance once in 10^9 runs. Three things count
once although they are read again: a family's luck with a broker, at every meeting of the service; how many arrive and
at what hour, when rows are laid out and when they come (whoever takes a place over needs no hour); and padding, which
has no number of its own. Who takes a family's place in the very first step has its first states, so those of the
opening stand apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from sim.config.loading import load
from sim.engine import kernels
from sim.engine.fate import draws, uniforms
from sim.engine.people import demography, population
from sim.engine.solvers import run as engine
from sim.engine.solvers.by_day import family, months
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.families import replicate
from sim.engine.teams import meeting
from sim.model.spec import Model, Scenario, Trait, Unit
from tests.places import TOY
from tests.properties.test_codes_afresh import lively_models
from tests.strategies import FIXED, make_chain, make_fire, make_model, make_scenario, watch

FALSE_ALARM = 1e-6
MIX, ONE, BROKERED_BY, ARRIVALS, open_world = (
    draws.mix, family.one_uniform, meeting._brokered, demography.arrivals, engine.open_world,
)  # fmt: skip
IN_TIME = (
    "chains.school.probabilities=null",
    "chains.school.rates={attending -> truant: 0.4, truant -> attending: 2}",
    "queues=per_family",
)


@pytest.fixture(autouse=True)
def _drawn_in_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are seen where NumPy scrambles them; compiled code draws the same ones."""
    monkeypatch.setattr(kernels, "ON", False)


def scrambled(run: Callable[[], object]) -> tuple[np.ndarray, np.ndarray]:
    """Run and list every word that was scrambled, (word,), those of the opening apart."""
    seen: list[np.ndarray] = []
    opening: list[np.ndarray] = []
    lasting: dict[str, list[np.ndarray]] = {}

    def mix(words: np.ndarray) -> np.ndarray:
        found, counts = np.unique(words, return_counts=True)
        padded = (counts > 1).sum() == 1
        seen.append(found if padded else words.copy().reshape(-1))
        return MIX(words)

    def one(stream: int, number: int) -> float:
        seen.append(np.array([(stream + (number + 1) * int(draws.GAMMA)) % 2**64], np.uint64))
        return ONE(stream, number)

    def kept(name: str, call: Callable[[], object]) -> object:
        before = len(seen)
        found = call()
        words = np.concatenate([*seen[before:], np.zeros(0, np.uint64)])
        assert len(np.unique(words)) == len(words), name
        lasting.setdefault(name, []).append(words)
        del seen[before:]
        return found

    def opened(*given: Any) -> None:
        before = len(seen)
        open_world(*given)
        opening.extend(seen[before:])
        del seen[before:]

    with pytest.MonkeyPatch.context() as patch:
        for module in (draws, uniforms):
            patch.setattr(module, "mix", mix)
        patch.setattr(family, "one_uniform", one)
        patch.setattr(engine, "open_world", opened)
        patch.setattr(meeting, "_brokered", lambda *given: kept(f"brokers of {given[1]}", lambda: BROKERED_BY(*given)))
        for module in (demography, population):
            patch.setattr(module, "arrivals", lambda *given: kept("arrivals", lambda: ARRIVALS(*given)))
        patch.setattr(months, "uniform", lambda *given: kept("hour of arrival", lambda: draws.uniform(*given)))
        run()
    once = [np.unique(np.concatenate(words)) for words in lasting.values()]
    return np.concatenate([*seen, *once]), np.concatenate([*opening, np.zeros(0, np.uint64)])


def assert_once(run: Callable[[], object], fewest: int) -> None:
    for words in (found := scrambled(run)):
        assert len(np.unique(words)) == len(words)
    assert len(found[0]) >= fewest


def one_world(scenario: Scenario) -> Scenario:
    return replace(scenario, worlds=scenario.worlds[:1])


def test_in_the_toy_with_everything() -> None:
    """Births, ages, replaced families, fires up and down, brokers, absence, and posts lost and filled."""
    sets = ("units.family.size=700", "services.keyworker.brokers={need_service: 0.5}")
    scenario = one_world(load(TOY, list(sets)))
    assert_once(lambda: replicate(scenario, 0), 50_000)
    words = [np.concatenate(scrambled(lambda r=r: replicate(scenario, r))) for r in (0, 1)]  # type: ignore[misc]
    assert not np.intersect1d(*words).size, "replications share draws"


def test_in_the_toy_lived_by_the_day() -> None:
    scenario = one_world(load(TOY, ["units.family.size=300", "clock.steps=16", *IN_TIME]))
    assert_once(lambda: replicate_families(scenario, 0), 5_000)


def test_in_an_open_population() -> None:
    arriving = replace(Unit("family", 200), arrivals_per_step=20.0, warm_up=3)
    chain = make_chain("stay", "in half out", {"in -> half": 0.5, "half -> out": 0.3}, {"half": 0.5})
    model = make_model([chain], 200, 20, units=(arriving,))
    assert_once(lambda: replicate(make_scenario(model, seed=3), 0), 2_000)


@given(model=lively_models())
@settings(FIXED, max_examples=5)
def test_in_random_models(model: Model) -> None:
    assert_once(lambda: replicate(make_scenario(model, seed=6), 0), 100)


def assert_independent(one: np.ndarray, other: np.ndarray) -> None:
    """Chi-square test of two decisions, each a class of a row, (row,)."""
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = ((table - expected) ** 2 / expected).sum()
    assert stats.chi2.sf(statistic, (table.shape[0] - 1) * (table.shape[1] - 1)) > FALSE_ALARM


def final_states(model: Model) -> list[np.ndarray]:
    record = replicate(make_scenario(model, seed=17), 0, keep_states=True)
    assert record.final_states is not None
    return [record.final_states[0, chain.name][: model.units[0].size] for chain in model.chains]


def test_two_fires_of_one_move_are_independent() -> None:
    """Everybody moves, and each of two other chains is fired with a half."""
    fires = (make_fire(["a -> b"], "left", "no", "yes", 0.5), make_fire(["a -> b"], "right", "no", "yes", 0.5))
    first = make_chain("first", "a b", {"a -> b": 1.0}, kind="probabilities", fires=fires)
    others = [make_chain(name, "no yes", {"no -> yes": 0.0}) for name in ("left", "right")]
    _, left, right = final_states(make_model([first, *others], 4096, 1))
    assert_independent(left, right)
    assert 0.4 < left.mean() < 0.6


def test_fires_of_one_row_in_two_steps_are_independent() -> None:
    """Of those not fired in the first step half are in the second: 1/2, 1/4 and 1/4 in the end, if each has a draw."""
    fire = make_fire(["a -> b", "b -> c"], "hit", "no", "yes", 0.5)
    first = make_chain("first", "a b c", {"a -> b": 1.0, "b -> c": 1.0}, kind="probabilities", fires=(fire,))
    hit = make_chain("hit", "no yes once", {"yes -> once": 1.0}, kind="probabilities")
    model = make_model([hit, first], 4096, 2)
    found = np.bincount(final_states(model)[0], minlength=3) / 4096
    assert np.abs(found - [0.25, 0.25, 0.5]).max() < 5 * 0.5 / 64


def test_first_states_and_ages_of_successive_families_are_independent() -> None:
    """All families are replaced at every step, so first states and ages of one place are independent over time."""
    root = Unit("family", 4096, leaves_rate=1e6, replace=True)
    units = (root, Unit("child", of="family", number="children", age_steps=(0, 7), leaves_age_steps=40))
    chains = [
        make_chain("mood", "a b c", {"a -> b": 0.0}, {"b": 0.3, "c": 0.3}),
        make_chain("play", "a b", {"a -> b": 0.0}, {"b": 0.5}, unit="child"),
    ]
    model = make_model(chains, 4096, 3, units=units, traits=(Trait("children", (1.0,), (1.0,)),))
    seen: list[tuple[np.ndarray, ...]] = []

    def look(step: int, line) -> None:
        world = line.world
        children = world.population.rows["child"]
        here, root_here = children.active, world.root.active
        seen.append((world.state["mood"][root_here], world.state["play"][here], step - children.born[here]))
        seen[-1] = tuple(np.array(x, np.int64) for x in seen[-1])

    replicate(make_scenario(model, seed=5), 0, observe=look)
    for before, after in pairwise(seen):
        for one, other in zip(before, after, strict=True):
            assert_independent(one, other)


BROKERED = """
title: A key worker who brokers two services
sources: optional
clock: {step: month, steps: 3}
units: {family: {size: 4096}}
chains: {need: {states: [absent, present], start: {present: 1}, rates: {present -> absent: 0}}}
services:
  left: &queue
    kind: discretionary
    refer: {when: need == present, rate: 1000}
    engaged: 4 months
    team: {workers: {total: 0}, caseload: 5}
    priority: [wait desc]
  right: *queue
  worker:
    kind: discretionary
    refer: {when: need == present, rate: 1000}
    engaged: 1000000 months
    team: {workers: {total: 5000}, caseload: 1}
    priority: [wait desc]
    brokers: {left: 0.5, right: 0.5}
"""


def test_two_brokered_services_are_independent(tmp_path) -> None:
    """A key worker finds places in two queues for the same families: with a half in each, for a quarter in both."""
    path = tmp_path / "brokered.yaml"
    path.write_text(BROKERED, encoding="utf-8")
    scenario = load(path)
    stream = draws.key(scenario.seed, "replication", 0)

    def look(step: int, line) -> tuple[np.ndarray, ...]:
        rows = np.arange(4096)
        assert step < 1 or line.world.engaged["worker"][line.world.state["worker"][rows]].all()
        found = [meeting.priority_class(line.world, name, rows, stream) for name in ("left", "right")]
        return tuple((classes == 0).astype(np.int64) for classes in found)

    found = watch(scenario, look)
    left, right = found[-1]
    assert_independent(left, right)
    assert abs(left.mean() - 0.5) < 5 * 0.5 / 64
    assert np.array_equal(left, found[-2][0]), "luck with a broker lasts"
