"""The command ``families assure``: the assurance pack of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Run, Sets
from sim.console.printing import say, say_notes

EXAMPLES = (
    "families assure results/demo",
    "families assure results/demo --check",
    "families assure results/demo --set 'assurance.analyst=A. Analyst' --set 'assurance.assurer=A. Reviewer'",
)


def command(
    folder: Run,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; list what the pack lacks.")] = False,
    calibration: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="What families calibrate found, with its backtest.")
    ] = None,
    sets: Sets = None,
) -> None:
    """Write the assurance pack of a finished run: a page that prints and a workbook, made from what exists.

    With --check exit code 1 says that a study for decision (assurance.decision in its config) lacks a part.
    """
    from sim.results.folder.beside import PACK
    from sim.studies.assure.contents import pack_of
    from sim.studies.assure.exhibits import kind, standing, write_pack
    from sim.studies.assure.finished import finished_run

    pack = pack_of(finished_run(folder, sets or [], calibration))
    if not check:
        write_pack(folder, pack)
        say(f"Wrote {folder / PACK[0]} and {folder / PACK[1]}")
    say_notes(kind(pack))
    for part, lack in pack.lacking:
        say_notes(f"  {part.title}: {lack.text}; {lack.brings}")
    say_notes(standing(pack))
    if check and pack.decision and pack.lacking:
        raise typer.Exit(1)
