"""The command ``families import``: a council's own return on looked-after children as rounded rates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.printing import print_table, say

NAME = "import"
EXAMPLES = (
    "families import --sample sample",
    "families import --header sample/header.csv --episodes sample/episodes.csv --authority Leicestershire",
)


def command(
    header: Annotated[Path | None, typer.Option(metavar="H.csv", help="Header file of the return (SSDA903).")] = None,
    episodes: Annotated[Path | None, typer.Option(metavar="E.csv", help="Episodes file of the return.")] = None,
    authority: Annotated[
        str | None, typer.Option(metavar="NAME", help="The local authority whose return it is.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(min=1992, max=2100, help="Whose 31 March ends it (default: of the newest date).")
    ] = None,
    out: Annotated[Path, typer.Option(help="The file of figures that is written.")] = Path("own.csv"),
    sample: Annotated[Path | None, typer.Option(metavar="DIR", help="Write a made-up return to try this with.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of figures that is there.")] = False,
) -> None:
    """Make rounded rates of your own return on looked-after children; nothing leaves this machine, no row is kept."""
    from sim.errors import ModelError, Problem
    from sim.evaluation.own_data.kept import own_table, write_own
    from sim.evaluation.own_data.question import own_data, write_sample

    if sample is not None:
        write_sample(sample)
        say(f"A made-up return is in {sample}: header.csv and episodes.csv")
        return
    if header is None or episodes is None or authority is None:
        raise ModelError("give --header H.csv, --episodes E.csv and --authority NAME, or --sample DIR to try it first")
    if out.exists() and not force:
        raise ModelError([Problem(str(out), "", "this file is there already; give another --out, or --force")])
    own = own_data(header, episodes, authority, year)
    write_own(out, own)
    print_table(own_table(own))
    say(f"Wrote {out}; try: families new mine --authority '{own.authority.name}' --own {out}")
