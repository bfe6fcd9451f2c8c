"""The command ``families bridge``: from this study's answer to a published one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Config, Quiet, Replications, Sets, Workers, changed
from sim.console.printing import print_table, say
from sim.console.progress import stages

EXAMPLES = ("families bridge phase_two --replications 2", "families bridge phase_two --out results/bridge")


def command(
    config: Config,
    sets: Sets = None,
    replications: Replications = None,
    workers: Workers = 1,
    out: Annotated[Path | None, typer.Option(help="Also write bridge.csv and its figure to this folder.")] = None,
    to_keep: Annotated[
        bool, typer.Option("--keep", help="Keep it in the library; runs of the same study then show it.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Lead the answer of a study to a published one, one change a step and in both orders, and name what remains."""
    from sim.exhibits.csv import write_csv
    from sim.exhibits.svg import draw_all
    from sim.report.figures.evidence.bridge import FIGURE, bridge_rows, bridge_table
    from sim.studies.bridge.keeping import keep
    from sim.studies.bridge.question import cross, named_way

    way = named_way(config, [*(sets or []), *changed(None, replications)])
    with stages(quiet=quiet) as at:
        found = cross(way, workers=workers, at=at)
    if out is not None:  # before anything is printed, which may end early
        out.mkdir(parents=True, exist_ok=True)
        write_csv(out / "bridge.csv", bridge_rows(found))
        draw_all([FIGURE], found, out / "figures")
    kept = keep(way, found) if to_keep else None
    print_table(bridge_table(found))
    if out is not None:
        say(f"Every step is in {out}")
    if kept is not None:
        say(f"Kept in {kept}: runs of {way.scenario.name} show it now")
