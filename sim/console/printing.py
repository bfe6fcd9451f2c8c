"""Prints text, and tables, ruled on a terminal and plain where piped; the one place that writes to a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from sim.table import Table


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print text, without what in it would act on a terminal.

    Parameters
    ----------
    text
        What to print.
    err
        On stderr instead of stdout.
    nl
        Whether a new line ends it.
    """
    from sim.exhibits.terminal import visible

    typer.echo(visible(text), err=err, nl=nl)


def console() -> Console:
    """Give the console of tables: as wide as the terminal, or 80 columns where output is piped."""
    from rich.console import Console

    from sim.exhibits.terminal import PAGE

    return Console(width=None if sys.stdout.isatty() else PAGE, highlight=False)


def print_table(table: Table) -> None:
    """Print one table on the console."""
    from sim.exhibits.terminal import print_table as print_on

    print_on(console(), table)


def say_missing_kernels() -> None:
    """Say on stderr when the engine could be faster here."""
    from sim.engine import kernels

    if kernels.MISSING:
        say("note: no numba here, so the engine runs in NumPy: the same results, slower (docs/scaling.md)", err=True)
