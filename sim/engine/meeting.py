"""Allocation meetings: the queue of one service in one world, in order, handed to `admit` for all areas at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.engine.admission import admit, free_places
from sim.engine.draws import key, uniform, words
from sim.engine.world import World
from sim.model.arrays import IntArray
from sim.model.spec import Service

WAIT_BINS = 121


@dataclass(frozen=True)
class Admission:
    """Who was let in at one meeting: rows, and the whole steps that each had waited."""

    rows: IntArray
    waits: IntArray


def hold_meeting(world: World, name: str, places: IntArray | None, stream: int) -> Admission:
    """Admit from a service's queue to its free places (None: no limit) and move who is admitted.

    Parameters
    ----------
    world
        The world whose queue it is.
    name
        The service.
    places
        Places of each area's team now, shape (area,), or None.
    stream
        Key of the replication, for ties and for who is brokered.

    Returns
    -------
        Who was admitted; they are exposed to the hazards of *engaged* from the next step.
    """
    queue = standing_queue(world, name, stream)
    rows = queue[:, 0]
    if places is None:
        chosen = np.arange(len(rows))
    else:
        free = free_places(places, world.busy[name])
        area = world.root.area[rows]
        open_ = np.flatnonzero(free[area] > 0)
        chosen = open_[admit(free, area[open_], priority_class(world, name, rows[open_], stream))]
    admitted = queue[chosen]
    keep = np.ones(len(queue), np.bool_)
    keep[chosen] = False
    world.queue[name] = queue[keep]
    chain = world.chains[name]
    first = next(i for i, state in enumerate(chain.states) if state.startswith("engaged"))
    world.move(name, admitted[:, 0], first)
    return Admission(admitted[:, 0], world.step - admitted[:, 1])


def standing_queue(world: World, name: str, stream: int) -> IntArray:
    """Bring the queue up to date: (row, step of joining) in order of arrival, those of one step shuffled by a hash."""
    waiting = world.chains[name].states.index("waiting")
    arrived = world.arrivals[name]
    parts: list[IntArray] = [world.queue[name]]
    if arrived:
        new = np.concatenate(arrived)
        order = np.argsort(words(key(stream, "tie", name, world.step), world.root.ids.take(new[:, 0])))
        parts.append(new[order[np.argsort(new[order, 1], kind="stable")]])
        world.arrivals[name] = []
    queue = np.concatenate(parts)
    rows = queue[:, 0]
    # Who left the queue, and perhaps joined it again later, does not stand at the old place.
    still = (world.state[name].take(rows) == waiting) & (world.joined[name].take(rows) == queue[:, 1])
    return queue.compress(still, axis=0)


def priority_class(world: World, name: str, rows: IntArray, stream: int) -> IntArray:
    """Give the priority class of waiting rows, 0 first: brokered cases, then the service's own order of priority."""
    service = world.chains[name].service
    assert service is not None
    if callable(service.priority):
        rank = np.asarray(service.priority(_carried(world, rows)))
    else:
        rank = _lexical(world, service, rows)
    brokered = _brokered(world, name, rows, stream)
    if brokered is None:
        return rank
    return np.where(brokered, 0, rank + 1)


def _lexical(world: World, service: Service, rows: IntArray) -> IntArray:
    """Combine the criteria before `wait` into one class, the first criterion leading."""
    assert not callable(service.priority)
    rank = np.zeros(len(rows), np.int64)
    for criterion, descending in service.priority:
        if criterion == "wait":
            break
        value, most = _criterion(world, criterion, rows)
        rank = rank * (most + 1) + (most - value if descending else value)
    return rank


def _criterion(world: World, criterion: str, rows: IntArray) -> tuple[IntArray, int]:
    """Give the value of a criterion for some rows and its largest possible value."""
    if criterion in world.state:
        return world.state[criterion][rows].astype(np.int64), len(world.chains[criterion].states) - 1
    if criterion in world.memory:
        window = next(m.window for m in world.compiled.model.memories if m.name == criterion)
        return world.memory[criterion][rows], window
    trait = next(t for t in world.compiled.model.traits if t.name == criterion)
    return world.root.traits[criterion][rows], len(trait.values) - 1


def _carried(world: World, rows: IntArray) -> dict[str, IntArray]:
    """Give a priority rule what it may look at: states, memories and trait classes of the waiting rows."""
    root = world.compiled.model.units[0].name
    carried: dict[str, IntArray] = {n: s[rows] for n, s in world.state.items() if world.chains[n].unit == root}
    return carried | {n: m[rows] for n, m in world.memory.items()} | {n: t[rows] for n, t in world.root.traits.items()}


def _brokered(world: World, name: str, rows: IntArray, stream: int) -> IntArray | None:
    """Mark the rows for which a key worker has arranged a place in the front of this queue; None when nobody may."""
    marked = None
    for broker, chain in world.chains.items():
        share = chain.service.brokers.get(name, 0.0) if chain.service else 0.0
        if share > 0.0:
            lucky = uniform(key(stream, "broker", broker, name), world.root.ids[rows]) < share
            mine = lucky & world.engaged[broker][world.state[broker][rows]]
            marked = mine if marked is None else marked | mine
    return marked
