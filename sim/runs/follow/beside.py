"""Follows the families of a finished run one by one, and lays what they show beside it for the report to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.config.views.recorded import recorded_scenario
from sim.model.spec import Scenario
from sim.results.folder.beside import FAMILIES
from sim.results.folder.files import write_json
from sim.runs.follow.families import Followed, follow
from sim.runs.follow.spread import spread_of


def followed_of(run: Mapping[str, Any]) -> tuple[Scenario, Followed]:
    """Follow each family of one replication through every regime of a finished run.

    The first evidence set alone is followed; it takes several times as long as a replication.

    Raises
    ------
    ModelError
        If the config of the run cannot be read.
    """
    scenario = recorded_scenario(run)
    first = scenario.worlds[0].effect_set
    of_first = tuple(world for world in scenario.worlds if world.effect_set == first)
    followed = replace(scenario, worlds=of_first)
    return followed, follow(followed)


def write_families(folder: Path, scenario: Scenario, followed: Followed) -> None:
    """Write what following each family showed as families.json."""
    write_json(folder / FAMILIES, spread_of(scenario, followed=followed).to_dict())
