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
    "opposite",
    "plural",
    "pounds",
    "ratio",
    "scale_of",
    "share",
    "short",
    "shown",
    "signed",
    "span",
]

MILLION = 1e6
NEXT_TO_NOTHING = 0.5
"""Pounds below which a sum rounds to none."""
SCALES = ((MILLION, "million"), (1e3, "thousand"), (1.0, ""))
SPANS = ((1.0, "month"), (12 / 365.25, "day"), (0.5 / 365.25, "hour"), (0.5 / 365.25 / 60, "minute"))
"""Units of a wait, in months."""
LEAST_OF_A_UNIT = 0.1
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


def span(value: float | None) -> str:
    """Write months with their unit: as days, hours or minutes where they are few, so that no digits are lost."""
    if value is None or isnan(value):
        return MISSING
    for size, unit in SPANS:
        if abs(value) >= LEAST_OF_A_UNIT * size:
            text = digits(value / size)
            return f"{text} {unit}{'' if text == '1' else 's'}"
    return "less than a minute" if value else "0 months"


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


def short(estimate: Mapping[str, Any], write: Writer | None = None, *, finest: int = 6, sign: bool = False) -> str:
    """Write a mean ± half its interval; the ends themselves where they are not equally far from it.

    Without a way to write them, all are rounded to what half the interval needs for two figures, and no coarser than
    three of the mean; an expected value gets four figures, in whole pounds (``finest`` 0) three. ``sign`` puts one on
    what is positive too.
    """
    mean, low, high = (estimate[end] for end in ENDS)
    if mean is None:
        return MISSING
    if low is None or high is None:
        return write(mean) if write else expected(mean) if finest else _rounded(mean, _third(mean), sign=sign)
    half = high - mean
    if write is None:
        places = min(_places(mean, half), finest)
        write = partial(_rounded, places=places, sign=sign)
    if isclose(half, mean - low, rel_tol=0.01, abs_tol=1e-12):
        return f"{write(mean)} ± {write(half).lstrip('+')}"
    return f"{write(mean)} ({write(low)} to {write(high)})"


def _places(mean: float, half: float) -> int:
    """Give the places that half an interval needs for two figures: below 0, tens and hundreds; the mean keeps three."""
    if half <= 0:
        return _third(mean)
    places = 1 - floor(log10(half))
    return places if places >= 0 else max(places, min(_third(mean), 0))


def _third(value: float) -> int:
    """Give the places of the third figure of a number."""
    return 2 - floor(log10(abs(value))) if value else 0


def _rounded(value: float, places: int, *, sign: bool) -> str:
    """Write so many places; below 0, round to tens and hundreds."""
    return fixed(round(value, places) if places < 0 else value, max(places, 0), sign=sign)


def opposite(estimate: Mapping[str, Any]) -> dict[str, float | None]:
    """Turn what costs more into what is saved, with its interval."""
    mean, low, high = (None if estimate[end] is None else 0.0 - estimate[end] for end in ENDS)
    return {"mean": mean, "low": high, "high": low}


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
    if unit.endswith("child"):
        return f"{unit}ren"
    return f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"
