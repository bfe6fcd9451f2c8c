"""The command ``families fees``: payment by results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Config, Quiet, Sets
from sim.console.printing import print_table, say
from sim.console.progress import stages

EXAMPLES = ("families fees demo --out fees.csv",)


def command(
    config: Config,
    sets: Sets = None,
    replications: Annotated[int, typer.Option(min=1, help="Replications; numbers are their means.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Also write every year and regime to this CSV file.")] = None,
    quiet: Quiet = False,
) -> None:
    """Pay by results as the config says, and count the families who would have been paid for anyway."""
    from sim.exhibits.csv import write_csv
    from sim.exhibits.titles import titles_of
    from sim.studies.fees.answer import fees_by_year
    from sim.studies.fees.exhibits import fees_table
    from sim.studies.fees.question import fees

    with stages(quiet=quiet) as at:
        at.stage("Following families")
        scenario, found = fees(config, sets or [], replications)
    if out is not None:  # before anything is printed, which may end early
        write_csv(out, fees_by_year(found, scenario.worlds))
    print_table(fees_table(found, scenario), titles_of(scenario))
    if out is not None:
        say(f"Every year and regime is in {out}")
