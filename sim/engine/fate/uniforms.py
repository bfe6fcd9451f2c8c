"""One keyed uniform a row, chain and step, read in two parts: a byte for everyone, the rest for the few it may move.

u = (byte + fine) / 256. A row moves to worse states when u is small and to better states when 1 - u is small;
``Bounds`` say with which bytes each row may do so at all. Bytes cost a fraction of a nanosecond a row, so every row of
every chain has its own draw in every step, whatever hazards, regimes and worlds there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray, WordArray
from sim.engine import kernels
from sim.engine.fate.draws import mix, words

BYTES = 256
FINE_BITS = 44
"""Bits of ``fine``: with the byte they make a float64 that is exact."""
STEP_OFFSET = 1 << 20
DENSE = 0.1
"""Share of true values from which NumPy's own search is the faster one."""


class Numbered(Protocol):
    """Rows that have a lasting number each, from 1, which their draws hang on.

    Those of eight neighbours follow each other, and so do their words: w holds the bytes of rows 8 w - 7 to 8 w.
    """

    @property
    def word_counters(self) -> WordArray:
        """Counter of each word that holds bytes of rows, eight at most, times GAMMA; (word,)."""

    @property
    def byte_places(self) -> IntArray | None:
        """Where among the bytes of the words each row's own is, (row,); None where they stand as the rows do."""

    def counters(self, which: IntArray) -> WordArray:
        """Give the counter of some rows, times GAMMA; (row,)."""


@dataclass(frozen=True)
class Draws:
    """The uniforms of one chain in one step, shared by all worlds.

    ``bytes`` (row,) are the first parts; ``stream`` is the key of the fine part.
    """

    rows: Numbered
    bytes: StateArray
    stream: int

    def uniforms(self, which: IntArray) -> FloatArray:
        """Give u of some rows, a multiple of 2**-52 in [0, 1)."""
        fine = self.rows.counters(which)
        fine += np.uint64(self.stream)
        mix(fine)
        fine >>= np.uint64(64 - FINE_BITS)
        u = fine.astype(np.float64)
        u *= 2.0**-FINE_BITS
        u += self.bytes.take(which)
        u *= 1.0 / BYTES
        return u

    def below(self, chance: float) -> IntArray:
        """List the rows with u < chance, in order."""
        few = positions(self.bytes <= np.uint8(min(chance * BYTES, BYTES - 1)))
        return few.compress(self.uniforms(few) < chance)


def draw(rows: Numbered, stream: int, step: int) -> Draws:
    """Draw for all rows of a unit.

    Parameters
    ----------
    rows
        Whose draws; a row's depend on its block's number and its place there alone.
    stream
        Key of (replication, chain).
    step
        The step, possibly negative (warm-up).
    """
    first = 2 * (step + STEP_OFFSET)
    coarse, fine = words(stream, np.arange(first, first + 2)).tolist()
    if kernels.ON:
        drawn = np.empty_like(rows.word_counters)
        kernels.draw_bytes(rows.word_counters, np.uint64(coarse), drawn)
    else:
        drawn = mix(rows.word_counters + np.uint64(coarse))
    held, places = drawn.astype("<u8", copy=False).view(np.uint8), rows.byte_places
    return Draws(rows, held if places is None else held.take(places), fine)


@dataclass
class Bounds:
    """What bytes may move each row: those below ``low`` to worse, those above ``high`` to better states, (row,).

    A row's bounds are read from its state and what is fixed about it: ``table_low`` and ``table_high`` (code,) bound
    its chances over everything else; ``state_weight`` (state,) + ``fixed`` (row,) is its place there.
    """

    low: StateArray
    high: StateArray
    table_low: StateArray
    table_high: StateArray
    state_weight: IntArray
    fixed: IntArray | None

    @cached_property
    def by_state(self) -> tuple[StateArray, StateArray]:
        """The bounds of each state where nothing is fixed, (state,) each."""
        return self.table_low.take(self.state_weight), self.table_high.take(self.state_weight)

    def may_move(self, draws: Draws) -> IntArray:
        """List the rows whose byte does not rule out that they move, in order."""
        reached = draws.bytes < self.low
        reached |= draws.bytes > self.high
        return positions(reached)

    def set(self, rows: IntArray, states: StateArray) -> None:
        """Set the bounds of rows by their states."""
        if kernels.ON:
            fixed = kernels.NO_BYTES if self.fixed is None else self.fixed
            tables = self.table_low, self.table_high, self.state_weight
            kernels.set_bounds(rows, states, self.low, self.high, *tables, fixed)
            return
        if self.fixed is None:
            low, high = self.by_state
            self.low[rows], self.high[rows] = low.take(states), high.take(states)
            return
        place = self.state_weight.take(states)
        place += self.fixed.take(rows)
        self.low[rows], self.high[rows] = self.table_low.take(place), self.table_high.take(place)

    def clear(self, rows: IntArray) -> None:
        """Let rows that are not there never move."""
        self.low[rows] = 0
        self.high[rows] = BYTES - 1


def positions(mask: BoolArray) -> IntArray:
    """List where a mask is true, in order.

    Where few are, words of eight are searched first: NumPy's search of single bytes is slow between 1% and 10%.
    """
    if len(mask) % 8 or np.count_nonzero(mask) > DENSE * len(mask):
        return np.flatnonzero(mask)
    eights = mask.view(np.uint64)
    some = (eights != 0).nonzero()[0]
    inner = eights.take(some).view(np.bool_).nonzero()[0]
    found: IntArray = some.take(inner >> 3)
    found <<= 3
    inner &= 7
    found += inner
    return found
