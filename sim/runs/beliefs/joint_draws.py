"""Figures that are drawn together: ranks that move together (a Gaussian copula), and shares that keep their sum.

Each figure keeps its own keyed stream, so that what is drawn alone stays as it was. Nothing here reads a config.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi, sin
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri

from sim.arrays import FloatArray, finite
from sim.runs.beliefs.distributions import Belief, Z, dirichlet

NEGATIVE = 1e-9
"""Eigenvalues of a correlation matrix below minus this are more than rounding."""
Pair = tuple[str, str]


class JointFigures(Protocol):
    """Some figures that are drawn together; a sample from a calibrated posterior can be another one."""

    @property
    def names(self) -> tuple[str, ...]:
        """The figures."""

    @property
    def streams(self) -> tuple[str, ...]:
        """What keyed probabilities it needs, one column each; a figure's own stream bears the figure's name."""

    def values(self, beliefs: Mapping[str, Belief], u: FloatArray) -> FloatArray:
        """Turn probabilities (draw, stream) into values (draw, figure)."""


@dataclass(frozen=True, eq=False)
class Correlated:
    """Figures with rank correlations; ``factor`` is the triangle that makes normal scores correlated, see ``copula``.

    The first figure keeps the draws it has alone; each further one follows those before it as far as its correlation
    says. Every figure on its own is distributed as if it were alone.
    """

    names: tuple[str, ...]
    factor: FloatArray

    @property
    def streams(self) -> tuple[str, ...]:
        """Those of the figures."""
        return self.names

    def values(self, beliefs: Mapping[str, Belief], u: FloatArray) -> FloatArray:
        """Correlate the normal scores of the probabilities and read each figure's quantiles."""
        joined = ndtr(ndtri(finite("probabilities", u)) @ self.factor.T)
        joined[:, 0] = u[:, 0]
        joined = np.clip(joined, 1e-12, 1.0 - 1e-12)
        return np.stack([beliefs[name].quantile(column) for name, column in zip(self.names, joined.T, strict=True)], 1)


@dataclass(frozen=True)
class SharedRow:
    """Shares of a whole: Dirichlet around ``shares``, known as well as from ``size`` cases.

    What the shares leave of 1 is one more part, which nobody draws but all make room for.
    """

    label: str
    names: tuple[str, ...]
    shares: tuple[float, ...]
    size: float

    def __post_init__(self) -> None:
        """Refuse what is no row of shares."""
        finite("shares", self.shares)
        if min(self.shares) < 0 or sum(self.shares) > 1 + 1e-9:
            raise ValueError(f"the shares {', '.join(map(str, self.shares))} must be 0 or more and sum to at most 1")
        if not 1.0 <= self.size < np.inf:
            raise ValueError(f"a sample of {self.size:g} cases; give 1 or more")

    @property
    def rest(self) -> float:
        """What the shares leave of 1; 0 where that is rounding."""
        left = 1.0 - sum(self.shares)
        return left if left > 1e-9 else 0.0

    @property
    def streams(self) -> tuple[str, ...]:
        """Those of the figures, and one for what they leave."""
        return (*self.names, f"{self.label}: rest") if self.rest else self.names

    def values(self, beliefs: Mapping[str, Belief], u: FloatArray) -> FloatArray:
        """Draw the row; with no rest the figures of each draw add up to 1, from left to right, to the last bit."""
        del beliefs
        parts = np.array([*self.shares, self.rest] if self.rest else self.shares)
        return dirichlet(parts, self.size, u)[:, : len(self.names)]


def copula(names: Sequence[str], ranks: Mapping[Pair, float]) -> Correlated:
    """Make a Gaussian copula of rank correlations.

    Spearman's rank correlation r of two normal scores with correlation s is (6 / pi) arcsin(s / 2), so that
    s = 2 sin(pi r / 6) (Pearson 1907; Iman and Conover 1982).

    Parameters
    ----------
    names
        The figures; the order decides which keeps its own draws, nothing else.
    ranks
        Rank correlation of pairs, between -1 and 1; a pair that is not there has none.

    Raises
    ------
    ValueError
        If no figures can be correlated like this (the matrix has a negative eigenvalue): names the pair that is most at
        odds with the others.
    """
    finite("rank correlations", list(ranks.values()))
    at = {name: i for i, name in enumerate(names)}
    matrix = np.eye(len(names))
    for (one, other), rank in ranks.items():
        matrix[at[one], at[other]] = matrix[at[other], at[one]] = 2.0 * sin(pi * rank / 6.0)
    eigenvalues, vectors = np.linalg.eigh(matrix)
    if eigenvalues[0] < -NEGATIVE:
        terms = np.triu(matrix * np.outer(vectors[:, 0], vectors[:, 0]), 1)
        i, j = (int(k) for k in np.unravel_index(np.argmin(terms), terms.shape))
        rank = ranks.get((names[i], names[j]), ranks.get((names[j], names[i]), 0.0))
        raise ValueError(
            f"no figures are correlated like this: a rank correlation of {rank:g} between '{names[i]}' and "
            f"'{names[j]}' is at odds with those of the others (smallest eigenvalue {eigenvalues[0]:.3g}); bring "
            "correlations nearer to 0, or give the pairs left out"
        )
    return Correlated(tuple(names), triangle(matrix))


def triangle(matrix: FloatArray) -> FloatArray:
    """Give the lower triangle L with L L' = matrix, as Cholesky does, also where an eigenvalue is 0."""
    n = len(finite("matrix", matrix))
    lower = np.zeros((n, n))
    for j in range(n):
        left = matrix[j, j] - lower[j, :j] @ lower[j, :j]
        if left > 1e-12:
            lower[j, j] = np.sqrt(left)
            lower[j + 1 :, j] = (matrix[j + 1 :, j] - lower[j + 1 :, :j] @ lower[j, :j]) / lower[j, j]
    return lower


def row_size(beliefs: Sequence[Belief]) -> float:
    """Give the sample that a row of shares is known as well as, from the intervals of its figures.

    The variances of a Dirichlet are p (1 - p) / (size + 1); the size is that at which they add up to those of the
    intervals (width / 3.92, squared).

    Raises
    ------
    ValueError
        If no figure has an interval, or the intervals are wider than any sample's.
    """
    known = [one for one in beliefs if one.high > one.low]
    spread = sum(((one.high - one.low) / (2 * Z)) ** 2 for one in known)
    if not spread:
        raise ValueError("no figure of the row has an interval; give 'sample', the cases that the shares come from")
    size = sum(one.value * (1.0 - one.value) for one in known) / spread - 1.0
    if size < 1.0:
        raise ValueError(f"the intervals are as wide as those of {size:.2g} cases; narrow them, or give 'sample'")
    return size
