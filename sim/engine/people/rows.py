"""The rows of one unit: where they stand, what is fixed about them, and who belongs to whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sim.arrays import BoolArray, IntArray, WordArray
from sim.engine.fate.draws import GAMMA
from sim.model.spec import Unit

BLOCK_BITS = 12
BLOCK = 1 << BLOCK_BITS
"""Rows of a block: each stratum has whole blocks, whose numbers nothing changes."""


@dataclass
class Rows:
    """The rows of one unit, or of a part of its areas; arrays over positions, padding included (never ``active``)."""

    unit: Unit
    n: int
    ids: IntArray
    active: BoolArray
    stratum: IntArray
    """Stratum of each block, (block,); a part of the areas has no blocks."""
    block_ids: IntArray
    """Stable number of each block, (block,)."""
    traits: dict[str, IntArray] = field(default_factory=dict)
    area: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    born: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    """Step of birth (age 0)."""
    parent: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    first_child: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    n_children: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    numbers: IntArray | None = None
    """Stable number of each row where these are some of all, (row,); in blocks it follows from ``block_ids``."""

    @cached_property
    def _words(self) -> tuple[IntArray, IntArray]:
        """The words that hold the bytes of a part's rows, (word,), and where in them each row's byte is, (row,)."""
        assert self.numbers is not None
        found, place = np.unique(self.numbers >> 3, return_inverse=True)
        place <<= 3
        place += self.numbers & 7
        return found, place

    @property
    def byte_places(self) -> IntArray | None:
        """Where among the bytes of the words each row's own is, (row,); None where they stand as the rows do."""
        return None if self.numbers is None else self._words[1]

    @cached_property
    def word_counters(self) -> WordArray:
        """Counter of each word that holds bytes of rows, eight at most, times GAMMA; (word,)."""
        if self.numbers is not None:
            return np.asarray((self._words[0] + 1).astype(np.uint64) * GAMMA)
        per_block = BLOCK // 8
        first = self.block_ids[:, None].astype(np.uint64) * np.uint64(per_block)
        return np.asarray((first + np.arange(1, per_block + 1, dtype=np.uint64)).reshape(-1) * GAMMA)

    @cached_property
    def _block_counters(self) -> IntArray:
        """What is added to the positions of each block to give its rows' counters, (block,)."""
        return (self.block_ids - np.arange(len(self.block_ids))) * BLOCK + 1

    def counters(self, which: IntArray) -> WordArray:
        """Give the counter of some rows, times GAMMA; (row,)."""
        if self.numbers is not None:
            numbers = (self.numbers.take(which) + 1).astype(np.uint64)
        else:
            numbers = (which + self._block_counters.take(which >> BLOCK_BITS)).astype(np.uint64)
        numbers *= GAMMA
        return numbers

    @cached_property
    def _stamp(self) -> IntArray:
        return np.zeros(self.n, np.int32)

    def distinct(self, positions: IntArray) -> IntArray:
        """Keep one entry of each position; linear, no sort."""
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
