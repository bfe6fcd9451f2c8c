"""Some five hundred families of a run, month by month in two worlds on the same fate: where each one is, as digits.

Rows of the real run, evenly among all; who moves away is followed no more. Leaves out how they are drawn.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.app.work.job import Dots
from sim.arrays import IntArray
from sim.model.spec import Chain, Scenario
from sim.results.shown import MAIN_CHAIN
from sim.runs.follow.track import Track
from sim.runs.follow.tracker import track

MOST = 500
WAITING, WITH_WORKER, AWAY = "waiting for help", "with a key worker", "moved away"


def dots(scenario: Scenario, regime: str, key_workers: tuple[str, ...]) -> Dots:
    """Follow families of the first replication.

    Parameters
    ----------
    scenario
        A position under one reading.
    regime
        The regime with a key worker.
    key_workers
        Its services that its baseline has not.
    """
    mine = next(world for world in scenario.worlds if world.regime == regime)
    pair = (scenario.baseline_of(mine), mine)
    two = replace(scenario, worlds=pair, replications=1)
    model = mine.model
    hub = next((chain for chain in model.chains if chain.name == MAIN_CHAIN), model.chains[0])
    services = [chain for chain in model.chains if chain.has_queue and chain.unit == hub.unit]
    only = {hub.name, *(chain.name for chain in services)}
    followed = track(two, 0, [world.name for world in pair], 0, model.clock.steps, only=only)
    found = [_where(followed[world.name], hub, services, key_workers) for world in pair]
    places = (*(state.replace("_", " ") for state in hub.states), WAITING, WITH_WORKER, AWAY)
    return Dots(
        places, (pair[0].name, pair[1].name), (_letters(found[0][0], "a"), _letters(found[1][0], "a")),
        (_letters(found[0][1], "0"), _letters(found[1][1], "0")), max(mine.start, 0),
    )  # fmt: skip


def _where(held: Track, hub: Chain, services: list[Chain], key_workers: tuple[str, ...]) -> tuple[IntArray, IntArray]:
    """Give where sampled families are and how often they came back into crisis, (month, family) each."""
    there = held.here[hub.unit]
    rows = np.unique(np.linspace(0, there.shape[1] - 1, MOST).astype(int))
    state = held.states[hub.name][:, rows].astype(np.int64)
    n = len(hub.states)
    where = state.copy()
    for chain in services:
        own = held.states[chain.name][:, rows]
        where[own == chain.waiting] = n
    for chain in services:
        if chain.name in key_workers:
            where[np.isin(held.states[chain.name][:, rows], chain.engaged)] = n + 1
    generation = held.generation[hub.unit][:, rows]
    where[~there[:, rows] | (generation != generation[:1])] = n + 2
    bad = state >= n // 2
    entered = bad[1:] & ~bad[:-1]
    again = np.concatenate([np.zeros_like(state[:1]), np.cumsum(entered, axis=0)])
    return where, np.minimum(again, 9)


def _letters(numbers: IntArray, first: str) -> tuple[str, ...]:
    """Write each month as a text, a sign for each family."""
    return tuple("".join(chr(ord(first) + int(number)) for number in month) for month in numbers)
