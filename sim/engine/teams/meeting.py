"""Allocation meetings: the queue of one service in one world, in order, handed to `admit` for all areas at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import BoolArray, IntArray
from sim.engine import kernels
from sim.engine.fate.draws import key, uniform, words
from sim.engine.moves.world import MovingWorld
from sim.engine.teams.admission import admit, free_places
from sim.model.spec import Service


@dataclass(frozen=True)
class Admission:
    """Who was let in at one meeting: rows, and the whole steps that each had waited."""

    rows: IntArray
    waits: IntArray


def hold_meeting(world: MovingWorld, name: str, places: IntArray | None, stream: int) -> Admission:
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
    rows, since = standing_queue(world, name, stream)  # (waiting,) each
    free = None if places is None else free_places(places, world.busy[name])  # (area,)
    rows, since, chosen = line_up(world, name, rows, since, free)
    if free is not None:
        some = rows.take(chosen)
        chosen = chosen[admit(free, world.root.area.take(some), priority_class(world, name, some, stream))]
    keep = np.ones(len(rows), np.bool_)
    keep[chosen] = False
    world.queue[name] = _side_by_side(rows.compress(keep), since.compress(keep))
    admitted, joined = rows.take(chosen), since.take(chosen)
    first = int(world.engaged[name].argmax())
    world.move(name, admitted, first)
    return Admission(admitted, world.step - joined)


def standing_queue(world: MovingWorld, name: str, stream: int) -> tuple[IntArray, IntArray]:
    """Let arrivals join: rows and steps of joining in order of arrival, those of one step shuffled by a hash."""
    queue = world.queue[name]
    rows, since = queue[:, 0], queue[:, 1]
    if world.arrivals[name]:
        new = np.concatenate(world.arrivals[name])
        order = np.argsort(words(key(stream, "tie", name, world.step), world.root.ids.take(new[:, 0])))
        if (new[:, 1] != new[0, 1]).any():
            order = order[np.argsort(new[order, 1], kind="stable")]
        rows, since = np.concatenate([rows, new[:, 0].take(order)]), np.concatenate([since, new[:, 1].take(order)])
        world.arrivals[name] = []
    return rows, since


def line_up(
    world: MovingWorld, name: str, rows: IntArray, since: IntArray, free: IntArray | None
) -> tuple[IntArray, IntArray, IntArray]:
    """Close the ranks of a queue: who left it, and perhaps joined it again later, does not stand at the old place.

    Returns
    -------
        Rows and steps of joining of who stands there, (waiting,) each; and the places in it of those whose team has
        ``free`` places, (area,), all where that is None.
    """
    state, joined, waiting = world.state[name], world.joined[name], world.chains[name].waiting
    area = world.root.area
    if kernels.ON:
        open_ = np.empty(len(rows) + 1, np.int64)
        free = np.ones(len(world.area_slot), np.int64) if free is None else free
        rows, since = np.array(rows), np.array(since)
        n, n_open = kernels.line_up(rows, since, state, waiting, joined, area, free, open_)
        return rows[:n], since[:n], open_[:n_open]
    still = state.take(rows) == waiting
    still &= joined.take(rows) == since
    rows, since = rows.compress(still), since.compress(still)
    if free is None:
        return rows, since, np.arange(len(rows))
    return rows, since, (free > 0).take(area.take(rows)).nonzero()[0]


def _side_by_side(rows: IntArray, since: IntArray) -> IntArray:
    """Put two columns together, each of them contiguous."""
    return np.stack([rows, since]).T


def priority_class(world: MovingWorld, name: str, rows: IntArray, stream: int) -> IntArray:
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


def _lexical(world: MovingWorld, service: Service, rows: IntArray) -> IntArray:
    """Combine the criteria before `wait` into one class, the first criterion leading."""
    assert not callable(service.priority)
    rank = np.zeros(len(rows), np.int64)
    for criterion, descending in service.priority:
        if criterion == "wait":
            break
        value, most = _criterion(world, criterion, rows)
        rank = rank * (most + 1) + (most - value if descending else value)
    return rank


def _criterion(world: MovingWorld, criterion: str, rows: IntArray) -> tuple[IntArray, int]:
    """Give the value of a criterion for some rows and its largest possible value."""
    if criterion in world.state:
        return world.state[criterion][rows].astype(np.int64), len(world.chains[criterion].states) - 1
    if criterion in world.memory:
        return world.memory[criterion][rows], world.compiled.model.memory(criterion).window
    return world.root.traits[criterion][rows], len(world.compiled.model.trait(criterion).values) - 1


def _carried(world: MovingWorld, rows: IntArray) -> dict[str, IntArray]:
    """Give a priority rule what it may look at: states, memories and trait classes of the waiting rows."""
    root = world.compiled.model.root.name
    carried: dict[str, IntArray] = {n: s[rows] for n, s in world.state.items() if world.chains[n].unit == root}
    return carried | {n: m[rows] for n, m in world.memory.items()} | {n: t[rows] for n, t in world.root.traits.items()}


def _brokered(world: MovingWorld, name: str, rows: IntArray, stream: int) -> BoolArray | None:
    """Mark the rows for which a key worker has arranged a place in the front of this queue; None when nobody may."""
    marked: BoolArray | None = None
    for broker, chain in world.chains.items():
        share = chain.service.brokers.get(name, 0.0) if chain.service else 0.0
        if share > 0.0:
            marked = np.zeros(len(rows), np.bool_) if marked is None else marked
            helped = world.engaged[broker].take(world.state[broker].take(rows)).nonzero()[0]
            lucky = uniform(key(stream, "broker", broker, name), world.root.ids.take(rows.take(helped))) < share
            marked[helped.compress(lucky)] = True
    return marked
