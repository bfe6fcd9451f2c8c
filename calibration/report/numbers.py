"""Numbers of any unit as people read them, and names of parameters short enough for an axis."""

from __future__ import annotations

from math import isnan

from sim.exhibits.numbers import MINUS, MISSING, digits, figure, share

SHARES = ("share", "probability")


def in_unit(value: float, unit: str) -> str:
    """Write a number with its unit: pounds whole, shares as percentages, the rest to three figures."""
    if isnan(value):
        return MISSING
    if unit.lower().startswith(("gbp", "£")):
        text = figure(value)
        return f"{MINUS}£{text[1:]}" if text.startswith(MINUS) else f"£{text}"
    return share(value, 1) if unit in SHARES else digits(value)


def short(name: str) -> str:
    """Write the last two parts of a dotted name, one below the other, as words."""
    return "\n".join(part.replace("_", " ") for part in name.split(".")[-2:])
