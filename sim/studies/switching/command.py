"""The command ``families switching``: what would make a regime worth it."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.console.arguments import Config, Quiet, Sets, Workers
from sim.console.printing import say
from sim.console.progress import stages

EXAMPLES = ("families switching telecare integrated/trial --of 'costs.kits watched.price.value' --low 0 --high 15",)


def command(
    config: Config,
    regime: Annotated[str, typer.Argument(help="The regime, as REGIME or REGIME/SET.")],
    of: Annotated[list[str], typer.Option(help="A path that takes the value (may be repeated), or 'effects'.")],
    low: Annotated[float, typer.Option(help="Lower end of the search.")],
    high: Annotated[float, typer.Option(help="Upper end of the search.")],
    against: Annotated[str | None, typer.Option(help="What it is held against (default: the baseline).")] = None,
    sets: Sets = None,
    runs: Annotated[int, typer.Option(min=3, help="Runs at most.")] = 12,
    workers: Workers = 1,
    quiet: Quiet = False,
) -> None:
    """Find, by new runs, the value at which a regime's net present social value is zero."""
    from sim.studies.switching.exhibits import search_lines
    from sim.studies.switching.question import switching

    with stages(quiet=quiet) as at:
        found = switching(
            config, of, low, high, regime, against=against, sets=sets or [], most_runs=runs, workers=workers, at=at
        )  # fmt: skip
    say(search_lines(found, of, regime))
