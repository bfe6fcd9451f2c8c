"""Commands that ask whether a study can be trusted: effects, checks, solvers, doubt about the inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.application import FAILED, Config, Sets, app, plainly, print_table, progress_bar


@app.command(name="fit-effects")
@plainly
def fit_effects(
    config: Annotated[str, typer.Argument(help="The study in whose model effects are solved for.")] = "national",
    sets: Sets = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="SET", help="An evidence set of the study; may be repeated.")
    ] = None,
    replications: Annotated[int, typer.Option(min=1, help="Replications of each simulated evaluation.")] = 6,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what is found, change no file.")] = False,
) -> None:
    """Solve for the effects with which a simulated evaluation finds what was measured, and keep them."""
    from sim.evaluation.effects.fit import table
    from sim.evaluation.effects.question import run as fit

    for found in fit(
        config, sets or [], only=only or [], replications=replications, workers=workers, write=not dry_run,
        tell=lambda line: typer.echo(line, err=True),
    ):  # fmt: skip
        typer.echo(table(found))


@app.command()
@plainly
def sanity(
    config: Annotated[str, typer.Argument(help="A national study.")] = "national",
    sets: Sets = None,
    replications: Annotated[int, typer.Option(min=1, help="Replications of each part.")] = 2,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
) -> None:
    """Hold a national study against what it must respect, figure by figure."""
    from sim.evaluation.checks.question import run as checked
    from sim.evaluation.checks.sanity import table

    typer.echo(table(checked(config, sets or [], replications=replications, workers=workers)), nl=False)


@app.command()
@plainly
def agree(
    config: Config,
    sets: Sets = None,
    replications: Annotated[int, typer.Option(min=2, help="Replications that expected values are held to.")] = 20,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
    waits: Annotated[
        bool, typer.Option("--waits", help="Hold waits of small teams to one process a family instead (one area).")
    ] = False,
) -> None:
    """Run the solvers on one config and say, quantity by quantity, whether they agree; exit code 1 where not."""
    from sim.config.loading import load
    from sim.studies.agree.exhibits import agreement_table
    from sim.studies.agree.question import solvers_agree, waits_agree

    scenario = load(config, [*(sets or []), f"replications={replications}"])
    found, solver = waits_agree(scenario, workers) if waits else solvers_agree(scenario, workers)
    print_table(agreement_table(found, solver))
    if not all(one.passed for one in found):
        raise typer.Exit(FAILED)


@app.command()
@plainly
def uncertainty(
    config: Config,
    sets: Sets = None,
    draws: Annotated[int | None, typer.Option(min=2, help="Draws of the inputs, in place of the config's.")] = None,
    solver: Annotated[str, typer.Option(metavar="simulate|expect", help="How each draw is solved.")] = "expect",
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder (default: results/<config name>-uncertainty).")] = None,
    target_error: Annotated[
        str | None, typer.Option(metavar="1%", help="As many draws as it takes to know the mean of --on to this.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="The output that --target-error is about, such as 'cost|siloed|narrow'.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no table.")] = False,
) -> None:
    """Carry doubt about the inputs to the results; draws are kept as they come, so that a stopped study goes on."""
    from sim.studies.uncertainty.decision import decide
    from sim.studies.uncertainty.exhibits import readings, standings, worth, write_uncertainty
    from sim.studies.uncertainty.question import run as drawn
    from sim.studies.uncertainty.question import target_of

    folder = out or Path("results") / f"{Path(config).stem}-uncertainty"
    target = target_of(target_error, on)
    with progress_bar("Draws", quiet=quiet) as progress:
        _, table = drawn(
            config, [*(sets or []), f"solver={solver}"], draws=draws, workers=workers, keep=folder / "draws.jsonl",
            target=target, tell=progress,
        )  # fmt: skip
    ledgers = write_uncertainty(folder, table)
    if not quiet:
        for ledger in ledgers:
            found = decide(table, ledger)
            for made in filter(None, (standings(found), readings(table, found), worth(found))):
                print_table(made)
        typer.echo(f"Results are in {folder}; open {folder / 'uncertainty.html'}")
