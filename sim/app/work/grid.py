"""A grid of positions in two levers or in one, all others where they stand; leaves out running and drawing them."""

from __future__ import annotations

from dataclasses import dataclass

LINES = 5
"""Values of each lever."""


@dataclass(frozen=True)
class Point:
    """One point of a grid: settings as ``--set`` takes them, and what prices of cost lines are multiplied by."""

    sets: tuple[str, ...]
    factors: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Grid:
    """Two levers and their values; ``points`` by the second and the first; ``stands`` is where both stand.

    Of one lever alone it is the second, and the first has one value.
    """

    names: tuple[str, str]
    x: tuple[float, ...]
    y: tuple[float, ...]
    points: tuple[Point, ...]
    stands: tuple[float, float]

    def row(self, number: int) -> tuple[Point, ...]:
        """Give the points of one value of the second lever."""
        return self.points[number * len(self.x) : (number + 1) * len(self.x)]
