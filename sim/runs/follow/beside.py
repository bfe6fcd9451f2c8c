"""Follows the families of a finished run one by one, and lays what they show beside it for the report to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.config.translate.fewer_areas import worlds_of_areas
from sim.config.views.recorded import recorded_scenario
from sim.engine.solvers.families import why_between_steps
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.results.folder.beside import FAMILIES
from sim.results.folder.files import write_json
from sim.runs.follow.families import Followed, follow
from sim.runs.follow.rows import looks_at
from sim.runs.follow.spread import spread_of

LOOKS = 4e7
"""Looks at states (see ``looks_at``) that following families may cost a run: some ten seconds of processor time."""


def followed_of(run: Mapping[str, Any]) -> tuple[Scenario, Followed]:
    """Follow each family of one replication through every regime of a finished run.

    The first evidence set alone is followed; it takes several times as long as a replication.

    Raises
    ------
    ModelError
        If the config of the run cannot be read.
    """
    followed = of_first_reading(recorded_scenario(run))
    return followed, follow(followed)


def of_first_reading(scenario: Scenario) -> Scenario:
    """Keep the worlds of the first evidence set."""
    first = scenario.worlds[0].effect_set
    return replace(scenario, worlds=tuple(world for world in scenario.worlds if world.effect_set == first))


def some_families(scenario: Scenario) -> Scenario | None:
    """Take as many areas of a study, each whole, as can be followed within ``LOOKS`` under its first evidence set.

    Returns
    -------
        The study itself where it is small enough; None where not even one area is, where none can be taken for
        itself, since posts or stocks hang on all of them, or where families are lived case by case.
    """
    if why_between_steps(scenario):
        return None
    whole = of_first_reading(scenario)
    looks, areas = looks_at(whole), len(whole.worlds[0].model.areas.names)
    if looks <= LOOKS:
        return whole
    count = int(areas * LOOKS / looks)
    if not count:
        return None
    try:
        return replace(whole, worlds=tuple(worlds_of_areas(whole.worlds, count, "areas_taken")))
    except ModelError:
        return None


def write_families(folder: Path, scenario: Scenario, followed: Followed) -> None:
    """Write what following each family showed as families.json."""
    write_json(folder / FAMILIES, spread_of(scenario, followed=followed).to_dict())
