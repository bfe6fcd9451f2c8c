"""Names for the arrays that the project passes around; shapes are said where they are used."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.integer[Any]]
StateArray = NDArray[np.uint8]
MOST_STATES = 256
"""States of a chain, or values of a trait, that a byte can number."""
BoolArray = NDArray[np.bool_]
WordArray = NDArray[np.uint64]
