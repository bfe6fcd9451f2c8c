"""A bar on stderr that says how much is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
