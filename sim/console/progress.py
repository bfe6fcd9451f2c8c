"""Says on stderr where a long command stands: a bar on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

from sim.console.printing import say
from sim.stages import SILENT, StageListener
from sim.units import time_in_words

if TYPE_CHECKING:
    from rich.console import RenderableType

EVERY = 10.0
"""Seconds between lines where nobody watches a terminal."""
LOOK = 0.5
"""Seconds between looks at the clock."""
BAR = 12


class _Reached(NamedTuple):
    """How many parts of how many were done, and when."""

    done: int
    wanted: int
    time: float


class Progress(StageListener):
    """Keeps where a command stands and puts it into words.

    The pace of a stage is measured from the first count that it gives, so that what an earlier run left counts for
    nothing; a count below the last begins anew.
    """

    def __init__(self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._clock = tell, clock
        self._told = clock()
        self.stage("Reading the config")

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage, of so many parts where they are counted."""
        self._name, self._began = name, self._clock()
        self._first: _Reached | None = None
        self._last: _Reached | None = None
        if total is not None:
            self(0, total)

    def __call__(self, done: int, wanted: int) -> None:
        """Take in how many parts of the stage are done and wanted."""
        now = _Reached(done, wanted, self._clock())
        if self._first is None or self._last is None or done < self._last.done:
            self._first = now
        self._last = now

    def say(self, line: str) -> None:
        """Give a line to read at once."""
        self._told = self._clock()
        self._tell(line)

    def tick(self) -> None:
        """Give the line of where the command stands, if none was given for ``EVERY`` seconds."""
        if self._clock() - self._told >= EVERY:
            self.say(self.line())

    @property
    def share(self) -> float | None:
        """The share of the stage that is done; None where it is not counted."""
        return self._last.done / self._last.wanted if self._last is not None and self._last.wanted else None

    def line(self) -> str:
        """Say the stage, how much of it is done, how long it has taken and how long the rest will take."""
        parts = [self._name]
        if self._last is not None:
            parts[0] += f": {self._last.done:,} of {self._last.wanted:,}"
        parts.append(f"{time_in_words(self._clock() - self._began)} gone")
        if (left := self._left()) is not None:
            parts.append(f"about {time_in_words(left)} left")
        return ", ".join(parts)

    def _left(self) -> float | None:
        """Give the seconds that the rest of the stage will take; None before its pace is known."""
        first, last = self._first, self._last
        if first is None or last is None or last.done == first.done:
            return None
        rest = (last.time - first.time) / (last.done - first.done) * (last.wanted - last.done)
        return max(rest - (self._clock() - last.time), 0.0)

    def __rich__(self) -> RenderableType:
        """Give the bar and the line, for a terminal."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        row = Table.grid(padding=(0, 1))
        share = self.share
        bar = ProgressBar(total=1.0, completed=share or 0.0, width=BAR, pulse=share is None)
        row.add_row(bar, Text(self.line()))
        return row


@contextmanager
def stages(*, quiet: bool = False) -> Iterator[StageListener]:
    """Show on stderr where a command stands while it works; nothing if ``quiet``.

    Yields
    ------
        What to tell stages and counts.
    """
    if quiet:
        yield SILENT
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        progress = Progress(lambda line: console.print(line, markup=False, highlight=False))
        with Live(progress, console=console, transient=True, refresh_per_second=4):
            yield progress
    else:
        progress = Progress(lambda line: say(line, err=True))
        with _ticking(progress):
            yield progress


@contextmanager
def _ticking(progress: Progress) -> Iterator[None]:
    """Let progress give its lines from a thread of its own, whatever the command is busy with."""
    ended = Event()

    def look() -> None:
        with suppress(OSError, ValueError):  # nobody reads stderr any more, or it is closed
            while not ended.wait(LOOK):
                progress.tick()

    thread = Thread(target=look, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
