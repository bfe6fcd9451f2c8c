"""What the commands check, show, new, schema and list do, as plain functions that give text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from sim.config.check.limits import estimate
from sim.config.check.problems import Findings
from sim.config.loading import load, tree_of
from sim.config.schema.config import json_schema
from sim.config.text import library
from sim.config.text.source import read
from sim.config.text.writing import to_yaml
from sim.config.translate.model import config_of
from sim.config.views.drawing import as_loops, as_mermaid, as_text
from sim.config.views.starter import starter
from sim.engine.solvers.choice import solver_of
from sim.errors import ModelError, Problem
from sim.evaluation.effects.question import stale
from sim.language.evaluate import Expression
from sim.model.spec import Model, Scenario

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def check(path: str | Path, sets: Sequence[str] = ()) -> str:
    """Check a config and say what it holds and what a run would cost.

    Parameters
    ----------
    path, sets
        As for ``load``.

    Returns
    -------
        A report of a few lines.

    Raises
    ------
    ModelError
        With every problem found.
    """
    scenario = load(path, sets)
    tree = tree_of(path, sets)
    config = config_of(tree, Findings(tree))
    lines = [f"{scenario.title}: nothing wrong was found", *_contents(scenario)]
    if config is not None:
        lines.append(f"a run needs {estimate(config)}")
    solver = solver_of(scenario)
    lines.append(f"--solver expect: {solver.kind} ({solver.reason})")
    lines += [f"note: {note}" for note in (*notes(scenario), *stale(scenario))]
    return "\n".join(lines) + "\n"


def _contents(scenario: Scenario) -> Iterator[str]:
    """Say what a scenario holds and which conventions it uses."""
    model, clock = scenario.worlds[0].model, scenario.worlds[0].model.clock
    begin = f" from {clock.start[0]}-{clock.start[1]:02d}" if clock.start else ""
    count = model.count if isinstance(model.count, str) else "by weights"
    yield f"rows: {model.units[0].size:,} of {model.units[0].name} in {len(model.areas.names)} areas"
    length = f"{clock.steps} steps of {clock.step_years:.6g} years{begin}"
    yield f"time: {length}, points counted: {count}, first cycle {clock.first}"
    yield f"chains: {', '.join(model.order)}"
    yield f"effects: {len(model.effects)}; meters: {len(model.meters)}; cost lines: {len(model.costs)}"
    worlds = ", ".join(f"{world.name} (step {world.start}, {world.handover})" for world in scenario.worlds)
    yield f"worlds: {worlds}; baseline {scenario.baseline}; {scenario.replications} replications, seed {scenario.seed}"


def notes(scenario: Scenario) -> list[str]:
    """Say what is legal but may be an oversight."""
    found = []
    baseline = scenario.worlds[0]
    used = _used(baseline.model)
    for world in scenario.worlds[1:]:
        used |= _used(world.model)
    for name in baseline.model.parameters:
        if name not in used:
            found.append(f"parameter '{name}' is used nowhere")
    for world in scenario.worlds:
        if (
            world.regime == baseline.regime
            and world.effect_set != baseline.effect_set
            and world.model == baseline.model
        ):
            found.append(f"effect set '{world.effect_set}' changes nothing against '{baseline.effect_set}'")
    for chain in baseline.model.chains:
        if chain.is_gated and chain.service and chain.service.team is None:
            found.append(f"service '{chain.name}' has no team, so its places have no limit")
    return found


def _used(model: Model) -> set[str]:
    """List every name that some expression of a model reads."""
    names: set[str] = set()
    for expression in _expressions(model):
        names |= expression.names
    return names


def _expressions(model: Model) -> Iterator[Expression]:
    """Walk all expressions of a model."""
    yield from (parameter.expression for parameter in model.parameters.values())
    for chain in model.chains:
        yield from (move.expression for move in chain.transitions if move.expression is not None)
        yield from (fire.probability for fire in chain.fires)
        yield from (chain.start or {}).values()
        if chain.service and chain.service.team:
            yield from chain.service.team.driven
    for effect in model.effects:
        yield from (effect.when, effect.times)
    yield from (memory.when for memory in model.memories)
    yield from (stock.expression for stock in model.stocks)
    yield from (stock.start for stock in model.stocks if stock.start is not None)
    yield from (meter.when for meter in model.meters if meter.when is not None)
    yield from (line.price for line in model.costs)
    for value in model.values:
        yield from value.amounts.values()
        if value.when is not None:
            yield value.when


DRAWINGS = {"text": as_text, "mermaid": as_mermaid, "stocks": as_mermaid, "loops": as_loops}


def show(
    path: str | Path,
    sets: Sequence[str] = (),
    what: Literal["config", "text", "mermaid", "loops", "stocks"] = "config",
    regime: str | None = None,
) -> str:
    """Show a config with all its layers resolved, or its chains and loops drawn.

    Parameters
    ----------
    path, sets
        As for ``load``.
    what
        ``config``: YAML with the place of every value; ``text``: a drawing of the baseline in words; ``stocks`` (or
        ``mermaid``) and ``loops``: Mermaid diagrams of its stocks and flows, and of its causal loops.
    regime
        The regime that is drawn; default the baseline.

    Returns
    -------
        The text.
    """
    scenario = load(path, sets)
    if what == "config":
        if regime is not None:
            raise ModelError([Problem("", "--regime", "says whose model is drawn; add --as text, loops or stocks")])
        return to_yaml(tree_of(path, sets), with_origins=True)
    return DRAWINGS[what](model_of_regime(scenario, regime))


def model_of_regime(scenario: Scenario, regime: str | None) -> Model:
    """Give the model of a regime (default: of the first world).

    Raises
    ------
    ModelError
        When there is no such regime.
    """
    if regime is None:
        return scenario.worlds[0].model
    found = [world.model for world in scenario.worlds if world.regime == regime]
    if not found:
        there = ", ".join(dict.fromkeys(world.regime for world in scenario.worlds))
        raise ModelError([Problem("", "regimes", f"given '{regime}'; there are {there}")])
    return found[0]


def new(name: str, folder: Path | None = None) -> Path:
    """Write a commented starter config.

    Parameters
    ----------
    name
        Its name; the file is ``NAME.yaml``.
    folder
        Where; default the working folder.

    Returns
    -------
        The file written.

    Raises
    ------
    ModelError
        When the name is no file name, or the file is there already.
    """
    stem = name.removesuffix(".yaml")
    if not _NAME.fullmatch(stem):
        raise ModelError([Problem("", "", f"given '{name}'; a name has letters, digits, _ and - alone")])
    path = (folder or Path()) / f"{stem}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter(stem))
    except FileExistsError:
        raise ModelError([Problem(str(path), "", "this file is there already; choose another name")]) from None
    except OSError as error:
        raise ModelError([Problem(str(path), "", f"cannot be written ({error.strerror})")]) from None
    return path


def schema() -> str:
    """Give the JSON Schema of configs, for editors."""
    return json_schema()


def listing() -> list[tuple[str, str]]:
    """List the scenarios and textbook models in the library: (name, title)."""
    found = []
    for name in library.names():
        if name.startswith(("scenarios/", "textbook/")):
            path = library.find(f"{name}.yaml")
            title = read(path).mapping.get("title") if path is not None else None
            found.append((name, str(title.value) if title is not None else ""))
    return found
