"""The command ``families``: parses arguments, calls public names, writes files; no arithmetic.

Heavy imports stand inside the commands, so that ``families --help`` is quick.
"""

from __future__ import annotations

import sys
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
    add_installed(app)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a £ sign gets a question mark, not a failure
    app()
