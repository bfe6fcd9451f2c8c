"""The command ``families``: parses arguments, calls public names, writes files; no arithmetic.

Heavy imports stand inside the commands, so that ``families --help`` is quick.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from io import TextIOWrapper

import typer

from sim.console.application import app, plainly

# isort: off
# Each module adds its commands to the application: their order is that of the help.
from sim.cli import run
from sim.cli import outputs
from sim.cli import configs
from sim.cli import evidence
from sim.cli import decisions
# isort: on

__all__ = ["app", "configs", "decisions", "evidence", "extend", "main", "outputs", "run", "show_examples"]


def extend(to: typer.Typer) -> None:
    """Add the commands that installed packages offer in the entry-point group ``families.commands``, each once.

    A package whose command cannot be loaded is named in a warning; the other commands work.
    """
    there = {command.name for command in to.registered_commands}
    for entry in entry_points(group="families.commands"):
        if entry.name in there:
            continue
        try:
            command = entry.load()
        except Exception as error:  # whatever a package does when it is imported
            typer.echo(f"The command '{entry.name}' ({entry.value}) could not be loaded: {error}", err=True)
            continue
        to.command(entry.name)(plainly(command))


def show_examples(to: typer.Typer) -> None:
    """Put examples under the help of every command that has some."""
    from sim.console.examples import epilog

    for command in to.registered_commands:
        if command.callback is not None:
            command.epilog = epilog(command.name or command.callback.__name__)


def main() -> None:
    """Run the command."""
    extend(app)
    show_examples(app)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a £ sign gets a question mark, not a failure
    app()
