"""The command ``families export``: the tables of a finished run in other formats."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer

from sim.console.arguments import Run
from sim.console.printing import say

EXAMPLES = ("families export results/demo", "families export results/demo --out tables --force")


class FileFormat(StrEnum):
    """What ``export`` writes."""

    PARQUET = "parquet"


def command(
    folder: Run,
    file_format: Annotated[FileFormat, typer.Option("--format", help="The format of the files.")] = FileFormat.PARQUET,
    out: Annotated[Path | None, typer.Option(help="Folder to write to (default: DIR_parquet).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
) -> None:
    """Write the tables of a finished run as Parquet files, with numbers as numbers."""
    from sim.exhibits.parquet import export_parquet
    from sim.exhibits.terminal import PAGE

    destination = out or folder.with_name(f"{folder.name}_{file_format}")
    names = export_parquet(folder, destination, force=force)
    say(fill(f"Wrote {len(names)} tables to {destination}: {', '.join(names)}", PAGE, break_long_words=False))
