"""Many replications of a scenario, in one process or several, put together in their order whoever finishes first."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import active_children, get_all_start_methods, get_context

import xarray as xr

from sim.engine import simulate as engine
from sim.engine.pure_queue import replicate_queue
from sim.engine.recording import Record
from sim.model.spec import Scenario
from sim.results.dataset import to_dataset
from sim.studies.rows import is_small, replicate_with_rows

Progress = Callable[[int, int], None]
"""Called with replications done and in all."""


def simulate(scenario: Scenario, workers: int = 1, progress: Progress | None = None) -> xr.Dataset:
    """Run every replication of every world and put the results together.

    Parameters
    ----------
    scenario
        What to run; with ``solver: expect`` this is ``expect``.
    workers
        Processes. The results are the same to the last bit whatever their number.
    progress
        Called after each replication.

    Returns
    -------
        The Dataset of ``sim.results.dataset.to_dataset``.

    Raises
    ------
    ValueError
        If ``workers`` is below 1.
    RuntimeError
        If a worker process was killed, for instance for want of memory.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers}; it must be at least 1")
    if scenario.solver == "expect":
        return expect(scenario)
    total = scenario.replications
    memory = _Memory()
    pooled = min(workers, total)
    source = _serial(scenario) if pooled == 1 else _parallel(scenario, pooled, memory)
    ds = to_dataset(scenario, engine.layout(scenario), _reporting(source, total, progress))
    return ds.assign_attrs(peak_mb=memory.total_mb())


def expect(scenario: Scenario) -> xr.Dataset:
    """Solve for the expected counts of every world, without chance; one replication, no intervals."""
    from sim.engine.expect import expect_record  # a solver of its own, not needed for the others

    record = expect_record(scenario)
    exact = replace(scenario, solver="expect", replications=1)
    ds = to_dataset(exact, engine.layout(scenario), [record])
    return ds.assign_attrs(peak_mb=_Memory().total_mb())


def _reporting(records: Iterator[Record], total: int, progress: Progress | None) -> Iterator[Record]:
    """Pass records on and tell how many there were."""
    for done, record in enumerate(records, 1):
        yield record
        if progress is not None:
            progress(done, total)


def _serial(scenario: Scenario) -> Iterator[Record]:
    """Run one replication after another here."""
    for replication in range(scenario.replications):
        yield one_replication(scenario, replication)


def _parallel(scenario: Scenario, workers: int, memory: _Memory) -> Iterator[Record]:
    """Run replications in fresh processes, one each at a time, and give them in their order."""
    # Never `fork`: it copies locks of threads that do not exist in the child.
    method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
    before = set(active_children())
    pool = ProcessPoolExecutor(workers, get_context(method), _prepare, (scenario,))
    finished = False
    try:
        futures: list[Future[tuple[Record, int, float]]] = [
            pool.submit(_replicate, replication) for replication in range(scenario.replications)
        ]
        for i, future in enumerate(futures):
            record, pid, peak_mb = future.result()
            futures[i] = Future()  # let go of the record once it has been used
            memory.note(pid, peak_mb)
            yield record
        finished = True
    except BrokenProcessPool as error:
        raise RuntimeError("a worker process was stopped, perhaps for want of memory; try fewer --workers") from error
    finally:
        pool.shutdown(wait=finished, cancel_futures=True)
        if not finished:
            for child in set(active_children()) - before:
                child.terminate()


_PREPARED: list[Scenario] = []
"""In a worker process alone: the scenario, sent once rather than with each replication."""


def _prepare(scenario: Scenario) -> None:
    """Keep the scenario in a worker; Ctrl-C is for the main process, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _PREPARED[:] = [scenario]


def _replicate(replication: int) -> tuple[Record, int, float]:
    """Run one replication in a worker; give the record, who made it and that process's peak memory."""
    return one_replication(_PREPARED[0], replication), os.getpid(), peak_memory_mb()


def one_replication(scenario: Scenario, replication: int) -> Record:
    """Run one replication; the first of a small model, or the only one, also says how much its rows differ."""
    if _is_queue(scenario):
        return replicate_queue(scenario, replication)
    if replication == 0 and (scenario.replications == 1 or is_small(scenario)):
        return replicate_with_rows(scenario, replication, engine.layout(scenario))
    return engine.replicate(scenario, replication)


def _is_queue(scenario: Scenario) -> bool:
    """Say whether a scenario is to be run case by case."""
    return any(world.model.queues == "per_family" for world in scenario.worlds)


class _Memory:
    """Peak resident memory of this process and its workers."""

    def __init__(self) -> None:
        self.workers: dict[int, float] = {}

    def note(self, pid: int, peak_mb: float) -> None:
        """Take in what a worker says."""
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
