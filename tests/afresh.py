"""What a world keeps up to date by small changes, worked out afresh from its states: helpers that assert equality."""

from __future__ import annotations

import numpy as np

from sim.engine.moves.world import MovingWorld
from sim.engine.people.population import Rows
from sim.model.compiled.model import Code
from sim.model.compiled.scope import Source


def full_code(world: MovingWorld, code: Code) -> np.ndarray:
    """Work out a code from its definition: the sum of class x stride over own state and axes, (row,)."""
    rows = world.population.rows[code.unit]
    total = np.zeros(rows.n, np.int64)
    if code.own is not None:
        total += world.state[code.own[0]].astype(np.int64) * code.own[1]
    for axis, stride in code.axes:
        value = np.clip(carried(world, axis.source, rows), 0, len(axis.classes) - 1)
        total += axis.classes[value].astype(np.int64) * stride
    return total


def carried(world: MovingWorld, source: Source, rows: Rows) -> np.ndarray:
    """Give what a source says of each row; a child reads its family's."""
    home = world.rows(source.name) if source.kind in ("chain", "k") else world.root
    if source.kind == "age":
        return world.step - rows.born
    if source.kind == "area":
        return rows.area
    if source.kind == "trait":
        return rows.traits[source.name]
    if source.kind == "k":
        values = world.step - world.entered[source.name]
    elif source.kind == "agencies":
        values = world.agencies
    else:
        values = {"chain": world.state, "memory": world.memory, "count": world.counts}[source.kind][source.name]
    return (values if home is rows else values[rows.parent]).astype(np.int64)


def conditions_hold(world: MovingWorld) -> None:
    """Who a condition holds for, how many they are by area, and how many children of each family."""
    for name, condition in world.compiled.conditions.items():
        rows = world.population.rows[condition.reader.unit]
        holds = world.truth[name][full_code(world, world.compiled.codes[condition.code])] & rows.active
        assert np.array_equal(world.holds(name) & rows.active, holds), (world.step, name)
        by_slot = np.bincount(world.slots[rows.unit.name][holds], minlength=world.n_slots)
        assert np.array_equal(world.stocks[name], by_slot), (world.step, name)
        if name.startswith("count "):
            counted = np.bincount(rows.parent[holds], minlength=world.root.n)
            assert np.array_equal(world.counts[name.removeprefix("count ")], counted), (world.step, name)


def occupancy_holds(world: MovingWorld) -> None:
    """Everyone is in a state that the chain has, and is counted there."""
    for name, chain in world.chains.items():
        rows, state = world.rows(name), world.state[name]
        assert state.max(initial=0) < len(chain.states)
        place = world.slots[chain.unit][rows.active].astype(np.int64) * len(chain.states) + state[rows.active]
        afresh = np.bincount(place, minlength=world.n_slots * len(chain.states))
        assert np.array_equal(world.occupancy[name].reshape(-1), afresh), (world.step, name)


def queues_hold(world: MovingWorld) -> None:
    """Cases in help by area, agencies by family, and everyone who waits once in the queue."""
    agencies = np.zeros(world.root.n, np.int64)
    for name in world.joined:
        chain, active = world.chains[name], world.root.active
        waiting = active & (world.state[name] == chain.states.index("waiting"))
        engaged = np.array([s.startswith("engaged") for s in chain.states])[world.state[name]]
        agencies += engaged
        by_area = np.bincount(world.root.area[engaged & active], minlength=len(world.busy[name]))
        assert np.array_equal(world.busy[name], by_area)
        queued = np.concatenate([world.queue[name], *world.arrivals[name]])
        still = world.state[name][queued[:, 0]] == chain.states.index("waiting")
        still &= world.joined[name][queued[:, 0]] == queued[:, 1]
        rows = queued[still, 0]
        assert len(np.unique(rows)) == len(rows), "someone stands in the queue twice"
        assert set(rows.tolist()) == set(np.flatnonzero(waiting).tolist())
    assert np.array_equal(world.agencies[world.root.active], agencies[world.root.active])
