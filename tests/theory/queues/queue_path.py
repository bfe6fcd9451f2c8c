"""The exact course of a queue that starts empty: M/M/c and M/M/c with patience, worked out from birth and death alone.

It shares no code with the engine: the number N in the system is a Markov chain in continuous time, and what one arrival
lives through, given how many it finds, is a pure death of those ahead of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.integrate import simpson
from scipy.linalg import expm


@dataclass(frozen=True)
class Path:
    """A queue with ``places``, arrivals at ``rate``, mean help 1 and mean ``patience`` (None: endless), until ``end``.

    Places open at ``opens``; before that everybody waits.
    """

    places: int
    rate: float
    patience: float | None
    end: float
    opens: float = 0.0
    most: int = 90
    grid: int = 64

    @property
    def theta(self) -> float:
        return 1.0 / self.patience if self.patience else 0.0

    @property
    def times(self) -> np.ndarray:
        return np.arange(round(self.end * self.grid) + 1) / self.grid

    def generator(self, places: int) -> np.ndarray:
        n = np.arange(self.most + 1)
        deaths = np.minimum(n, places) + self.theta * np.maximum(n - places, 0)
        q = np.diag(np.full(self.most, self.rate), 1) + np.diag(deaths[1:], -1)
        return q - np.diag(q.sum(axis=1))

    @cached_property
    def shares(self) -> np.ndarray:
        """P(N = n) at each time, (time, n)."""
        closed, open_ = (expm(self.generator(c) / self.grid) for c in (0, self.places))
        now = np.eye(self.most + 1)[0]
        path = [now]
        for t in self.times[1:]:
            now = now @ (closed if t <= self.opens else open_)
            path.append(now)
        return np.array(path)

    def waiting(self) -> np.ndarray:
        """Mean number waiting at each time."""
        n, at = np.arange(self.most + 1), self.shares
        return np.where(self.times < self.opens, at @ n, at @ np.maximum(n - self.places, 0))

    def busy(self) -> np.ndarray:
        """Mean number of places in use at each time."""
        return np.where(self.times < self.opens, 0.0, self.shares @ np.minimum(np.arange(self.most + 1), self.places))

    def left(self) -> float:
        """Mean number who gave up by the end."""
        return float(self.theta * simpson(self.waiting(), x=self.times))

    def let_in(self, within: float) -> float:
        """Mean number, of those who arrive once places are open and ``within`` before the end, let in within that."""
        chosen = (self.times >= self.opens) & (self.times <= self.end - within + 1e-9)
        found = self.shares[chosen] @ self.chance(within)
        return float(self.rate * simpson(found, x=self.times[chosen]))

    def chance(self, within: float) -> np.ndarray:
        """Chance to be let in within a time by the number found, first come first served, (n,)."""
        ahead = self.most + 1 - self.places
        # State k: k people stand before me; one step down when one of them leaves or a place is handed on. I may leave.
        down = self.places + self.theta * np.arange(ahead)
        q = np.zeros((ahead + 1, ahead + 1))  # the last state: I am in
        for k in range(ahead):
            q[k, k - 1 if k else ahead] = down[k]
            q[k, k] = -down[k] - self.theta
        return np.concatenate([np.ones(self.places), expm(q * within)[:ahead, ahead]])
