"""The command ``families show``: a config with the place of every value, or its model drawn."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.console.arguments import Config, Sets
from sim.console.printing import say
from sim.errors import ModelError, Problem

if TYPE_CHECKING:
    from sim.model.spec import Model, Scenario

EXAMPLES = ("families show demo", "families show demo --as text", "families show loops --figure loops.svg")


class Drawing(StrEnum):
    """What ``show`` shows."""

    CONFIG = "config"
    TEXT = "text"
    MERMAID = "mermaid"
    STOCKS = "stocks"
    LOOPS = "loops"


def command(
    config: Config,
    sets: Sets = None,
    what: Annotated[Drawing, typer.Option("--as", help="The config with its sources, or its chains drawn.")] = (
        Drawing.CONFIG
    ),
    figure: Annotated[
        Path | None, typer.Option(help="Draw to this file (svg, png, pdf): --as loops, the default, or --as stocks.")
    ] = None,
    regime: Annotated[str | None, typer.Option(help="The regime that is drawn (default: the baseline).")] = None,
) -> None:
    """Show a config with all its layers resolved and where each value was set, or its chains and loops drawn."""
    if figure is None:
        say(show(config, sets or [], what.value, regime), nl=False)
        return
    from sim.config.loading import load
    from sim.report.loops import draw

    model = model_of_regime(load(config, sets or []), regime)
    draw(model, "stocks" if what is Drawing.STOCKS else "loops", figure)
    say(f"Wrote {figure}")


def show(
    path: str | Path,
    sets: Sequence[str] = (),
    what: str = "config",
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
    from sim.config.loading import load, tree_of
    from sim.config.text.writing import to_yaml
    from sim.config.views.drawing import as_loops, as_mermaid, as_text

    scenario = load(path, sets)
    if what == "config":
        if regime is not None:
            raise ModelError([Problem("", "--regime", "says whose model is drawn; add --as text, loops or stocks")])
        return to_yaml(tree_of(path, sets), with_origins=True)
    drawings = {"text": as_text, "mermaid": as_mermaid, "stocks": as_mermaid, "loops": as_loops}
    return drawings[what](model_of_regime(scenario, regime))


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
