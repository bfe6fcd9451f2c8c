"""The second job: a service with a fixed number of places, where requests wait their turn."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

MONTHS, MEAN_HELP = 36, 3.0
REQUESTS, PLACES = 120_000, 9_500


@dataclass(frozen=True)
class Found:
    """How many asked, were let in, and wait at the end."""

    joined: float
    admitted: float
    waiting: float


def fluid_admitted(requests: float, places: float) -> float:
    """Give the number let in when chance evens out: an exact law of large numbers for many places, in continuous time.

    Those in places grow as a(1 - exp(-t/m)), with a = arrivals a month x m, until places are full; from then on as many
    are let in as leave, places / m a month.
    """
    rate = requests / MONTHS
    load = rate * MEAN_HELP
    if load <= places:
        return requests
    full = min(-MEAN_HELP * log(1.0 - places / load), MONTHS)
    assert abs(load * (1.0 - exp(-full / MEAN_HELP)) - places) < 1e-6 * places or full == MONTHS
    return rate * full + places / MEAN_HELP * (MONTHS - full)
