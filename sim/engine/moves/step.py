"""One pass of one chain over one step: every world meets the same draws; the same code runs the bench and the nation.

Each row has one uniform (fate/uniforms.py) and a two-ended inverse: small numbers move it to worse states, large ones
to better states, the middle stays. Only rows whose byte may move them are looked at: their code is read, and a table
over (code, byte) says what the byte decides alone; the few others need the rest of their uniform. The ``plain`` scheme
looks at everybody in full, and gives the same moves to the last bit.

Five rows of a chain well (0), ill (1), dead (2) may move with these chances in a step; u is drawn as byte / 256 + fine:

======  =====  ==========  =========  ===============  ==========================  ==================
row     state  to worse    to better  bounds on bytes  uniform                     what happens
======  =====  ==========  =========  ===============  ==========================  ==================
0       well   0.01        0          < 3              byte 200: 0.78              not looked at
1       well   0.01        0          < 3              byte 2, fine 0.9: 0.0113    looked at, stays
2       well   0.01        0          < 3              byte 1, fine 0.5: 0.0059    to ill: pair 0*3+1
3       ill    0.05        0.30       < 13, > 178      byte 190: 1 - u < 0.30      to well: pair 1*3+0
4       dead   0           0          none             byte 0                      not looked at
======  =====  ==========  =========  ===============  ==========================  ==================

Rows 1, 2 and 3 are the candidates that ``Bounds.may_move`` lists; byte 2 of row 1 does not decide by itself (2 / 256 is
below 0.01, 3 / 256 above), so its fine part is drawn; bytes 1 and 190 decide alone. ``World.follow`` is handed rows
(2, 3) and pairs (1, 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine import kernels
from sim.engine.fate.uniforms import BYTES, FINE_BITS, Bounds, Draws, draw
from sim.engine.kernels import UNSURE
from sim.engine.moves.codes import FIXED, CodeReader
from sim.engine.moves.search import MoverSearch
from sim.engine.moves.world import MovingWorld
from sim.engine.people.population import Rows
from sim.model.compiled.program import BETTER, WORSE, Program, Tables, bounds_of
from sim.model.compiled.scope import Moment

MOST_BYTE_CODES = 512
"""A table by byte pays for small codes and chances that the clock does not change."""
MARGIN = 1.0 / 16
"""Room in the bounds of chances that change with the clock, so that they need not be set anew each step."""


@dataclass
class Pass:
    """How one chain is stepped in one world: its program, its present tables and what they imply."""

    world: MovingWorld
    program: Program
    codes: list[int]
    tables: Tables

    @property
    def name(self) -> str:
        """Name of the chain."""
        return self.program.chain.name

    @cached_property
    def readings(self) -> list[CodeReader]:
        """How to read the code of each group."""
        rows, codes = self.world.rows(self.name), self.world.compiled.codes
        return [CodeReader(self.world, rows, codes[number]) for number in self.codes]

    @cached_property
    def recounted(self) -> list[str]:
        """The counts over children that are not kept by moves: to be made afresh before the chain is stepped."""
        axes = [axis for group in self.program.groups for axis in group.axes]
        names = dict.fromkeys(axis.source.name for axis in axes if axis.source.kind == "count")
        conditions = self.world.compiled.counts
        return [name for name in names if self.world.plain.get(conditions[name]) is None]

    def refresh(self, now: Moment) -> bool:
        """Take the tables of this moment and say whether they are new."""
        tables = self.program.tables(now)
        changed = tables is not self.tables
        self.tables = tables
        return changed

    def code(self, g: int, rows: IntArray) -> IntArray:
        """Give the code of some rows in a group, (row,)."""
        return self.readings[g].of(rows)

    def codes_of(self, rows: IntArray) -> list[IntArray]:
        """Give the codes of some rows in every group."""
        return [reading.of(rows) for reading in self.readings]

    def slots_at(self, places: list[IntArray]) -> list[FloatArray]:
        """Give the hazards (or probabilities) at places in the tables, one array a slot."""
        slots = []
        for slot in range(self.program.targets.shape[0]):
            value = self.tables.by_slot[0][slot].take(places[0])  # (row,)
            for table, place in zip(self.tables.by_slot[1:], places[1:], strict=True):
                value = value * table[slot].take(place)
            slots.append(value)
        return slots

    def decide(self, codes: list[IntArray], u: FloatArray) -> tuple[IntArray, IntArray]:
        """Say who moves and how.

        Parameters
        ----------
        codes
            Codes of some rows in every group.
        u
            Their uniforms, in [0, 1).

        Returns
        -------
            Which of them move (positions), and each mover's pair, old * n + new. Of the moves to one side the most
            extreme has the most extreme uniforms.
        """
        size, reach = self.program.groups[0].size, self.tables.reach
        if reach is not None:
            worse, better = reach[-1].take(codes[0] + size), reach[-1].take(codes[0])
        else:
            sides = self._reach_of(codes)
            worse, better = sides[WORSE][-1], sides[BETTER][-1]
        up, flipped = u < worse, 1.0 - u
        which = (up | (flipped <= better)).nonzero()[0]
        up = up.take(which)
        place = codes[0].take(which) + size * up
        pairs = self.program.pair_of_code
        if len(pairs) == 1:
            return which, pairs[0].take(place)
        position = np.where(up, u.take(which), flipped.take(which))
        slot: IntArray = np.zeros(len(which), np.intp)
        for k in range(len(pairs) - 1):
            if reach is not None:
                slot += position >= reach[k].take(place)
            else:
                slot += position >= np.where(up, sides[WORSE][k].take(which), sides[BETTER][k].take(which))
        slot *= 2 * size
        slot += place  # (slot, side, code) in one line
        return which, pairs.reshape(-1).take(slot)

    def _reach_of(self, codes: list[IntArray]) -> list[FloatArray]:
        """Cumulate the chances of the slots of each side for some rows, (slot, row)."""
        groups = self.program.groups
        sides = []
        for side in (BETTER, WORSE):
            places = [code + side * group.size for code, group in zip(codes, groups, strict=True)]
            sides.append(np.cumsum(self.slots_at(places), axis=0))  # (slot, row)
        if self.program.chain.kind == "rates":
            hazard = sides[BETTER][-1] + sides[WORSE][-1]
            share = np.divide(-np.expm1(-hazard), hazard, out=np.zeros(len(hazard)), where=hazard > 0)
            sides = [side * share for side in sides]
        return sides

    @cached_property
    def by_byte(self) -> IntArray | None:
        """The pair that a code and a byte lead to, (code * 256 + byte,): 0 to stay, UNSURE where it takes more."""
        if self.tables.reach is None or self.program.clock_names or self.program.groups[0].size > MOST_BYTE_CODES:
            return None
        code = np.repeat(np.arange(self.program.groups[0].size), BYTES)
        byte = np.tile(np.arange(BYTES), self.program.groups[0].size)
        ends = []
        for fine in (0.0, 1.0 - 2.0**-FINE_BITS):
            which, pairs = self.decide([code], (byte + fine) / BYTES)
            ends.append(np.zeros(len(code), np.uint16))
            ends[-1][which] = pairs
        return np.where(ends[0] == ends[1], ends[0], UNSURE).astype(np.uint16)

    def chances(self) -> tuple[FloatArray, FloatArray]:
        """Bound the chances to move to worse and to better states over all that changes, (code of the first group,)."""
        group = self.program.groups[0]
        if self.tables.reach is not None:
            peak = self.tables.reach[-1].reshape(2, *group.shape)  # (side, own state, axis, ...)
        else:
            rest = np.prod([self._peaks(g).reshape(2, -1).max(axis=1) for g in range(1, len(self.codes))], axis=0)
            peak = self._peaks(0).reshape(2, *group.shape) * rest.reshape(2, *[1] * len(group.shape))
            peak = np.minimum(peak, 1.0)
        changing = tuple(i + 2 for i, axis in enumerate(group.axes) if axis.source.kind not in FIXED)
        peak = np.broadcast_to(peak.max(axis=changing, keepdims=True), peak.shape).reshape(2, -1)  # (side, code)
        return peak[WORSE], peak[BETTER]

    def _peaks(self, g: int) -> FloatArray:
        """Bound a group's table over slots: the sum for the group of rates, else the maximum."""
        by_slot = self.tables.by_slot[g]
        return np.asarray(by_slot.sum(axis=0) if g == 0 else by_slot.max(axis=0))

    def set_bounds(self) -> None:
        """Bring the bounds up to date, when the present tables reach above them or there are none."""
        worse, better = self.chances()
        bounds = self.world.bounds.get(self.name)
        if bounds is not None:
            low, high = bounds_of(worse, better)
            if np.all(low <= bounds.table_low) and np.all(high >= bounds.table_high):
                return
        room = 1.0 + MARGIN if self.program.clock_names else 1.0
        low, high = bounds_of(np.minimum(worse * room, 1.0), np.minimum(better * room, 1.0))
        rows = self.world.rows(self.name)
        nobody = np.zeros(rows.n, np.uint8)
        fresh = Bounds(nobody, ~nobody, low, high, self.readings[0].own, self.readings[0].fixed)
        here = rows.active.nonzero()[0]
        fresh.set(here, self.world.state[self.name].take(here))
        self.world.bounds[self.name] = fresh

    def run(self, draws: Draws, plain: bool) -> None:
        """Step the chain."""
        for name in self.recounted:
            self.world.recount(name)
        if plain:
            rows: IntArray = self.world.rows(self.name).active.nonzero()[0]
            which, pairs = self.decide(self.codes_of(rows), draws.uniforms(rows))
        elif self._search is not None:
            self.world.follow(self.name, *self._search.run(draws, self.tables))
            return
        else:
            rows = self.world.bounds[self.name].may_move(draws)
            codes = self.codes_of(rows)
            if self.by_byte is not None:
                which, pairs = self._look_up(codes[0], rows, draws)
            else:
                if self.tables.bounds is not None:
                    rows, codes = self._rule_out(rows, codes[0], draws)
                which, pairs = self.decide(codes, draws.uniforms(rows))
        self.world.follow(self.name, rows.take(which), pairs)

    @cached_property
    def _search(self) -> MoverSearch | None:
        """The compiled search for movers, where there is one: of a single group, which 16 bits number."""
        if not kernels.ON or self.tables.reach is None or self.program.groups[0].size > kernels.MOST_CODES:
            return None
        return MoverSearch(self.world, self.name, self.readings[0], self.program.pair_of_code, self.by_byte)

    def _rule_out(self, rows: IntArray, code: IntArray, draws: Draws) -> tuple[IntArray, list[IntArray]]:
        """Keep the rows that their byte may move now that their code is known."""
        assert self.tables.bounds is not None
        low, high = self.tables.bounds
        byte = draws.bytes.take(rows)
        kept = byte < low.take(code)
        kept |= byte > high.take(code)
        which = kept.nonzero()[0]
        return rows.take(which), [code.take(which)]

    def _look_up(self, code: IntArray, rows: IntArray, draws: Draws) -> tuple[IntArray, IntArray]:
        """Decide by byte alone where that is enough."""
        assert self.by_byte is not None
        place = code << 8
        place += draws.bytes.take(rows)  # (code, byte) in one line
        pairs = self.by_byte.take(place)
        unsure = (pairs == UNSURE).nonzero()[0]
        if len(unsure):
            movers, theirs = self.decide([code.take(unsure)], draws.uniforms(rows.take(unsure)))
            pairs[unsure] = 0
            pairs[unsure.take(movers)] = theirs
        which = (pairs != 0).nonzero()[0]
        return which, pairs.take(which)


def make_pass(world: MovingWorld, name: str, now: Moment) -> Pass:
    """Prepare the stepping of a chain in a world."""
    program = world.compiled.programs[name]
    one = Pass(world, program, world.compiled.program_codes[name], Tables([], None))
    one.refresh(now)
    return one


@dataclass
class Stepper:
    """One chain in every world that runs, on shared draws; ``stream`` is the key of (replication, chain)."""

    passes: list[Pass]
    stream: int

    def __post_init__(self) -> None:
        self.rows: Rows = self.passes[0].world.rows(self.passes[0].name)
        for one in self.passes:
            one.set_bounds()

    def refresh(self, moments: Sequence[Moment]) -> None:
        """Take the tables of this step."""
        for one, now in zip(self.passes, moments, strict=True):
            if one.refresh(now):
                one.set_bounds()

    def run(self, step: int, scheme: str = "bytes") -> None:
        """Step the chain in every world; ``scheme`` as in ``replicate``: who moves is the same."""
        draws = draw(self.rows, self.stream, step)
        for one in self.passes:
            one.run(draws, scheme == "plain")
