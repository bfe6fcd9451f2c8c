"""Who there is: rows laid out in blocks by stratum, their fixed traits, ages, and the comings and goings of rows.

All of it depends on (seed, replication) and a row's own number alone and is shared by every world: births, birthdays
and departures are not decided by help. A row's number is its family's number (and its place among the children);
its position is decided by stratum, so that blocks are homogeneous, and families added at the end come last in theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.engine.draws import key, uniform
from sim.engine.points import BLOCK, BLOCK_BITS, poisson_cdf
from sim.model.arrays import BoolArray, IntArray
from sim.model.spec import Model, Trait, Unit

CHILD_ROOM = 64
"""Numbers kept for the children of one family."""
PHI = 0.6180339887498949
"""Golden ratio minus 1: its multiples modulo 1 fill [0, 1) as evenly as any sequence can (Weyl 1916)."""


@dataclass
class Rows:
    """The rows of one unit; arrays over positions, padding included (never ``active``)."""

    unit: Unit
    n: int
    ids: IntArray
    active: BoolArray
    stratum: IntArray
    """Stratum of each block, (block,)."""
    block_ids: IntArray
    """Stable number of each block, (block,)."""
    traits: dict[str, IntArray] = field(default_factory=dict)
    area: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    born: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    """Step of birth (age 0)."""
    parent: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    first_child: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    n_children: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        self._stamp = np.zeros(self.n, np.int32)
        self._mark = np.zeros(self.n, np.bool_)

    def repeated(self, positions: IntArray) -> IntArray:
        """Say which entries of a list of positions occur more than once in it, ascending; linear, no sort."""
        order = np.arange(len(positions), dtype=np.int32)
        self._stamp[positions] = order
        overwritten = np.flatnonzero(self._stamp.take(positions) != order)
        if not len(overwritten):
            return overwritten
        again = positions[overwritten]
        self._mark[again] = True
        tied = np.flatnonzero(self._mark[positions])
        self._mark[again] = False
        return tied

    def last_of(self, positions: IntArray, entries: IntArray) -> IntArray:
        """Say which entries of a list of positions to keep: of some ``entries``, the last to name each position."""
        order = np.arange(len(positions), dtype=np.int32)
        self._stamp[positions] = order
        self._stamp[positions[entries]] = entries
        return np.flatnonzero(self._stamp.take(positions) == order)

    def distinct(self, positions: IntArray) -> IntArray:
        """Keep one entry of each position."""
        order = np.arange(len(positions), dtype=np.int32)
        self._stamp[positions] = order
        return positions.compress(self._stamp.take(positions) == order)

    def children_of(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """List the child positions of some root rows, and for each the position in ``rows`` it belongs to."""
        n = self.n_children[rows]
        owner = np.repeat(np.arange(len(rows)), n)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(n) - n, n)
        return self.first_child[rows][owner] + offset, owner


@dataclass(frozen=True)
class Renewal:
    """Rows of one step that leave (become inactive) and enter (afresh, active), by unit."""

    leaving: dict[str, IntArray]
    entering: dict[str, IntArray]
    born: dict[str, IntArray]
    """Step of birth of each entering row."""


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
    rows = {model.units[0].name: root}
    if len(model.units) > 1:
        rows[model.units[1].name] = _child_rows(model, root, stream)
    for unit in model.units:
        _ages(model, rows[unit.name], stream)
    return Population(rows, _timetable(model, rows, stream))


def _root_rows(model: Model, stream: int) -> Rows:
    """Lay out the root unit by stratum."""
    unit = model.units[0]
    n = unit.size + (_arrivals(model, stream)[1] if unit.arrivals_per_step else 0)
    ids = np.arange(n)
    classes = {trait.name: _trait_classes(trait, stream, ids) for trait in model.traits}
    strata = next((classes[t.name] for t in model.traits if t.stratify), np.zeros(n, np.int64))
    n_strata = max([1, *(len(t.values) for t in model.traits if t.stratify)])
    rows = _layout(unit, ids, strata, n_strata)
    rows.traits = {name: np.append(values, 0)[rows.ids] for name, values in classes.items()}
    weights = np.asarray(model.areas.weights) / sum(model.areas.weights)
    spread = (uniform(key(stream, "area"), np.zeros(1, np.int64))[0] + rows.ids * PHI) % 1.0
    if unit.arrivals_per_step:  # dealt out evenly, arrivals in one area would be more regular than Poisson
        spread = uniform(key(stream, "area"), np.maximum(rows.ids, 0))
    area = np.searchsorted(np.cumsum(weights), spread, side="right")
    rows.area = np.minimum(area, len(weights) - 1).astype(np.int16)
    rows.parent = np.arange(rows.n)
    return rows


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
    start = -model.units[0].warm_up
    u = uniform(key(stream, "age", rows.unit.name), np.maximum(rows.ids, 0))
    rows.born = start - (low + np.floor(u * (high - low + 1)).astype(np.int64))


def _arrivals(model: Model, stream: int) -> tuple[dict[int, int], int]:
    """Draw how many rows arrive from outside in each step (Poisson), and their sum."""
    steps = np.arange(model.units[0].warm_up + model.clock.steps)
    u = uniform(key(stream, "arrivals"), steps)
    n = np.searchsorted(poisson_cdf(model.units[0].arrivals_per_step), u, side="right")
    first = -model.units[0].warm_up
    return {first + int(i): int(c) for i, c in zip(steps, n, strict=True) if c}, int(n.sum())


def _timetable(model: Model, rows: dict[str, Rows], stream: int) -> dict[int, Renewal]:
    """Work out, step by step, who leaves and who enters; nobody's fate in the model matters for it."""
    if model.units[0].arrivals_per_step:
        return _arriving(model, rows[model.units[0].name], stream)
    root = rows[model.units[0].name]
    child = rows[model.units[1].name] if len(model.units) > 1 else None
    if not (root.unit.leaves_rate or (child is not None and child.unit.leaves_age_steps)):
        return {}
    return _Demography(model, root, child, stream).run()


def _arriving(model: Model, root: Rows, stream: int) -> dict[int, Renewal]:
    """Bring in the rows of an open queue in order of their number."""
    root.active[root.ids >= root.unit.size] = False
    position = np.argsort(np.where(root.ids < 0, np.iinfo(np.int64).max, root.ids))
    nobody: dict[str, IntArray] = {}
    renewals, at = {}, root.unit.size
    for step, count in _arrivals(model, stream)[0].items():
        entering = position[at : at + count]
        at += count
        name = root.unit.name
        renewals[step] = Renewal(nobody, {name: entering}, {name: np.full(count, step)})
    return renewals


class _Demography:
    """Walks the calendar once: 18th birthdays, births into empty places, families that leave and are replaced."""

    def __init__(self, model: Model, root: Rows, child: Rows | None, stream: int) -> None:
        self.model, self.root, self.child, self.stream = model, root, child, stream
        self.start, self.end = -model.units[0].warm_up, model.clock.steps
        self.dt = model.clock.step_years
        self.in_place = root.active.copy()
        if child is not None:
            self.born, self.here = child.born.copy(), child.active.copy()
            self.leave_age = child.unit.leaves_age_steps or (1 << 40)
            self.due = self._by_step(np.flatnonzero(child.active), child.born[child.active] + self.leave_age)

    def _by_step(self, rows: IntArray, steps: IntArray) -> dict[int, list[IntArray]]:
        """Put rows into a calendar."""
        calendar: dict[int, list[IntArray]] = {}
        if not len(rows):
            return calendar
        order = np.argsort(steps, kind="stable")
        rows, steps = rows[order], steps[order]
        found, first = np.unique(steps, return_index=True)
        for step, part in zip(found, np.split(rows, first[1:]), strict=True):
            calendar[int(step)] = [part]
        return calendar

    def run(self) -> dict[int, Renewal]:
        """Give the renewals of every step in which something changes."""
        renewals = {}
        for step in range(self.start, self.end):
            leaving, entering, born = self._families(step)
            if self.child is not None:
                self._children(step, leaving, entering, born)
            if any(len(rows) for rows in (*leaving.values(), *entering.values())):
                renewals[step] = Renewal(leaving, entering, born)
        return renewals

    def _families(self, step: int) -> tuple[dict[str, IntArray], dict[str, IntArray], dict[str, IntArray]]:
        """Families that leave for reasons of their own, and those that take their places."""
        root, unit = self.root, self.root.unit
        gone: BoolArray = np.zeros(root.n, np.bool_)
        if unit.leaves_rate:
            u = uniform(key(self.stream, "leaves", step), np.maximum(root.ids, 0))
            gone = (u < -np.expm1(-unit.leaves_rate * self.dt)) & self.in_place
        if self.child is not None and self.child.unit.leaves_age_steps:
            n_here = np.bincount(self.child.parent[self.here], minlength=root.n)
            gone |= (n_here == 0) & self.in_place & (root.n_children > 0) & (step > self.start)
        rows = np.flatnonzero(gone)
        name = unit.name
        if unit.replace:
            return {}, {name: rows}, {name: np.full(len(rows), step)}
        self.in_place[rows] = False
        return {name: rows}, {}, {}

    def _children(
        self, step: int, leaving: dict[str, IntArray], entering: dict[str, IntArray], born: dict[str, IntArray]
    ) -> None:
        """Children who come of age, are born, or come and go with their family."""
        child, name = self.child, self.child.unit.name if self.child else ""
        assert child is not None
        come_of_age = [rows[self.born[rows] + self.leave_age == step] for rows in self.due.pop(step, [])]
        aged = np.concatenate([*come_of_age, np.zeros(0, np.int64)]).astype(np.int64)
        aged = aged[self.here[aged]]
        with_family, _ = self.root.children_of(leaving.get(self.root.unit.name, np.zeros(0, np.int64)))
        self.here[aged] = False
        new_family, _ = self.root.children_of(entering.get(self.root.unit.name, np.zeros(0, np.int64)))
        low, high = child.unit.age_steps or (0, 0)
        u = uniform(key(self.stream, "age", name, step), child.ids[new_family])
        new_born = step - (low + np.floor(u * (high - low + 1)).astype(np.int64))
        births = np.zeros(0, np.int64)
        if child.unit.births_rate:
            empty = np.flatnonzero(~self.here & (child.ids >= 0) & self.in_place[child.parent])
            chance = uniform(key(self.stream, "births", step), child.ids[empty])
            births = empty[chance < -np.expm1(-child.unit.births_rate * self.dt)]
            births = np.setdiff1d(births, np.concatenate([new_family, aged]))
        gone = np.concatenate([aged, with_family[self.here[with_family]]])
        self.here[gone] = False
        leaving[name] = np.setdiff1d(gone, np.concatenate([new_family, births]))  # a place taken over is not left
        entering[name] = np.concatenate([new_family, births])
        born[name] = np.concatenate([new_born, np.full(len(births), step)])
        self.here[entering[name]] = True
        self.born[entering[name]] = born[name]
        for due, parts in self._by_step(entering[name], born[name] + self.leave_age).items():
            self.due.setdefault(due, []).extend(parts)
