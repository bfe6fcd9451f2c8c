"""Work in batches: here, on processes of its own, or on a cluster that is there already; answers come in any order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

from sim.runs.executors import Answer, Task, Work, run_on_processes


@dataclass(frozen=True)
class Batch:
    """Consecutive replications."""

    first: int
    count: int

    def __str__(self) -> str:
        """Name the replications."""
        last = self.first + self.count - 1
        return f"replication {self.first}" if self.count == 1 else f"replications {self.first} to {last}"


def batches_of(replications: Iterable[int], size: int) -> list[Batch]:
    """Part replications into batches of consecutive ones.

    Raises
    ------
    ValueError
        If ``size`` is below 1.
    """
    if size < 1:
        raise ValueError(f"batch is {size}; it must be at least 1")
    batches: list[Batch] = []
    for number in replications:
        last = batches[-1] if batches else None
        if last is not None and last.count < size and last.first + last.count == number:
            batches[-1] = Batch(last.first, last.count + 1)
        else:
            batches.append(Batch(number, 1))
    return batches


def run_batches(
    task: Task[Work, Answer], batches: Sequence[Work], workers: int, cluster: str | None = None
) -> Generator[Answer, None, None]:
    """Run batches here, on processes or on a Dask cluster; answers come in any order.

    Closing the iterator ends the processes.
    """
    if cluster is not None:
        from sim.runs.cluster import run_on_cluster  # needs Dask, which few have

        yield from run_on_cluster(task, batches, cluster)
    elif min(workers, len(batches)) <= 1:
        yield from map(task, batches)
    else:
        yield from run_on_processes(task, batches, workers)
