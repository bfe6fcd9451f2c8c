"""Commands on finished runs: side by side, and in other formats."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sim.console.application import app, console, plainly, print_table

Folder = Annotated[Path, typer.Argument(help="A finished results folder.")]


@app.command()
@plainly
def compare(
    a: Folder,
    b: Folder,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write it as a page.")] = None,
) -> None:
    """Compare two finished runs: what differs in their configs and in what came out."""
    from sim.config.views.recorded import config_differences
    from sim.results.folder.store import read_results
    from sim.studies.compare import exhibits as comparison
    from sim.studies.compare.answer import compare_runs

    (ds_a, summary_a, run_a), (ds_b, summary_b, run_b) = read_results(a), read_results(b)
    keys, found = config_differences(run_a, run_b), compare_runs((ds_a, summary_a), (ds_b, summary_b))
    wide = console()
    typer.echo(f"A is {a}\nB is {b}\n")
    typer.echo("\n".join(comparison.config_lines(keys) or ["Nothing differs in the configs."]))
    results = comparison.results_table(found)
    if results.rows:
        print_table(results)
    else:
        typer.echo("Nothing differs in the results.")
    typer.echo("")
    for line in comparison.said(found):
        wide.print(line, markup=False, width=min(wide.width, 80))
    if html is not None:
        comparison.write_comparison(html, (str(a), str(b)), (run_a, run_b), keys, found)
        typer.echo(f"Wrote {html}")


class FileFormat(StrEnum):
    """What ``export`` writes."""

    PARQUET = "parquet"


@app.command()
@plainly
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A finished results folder.")],
    file_format: Annotated[FileFormat, typer.Option("--format", help="The format of the files.")] = FileFormat.PARQUET,
    out: Annotated[Path | None, typer.Option(help="Folder to write to (default: DIR_parquet).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
) -> None:
    """Write the tables of a finished run as Parquet files, with numbers as numbers."""
    from sim.exhibits.parquet import export_parquet

    destination = out or folder.with_name(f"{folder.name}_{file_format}")
    names = export_parquet(folder, destination, force=force)
    typer.echo(f"Wrote {len(names)} tables to {destination}: {', '.join(names)}")
