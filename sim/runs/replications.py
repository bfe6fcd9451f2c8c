"""One function over many replications, in one process or several, answers in the order of the replications."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from operator import itemgetter

from sim.model.spec import Model, Scenario
from sim.runs.executors import Answer
from sim.runs.pool import Batch, batches_of, run_batches
from sim.stages import SILENT, StageListener


def over_replications(
    task: Callable[[Scenario, int], Answer], scenario: Scenario, replications: int, workers: int = 1,
    at: StageListener = SILENT,
) -> list[Answer]:  # fmt: skip
    """Call a function of a scenario and a replication for replications 0, 1, 2, ...

    Parameters
    ----------
    task
        A function of a module (or a ``partial`` of one), so that worker processes can find it.
    scenario
        Its first argument.
    replications
        How many.
    workers
        Processes; the answers do not depend on it.
    at
        Told how many are done.

    Returns
    -------
        The answers in order.

    Raises
    ------
    ValueError
        If there is no replication or no worker.
    """
    if replications < 1 or workers < 1:
        raise ValueError(f"replications is {replications} and workers {workers}; each must be at least 1")
    batches = batches_of(range(replications), 1)
    found: list[tuple[int, Answer]] = []
    at(0, replications)
    with closing(run_batches(partial(_numbered, task, scenario), batches, workers)) as answers:
        for answer in answers:
            found.append(answer)
            at(len(found), replications)
    return [answer for _, answer in sorted(found, key=itemgetter(0))]


def _numbered(task: Callable[[Scenario, int], Answer], scenario: Scenario, batch: Batch) -> tuple[int, Answer]:
    """Call a function for one replication."""
    return batch.first, task(scenario, batch.first)


def pared(
    scenario: Scenario, regimes: Sequence[str], effect_sets: Sequence[str], steps: int, *, priced: bool = False
) -> Scenario:
    """Keep the worlds of some regimes under some evidence sets, and the first steps; without meters unless priced.

    The families of those worlds live as they do in the whole scenario: draws depend on neither.
    """
    worlds = [w for w in scenario.worlds if w.regime in regimes and w.effect_set in effect_sets]
    return replace(scenario, worlds=tuple(replace(w, model=_pared(w.model, steps, priced)) for w in worlds))


def _pared(model: Model, steps: int, priced: bool) -> Model:
    """Shorten a model and take from it what is only counted."""
    short = replace(model, clock=replace(model.clock, steps=min(steps, model.clock.steps)), values=(), outcomes=())
    return short if priced else replace(short, meters=(), costs=())
