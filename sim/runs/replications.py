"""One function over many replications, answers in their order; what one raises says which it was, and which world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from operator import itemgetter

from sim.arrays import finite
from sim.config.translate.fewer_areas import of_families
from sim.engine.counts.record import Record
from sim.errors import ModelError
from sim.language.evaluate import number
from sim.model.compiled.accounts import account_plan
from sim.model.spec import Model, Parameter, Scenario
from sim.runs.executors import Answer
from sim.runs.pool import Batch, batches_of, run_batches
from sim.stages import SILENT, StageListener

Run = Callable[[Scenario, int], Record]


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

    Accounts of the answer are left out.
    The families of those worlds live as they do in the whole scenario: draws depend on neither.
    """
    worlds = [w for w in scenario.worlds if w.regime in regimes and w.effect_set in effect_sets]
    paired = tuple(replace(w, model=_pared(w.model, steps, priced)) for w in worlds)
    return without_answer(replace(scenario, worlds=paired))


def without_answer(scenario: Scenario) -> Scenario:
    """Give a scenario without the accounts of the answer, for studies of many runs that do not look at them."""
    return replace(scenario, appraisal=replace(scenario.appraisal, answer=None))


def for_accounts(scenario: Scenario) -> Scenario:
    """Keep the worlds that have accounts of the answer, with their baselines, and the steps that accounts need.

    The accounts are those of the whole scenario: families are followed for no longer, and draws depend on neither.
    """
    plan = account_plan(scenario)
    if plan is None:
        return scenario
    worlds = [w for w in scenario.worlds if w.name in plan.services or w.regime == scenario.baseline]
    clock = scenario.worlds[0].model.clock
    starts = [max(w.start, 0) for w in worlds if w.name in plan.services]
    first = max(min((w.start for w in scenario.worlds if w.regime != scenario.baseline), default=0), 0)
    followed = max(starts) + plan.after + plan.entry + plan.follow_up
    asked = max(followed, first + max(1, round(scenario.appraisal.horizon_years / clock.step_years)))
    short = replace(clock, steps=min(clock.steps, asked))
    if first != min(starts):  # what the horizon is counted from goes with the regime that begins first
        return scenario
    return replace(scenario, worlds=tuple(replace(w, model=replace(w.model, clock=short)) for w in worlds))


def _pared(model: Model, steps: int, priced: bool) -> Model:
    """Shorten a model and take from it what is only counted."""
    short = replace(model, clock=replace(model.clock, steps=min(steps, model.clock.steps)), values=(), outcomes=())
    return short if priced else replace(short, meters=(), costs=())


def scaled(scenario: Scenario, share: float) -> Scenario:
    """Take a share of the rows of every world, and of the posts that serve them.

    Parameters
    ----------
    scenario
        Whose areas are large: a team of few posts idles more when it is made smaller still.
    share
        Above 0, at most 1.

    Raises
    ------
    ModelError
        When the share is out of range, or something in a model hangs on how many rows there are: stocks, posts that
        are worked out, waiting rooms.
    """
    if not 0 < share <= 1:
        raise ModelError(f"given a share of {share:g}; it must be above 0 and at most 1")
    if share == 1:
        return scenario
    return replace(scenario, worlds=tuple(replace(w, model=of_families(w.model, share)) for w in scenario.worlds))


def with_parameters(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """Set parameters of every world of a scenario to numbers.

    Raises
    ------
    ModelError
        When the model has no such parameter.
    ValueError
        If a value is NaN or infinite.
    """
    finite("parameters", list(values.values()))
    worlds = []
    for world in scenario.worlds:
        unknown = [name for name in values if name not in world.model.parameters]
        if unknown:
            raise ModelError(f"parameters.{unknown[0]}: the model has no parameter of that name")
        changed = {name: Parameter(name, number(value)) for name, value in values.items()}
        worlds.append(replace(world, model=replace(world.model, parameters={**world.model.parameters, **changed})))
    return replace(scenario, worlds=tuple(worlds))


def run_named(run: Run, scenario: Scenario, replication: int) -> Record:
    """Run a replication; what it raises carries a note with the replication and the world."""
    try:
        return run(scenario, replication)
    except (OSError, MemoryError):  # of the machine, not of a world
        raise
    except Exception as error:
        world = failing_world(run, scenario, replication)
        error.add_note(f"in replication {replication}" + (f", world {world}" if world else ""))
        raise


def failing_world(run: Run, scenario: Scenario, replication: int) -> str | None:
    """Name the world that fails when it is run with no other than its baseline; None when none does.

    Worlds advance together, so that where an exception was raised does not say whose it is; but no world's history
    depends on which others there are.
    """
    for world in sorted(scenario.worlds, key=lambda world: world.regime != scenario.baseline):
        pair = tuple(w for w in scenario.worlds if w in (world, scenario.baseline_of(world)))
        try:
            run(replace(scenario, worlds=pair), replication)
        except Exception:
            return world.name
    return None
