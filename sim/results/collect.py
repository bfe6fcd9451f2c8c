"""Adds replications up one by one, in their order, so that memory does not grow with what is only averaged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.arrays import FloatArray
from sim.engine.counts.record import Record

KEPT = ("meters", "start_meters", "area_meters", "queue", "family_cost", "row_counts")
TOTALLED = ("state_steps", "flow_totals")
"""Sums over the run, made here from what is otherwise averaged."""
AVERAGED = ("stocks", "flows", "team")
POOLED = ("waits", "area_waits", "wait_sums", "area_wait_sums", "wait_times", "area_wait_times")
"""The last two are None from solvers that know whole steps alone."""


@dataclass
class Moments:
    """Mean and variance of arrays that arrive one at a time; sums are taken around the first, against cancellation."""

    first: FloatArray
    total: FloatArray
    squares: FloatArray
    n: int = 1

    @classmethod
    def of(cls, first: FloatArray) -> Moments:
        """Start with the first array."""
        first = np.asarray(first, dtype=np.float64)
        return cls(first, np.zeros_like(first), np.zeros_like(first))

    def add(self, array: FloatArray) -> None:
        """Take in one more array."""
        difference = array - self.first
        self.total += difference
        self.squares += difference * difference
        self.n += 1

    @property
    def mean(self) -> FloatArray:
        """Mean over the arrays."""
        return np.asarray(self.first + self.total / self.n)

    @property
    def variance(self) -> FloatArray:
        """Sample variance over the arrays; NaN with one array."""
        if self.n == 1:
            return np.full_like(self.first, np.nan)
        return np.asarray(np.maximum(self.squares - self.total * self.total / self.n, 0.0) / (self.n - 1))


@dataclass(frozen=True)
class AccountSums:
    """What the accounts of the answer come to in a replication: arrays (world, ...) that are kept, and averaged."""

    kept: Mapping[str, FloatArray]
    averaged: Mapping[str, FloatArray]


@dataclass
class Collected:
    """What is known after some replications: ``kept`` arrays have them as first axis, ``pooled`` are sums."""

    kept: dict[str, FloatArray] = field(default_factory=dict)
    averaged: dict[str, Moments] = field(default_factory=dict)
    pooled: dict[str, FloatArray] = field(default_factory=dict)
    replications: list[int] = field(default_factory=list)
    outcome_variance: list[FloatArray | None] = field(default_factory=list)
    levels: list[FloatArray | None] = field(default_factory=list)
    engine_seconds: float = 0.0

    def carried_on(self) -> Collected:
        """Give what further replications are added to: all but what is kept by replication."""
        return Collected(averaged=self.averaged, pooled=self.pooled, engine_seconds=self.engine_seconds)


def collect(
    records: Iterable[Record],
    price_areas: Callable[[FloatArray], FloatArray],
    earlier: Collected | None = None,
    price_accounts: Callable[[Record], AccountSums] | None = None,
) -> Collected:
    """Add up replications in the order in which they come.

    Parameters
    ----------
    records
        Replications; read one at a time.
    price_areas
        What ``costs.area_pricer`` gives; its pounds are averaged as ``area_cost``.
    earlier
        What was collected of the replications before; its moments and sums go on, its ``kept`` arrays stay behind.
    price_accounts
        What ``accounts.account_pricer`` gives, for a scenario with accounts of the answer.

    Raises
    ------
    ValueError
        If there is none.
    """
    result = earlier.carried_on() if earlier is not None else Collected()
    kept: dict[str, list[FloatArray]] = {name: [] for name in (*KEPT, *TOTALLED)}
    for record in records:
        result.replications.append(record.replication)
        result.engine_seconds += record.engine_seconds
        result.outcome_variance.append(record.outcome_variance)
        result.levels.append(record.levels)
        for name in KEPT:
            kept[name].append(np.asarray(getattr(record, name), dtype=np.float64))
        kept["state_steps"].append(np.asarray(record.stocks[:, 1:].sum(axis=1), dtype=np.float64))
        kept["flow_totals"].append(np.asarray(record.flows.sum(axis=1), dtype=np.float64))
        for name in AVERAGED:
            _average(result.averaged, name, getattr(record, name))
        _average(result.averaged, "area_cost", price_areas(record.area_meters))
        if price_accounts is not None:
            sums = price_accounts(record)
            for name, array in sums.kept.items():
                kept.setdefault(name, []).append(array)
            for name, array in sums.averaged.items():
                _average(result.averaged, name, array)
        for name in POOLED:
            array = getattr(record, name)
            if array is not None:
                result.pooled[name] = result.pooled.get(name, 0.0) + np.asarray(array, dtype=np.float64)
    if not result.replications:
        raise ValueError("there is no replication to make results of")
    result.kept = {name: np.stack(arrays) for name, arrays in kept.items()}
    return result


def _average(averaged: dict[str, Moments], name: str, array: FloatArray) -> None:
    """Take one array into the moments of its name."""
    if name in averaged:
        averaged[name].add(array)
    else:
        averaged[name] = Moments.of(array)
