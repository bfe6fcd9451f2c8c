"""The command ``families new``: a config to begin with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sim.console.printing import say
from sim.errors import ModelError, Problem

EXAMPLES = ("families new mine", "families new ours --from national")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def command(
    name: Annotated[str, typer.Argument(help="Name of the study; writes NAME.yaml here.")],
    base: Annotated[
        str | None, typer.Option("--from", metavar="CONFIG", help="Lie on this config, its levers commented out.")
    ] = None,
) -> None:
    """Write a commented starter config, or one that lies on another with every lever of that in a comment."""
    path = new(name, base=base)
    say(f"Wrote {path}; try: families check {path}")


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

    stem = name.removesuffix(".yaml")
    if not _NAME.fullmatch(stem):
        raise ModelError([Problem("", "", f"given '{name}'; a name has letters, digits, _ and - alone")])
    path = (folder or Path()) / f"{stem}.yaml"
    text = starter(stem) if base is None else overlay(stem, base)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ModelError([Problem(str(path), "", "this file is there already; choose another name")]) from None
    except OSError as error:
        raise ModelError([Problem(str(path), "", f"cannot be written ({error.strerror})")]) from None
    return path
