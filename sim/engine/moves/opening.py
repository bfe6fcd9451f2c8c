"""Where rows start, and what becomes of the places of rows that leave: the first states of everyone, and of newcomers.

A row that leaves is put back to the first state of every chain without that being counted as a move; a newcomer's
states are then drawn like anyone's at the start.
"""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray, IntArray, StateArray
from sim.engine.fate.draws import key, uniform
from sim.engine.moves.step import Pass, make_pass
from sim.engine.moves.world import MovingWorld
from sim.engine.people.population import Rows
from sim.model.compiled.program import BETTER, WORSE
from sim.model.compiled.scope import Moment
from sim.model.spec import Chain


def open_world(world: MovingWorld, stream: int, now: Moment) -> None:
    """Draw everyone's first states: by shares first, then what is stationary given the rest."""
    chains = world.compiled.model.chains
    for chain in chains:
        if chain.start is not None:
            people = world.rows(chain.name)
            rows = np.flatnonzero(people.active)
            drawn = FirstStates(people, rows, world.step, stream, opening=True)
            world.state[chain.name][rows] = drawn.of(world, chain)
    world.adopt(world.compiled)
    world.index(now)
    for chain in chains:
        if chain.start is None:
            rows = np.flatnonzero(world.rows(chain.name).active)
            world.move(chain.name, rows, _stationary(world, chain, rows, stream, now), counted=False)
    for name, entered in world.entered.items():
        rows = np.flatnonzero(world.rows(name).active)
        entered[:] = world.step
        entered[rows] -= held(world, world.chains[name], rows, stream)


def held(world: MovingWorld, chain: Chain, rows: IntArray, stream: int) -> IntArray:
    """Draw for how many steps rows have been in their first states, (row,): geometric where a mean is given, else 0."""
    mean = np.array([chain.held.get(state, 0.0) for state in chain.states]).take(world.state[chain.name].take(rows))
    if not mean.any():
        return np.zeros(len(rows), np.int64)
    people = world.rows(chain.name)
    u = uniform(key(stream, "held", chain.name, world.step), people.ids.take(rows))
    stay = np.log1p(1.0 / np.maximum(mean, 1e-300))  # -ln of the chance that it has been another step
    age = world.step - people.born.take(rows)
    return np.asarray(np.minimum(-np.log1p(-u) // stay, np.maximum(age, 0)), dtype=np.int64)


class FirstStates:
    """Draws the first states of some rows by the shares of each chain; worlds whose shares agree share the draws."""

    def __init__(self, people: Rows, rows: IntArray, step: int, stream: int, opening: bool = False) -> None:
        self.people, self.rows, self.step, self.stream = people, rows, step, stream
        self.newborn_apart = people.unit.settled and not opening
        self.uniforms: dict[str, FloatArray] = {}
        self.drawn: dict[tuple[str, bytes], StateArray] = {}

    def of(self, world: MovingWorld, chain: Chain) -> StateArray:
        """Give first states, (row,); a row out of the chain's ages is in its first state."""
        bounds = world.start_shares(chain.name)
        known = chain.name, bounds.tobytes()
        if known not in self.drawn:
            self.drawn[known] = self._draw(chain, bounds)
        return self.drawn[known]

    def _draw(self, chain: Chain, bounds: FloatArray) -> StateArray:
        if chain.name not in self.uniforms:
            stream = key(self.stream, "first state", chain.name, self.step)
            self.uniforms[chain.name] = uniform(stream, self.people.ids.take(self.rows))
        if len(bounds) == 1:
            drawn = np.searchsorted(bounds[0, :-1], self.uniforms[chain.name], side="right")
        else:
            area = self.people.area.take(self.rows)
            drawn = np.zeros(len(self.rows), np.intp)
            for least in bounds.T[:-1]:
                drawn += self.uniforms[chain.name] >= least.take(area)
        if chain.ages_steps is not None:
            age = self.step - self.people.born.take(self.rows)
            drawn *= (age >= chain.ages_steps[0]) & (age < chain.ages_steps[1])
        if self.newborn_apart:
            drawn *= self.people.born.take(self.rows) != self.step
        return drawn.astype(np.uint8)


def _stationary(world: MovingWorld, chain: Chain, rows: IntArray, stream: int, now: Moment) -> StateArray:
    """Draw first states from the stationary distribution of the chain's own moves, everything else held as it is."""
    shares = np.cumsum(stationary_shares(make_pass(world, chain.name, now), rows), axis=1)
    u = uniform(key(stream, "first state", chain.name, world.step), world.rows(chain.name).ids[rows])
    drawn = (u[:, None] >= shares).sum(axis=1)  # (row, state) to (row,)
    return np.asarray(np.minimum(drawn, len(chain.states) - 1), dtype=np.uint8)


def stationary_shares(one: Pass, rows: IntArray) -> FloatArray:
    """Give the stationary shares of a chain's states for each row, everything else held as it is, (row, state)."""
    groups, n = one.program.groups, len(one.program.chain.states)
    own = one.world.state[one.name][rows].astype(np.int64)
    contexts = [one.code(g, rows) - own * groups[g].strides[0] for g in range(len(groups))]
    distinct, place = np.unique(np.stack(contexts), axis=1, return_inverse=True)
    flow = np.zeros((distinct.shape[1], n, n))  # (context, from, to)
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


def leave(world: MovingWorld, unit: str, rows: IntArray) -> None:
    """Empty the places of rows that leave, while they are still there."""
    _settle(world, unit, rows, None)
    _count(world, unit, rows, -1)
    for name, bounds in world.bounds.items():
        if world.chains[name].unit == unit:
            bounds.clear(rows)


def welcome(world: MovingWorld, unit: str, new: IntArray, drawn: FirstStates) -> None:
    """Put newcomers into their first states, some in places taken over and some (``new``) in places that were empty."""
    _count(world, unit, new, 1)
    _settle(world, unit, drawn.rows, drawn)
    for name, entered in world.entered.items():
        if world.chains[name].unit == unit:  # as whoever moves in this step, or some steps before
            entered[drawn.rows] = world.step + 1 - held(world, world.chains[name], drawn.rows, drawn.stream)
    for name, bounds in world.bounds.items():
        if world.chains[name].unit == unit:
            bounds.set(new, world.state[name].take(new))
    if world.population.rows[unit] is world.root:
        for name, bits in world.memory_bits.items():
            bits[drawn.rows] = 0
            world.memory[name][drawn.rows] = 0


def _settle(world: MovingWorld, unit: str, rows: IntArray, drawn: FirstStates | None) -> None:
    """Move rows to the states drawn for them, else to the first one of every chain, without counting it as moves."""
    for name, chain in world.chains.items():
        if chain.unit == unit:
            old = world.state[name].take(rows)
            new = drawn.of(world, chain) if drawn is not None and chain.start else np.zeros(len(rows), np.uint8)
            moved = (old != new).nonzero()[0]
            world.move(name, rows.take(moved), new.take(moved), counted=False)


def _count(world: MovingWorld, unit: str, rows: IntArray, by: int) -> None:
    """Take rows (all in first states) out of the occupancy and the counts over children, or add them."""
    if not len(rows):
        return
    people = world.population.rows[unit]
    slots = by * np.bincount(world.slots[unit].take(rows), minlength=world.n_slots)
    for name, chain in world.chains.items():
        if chain.unit == unit:
            world.occupancy[name][:, 0] += slots
    for tally in world.tallies:
        tally.there(unit, rows, by)
    for source, name in world.compiled.counts.items():
        told = world.plain[name]
        if told is not None and told.states[0] and world.chains[told.chain].unit == unit:
            np.add.at(world.counts[source], people.parent.take(rows), np.int8(by))
