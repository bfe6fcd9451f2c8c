"""The command ``families backtest``: rates up to 2019 held against what came until 2025."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Quiet
from sim.console.printing import print_table, say

EXAMPLES = ("families backtest", "families backtest --out backtest")


def command(
    out: Annotated[Path | None, typer.Option(help="Write backtest.csv, backtest.html and its figure here.")] = None,
    quiet: Quiet = False,
) -> None:
    """Fit England's social care to 2016 to 2019, foretell 2025, and say how far off that is, and why."""
    from sim.console.progress import stages
    from sim.errors import ModelError
    from sim.evaluation.backtest.answer import end_table, pandemic_table, parts_table
    from sim.evaluation.backtest.exhibits import write_backtest
    from sim.evaluation.backtest.question import backtest

    if out is not None and (out / "backtest.html").exists():
        raise ModelError(f"{out} holds a backtest already; give another --out")
    with stages(quiet=quiet) as at:
        at.stage("Fitting to 2016 to 2019")
        found = backtest().foretold
    for table in (end_table(found), parts_table(found), pandemic_table()):
        print_table(table)
    if out is not None:
        write_backtest(out, found)
        say(f"Every year is in {out}; open backtest.html there")
