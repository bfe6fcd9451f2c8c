"""Queues in closed form: who is turned away, who waits and how long, who gives up, and how many places it takes.

Arrivals come at random (Poisson); the time of help is exponential (of any distribution for ``erlang_b``). ``load`` is
arrivals per unit of time x mean time of help: the mean number of places in use if nobody had to wait. ``servers`` are a
team's places: key workers x caseload. Every formula works for thousands of places: sums run as recursions or in
logarithms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp, floor, inf, isfinite, log, sqrt

import numpy as np
from scipy.special import gammainc, gammaln

_NEXT_TO_NEVER = 1e-290
"""A share of time below which a number has too few digits left."""
MOST_PLACES = 10_000_000


def erlang_b(servers: int, load: float) -> float:
    """Give the share of arrivals turned away where nobody can wait (M/G/c/c).

    Parameters
    ----------
    servers
        Places, >= 0.
    load
        Arrival rate x mean time of help, >= 0.

    Returns
    -------
        A share in [0, 1].

    Raises
    ------
    ValueError
        If ``servers`` is no whole number >= 0 or ``load`` is negative or not finite.

    Notes
    -----
    Erlang (1917): B(0) = 1, B(n) = load B(n - 1) / (n + load B(n - 1)), a recursion without cancellation.
    """
    _check(servers, load, 0)
    lost = 1.0
    for n in range(1, servers + 1):
        lost = load * lost / (n + load * lost)
    return lost


def erlang_c(servers: int, load: float) -> float:
    """Give the share of arrivals that must wait where everyone waits as long as it takes (M/M/c).

    Parameters
    ----------
    servers
        Places, >= 1.
    load
        Arrival rate x mean time of help, >= 0 and below ``servers``.

    Returns
    -------
        A share in [0, 1]; ``wait_c`` says how long.

    Raises
    ------
    ValueError
        If ``servers`` or ``load`` is out of range; at a load of ``servers`` or more the queue grows for ever.

    Notes
    -----
    Erlang (1917): C = c B / (c - load (1 - B)), with B of ``erlang_b``.
    """
    _check(servers, load, 1)
    if load >= servers:
        raise ValueError(
            f"load = {load} with servers = {servers}: the queue grows for ever; give more servers than load, or use "
            "erlang_a, where those who wait may give up"
        )
    lost = erlang_b(servers, load)
    return servers * lost / (servers - load * (1.0 - lost))


@dataclass(frozen=True)
class WaitC:
    """The wait of an arrival in M/M/c: 0, or exponential with mean ``mean_delayed`` with probability ``waits``."""

    waits: float
    mean_delayed: float
    mean_queue: float
    empty: float
    """P0: the share of time in which nobody is there, neither helped nor waiting."""

    @property
    def mean(self) -> float:
        """Mean wait of all arrivals, those who need not wait included."""
        return self.waits * self.mean_delayed

    def within(self, time: float) -> float:
        """Give the share of arrivals that wait no longer than a time."""
        _check_time("time", time)
        return 1.0 - self.waits * exp(-time / self.mean_delayed)

    def quantile(self, share: float) -> float:
        """Give the shortest time within which a share (below 1) of the arrivals are let in."""
        _check_share(share)
        return self.mean_delayed * log(self.waits / (1.0 - share)) if self.waits > 1.0 - share else 0.0


def wait_c(servers: int, load: float, service_mean: float = 1.0) -> WaitC:
    """Give the distribution of waits, first come first served, in M/M/c.

    Parameters
    ----------
    servers, load
        As in ``erlang_c``.
    service_mean
        Mean time of help; waits come out in its unit.

    Returns
    -------
        Share that waits, mean of those waits (service mean / (servers - load)), mean number waiting and share of time
        in which nobody is there.

    Raises
    ------
    ValueError
        As ``erlang_c``, or if ``service_mean`` is not above 0.
    """
    _check_positive("service_mean", service_mean)
    waits = erlang_c(servers, load)
    empty = _empty(servers, load, waits * (servers - load) / servers)
    return WaitC(waits, service_mean / (servers - load), waits * load / (servers - load), empty)


@dataclass(frozen=True)
class ErlangA:
    """M/M/c with patience in the long run.

    ``waits`` is the share of arrivals that find no free place and so wait at all, ``leaves`` the share that gives up;
    ``mean_wait`` is the mean time in the queue of all arrivals, however it ended, ``mean_queue`` the mean number
    waiting, ``occupancy`` the mean share of places in use and ``empty`` the share of time in which nobody is
    there (P0).
    """

    waits: float
    leaves: float
    mean_wait: float
    mean_queue: float
    occupancy: float
    patience: float
    x: float
    """servers x patience / service mean"""
    y: float
    """load x patience / service mean"""
    empty: float = 1.0

    def within(self, time: float) -> float:
        """Give the share of arrivals that is let in within a time; the limit for long times is 1 - ``leaves``.

        The wait that somebody of endless patience would have has the density exp(y (1 - exp(-t / patience)) - x t /
        patience), up to a factor (Baccelli and Hebuterne 1981, "On queues with impatient customers"); who is let in
        has more patience than that.
        """
        _check_time("time", time)
        z = self.y * exp(-time / self.patience)
        if z == 0.0 or self.waits == 0.0:
            return 1.0 - self.leaves
        return 1.0 - self.leaves - self.waits * self.x / (self.x + 1.0) * exp(self._log_later(self.x + 1.0, z))

    def still_waiting(self, time: float) -> float:
        """Give the share of all arrivals that is still in the queue after a time: neither let in nor gone."""
        _check_time("time", time)
        z = self.y * exp(-time / self.patience)
        return self.waits * exp(self._log_later(self.x + 1.0, z, self.x)) if z > 0.0 else 0.0

    def quantile(self, share: float) -> float:
        """Give the shortest time within which a share (below 1) of those who are let in at all has been let in."""
        _check_share(share)
        return _shortest(lambda time: self.within(time) >= share * (1.0 - self.leaves), self.patience)

    def quantile_of_all(self, share: float) -> float:
        """Give the shortest time after which a share (below 1) of all arrivals is no longer in the queue."""
        _check_share(share)
        return _shortest(lambda time: self.still_waiting(time) <= 1.0 - share, self.patience)

    def _log_later(self, power: float, z: float, x: float | None = None) -> float:
        """Give the log of (z / y)^power e^(y - z) A(x, z) / A(own x, y); ``x`` is the power unless it is given."""
        series = _log_series(power if x is None else x, z) - _log_series(self.x, self.y)
        return power * log(z / self.y) + self.y - z + series


def erlang_a(servers: int, load: float, patience: float, service_mean: float = 1.0) -> ErlangA:
    """Give the long run of M/M/c in which those who wait give up after an exponential time (Palm 1946; Erlang A).

    Parameters
    ----------
    servers
        Places, >= 1.
    load
        Arrival rate x mean time of help, >= 0; it may exceed ``servers``.
    patience
        Mean time until somebody who waits gives up, above 0 and finite.
    service_mean
        Mean time of help, in the unit of ``patience``.

    Returns
    -------
        Shares, means and the distribution of waits. As patience grows it tends to ``erlang_c`` (below a load of
        ``servers``), as it shrinks to ``erlang_b``.

    Raises
    ------
    ValueError
        If a number is out of range.

    Notes
    -----
    With x, y as in ``ErlangA`` and A = 1 + sum over j of y^j / ((x + 1) ... (x + j)), the states from c on weigh A
    times that of state c; P(wait) = A B / (1 + (A - 1) B), and leavers per unit of time are mean queue / patience.
    """
    _check(servers, load, 1)
    _check_positive("patience", patience)
    _check_positive("service_mean", service_mean)
    if load == 0.0:
        return ErlangA(0.0, 0.0, 0.0, 0.0, 0.0, patience, servers * patience / service_mean, 0.0)
    x, y = servers * patience / service_mean, load * patience / service_mean
    lost, shrunk = erlang_b(servers, load), exp(-_log_series(x, y))
    waits = lost / (shrunk + lost - shrunk * lost)
    leaves = waits * _leaves_when_waiting(x, y, shrunk)
    mean_wait = leaves * patience
    occupancy = load * (1.0 - leaves) / servers
    empty = _empty(servers, load, waits * shrunk)
    return ErlangA(waits, leaves, mean_wait, load / service_mean * mean_wait, occupancy, patience, x, y, empty)


def places_for(
    load: float, share: float, within: float = 0.0, service_mean: float = 1.0, patience: float | None = None
) -> int:
    """Give the smallest number of places with which at least a share of arrivals is let in within a time.

    Parameters
    ----------
    load
        Arrival rate x mean time of help, >= 0.
    share
        The service level, from 0 to below 1.
    within
        The time, >= 0; 0 means without any wait.
    service_mean
        Mean time of help, in the unit of ``within``.
    patience
        Mean time until somebody who waits gives up; None: nobody does.

    Returns
    -------
        A whole number >= 1.

    Raises
    ------
    ValueError
        If a number is out of range, or more than ten million places would be needed.

    Examples
    --------
    >>> places_for(load=20.0, share=0.8, within=0.1)
    24
    """
    _check(1, load, 1)
    _check_time("within", within)
    _check_share(share)

    def enough(places: int) -> bool:
        if patience is not None:
            return erlang_a(places, load, patience, service_mean).within(within) >= share
        return load < places and wait_c(places, load, service_mean).within(within) >= share

    low, high = 0, max(1, floor(load) + 1)
    while not enough(high):
        low, high = high, 2 * high
        if high > MOST_PLACES:
            raise ValueError(f"load = {load} and share = {share} would take more than {MOST_PLACES} places")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _empty(servers: int, load: float, full: float) -> float:
    """Give P0 from the share of time in which ``servers`` are there: states below that weigh load^n / n!.

    A share too small for a number of its own is that of places for everybody, who are Poisson, or of none ever free.
    """
    if full < _NEXT_TO_NEVER:
        return exp(-load) if load < servers else 0.0
    return min(exp(log(full) + float(gammaln(servers + 1.0)) - servers * log(load)), 1.0)


def _shortest(enough: Callable[[float], bool], scale: float) -> float:
    """Give the shortest time for which something holds, to the last digits; it holds from some time on."""
    if enough(0.0):
        return 0.0
    low, high = 0.0, scale
    while not enough(high):
        low, high = high, 2.0 * high
    for _ in range(60):  # halves: to the last digits
        middle = 0.5 * (low + high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _leaves_when_waiting(x: float, y: float, shrunk: float) -> float:
    """Give the share that gives up among those who wait: 1 - x / y (1 - 1 / A), summed up where that would cancel."""
    if y >= x:
        return 1.0 - x / y * (1.0 - shrunk)
    terms = _terms(x, y)
    return float(np.arange(1, len(terms) + 1) @ terms) * shrunk / y


def _log_series(x: float, y: float) -> float:
    """Give log A, A = 1 + sum over j of y^j / ((x + 1) ... (x + j)); x > 0, y >= 0.

    Summed where terms only fall (y < x), else Gamma(x + 1) e^y y^-x P(x, y) with the regularised incomplete gamma
    function P (Abramowitz and Stegun 1964, 6.5.29).
    """
    if y < x:
        return log(1.0 + float(_terms(x, y).sum()))
    return float(gammaln(x + 1.0) + y - x * log(y) + log(gammainc(x, y)))


def _terms(x: float, y: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Give the terms of the series from j = 1 until what is left out is below rounding, for y < x."""
    most = min(40.0 / (1.0 - y / x), 12.0 * sqrt(x) + 60.0)
    j = np.arange(1, ceil(most) + 1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.cumsum(np.log(y) - np.log(x + j))))


def _check(servers: int, load: float, least: int) -> None:
    """Refuse numbers of places and loads that no queue has."""
    if servers < least or servers != floor(servers):
        raise ValueError(f"servers = {servers}; give a whole number >= {least}")
    if not 0.0 <= load < inf:
        raise ValueError(f"load = {load}; give a finite number >= 0")


def _check_positive(name: str, value: float) -> None:
    if not 0.0 < value < inf:
        raise ValueError(f"{name} = {value}; give a finite number above 0")


def _check_share(share: float) -> None:
    if not 0.0 <= share < 1.0:
        raise ValueError(f"share = {share}; give a share from 0 to below 1")


def _check_time(name: str, value: float) -> None:
    if not (isfinite(value) and value >= 0.0):
        raise ValueError(f"{name} = {value}; give a finite time >= 0")
