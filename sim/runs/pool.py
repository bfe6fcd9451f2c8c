"""Work in batches: here, on processes of its own, or on a cluster that is there already; answers come in any order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from sim.engine.counts.record import Record
from sim.engine.people.areas import AreaSpan
from sim.engine.solvers.parts import added_up, cut, why_whole
from sim.interrupts import stop_if_pressed
from sim.model.spec import Scenario
from sim.runs.executors import Answer, Task, Work, run_on_processes

ROWS_OF_A_PART = 50_000
"""What a part costs whatever it holds, in families that would take as long: 30,000 to 76,000 were measured on the
national config (docs/scaling.md)."""


@dataclass(frozen=True)
class Batch:
    """Consecutive replications, or one of them in some areas alone."""

    first: int
    count: int
    areas: AreaSpan | None = None

    def __str__(self) -> str:
        """Name the replications."""
        last = self.first + self.count - 1
        where = "" if self.areas is None else f" in {self.areas}"
        return f"replication {self.first}{where}" if self.count == 1 else f"replications {self.first} to {last}"


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


def parts_each(scenario: Scenario, replications: int, workers: int) -> int:
    """Choose into how many parts replications are cut, so that workers are done soonest; 1 to leave them whole.

    Each part costs what it costs to step through all chains and worlds, whatever rows it has (``ROWS_OF_A_PART``);
    so small populations are not cut, nor is anything of which less than a tenth of the time would be saved.
    """
    model = scenario.worlds[0].model
    most, largest = min(workers, len(model.areas.names)), max(model.areas.weights) / sum(model.areas.weights)
    if replications < 1 or most < 2 or why_whole(scenario):
        return 1

    def time(parts: int) -> float:
        return ceil(replications * parts / workers) * (ROWS_OF_A_PART + model.root.size * max(1 / parts, largest))

    best = min(range(1, most + 1), key=time)
    return best if time(best) < 0.9 * time(1) else 1


def shared_out(
    scenario: Scenario,
    whole: Sequence[int],
    workers: int,
    size: int = 1,
    *,
    cuttable: Callable[[int], bool],
    begun: Mapping[int, Sequence[AreaSpan]] | None = None,
) -> list[Batch]:
    """Share replications out among workers: some at a time, one at a time, or in parts; the results are the same.

    Parameters
    ----------
    scenario
        Of what.
    whole
        Replications of which nothing is done.
    workers
        Processes that there are.
    size
        Replications to a batch where they are not cut.
    cuttable
        Says of a replication whether it may be cut, where the scenario may.
    begun
        Of replications of which parts are done, the areas that are missing.

    Returns
    -------
        Batches in order of their replications.
    """
    begun = begun or {}
    cuttables = [number for number in whole if cuttable(number)]
    parts = parts_each(scenario, len(whole) + len(begun), workers)
    weights = scenario.worlds[0].model.areas.weights
    batches = [
        Batch(number, 1, part)
        for number, missing in begun.items()
        for areas in missing
        for part in cut(weights[areas.slice], ceil(parts * sum(weights[areas.slice]) / sum(weights)), areas.first)
    ]
    if parts > 1:
        batches += [Batch(number, 1, part) for number in cuttables for part in cut(weights, parts)]
        whole = [number for number in whole if number not in cuttables]
    return sorted([*batches, *batches_of(whole, size)], key=lambda batch: batch.first)


class Gathered:
    """Puts the records of parts together; a record of all areas is whole as it is."""

    def __init__(self, scenario: Scenario) -> None:
        self.n_areas = len(scenario.worlds[0].model.areas.names)
        self._held: dict[int, tuple[int, Record]] = {}

    def take(self, areas: AreaSpan | None, record: Record) -> Record | None:
        """Take in a record; give that of the whole replication once all its areas are there."""
        if areas is None:
            return record
        number = record.replication
        done, so_far = self._held.pop(number, (0, None))
        done += len(areas.ids)
        together = record if so_far is None else added_up([so_far, record])
        if done == self.n_areas:
            return together
        self._held[number] = (done, together)
        return None


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
        for batch in batches:
            stop_if_pressed()
            yield task(batch)
    else:
        yield from run_on_processes(task, batches, workers)
