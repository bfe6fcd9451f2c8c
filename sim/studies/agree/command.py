"""The command ``families agree``: whether the solvers say the same."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.console.arguments import Config, Quiet, Sets, Workers
from sim.console.errors import FAILED
from sim.console.printing import print_table
from sim.console.progress import stages

EXAMPLES = ("families agree demo --replications 4",)


def command(
    config: Config,
    sets: Sets = None,
    replications: Annotated[int, typer.Option(min=2, help="Replications that expected values are held to.")] = 20,
    workers: Workers = 1,
    waits: Annotated[
        bool, typer.Option("--waits", help="Hold waits of small teams to those case by case instead (one area).")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run the solvers on one config and say, quantity by quantity, whether they agree; exit code 1 where not."""
    from sim.config.loading import load
    from sim.exhibits.titles import titles_of
    from sim.studies.agree.exhibits import agreement_table
    from sim.studies.agree.question import solvers_agree, waits_agree

    with stages(quiet=quiet) as at:
        scenario = load(config, [*(sets or []), f"replications={replications}"])
        found, solver = (waits_agree if waits else solvers_agree)(scenario, workers, at)
    print_table(agreement_table(found, solver), titles_of(scenario))
    if not all(one.passed for one in found):
        raise typer.Exit(FAILED)
