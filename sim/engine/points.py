"""Points scattered over (row, hazard level, time within a step): one Poisson random measure per chain and direction.

A row with hazard h a step meets the points of its row below level h; the earliest wins. Points depend on (key, step,
band of levels, block of rows) alone: a higher hazard somewhere adds bands and moves nobody. Levels up to ``bulk`` are
scattered over whole blocks; above it, where few rows reach, each such row has draws of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

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


@dataclass(frozen=True)
class Points:
    """Points of one step: ``rows`` (point,), ``levels`` (point,) in hazard a step, ``words`` (point,) to date ties."""

    rows: IntArray
    levels: FloatArray
    words: WordArray

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
    """Which (band, block) pairs are to be drawn, as long as the bounds stay what they are; arrays over pairs."""

    bands: IntArray
    counters: WordArray
    first_rows: IntArray
    widths: FloatArray
    edges: FloatArray
    alike: tuple[tuple[slice, FloatArray], ...]
    """Runs of pairs whose bands have one width, with the distribution of their number of points."""


def make_plan(block_ids: IntArray, bounds: FloatArray) -> Plan | None:
    """Plan the drawing of one direction of a chain.

    Parameters
    ----------
    block_ids
        Stable number of each block, (block,); block b holds rows b * BLOCK to (b + 1) * BLOCK - 1.
    bounds
        Largest hazard a step in each block, (block,); above the last of ``BANDS`` nothing is drawn.

    Returns
    -------
        The plan, None when there is nothing to draw.
    """
    chosen = [np.flatnonzero(bounds > edge) for edge in BANDS[:-1]]
    blocks = np.concatenate(chosen)
    if not len(blocks):
        return None
    bands = np.repeat(np.arange(len(chosen)), [len(part) for part in chosen])
    widths = np.diff(BANDS)[bands]
    starts = np.flatnonzero(np.r_[True, np.diff(widths) != 0, True])
    alike = tuple(
        (slice(int(a), int(b)), poisson_cdf(float(widths[a]) * BLOCK)) for a, b in pairwise(starts)
    )
    counters = (block_ids[blocks].astype(np.uint64) + np.uint64(1)) * GAMMA
    scale = widths * 2.0 ** (BLOCK_BITS - 64)
    return Plan(bands, counters, blocks << BLOCK_BITS, scale, BANDS[bands], alike)


def scatter(plan: Plan, stream: int, step: int) -> Points:
    """Scatter the points of one step over blocks of rows.

    Parameters
    ----------
    plan
        From ``make_plan``.
    stream
        Key of (replication, chain, direction).
    step
        The step, possibly negative (warm-up).

    Returns
    -------
        Points; levels beyond a block's bound may be among them (whole bands are drawn).
    """
    first = (step + STEP_OFFSET) * len(BANDS)
    keys = words(stream, np.arange(first, first + len(BANDS)))
    bases = mix(plan.counters + keys[plan.bands])
    share = to_unit(bases)
    counts = np.empty(len(bases), np.intp)
    for pairs, cdf in plan.alike:
        counts[pairs] = np.searchsorted(cdf, share[pairs], side="right")
    ends = np.cumsum(counts)
    # The i-th word of a pair is mix(base + i * GAMMA), i = 1, 2 ...
    drawn = np.arange(1, ends[-1] + 1, dtype=np.uint64)
    drawn *= GAMMA
    drawn += np.repeat(bases - (ends - counts).astype(np.uint64) * GAMMA, counts)
    mix(drawn)
    rows = (drawn & LOW).view(np.int64)
    rows += np.repeat(plan.first_rows, counts)
    levels = (drawn >> np.uint64(BLOCK_BITS)).astype(np.float64)
    levels *= np.repeat(plan.widths, counts)
    levels += np.repeat(plan.edges, counts)
    return Points(rows, levels, drawn)


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
    own = words(stream, np.array([step + STEP_OFFSET]))[0]
    times = -np.log1p(-uniform(int(own), 2 * ids)) / above
    hit = np.flatnonzero(times < 1.0)
    return hit, above[hit] * uniform(int(own), 2 * ids[hit] + 1), times[hit]
