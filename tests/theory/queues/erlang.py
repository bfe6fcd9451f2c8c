"""Closed forms for queues with Poisson arrivals and exponential times, to hold the simulated queues against.

Written from the birth-and-death equations alone; it shares no code with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass


def erlang_b(places: int, load: float) -> float:
    """Give the share of arrivals lost when nobody waits (M/G/c/c, Erlang 1917).

    Recursion B(0) = 1, B(n) = load B(n - 1) / (n + load B(n - 1)); ``load`` is arrival rate x mean service.
    """
    loss = 1.0
    for n in range(1, places + 1):
        loss = load * loss / (n + load * loss)
    return loss


def erlang_c(places: int, load: float) -> float:
    """Give the share of arrivals that must wait in M/M/c, load < places: c B / (c - load (1 - B))."""
    if load >= places:
        raise ValueError(f"load = {load} must be below places = {places}: otherwise the queue grows for ever")
    loss = erlang_b(places, load)
    return places * loss / (places - load * (1.0 - loss))


def mean_wait_c(places: int, load: float, service_mean: float) -> float:
    """Give the mean wait of all arrivals in M/M/c: P(wait) x service mean / (places - load)."""
    return erlang_c(places, load) * service_mean / (places - load)


def mean_wait_two_classes(places: int, load: float, service_mean: float, urgent: float) -> tuple[float, float]:
    """Give the mean waits of two classes in M/M/c, the urgent share first, no one put out of a place.

    Cobham (1954): with all services alike, W1 = w / (1 - r1) and W2 = w / ((1 - r1)(1 - r)), where
    w = P(wait) x service mean / places, r = load / places and r1 = urgent x r.
    """
    rest = erlang_c(places, load) * service_mean / places
    r, r_urgent = load / places, urgent * load / places
    return rest / (1 - r_urgent), rest / ((1 - r_urgent) * (1 - r))


@dataclass(frozen=True)
class ErlangA:
    """Steady state of M/M/c+M: shares of arrivals that wait and leave, mean queue and wait, busy share."""

    waits: float
    leaves: float
    mean_queue: float
    mean_wait: float
    busy: float


def erlang_a(places: int, arrival_rate: float, service_mean: float, patience_mean: float) -> ErlangA:
    """Give the steady state of M/M/c with exponential patience (Palm 1946; Erlang A).

    Birth rate is ``arrival_rate`` in every state; the death rate in state n is min(n, c) / service mean +
    max(n - c, 0) / patience mean. Arrivals see the time average; leavers are mean queue / patience mean.
    """
    weight, weights = 1.0, [1.0]
    while len(weights) <= places or weight > 1e-18 * sum(weights):
        n = len(weights)
        weight *= arrival_rate / (min(n, places) / service_mean + max(n - places, 0) / patience_mean)
        weights.append(weight)
    total = sum(weights)
    queue = sum((n - places) * w for n, w in enumerate(weights) if n > places) / total
    busy = sum(min(n, places) * w for n, w in enumerate(weights)) / total
    waits = sum(weights[places:]) / total
    leaves = queue / patience_mean / arrival_rate
    return ErlangA(waits, leaves, queue, queue / arrival_rate, busy / places)
