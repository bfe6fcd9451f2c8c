"""Amounts that know what they are amounts of; adding pounds of different price years is an error, not a number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.arrays import FloatArray
from sim.intervals import Estimate, over_replications


@dataclass(frozen=True)
class Basis:
    """What an amount is stated in.

    ``price_year`` is the year of its pounds (``cash`` for nominal ones), ``schedule`` the discount schedule (``none``
    undiscounted), ``base_year`` the year to which it is discounted, ``kind`` whose money it counts: ``resource``,
    ``all`` (transfers and taxes too) or one kind of payment.
    """

    price_year: str
    schedule: str
    base_year: str
    ledger: str
    kind: str

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"{self.price_year} prices, discounted to {self.base_year} by {self.schedule}, {self.ledger} ledger, "
            f"{'resources only' if self.kind == 'resource' else self.kind}"
        )


@dataclass(frozen=True)
class Money:
    """Pounds by replication, (replication,), on a basis; sums need the same basis, except that kinds may be joined."""

    amount: FloatArray
    basis: Basis

    def __add__(self, other: Money) -> Money:
        """Add an amount on the same basis.

        Raises
        ------
        ValueError
            If price year, schedule, base year, ledger or kind differ.
        """
        self._check(other)
        return Money(self.amount + other.amount, self.basis)

    def __sub__(self, other: Money) -> Money:
        """Subtract an amount on the same basis; errors as for addition."""
        self._check(other)
        return Money(self.amount - other.amount, self.basis)

    def __neg__(self) -> Money:
        """Turn a cost into a saving."""
        return Money(-self.amount, self.basis)

    def times(self, factor: float) -> Money:
        """Multiply by a plain number."""
        return Money(self.amount * factor, self.basis)

    def joined(self, other: Money, kind: str) -> Money:
        """Add an amount of another kind, such as transfers to resources, and say what the sum is.

        Raises
        ------
        ValueError
            If anything but the kind differs.
        """
        return replace(self, basis=replace(self.basis, kind=kind)) + replace(
            other, basis=replace(other.basis, kind=kind)
        )

    def estimate(self, *, sampled: bool) -> Estimate:
        """Give the mean, with Student's t interval over replications where they are a sample."""
        return over_replications(self.amount) if sampled else Estimate(float(np.mean(self.amount)))

    def _check(self, other: Money) -> None:
        """Refuse amounts on another basis; nothing else can be added to money."""
        if not isinstance(other, Money):
            raise TypeError(f"money can be added to money alone, not to {type(other).__name__}; give it a basis")
        for field in ("price_year", "schedule", "base_year", "ledger", "kind"):
            mine, theirs = getattr(self.basis, field), getattr(other.basis, field)
            if mine != theirs:
                raise ValueError(
                    f"amounts on different terms cannot be added: {field.replace('_', ' ')} {mine} and {theirs}; "
                    "bring them to one first"
                )
