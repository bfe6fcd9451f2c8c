"""A regime that starts takes over open cases by its rule, and every case is accounted for.

Theory: 100 families are all referred to the old service in month 0; it has 30 places and help lasts for ever, so 30 are
helped and 70 wait. From month 3 a regime gives the old service no posts and the new one 50 places. Nobody waits for
places that will never come: the 70 are sent home. ``finish``: the 30 go on, and 30 posts are kept on for them;
``close``: all 100 are closed; ``transfer``: all 100 join the new queue at once and 50 are let in at that month's
meeting. Hand-worked, exact.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine.counts.record import QUEUE_COUNTS, Record
from sim.engine.solvers.families import layout, replicate
from sim.language.evaluate import parse
from sim.model.spec import Model, Scenario, Team, World
from tests.strategies import make_model, make_scenario, make_service

START, STEPS = 3, 6


def model(old: float, new: float, **pathway: object) -> Model:
    """Nobody is referred to the new service by themselves, nor again to the old one."""
    first = make_service("old", team=Team({"all": old}, 1.0), again=parse(0.0), **pathway)
    second = make_service("new", team=Team({"all": new}, 1.0), refer_rate=parse(0.0), **pathway)
    return make_model([first, second], 100, STEPS, 1 / 12)


def study(rule, **pathway: object) -> Scenario:
    later = World("later", "later", "as_written", model(0.0, 50.0, **pathway), START, rule)
    return make_scenario(model(30.0, 0.0, **pathway), later=later)


def at_end(scenario: Scenario, record: Record, world: int) -> dict[tuple[str, str], int]:
    names = [(chain, state) for _, chain, state in layout(scenario).states]
    return {name: int(n) for name, n in zip(names, record.stocks[world, -1], strict=True) if n}


WAITING_OLD = {("old", "engaged"): 30, ("old", "waiting"): 70, ("new", "none"): 100}


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        ("finish", {("old", "engaged"): 30, ("old", "closed"): 70, ("new", "none"): 100}),
        ("close", {("old", "closed"): 100, ("new", "none"): 100}),
        ("transfer", {("old", "closed"): 100, ("new", "engaged"): 50, ("new", "waiting"): 50}),
    ],
)
def test_open_cases_go_by_the_rule(rule: str, end: dict[tuple[str, str], int]):
    scenario = study(rule)
    found = replicate(scenario, 0)
    assert at_end(scenario, found, 0) == WAITING_OLD
    assert at_end(scenario, found, 1) == end
    assert np.array_equal(found.stocks[1, : START + 1], found.stocks[0, : START + 1])


@pytest.mark.parametrize("rule", ["finish", "close", "transfer"])
@pytest.mark.parametrize(
    "pathway",
    [
        {},
        {"identify_steps": 1.5, "assess_steps": 2.0},
        {"consent": parse(0.6), "refused_steps": 2.0},
        {"patience_steps": 2.0},
    ],
    ids=["short", "assessed", "refused", "impatient"],
)
def test_every_move_of_a_handover_is_counted(rule: str, pathway: dict[str, object]):
    """Stocks are sums of flows, and both queues' books balance, whatever the pathway."""
    scenario = study(rule, **pathway)
    found, axes = replicate(scenario, 0), layout(scenario)
    place = {(chain, state): i for i, (_, chain, state) in enumerate(axes.states)}
    change = np.zeros_like(found.stocks[:, 1:])
    for i, (_, chain, source, target) in enumerate(axes.flows):
        change[:, :, place[chain, target]] += found.flows[:, :, i]
        change[:, :, place[chain, source]] -= found.flows[:, :, i]
    assert np.array_equal(np.diff(found.stocks, axis=1), change)
    queue = {name: found.queue[:, :, i] for i, name in enumerate(QUEUE_COUNTS)}
    assert np.array_equal(queue["joined"], queue["admitted"] + queue["left"] + queue["waiting"])


def test_transferred_cases_wait_from_the_day_they_come():
    """50 of 100 are let in at once: they waited no month in the new queue; nobody is let in to the old one again."""
    found = replicate(study("transfer"), 0)
    assert found.waits[1, 1, 0] == 50
    assert found.waits[1, 0].sum() == found.waits[1, 0, 0] == 30
