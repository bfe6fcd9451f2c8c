"""What an assurance pack is made of: parts with tables, and what each part lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.table import Table


@dataclass(frozen=True)
class Lack:
    """Something that a pack should have and has not: under which key it may be left out, what it is, what brings it."""

    key: str
    text: str
    brings: str


@dataclass(frozen=True)
class PackPart:
    """A part of the pack: what it says before its tables, the tables, and what it lacks.

    ``sheets`` are its tables in the workbook, where these have more columns than a page has room for.
    """

    name: str
    title: str
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    lacks: tuple[Lack, ...] = ()
    sheets: tuple[Table, ...] | None = None

    @property
    def in_workbook(self) -> tuple[Table, ...]:
        """The tables of the workbook."""
        return self.tables if self.sheets is None else self.sheets


@dataclass(frozen=True)
class Pack:
    """An assurance pack: of which study, the answer in words, the decision that it is for, its parts.

    ``without`` says why a part is left out on purpose, by the key of what is lacking.
    """

    title: str
    answer: tuple[str, ...]
    decision: str
    parts: tuple[PackPart, ...]
    without: Mapping[str, str] = field(default_factory=dict)

    @property
    def lacking(self) -> tuple[tuple[PackPart, Lack], ...]:
        """What is lacking and nobody has said why it may be."""
        return tuple(one for one in self.left_out if one[1].key not in self.without)

    @property
    def left_out(self) -> tuple[tuple[PackPart, Lack], ...]:
        """All that is lacking."""
        return tuple((part, lack) for part in self.parts for lack in part.lacks)

