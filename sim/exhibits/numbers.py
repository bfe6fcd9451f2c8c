"""Figures as people read them: the one place that writes numbers in words; a missing one is a dash.

A negative number has a real minus sign, and none where it rounds to nothing; none is written by powers of ten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import floor, isclose, isnan, log10
from typing import Any

import numpy as np

from sim.arrays import FloatArray
from sim.intervals import ENDS, Estimate
from sim.table import Cell
from sim.units import MINUS, MISSING, digits, signed_text

__all__ = [
    "MILLION",
    "MINUS",
    "MISSING",
    "NEXT_TO_NOTHING",
    "SCALES",
    "Writer",
    "count",
    "difference",
    "digits",
    "expected",
    "figure",
    "fixed",
    "interval",
    "millions",
    "months",
    "plural",
    "pounds",
    "ratio",
    "scale_of",
    "share",
    "short",
    "shown",
    "signed",
]

MILLION = 1e6
NEXT_TO_NOTHING = 0.5
"""Pounds below which a sum rounds to none."""
SCALES = ((MILLION, "million"), (1e3, "thousand"), (1.0, ""))
Writer = Callable[[float], str]


def fixed(value: float | None, places: int = 0, *, sign: bool = False, finer_below: float = 0.0) -> str:
    """Write so many places, one more below ``finer_below``; ``sign`` puts one on what is positive too."""
    if value is None or isnan(value):
        return MISSING
    return signed_text(value, f"{abs(value):,.{places + (abs(value) < finer_below)}f}", sign=sign)


def pounds(value: float | None) -> str:
    """Write pounds to three figures, by the million from there on; what is next to nothing says so."""
    if value is None or isnan(value):
        return MISSING
    if 0 < abs(value) < NEXT_TO_NOTHING:
        return "less than £1" if value > 0 else "less than £1 below nothing"
    size = abs(value)
    text = f"£{digits(size / MILLION)} million" if round(size) >= MILLION else f"£{digits(size)}"
    return f"{MINUS if value < 0 else ''}{text}"


figure = partial(fixed, places=0)
"""Write pounds or counts to the nearest whole."""
count = figure
"""Write a number of families, whole."""
signed = partial(fixed, places=0, sign=True)
"""Write a difference, always with its sign."""
ratio = partial(fixed, places=2)


def months(value: float | None) -> str:
    """Write months to one place, and less than a tenth of one to two significant figures."""
    return digits(value, 2) if value is not None and 0.0 < abs(value) < 0.1 else fixed(value, places=1)


expected = partial(digits, n=4)
"""Write an expected value, which has no interval."""


def millions(pounds: float | None, places: int = 1, *, finer_below: float = 0.0) -> str:
    """Write millions."""
    return fixed(None if pounds is None else pounds / MILLION, places, finer_below=finer_below)


def share(value: float | None, places: int = 2) -> str:
    """Write a share as a percentage."""
    return MISSING if value is None or isnan(value) else signed_text(value, f"{abs(value):.{places}%}")


def interval(estimate: Estimate | Mapping[str, Any], write: Writer = figure) -> str:
    """Write a mean with its interval where there is one."""
    mean, low, high = estimate.cells if isinstance(estimate, Estimate) else (estimate[end] for end in ENDS)
    if mean is None:
        return MISSING
    return write(mean) if low is None or high is None else f"{write(mean)} ({write(low)} to {write(high)})"


def short(estimate: Mapping[str, Any], write: Writer | None = None) -> str:
    """Write a mean ± half its interval; the ends themselves where they are not equally far from it.

    Without a way to write them, the mean gets as many places as half the interval needs for two figures, and without an
    interval four figures.
    """
    mean, low, high = (estimate[end] for end in ENDS)
    if mean is None:
        return MISSING
    if low is None or high is None:
        return (write or expected)(mean)
    half = high - mean
    if write is None and half > 0:
        places = max(1 - floor(log10(half)), 0)
        write = partial(fixed, places=places)
    write = write or digits
    if isclose(half, mean - low, rel_tol=0.01, abs_tol=1e-12):
        return f"{write(mean)} ± {write(half).lstrip('+')}"
    return f"{write(mean)} ({write(low)} to {write(high)})"


def difference(estimate: Estimate | Mapping[str, Any]) -> str:
    """Write a difference with its interval where there is one."""
    return interval(estimate, signed)


def shown(value: Cell, style: str = "text") -> str:
    """Write a cell of a table: text as it is, a number by the style of its column."""
    if isinstance(value, str):
        return value
    return MISSING if value is None else _BY_STYLE.get(style, figure)(value)


_BY_STYLE: dict[str, Writer] = {"share": share, "months": months, "ratio": ratio}


def scale_of(values: FloatArray) -> tuple[float, str]:
    """Give the pounds of a unit in which values read well, and its name: £, £ thousand or £ million."""
    largest = float(np.abs(values).max(initial=0.0))
    factor, word = next(((f, w) for f, w in SCALES if largest >= 10 * f), SCALES[-1])
    return factor, f"£ {word}".strip()


def plural(unit: str) -> str:
    """Write the plural of a unit."""
    return f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"
