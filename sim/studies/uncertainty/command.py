"""The command ``families uncertainty``: what doubt about the inputs makes of the results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Config, Sets, Workers
from sim.console.printing import print_table, say
from sim.console.progress import stages

EXAMPLES = (
    "families uncertainty national --draws 1000 --workers 2",
    "families uncertainty demo --draws 20 --solver simulate",
    "families uncertainty demo --draws 100 --surface parameters.aftercare_share,parameters.kw_caseload",
    "families uncertainty telecare --solver simulate --draws 100 "
    "--surface 'costs.kits watched.price=0..15,services.kit.consent'",
    "families uncertainty national --keep --draws 500 --workers 2",
)

FOR_ANSWER = 500
"""Draws of each reading where nothing is said."""


def command(
    config: Config,
    sets: Sets = None,
    draws: Annotated[int | None, typer.Option(min=2, help="Draws of the inputs, in place of the config's.")] = None,
    solver: Annotated[str, typer.Option(metavar="simulate|expect", help="How each draw is solved.")] = "expect",
    workers: Workers = 1,
    out: Annotated[Path | None, typer.Option(help="Folder (default: results/<config name>-uncertainty).")] = None,
    target_error: Annotated[
        str | None, typer.Option(metavar="1%", help="As many draws as it takes to know the mean of --on to this.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="The output that --target-error is about, such as 'cost|siloed|narrow'.")
    ] = None,
    surface: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="The two inputs of the break-even surface (default: those that matter most): any numbers of the "
            "config by path, each over its own range or one that follows it, as PATH=LOW..HIGH.",
        ),
    ] = None,
    kept: Annotated[
        bool, typer.Option("--keep", help="Draw for the answer alone, by reading, and keep what comes of it.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no table.")] = False,
) -> None:
    """Carry doubt about the inputs to the results; draws are kept as they come, so that a stopped study goes on."""
    from sim.studies.uncertainty.answer import target_of
    from sim.studies.uncertainty.decision import decide
    from sim.studies.uncertainty.exhibits import outcomes, tables_of, why_nothing, write_uncertainty
    from sim.studies.uncertainty.inputs import check_enough, study
    from sim.studies.uncertainty.question import solve_study

    folder = out or Path("results") / f"{Path(config).stem}-uncertainty"
    if kept:
        _keep(config, sets or [], draws, folder, workers, quiet=quiet)
        return
    target = target_of(target_error, on)
    with stages(quiet=quiet) as at:
        made = study(config, [*(sets or []), f"solver={solver}"], surface)
        if made.taken and out is None:
            folder = Path("results") / f"{Path(config).stem}-surface"
        check_enough(made, draws)
        at.stage("Draws")
        table = solve_study(made, draws, workers, folder / "draws.jsonl", target, at)
        at.stage("Drawing figures and writing tables")
        ledgers = write_uncertainty(folder, table, surface)
    if not quiet:
        of_ledgers = (one for ledger in ledgers for one in tables_of(table, decide(table, ledger, surface)))
        for shown in filter(None, (None if made.taken else outcomes(table), *of_ledgers)):
            print_table(shown)
        if not ledgers:
            say(why_nothing(table))
        say(f"Results are in {folder}; open uncertainty.html there")


def _keep(config: str, sets: list[str], draws: int | None, folder: Path, workers: int, *, quiet: bool) -> None:
    """Draw for the answer of a study and keep what the draws say of it in the library."""
    from sim.config.loading import load
    from sim.studies.uncertainty.keeping import draw_answer, keep

    scenario = load(config, sets)
    with stages(quiet=quiet) as at:
        at.stage("Draws")
        worlds = draw_answer(config, sets, draws or FOR_ANSWER, folder, workers, tell=at)
    say(f"What draws say is kept in {keep(scenario, worlds)};\nruns of the same model take it from there")
