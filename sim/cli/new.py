"""The command ``families new``: a config to begin with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sim.console.printing import say
from sim.errors import ModelError, Problem

EXAMPLES = ("families new mine",)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def command(name: Annotated[str, typer.Argument(help="Name of the study; writes NAME.yaml here.")]) -> None:
    """Write a commented starter config."""
    say(f"Wrote {new(name)}; try: families check {name}")


def new(name: str, folder: Path | None = None) -> Path:
    """Write a commented starter config.

    Parameters
    ----------
    name
        Its name; the file is ``NAME.yaml``.
    folder
        Where; default the working folder.

    Returns
    -------
        The file written.

    Raises
    ------
    ModelError
        When the name is no file name, or the file is there already.
    """
    from sim.config.views.starter import starter

    stem = name.removesuffix(".yaml")
    if not _NAME.fullmatch(stem):
        raise ModelError([Problem("", "", f"given '{name}'; a name has letters, digits, _ and - alone")])
    path = (folder or Path()) / f"{stem}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter(stem))
    except FileExistsError:
        raise ModelError([Problem(str(path), "", "this file is there already; choose another name")]) from None
    except OSError as error:
        raise ModelError([Problem(str(path), "", f"cannot be written ({error.strerror})")]) from None
    return path
