"""The command ``families reproduce``: the same results again, or what differs and by how much."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Quiet, Workers
from sim.console.printing import print_table, say, say_paragraphs

EXAMPLES = (
    "families reproduce results/demo",
    "families reproduce results/demo/run.json --replications 1 --keep",
)


def command(
    path: Annotated[Path, typer.Argument(metavar="DIR|run.json", help="A finished results folder, or its run.json.")],
    replications: Annotated[
        int | None, typer.Option(min=1, help="Make only so many again, and hold their arrays against the first.")
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh", help="In an environment of its own with the recorded versions, by the recorded commit."
        ),
    ] = False,
    workers: Workers = 1,
    out: Annotated[Path | None, typer.Option(help="Keep the new results in this folder (default: nowhere).")] = None,
    kept: Annotated[
        bool, typer.Option("--keep", help="Keep what was found beside the results, for families assure.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Make the results of a finished run again and say whether they are the same; exit code 1 where they are not."""
    from sim.studies.reproduce.exhibits import gaps_table, made_table, sentences
    from sim.studies.reproduce.question import keep, reproduce

    tell = None if quiet else functools.partial(say, err=True)
    found, again = reproduce(path, out, replications=replications, workers=workers, fresh=fresh, tell=tell)
    say_paragraphs(*sentences(found))
    for table in (gaps_table(found), made_table(found)):
        if table.rows:
            print_table(table)
    if kept:
        say(f"Kept in {keep(path, found, again)}")
    if found.verdict == "other":
        raise typer.Exit(1)
