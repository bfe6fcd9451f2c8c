"""The command ``families``: parses arguments, calls public names, writes files; no arithmetic.

Heavy imports stand inside the commands, so that ``families --help`` is quick.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from io import TextIOWrapper

import typer

from sim.cli.collecting import add_found, add_installed

__all__ = ["add_installed", "app", "main"]

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help="Simulate families with many problems under different ways of helping: waits, outcomes and costs.",
)  # fmt: skip
add_found(app)


def main() -> None:
    """Run the command."""
    _open_closed_streams()
    if not sys.warnoptions:  # what a library has to say to programmers is not for a user; tests make it an error
        warnings.simplefilter("ignore")
        logging.getLogger().addHandler(logging.NullHandler())
    add_installed(app)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a £ sign gets a question mark, not a failure
    app()


def _open_closed_streams() -> None:
    """Open what was closed as nowhere, so that a run without stdout ends quietly and no file takes its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the program runs
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
