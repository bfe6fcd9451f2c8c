"""The reachable product space of a small model: every combination of states that can occur, as rows of a population.

A cell is one root row with its children, its traits, the state of every chain of each of them and, where time in state
matters, how long it has been there. Keys are mixed-radix numbers, so that a move is an addition.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.moves.world import MovingWorld
from sim.engine.people.population import Population, Rows
from sim.errors import ModelError
from sim.model.compiled.factors import horizon, max_children
from sim.model.compiled.model import Compiled
from sim.model.compiled.readings import start_shares
from sim.model.spec import Chain, Model

MOST_CELLS = 2_000_000
TOO_MANY = f"expect needs more than {MOST_CELLS:,} cells for this model; use --solver simulate, or fewer chains"


class NotExact(ModelError):
    """A model has more cells than fit, or what no finite set of cells can hold."""


@dataclass(frozen=True)
class CellCoordinate:
    """One coordinate: the state of ``chain`` of the root (member -1) or of a child (member 0, 1 ...), or its tunnel."""

    chain: str
    member: int
    size: int
    stride: int
    tunnel: bool = False

    def of(self, keys: IntArray) -> IntArray:
        """Read the coordinate of cells."""
        return keys // self.stride % self.size


@dataclass
class Space:
    """Cells in order of key, (cell,); the coordinates by (chain, member), their tunnels, and traits by name."""

    compiled: Compiled
    keys: IntArray
    places: dict[tuple[str, int], CellCoordinate]
    tunnels: dict[tuple[str, int], CellCoordinate]
    traits: dict[str, CellCoordinate]
    weights_of_traits: FloatArray

    def find(self, keys: IntArray) -> IntArray:
        """Give the numbers of cells by key."""
        return np.searchsorted(self.keys, keys)

    def members(self, chain: str) -> list[int]:
        """List who of a cell has a chain: the root (-1) or each child."""
        return [member for name, member in self.places if name == chain]

    def n_children(self) -> IntArray:
        """Give the number of children of each cell, (cell,)."""
        return count_children(
            self.compiled.model, {name: place.of(self.keys) for name, place in self.traits.items()}, len(self.keys)
        )


def count_children(model: Model, classes: dict[str, IntArray], n: int) -> IntArray:
    """Give the number of children by trait classes, (row,)."""
    if len(model.units) < 2:
        return np.zeros(n, np.int64)
    trait = next((t for t in model.traits if t.name == model.units[1].number), None)
    return np.asarray(trait.values, np.int64)[classes[trait.name]] if trait else np.ones(n, np.int64)


def make_space(compiled: Compiled) -> Space:
    """Enumerate the cells that can be reached from the start.

    Raises
    ------
    NotExact
        When the model has what no finite set of cells can hold, or more than ``MOST_CELLS`` of them.
    """
    model = compiled.model
    refuse(model)
    axes = (axis for program in compiled.programs.values() for group in program.groups for axis in group.axes)
    by_area = any(axis.source.kind == "area" for axis in axes)
    if by_area or any(len(start_shares(chain, model)) > 1 for chain in model.chains):
        raise NotExact("expect is exact and cannot hold chains that differ by area; use --solver simulate")
    places, tunnels, traits = _coordinates(compiled)
    if _at_least(model) > MOST_CELLS:
        raise NotExact(TOO_MANY)
    keys = _start_keys(model, places, tunnels, traits)
    space = Space(compiled, keys, places, tunnels, traits, np.zeros(0))
    frontier = keys
    while len(frontier):
        following = np.unique(np.concatenate([keys for keys in _structural_moves(space, frontier)]))
        frontier = np.setdiff1d(following, keys, assume_unique=True)
        keys = np.union1d(keys, frontier)
        if len(keys) > MOST_CELLS:
            raise NotExact(TOO_MANY)
    space.keys = keys
    return space


def refuse(model: Model) -> None:
    """Refuse what the exact solver cannot hold, and say what can be done instead."""
    reasons = []
    if model.memories:
        reasons.append("a history window (remember)")
    gated = any(chain.is_gated for chain in model.chains)
    if gated and model.queues != "open":
        reasons.append("queues for places (set queues: open to solve it without limits)")
    reasons += dict.fromkeys(chain.between_steps for chain in model.chains if chain.between_steps)
    root = model.root
    if root.arrivals_per_step or root.leaves_rate or any(u.leaves_age_steps or u.births_rate for u in model.units):
        reasons.append("rows that come and go")
    if any(u.age_steps and u.age_steps[0] != u.age_steps[1] for u in model.units):
        reasons.append("rows of different ages")
    if any(c.held for c in model.chains):
        reasons.append("rows that have been in their first states for some time (held)")
    if sum(c.start is None for c in model.chains) > 1:
        reasons.append("more than one chain with a stationary start")
    if reasons:
        raise NotExact(f"expect is exact and cannot hold {'; '.join(reasons)}; use --solver simulate")


def _coordinates(
    compiled: Compiled,
) -> tuple[dict[tuple[str, int], CellCoordinate], dict[tuple[str, int], CellCoordinate], dict[str, CellCoordinate]]:
    """Lay out the digits of a key."""
    model = compiled.model
    stride = 1
    places, tunnels, traits = {}, {}, {}
    for trait in model.traits:
        traits[trait.name] = CellCoordinate(trait.name, -1, len(trait.values), stride)
        stride *= len(trait.values)
    for chain in model.chains:
        members = [-1] if chain.unit == model.root.name else list(range(max_children(model)))
        for member in members:
            places[chain.name, member] = CellCoordinate(chain.name, member, len(chain.states), stride)
            stride *= len(chain.states)
            if chain.name in compiled.k_chains:
                size = _tunnel_length(compiled, chain.name) + 2
                tunnels[chain.name, member] = CellCoordinate(chain.name, member, size, stride, tunnel=True)
                stride *= size
            if stride > 1 << 62:
                raise NotExact("expect cannot number the cells of this model; use --solver simulate")
    return places, tunnels, traits


def _tunnel_length(compiled: Compiled, chain: str) -> int:
    """Give the number of steps in a state after which nothing changes any more."""
    last = 0
    for program in compiled.programs.values():
        for group in program.groups:
            for axis in group.axes:
                if axis.source.kind == "k" and axis.source.name == chain:
                    last = max(last, int(np.flatnonzero(np.diff(axis.classes)).max(initial=-1)) + 1)
    return min(last, horizon(compiled.model))


def _start_keys(
    model: Model,
    places: dict[tuple[str, int], CellCoordinate],
    tunnels: dict[tuple[str, int], CellCoordinate],
    traits: dict[str, CellCoordinate],
) -> IntArray:
    """List the cells in which rows may start: each tunnel at 1 (no step in the state yet)."""
    keys = np.zeros(1, np.int64)
    for place in traits.values():
        keys = (keys[:, None] + np.arange(place.size) * place.stride).reshape(-1)
    n_children = count_children(model, {name: place.of(keys) for name, place in traits.items()}, len(keys))
    for (name, member), place in places.items():
        chain = model.chain(name)
        states = [i for i, s in enumerate(chain.states) if i == 0 or chain.start is None or s in chain.start]
        there = member < n_children
        absent = keys[~there]
        keys = np.concatenate([(keys[there][:, None] + np.array(states) * place.stride).reshape(-1), absent])
        n_children = np.concatenate([np.repeat(n_children[there], len(states)), n_children[~there]])
        if (name, member) in tunnels:
            keys = keys + tunnels[name, member].stride
    return np.unique(keys)


def _moves_of(model: Model, chain: Chain) -> set[tuple[int, int]]:
    """List what a chain may do by itself, whatever the rates, or when it is fired or let in."""
    number = {state: i for i, state in enumerate(chain.states)}
    moves = {(number[t.source], number[t.target]) for t in chain.transitions}
    fires = (f for c in model.chains for f in c.fires if f.chain == chain.name)
    moves |= {(number[s], number[f.target]) for f in fires for s in f.sources}
    return moves | ({(chain.waiting, chain.engaged[0])} if chain.has_queue else set())


def _at_least(model: Model) -> int:
    """Bound the number of cells from below: traits and chains of the root go their own ways, whatever the rates."""
    cells = prod(len(trait.values) for trait in model.traits)
    for chain in model.chains if cells <= MOST_CELLS else ():
        if chain.unit == model.root.name:
            moves, n = _moves_of(model, chain), 0
            reached = {i for i, s in enumerate(chain.states) if i == 0 or chain.start is None or s in chain.start}
            while len(reached) > n:
                n = len(reached)
                reached |= {target for source, target in moves if source in reached}
            cells *= n
    return cells


def _structural_moves(space: Space, keys: IntArray) -> list[IntArray]:
    """List the cells one move, one fire or one tick away, whatever the rates."""
    model = space.compiled.model
    found = [tick(space, keys)]
    n_children = count_children(model, {n: p.of(keys) for n, p in space.traits.items()}, len(keys))
    for (name, member), place in space.places.items():
        chain = model.chain(name)
        moves = _moves_of(model, chain)
        state = place.of(keys)
        for source, target in moves:
            mine = keys[(state == source) & (member < n_children)]
            found.append(tick(space, shifted(space, mine, name, member, source, target)))
            found.append(shifted(space, mine, name, member, source, target))
    return found


def shifted(
    space: Space, keys: IntArray, name: str, member: int, source: IntArray | int, target: IntArray | int
) -> IntArray:
    """Move one coordinate of cells from source to target; its tunnel starts anew."""
    change = np.asarray(target, dtype=np.int64) - np.asarray(source, dtype=np.int64)
    keys = keys + change * space.places[name, member].stride
    tunnel = space.tunnels.get((name, member))
    return keys if tunnel is None else keys - tunnel.of(keys) * tunnel.stride


def tick(space: Space, keys: IntArray) -> IntArray:
    """Let a step pass: every tunnel goes on by one until its end."""
    for tunnel in space.tunnels.values():
        keys = keys + (tunnel.of(keys) + 1 < tunnel.size) * tunnel.stride
    return keys


def cell_world(space: Space, area_slot: IntArray, stream: int) -> MovingWorld:
    """Make a world whose rows are the cells, so that the engine's own functions answer for them."""
    compiled, keys = space.compiled, space.keys
    model = compiled.model
    root = Rows(
        model.root,
        len(keys),
        np.arange(len(keys)),
        np.ones(len(keys), np.bool_),
        np.zeros(0, np.int64),
        np.zeros(0, np.int64),
    )
    root.traits = {name: place.of(keys) for name, place in space.traits.items()}
    root.area = np.zeros(len(keys), np.int64)
    root.parent = np.arange(len(keys))
    rows = {model.root.name: root}
    if len(model.units) > 1:
        root.n_children = space.n_children()
        root.first_child = np.cumsum(root.n_children) - root.n_children
        n = int(root.n_children.sum())
        child = Rows(
            model.units[1], n, np.arange(n), np.ones(n, np.bool_), np.zeros(0, np.int64), np.zeros(0, np.int64)
        )
        child.parent = np.repeat(np.arange(len(keys)), root.n_children)
        child.area = np.zeros(n, np.int64)
        child.traits = {name: values[child.parent] for name, values in root.traits.items()}
        rows[model.units[1].name] = child
    first = -model.root.warm_up
    for unit in model.units:
        rows[unit.name].born = np.full(rows[unit.name].n, first - (unit.age_steps or (0, 0))[0])
    world = MovingWorld(compiled, Population(rows, {}), area_slot, stream)
    for chain in model.chains:
        for member in space.members(chain.name):
            at = rows_of(space, world, member)
            world.state[chain.name][at] = space.places[chain.name, member].of(keys[cells_with(world, member)])
    world.adopt(compiled)
    return world


def cells_with(world: MovingWorld, member: int) -> IntArray:
    """List the cells that have a member."""
    root = world.root
    return np.arange(root.n) if member < 0 else np.flatnonzero(root.n_children > member)


def rows_of(space: Space, world: MovingWorld, member: int) -> IntArray:
    """List the rows (of the root unit, or of the children) of a member, in order of their cells."""
    cells = cells_with(world, member)
    return cells if member < 0 else world.root.first_child[cells] + member
