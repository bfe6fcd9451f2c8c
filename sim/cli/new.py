"""The command ``families new``: a config to begin with."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from sim.console.printing import print_table, say
from sim.errors import ModelError, Problem

EXAMPLES = ("families new mine", "families new ours --from national", "families new here --authority Leicestershire")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def command(
    name: Annotated[str, typer.Argument(help="Name of the study; writes NAME.yaml here.")],
    base: Annotated[
        str | None, typer.Option("--from", metavar="CONFIG", help="Lie on this config, its levers commented out.")
    ] = None,
    authority: Annotated[
        str | None, typer.Option(metavar="AUTHORITY", help="England today in this local authority, fitted to it.")
    ] = None,
    own: Annotated[
        Path | None, typer.Option(metavar="OWN.csv", help="Rates of its own return or census, from families import.")
    ] = None,
) -> None:
    """Write a commented starter config, one on another with its levers in comments, or one of a local authority."""
    if authority is None:
        if own is not None:
            raise ModelError("--own holds rates of one local authority; name it with --authority")
        path = new(name, base=base)
        say(f"Wrote {path}; try: families check {path}")
        return
    if base is not None:
        raise ModelError("give --from or --authority, not both: a local authority lies on England today")
    from sim.evaluation.england.answer import fit_table
    from sim.evaluation.england.fit import fit
    from sim.evaluation.england.places import place_of
    from sim.evaluation.england.published import authority as find
    from sim.evaluation.england.writing import study_text
    from sim.evaluation.own_data.kept import read_own

    _free(name, None)  # before the work
    one = find(authority)
    found = fit(place_of(one, None if own is None else read_own(own)))
    path = _write(name, None, lambda stem: study_text(stem, one, found))
    say(f"Wrote {path}; try: families check {path}")
    print_table(fit_table(found))


def new(name: str, folder: Path | None = None, base: str | None = None) -> Path:
    """Write a commented starter config, or one that lies on another.

    Parameters
    ----------
    name
        Its name; the file is ``NAME.yaml``.
    folder
        Where; default the working folder.
    base
        The config that it lies on, as for ``load``; without one it stands alone.

    Returns
    -------
        The file written.

    Raises
    ------
    ModelError
        When the name is no file name, the file is there already, or ``base`` cannot be read.
    """
    from sim.config.views.starter import overlay, starter

    return _write(name, folder, lambda stem: starter(stem) if base is None else overlay(stem, base))


def _free(name: str, folder: Path | None) -> Path:
    """Give the file of a name; refused when the name is none, or the file is there already."""
    from sim.config.text.writing import taken

    stem = name.removesuffix(".yaml")
    if not _NAME.fullmatch(stem):
        raise ModelError([Problem("", "", f"given '{name}'; a name has letters, digits, _ and - alone")])
    path = (folder or Path()) / f"{stem}.yaml"
    if os.path.lexists(path):
        raise ModelError([taken(path)])
    return path


def _write(name: str, folder: Path | None, text_of: Callable[[str], str]) -> Path:
    """Write a new file with the text that is made of its stem."""
    from sim.config.text.writing import write_new

    path = _free(name, folder)
    write_new(path, text_of(path.stem))
    return path
