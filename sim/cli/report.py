"""The command ``families report``: the page of a finished run made again."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from sim.console.arguments import Quiet, Run
from sim.console.progress import stages

EXAMPLES = ("families report results/demo",)


def command(
    folder: Run,
    checks: Annotated[bool, typer.Option("--checks", help="Hold it against what is known (a national study).")] = False,
    families: Annotated[bool, typer.Option("--families", help="Follow every family of one replication.")] = False,
    quiet: Quiet = False,
) -> None:
    """Rebuild the report and figures of a finished run; checks and families, once made, are kept and shown."""
    from sim.evaluation.checks.beside import write_checks
    from sim.report.presentation import present
    from sim.results.folder.store import MANIFEST, read_results, staged
    from sim.runs.follow.beside import write_families

    with stages(quiet=quiet) as at, staged(folder, force=True) as fresh:
        at.stage("Reading the results")
        ds, summary, record = read_results(folder)
        rebuilt = shutil.ignore_patterns(MANIFEST, "figures", "report.html", "workbook.xlsx")
        shutil.copytree(folder, fresh, dirs_exist_ok=True, ignore=rebuilt)
        if checks:
            at.stage("Holding it against what is known")
            write_checks(fresh, ds, record)
        if families:
            at.stage("Following families")
            write_families(fresh, record)
        present(fresh, ds, summary, record, at=at)
    say(f"Rebuilt {folder / 'report.html'}")
