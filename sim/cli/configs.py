"""Commands on configs: check, show, start, list."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sim.console.application import Config, Sets, app, plainly


@app.command()
@plainly
def check(config: Config, sets: Sets = None) -> None:
    """Check a config, and say what a run would cost in time and memory."""
    from sim.cli.texts import check as checked

    typer.echo(checked(config, sets or []), nl=False)


class Drawing(StrEnum):
    """What ``show`` shows."""

    CONFIG = "config"
    TEXT = "text"
    MERMAID = "mermaid"
    STOCKS = "stocks"
    LOOPS = "loops"


@app.command()
@plainly
def show(
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
    from sim.cli.texts import show as shown

    if figure is None:
        typer.echo(shown(config, sets or [], what.value, regime), nl=False)
        return
    from sim.cli.texts import model_of_regime
    from sim.config.loading import load
    from sim.report.loops import draw

    model = model_of_regime(load(config, sets or []), regime)
    draw(model, "stocks" if what is Drawing.STOCKS else "loops", figure)
    typer.echo(f"Wrote {figure}")


@app.command()
@plainly
def new(name: Annotated[str, typer.Argument(help="Name of the study; writes NAME.yaml here.")]) -> None:
    """Write a commented starter config."""
    from sim.cli.texts import new as started

    typer.echo(f"Wrote {started(name)}; try: families check {name}")


@app.command()
@plainly
def schema() -> None:
    """Print the JSON Schema of configs, for editors."""
    from sim.cli.texts import schema as written

    typer.echo(written(), nl=False)


@app.command(name="list")
@plainly
def library(
    results: Annotated[
        Path | None, typer.Option(help="Print the scenarios as a table, with what came out of the runs in this folder.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="Put that table between the markers of this page.")] = None,
) -> None:
    """List the scenarios and textbook models that come with the program."""
    from sim.cli.texts import listing
    from sim.config.views.catalogue import scenarios

    if results is None and into is None:
        about = {f"scenarios/{entry.name}": entry for entry in scenarios()}
        for name, title in listing():
            typer.echo(f"{name:36} {title}".rstrip())
            if name in about:
                typer.echo(f"{'':36} ({about[name].population}) {about[name].about}".rstrip())
        return
    from sim.config.views.catalogue_table import put, table

    made = table(scenarios(), results or Path("results"))
    if into is None:
        typer.echo(made, nl=False)
    else:
        put(into, made)
        typer.echo(f"Wrote the table into {into}")
