"""The command ``families sanity``: a national study held against what it must respect."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.console.arguments import Quiet, Sets, Workers
from sim.console.printing import say
from sim.console.progress import stages

NAME = "sanity"
EXAMPLES = ("families sanity national --replications 1",)


def command(
    config: Annotated[str, typer.Argument(help="A national study.")] = "national",
    sets: Sets = None,
    replications: Annotated[int, typer.Option(min=1, help="Replications of each part.")] = 2,
    workers: Workers = 1,
    quiet: Quiet = False,
) -> None:
    """Hold a national study against what it must respect, figure by figure."""
    from sim.evaluation.checks.question import run as checked
    from sim.evaluation.checks.sanity import table

    with stages(quiet=quiet) as at:
        at.stage("Running the checks")
        found = checked(config, sets or [], replications=replications, workers=workers)
    say(table(found), nl=False)
