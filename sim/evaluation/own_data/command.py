"""The command ``families import``: a council's own return and census as rounded rates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.printing import print_table, say

NAME = "import"
EXAMPLES = (
    "families import --sample sample",
    "families import --header sample/header.csv --episodes sample/episodes.csv --authority Leicestershire",
    "families import --census sample/census.xml --authority Leicestershire",
    "families import --census sample/census.xml --header sample/header.csv --episodes sample/episodes.csv "
    "--authority Leicestershire",
)


def command(
    header: Annotated[Path | None, typer.Option(metavar="H.csv", help="Header file of the return (SSDA903).")] = None,
    episodes: Annotated[Path | None, typer.Option(metavar="E.csv", help="Episodes file of the return.")] = None,
    census: Annotated[
        Path | None, typer.Option(metavar="C.xml", help="Children in need census, beside the return or alone.")
    ] = None,
    authority: Annotated[
        str | None, typer.Option(metavar="NAME", help="The local authority whose return or census it is.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(min=1992, max=2100, help="Whose 31 March ends it (default: the census's, or newest).")
    ] = None,
    out: Annotated[Path, typer.Option(help="The file of figures that is written.")] = Path("own.csv"),
    sample: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a made-up return and census to try this with.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of figures that is there.")] = False,
) -> None:
    """Make rounded rates of your own return and census of children; nothing leaves this machine, no row is kept."""
    from sim.errors import ModelError, Problem
    from sim.evaluation.england.places import out_of_range
    from sim.evaluation.own_data.kept import own_table, write_own
    from sim.evaluation.own_data.question import SAMPLE, own_data, write_sample

    if sample is not None:
        write_sample(sample)
        say(f"A made-up return and census are in {sample}: {', '.join(SAMPLE)}")
        return
    if authority is None or (header is None) != (episodes is None) or (header is None and census is None):
        said = "give --authority NAME with --header H.csv and --episodes E.csv, --census C.xml, or all three"
        raise ModelError(f"{said}; or --sample DIR to try it first")
    if out.exists() and not force:
        raise ModelError([Problem(str(out), "", "this file is there already; give another --out, or --force")])
    own = own_data(header, episodes, authority, year, census)
    write_own(out, own)
    print_table(own_table(own))
    for said in out_of_range(own).values():
        say(f"note: {said}", err=True)
    say(f"Wrote {out}; try: families new mine --authority '{own.authority.name}' --own {out}")
