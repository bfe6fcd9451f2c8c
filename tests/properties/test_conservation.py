"""Nothing is lost: rows, moves, cases in queues, places and pounds add up exactly, whatever the model.

Theory: a stock changes by what flows in less what flows out; a queue's books balance; a team admits to free places
alone, so it holds more cases than places only where places went away; totals are linear in prices, and doubling is
exact in binary arithmetic. All equalities are exact, so there are no false alarms.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings

import sim
from sim.engine.counts.record import QUEUE_COUNTS, TEAM_SERIES, Layout, Record
from sim.engine.solvers.families import Line, layout, replicate
from sim.language.evaluate import number
from sim.model.services import product
from sim.model.spec import Model, Scenario
from tests.places import TOY
from tests.strategies import FIXED, make_scenario, random_models, watch

CLOSED = ("units.family.leaves=null", "units.child.leaves=null", "units.child.births=0")


@cache
def toy(*sets: str) -> Scenario:
    return sim.load(TOY, sets)


def stocks_from_flows(axes: Layout, record: Record) -> np.ndarray:
    """Start from the stocks at point 0 and add up what moved."""
    change = np.zeros_like(record.stocks[:, 1:])
    place = {(chain, state): i for i, (_, chain, state) in enumerate(axes.states)}
    for i, (_, chain, source, target) in enumerate(axes.flows):
        change[:, :, place[chain, target]] += record.flows[:, :, i]
        change[:, :, place[chain, source]] -= record.flows[:, :, i]
    return np.concatenate([record.stocks[:, :1], record.stocks[:, :1] + np.cumsum(change, axis=1)], axis=1)


def assert_everyone_is_somewhere(axes: Layout, record: Record) -> None:
    """Every chain's states hold all rows of its unit at every point."""
    units = [unit for unit, _ in axes.rows]
    for chain in dict.fromkeys(name for _, name, _ in axes.states):
        mine = [i for i, (_, name, _) in enumerate(axes.states) if name == chain]
        unit = axes.states[mine[0]][0]
        assert np.array_equal(record.stocks[:, :, mine].sum(axis=2), record.row_counts[:, :, units.index(unit)])
    assert record.stocks.min() >= 0


@given(model=random_models(size=500, steps=5))
@settings(FIXED, max_examples=25)
def test_stocks_are_sums_of_flows_in_random_models(model: Model):
    scenario = make_scenario(model, seed=4)
    found, axes = replicate(scenario, 0), layout(scenario)
    assert np.array_equal(stocks_from_flows(axes, found), found.stocks)
    assert_everyone_is_somewhere(axes, found)


@pytest.mark.parametrize("handover", ["finish", "transfer", "close"])
def test_stocks_are_sums_of_flows_with_queues_and_regimes(handover: str):
    scenario = toy(*CLOSED, f"regimes.handed_over.handover={handover}")
    found, axes = replicate(scenario, 0), layout(scenario)
    assert np.array_equal(stocks_from_flows(axes, found), found.stocks)
    assert_everyone_is_somewhere(axes, found)


def test_everyone_is_somewhere_while_families_come_and_go():
    for replication in range(3):
        assert_everyone_is_somewhere(layout(toy()), replicate(toy(), replication))


def test_the_record_is_a_count_of_the_rows():
    """Stocks and ``while`` meters of the record equal a count over the rows themselves after each step."""
    scenario = toy()
    found, axes = replicate(scenario, 0), layout(scenario)
    meters = [i for i, name in enumerate(axes.meters) if "crisis >= crisis and" in _meter_text(scenario, name)]
    seen = []

    def look(step: int, line: Line) -> None:
        if step < 0:
            return
        world = line.world
        for w, name in enumerate(axes.worlds):
            if name in line.names:
                counts = [
                    np.bincount(states[world.rows(chain).active], minlength=len(world.chains[chain].states))
                    for chain, states in world.state.items()
                ]
                assert np.array_equal(np.concatenate(counts), found.stocks[w, step + 1])
                both = (world.state["crisis"] >= 2) & (world.state["need"] == 1) & world.root.active
                assert all(found.meters[w, step, m] == both.sum() for m in meters)
                seen.append(w)

    watch(scenario, look)
    assert sorted(seen) == sorted([*range(3)] * 24)
    assert len(meters) == 1


def _meter_text(scenario: Scenario, name: str) -> str:
    when = next(m.when for m in scenario.worlds[0].model.meters if m.name == name)
    return when.text if when is not None else ""


@pytest.mark.parametrize("queues", ["teams", "open"])
@pytest.mark.parametrize("handover", ["finish", "transfer", "close"])
def test_a_queues_books_balance(handover: str, queues: str):
    """Joined = admitted + left + still waiting, with families replaced while they wait, in every regime."""
    sets = (f"regimes.handed_over.handover={handover}", f"queues={queues}", "feedback=null")
    for replication in range(2):
        found = replicate(toy(*sets), replication)
        queue = {name: found.queue[:, :, i] for i, name in enumerate(QUEUE_COUNTS)}
        assert np.array_equal(queue["joined"], queue["admitted"] + queue["left"] + queue["waiting"])
        assert np.array_equal(queue["admitted"], found.waits.sum(axis=2))
        assert all(counts.min() >= 0 for counts in queue.values())
        assert queue["admitted"].min() > 50
        assert np.array_equal(queue["waiting"], found.team[:, -1, :, TEAM_SERIES.index("waiting")])


def test_a_team_holds_more_than_its_places_only_when_places_went_away():
    """Area by area: after a meeting a team holds at most its places, or no more than it held a step before."""
    filled = {"over": 0, "full": 0, "meetings": 0}
    before: dict[tuple[str, str], np.ndarray] = {}

    def look(step: int, line: Line) -> None:
        for name, busy in line.world.busy.items():
            places = line.staff[name].places
            assert busy.sum() == line.world.occupancy[name][:, line.world.engaged[name]].sum()
            held = before.get((line.regime, name))
            if held is not None and line.staff[name].meets:
                assert np.all((busy <= places) | (busy <= held))
                root, states = line.world.root, line.world.chains[name].states
                waiting = (line.world.state[name] == states.index("waiting")) & root.active
                queue = np.bincount(root.area[waiting], minlength=len(places))
                assert np.all((busy >= places) | (queue == 0)), "a place stood empty while somebody waited"
                filled["over"] += int((busy > places).sum())
                filled["full"] += int((busy == places).sum())
                filled["meetings"] += 1
            before[line.regime, name] = busy.copy()

    watch(toy(), look)
    assert filled["over"] > 10
    assert filled["full"] > 50


def test_named_areas_and_years_add_up_to_the_nation():
    """Meters of the named areas by year are at most the nation's, and equal it where every area is named."""
    named = toy("units.family.areas.synthetic_1={share: 0.1, synthetic: false}")
    found, axes = replicate(named, 0), layout(named)
    by_year = np.zeros((len(axes.worlds), len(axes.years), len(axes.meters)))
    np.add.at(by_year, (slice(None), np.array(axes.year_of_step)), found.meters)
    assert axes.areas == ("north", "south", "synthetic_1")
    assert np.allclose(found.area_meters.sum(axis=1), by_year, rtol=1e-12)
    assert np.array_equal(found.area_waits.sum(axis=1), found.waits)
    some = replicate(toy(), 0)
    assert np.all(some.area_meters.sum(axis=(1, 2)) < some.meters.sum(axis=1))


def test_doubling_every_price_doubles_every_total():
    """Through ``simulate`` and ``summarise``: costs by line, per family-year by ledger, differences and their ends."""
    scenario = replace(toy(), replications=2)

    def doubled(model: Model) -> Model:
        return replace(model, costs=tuple(replace(c, price=product(number(2.0), c.price)) for c in model.costs))

    twice = replace(scenario, worlds=tuple(replace(w, model=doubled(w.model)) for w in scenario.worlds))
    one, two = sim.simulate(scenario), sim.simulate(twice)
    assert np.array_equal(two["cost"].values, 2.0 * one["cost"].values)
    assert one["cost"].values.max() > 0
    first, second = sim.summarise(one), sim.summarise(two)
    for part in ("regimes", "differences"):
        for regime, figures in first[part].items():
            other = second[part][regime]
            for ledger, costs in figures["cost_per_family_year"].items():
                for what, value in costs.items():
                    assert other["cost_per_family_year"][ledger][what] == pytest.approx(2 * value, rel=1e-12)
            assert other["outcomes"] == figures["outcomes"]
            assert str(other["wait_months"]) == str(figures["wait_months"])
