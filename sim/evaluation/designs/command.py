"""The command ``families evaluate``: what each evaluation design would report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Config, Sets, Workers
from sim.console.printing import print_table, say
from sim.console.progress import stages

NAME = "evaluate"
EXAMPLES = (
    "families evaluate evaluation/designs --replications 2",
    "families evaluate demo --set clock.steps=48 --outcome in_crisis --rule random --replications 2",
    "families evaluate evaluation/few_helped --controls --replications 16",
)


FILES = ("evaluate.html", "evaluate.csv", "evaluate.json")


def command(
    config: Config,
    sets: Sets = None,
    regime: Annotated[
        str, typer.Option(help="The regime in which families are helped (default: integrated, or else the last one).")
    ] = "",
    under: Annotated[
        list[str] | None, typer.Option(metavar="SET", help="An evidence set (default: all); may be repeated.")
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(metavar="OUTCOME", help="in_crisis, looked_after, protection_plan, attending, well, adult_custody "
                     "or cost (default: all); may be repeated."),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="Who is taken on first: configured, longest_wait or random (default: all); "
                     "may be repeated."),
    ] = None,
    months: Annotated[str | None, typer.Option(metavar="13-24", help="Months after entry that are looked at.")] = None,
    controls: Annotated[
        bool, typer.Option("--controls", help="Ratios that matched designs find, one change at a time, instead.")
    ] = False,
    replications: Annotated[int, typer.Option(min=1, help="Replications of each evaluation.")] = 4,
    share: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="Share of the families and posts that is followed.")
    ] = 1.0,
    workers: Workers = 1,
    out: Annotated[Path | None, typer.Option(help="Folder (default: results/<config name>-evaluate).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier study found.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no tables.")] = False,
) -> None:  # fmt: skip
    """Say what each evaluation design would report of the same families, how far off it is, and why."""
    from sim.config.loading import load
    from sim.errors import ModelError, ResultError
    from sim.evaluation.designs.exhibits import write_evaluated
    from sim.evaluation.designs.question import run, run_controls
    from sim.evaluation.designs.words import control_tables, size_table, verdict_tables
    from sim.exhibits.csv import write_tables

    if controls:
        if outcome or rule or months:
            raise ModelError("--controls asks about outcomes and months of its own; leave out --outcome, --rule and "
                             "--months")  # fmt: skip
        with stages(quiet=quiet) as at:
            made = run_controls(
                config, sets or [], regime=regime, under=under or [], replications=replications, share=share,
                workers=workers, at=at,
            )  # fmt: skip
        titles = load(config, sets or []).titles
        tables = [one for name, of_set in made.items() for one in control_tables(of_set, name, replications, titles)]
        for table in tables:
            print_table(table)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            write_tables(out, tables)
        return
    folder = out or Path("results") / f"{Path(config).stem}-evaluate"
    if any((folder / name).exists() for name in FILES) and not force:
        raise ResultError(f"{folder} holds an evaluation already; give another --out, or --force to replace it")
    with stages(quiet=quiet) as at:
        found = run(
            config, sets or [], regime=regime, under=under or [], outcomes=outcome or [], rules=rule or [],
            months=months, replications=replications, share=share, workers=workers, at=at,
        )  # fmt: skip
        at.stage("Drawing figures and writing tables")
        write_evaluated(folder, found)
    if not quiet:
        for table in (*verdict_tables(found), size_table(found)):
            print_table(table)
        say(f"Results are in {folder}; open evaluate.html there")
