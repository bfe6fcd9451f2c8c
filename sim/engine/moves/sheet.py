"""All that rows carry in a byte each, one sheet a unit: states, memories, counts over children, agencies and traits.

Whoever reads many of them for everybody reads neighbouring memory; the arrays by name that a world gives are its lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.arrays import IntArray, StateArray
from sim.engine.people.population import Rows


@dataclass
class Sheet:
    """What the rows of a unit carry: ``bytes`` (source, row); ``line`` is the number of each (kind, name)."""

    bytes: StateArray
    line: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, rows: Rows, names: list[tuple[str, str]]) -> Sheet:
        """Lay out a sheet for what changes and for the traits of its rows; all but these are 0."""
        line = {name: i for i, name in enumerate([*names, *(("trait", name) for name in rows.traits)])}
        sheet = cls(np.zeros((len(line), rows.n), np.uint8), line)
        for name, classes in rows.traits.items():
            sheet["trait", name][:] = classes
        return sheet

    def __getitem__(self, source: tuple[str, str]) -> StateArray:
        """Give the line of a source, (row,); writing to it writes on the sheet."""
        line: StateArray = self.bytes[self.line[source]]
        return line

    @cached_property
    def room(self) -> tuple[IntArray, IntArray]:
        """Room for a list of rows and of what they do, (row,) each, until somebody else needs it."""
        n = self.bytes.shape[1]
        return np.empty(n, np.int64), np.empty(n, np.uint16)

    @cached_property
    def codes(self) -> IntArray:
        """Room for a code of every row, (row,)."""
        return np.empty(self.bytes.shape[1], np.uint16)
