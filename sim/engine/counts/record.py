"""What a solver writes down: the axes (``Layout``) and the arrays of a replication (``Record``); no money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray, StateArray

QUEUE_COUNTS = ("referrals", "refused", "joined", "admitted", "left", "waiting", "completed", "dropped_out")
TEAM_SERIES = ("workers", "places", "engaged", "waiting")
WAIT_DAYS = 3654
"""Bins of waits in days: ten years, and one for what is longer."""


@dataclass(frozen=True)
class Layout:
    """Names along the axes of a ``Record``, the same for every replication of a scenario."""

    worlds: tuple[str, ...]
    n_steps: int
    rows: tuple[tuple[str, int], ...]
    states: tuple[tuple[str, str, str], ...]
    """(unit, chain, state)"""
    flows: tuple[tuple[str, str, str, str], ...]
    """(unit, chain, source, target)"""
    meters: tuple[str, ...]
    services: tuple[str, ...]
    areas: tuple[str, ...]
    """The areas kept apart: those named by a publication, not the synthetic ones."""
    years: tuple[int, ...]
    """Financial (April to March) or model years that steps fall into."""
    year_of_step: tuple[int, ...]
    """Index into ``years`` of each step: the year in which it ends; its money is shared among all that it lies in."""
    wait_bins: int
    ledgers: tuple[str, ...]


@dataclass
class Record:
    """One replication, every world; integer counts kept as float64 (``expect`` fills the same arrays with means).

    Attributes
    ----------
    stocks
        Rows in each state at each point, (world, steps + 1, state).
    flows
        Moves in each step, (world, step, flow).
    meters
        Each meter of the model in each step (``while``: rows at the end of the step), (world, step, meter).
    area_meters
        The same summed by year for the areas kept apart, (world, area, year, meter).
    start_meters
        ``while`` meters at point 0, (world, meter).
    waits
        Admissions by whole steps waited, national, (world, service, bin); the last bin is "that or longer".
    area_waits
        The same for the areas kept apart, (world, area, service, bin).
    queue
        Totals over the run, (world, service, QUEUE_COUNTS); joined = admitted + left + waiting (at the end).
    team
        State of the teams after each step's meeting, (world, step, service, TEAM_SERIES).
    family_cost
        Of the cost of a root row since the first regime began, and of its paired difference to the baseline of its
        set: (world, ledger, 4) as mean, variance, mean difference, variance of difference.
    engine_seconds
        CPU seconds of the engine.
    """

    stocks: FloatArray
    flows: FloatArray
    meters: FloatArray
    area_meters: FloatArray
    start_meters: FloatArray
    waits: FloatArray
    area_waits: FloatArray
    queue: FloatArray
    team: FloatArray
    family_cost: FloatArray
    row_counts: FloatArray
    """Active rows of each unit at each point, (world, steps + 1, unit)."""
    engine_seconds: float
    replication: int
    final_states: dict[tuple[int, str], StateArray] | None = None
    levels: FloatArray | None = None
    """Levels of the feedback stocks at each point, (world, steps + 1, stock)."""
    wait_days: FloatArray | None = None
    """Admissions by whole days waited, (world, service, WAIT_DAYS); None from solvers that know whole steps alone."""
    outcome_variance: FloatArray | None = None
    """Variance between root rows of each outcome's total, (world, outcome); None where rows are not followed."""


def empty_record(layout: Layout) -> Record:
    """Make a record of zeros for a solver to fill."""
    w, p, s, m = len(layout.worlds), layout.n_steps, len(layout.services), len(layout.meters)
    a, y = len(layout.areas), len(layout.years)
    return Record(
        stocks=np.zeros((w, p + 1, len(layout.states))),
        flows=np.zeros((w, p, len(layout.flows))),
        meters=np.zeros((w, p, m)),
        area_meters=np.zeros((w, a, y, m)),
        start_meters=np.zeros((w, m)),
        waits=np.zeros((w, s, layout.wait_bins)),
        area_waits=np.zeros((w, a, s, layout.wait_bins)),
        queue=np.zeros((w, s, len(QUEUE_COUNTS))),
        team=np.zeros((w, p, s, len(TEAM_SERIES))),
        family_cost=np.full((w, len(layout.ledgers), 4), np.nan),
        row_counts=np.zeros((w, p + 1, len(layout.rows))),
        engine_seconds=0.0,
        replication=0,
    )
