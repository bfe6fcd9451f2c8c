"""Discount factors for schedules whose rate changes with time, and the deflation of prices; no arrays of results."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.arrays import FloatArray, finite


def factors(schedule: Sequence[tuple[float, float]], years: FloatArray) -> FloatArray:
    """Give the value now of one pound at each time.

    Parameters
    ----------
    schedule
        (from, rate): from ``from`` years after point 0 on, ``rate`` a year holds until the next entry; sorted, the
        first at 0.
    years
        Times in years after point 0, >= 0, any shape.

    Returns
    -------
        Product over the stretches of (1 + rate)^-(years spent in the stretch), shape of ``years``.

    Raises
    ------
    ValueError
        If the schedule is empty, does not start at 0, is not sorted, or has a rate of -1 or less.
    """
    years, starts = finite("years", years), [start for start, _ in schedule]
    finite("discount schedule", schedule)
    if not starts or starts[0] != 0 or starts != sorted(set(starts)):
        raise ValueError(f"a discount schedule must start at year 0 and rise; given the years {starts}")
    result = np.ones_like(years, dtype=np.float64)
    for (start, rate), end in zip(schedule, [*starts[1:], np.inf], strict=True):
        if rate <= -1:
            raise ValueError(f"discount rate {rate} from year {start}; a rate must be above -1")
        result *= (1.0 + rate) ** -np.clip(years - start, 0.0, end - start)
    return result
