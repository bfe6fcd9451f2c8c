"""What draws of the inputs say of a study's answer, kept in the library, and whether it is of the study at hand.

Draws take hours, so they are not made by a run: they are kept as fitted effects are, sealed with a digest of what they
are of. A run of another model, or one whose inputs are believed otherwise, does not take them; it says so, and what
would do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.config.check.problems import Findings
from sim.config.schema.uncertainty import UncertaintyPart
from sim.config.text import library
from sim.config.text.source import Tree, parse
from sim.config.translate.model import config_of
from sim.config.views.register import RegisterEntry, entries
from sim.errors import ResultError
from sim.model.compiled.accounts import account_plan
from sim.model.spec import Scenario, World
from sim.results.folder.files import write_json
from sim.runs.meaning import digest_of_meaning

FOLDER = "draws"
WHY = "why_not"
Kept = Mapping[str, Any]
"""What is kept of one world: ``digest``, how it was drawn, and by account what each figure is."""


def is_drawn(path: str, part: UncertaintyPart, *, whatever_only: bool = False) -> bool:
    """Say whether a figure is drawn; ``whatever_only`` leaves ``only`` aside."""

    def below(starts: tuple[str, ...]) -> bool:
        return any(path == start or path.startswith(f"{start}.") for start in starts)

    return (whatever_only or not part.only or below(part.only)) and not below(part.leave_out)


def drawn_figures(tree: Tree, part: UncertaintyPart) -> list[RegisterEntry]:
    """List the figures of a config that are drawn, in its order."""
    return [one for one in entries(tree) if one.is_uncertain and is_drawn(one.path, part)]


def draws_file(scenario: Scenario) -> Path | None:
    """Find what is kept of a study; None where nothing is."""
    places = (root / FOLDER / f"{scenario.name}.json" for root in library.roots())
    return next((path for path in places if path.is_file()), None)


def read_draws(path: Path) -> dict[str, Any]:
    """Read what is kept.

    Raises
    ------
    ResultError
        When it is no such file.
    """
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): dict(world) for name, world in held["worlds"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultError(f"{path} holds no draws; remove it, or make it again: make draws") from error


def write_draws(path: Path, title: str, worlds: Mapping[str, Kept]) -> None:
    """Add what draws say of some worlds to what is kept of others."""
    known = read_draws(path) if path.is_file() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"study": title, "made_by": "families uncertainty --keep", "worlds": {**known, **worlds}})


def model_digest(scenario: Scenario, world: World) -> str:
    """Give the digest of meaning of what an answer depends on: both models, when they part, prices and terms."""
    models = [scenario.baseline_of(world).model, world.model]
    terms = (scenario.price_year, scenario.deflators, scenario.discount, scenario.appraisal)
    return digest_of_meaning(models, world.start, world.handover, terms)


def belief_digest(scenario: Scenario, world: World) -> str:
    """Give the digest of meaning of what is believed of the inputs, and of the areas on which draws are made."""
    tree = parse(scenario.resolved, "the config")
    config = config_of(tree, Findings(tree))
    assert config is not None
    part, own = config.uncertainty, f"effect_sets.{world.effect_set}."
    figures = [
        (one.path, one.number, one.low, one.high, one.unit, one.distribution or "")
        for one in drawn_figures(tree, part)
        if not one.path.startswith("effect_sets.") or one.path.startswith(own)
    ]
    fit = scenario.fits.get(world.effect_set)
    effects = () if fit is None else fit.drawn
    drawn = tuple(one for one in effects if is_drawn(f"estimands.{one.name}", part, whatever_only=True))
    together = {name: str(getattr(part, name)) for name in ("correlations", "rows", "posterior", "beside")}
    return digest_of_meaning(figures, drawn, 0.0 if fit is None else fit.nothing, part.areas or 0, together)


def doubt_of(scenario: Scenario) -> dict[str, Kept]:
    """Give what is kept of each world that has accounts, or why it is of no use (``why_not``).

    Raises
    ------
    ResultError
        When what is kept cannot be read.
    """
    plan = account_plan(scenario)
    worlds = [world for world in scenario.worlds if plan is not None and world.name in plan.services]
    file = draws_file(scenario) if worlds else None
    kept = read_draws(file) if file is not None else {}
    return {world.name: _of_world(scenario, world, kept.get(name_of(world))) for world in worlds}


def with_doubt(scenario: Scenario) -> Scenario:
    """Give a scenario what is kept of its draws, as ``doubt_of``, unless it was drawn in the run itself."""
    return scenario if scenario.doubt else replace(scenario, doubt=doubt_of(scenario))


def name_of(world: World) -> str:
    """Give the name under which draws of a world are kept, however many evidence sets a study has."""
    return f"{world.regime}/{world.effect_set}"


def _of_world(scenario: Scenario, world: World, kept: Kept | None) -> Kept:
    """Give what is kept of one world if it is of it."""
    do = f"'families run {scenario.name} --draws 500' works it out"
    if kept is None:
        return {WHY: f"no draws of its inputs are kept; {do}"}
    if kept["digest"]["model"] != model_digest(scenario, world):
        return {WHY: f"the draws that are kept are of another model, or of a program that makes other results; {do}"}
    if scenario.resolved and kept["digest"]["beliefs"] != belief_digest(scenario, world):
        return {WHY: f"the draws that are kept are of other inputs, or of other ranges; {do}"}
    return kept
