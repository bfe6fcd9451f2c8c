"""Where long work stands: the stage by name, and how much of it is done; ``sim.console.progress`` shows it."""

from __future__ import annotations


class StageListener:
    """Told by long work where it stands; this one keeps it to itself."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage, of so many parts where they are counted."""

    def __call__(self, done: int, wanted: int) -> None:
        """Take in how many parts of the stage are done and wanted; fewer than before begin anew."""

    def say(self, line: str) -> None:
        """Take in a line that a user should read."""


SILENT = StageListener()
