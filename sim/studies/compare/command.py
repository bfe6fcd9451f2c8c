"""The command ``families compare``: two finished runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.printing import console, print_table, say

EXAMPLES = (
    "families compare results/demo results/caseload_8",
    "families compare results/demo results/caseload_8 --html comparison.html",
)


Folder = Annotated[Path, typer.Argument(help="A finished results folder.")]


def command(
    a: Folder,
    b: Folder,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write it as a page.")] = None,
) -> None:
    """Compare two finished runs: what differs in their configs and in what came out."""
    from sim.config.views.recorded import config_differences
    from sim.errors import ModelError, Problem
    from sim.exhibits.terminal import visible
    from sim.results.folder.store import read_results
    from sim.studies.compare import exhibits as comparison
    from sim.studies.compare.answer import compare_runs

    (ds_a, summary_a, run_a), (ds_b, summary_b, run_b) = read_results(a), read_results(b)
    keys, found = config_differences(run_a, run_b), compare_runs((ds_a, summary_a), (ds_b, summary_b))
    wide, titles = console(), comparison.titles_of_both(ds_a, ds_b)
    if html is not None:  # before anything is printed, which may end early
        if html.is_dir():
            raise ModelError([Problem("", "--html", f"{html} is a folder; name a file in it")])
        comparison.write_comparison(html, (str(a), str(b)), (run_a, run_b), keys, found, titles)
    say(f"A is {a}\nB is {b}\n")
    say("\n".join(comparison.config_lines(keys) or ["Nothing differs in the configs."]))
    results = comparison.results_table(found, titles)
    if results.rows:
        print_table(results)
    else:
        say(comparison.verdict(found))
    say("")
    for line in comparison.said(found, titles):
        wide.print(visible(line), markup=False, width=min(wide.width, 80))
    if html is not None:
        say(f"Wrote {html}")
