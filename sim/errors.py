"""What goes wrong, in the words that a user can act on; no formatting of files or columns beyond that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input: where it stands and what would be right.

    ``where`` is ``file:line:column`` (or ``--set`` or the name of a Python object), ``key`` the dotted path,
    ``message`` what was given, what is allowed and how to mend it.
    """

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        """Give the line that is printed."""
        return ": ".join(part for part in (self.where, self.key, self.message) if part)


@dataclass(frozen=True)
class Place:
    """Where an expression was written: ``file:line:column``, its dotted path and its text."""

    where: str
    key: str
    text: str


class ModelError(ValueError):
    """A model or a config that cannot be run; carries every problem found, not just the first."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem("", "", problems)]
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ResultError(ValueError):
    """A results folder that is missing, half written or altered."""


class RunError(RuntimeError):
    """A run that could not be finished; the message says which replication failed and why."""
