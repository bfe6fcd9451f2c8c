"""The command ``families authorities``: what is published of each local authority, and what fits it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.arguments import Quiet
from sim.console.printing import print_table, say

NAME = "authorities"
EXAMPLES = (
    "families authorities",
    "families authorities Leicestershire",
    "families authorities --out authorities",
    "families authorities --fit --out fitted",
)


def command(
    authority: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A local authority; default all.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write authorities.csv and maps of England to this folder.")] = None,
    fit_all: Annotated[
        bool,
        typer.Option("--fit", help="With --out: also fit every authority (five minutes), with residuals and maps."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Show what is published of local authorities; of one also which rates of the model fit it, and how well."""
    from dataclasses import replace

    from sim.console.progress import stages
    from sim.errors import ModelError
    from sim.evaluation.england import published
    from sim.evaluation.england.answer import (
        ahead_table,
        all_authorities,
        authority_table,
        fit_table,
        rates_table,
        worst_of_all,
    )
    from sim.evaluation.england.exhibits import write_authorities
    from sim.evaluation.england.fit import fit
    from sim.evaluation.england.places import place_of

    if out is not None:
        if (out / "authorities.html").exists():
            raise ModelError(f"{out} holds such a page already; give another --out")
        places = [one for one in published.authorities() if fit_all and not one.refusal]
        rates = []
        with stages(quiet=quiet) as at:
            at.stage("Fitting authorities" if places else "Drawing maps", len(places) or None)
            for done, one in enumerate(places):
                at(done, len(places))
                rates.append(fit(place_of(one)))
            write_authorities(out, rates)
        if rates:
            print_table(worst_of_all(rates))
        say(f"Maps and figures are in {out}; open authorities.html there")
        return
    if fit_all:
        raise ModelError("--fit writes rates of every authority; give --out DIR, or the name of one without --fit")
    if authority is None:
        table = all_authorities()
        columns = table.typed[:1] + table.typed[2:7]
        print_table(replace(table, columns=columns, rows=[(row[0], *row[2:7]) for row in table.rows]))
        return
    one = published.authority(authority)
    print_table(authority_table(one))
    if one.refusal:
        say(f"No rates are fitted: {one.refusal}.")
        return
    found = fit(place_of(one))
    for table in (fit_table(found), rates_table(found), ahead_table(found)):
        print_table(table)
