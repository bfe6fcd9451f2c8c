"""What every command shares: the application, common arguments, plain errors with exit codes, tables."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from sim.errors import ModelError, ResultError, RunError

if TYPE_CHECKING:
    from rich.console import Console

    from sim.table import Table


BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130


P = ParamSpec("P")


app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help="Simulate families with many problems under different ways of helping: waits, outcomes and costs.",
)  # fmt: skip


Config = Annotated[str, typer.Argument(help="A config file, or a name in the library such as 'national'.")]


Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the config; may be repeated.")
]


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what goes wrong in a command into plain lines and an exit code.

    2 for bad input, 130 when stopped by Ctrl-C, 1 for anything else. Notes on an exception say where it comes from and
    what is kept.
    """

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ModelError as error:
            raise ended(BAD_INPUT, *map(str, error.problems), *notes_of(error)) from None
        except ResultError as error:
            raise ended(BAD_INPUT, str(error), *notes_of(error)) from None
        except RunError as error:
            raise ended(FAILED, str(error), *notes_of(error)) from None
        except KeyboardInterrupt as stop:
            raise ended(INTERRUPTED, "Stopped. " + " ".join(notes_of(stop) or ["Nothing was written."])) from None
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:  # the reader, such as `head`, has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(FAILED) from None
        except OSError as error:
            raise ended(FAILED, f"Could not read or write: {error}", *notes_of(error)) from None
        except Exception as error:
            if os.environ.get("FAMILIES_DEBUG"):
                raise
            raise ended(
                FAILED, f"Something went wrong in the program: {type(error).__name__}: {error}", *notes_of(error),
                "Please report it with the config; FAMILIES_DEBUG=1 shows where it happened.",
            ) from None  # fmt: skip

    return guarded


def notes_of(error: BaseException) -> list[str]:
    """Give what was added to an exception on its way."""
    return list(getattr(error, "__notes__", []))


def ended(code: int, *lines: str) -> typer.Exit:
    """Print lines to stderr and make the exit."""
    for line in lines:
        typer.echo(line, err=True)
    return typer.Exit(code)


def console() -> Console:
    """Give the console of tables: as wide as the terminal, or wide where output is piped."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def print_table(table: Table) -> None:
    """Print one table on the console."""
    from sim.exhibits.terminal import print_table as print_on

    print_on(console(), table)


@contextmanager
def progress_bar(what: str, total: int | None = None, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how much is done and how long the rest will take; nothing where it is piped.

    Parameters
    ----------
    what
        What is counted.
    total
        How many there will be; None where it is not known, or nothing is counted.
    quiet
        Whether to show nothing.

    Yields
    ------
        What to call with how many are done and wanted; fewer than before begin anew.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("gone,"), TimeRemainingColumn(), TextColumn("left"))  # fmt: skip
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total)

        def tell(done: int, wanted: int) -> None:
            if done < bar.tasks[0].completed:  # another stage has begun
                bar.reset(task, total=wanted)
            bar.update(task, completed=done, total=wanted)

        yield tell
