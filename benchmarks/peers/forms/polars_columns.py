"""Polars: a frame of people; each month a column of uniforms, held against thresholds gathered by state."""

import numpy as np
import polars as pl

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    rng = np.random.default_rng(seed)
    state, u = pl.col("state"), pl.col("u")
    bounds = [pl.lit(pl.Series(column)).gather(state) for column in matrix().cumsum(axis=1)[:, :-1].T]
    step = pl.sum_horizontal([(u >= bound).cast(pl.UInt8) for bound in bounds]).cast(pl.UInt8).alias("state")
    frame = pl.DataFrame({"state": np.zeros(n, dtype=np.uint8)})
    counts = np.zeros((steps + 1, STATES), dtype=np.int64)
    counts[0, 0] = n
    for t in range(1, steps + 1):
        frame = frame.with_columns(pl.Series("u", rng.random(n))).select(step)
        held = frame["state"].value_counts()
        counts[t, held["state"].to_numpy()] = held["count"].to_numpy()
    return counts, cost_of(counts)
