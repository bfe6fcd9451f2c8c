"""When there are enough replications: looks at growing numbers of them, and how wide the interval may be.

A run that stops when its interval is narrow stops too early when its replications happen to be alike, so that the
interval of a run so stopped covers the truth less often than 95% says (Chow and Robbins 1965; Glynn and Whitt 1992).
Four things keep the loss small: a floor; few looks, each at a quarter more replications at least; a little more than
is expected to be needed, so that one look more is rare; and, for a relative width, the smaller bound of Law and Kelton.
What is left is measured in tests/theory/test_stopping.py and told in docs/ensembles.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.errors import ModelError

FLOOR, CEILING = 20, 1000
LEAST_FLOOR = 10
"""With fewer replications a variance is hardly known, and the rule stops far too early far too often."""
GROWTH, MOST_GROWTH = 1.25, 2.0
"""A look has at least, and at most, so many times the replications of the one before."""
SAFETY = 1.1
"""More than what the variance so far says is needed."""


@dataclass(frozen=True)
class Precision:
    """How close a mean should be known: within an amount, or within a share of itself."""

    amount: float
    is_relative: bool

    def half_width(self, mean: float) -> float:
        """Give the widest half of an interval that will do.

        A share r of the mean is asked as r / (1 + r) of what is found, so that what is found is within r of the truth
        wherever the interval holds it (Law and Kelton, Simulation Modeling and Analysis, section 9.4.1).
        """
        return self.amount / (1.0 + self.amount) * abs(mean) if self.is_relative else self.amount


@dataclass(frozen=True)
class Limits:
    """The fewest and the most replications."""

    floor: int = FLOOR
    ceiling: int = CEILING

    def __post_init__(self) -> None:
        """Refuse what cannot be run.

        Raises
        ------
        ModelError
            When the floor is too low, or above the ceiling.
        """
        if self.floor < LEAST_FLOOR:
            raise ModelError(
                f"--at-least is {self.floor}; it must be {LEAST_FLOOR} or more: of fewer replications the spread is "
                "hardly known, and a run would stop too early"
            )
        if self.ceiling < self.floor:
            raise ModelError(f"--at-most is {self.ceiling}, below --at-least, which is {self.floor}")


def needed(n: int, half_width: float, wanted: float) -> float:
    """Give how many replications would make an interval narrow enough, by the spread of those that there are.

    Parameters
    ----------
    n
        Replications that there are.
    half_width, wanted
        Half of their interval, and the half that is wanted, in the same unit.

    Returns
    -------
        More than ``n`` where the interval is too wide, infinite where no number would do.
    """
    if wanted > 0:
        return n * (half_width / wanted) ** 2
    return math.inf if half_width > 0 else float(n)


def next_look(n: int, wants: float, limits: Limits) -> int:
    """Give the number of replications at which to look again; that of now when there may be no more."""
    asked = SAFETY * wants if math.isfinite(wants) else math.inf
    return math.ceil(min(max(asked, GROWTH * n), MOST_GROWTH * n, limits.ceiling))
