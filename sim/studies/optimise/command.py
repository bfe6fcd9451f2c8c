"""The command ``families optimise``: how large, within a budget."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Config, Replications, Sets, Solver, Workers, changed
from sim.console.printing import print_table, say
from sim.console.progress import stages

EXAMPLES = ("families optimise demo integrated --lever posts:keyworker=10:30:10 --solver expect",)


def command(
    config: Config,
    regime: Annotated[str, typer.Argument(help="The regime that is set; the baseline stays as it is.")],
    lever: Annotated[
        list[str],
        typer.Option(
            help="NAME=LOW:HIGH[:STEP], may be repeated. NAME is posts:SERVICE[@AREA] (how many posts), a path, "
            "several with commas, or 'PATH: TEXT' with {x} for the value."
        ),
    ],
    sets: Sets = None,
    budget: Annotated[
        float | None, typer.Option(help="The most that services may cost more than the baseline's, £ of present value.")
    ] = None,
    points: Annotated[int, typer.Option(min=1, help="Settings run at most; a smaller grid is run whole.")] = 64,
    solver: Solver = None,
    replications: Replications = None,
    workers: Workers = 1,
    out: Annotated[Path | None, typer.Option(help="Folder (default: results/<config name>-optimise).")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no tables.")] = False,
) -> None:
    """Find the levers with the best net present social value within a budget, and what more or fewer posts bring."""
    from sim.studies.optimise.exhibits import best_table, frontier_table, write_optimum
    from sim.studies.optimise.levers import lever_of
    from sim.studies.optimise.question import optimise as found_by

    folder = out or Path("results") / f"{Path(config).stem}-optimise"
    with stages(quiet=quiet) as at:
        found = found_by(
            config, regime, [lever_of(text) for text in lever], [*(sets or []), *changed(solver, replications)],
            budget=budget, most=points, workers=workers, keep=folder / "settings.jsonl", at=at,
        )  # fmt: skip
        at.stage("Drawing figures and writing tables")
        write_optimum(folder, found)
    if not quiet:
        for made in (best_table(found), *([frontier_table(found.frontier)] if found.frontier is not None else [])):
            print_table(made)
        say(f"Results are in {folder}; open {folder / 'optimum.html'}")
