"""Where rows start, and what becomes of the places of rows that leave: the first states of everyone, and of newcomers.

A row that leaves is put back to the first state of every chain without that being counted as a move; a newcomer's
states are then drawn like anyone's at the start.
"""

from __future__ import annotations

import numpy as np

from sim.engine.draws import key, uniform
from sim.engine.population import Renewal
from sim.engine.step import Pass, make_pass
from sim.engine.world import World
from sim.model.arrays import FloatArray, IntArray, StateArray
from sim.model.program import BETTER, WORSE
from sim.model.scope import Moment, Source, clock_value
from sim.model.spec import Chain


def open_world(world: World, stream: int, now: Moment) -> None:
    """Draw everyone's first states: by shares first, then what is stationary given the rest."""
    chains = world.compiled.model.chains
    for chain in chains:
        if chain.start is not None:
            rows = np.flatnonzero(world.rows(chain.name).active)
            world.state[chain.name][rows] = _by_share(world, chain, rows, stream, world.step)
    world.adopt(world.compiled)
    world.index(now)
    for chain in chains:
        if chain.start is None:
            rows = np.flatnonzero(world.rows(chain.name).active)
            world.move(chain.name, rows, _stationary(world, chain, rows, stream, now), counted=False)
    for name in world.entered:
        world.entered[name][:] = world.step


def _by_share(world: World, chain: Chain, rows: IntArray, stream: int, step: int) -> StateArray:
    """Draw first states by the chain's shares; a row out of the chain's ages is in its first state."""
    model = world.compiled.model
    start = chain.start or {}
    shares = np.array([clock_value(start[s], model, 0) if s in start else 0.0 for s in chain.states])
    shares[0] += 1.0 - shares.sum()
    people = world.rows(chain.name)
    u = uniform(key(stream, "first state", chain.name, step), people.ids[rows])
    drawn = np.minimum(np.searchsorted(np.cumsum(shares), u, side="right"), len(shares) - 1)
    if chain.ages_steps is not None:
        age = step - people.born[rows]
        drawn = np.where((age >= chain.ages_steps[0]) & (age < chain.ages_steps[1]), drawn, 0)
    return drawn.astype(np.uint8)


def _stationary(world: World, chain: Chain, rows: IntArray, stream: int, now: Moment) -> StateArray:
    """Draw first states from the stationary distribution of the chain's own moves, everything else held as it is."""
    shares = np.cumsum(stationary_shares(make_pass(world, chain.name, now), rows), axis=1)
    u = uniform(key(stream, "first state", chain.name, world.step), world.rows(chain.name).ids[rows])
    drawn = (u[:, None] >= shares).sum(axis=1)
    return np.asarray(np.minimum(drawn, len(chain.states) - 1), dtype=np.uint8)


def stationary_shares(one: Pass, rows: IntArray) -> FloatArray:
    """Give the stationary shares of a chain's states for each row, everything else held as it is, (row, state)."""
    groups, n = one.program.groups, len(one.program.chain.states)
    own = one.world.state[one.name][rows].astype(np.int64)
    contexts = [one.code(g, rows) - own * groups[g].strides[0] for g in range(len(groups))]
    distinct, place = np.unique(np.stack(contexts), axis=1, return_inverse=True)
    flow = np.zeros((distinct.shape[1], n, n))
    for state in range(n):
        for side in (BETTER, WORSE):
            places = [code + state * g.strides[0] + side * g.size for code, g in zip(distinct, groups, strict=True)]
            for slot, value in enumerate(one.slots_at(places)):
                flow[:, state, int(one.program.targets[slot, side, state])] += value
    return stationary(flow)[place.reshape(-1)]


def stationary(flow: FloatArray) -> FloatArray:
    """Give the stationary distributions of chains with flows (chain, from, to), each irreducible or with one sink.

    Solves pi Q = 0, sum(pi) = 1 (Norris 1997, "Markov Chains", section 3.5); shape (chain, state).
    """
    n = flow.shape[1]
    generator = flow.copy()
    generator[:, range(n), range(n)] = -flow.sum(axis=2)
    system = np.concatenate([np.swapaxes(generator, 1, 2), np.ones((len(flow), 1, n))], axis=1)
    target = np.concatenate([np.zeros(n), np.ones(1)])
    return np.asarray(np.clip(np.linalg.pinv(system) @ target, 0.0, 1.0))


def leave(world: World, renewal: Renewal) -> None:
    """Empty the places of rows that leave and of those that are taken over, before their rows change hands."""
    for unit, rows in _by_unit(renewal, entering=False):
        _put_back(world, unit, rows)
        _count(world, unit, rows, -1)
    for unit, rows in _by_unit(renewal, entering=True):
        here = rows[world.population.rows[unit].active[rows]]
        _put_back(world, unit, here)
        _count(world, unit, here, -1)


def introduce(world: World, renewal: Renewal, born_before: dict[str, IntArray]) -> None:
    """Make known the ages of newcomers and forget what their places remember, while nobody is counted there."""
    for unit, rows in renewal.entering.items():
        people = world.population.rows[unit]
        top = oldest(world, unit)
        if top is not None:
            old = np.clip(world.step - born_before[unit], 0, top)
            new = np.clip(world.step - people.born[rows], 0, top)
            for wire in world.compiled.wires[Source("age")]:
                if wire.unit == unit:
                    world.tell_one(wire, rows, old, new)
        if people is world.root:
            for name, bits in world.memory_bits.items():
                bits[rows] = 0
                world.recall(name, rows, np.zeros(len(rows), np.uint8))


def welcome(world: World, renewal: Renewal, stream: int) -> None:
    """Count newcomers and draw their first states."""
    for unit, rows in renewal.entering.items():
        _count(world, unit, rows, 1)
        for chain in world.compiled.model.chains:
            if chain.unit == unit and chain.start:
                drawn = _by_share(world, chain, rows, stream, world.step)
                moved = drawn.nonzero()[0]
                world.move(chain.name, rows.take(moved), drawn.take(moved), counted=False)


def oldest(world: World, unit: str) -> int | None:
    """Give the highest age in steps that the unit's codes tell apart, None when none reads ages."""
    wires = world.compiled.wires.get(Source("age"), ())
    tops = [len(wire.classes) - 1 for wire in wires if wire.unit == unit]
    return min(tops) if tops else None


def _by_unit(renewal: Renewal, entering: bool) -> list[tuple[str, IntArray]]:
    return list((renewal.entering if entering else renewal.leaving).items())


def _put_back(world: World, unit: str, rows: IntArray) -> None:
    """Put rows back to the first state of every chain, uncounted."""
    for name, chain in world.chains.items():
        if chain.unit == unit:
            moved = rows[world.state[name][rows] != 0]
            world.move(name, moved, 0, counted=False)


def _count(world: World, unit: str, rows: IntArray, by: int) -> None:
    """Take rows (all in first states) out of occupancy and conditions, or add them."""
    slots = np.bincount(world.slots[unit][rows], minlength=world.n_slots)
    for name, chain in world.chains.items():
        if chain.unit == unit:
            world.occupancy[name][:, 0] += by * slots
    for name, condition in world.compiled.conditions.items():
        if condition.reader.unit == unit:
            holds = world.truth[name][world.codes[condition.code][rows]]
            world.add_to_condition(name, rows[holds], np.full(int(holds.sum()), by, dtype=np.int8))
