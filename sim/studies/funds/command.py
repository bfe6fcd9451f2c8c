"""The command ``families funds``: who lends, who pays back, what a pooled budget lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Config, Quiet, Sets, Workers
from sim.console.printing import print_table, say
from sim.console.progress import stages

EXAMPLES = ("families funds demo", "families funds demo --set appraisal.pooled_budget.by=gain --out funds")


def command(
    config: Config,
    sets: Sets = None,
    workers: Workers = 1,
    out: Annotated[Path | None, typer.Option(help="Also write fund.csv and pool.csv to this folder.")] = None,
    quiet: Quiet = False,
) -> None:
    """Lend from an invest-to-save fund and pool a budget, as the config says: who pays, who pays back, what lacks."""
    from sim.economics.cash.fund import fund_tables
    from sim.economics.cash.pooled_budget import pool_tables
    from sim.economics.value.terms import terms_of
    from sim.exhibits.csv import write_tables
    from sim.exhibits.titles import titles_of
    from sim.report.figures.money.fund import fund_table
    from sim.report.figures.money.pool import pool_table
    from sim.studies.funds.question import funds

    with stages(quiet=quiet) as at:
        ds = funds(config, sets or [], workers, at)
    if out is not None:  # before anything is printed, which may end early
        out.mkdir(parents=True, exist_ok=True)
        terms = terms_of(ds)
        write_tables(out, [*fund_tables(ds, terms), *pool_tables(ds, terms)])
    for table in (fund_table(ds), pool_table(ds)):
        if table.rows:
            print_table(table, titles_of(ds))
    if out is not None:
        say(f"Every month and year is in {out}")
