"""Nobody's number changes for what does not concern them: equality to the last bit, on the toy with everything.

Theory: every draw is keyed by (seed, replication, chain, step, row), never by what else is in the study. So a regime is
the baseline until it starts; without effects of services every other chain is alike in all regimes however scarce the
places; and what is added at the end (replications, regimes, an independent chain, outcomes, families with open queues)
leaves every number of the others as it was. Equality is exact: no tolerance, no false alarms.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings

import sim
from sim.engine.counts.record import Record
from sim.engine.solvers.families import layout, replicate
from sim.language.evaluate import parse
from sim.model.spec import Meter, Model, Outcome, Scenario, Value
from tests.places import TOY
from tests.strategies import FIXED, make_chain, make_scenario, random_models, watch

ARRAYS = [f.name for f in fields(Record) if f.name not in ("engine_seconds", "replication", "final_states")]
START = {"integrated": 9, "handed_over": 14}
SERVICES = {"protection", "keyworker", "need_service"}


@cache
def toy(*sets: str) -> Scenario:
    return sim.load(TOY, sets)


@cache
def record(*sets: str, replication: int = 0) -> Record:
    return replicate(toy(*sets), replication, keep_states=True)


def assert_alike(one: Record, other: Record, worlds: slice = slice(None), names: tuple[str, ...] = ()) -> None:
    """Compare records bit for bit."""
    for name in names or ARRAYS:
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None), name
        if a is not None:
            assert a[worlds].tobytes() == b[worlds].tobytes(), name


def with_models(scenario: Scenario, change) -> Scenario:
    """Change every world's model alike."""
    return replace(scenario, worlds=tuple(replace(w, model=change(w.model)) for w in scenario.worlds))


def test_the_same_seed_twice_is_the_same_to_the_last_bit():
    assert_alike(record(), replicate(sim.load(TOY), 0))


def test_looking_at_everybody_in_full_changes_nothing():
    """Rows that the quick look at their draw rules out would not have moved: in every chain, regime and step."""
    assert_alike(record(), replicate(toy(), 0, scheme="plain"))


@given(model=random_models(size=800, steps=5))
@settings(FIXED, max_examples=25)
def test_looking_at_everybody_in_full_changes_nothing_in_random_models(model: Model):
    scenario = make_scenario(model, seed=14)
    assert_alike(replicate(scenario, 0), replicate(scenario, 0, scheme="plain"))


@pytest.mark.parametrize("part", ["seed=8", "replication"])
def test_another_seed_or_replication_is_another_history(part: str):
    other = record(replication=1) if part == "replication" else record(part)
    assert record().stocks.tobytes() != other.stocks.tobytes()


@pytest.mark.parametrize("regime", ["integrated", "handed_over"])
def test_a_regime_is_the_baseline_until_it_starts(regime: str):
    """Rows themselves, not sums alone; and then they differ."""
    found, worlds = record(), [w.name for w in toy().worlds]
    at, start = worlds.index(regime), START[regime]
    for name in ("stocks", "row_counts"):
        array = getattr(found, name)
        assert array[at, : start + 1].tobytes() == array[0, : start + 1].tobytes()
    for name in ("flows", "meters", "team"):
        array = getattr(found, name)
        assert array[at, :start].tobytes() == array[0, :start].tobytes()
    assert found.stocks[at].tobytes() != found.stocks[0].tobytes()


def test_a_regime_that_changes_nothing_never_differs():
    """Also after it has parted: forking, indexing anew and handing over (finish) leave no trace."""
    scenario = toy()
    same = replace(scenario.worlds[1], model=scenario.worlds[0].model, handover="finish")
    found = replicate(replace(scenario, worlds=(scenario.worlds[0], same)), 0, keep_states=True)
    for name in ARRAYS:
        array = getattr(found, name)
        if array is not None and name != "family_cost":
            assert array[0].tobytes() == array[1].tobytes(), name


@pytest.mark.parametrize("workers", ["3", "0.5", "40"])
def test_without_effects_all_but_services_is_alike_in_every_regime(workers: str):
    """Scarce, very scarce and ample places: every row of every chain that is no service, at every step."""
    sets = ("effect_set=[no_effect]", f"services.keyworker.team.workers={{north: {workers}, south: {workers}}}")
    histories: dict[str, list[bytes]] = {}

    def look(step: int, line) -> None:
        world = line.world
        others = [world.state[name].tobytes() for name in world.state if name not in SERVICES]
        histories.setdefault(line.regime, []).append(b"".join([*others, world.memory["bad_months"].tobytes()]))

    watch(toy(*sets), look)
    for regime, start in START.items():
        assert histories[regime] == histories["siloed"][12 + start :]
    found = record(*sets)
    services = np.array([name in SERVICES for _, name, _ in layout(toy(*sets)).states])
    assert found.stocks[0][:, ~services].tobytes() == found.stocks[1][:, ~services].tobytes()
    assert found.stocks[0][:, services].tobytes() != found.stocks[1][:, services].tobytes()


def test_a_regime_more_changes_no_other():
    """With and without the last regime, and with the same one under another name first."""
    scenario = toy()
    fewer = replicate(replace(scenario, worlds=scenario.worlds[:2]), 0)
    assert_alike(record(), fewer, slice(0, 2))
    swapped = replicate(replace(scenario, worlds=(scenario.worlds[0], scenario.worlds[2], scenario.worlds[1])), 0)
    for i, j in ((0, 0), (1, 2), (2, 1)):
        assert record().stocks[i].tobytes() == swapped.stocks[j].tobytes()
        assert record().waits[i].tobytes() == swapped.waits[j].tobytes()


def test_an_evidence_set_more_changes_no_other():
    both = record("effect_set=['null', no_effect]")
    inert = record("effect_set=[no_effect]")
    assert both.stocks[:3].tobytes() == record().stocks.tobytes()
    assert both.stocks[3:].tobytes() == inert.stocks.tobytes()


def test_an_independent_chain_changes_no_other():
    """A family chain and a child chain are added at the end of the order; they read and fire nothing."""
    mood = make_chain("luck", "bad good", {"bad -> good": 3.0, "good -> bad": 2.0}, {"good": 0.5})
    toys = make_chain("toys", "few many", {"few -> many": 0.1}, unit="child", kind="probabilities")

    def more(model: Model) -> Model:
        return replace(model, chains=(*model.chains, mood, toys), order=(*model.order, "luck", "toys"))

    wider = with_models(toy(), more)
    found, n = replicate(wider, 0), len(layout(toy()).states)
    assert found.stocks[:, :, :n].tobytes() == record().stocks.tobytes()
    assert found.flows[:, :, : len(layout(toy()).flows)].tobytes() == record().flows.tobytes()
    assert found.stocks[:, 12, n:].min() > 0
    assert_alike(found, record(), names=("meters", "area_meters", "waits", "area_waits", "queue", "team", "row_counts"))


def test_an_outcome_more_changes_no_number():
    """Meters, values and outcomes only look."""

    def more(model: Model) -> Model:
        meter = Meter("truants in trouble", "while", "child", when=parse("school >= truant and crisis >= acute"))
        fired = Meter("evictions", "on", "family", chain="housing", moves=(("at_risk", "evicted"),))
        worth = tuple(Value(m.name, {"trouble": parse(1.0)}) for m in (meter, fired))
        outcomes = (*model.outcomes, Outcome("trouble"))
        return replace(model, meters=(*model.meters, meter, fired), values=(*model.values, *worth), outcomes=outcomes)

    wider = with_models(toy(), more)
    found, m = replicate(wider, 0), len(layout(toy()).meters)
    assert found.meters[:, :, :m].tobytes() == record().meters.tobytes()
    assert found.meters[:, :, m:].sum() > 0
    assert_alike(found, record(), names=("stocks", "flows", "waits", "area_waits", "queue", "team", "row_counts"))


@pytest.mark.parametrize("size", [1500, 4095, 4096])
def test_families_more_change_nobody_with_open_queues(size: int):
    """Each family and child has the same states at every step whether or not 700 families are added at the end."""
    histories = []
    for rows in (size, size + 700):
        sets = ("queues=open", f"units.family.size={rows}", "clock.steps=16", "feedback=null")

        def look(step: int, line, size=size) -> bytes:
            parts = []
            for name, states in line.world.state.items():
                home = line.world.rows(name)
                family = home.ids if home is line.world.root else line.world.root.ids[home.parent]
                mine = np.flatnonzero((home.ids >= 0) & (family < size))
                parts.append(states[mine[np.argsort(home.ids[mine])]].tobytes())
            return b"".join(parts)

        histories.append(watch(sim.load(TOY, sets), look))
    assert histories[0] == histories[1]


@pytest.mark.parametrize("stratify", [True, False])
def test_steps_more_change_no_earlier_step(stratify: bool):
    def stratified(model: Model) -> Model:
        return replace(model, traits=tuple(replace(t, stratify=stratify and t.name == "frailty") for t in model.traits))

    short, long = (replicate(with_models(toy(f"clock.steps={n}"), stratified), 0) for n in (16, 24))
    assert short.stocks.tobytes() == long.stocks[:, :17].tobytes()
    assert short.flows.tobytes() == long.flows[:, :16].tobytes()
    assert short.team.tobytes() == long.team[:, :16].tobytes()


def test_one_and_two_workers_and_more_replications():
    """Results by replication: from 1 and 2 processes alike, and the first two of three are those of two."""
    scenario = replace(toy(), replications=2)
    one, two = sim.simulate(scenario), sim.simulate(scenario, workers=2)
    three = sim.simulate(replace(scenario, replications=3))
    for name in one.data_vars:
        if name in ("engine_seconds", "peak_mb"):
            continue
        assert one[name].values.tobytes() == two[name].values.tobytes(), name
        if "replication" in one[name].dims:
            part = three[name].isel(replication=slice(0, 2)).transpose(*one[name].dims)
            assert np.ascontiguousarray(part.values).tobytes() == one[name].values.tobytes(), name
