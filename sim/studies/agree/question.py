"""Runs the solvers of one scenario and holds them to each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sim.model.spec import Scenario
from sim.results.facts import facts_of
from sim.runs.ensemble import expect, simulate
from sim.stages import SILENT, StageListener
from sim.studies.agree.answer import CLOSURE, Agreement, agree
from sim.studies.agree.waits import agree_on_waits

QUEUES: tuple[Literal["teams", "per_family"], ...] = ("teams", "per_family")


def solvers_agree(scenario: Scenario, workers: int = 1, at: StageListener = SILENT) -> tuple[list[Agreement], str]:
    """Run a scenario by both solvers and compare.

    Parameters
    ----------
    scenario
        What to run, with two replications at least.
    workers
        Processes for the simulation.
    at
        Told where the work stands.

    Returns
    -------
        The comparisons, and how the expected values were found.

    Raises
    ------
    ModelError
        When expected values cannot be found for the model.
    """
    at.stage("Working out expected values")
    expected = expect(scenario)
    kind = facts_of(expected).expected or ""
    at.stage("Replications", scenario.replications)
    simulated = simulate(replace(scenario, solver="simulate"), workers, at)
    return agree(simulated, expected, CLOSURE if kind == "closure" else None), kind


def waits_agree(scenario: Scenario, workers: int = 1, at: StageListener = SILENT) -> tuple[list[Agreement], str]:
    """Run a scenario with teams and case by case, and compare waits; raises as ``agree_on_waits``."""
    runs = []
    for queues in QUEUES:
        at.stage(f"Replications with queues: {queues}", scenario.replications)
        worlds = tuple(replace(world, model=replace(world.model, queues=queues)) for world in scenario.worlds)
        runs.append(simulate(replace(scenario, worlds=worlds, solver="simulate"), workers, at))
    return agree_on_waits(*runs), "case by case"
