"""A bridge kept in the library: found again by a run of the same models, so that its report has it at no cost.

As with draws, what is kept is sealed with digests of what it is of; a run of another model does not take it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import xarray as xr

from sim.config.text.library import roots
from sim.config.text.source import parse
from sim.errors import ModelError, ResultError
from sim.model.compiled.accounts import account_plan
from sim.model.spec import Scenario
from sim.results.folder.beside import BRIDGE, Bridge
from sim.results.folder.files import write_json
from sim.runs.beliefs.doubt import model_digest
from sim.runs.follow.rows import is_small
from sim.runs.meaning import digest_of_meaning
from sim.stages import SILENT, StageListener
from sim.studies.bridge.question import NOTHING, Way, cross, way_of

FOLDER = "bridges"


def digests(way: Way) -> Iterator[str]:
    """Give the digests of meaning of what a bridge is of, one after another: its config, then each study that it runs.

    Raises
    ------
    ModelError
        When the config is wrong at a step.
    """
    yield digest_of_meaning(way.part.model_dump(mode="json"))
    for _, scenario in way.scenarios():
        yield digest_of_meaning([model_digest(scenario, world) for world in scenario.worlds])


def keep(way: Way, found: Bridge) -> Path:
    """Keep a bridge in the library, for runs of the same study; gives the file."""
    path = roots()[0] / FOLDER / f"{way.scenario.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"study": way.scenario.title, "made_by": "families bridge --keep", "digests": [*digests(way)]}
    write_json(path, {**told, "bridge": found.to_dict()})
    return path


def kept(way: Way) -> Bridge | None:
    """Give what is kept of a way; None where nothing is, or it is of another model.

    Raises
    ------
    ResultError
        When what is kept cannot be read.
    ModelError
        When the config is wrong at a step.
    """
    places = (root / FOLDER / f"{way.scenario.name}.json" for root in roots())
    path = next((path for path in places if path.is_file()), None)
    if path is None:
        return None
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        sealed, found = [str(one) for one in held["digests"]], Bridge.from_dict(held["bridge"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultError(f"{path} holds no bridge; remove it, or make it again: make bridges") from error
    return found if all(one == other for one, other in zip(sealed, digests(way), strict=True)) else None


def kept_of(scenario: Scenario) -> Bridge | None:
    """Give what is kept of the way of a study; None where its config names none, or none is kept of it.

    Raises
    ------
    ResultError
        When what is kept cannot be read.
    """
    way = way_of(parse(scenario.resolved, "the config"), scenario)
    return None if way is None else kept(way)


def lay_beside(
    folder: Path, scenario: Scenario, ds: xr.Dataset, *, whatever_it_takes: bool, workers: int = 1,
    at: StageListener = SILENT,
) -> Bridge | None:  # fmt: skip
    """Lay a bridge beside the results of a study whose config names one: what is kept of it, or made.

    Parameters
    ----------
    folder
        Takes bridge.json.
    scenario, ds
        The study and its results.
    whatever_it_takes
        Whether it is made where none is kept although the study is large.
    workers, at
        As for ``bridge``.

    Returns
    -------
        The bridge; None where none is named, or none was laid.

    Raises
    ------
    ModelError
        When the config is wrong at a step, or has not the account that a step names; or names no bridge and one is
        wanted whatever it takes.
    ResultError
        When what is kept cannot be read.
    """
    way, plan = way_of(parse(scenario.resolved, "the config"), scenario), account_plan(scenario)
    if way is None and whatever_it_takes:
        raise ModelError(NOTHING)
    if way is None or (not whatever_it_takes and (plan is None or plan.why_no_cohort)):
        return None
    found = kept(way)
    if found is None and (whatever_it_takes or is_small(scenario)):
        found = cross(way, ds, workers, at)
    if found is not None:
        write_json(folder / BRIDGE, found.to_dict())
    return found
