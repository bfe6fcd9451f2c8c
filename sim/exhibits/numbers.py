"""Figures as people read them: the one place that writes numbers in words; a missing one is a dash.

A negative number has a real minus sign, and none where it rounds to nothing.
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

MISSING = "–"
MINUS = "−"
MILLION = 1e6
SCALES = ((MILLION, "million"), (1e3, "thousand"), (1.0, ""))
Writer = Callable[[float], str]


def fixed(value: float | None, places: int = 0, *, sign: bool = False, finer_below: float = 0.0) -> str:
    """Write so many places, one more below ``finer_below``; ``sign`` puts one on what is positive too."""
    if value is None or isnan(value):
        return MISSING
    return _signed(value, f"{abs(value):,.{places + (abs(value) < finer_below)}f}", sign=sign)


def digits(value: float | None, n: int = 3) -> str:
    """Write so many significant figures, whole numbers in full."""
    if value is None or isnan(value):
        return MISSING
    return _signed(value, f"{abs(value):,.0f}" if abs(value) >= 10 ** (n - 1) else f"{abs(value):.{n}g}")


def general(value: float, n: int = 4) -> str:
    """Write so many significant figures, large numbers by powers of ten."""
    return f"{value:.{n}g}".replace("-", MINUS)


def _signed(value: float, text: str, *, sign: bool = False) -> str:
    """Put the sign of a value before its text."""
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{MINUS if value < 0 else '+' if sign else ''}{text}"


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


def millions(pounds: float | None, places: int = 1, *, finer_below: float = 0.0) -> str:
    """Write millions."""
    return fixed(None if pounds is None else pounds / MILLION, places, finer_below=finer_below)


def share(value: float | None, places: int = 2) -> str:
    """Write a share as a percentage."""
    return MISSING if value is None or isnan(value) else _signed(value, f"{abs(value):.{places}%}")


def interval(estimate: Estimate | Mapping[str, Any], write: Writer = figure) -> str:
    """Write a mean with its interval where there is one."""
    mean, low, high = estimate.cells if isinstance(estimate, Estimate) else (estimate[end] for end in ENDS)
    if mean is None:
        return MISSING
    return write(mean) if low is None or high is None else f"{write(mean)} ({write(low)} to {write(high)})"


def short(estimate: Mapping[str, Any], write: Writer | None = None) -> str:
    """Write a mean ± half its interval; the ends themselves where they are not equally far from it.

    Without a way to write them, the mean gets as many places as half the interval needs for two figures.
    """
    mean, low, high = (estimate[end] for end in ENDS)
    if mean is None:
        return MISSING
    if low is None or high is None:
        return (write or general)(mean)
    half = high - mean
    if write is None and half > 0:
        places = max(1 - floor(log10(half)), 0)
        write = partial(fixed, places=places)
    write = write or general
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
