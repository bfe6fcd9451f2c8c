"""The command ``families``: parses arguments, calls public names, writes files; no arithmetic.

Heavy imports stand inside the commands, so that ``families --help`` is quick.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable
from enum import StrEnum
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from sim.errors import ModelError, ResultError

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console

    from sim.model.spec import Scenario
    from sim.report.tables import Table
    from sim.results.summary import Summary

BAD_INPUT, FAILED = 2, 1
P = ParamSpec("P")

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help="Simulate families with many problems under different ways of helping: waits, outcomes and costs.",
)  # fmt: skip

Config = Annotated[str, typer.Argument(help="A config file, or a name in the library such as 'national'.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the config; may be repeated.")
]


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what goes wrong in a command into plain lines and an exit code: 2 for bad input, 1 for anything else."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ModelError as error:
            raise _stop(BAD_INPUT, *map(str, error.problems)) from None
        except ResultError as error:
            raise _stop(BAD_INPUT, str(error)) from None
        except KeyboardInterrupt:
            raise _stop(FAILED, "Stopped. Nothing was written.") from None
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:  # the reader, such as `head`, has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(FAILED) from None
        except OSError as error:
            raise _stop(FAILED, f"Could not read or write: {error}") from None
        except Exception as error:
            if os.environ.get("FAMILIES_DEBUG"):
                raise
            raise _stop(
                FAILED, f"Something went wrong in the program: {type(error).__name__}: {error}",
                "Nothing was written. Please report it with the config; FAMILIES_DEBUG=1 shows where it happened.",
            ) from None  # fmt: skip

    return guarded


def _stop(code: int, *lines: str) -> typer.Exit:
    """Print lines to stderr and make the exit."""
    for line in lines:
        typer.echo(line, err=True)
    return typer.Exit(code)


@app.command()
@plainly
def run(
    config: Config,
    out: Annotated[Path | None, typer.Option(help="Results folder [default: results/<config name>].")] = None,
    sets: Sets = None,
    replications: Annotated[int | None, typer.Option(help="Number of replications, in place of the config's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed, in place of the config's.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; results are the same whatever their number.")] = 1,
    solver: Annotated[str | None, typer.Option(metavar="simulate|expect", help="In place of the config's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace finished results at the end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json instead of the table.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no table.")] = False,
) -> None:
    """Simulate every regime of a config and write a results folder."""
    from sim.config.loading import load
    from sim.results.store import check_destination
    from sim.results.summary import summarise

    flags = {"replications": replications, "seed": seed, "solver": solver}
    scenario = load(config, [*(sets or []), *(f"{key}={value}" for key, value in flags.items() if value is not None)])
    destination = out or Path("results") / Path(scenario.name).name
    check_destination(destination, force=force)
    ds = _simulate(scenario, workers, quiet=quiet)
    summary = summarise(ds)
    _write(destination, scenario, ds, summary, force=force)
    _tell(summary, destination, as_json=as_json, quiet=quiet)


def _simulate(scenario: Scenario, workers: int, *, quiet: bool) -> xr.Dataset:
    """Simulate behind a progress bar on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from sim.studies.ensemble import simulate

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("Simulating", total=scenario.replications if scenario.solver == "simulate" else None)
        return simulate(scenario, workers, lambda done, total: bar.update(task, completed=done, total=total))


def _write(destination: Path, scenario: Scenario, ds: xr.Dataset, summary: Summary, *, force: bool) -> None:
    """Write the whole results folder, or nothing."""
    from sim.results.run_record import run_record
    from sim.results.store import staged, write_results

    record = run_record(scenario)
    with staged(destination, force=force) as folder:
        write_results(folder, ds, summary, record)
        _present(folder, ds, summary, record)


def _present(folder: Path, ds: xr.Dataset, summary: Summary, record: dict[str, Any]) -> None:
    """Draw the figures and write the report."""
    from sim.report.gallery import draw_all
    from sim.report.html import write_report

    write_report(folder / "report.html", ds, summary, record, draw_all(ds, folder / "figures"))


def _tell(summary: Summary, destination: Path, *, as_json: bool, quiet: bool) -> None:
    """Print what was found and where it is."""
    if as_json:
        import json

        typer.echo(json.dumps(summary, indent=1, allow_nan=False))
    elif not quiet:
        _print_headline(summary)
        typer.echo(f"Results are in {destination}; open {destination / 'report.html'}")


def _print_headline(summary: Summary) -> None:
    """Print the headline table, and how regimes compare with each other where there are several."""
    from rich.console import Console

    from sim.report.tables import comparisons, headline

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    for made in (headline(summary), comparisons(summary)):
        if made.rows:
            _print_table(console, made)


def _print_table(console: Console, made: Table) -> None:
    """Print one table; nothing in it is taken for markup."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    table = RichTable(box=box.SIMPLE_HEAD)
    for i, column in enumerate(made.columns):
        table.add_column(Text(column), justify="right" if i else "left", no_wrap=not i, overflow="fold")
    for row in made.rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(Text(f"\n{made.title}", style="bold"))
    console.print(table)
    if made.note:
        console.print(Text(made.note))


@app.command()
@plainly
def report(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A finished results folder.")]) -> None:
    """Rebuild the report and figures of a finished run."""
    from sim.results.store import MANIFEST, read_results, staged

    ds, summary, record = read_results(folder)
    with staged(folder, force=True) as fresh:
        rebuilt = shutil.ignore_patterns(MANIFEST, "figures", "report.html")
        shutil.copytree(folder, fresh, dirs_exist_ok=True, ignore=rebuilt)
        _present(fresh, ds, summary, record)
    typer.echo(f"Rebuilt {folder / 'report.html'}")


@app.command()
@plainly
def check(config: Config, sets: Sets = None) -> None:
    """Check a config, and say what a run would cost in time and memory."""
    from sim.config.commands import check as checked

    typer.echo(checked(config, sets or []), nl=False)


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
    from sim.config.fitting import run as fit
    from sim.studies.fit_effects import table

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
    from sim.config.sanity import run as checked
    from sim.studies.sanity import table

    typer.echo(table(checked(config, sets or [], replications=replications, workers=workers)), nl=False)


class Drawing(StrEnum):
    """What ``show`` shows."""

    CONFIG = "config"
    TEXT = "text"
    MERMAID = "mermaid"


@app.command()
@plainly
def show(
    config: Config,
    sets: Sets = None,
    what: Annotated[Drawing, typer.Option("--as", help="The config with its sources, or its chains drawn.")] = (
        Drawing.CONFIG
    ),
) -> None:
    """Show a config with all its layers resolved and where each value was set, or its chains and loops drawn."""
    from sim.config.commands import show as shown

    typer.echo(shown(config, sets or [], what.value), nl=False)


@app.command()
@plainly
def new(name: Annotated[str, typer.Argument(help="Name of the study; writes NAME.yaml here.")]) -> None:
    """Write a commented starter config."""
    from sim.config.commands import new as started

    typer.echo(f"Wrote {started(name)}; try: families check {name}")


@app.command()
@plainly
def schema() -> None:
    """Print the JSON Schema of configs, for editors."""
    from sim.config.commands import schema as written

    typer.echo(written(), nl=False)


@app.command(name="list")
@plainly
def library() -> None:
    """List the scenarios and textbook models that come with the program."""
    from sim.config.commands import listing

    for name, title in listing():
        typer.echo(f"{name:36} {title}".rstrip())


def extend(to: typer.Typer) -> None:
    """Add the commands that installed packages offer in the entry-point group ``families.commands``."""
    for entry in entry_points(group="families.commands"):
        to.command(entry.name)(plainly(entry.load()))


def main() -> None:
    """Run the command."""
    extend(app)
    app()


if __name__ == "__main__":
    main()
