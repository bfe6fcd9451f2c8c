"""Who there is: rows laid out in blocks by stratum, their fixed traits, ages, and the comings and goings of rows.

All of it depends on (seed, replication) and a row's own number alone and is shared by every world: births, birthdays
and departures are not decided by help. A row's number is its family's number (and its place among the children);
its position is decided by stratum, so that blocks are homogeneous, and families added at the end come last in theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.arrays import IntArray
from sim.engine.fate.draws import key, uniform
from sim.engine.people.demography import arrivals, timetable
from sim.engine.people.rows import BLOCK, BLOCK_BITS, Renewal, Rows
from sim.model.spec import Model, Trait, Unit

__all__ = ["BLOCK", "Population", "Renewal", "Rows", "make_population"]

CHILD_ROOM = 64
"""Numbers kept for the children of one family."""
PHI = 0.6180339887498949
"""Golden ratio minus 1: its multiples modulo 1 fill [0, 1) as evenly as any sequence can (Weyl 1916)."""


@dataclass
class Population:
    """Everyone, and what will happen to who there is, step by step (key: step)."""

    rows: dict[str, Rows]
    renewals: dict[int, Renewal]
    birthdays: dict[str, dict[int, IntArray]] = field(default_factory=dict)


def make_population(model: Model, seed: int, replication: int) -> Population:
    """Make the population of a replication and its timetable of births and departures."""
    stream = key(seed, "population", replication)
    root = _root_rows(model, stream)
    rows = {model.root.name: root}
    if len(model.units) > 1:
        rows[model.units[1].name] = _child_rows(model, root, stream)
    for unit in model.units:
        _ages(model, rows[unit.name], stream)
    return Population(rows, timetable(model, rows, stream))


def _root_rows(model: Model, stream: int) -> Rows:
    """Lay out the root unit by stratum."""
    unit = model.root
    n = unit.size + (arrivals(model, stream)[1] if unit.arrivals_per_step else 0)
    ids = np.arange(n)
    classes = {trait.name: _trait_classes(trait, stream, ids) for trait in model.traits}
    strata = next((classes[t.name] for t in model.traits if t.stratify), np.zeros(n, np.int64))
    n_strata = max([1, *(len(t.values) for t in model.traits if t.stratify)])
    rows = _layout(unit, ids, strata, n_strata)
    rows.traits = {name: np.append(values, 0)[rows.ids] for name, values in classes.items()}
    rows.parent = np.arange(rows.n)
    rows.area = np.zeros(rows.n, np.int16) if len(model.areas.names) == 1 else _areas(model, rows, stream)
    return rows


def _areas(model: Model, rows: Rows, stream: int) -> IntArray:
    """Deal rows out to areas in proportion to their weights, (row,)."""
    weights = np.asarray(model.areas.weights) / sum(model.areas.weights)
    spread = (uniform(key(stream, "area"), np.zeros(1, np.int64))[0] + rows.ids * PHI) % 1.0
    if rows.unit.arrivals_per_step:  # dealt out evenly, arrivals in one area would be more regular than Poisson
        spread = uniform(key(stream, "area"), np.maximum(rows.ids, 0))
    area = np.searchsorted(np.cumsum(weights), spread, side="right")
    return np.asarray(np.minimum(area, len(weights) - 1), dtype=np.int16)


def _trait_classes(trait: Trait, stream: int, ids: IntArray) -> IntArray:
    """Draw a trait; a stratifying one is dealt out evenly (sqrt 2 sequence), so that strata have equal shares."""
    u = uniform(key(stream, "trait", trait.name), ids)
    if trait.stratify:
        u = (u[:1] + ids * (2.0**0.5 - 1.0)) % 1.0 if len(ids) else u
    shares = np.cumsum(trait.shares) / sum(trait.shares)
    return np.minimum(np.searchsorted(shares, u, side="right"), len(shares) - 1).astype(np.uint8)


def _layout(unit: Unit, ids: IntArray, strata: IntArray, n_strata: int) -> Rows:
    """Give each stratum whole blocks, in order of id; padding has id -1."""
    positions, block_strata, block_ids = [], [], []
    for stratum in range(n_strata):
        mine = ids[strata == stratum]
        n_blocks = -(-len(mine) // BLOCK)
        padded = np.full(n_blocks * BLOCK, -1, dtype=np.int64)
        padded[: len(mine)] = mine
        positions.append(padded)
        block_strata.append(np.full(n_blocks, stratum))
        block_ids.append(np.arange(n_blocks) * n_strata + stratum)
    placed = np.concatenate(positions)
    return Rows(unit, len(placed), placed, placed >= 0, np.concatenate(block_strata), np.concatenate(block_ids))


def _child_rows(model: Model, root: Rows, stream: int) -> Rows:
    """Lay out the children in the order of their parents within each stratum."""
    unit = model.units[1]
    trait = next((t for t in model.traits if t.name == unit.number), None)
    number = np.asarray(trait.values, dtype=np.int64)[root.traits[trait.name]] if trait else np.ones(root.n, np.int64)
    number = np.where(root.ids >= 0, number, 0)
    parent = np.repeat(np.arange(root.n), number)
    place = np.arange(len(parent)) - np.repeat(np.cumsum(number) - number, number)
    stratum = root.stratum[parent >> BLOCK_BITS]
    rows = _layout(unit, np.arange(len(parent)), stratum, int(root.stratum.max(initial=0)) + 1)
    order = rows.ids
    real = order >= 0
    rows.parent = np.where(real, np.append(parent, 0)[order], 0)
    rows.ids = np.where(real, np.append(root.ids[parent] * CHILD_ROOM + place, -1)[order], -1)
    rows.area = root.area[rows.parent]
    rows.traits = {name: values[rows.parent] for name, values in root.traits.items()}
    root.n_children = number
    root.first_child = np.zeros(root.n, np.int64)
    at = np.flatnonzero(real)
    firsts = at[(rows.ids[at] % CHILD_ROOM) == 0]
    root.first_child[rows.parent[firsts]] = firsts
    return rows


def _ages(model: Model, rows: Rows, stream: int) -> None:
    """Draw ages at the first step evenly from the unit's range."""
    low, high = rows.unit.age_steps or (0, 0)
    start = -model.root.warm_up
    if low == high:
        rows.born = np.full(rows.n, start - low, np.int32)
        return
    u = uniform(key(stream, "age", rows.unit.name), np.maximum(rows.ids, 0))
    rows.born = start - (low + np.floor(u * (high - low + 1)).astype(np.int32))
