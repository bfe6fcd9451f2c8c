"""Commands that run a config and present the results."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.console.application import Config, Sets, app, plainly, print_table, progress_bar

if TYPE_CHECKING:
    import xarray as xr

    from sim.economics.report import FullAppraisal
    from sim.results.summary import Summary
    from sim.runs.resume import Work


@app.command()
@plainly
def run(
    config: Config,
    out: Annotated[Path | None, typer.Option(help="Results folder (default: results/<config name>).")] = None,
    sets: Sets = None,
    replications: Annotated[int | None, typer.Option(help="Number of replications, in place of the config's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed, in place of the config's.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; results are the same whatever their number.")] = 1,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler: 127.0.0.1:PORT here, tls://HOST:PORT elsewhere."),
    ] = None,
    solver: Annotated[str | None, typer.Option(metavar="simulate|expect", help="In place of the config's.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run, or add replications to a finished one.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace finished results at the end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json instead of the table.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no table.")] = False,
) -> None:
    """Simulate every regime of a config and write a results folder."""
    from sim.config.loading import load
    from sim.results.folder.store import check_destination
    from sim.runs.resume import at_work

    flags = {"replications": replications, "seed": seed, "solver": solver}
    scenario = load(config, [*(sets or []), *(f"{key}={value}" for key, value in flags.items() if value is not None)])
    destination = out or Path("results") / Path(scenario.name).name
    check_destination(destination, force=force or resume)
    if cluster is not None:
        from sim.runs.cluster import check_address

        check_address(cluster)
    tell = functools.partial(typer.echo, err=True)
    with at_work(destination, scenario, resume=resume, force=force, tell=tell) as work:
        if work.is_finished:
            typer.echo(f"{destination} is finished; there is nothing to add")
            return
        sampled = scenario.solver == "simulate"
        what, total = ("Replications", scenario.replications) if sampled else ("Working out expected values", None)
        with progress_bar(what, total, quiet=quiet) as progress:
            work.simulate(workers, progress, cluster=cluster)
        summary = _write(work)
    _tell(summary, destination, scenario.resolved, as_json=as_json, quiet=quiet)


def _write(work: Work) -> Summary:
    """Write the whole results folder, or nothing."""
    from sim.economics.report import full_appraisal
    from sim.economics.rows import run_tables
    from sim.economics.summary import summarise
    from sim.exhibits.csv import write_tables
    from sim.results.folder.store import write_results
    from sim.results.run_record import run_record

    record = run_record(work.scenario)
    with work.staged() as folder, work.assembled(folder) as ds:
        full = full_appraisal(ds)
        summary = summarise(ds, full)
        write_results(folder, ds, summary, record)
        write_tables(folder, run_tables(work.scenario, ds, summary, full))
        _present(folder, ds, summary, record, full)
    return summary


def _present(
    folder: Path, ds: xr.Dataset, summary: Summary, record: dict[str, Any], full: FullAppraisal | None = None
) -> None:
    """Draw the figures, write the report and the workbook."""
    from sim.report.gallery import draw_all
    from sim.report.html import write_report
    from sim.report.workbook.book import write_workbook

    write_report(folder / "report.html", ds, summary, record, draw_all(ds, folder / "figures"), full=full)
    write_workbook(folder / "workbook.xlsx", ds, summary, record, full)


def _tell(summary: Summary, destination: Path, config: str, *, as_json: bool, quiet: bool) -> None:
    """Print what was found, what its parameters stand on, and where it is."""
    from sim.report.answer import standing

    if as_json:
        import json

        typer.echo(json.dumps(summary, indent=1, allow_nan=False))
    elif not quiet:
        print_headline(summary)
        typer.echo(f"Parameters {standing(config)}.")
        typer.echo(f"Results are in {destination}; open {destination / 'report.html'}")


def print_headline(summary: Summary) -> None:
    """Print the headline as tables that fit 80 columns."""
    from sim.report.terminal import headline_tables

    for made in headline_tables(summary):
        print_table(made)


@app.command()
@plainly
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A finished results folder.")],
    checks: Annotated[bool, typer.Option("--checks", help="Hold it against what is known (a national study).")] = False,
    families: Annotated[bool, typer.Option("--families", help="Follow every family of one replication.")] = False,
) -> None:
    """Rebuild the report and figures of a finished run; checks and families, once made, are kept and shown."""
    from sim.evaluation.checks.beside import write_checks
    from sim.results.folder.store import MANIFEST, read_results, staged
    from sim.runs.follow.beside import write_families

    ds, summary, record = read_results(folder)
    with staged(folder, force=True) as fresh:
        rebuilt = shutil.ignore_patterns(MANIFEST, "figures", "report.html", "workbook.xlsx")
        shutil.copytree(folder, fresh, dirs_exist_ok=True, ignore=rebuilt)
        if checks:
            write_checks(fresh, ds, record)
        if families:
            write_families(fresh, record)
        _present(fresh, ds, summary, record)
    typer.echo(f"Rebuilt {folder / 'report.html'}")
