"""Finds the commands: a module each here, in the folders of studies and evaluation, and in installed packages.

Such a module has a function ``command``, and ``EXAMPLES`` for the end of its help; the command is named for its file
here and for its folder elsewhere, unless the module gives a ``NAME``. At its top it imports nothing heavy, so that help
is quick, and no other command: what commands share is in ``sim.console``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec

import typer

from sim.console.errors import plainly
from sim.console.printing import say

OWN = ("run", "application", "report", "export", "check", "show", "explain", "new", "schema", "list")
ROOMS = ("sim.studies", "sim.evaluation")
GROUP = "families.commands"
"""Entry points of installed packages: a command's name to its function."""
ORDER = (
    "run", "app", "report", "compare", "export", "check", "show", "explain", "new", "schema", "list", "fit-effects",
    "sanity", "agree", "uncertainty", "switching", "gains", "fees", "funds", "shapley", "optimise", "best-use",
    "calibrate", "evaluate", "bridge", "assure", "reproduce", "authorities", "import",
    "backtest",
)  # fmt: skip
"""Of commands in the help; others come after them."""


def add_found(to: typer.Typer) -> None:
    """Add the commands of this package."""
    for name, module in (*((name, f"sim.cli.{name}") for name in OWN), *_in_folders()):
        found = importlib.import_module(module)
        _add(to, getattr(found, "NAME", name), found.command, found.EXAMPLES)


def _in_folders() -> Iterator[tuple[str, str]]:
    """Give the folders that have a command, with its module."""
    for room in ROOMS:
        for folder in pkgutil.iter_modules(importlib.import_module(room).__path__, f"{room}."):
            if folder.ispkg and find_spec(f"{folder.name}.command") is not None:
                yield folder.name.rpartition(".")[2], f"{folder.name}.command"


def add_installed(to: typer.Typer) -> None:
    """Add the commands that installed packages offer as entry points, each once.

    A package whose command cannot be loaded is named in a warning; the other commands work.
    """
    there = {command.name for command in to.registered_commands}
    for entry in entry_points(group=GROUP):
        if entry.name in there:
            continue
        try:
            function = entry.load()
        except Exception as error:  # whatever a package does when it is imported
            say(f"The command '{entry.name}' ({entry.value}) could not be loaded: {error}", err=True)
            continue
        _add(to, entry.name, function, getattr(importlib.import_module(entry.module), "EXAMPLES", ()))


def _add(to: typer.Typer, name: str, function: Callable[..., None], examples: tuple[str, ...]) -> None:
    """Add a command in its place, examples under its help."""
    epilog = "\n\n".join(("Examples:", *examples)) if examples else None
    to.command(name, epilog=epilog)(plainly(function))
    place = {name: i for i, name in enumerate(ORDER)}
    to.registered_commands.sort(key=lambda command: place.get(command.name or "", len(place)))
