"""Points scattered over (row, hazard level, time within a step): one Poisson random measure per chain and direction.

A row with hazard h a step meets the points of its row below level h; the earliest wins. Points depend on (key, step,
band of levels, block of rows) alone: a higher hazard somewhere adds bands and moves nobody. Levels up to ``bulk`` are
scattered over whole blocks; above it, where few rows reach, each such row has draws of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import pdtr

from sim.engine.draws import GAMMA, mix, to_unit, uniform, words
from sim.model.arrays import FloatArray, IntArray, WordArray

BLOCK_BITS = 12
BLOCK = 1 << BLOCK_BITS
BANDS = np.array(
    [0.0, 2.0**-7, 2.0**-6, *(2.0**octave * q for octave in range(-5, -1) for q in (1.0, 1.25, 1.5, 1.75))]
)
"""Edges of the bands of levels, in hazard a step: fine enough at the top that few points are drawn in vain."""
STEP_OFFSET = 1 << 20
LOW = np.uint64(BLOCK - 1)
ONE = np.uint64(0x3FF0000000000000)
"""The bits of 1.0: an exponent for 52 random bits of fraction."""


@dataclass(frozen=True)
class Points:
    """Points of one step: ``rows`` (point,), ``levels`` (point,) in hazard a step, ``words`` (point,) to date ties.

    The first ``n_better`` belong to moves to better states, the others to moves to worse states.
    """

    rows: IntArray
    levels: FloatArray
    words: WordArray
    n_better: int

    def times(self, which: IntArray) -> FloatArray:
        """Give the time within the step of some points, in [0, 1)."""
        return to_unit(mix(self.words[which] + GAMMA))


@lru_cache(maxsize=64)
def poisson_cdf(mean: float) -> FloatArray:
    """Tabulate P(N <= n) for n = 0, 1, ... until it is 1 to the last bit; to invert by searching."""
    n = np.arange(int(mean + 14 * np.sqrt(mean) + 30))
    return np.asarray(pdtr(n, mean))


@dataclass(frozen=True)
class Plan:
    """Which (side, band, block) are to be drawn, as long as the bounds stay what they are; arrays over these cells."""

    keys: IntArray
    """Which of the step's keys (side x bands + band)."""
    counters: WordArray
    first_rows: IntArray
    widths: FloatArray
    edges: FloatArray
    alike: tuple[tuple[IntArray, FloatArray], ...]
    """Cells whose bands have one width, with the distribution of their number of points."""
    n_better: int
    """Cells of the better side; they come first."""


def make_plan(block_ids: IntArray, bounds: FloatArray) -> Plan | None:
    """Plan the drawing of a chain.

    Parameters
    ----------
    block_ids
        Stable number of each block, (block,); block b holds rows b * BLOCK to (b + 1) * BLOCK - 1.
    bounds
        Largest hazard a step on each side in each block, (2, block); above the last of ``BANDS`` nothing is drawn.

    Returns
    -------
        The plan, None when there is nothing to draw.
    """
    n_bands = len(BANDS) - 1
    # Side by side, block by block, so that neighbouring points look at neighbouring rows.
    sides, blocks, bands = np.nonzero(bounds[:, :, None] > BANDS[:-1])
    if not len(blocks):
        return None
    keys = sides * n_bands + bands
    widths = np.diff(BANDS)[bands]
    return Plan(
        keys=keys,
        counters=(block_ids[blocks].astype(np.uint64) + np.uint64(1)) * GAMMA,
        first_rows=blocks << BLOCK_BITS,
        widths=widths,
        edges=BANDS[bands] - widths,
        alike=tuple((np.flatnonzero(widths == w), poisson_cdf(float(w) * BLOCK)) for w in np.unique(widths)),
        n_better=int((sides == 0).sum()),
    )


def scatter(plan: Plan, stream: int, step: int) -> Points:
    """Scatter the points of one step over blocks of rows.

    Parameters
    ----------
    plan
        From ``make_plan``.
    stream
        Key of (replication, chain).
    step
        The step, possibly negative (warm-up).

    Returns
    -------
        Points; levels beyond a block's bound may be among them (whole bands are drawn).
    """
    room = 2 * (len(BANDS) - 1)
    first = (step + STEP_OFFSET) * room
    bases = mix(plan.counters + words(stream, np.arange(first, first + room)).take(plan.keys))
    share = to_unit(bases)
    counts = np.empty(len(bases), np.intp)
    for cells, cdf in plan.alike:
        counts[cells] = cdf.searchsorted(share[cells], side="right")
    ends = counts.cumsum()
    # The i-th word of a cell is mix(base + i * GAMMA), i = 1, 2 ...
    drawn = np.arange(1, ends[-1] + 1, dtype=np.uint64)
    drawn *= GAMMA
    drawn += (bases - (ends - counts).astype(np.uint64) * GAMMA).repeat(counts)
    mix(drawn)
    rows = (drawn & LOW).view(np.int64)
    rows += plan.first_rows.repeat(counts)
    # The upper 52 bits as the fraction of a float in [1, 2); the edge is lowered by one width to match.
    levels = ((drawn >> np.uint64(BLOCK_BITS)) | ONE).view(np.float64)
    levels *= plan.widths.repeat(counts)
    levels += plan.edges.repeat(counts)
    return Points(rows, levels, drawn, int(ends[plan.n_better - 1]) if plan.n_better else 0)


def draw_rows(stream: int, step: int, ids: IntArray, above: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Find the point above ``bulk`` that each of a few rows meets first.

    Parameters
    ----------
    stream, step
        As in ``scatter``.
    ids
        Stable number of each row, (row,).
    above
        Hazard a step of each row beyond ``bulk``, (row,), > 0.

    Returns
    -------
        Which rows are hit (positions in ``ids``); for each how far its level lies above ``bulk``, even in (0, above);
        and the time within the step. The same two uniforms serve whatever the hazard is, so a higher hazard hits
        sooner and nobody else.
    """
    own = int(words(stream, np.array([step + STEP_OFFSET]))[0])
    times = np.log1p(-uniform(own, 2 * ids))
    times /= -above
    hit = (times < 1.0).nonzero()[0]
    return hit, above.take(hit) * uniform(own, 2 * ids.take(hit) + 1), times.take(hit)
