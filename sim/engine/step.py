"""One pass of one chain over one step: every world meets the same draws; the same code runs the bench and the nation.

Rates chains meet a Poisson random measure (points.py); probabilities chains and the plain scheme take one uniform a row
and a two-ended inverse: small numbers move to worse states, large ones to better states, the middle stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.engine.draws import key, uniform
from sim.engine.points import Plan, Points, draw_rows, make_plan, scatter
from sim.engine.population import Rows
from sim.engine.world import World
from sim.model.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.model.program import BETTER, WORSE, Program, Tables
from sim.model.scope import Moment

BULK = 1.25 * 2.0**-3
"""Hazard a step up to which points are scattered over all rows (points.py); few rows reach beyond, and draw alone."""


FEW_SLOTS = 3


@dataclass
class Pass:
    """How one chain is stepped in one world: its program, its present tables and what they imply."""

    world: World
    program: Program
    codes: list[int]
    tables: Tables
    bounds: FloatArray
    """Largest hazard by (side, stratum), at most BULK; one column when no stratum matters."""
    hot: BoolArray | None = None
    """Codes of the first group from which a row may exceed BULK, (code,); None when there is none."""

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
            self.bounds = self._bounds()
            self._mark_hot()
        return True

    def _peaks(self, g: int) -> FloatArray:
        """Bound a group's table over slots, (2, *shape): the sum for the group of rates, else the maximum."""
        by_slot = self.tables.by_slot[g]
        peak = by_slot.sum(axis=0) if g == 0 else by_slot.max(axis=0)
        return np.asarray(peak.reshape(2, *self.program.groups[g].shape))

    def _bounds(self) -> FloatArray:
        strata = {t.name for t in self.world.compiled.model.traits if t.stratify}
        best: FloatArray = np.ones((2, 1))
        for g, group in enumerate(self.program.groups):
            table = self._peaks(g)
            keep = [i for i, axis in enumerate(group.axes) if axis.source.kind == "trait" and axis.source.name in strata]
            others = tuple(i for i in range(1, table.ndim) if i - 2 not in keep)
            peak = table.max(axis=others)
            best = best * (peak[:, group.axes[keep[0]].classes] if keep else peak[:, None])
        return np.minimum(best, BULK)

    def _mark_hot(self) -> None:
        """Mark the codes of the first group from which a row may exceed BULK."""
        rest = np.prod([self._peaks(g).reshape(2, -1).max(axis=1) for g in range(1, len(self.codes))], axis=0)
        group = self.program.groups[0]
        peak = (self._peaks(0).reshape(2, -1) * np.reshape(rest, (-1, 1))).max(axis=0)
        late = tuple(i + 1 for i, axis in enumerate(group.axes) if any(axis is one for one, _ in group.late))
        if late:
            widest = peak.reshape(group.shape).max(axis=late, keepdims=True)
            peak = np.broadcast_to(widest, group.shape).reshape(-1)
        hot = peak > BULK
        self.hot = hot if hot.any() else None

    def code(self, g: int, rows: IntArray) -> IntArray:
        """Give the code of some rows in a group, digits that are read late included, (row,)."""
        code = self.world.codes[self.codes[g]].take(rows).astype(np.intp)
        for axis, stride in self.program.groups[g].late:
            home = self.world.rows(axis.source.name)
            mine = self.world.rows(self.name)
            who = rows if home is mine else mine.parent.take(rows)
            steps = self.world.step - self.world.entered[axis.source.name].take(who)
            code += axis.classes.take(steps, mode="clip") * stride
        return code

    def codes_of(self, rows: IntArray) -> list[IntArray]:
        """Give the codes of some rows in every group."""
        return [self.code(g, rows) for g in range(len(self.codes))]

    def on_sides(self, codes: list[IntArray], n_better: int) -> list[IntArray]:
        """Turn codes to places in the tables: the first ``n_better`` on the better side, the others on the worse."""
        for code, group in zip(codes, self.program.groups, strict=True):
            code[n_better:] += group.size
        return codes

    def slots_at(self, places: list[IntArray]) -> list[FloatArray]:
        """Give the hazards (or probabilities) at places in the tables, one array a slot."""
        slots = []
        for slot in range(self.program.targets.shape[0]):
            value = self.tables.by_slot[0][slot].take(places[0])
            for table, place in zip(self.tables.by_slot[1:], places[1:], strict=True):
                value = value * table[slot].take(place)
            slots.append(value)
        return slots

    def total_at(self, places: list[IntArray]) -> FloatArray:
        """Give the total over slots at places in the tables."""
        if self.tables.reach is not None:
            return np.asarray(self.tables.reach[-1].take(places[0]))
        return np.asarray(np.sum(self.slots_at(places), axis=0))

    def target_at(self, places: list[IntArray], levels: FloatArray) -> StateArray:
        """Say where rows go that met a level below their total: the most extreme state has the lowest levels."""
        table = self.program.target_of_code
        n_slots = table.shape[0]
        if n_slots == 1:
            return np.asarray(table[0].take(places[0]))
        if self.tables.reach is None:
            return self.pick(places[0], _passed(levels, np.cumsum(self.slots_at(places), axis=0)[:-1]))
        if n_slots <= FEW_SLOTS:
            return self.pick(places[0], _passed(levels, [row.take(places[0]) for row in self.tables.reach[:-1]]))
        # Compare whole rows and count the true bytes of each word.
        passed = levels[:, None] >= self.tables.reach_rows.take(places[0], axis=0)
        words = np.bitwise_count(passed.view(np.uint64))
        return self.pick(places[0], words[:, 0] if words.shape[1] == 1 else words.sum(axis=1))

    def pick(self, place: IntArray, slot: IntArray) -> StateArray:
        """Give the destination in a slot at a place in the tables."""
        table = self.program.target_of_code
        return np.asarray(table.reshape(-1).take(slot * np.intp(table.shape[1]) + place))


def _passed(position: FloatArray, reached: Iterable[FloatArray]) -> IntArray:
    """Count the cumulated slots that a position has passed."""
    slot = np.zeros(len(position), np.uint8)
    for value in reached:
        slot += (position >= value).view(np.uint8)
    return slot


def make_pass(world: World, name: str, now: Moment) -> Pass:
    """Prepare the stepping of a chain in a world."""
    program = world.compiled.programs[name]
    one = Pass(world, program, world.compiled.program_codes[name], Tables([], None), np.zeros((2, 1)))
    one.refresh(now)
    return one


@dataclass
class Stepper:
    """One chain in every world that runs, on shared draws; ``stream`` is the key of (replication, chain)."""

    passes: list[Pass]
    stream: int

    def __post_init__(self) -> None:
        self.rows: Rows = self.passes[0].world.rows(self.passes[0].name)
        self.points = self.passes[0].program.chain.kind == "rates"
        self.own_streams = [key(self.stream, side) for side in ("better", "worse")]
        self.plan = self._make_plan()

    def refresh(self, moments: Sequence[Moment]) -> None:
        """Take the tables of this step; plan the points anew when a bound has changed."""
        changed = [one.refresh(now) for one, now in zip(self.passes, moments, strict=True)]
        if any(changed):
            self.plan = self._make_plan()

    def _make_plan(self) -> Plan | None:
        """Plan the points that any of the worlds may need."""
        if not self.points:
            return None
        bound = np.max(np.broadcast_arrays(*(one.bounds for one in self.passes)), axis=0)
        by_block = bound[:, self.rows.stratum] if bound.shape[1] > 1 else np.repeat(bound, len(self.rows.stratum), axis=1)
        return make_plan(self.rows.block_ids, by_block)

    def run(self, step: int, scheme: str = "points") -> None:
        """Step the chain in every world; ``scheme`` is points, or plain (one uniform a row): the same distribution."""
        if self.points and scheme == "points":
            points = scatter(self.plan, self.stream, step) if self.plan else None
            for one in self.passes:
                _meet(one, self.rows, points, self.own_streams, step)
        else:
            draws = uniform(key(self.stream, "plain", step), np.maximum(self.rows.ids, 0))
            for one in self.passes:
                _inverse(one, self.rows, draws)


@dataclass(frozen=True)
class Hits:
    """Rows that would move, where to, and how to date the points that hit them (asked for ties alone)."""

    rows: IntArray
    targets: StateArray
    dates: Callable[[IntArray], FloatArray]


def _meet(one: Pass, rows: Rows, points: Points | None, own_streams: list[int], step: int) -> None:
    """Let the rows of one world meet the points; the earliest point below a row's hazard moves it."""
    hits = [] if points is None else [_meet_scattered(one, rows, points)]
    hot = _hot_rows(one, rows)
    if len(hot):
        codes = one.codes_of(hot)
        hits += [_meet_own(one, rows, hot, codes, side, own_streams[side], step) for side in (BETTER, WORSE)]
    hits = [hit for hit in hits if len(hit.rows)]
    if hits:
        one.world.move(one.name, *_earliest(rows, hits))


def _meet_scattered(one: Pass, rows: Rows, met: Points) -> Hits:
    """Accept the points below the hazard of the row that they hit, up to BULK."""
    places = one.on_sides(one.codes_of(met.rows), met.n_better)
    accepted = (met.levels < one.total_at(places)).nonzero()[0]
    movers, levels = met.rows.take(accepted), met.levels.take(accepted)
    # Padding and people who are not there may be hit, and whole bands reach beyond BULK: drop them afterwards.
    real = rows.active.take(movers)
    real &= levels < BULK
    if not real.all():
        accepted, movers, levels = accepted[real], movers[real], levels[real]
    targets = one.target_at([place.take(accepted) for place in places], levels)
    return Hits(movers, targets, lambda which: met.times(accepted[which]))


def _meet_own(
    one: Pass, rows: Rows, hot: IntArray, codes: list[IntArray], side: int, stream: int, step: int
) -> Hits:
    """Draw the points above BULK of the few rows that reach so high."""
    places = [code + side * g.size for code, g in zip(codes, one.program.groups, strict=True)]
    above = one.total_at(places)
    above -= BULK
    high = (above > 0.0).nonzero()[0]
    who = hot.take(high)
    hit, beyond, times = draw_rows(stream, step, rows.ids.take(who), above.take(high))
    chosen = high.take(hit)
    targets = one.target_at([place.take(chosen) for place in places], BULK + beyond)
    return Hits(hot.take(chosen), targets, lambda which: times[which])


def _hot_rows(one: Pass, rows: Rows) -> IntArray:
    """List the rows whose hazard may exceed BULK, in order."""
    if one.hot is None:
        return np.zeros(0, np.intp)
    hot = one.hot.take(one.world.codes[one.codes[0]])
    hot &= rows.active
    return hot.nonzero()[0]


def _earliest(rows: Rows, hits: list[Hits]) -> tuple[IntArray, StateArray]:
    """Choose one hit a row, the earliest; give the rows, all distinct, and their targets."""
    movers = np.concatenate([hit.rows for hit in hits]) if len(hits) > 1 else hits[0].rows
    targets = np.concatenate([hit.targets for hit in hits]) if len(hits) > 1 else hits[0].targets
    tied = rows.repeated(movers)
    if not len(tied):
        return movers, targets
    if len(hits) == 1:
        dates = hits[0].dates(tied)
    else:
        starts = np.cumsum([0, *(len(hit.rows) for hit in hits)])
        parts = np.split(tied, np.searchsorted(tied, starts[1:-1]))
        dates = np.concatenate([hit.dates(part - at) for hit, part, at in zip(hits, parts, starts[:-1], strict=True)])
    keep = rows.last_of(movers, tied[np.argsort(-dates)])
    return movers.take(keep), targets.take(keep)


def _inverse(one: Pass, rows: Rows, draws: FloatArray) -> None:
    """Move the rows of one world by one uniform each."""
    everyone = np.flatnonzero(rows.active)
    u = draws[everyone]
    codes = one.codes_of(everyone)
    places = [[code + side * g.size for code, g in zip(codes, one.program.groups, strict=True)] for side in (0, 1)]
    reached = [np.cumsum(one.slots_at(place), axis=0) for place in places]
    if one.program.chain.kind == "rates":
        hazard = reached[BETTER][-1] + reached[WORSE][-1]
        share = np.divide(-np.expm1(-hazard), hazard, out=np.zeros(len(everyone)), where=hazard > 0)
        reached = [side * share for side in reached]
    worse, better = reached[WORSE][-1], reached[BETTER][-1]
    up, down = np.flatnonzero(u < worse), np.flatnonzero((u >= worse) & (1.0 - u <= better))
    targets = [
        one.pick(places[side][0][at], _passed(position[at], reached[side][:-1, at]))
        for side, at, position in ((WORSE, up, u), (BETTER, down, 1.0 - u))
    ]
    one.world.move(one.name, everyone[np.concatenate([up, down])], np.concatenate(targets))
