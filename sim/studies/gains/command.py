"""The command ``families gains``: who gains and who loses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Config, Quiet, Sets
from sim.console.printing import print_table, say
from sim.console.progress import stages

EXAMPLES = ("families gains demo --out gains.csv",)


def command(
    config: Config,
    sets: Sets = None,
    replications: Annotated[int, typer.Option(min=1, help="Replications; families are pooled over them.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Also write every group and measure to this CSV file.")] = None,
    quiet: Quiet = False,
) -> None:
    """Follow every family under each regime: who gains, who loses, who waits longer."""
    from sim.config.loading import load
    from sim.exhibits.csv import write_csv
    from sim.exhibits.titles import titles_of
    from sim.studies.gains.answer import gains_by_group
    from sim.studies.gains.exhibits import gains_tables
    from sim.studies.gains.question import who_gains

    with stages(quiet=quiet) as at:
        at.stage("Following families")
        scenario = load(config, sets or [])
        found = who_gains(scenario, replications)
    if out is not None:  # before anything is printed, which may end early
        write_csv(out, gains_by_group(found, scenario.worlds))
    for table in gains_tables(found, titles_of(scenario), scenario.appraisal.evidence_months):
        print_table(table)
    if out is not None:
        say(f"Every group and measure is in {out}")
