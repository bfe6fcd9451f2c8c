"""Draws for the answer of a study: on as many areas as it asks for, each reading by itself, and what they say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import xarray as xr

from sim.config.loading import load
from sim.config.text.library import roots
from sim.config.translate.fewer_areas import with_areas
from sim.economics.value.account_figures import account_figures
from sim.errors import ModelError
from sim.model.compiled.accounts import account_plan, why_no_accounts
from sim.model.spec import AS_WRITTEN, Scenario
from sim.runs.beliefs.doubt import FOLDER, Kept, belief_digest, model_digest, name_of, write_draws
from sim.runs.ensemble import simulate
from sim.runs.points import Tell
from sim.runs.replications import for_accounts
from sim.studies.uncertainty.answer import facts_of_draws
from sim.studies.uncertainty.inputs import UncertainConfig, study
from sim.studies.uncertainty.kept import accounts_of
from sim.studies.uncertainty.question import solve_study

REPLICATIONS = 2
"""Of each draw: the fewest that say how much is chance."""
CENTRAL = 20
"""Replications of the figures with nothing drawn, on the families that draws follow."""


def draw_answer(
    path: str | Path, sets: Sequence[str], draws: int, folder: Path, workers: int = 1, tell: Tell | None = None
) -> dict[str, Kept]:
    """Draw the inputs of a study's answer, under each of its readings of the evidence by itself: none is mixed.

    Parameters
    ----------
    path, sets
        The study, as for ``load``.
    draws
        How many for each reading.
    folder
        Where draws are kept as they come, a file a reading; the same call goes on from there.
    workers
        Processes.
    tell
        Called with draws done and wanted.

    Returns
    -------
        What is to be kept, by regime and reading.

    Raises
    ------
    ModelError
        When the study has no accounts, or is wrong.
    """
    scenario = load(path, sets)
    why = why_no_accounts(scenario)
    if why:
        raise ModelError(f"there is no answer whose inputs could be drawn: {why}")
    worlds: dict[str, Kept] = {}
    for name in dict.fromkeys(world.effect_set for world in scenario.worlds):
        only = [] if name == AS_WRITTEN else [f"effect_set=[{name}]", "uncertainty.weights={}"]
        made = replace(study(path, [*sets, *only, f"replications={REPLICATIONS}"]), for_answer=True)
        table = solve_study(made, draws, workers, folder / f"draws_{name}.jsonl", tell=tell)
        beside = {
            other: _central(load(path, [*sets, *only, *_settings(to)]), made, workers)
            for other, to in made.config.uncertainty.beside.items()
        }
        worlds |= _kept(scenario, made, table, name, beside, workers)
    return worlds


def _settings(to: Mapping[str, Any]) -> list[str]:
    """Write settings as ``--set`` takes them."""
    return [f"{path}={json.dumps(value)}" for path, value in to.items()]


def _central(scenario: Scenario, made: UncertainConfig, workers: int) -> dict[str, float]:
    """Give every figure of the accounts with nothing drawn, on the areas of the draws."""
    fewer = with_areas(for_accounts(scenario), made.config.uncertainty.areas)
    found = account_figures(simulate(replace(fewer, replications=CENTRAL), workers, rows=False))
    return {str(name): mean for name, (mean, _) in found.items()}


def keep(scenario: Scenario, worlds: dict[str, Kept]) -> Path:
    """Keep what draws say in the library, for runs of the same study; gives the file."""
    path = roots()[0] / FOLDER / f"{scenario.name}.json"
    write_draws(path, scenario.title, worlds)
    return path


def _kept(
    scenario: Scenario, made: UncertainConfig, table: xr.Dataset, effect_set: str,
    beside: Mapping[str, Mapping[str, float]], workers: int,
) -> dict[str, Kept]:  # fmt: skip
    """Say what is to be kept of the worlds of one reading."""
    plan = account_plan(scenario)
    assert plan is not None
    mine = [w for w in scenario.worlds if w.name in plan.services and w.effect_set == effect_set]
    of_set = replace(scenario, worlds=tuple(w for w in scenario.worlds if w.effect_set == effect_set))
    central, model = _central(of_set, made, workers), with_areas(of_set, made.config.uncertainty.areas).worlds[0].model
    facts = facts_of_draws(table)
    told = {
        "draws": int(table.sizes["draw"]), "replications": made.config.replications, "seed": facts.seed,
        "areas": len(model.areas.names), "families": model.root.size,
        "inputs": [
            {"input": name, "value": held[0], "low": held[1], "high": held[2], "distribution": held[3]}
            for name, held in facts.beliefs.items()
        ],
    }  # fmt: skip
    return {
        name_of(world): {
            "digest": {"model": model_digest(scenario, world), "beliefs": belief_digest(scenario, world)},
            "made": told, "accounts": accounts_of(table, world.regime, central, beside),
        }
        for world in mine
    }  # fmt: skip
