"""Some neighbouring areas: what a part of a replication is of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import BoolArray, IntArray


@dataclass(frozen=True, order=True)
class AreaSpan:
    """The areas ``first`` .. ``last`` of a model, by number and both among them."""

    first: int
    last: int

    def __str__(self) -> str:
        """Say which areas, counted from 1 as people do."""
        return f"area {self.first + 1}" if self.first == self.last else f"areas {self.first + 1} to {self.last + 1}"

    @property
    def ids(self) -> IntArray:
        """The numbers of the areas, (area of the part,)."""
        return np.arange(self.first, self.last + 1)

    @property
    def slice(self) -> slice:
        """Where the areas stand among all."""
        return slice(self.first, self.last + 1)

    def holds(self, area: IntArray) -> BoolArray:
        """Say of which rows the area is among them, (row,)."""
        return np.asarray((area >= self.first) & (area <= self.last))

    def apart(self, other: AreaSpan) -> bool:
        """Say whether another part has none of the areas."""
        return self.last < other.first or other.last < self.first
