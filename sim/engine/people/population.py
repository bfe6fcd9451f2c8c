"""Who there is: rows laid out in blocks by stratum, their fixed traits, ages, and the comings and goings of rows.

All of it depends on (seed, replication) and a row's own number alone and is shared by every world: births, birthdays
and departures are not decided by help. A row's number is its family's number (and its place among the children);
its position is decided by stratum, so that blocks are homogeneous, and families added at the end come last in theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sim.arrays import BoolArray, IntArray
from sim.engine.fate.draws import key, uniform
from sim.engine.people.ages import Ages
from sim.engine.people.areas import AreaSpan
from sim.engine.people.demography import arrivals, timetable
from sim.engine.people.rows import BLOCK, BLOCK_BITS, Renewal, Rows
from sim.model.spec import Model, Trait, Unit

__all__ = ["BLOCK", "Population", "Renewal", "Rows", "make_population"]

CHILD_ROOM = 64
"""Numbers kept for the children of one family."""
DEALT_AT_ONCE = 1 << 18
"""Root rows that are dealt out at a time where only some of them are kept."""
PHI = 0.6180339887498949
"""Golden ratio minus 1: its multiples modulo 1 fill [0, 1) as evenly as any sequence can (Weyl 1916)."""


@dataclass
class Population:
    """Everyone, and what will happen to who there is, step by step (key: step)."""

    rows: dict[str, Rows]
    renewals: dict[int, Renewal]
    birthdays: dict[str, dict[int, IntArray]] = field(default_factory=dict)


def make_population(model: Model, seed: int, replication: int, part: AreaSpan | None = None) -> Population:
    """Make the population of a replication and its timetable of births and departures.

    Parameters
    ----------
    model, seed, replication
        Whose.
    part
        The areas whose rows are wanted, by default all: rows of other areas are dealt out some at a time and forgotten.
        Rows are who they are in the whole: numbers, traits, ages, births and departures do not depend on the part.
    """
    stream = key(seed, "population", replication)
    dealt = _deal(model, stream, part)
    places = _lay_out(dealt.stratum, dealt.rank, dealt.n_strata, part)
    root = _root_rows(model, dealt, places)
    rows = {model.root.name: root}
    if len(model.units) > 1:
        rows[model.units[1].name] = _child_rows(model, root, dealt, places.at, part)
    for unit in model.units:
        _ages(model, rows[unit.name], stream)
    return Population(rows, timetable(model, rows, stream))


@dataclass(frozen=True)
class _Dealt:
    """Root rows as they are dealt out, in order of id; arrays (row,).

    ``rank`` is the number of rows, and ``children_before`` of rows' children, that come before one in its stratum;
    ``present`` (stratum,) says in which strata there is anybody, here or in other areas.
    """

    ids: IntArray
    traits: dict[str, IntArray]
    area: IntArray
    stratum: IntArray
    rank: IntArray
    children: IntArray
    children_before: IntArray
    present: BoolArray

    @property
    def n_strata(self) -> int:
        """How many strata there are."""
        return len(self.present)


def _deal(model: Model, stream: int, part: AreaSpan | None) -> _Dealt:
    """Deal out the root rows of some areas, or of all of them at once."""
    unit = model.root
    n = unit.size + (arrivals(model, stream)[1] if unit.arrivals_per_step else 0)
    n_strata = max([1, *(len(t.values) for t in model.traits if t.stratify)])
    rows_so_far, children_so_far = np.zeros(n_strata, np.int64), np.zeros(n_strata, np.int64)
    size = max(n, 1) if part is None else DEALT_AT_ONCE
    found: list[tuple[IntArray, ...]] = []
    for first in range(0, max(n, 1), size):
        ids = np.arange(first, min(first + size, n))
        traits = {trait.name: _trait_classes(trait, stream, ids) for trait in model.traits}
        stratum = next((traits[t.name] for t in model.traits if t.stratify), np.zeros(len(ids), np.int64))
        children = _children(model, traits, len(ids))
        rank = _before(stratum, np.ones(len(ids), np.int64), rows_so_far)
        before = _before(stratum, children, children_so_far)
        area = _areas(model, ids, stream)
        columns: tuple[IntArray, ...] = (ids, area, stratum, rank, children, before, *traits.values())
        if part is not None:
            mine = part.holds(area).nonzero()[0]
            columns = tuple(column.take(mine) for column in columns)
        found.append(columns)
    together = [np.concatenate(column) for column in zip(*found, strict=True)]
    ids, area, stratum, rank, children, before, *classes = together
    traits = {trait.name: values for trait, values in zip(model.traits, classes, strict=True)}
    return _Dealt(ids, traits, area, stratum, rank, children, before, rows_so_far > 0)


def _children(model: Model, traits: Mapping[str, IntArray], n: int) -> IntArray:
    """Give the places for children of root rows, (row,)."""
    if len(model.units) < 2:
        return np.zeros(n, np.int64)
    trait = next((t for t in model.traits if t.name == model.units[1].number), None)
    return np.asarray(trait.values, np.int64)[traits[trait.name]] if trait is not None else np.ones(n, np.int64)


def _before(stratum: IntArray, amounts: IntArray, so_far: IntArray) -> IntArray:
    """Add up what came before each row in its stratum, (row,), and bring ``so_far`` (stratum,) up to date."""
    before = np.empty(len(stratum), np.int64)
    for number in range(len(so_far)):
        mine = (stratum == number).nonzero()[0]
        own = amounts.take(mine)
        before[mine] = so_far[number] + np.cumsum(own) - own
        so_far[number] += own.sum()
    return before


def _areas(model: Model, ids: IntArray, stream: int) -> IntArray:
    """Deal rows out to areas in proportion to their weights, (row,)."""
    if len(model.areas.names) == 1:
        return np.zeros(len(ids), np.int16)
    weights = np.asarray(model.areas.weights) / sum(model.areas.weights)
    spread = (uniform(key(stream, "area"), np.zeros(1, np.int64))[0] + ids * PHI) % 1.0
    if model.root.arrivals_per_step:  # dealt out evenly, arrivals in one area would be more regular than Poisson
        spread = uniform(key(stream, "area"), ids)
    area = np.searchsorted(np.cumsum(weights), spread, side="right")
    return np.asarray(np.minimum(area, len(weights) - 1), dtype=np.int16)


def _trait_classes(trait: Trait, stream: int, ids: IntArray) -> IntArray:
    """Draw a trait; a stratifying one is dealt out evenly (sqrt 2 sequence), so that strata have equal shares."""
    own = key(stream, "trait", trait.name)
    u = uniform(own, np.zeros(1, np.int64) if trait.stratify else ids)
    if trait.stratify:
        u = (u + ids * (2.0**0.5 - 1.0)) % 1.0
    shares = np.cumsum(trait.shares) / sum(trait.shares)
    return np.minimum(np.searchsorted(shares, u, side="right"), len(shares) - 1).astype(np.uint8)


@dataclass(frozen=True)
class _Places:
    """Where rows stand: ``at`` (row,) of ``n`` places, and the names of these for their draws; see ``Rows``."""

    at: IntArray
    n: int
    stratum: IntArray
    block_ids: IntArray
    numbers: IntArray | None = None

    def spread(self, values: IntArray, elsewhere: int = 0) -> IntArray:
        """Put values of rows at their places, (place,)."""
        placed = np.full(self.n, elsewhere, values.dtype)
        placed[self.at] = values
        return placed

    def rows(self, unit: Unit, ids: IntArray) -> Rows:
        """Put rows at their places; where nobody stands the id is -1."""
        placed = self.spread(ids, -1)
        return Rows(unit, self.n, placed, placed >= 0, self.stratum, self.block_ids, numbers=self.numbers)


def _lay_out(stratum: IntArray, rank: IntArray, n_strata: int, part: AreaSpan | None) -> _Places:
    """Give each stratum whole blocks, rows in them by rank; rows of a part stand in the same order without gaps."""
    if part is not None:
        number = ((rank >> BLOCK_BITS) * n_strata + stratum << BLOCK_BITS) + (rank & (BLOCK - 1))
        at = np.empty(len(rank), np.int64)
        at[np.lexsort((rank, stratum))] = np.arange(len(rank))
        nobody = np.zeros(0, np.int64)
        places = _Places(at, max(-(-len(rank) // 8), 1) * 8, nobody, nobody)
        return replace(places, numbers=places.spread(number))
    n_blocks = -(-np.bincount(stratum, minlength=n_strata) // BLOCK)
    first = np.cumsum(n_blocks) - n_blocks
    of_block = np.repeat(np.arange(n_strata), n_blocks)
    block_ids = (np.arange(len(of_block)) - first[of_block]) * n_strata + of_block
    return _Places((first[stratum] << BLOCK_BITS) + rank, len(of_block) * BLOCK, of_block, block_ids)


def _root_rows(model: Model, dealt: _Dealt, places: _Places) -> Rows:
    """Lay out the root unit by stratum."""
    rows = places.rows(model.root, dealt.ids)
    rows.traits = {name: places.spread(values) for name, values in dealt.traits.items()}
    rows.parent = np.arange(rows.n)
    rows.area = places.spread(dealt.area)
    return rows


def _child_rows(model: Model, root: Rows, dealt: _Dealt, homes: IntArray, part: AreaSpan | None) -> Rows:
    """Lay out the children in the order of their parents within each stratum."""
    number = dealt.children
    owner = np.repeat(np.arange(len(number)), number)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
    n_strata = 1 + int(dealt.present.nonzero()[0].max(initial=0))
    rank = dealt.children_before.take(owner) + place
    places = _lay_out(dealt.stratum.take(owner).astype(np.int64), rank, n_strata, part)
    rows = places.rows(model.units[1], dealt.ids.take(owner) * CHILD_ROOM + place)
    rows.parent = places.spread(homes.take(owner))
    rows.area = root.area[rows.parent]
    rows.traits = {name: values[rows.parent] for name, values in root.traits.items()}
    root.n_children, root.first_child = np.zeros(root.n, np.int64), np.zeros(root.n, np.int64)
    root.n_children[homes] = number
    first = (place == 0).nonzero()[0]
    root.first_child[homes.take(owner.take(first))] = places.at.take(first)
    return rows


def _ages(model: Model, rows: Rows, stream: int) -> None:
    """Draw ages at the first step evenly from the unit's range, or as births and birthdays leave them."""
    if rows.unit.settled:
        _settled_ages(model, rows, stream)
        return
    low, high = rows.unit.age_steps or (0, 0)
    start = -model.root.warm_up
    if low == high:
        rows.born = np.full(rows.n, start - low, np.int32)
        return
    u = uniform(key(stream, "age", rows.unit.name), np.maximum(rows.ids, 0))
    rows.born = start - (low + np.floor(u * (high - low + 1)).astype(np.int32))


def _settled_ages(model: Model, rows: Rows, stream: int) -> None:
    """Draw ages and empty places from where births, birthdays and departures lead to, by number of children."""
    settled = Ages.of(model, rows.unit.number)
    by_age = np.cumsum(settled.present, axis=1) / np.maximum(settled.number, 1)[:, None]  # (number, age)
    number = rows.traits.get(rows.unit.number or "", np.zeros(rows.n, np.uint8))
    u = uniform(key(stream, "age", rows.unit.name), np.maximum(rows.ids, 0))
    age = np.zeros(rows.n, np.int64)
    for n, law in enumerate(by_age):
        mine = (number == n).nonzero()[0]
        age[mine] = np.searchsorted(law, u.take(mine), side="right")
    absent = age >= by_age.shape[1]
    rows.active &= ~absent
    rows.born = (-model.root.warm_up - np.where(absent, 0, age)).astype(np.int32)
