"""Figures as people read them; a missing one is a dash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan
from typing import Any

import numpy as np

from sim.arrays import FloatArray
from sim.table import Cell

MISSING = "–"
MINUS = "−"
SCALES = ((1e6, "million"), (1e3, "thousand"), (1.0, ""))


def figure(value: float | None) -> str:
    """Write pounds or counts to the nearest whole, with a real minus sign."""
    if value is None or isnan(value):
        return MISSING
    text = f"{abs(value):,.0f}"
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def plural(unit: str) -> str:
    """Write the plural of a unit."""
    return f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"


def signed(value: float | None) -> str:
    """Write a difference, always with its sign."""
    text = figure(value)
    return f"+{text}" if value is not None and text[0] not in (MINUS, "0") else text


def interval(estimate: Mapping[str, Any]) -> str:
    """Write a mean with its interval where there is one."""
    mean = figure(estimate["mean"])
    return mean if estimate["low"] is None else f"{mean} ({figure(estimate['low'])} to {figure(estimate['high'])})"


def difference(estimate: Mapping[str, Any]) -> str:
    """Write a difference with its interval where there is one."""
    mean = signed(estimate["mean"])
    return mean if estimate["low"] is None else f"{mean} ({signed(estimate['low'])} to {signed(estimate['high'])})"


def share(value: float | None) -> str:
    """Write a share as a percentage to two places."""
    return MISSING if value is None else f"{value:.2%}"


def months(value: float | None) -> str:
    """Write months to one place."""
    return MISSING if value is None else f"{value:.1f}"


def shown(value: Cell, style: str = "text") -> str:
    """Write a cell of a table: text as it is, a number by the style of its column."""
    if isinstance(value, str):
        return value
    return _WRITERS.get(style, figure)(value)


def ratio(value: float | None) -> str:
    """Write a ratio to two places."""
    return MISSING if value is None else f"{value:.2f}".replace("-", MINUS)


def count(value: float | None) -> str:
    """Write a number of families, whole."""
    return figure(value)


def scale_of(values: FloatArray) -> tuple[float, str]:
    """Give the pounds of a unit in which values read well, and its name: £, £ thousand or £ million."""
    largest = float(np.abs(values).max(initial=0.0))
    factor, word = next(((f, w) for f, w in SCALES if largest >= 10 * f), SCALES[-1])
    return factor, f"£ {word}".strip()


_WRITERS: dict[str, Callable[[float | None], str]] = {"share": share, "months": months, "ratio": ratio}
