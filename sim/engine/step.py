"""One pass of one chain over one step: every world meets the same draws; the same code runs the bench and the nation.

Rates chains meet a Poisson random measure (points.py); probabilities chains and the plain scheme take one uniform a row
and a two-ended inverse: small numbers move to worse states, large ones to better states, the middle stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.engine.draws import key, uniform
from sim.engine.points import Plan, Points, draw_rows, make_plan, scatter
from sim.engine.population import Rows
from sim.engine.world import World
from sim.model.arrays import CodeArray, FloatArray, IntArray, StateArray
from sim.model.program import BETTER, WORSE, Program, Tables
from sim.model.scope import Moment

BULK = 1.25 * 2.0**-3
"""Hazard a step up to which points are scattered over all rows (points.py); few rows reach beyond, and draw alone."""
DIRECTIONS = ((BETTER, "better"), (WORSE, "worse"))


@dataclass
class Pass:
    """How one chain is stepped in one world: its program, its present tables and what they imply."""

    world: World
    program: Program
    codes: list[int]
    bulk: float = BULK
    tables: Tables | None = None
    bounds: tuple[FloatArray, FloatArray] = (np.zeros(0), np.zeros(0))

    @property
    def name(self) -> str:
        """Name of the chain."""
        return self.program.chain.name

    def refresh(self, now: Moment) -> bool:
        """Take the tables of this moment; when they changed, work out bounds and who is hot, and say so."""
        tables = self.program.tables(now)
        if tables is self.tables:
            return False
        self.tables = tables
        if self.program.chain.kind == "rates":
            self.bounds = tuple(self._bound(direction) for direction in (BETTER, WORSE))  # type: ignore[assignment]
            self._mark_hot()
        return True

    def _bound(self, direction: int) -> FloatArray:
        """Give the largest hazard of any code, by stratum (one value when no stratum matters), at most ``bulk``."""
        groups = self.program.groups
        best: FloatArray = np.ones(1)
        for g, group in enumerate(groups):
            table = self._total_of_group(direction, g).reshape(group.shape)
            keep = [i + 1 for i, axis in enumerate(group.axes) if self._is_stratum(axis.source.kind, axis.source.name)]
            others = tuple(i for i in range(table.ndim) if i not in keep)
            peak = table.max(axis=others)
            best = best * (peak[group.axes[keep[0] - 1].classes] if keep else peak)
        return np.asarray(np.minimum(best, self.bulk))

    def _is_stratum(self, kind: str, name: str) -> bool:
        return kind == "trait" and any(t.name == name and t.stratify for t in self.world.compiled.model.traits)

    def _total_of_group(self, direction: int, g: int) -> FloatArray:
        """Bound a group's table over slots: the sum for the group of rates, the maximum for one of multipliers."""
        assert self.tables is not None
        by_slot = self.tables.by_slot[direction][g]
        return np.asarray(by_slot.sum(axis=0) if g == 0 else by_slot.max(axis=0))

    def _mark_hot(self) -> None:
        """Mark the codes of the first group from which a row may exceed ``bulk``; list the rows that have one."""
        rest = [np.prod([self._total_of_group(d, g).max() for g in range(1, len(self.codes))]) for d in (BETTER, WORSE)]
        peak = np.maximum(*(self._total_of_group(d, 0) * rest[d] for d in (BETTER, WORSE)))
        group = self.program.groups[0]
        late = tuple(i + 1 for i, axis in enumerate(group.axes) if axis.source.kind == "k")
        if late:
            peak = np.broadcast_to(peak.reshape(group.shape).max(axis=late, keepdims=True), group.shape).reshape(-1)
        hot = peak > self.bulk
        number = self.codes[0]
        if hot.any():
            self.world.hot[number] = (self.name, hot)
            self.world.hot_rows[self.name] = [np.flatnonzero(hot[self.world.codes[number]])]
        else:
            self.world.hot.pop(number, None)
            self.world.hot_rows[self.name] = []

    def code(self, g: int, rows: IntArray) -> CodeArray:
        """Give the code of some rows in a group, digits that are read late included, (row,)."""
        code = self.world.codes[self.codes[g]].take(rows)
        for axis, stride in self.program.groups[g].late:
            home = self.world.rows(axis.source.name)
            who = rows if home is self.world.rows(self.name) else home_rows(self.world, rows, self.name)
            steps = np.clip(self.world.step - self.world.entered[axis.source.name][who], 0, len(axis.classes) - 1)
            code = code + axis.classes[steps] * stride
        return code

    def codes_of(self, rows: IntArray) -> list[CodeArray]:
        """Give the codes of some rows in every group."""
        return [self.code(g, rows) for g in range(len(self.codes))]

    def by_slot(self, direction: int, rows: IntArray) -> list[FloatArray]:
        """Give the hazards (or probabilities) of some rows, one array (row,) a slot."""
        return self.at_codes(direction, self.codes_of(rows))

    def at_codes(self, direction: int, codes: list[CodeArray]) -> list[FloatArray]:
        """Give the hazards (or probabilities) at codes, one list entry a group, one array a slot."""
        assert self.tables is not None
        tables = self.tables.by_slot[direction]
        slots = []
        for slot in range(tables[0].shape[0]):
            value = tables[0][slot].take(codes[0])
            for g in range(1, len(codes)):
                value = value * tables[g][slot].take(codes[g])
            slots.append(value)
        return slots

    def total_at(self, direction: int, codes: list[CodeArray]) -> FloatArray:
        """Give the total hazard in a direction at codes, (row,)."""
        assert self.tables is not None
        if len(codes) == 1:
            return self.tables.total[direction].take(codes[0])
        return np.asarray(np.sum(self.at_codes(direction, codes), axis=0))

    def target(self, direction: int, rows: IntArray, levels: FloatArray) -> StateArray:
        """Say where rows go that met a level below their total hazard."""
        if self.program.destinations[direction].shape[1] == 1:
            return self.program.destinations[direction][:, 0].take(self.world.state[self.name].take(rows))
        return self.destination(direction, rows, levels, self.by_slot(direction, rows))

    def destination(self, direction: int, rows: IntArray, position: FloatArray, slots: list[FloatArray]) -> StateArray:
        """Say where rows go whose draw fell at a position in their cumulated slots: the most extreme state is first."""
        own = self.world.state[self.name].take(rows)
        slot = np.zeros(len(rows), np.uint8)
        reached = slots[0]
        for value in slots[1:]:
            slot += (position >= reached).view(np.uint8)
            reached = reached + value
        # A position may pass the last sum by rounding: it stays with the last slot that the state has.
        np.minimum(slot, self.program.last_slot[direction].take(own), out=slot)
        return self.program.destinations[direction][own, slot]


def home_rows(world: World, rows: IntArray, chain: str) -> IntArray:
    """Give the root rows that child rows belong to."""
    return world.rows(chain).parent[rows]


def make_pass(world: World, name: str) -> Pass:
    """Prepare the stepping of a chain in a world."""
    program = world.compiled.programs[name]
    return Pass(world, program, world.compiled.program_codes[name])


@dataclass
class Stepper:
    """One chain in every world that runs, on shared draws; ``stream`` is the key of (replication, chain)."""

    passes: list[Pass]
    stream: int
    plans: list[Plan | None] | None = None

    def __post_init__(self) -> None:
        self.streams = [key(self.stream, name) for _, name in DIRECTIONS]

    def refresh(self, moments: Sequence[Moment]) -> None:
        """Take the tables of this step; plan the points anew when a bound has changed."""
        changed = [one.refresh(now) for one, now in zip(self.passes, moments, strict=True)]
        if (any(changed) or self.plans is None) and self.passes[0].program.chain.kind == "rates":
            self.plans = [self._plan(direction) for direction, _ in DIRECTIONS]

    def _plan(self, direction: int) -> Plan | None:
        """Plan the points that any of the worlds may need."""
        rows = self.passes[0].world.rows(self.passes[0].name)
        bound = np.max(np.broadcast_arrays(*(one.bounds[direction] for one in self.passes)), axis=0)
        by_block = bound[rows.stratum] if len(bound) > 1 else np.full(len(rows.stratum), bound[0])
        return make_plan(rows.block_ids, by_block)

    def run(self, step: int, scheme: str = "points") -> None:
        """Step the chain in every world; ``scheme`` is points, or plain (one uniform a row): the same distribution."""
        rows = self.passes[0].world.rows(self.passes[0].name)
        if self.passes[0].program.chain.kind == "probabilities" or scheme == "plain":
            draws = uniform(key(self.stream, "plain", step), np.maximum(rows.ids, 0))
            for one in self.passes:
                _inverse(one, rows, draws)
            return
        assert self.plans is not None
        points = [scatter(plan, self.streams[d], step) if (plan := self.plans[d]) else None for d, _ in DIRECTIONS]
        for one in self.passes:
            _meet(one, rows, points, self.streams, step)


@dataclass(frozen=True)
class Hits:
    """Rows that would move, where to, and how to date the points that hit them (asked for ties alone)."""

    rows: IntArray
    targets: StateArray
    dates: Callable[[IntArray], FloatArray]


def _meet(one: Pass, rows: Rows, points: list[Points | None], streams: list[int], step: int) -> None:
    """Let the rows of one world meet the points; the earliest point below a row's hazard moves it."""
    hot = _hot_rows(one, rows)
    codes = one.codes_of(hot)
    hits = []
    for direction, _ in DIRECTIONS:
        met = points[direction]
        if met is not None:
            hits.append(_meet_scattered(one, rows, met, direction))
        if len(hot):
            hits.append(_meet_own(one, rows, hot, codes, direction, streams[direction], step))
    hits = [hit for hit in hits if len(hit.rows)]
    if hits:
        movers, targets = _earliest(rows, hits)
        one.world.move(one.name, movers, targets)


def _meet_scattered(one: Pass, rows: Rows, met: Points, direction: int) -> Hits:
    """Accept the points below the hazard of the row that they hit, up to ``bulk``."""
    accepted = np.flatnonzero(met.levels < one.total_at(direction, one.codes_of(met.rows)))
    movers, levels = met.rows.take(accepted), met.levels.take(accepted)
    # Padding and people who are not there may be hit, and whole bands reach beyond `bulk`: drop them afterwards.
    real = rows.active.take(movers)
    real &= levels < one.bulk
    if not real.all():
        accepted, movers, levels = accepted[real], movers[real], levels[real]
    targets = one.target(direction, movers, levels)
    return Hits(movers, targets, lambda which: met.times(accepted[which]))


def _meet_own(
    one: Pass, rows: Rows, hot: IntArray, codes: list[CodeArray], direction: int, stream: int, step: int
) -> Hits:
    """Draw the points above ``bulk`` of the few rows that reach so high."""
    above = one.total_at(direction, codes)
    above -= one.bulk
    high = np.flatnonzero(above > 0.0)
    who = hot.take(high)
    hit, beyond, times = draw_rows(stream, step, rows.ids.take(who), above.take(high))
    movers = who.take(hit)
    targets = one.target(direction, movers, one.bulk + beyond)
    return Hits(movers, targets, lambda which: times[which])


def _hot_rows(one: Pass, rows: Rows) -> IntArray:
    """List the rows whose hazard may exceed ``bulk``: those listed before and those who have become so since."""
    world, number = one.world, one.codes[0]
    if number not in world.hot:
        return np.zeros(0, np.intp)
    listed = world.hot_rows[one.name]
    candidates = np.concatenate(listed) if len(listed) > 1 else listed[0]
    candidates = candidates.compress(world.hot[number][1].take(world.codes[number].take(candidates)))
    if len(listed) > 1:
        candidates = rows.distinct(candidates)
    world.hot_rows[one.name] = [candidates]
    return candidates.compress(rows.active.take(candidates))


def _earliest(rows: Rows, hits: list[Hits]) -> tuple[IntArray, StateArray]:
    """Choose one hit a row, the earliest; give the rows, all distinct, and their targets."""
    movers = np.concatenate([hit.rows for hit in hits])
    targets = np.concatenate([hit.targets for hit in hits])
    tied = rows.repeated(movers)
    if not len(tied):
        return movers, targets
    starts = np.cumsum([0, *(len(hit.rows) for hit in hits)])
    parts = np.split(tied, np.searchsorted(tied, starts[1:-1]))
    dates = np.concatenate([hit.dates(part - start) for hit, part, start in zip(hits, parts, starts[:-1], strict=True)])
    keep = rows.last_of(movers, tied[np.argsort(-dates, kind="stable")])
    return movers.take(keep), targets.take(keep)


def _inverse(one: Pass, rows: Rows, draws: FloatArray) -> None:
    """Move the rows of one world by one uniform each."""
    everyone = np.flatnonzero(rows.active)
    u = draws[everyone]
    slots = [one.by_slot(direction, everyone) for direction, _ in DIRECTIONS]
    if one.program.chain.kind == "rates":
        hazard = np.sum([value for side in slots for value in side], axis=0)
        share = np.divide(-np.expm1(-hazard), hazard, out=np.zeros(len(everyone)), where=hazard > 0)
        slots = [[value * share for value in side] for side in slots]
    worse, better = np.sum(slots[WORSE], axis=0), np.sum(slots[BETTER], axis=0)
    up, down = np.flatnonzero(u < worse), np.flatnonzero((u >= worse) & (1.0 - u <= better))
    targets = [
        one.destination(direction, everyone[at], position[at], [value[at] for value in slots[direction]])
        for direction, at, position in ((WORSE, up, u), (BETTER, down, 1.0 - u))
    ]
    one.world.move(one.name, everyone[np.concatenate([up, down])], np.concatenate(targets))
