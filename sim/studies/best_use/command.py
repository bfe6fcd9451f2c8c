"""The command ``families best-use``: the best that today's services can make of a regime's money."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.console.arguments import Config, Quiet, Sets, Workers
from sim.console.printing import print_table
from sim.console.progress import stages

NAME = "best-use"
EXAMPLES = (
    "families best-use national",
    "families best-use tenth --share 1 --replications 4 --dry-run",
)


def command(
    config: Config = "national",
    sets: Sets = None,
    regime: Annotated[str, typer.Option(help="The regime whose posts are searched for and written.")] = "best_use",
    money_of: Annotated[str, typer.Option(help="The regime whose money is spent.")] = "integrated",
    replications: Annotated[int, typer.Option(min=1, help="Replications in which ways are told apart.")] = 2,
    share: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="Share of the families and posts that the search follows.")
    ] = 0.3,
    workers: Workers = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what is found, change no file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Search for the best use of a regime's money on today's services, at equal spending, and keep it in its file."""
    from sim.studies.best_use.exhibits import saved_table, use_table
    from sim.studies.best_use.question import best_use

    with stages(quiet=quiet) as at:
        found = best_use(
            config, sets or [], regime=regime, money_of=money_of, share=share, replications=replications,
            workers=workers, write=not dry_run, at=at,
        )  # fmt: skip
    print_table(use_table(found))
    print_table(saved_table(found))
