"""What would have to be true for help to pay: over draws, limits on inputs in which it does, and where it breaks even.

``sim.exhibits.conditions`` says it in sentences and draws it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.config.views.register import VALUES
from sim.economics.boxes import Box, find_box
from sim.economics.surface import Surface, break_even_surface
from sim.errors import ModelError
from sim.table import all_plain

FEWEST = 80
"""Draws below which nothing is said of single inputs: limits would follow the noise."""
COST = "what help costs a family"
"""What is limited beside the inputs: the price of help in pounds a family helped."""
Pair = tuple[str, str]


@dataclass(frozen=True)
class Conditions:
    """Of one result over draws: the share in which it is above nothing, and where.

    ``box`` is where it pays in 8 of 10 draws and ``loses`` where it does not in as many, None where two inputs say no
    such thing; ``surface`` its mean by two inputs.
    """

    draws: int
    pays: float
    box: Box | None
    loses: Box | None
    surface: Surface | None

    def to_dict(self) -> dict[str, Any]:
        """Write as plain figures for JSON."""
        found: dict[str, Any] = all_plain(asdict(self))
        return found


def varied(table: xr.Dataset) -> dict[str, FloatArray]:
    """Give the inputs of a table of draws that differ between them, by name, (draw,) each."""
    names = [str(name) for name in table["parameter"].values]
    drawn = zip(names, np.asarray(table["inputs"].values, np.float64).T, strict=True)
    return {name: values for name, values in drawn if np.ptp(values) > 0}


def parted(text: str) -> Iterator[Pair]:
    """Give every way of parting a text in two at a comma, since names may hold some."""
    for i in (i for i, sign in enumerate(text) if sign == ","):
        yield text[:i].strip(), text[i + 1 :].strip()


def named_in(path: str, names: Collection[str]) -> str:
    """Find the name of an input by its path, with or without the key of its number; nothing where there is none."""
    return next((one for one in (path, *(f"{path}.{key}" for key in VALUES)) if one in names), "")


def pair_of(text: str, inputs: Mapping[str, FloatArray]) -> Pair:
    """Read two inputs for a surface, of each its path without the range that may follow it.

    Raises
    ------
    ModelError
        If it is not two different inputs that are drawn; names those there are.
    """
    for both in parted(text):
        one, other = (named_in(part.partition("=")[0].strip(), inputs) for part in both)
        if one and other and one != other:
            return one, other
    there = ", ".join(inputs) or "none"
    raise ModelError(f"given --surface '{text}'; write two inputs that are drawn, with a comma between; {there}")


def conditions_of(
    inputs: Mapping[str, FloatArray], result: FloatArray, derived: Mapping[str, FloatArray] | None = None,
    pair: Pair | None = None, ends: Mapping[str, tuple[float, float]] = MappingProxyType({}),
) -> Conditions | None:  # fmt: skip
    """Say where a result is above nothing.

    Parameters
    ----------
    inputs
        Those that differ between draws, (draw,) each.
    result
        What it came to, (draw,).
    derived
        What may be limited beside the inputs, such as what help costs.
    pair
        The inputs of the surface; by default the two that move the result most.
    ends
        Of inputs that are taken over a range: its ends, to which the surface reaches.

    Returns
    -------
        What was found; None where draws are too few, or nothing was drawn.
    """
    if len(result) < FEWEST or not inputs:
        return None
    holds, limited = result > 0, {**inputs, **(derived or {})}
    by_rank = sorted(inputs, key=lambda name: -abs(_rank_correlation(inputs[name], result)))
    chosen = pair or (tuple(by_rank[:2]) if len(by_rank) > 1 else None)
    surface = None
    if chosen is not None:
        names = (chosen[0], chosen[1])
        surface = break_even_surface(names, np.stack([inputs[name] for name in names], axis=1), result, ends)
    return Conditions(len(result), float(holds.mean()), find_box(limited, holds), find_box(limited, ~holds), surface)


def _rank_correlation(one: FloatArray, other: FloatArray) -> float:
    """Give Spearman's correlation, ties in their order; 0 where one does not vary."""
    if not (np.ptp(one) > 0 and np.ptp(other) > 0):
        return 0.0
    ranks = [np.argsort(np.argsort(values, kind="stable")) for values in (one, other)]
    return float(np.asarray(np.corrcoef(ranks))[0, 1])
