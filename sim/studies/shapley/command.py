"""The command ``families shapley``: who brought about how much."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Config, Replications, Sets, Solver, Workers, changed
from sim.console.printing import print_table, say
from sim.console.progress import stages

EXAMPLES = ("families shapley demo --over agencies --replications 1",)


class Over(StrEnum):
    """Among whom a net saving is shared."""

    AGENCIES = "agencies"
    MECHANISMS = "mechanisms"


def command(
    config: Config,
    sets: Sets = None,
    over: Annotated[Over, typer.Option(help="Agencies that join a regime, or mechanisms of a ladder.")] = Over.AGENCIES,
    regime: Annotated[
        list[str] | None,
        typer.Option(help="The regime that agencies join (default: the last); or a rung, from below, may be repeated."),
    ] = None,
    view: Annotated[str, typer.Option(metavar="fiscal|social", help="Whether transfers count.")] = "fiscal",
    solver: Solver = None,
    replications: Replications = None,
    orders: Annotated[int, typer.Option(min=4, help="Orders sampled where more than eight share.")] = 200,
    workers: Workers = 1,
    out: Annotated[Path | None, typer.Option(help="Folder (default: results/<config name>-shapley-<over>).")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no table.")] = False,
) -> None:
    """Share what a regime saves among those who bring it about; coalitions run are kept, so that a study goes on."""
    from sim.studies.shapley.exhibits import shares_table, write_sharing
    from sim.studies.shapley.question import share

    folder = out or Path("results") / f"{Path(config).stem}-shapley-{over.value}"
    with stages(quiet=quiet) as at:
        at.stage("Coalitions")
        found = share(
            config, [*(sets or []), *changed(solver, replications)], over=over.value, regimes=regime or [], view=view,
            orders=orders, workers=workers, keep=folder / "coalitions.jsonl", tell=at,
        )  # fmt: skip
        at.stage("Drawing figures and writing tables")
        write_sharing(folder, found)
    if not quiet:
        print_table(shares_table(found))
        say(f"Results are in {folder}; open shapley.html there")
