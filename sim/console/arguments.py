"""Arguments and options that many commands have, worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[str, typer.Argument(help="A config file, or a name in the library such as 'national'.")]


def _with_value(given: list[str] | None) -> list[str] | None:
    """Refuse a setting without a value, before what follows it is taken for an argument."""
    for text in given or ():
        if "=" not in text:
            raise typer.BadParameter(f"given '{text}'; write --set {text}=VALUE, without a space around the sign")
    return given


Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Lay a value over the config; may be repeated.", callback=_with_value
    ),
]
Run = Annotated[Path, typer.Argument(metavar="DIR", help="A finished results folder.")]
Workers = Annotated[int, typer.Option(min=1, max=1024, help="Processes; the result does not depend on it.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
Solver = Annotated[str | None, typer.Option(metavar="simulate|expect", help="In place of the config's.")]
Replications = Annotated[int | None, typer.Option(min=1, help="In place of the config's.")]


def changed(solver: str | None, replications: int | None) -> list[str]:
    """Write options as settings of the config."""
    flags = {"solver": solver, "replications": replications}
    return [f"{key}={value}" for key, value in flags.items() if value is not None]
