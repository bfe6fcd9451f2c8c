"""Names for the arrays that the project passes around, whose shapes are said where they are used; numbers or none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.integer[Any]]
StateArray = NDArray[np.uint8]
MOST_STATES = 256
"""States of a chain, or values of a trait, that a byte can number."""
BoolArray = NDArray[np.bool_]
WordArray = NDArray[np.uint64]


def finite(what: str, values: ArrayLike) -> FloatArray:
    """Give values as an array of numbers, of their shape.

    Raises
    ------
    ValueError
        If some are NaN or infinite: says what they are of and how many, since comparing and sorting would hide them.
    """
    numbers = np.asarray(values, dtype=np.float64)
    bad = numbers.size - int(np.count_nonzero(np.isfinite(numbers)))
    if bad:
        raise ValueError(f"{what}: {bad:,} of {numbers.size:,} are not finite numbers")
    return numbers
