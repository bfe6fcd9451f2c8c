"""What a solver writes down: the axes (``Layout``) and the arrays of a replication (``Record``); no money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray, StateArray

QUEUE_COUNTS = ("referrals", "refused", "joined", "admitted", "left", "waiting", "completed", "dropped_out")
TEAM_SERIES = ("workers", "places", "engaged", "waiting", "paid", "posts", "kept_on")
"""Posts at work, places, cases and who waits after the meeting; posts paid over the step, posts in all, vacant
ones and those kept on beyond funding among them, and these."""
CLASSES = (SAME, LONGER, SOONER, HELPED) = ("same_wait", "waits_longer", "gets_in_sooner", "helped")
"""What families are counted as in a month: by how long they have waited so far against their twin, until a key worker
has helped them."""
SIDES = ("with", "without")
"""The regime, and its baseline."""
STAFF_METERS = ("worker", "place")
"""What meters count of staff, whoever they help."""
WAIT_SUMS = ("steps", "delayed")
"""Steps waited by all who were let in, and how many of them had to wait at all."""
WAIT_EDGES: FloatArray = np.concatenate([[0.0], 1e-3 * 1.02 ** np.arange(1048)])
"""Upper edges of bins of waits in steps, (bin,): none at all, a thousandth of a step, then 2% wider each to a million;
the last bin also holds what is longer."""


def wait_sums(histogram: FloatArray) -> FloatArray:
    """Give WAIT_SUMS of histograms of whole steps waited, (..., bin) to (..., 2).

    Steps are NaN where somebody is in the last bin, which says how long at least and no more.
    """
    steps = (np.arange(histogram.shape[-1]) * histogram).sum(axis=-1)
    known = ~(histogram[..., -1] > 0)
    return np.stack([np.where(known, steps, np.nan), histogram[..., 1:].sum(axis=-1)], axis=-1)


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
    wait_sums, area_wait_sums
        Of those admitted, WAIT_SUMS: (world, service, 2) and (world, area, service, 2).
    wait_times, area_wait_times
        Admissions by time waited, in the bins of WAIT_EDGES, (world, service, bin) and (world, area, service, bin);
        None from solvers that know whole steps alone.
    queue
        Totals over the run, (world, service, QUEUE_COUNTS); joined = admitted + left + waiting (at the end).
    team
        State of the teams after each step's meeting, (world, step, service, TEAM_SERIES).
    family_cost
        Of the cost of a root row since the first regime began, and of its paired difference to the baseline of its
        set: (world, ledger, 4) as mean, variance, mean difference, variance of difference.
    class_meters
        Meters in each step of families by class, in the regime and of the same families in its baseline, (world, SIDES,
        CLASSES, step, meter) with the names of ``accounts``; what staff cost is nobody's there. None without accounts.
    cohort_meters, cohort_people, cohort_cases
        Meters but for those of staff, rows of each unit that are there, and cases of each gated service, of the
        families that an account follows, by the step of entry and month since their first start: (world, ACCOUNTS,
        SIDES, entry, month, meter), (..., unit) and (..., service).
    account_team
        Paid posts, places and cases of each gated service in the worlds of an account, (world, ACCOUNTS, SIDES, step,
        service, STAFFED).
    cohort_starts, helped
        Starts with a key worker, of those families and by STARTS in each step: (world, ACCOUNTS, entry, month) and
        (world, step, 2).
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
    wait_sums: FloatArray
    area_wait_sums: FloatArray
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
    wait_times: FloatArray | None = None
    area_wait_times: FloatArray | None = None
    outcome_variance: FloatArray | None = None
    """Variance between root rows of each outcome's total, (world, outcome); None where rows are not followed."""
    class_meters: FloatArray | None = None
    cohort_meters: FloatArray | None = None
    cohort_people: FloatArray | None = None
    cohort_cases: FloatArray | None = None
    cohort_starts: FloatArray | None = None
    account_team: FloatArray | None = None
    helped: FloatArray | None = None
