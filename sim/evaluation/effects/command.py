"""The command ``families fit-effects``: effects with which a simulated evaluation finds what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Quiet, Sets, Workers
from sim.console.printing import print_table, say
from sim.console.progress import stages

NAME = "fit-effects"
EXAMPLES = ("families fit-effects phase_two --share 0.1 --dry-run --replications 2",)


def command(
    config: Annotated[str, typer.Argument(help="The study in whose model effects are solved for.")] = "phase_two",
    sets: Sets = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="SET", help="An evidence set of the study; may be repeated.")
    ] = None,
    replications: Annotated[int, typer.Option(min=1, help="Replications of each simulated evaluation.")] = 6,
    share: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="Share of the families and posts that a simulated study follows.")
    ] = 1.0,
    workers: Workers = 1,
    grid: Annotated[
        int, typer.Option(min=0, help="Ratios to solve for besides, over the interval of each: draws read them off.")
    ] = 0,
    whole: Annotated[
        int, typer.Option(min=0, help="Fit so many draws of the inputs whole, change no file; say what curves miss.")
    ] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what is found, change no file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Solve for the effects with which a simulated evaluation finds what was measured, and keep them."""
    from sim.evaluation.effects.question import run as fit
    from sim.evaluation.effects.record import table

    folder = None if dry_run else Path("results") / f"{Path(config).stem}-effects"  # studies and draws, as they come
    with stages(quiet=quiet) as at:
        if whole:
            from sim.evaluation.effects.whole import missed
            from sim.evaluation.effects.whole import run as fit_whole

            found = fit_whole(config, sets or [], only or [], whole, replications, share, workers, at, folder)
            print_table(missed(found))
            return
        fits = fit(
            config, sets or [], only=only or [], replications=replications, share=share, workers=workers,
            grid=grid, write=not dry_run, at=at, folder=folder,
        )  # fmt: skip
    for made in fits:
        say(table(made))
