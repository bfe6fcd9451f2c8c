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
from sim.console.printing import say
from sim.interrupts import noted

__all__ = ["add_installed", "app", "main"]

FIRST = """\
Families with many problems over time: what help does, how long families wait
for it, and what it costs whom.

Type first:
  families run demo               a small study in a minute, with a report
  families new mine --from demo   your own study on it, its figures in comments
  families explain kw_caseload    what a figure is, its source, what it moves

families --help lists every command; families COMMAND --help shows examples."""

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, invoke_without_command=True,
    help="Simulate families with many problems under different ways of helping: waits, outcomes and costs.",
)  # fmt: skip
add_found(app)


@app.callback()
def first(context: typer.Context) -> None:
    """Say what to type first where nothing else is asked."""
    if context.invoked_subcommand is None:
        say(FIRST)


def main() -> None:
    """Run the command."""
    _open_closed_streams()
    if not sys.warnoptions:  # what a library has to say to programmers is not for a user; tests make it an error
        warnings.simplefilter("ignore")
        logging.getLogger().addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a £ sign gets a question mark, not a failure
    with noted():
        add_installed(app)
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
