"""Prints text, and tables, ruled on a terminal and plain where piped; the one place that writes to a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from sim.model.titles import Titles
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


def say_paragraphs(*texts: str) -> None:
    """Print paragraphs, each after an empty line, their lines broken between words and no longer than a page."""
    from rich.text import Text

    from sim.exhibits.terminal import PAGE, visible

    to = console()
    for text in texts:
        to.print(Text(f"\n{visible(text)}"), width=min(to.width, PAGE))


def say_notes(text: str, *, err: bool = False) -> None:
    """Print lines, those longer than a page broken between words and indented under their first."""
    from textwrap import fill

    from sim.exhibits.terminal import PAGE

    page = min(console().width, PAGE)
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()) + INDENT)
        say(fill(line, page, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False), err=err)


INDENT = 2


def console() -> Console:
    """Give the console of tables: as wide as the terminal, or 80 columns where output is piped."""
    from rich.console import Console

    from sim.exhibits.terminal import PAGE

    return Console(width=None if sys.stdout.isatty() else PAGE, highlight=False)


def print_table(table: Table, titles: Titles | None = None) -> None:
    """Print one table on the console, names of regimes and evidence sets by their titles where these are given."""
    from sim.exhibits.terminal import print_table as print_on
    from sim.exhibits.titles import in_words

    print_on(console(), table if titles is None else in_words(table, titles))


def say_missing_kernels() -> None:
    """Say on stderr when the engine could be faster here."""
    from sim.engine import kernels

    if kernels.MISSING:
        say("note: no numba here, so the engine runs in NumPy: the same results, slower (docs/scaling.md)", err=True)
