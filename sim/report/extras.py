"""What a report shows beyond the run itself: checks and single families, kept as JSON beside the results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xarray as xr

from sim.config.loading import load
from sim.errors import ResultError
from sim.evaluation.checks.question import run as sanity_checks
from sim.evaluation.trial.naive import Answer, three_ways
from sim.report.checks import Check, panel
from sim.results.folder.store import write_json
from sim.runs.follow.spread import Spread, spread_of

CHECKS, FAMILIES, EVALUATED = "checks.json", "families.json", "evaluated.json"
ASKED_UNDER = ("measured", "no_effect")
"""Evidence sets under which three ways of looking are compared: where help works, and where it does nothing."""
REPLICATIONS = 3
"""Simulated evaluations that are pooled."""


@dataclass(frozen=True)
class Extras:
    """What was worked out after the run, where it was."""

    checks: tuple[Check, ...] = ()
    spread: Spread | None = None
    answers: tuple[Answer, ...] = ()


def read_extras(folder: Path) -> Extras:
    """Read what stands in a results folder.

    Raises
    ------
    ResultError
        If a file there cannot be read.
    """
    checks, families, answers = (_read(folder / name) for name in (CHECKS, FAMILIES, EVALUATED))
    try:
        return Extras(
            tuple(Check(**one) for one in checks or ()), None if families is None else Spread.from_dict(families),
            tuple(Answer.from_dict(one) for one in answers or ()),
        )  # fmt: skip
    except (TypeError, KeyError) as error:
        raise ResultError(f"{folder} holds {CHECKS}, {FAMILIES} or {EVALUATED} of another version ({error}); make "
                          "them anew with families report DIR --checks --families") from error  # fmt: skip


def _read(path: Path) -> Any:
    """Read JSON where there is any."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ResultError(f"{path} is damaged ({error}); make it anew with families report DIR") from error


def write_checks(folder: Path, ds: xr.Dataset, run: Mapping[str, Any]) -> None:
    """Hold a finished national run against what it must respect and write checks.json; takes minutes.

    What before and after, a matched comparison and the truth say of the families helped goes to evaluated.json.

    Raises
    ------
    ModelError
        If the config of the run is no national study.
    """
    with TemporaryDirectory() as place:
        config = _config(Path(place), run)
        found, scenario = panel(sanity_checks(config, (), ds=ds, replications=1)), load(config)
    write_json(folder / CHECKS, [check.to_dict() for check in found])
    sets = dict.fromkeys(world.effect_set for world in scenario.worlds)
    asked = [three_ways(scenario, name, replications=REPLICATIONS) for name in ASKED_UNDER if name in sets]
    write_json(folder / EVALUATED, [answer.to_dict() for one in asked for answer in one])


def write_families(folder: Path, run: Mapping[str, Any]) -> None:
    """Follow each family of one replication through every regime of a finished run and write families.json.

    The first evidence set alone is followed; it takes several times as long as a replication.

    Raises
    ------
    ModelError
        If the config of the run cannot be read.
    """
    with TemporaryDirectory() as place:
        scenario = load(_config(Path(place), run))
    first = scenario.worlds[0].effect_set
    mine = tuple(world for world in scenario.worlds if world.effect_set == first)
    write_json(folder / FAMILIES, spread_of(replace(scenario, worlds=mine)).to_dict())


def _config(place: Path, run: Mapping[str, Any]) -> str:
    """Write the config that a run keeps to a file."""
    path = place / "run.yaml"
    path.write_text(str(run["config"]), encoding="utf-8")
    return str(path)
