"""Prints tables: ruled on a terminal, plain where output is piped."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from sim.table import Table


def console() -> Console:
    """Give the console of tables: as wide as the terminal, or 80 columns where output is piped."""
    from rich.console import Console

    from sim.exhibits.terminal import PAGE

    return Console(width=None if sys.stdout.isatty() else PAGE, highlight=False)


def print_table(table: Table) -> None:
    """Print one table on the console."""
    from sim.exhibits.terminal import print_table as print_on

    print_on(console(), table)
