"""Many replications of a scenario, in one process or several, put together in their order whoever finishes first."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock

import xarray as xr

from sim.engine.counts.record import Record
from sim.engine.people.areas import AreaSpan
from sim.engine.solvers import families as engine
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.parts import why_whole
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.results.dataset import to_dataset
from sim.runs.beliefs.doubt import with_doubt
from sim.runs.fits import with_fits
from sim.runs.follow.rows import is_small, replicate_with_rows
from sim.runs.pool import Batch, Gathered, parts_each, run_batches, shared_out
from sim.runs.replications import run_named

Progress = Callable[[int, int], None]
"""Called with replications done and in all."""


def simulate(
    scenario: Scenario,
    workers: int = 1,
    progress: Progress | None = None,
    *,
    cluster: str | None = None,
    batch: int | None = None,
    rows: bool = True,
) -> xr.Dataset:
    """Run every replication of every world and put the results together.

    Parameters
    ----------
    scenario
        What to run; with ``solver: expect`` this is ``expect``.
    workers
        Processes. The results are the same to the last bit whatever their number. Where there are fewer replications
        than processes, large ones are cut by areas, if they can be (``sim.engine.solvers.parts``).
    progress
        Called after each replication.
    cluster
        Address of a Dask scheduler whose workers run the replications instead; see ``sim.runs.cluster``. ``workers``
        then says for how many workers replications may be cut.
    batch
        Replications that a process runs before it hands them over; the results are the same whatever it is.
    rows
        Whether the only replication, or the first of a small model, also says how much its rows differ, which takes
        as long again; studies of many runs that look at totals alone do without.

    Returns
    -------
        The Dataset of ``sim.results.dataset.to_dataset``.

    Raises
    ------
    ValueError
        If ``workers`` or ``batch`` is below 1.
    RunError
        If worker processes are killed again and again, for instance for want of memory.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers}; it must be at least 1")
    if scenario.solver == "expect":
        return expect(scenario)
    scenario = with_doubt(with_fits(scenario)) if rows else scenario
    memory = PeakMemory()
    cuttable = partial(may_be_cut, scenario, rows)
    batches = shared_out(scenario, range(scenario.replications), workers, batch or 1, cuttable=cuttable)
    done = run_batches(partial(_records, scenario, rows), batches, workers, cluster)
    with closing(done):
        records = _in_order(done, memory, progress, scenario)
        ds = to_dataset(scenario, engine.layout(scenario), records)
    return ds.assign_attrs(peak_mb=memory.total_mb())


def expect(scenario: Scenario) -> xr.Dataset:
    """Solve for the expected counts of every world, without chance; one replication, no intervals.

    Parameters
    ----------
    scenario
        What to solve.

    Returns
    -------
        The Dataset of ``sim.results.dataset.to_dataset``; its attributes ``expected`` (exact or closure) and
        ``expected_because`` say how it was found.

    Raises
    ------
    ModelError
        When neither exact cells nor the closure can hold the model.
    """
    from sim.engine.solvers.choice import solve  # solvers of their own, not needed for the others

    record, solver = solve(scenario)
    expected = replace(with_doubt(with_fits(scenario)), solver="expect", replications=1)
    ds = to_dataset(expected, engine.layout(scenario), [record])
    return ds.assign_attrs(peak_mb=PeakMemory().total_mb(), expected=solver.kind, expected_because=solver.reason)


@dataclass(frozen=True)
class Done:
    """A batch that was run in memory: its records, and the peak memory of the process that ran it."""

    batch: Batch
    records: list[Record]
    pid: int
    peak_mb: float


def _records(scenario: Scenario, rows: bool, batch: Batch) -> Done:
    """Run a batch and keep its records."""
    return Done(batch, run_batch(scenario, batch, rows), os.getpid(), peak_memory_mb())


def run_batch(scenario: Scenario, batch: Batch, rows: bool = True) -> list[Record]:
    """Run the replications of a batch one after another; an exception says which replication and world it is of."""
    one = partial(one_replication, rows=rows, part=batch.areas)
    with _ONE_AT_A_TIME:
        return [run_named(one, scenario, number) for number in range(batch.first, batch.first + batch.count)]


_ONE_AT_A_TIME = Lock()
"""Workers of a cluster may have several threads; a replication keeps its core busy by itself."""


def _in_order(
    done: Iterable[Done], memory: PeakMemory, progress: Progress | None, scenario: Scenario
) -> Iterator[Record]:
    """Give records in the order of their replications, whichever batch was ready first."""
    early: dict[int, Record] = {}
    following, gathered = 0, Gathered(scenario)
    for one in done:
        memory.note(one.pid, one.peak_mb)
        whole = (gathered.take(one.batch.areas, record) for record in one.records)
        early |= {record.replication: record for record in whole if record is not None}
        while following in early:
            yield early.pop(following)
            following += 1
            if progress is not None:
                progress(following, scenario.replications)


def may_be_cut(scenario: Scenario, rows: bool, replication: int) -> bool:
    """Say whether a replication looks at totals alone: one whose rows are followed is run whole.

    What staff cost is shared among all who have a case, in whatever area.
    """
    return not (rows and replication == 0 and (scenario.replications == 1 or is_small(scenario)))


def why_not_cut(scenario: Scenario, replications: int, workers: int, rows: bool = True) -> str:
    """Say why replications leave workers idle though they could be run in parts; empty where they leave none.

    Parameters
    ----------
    scenario
        Whose.
    replications
        How many there are to run.
    workers
        Processes that there are.
    rows
        As for ``simulate``.
    """
    if replications >= workers:
        return ""
    reason = why_whole(scenario)
    if not reason and replications == 1 and not may_be_cut(scenario, rows, 0):
        reason = "every family is followed, and what a team costs is shared among all who have a case; see --totals"
    if not reason and parts_each(scenario, replications, workers) == 1:
        reason = "with so few families parts would save less than a tenth of the time"
    return reason


def one_replication(scenario: Scenario, replication: int, rows: bool = True, part: AreaSpan | None = None) -> Record:
    """Run one replication, or a part of it; with ``rows`` the first of a small model, or the only one, follows rows."""
    if part is not None:
        return engine.replicate(scenario, replication, part=part)
    if _is_case_by_case(scenario):
        return replicate_families(scenario, replication)
    if not may_be_cut(scenario, rows, replication):
        return replicate_with_rows(scenario, replication, engine.layout(scenario))
    return engine.replicate(scenario, replication)


def _is_case_by_case(scenario: Scenario) -> bool:
    """Say whether a scenario is to be run case by case.

    Raises
    ------
    ModelError
        When some worlds are and others are not: their histories could not be shared until regimes part.
    """
    case_by_case = {world.name: world.model.queues == "per_family" for world in scenario.worlds}
    if len(set(case_by_case.values())) > 1:
        names = ", ".join(name for name, chosen in case_by_case.items() if chosen)
        raise ModelError(f"queues: per_family in {names} alone; give every regime and effect set the same `queues`")
    return all(case_by_case.values())


class PeakMemory:
    """Peak resident memory of this process and its workers."""

    def __init__(self) -> None:
        self.workers: dict[int, float] = {}

    def note(self, pid: int, peak_mb: float) -> None:
        """Take in what a worker says; what this process says of itself is not counted twice."""
        if pid == os.getpid():
            return
        self.workers[pid] = max(peak_mb, self.workers.get(pid, 0.0))

    def total_mb(self) -> float:
        """Add the peaks of all processes."""
        return peak_memory_mb() + sum(self.workers.values())


def peak_memory_mb() -> float:
    """Give the peak resident memory of this process in megabytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
