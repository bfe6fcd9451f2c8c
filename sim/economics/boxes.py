"""Boxes in a few inputs in which something holds: where help pays, said by limits on one input or two.

Patient rule induction (PRIM; Friedman and Fisher 1999, Statistics and Computing 9:123) as scenario discovery uses it
(Bryant and Lempert 2010, Technological Forecasting and Social Change 77:34): thin slices are peeled off so that it
holds more often in what is left, until that is often enough; then ends are moved by slices, inwards and outwards, so
that no slice is in the box in which it holds less often than everywhere. Inputs are held to two, so that a box is a
sentence; a limit that chance could have made is not stated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import bdtrc

from sim.arrays import BoolArray, FloatArray, finite

DENSITY = 0.8
"""How often it is to hold in a box."""
PEEL, LEAST = 0.05, 0.05
"""Share of a box that is peeled off or pasted on at a time, and the smallest box, as a share of all draws."""
MOST = 2
SEARCHED = 8
"""Inputs that are looked at: those that differ most between where it holds and where it does not."""
WORTH_ANOTHER = 0.05
"""Coverage that a further input must add to be named."""
BY_CHANCE = 0.05


@dataclass(frozen=True)
class Limit:
    """An input of a box and its ends, None where it is open; ``chance`` is how likely so good a limit is by chance."""

    input: str
    low: float | None
    high: float | None
    chance: float


@dataclass(frozen=True)
class Box:
    """Where something holds: limits on inputs; all of them together.

    ``density`` is the share of the draws in the box in which it holds, ``coverage`` the share of all draws in which it
    holds that lie in the box, ``support`` the share of all draws that do. ``elsewhere`` is the density of boxes that
    are found in one half of the draws, in the other half: what to expect of new draws. NaN where no half finds one.
    """

    limits: tuple[Limit, ...]
    density: float
    coverage: float
    support: float
    elsewhere: float


Edges = dict[str, tuple[float, float]]


def find_box(
    inputs: Mapping[str, FloatArray], holds: BoolArray | Sequence[bool], density: float = DENSITY
) -> Box | None:
    """Find the box in at most two inputs that covers most of where something holds, and in which it holds often.

    Parameters
    ----------
    inputs
        By name, (draw,) each.
    holds
        Whether it holds in each draw, (draw,).
    density
        How often it is to hold in the box.

    Returns
    -------
        The box; one without limits where it holds so often everywhere; None where there is none, or it holds nowhere.

    Raises
    ------
    ValueError
        If an input is no finite number or of another length, or there is no draw.
    """
    known = {name: finite(f"draws of {name}", values) for name, values in inputs.items()}
    truth = np.asarray(holds, np.bool_)
    if not len(truth) or any(values.shape != truth.shape for values in known.values()):
        raise ValueError(f"{len(truth)} draws, and inputs of {sorted({v.size for v in known.values()})}")
    if not truth.any():
        return None
    if truth.mean() >= density:
        return Box((), float(truth.mean()), 1.0, 1.0, float(truth.mean()))
    known = _telling(known, truth)
    edges = _search(known, truth, density)
    if edges is None:
        return None
    inside = _inside(known, edges)
    limits = tuple(_limit(known, truth, edges, name) for name in edges)
    return Box(
        limits, float(truth[inside].mean()), float(truth[inside].sum() / truth.sum()), float(inside.mean()),
        _elsewhere(known, truth, density),
    )  # fmt: skip


def _telling(inputs: Mapping[str, FloatArray], truth: BoolArray) -> dict[str, FloatArray]:
    """Keep the inputs whose ranks differ most between where it holds and where it does not, in their order."""
    apart = {
        name: abs(float(ranks[truth].mean() - ranks[~truth].mean()))
        for name, values in inputs.items()
        if len(np.unique(values)) > 1 and (ranks := np.argsort(np.argsort(values, kind="stable"))).size
    }
    kept = sorted(apart, key=lambda name: -apart[name])[:SEARCHED]
    return {name: inputs[name] for name in inputs if name in kept}


def _search(inputs: Mapping[str, FloatArray], truth: BoolArray, density: float) -> Edges | None:
    """Find the edges of the best box: of more inputs only where they cover enough more."""
    best, covered = None, 0.0
    for n in range(1, MOST + 1):
        found = [_box_in({name: inputs[name] for name in names}, truth, density) for names in combinations(inputs, n)]
        for edges in found:
            if edges is None or len(edges) < n:
                continue
            cover = float(truth[_inside(inputs, edges)].sum() / truth.sum())
            fewer = best is not None and len(best) < n
            if cover > covered + (WORTH_ANOTHER if fewer else 0.0) and all(
                _limit(inputs, truth, edges, name).chance <= BY_CHANCE for name in edges
            ):
                best, covered = edges, cover
    return best


def _box_in(inputs: Mapping[str, FloatArray], truth: BoolArray, density: float) -> Edges | None:
    """Peel, and paste back: the largest box on the way that holds often enough; None where none does."""
    edges = {name: (-np.inf, np.inf) for name in inputs}
    least, chosen = LEAST * len(truth), None
    while True:
        inside = _inside(inputs, edges)
        if truth[inside].mean() >= density:
            chosen = edges
            break
        slices = [
            {**edges, name: ends}
            for name in inputs
            for ends in _peeled(inputs[name][inside], edges[name])
        ]  # fmt: skip
        masks = [(_inside(inputs, one), one) for one in slices]
        left = [(truth[kept].mean(), kept.sum(), one) for kept, one in masks if kept.sum() >= least]
        if not left:
            return None
        edges = max(left, key=lambda each: (each[0], each[1]))[2]
    settled = _pasted(inputs, truth, _trimmed(inputs, truth, chosen), density)
    return {name: ends for name, ends in settled.items() if np.isfinite(ends).any()}


def _peeled(values: FloatArray, ends: tuple[float, float]) -> list[tuple[float, float]]:
    """Give the ends that are left when a slice is taken off below or above; values that are alike go together."""
    found = []
    ordered = np.unique(values)
    if len(ordered) > 1:
        low, high = np.quantile(values, [PEEL, 1.0 - PEEL])
        found.append((float(ordered[min(np.searchsorted(ordered, low, side="right"), len(ordered) - 1)]), ends[1]))
        found.append((ends[0], float(ordered[max(np.searchsorted(ordered, high, side="left") - 1, 0)])))
    return found


def _trimmed(inputs: Mapping[str, FloatArray], truth: BoolArray, edges: Edges) -> Edges:
    """Move ends inwards, a slice at a time, while it holds less often in the slice than everywhere."""
    while True:
        inside = _inside(inputs, edges)
        slices = [{**edges, name: ends} for name in edges if np.isfinite(edges[name]).any()
                  for ends in _peeled(inputs[name][inside], edges[name])]  # fmt: skip
        off = [(truth[gone].mean(), one) for one in slices if (gone := inside & ~_inside(inputs, one)).any()]
        if not off or min(off, key=lambda each: each[0])[0] >= truth.mean() or inside.sum() <= LEAST * len(truth):
            return edges
        edges = min(off, key=lambda each: each[0])[1]


def _pasted(inputs: Mapping[str, FloatArray], truth: BoolArray, edges: Edges, density: float) -> Edges:
    """Move ends outwards by slices while it holds often enough in all, and in the slice not less than everywhere."""
    while True:
        inside = _inside(inputs, edges)
        able = []
        for one in (one for name in edges for one in _wider(inputs, edges, name)):
            kept = _inside(inputs, one)
            new = kept & ~inside
            if new.any() and truth[kept].mean() >= density and truth[new].mean() >= truth.mean():
                able.append((truth[new].mean(), one))
        if not able:
            return edges
        edges = max(able, key=lambda each: each[0])[1]


def _wider(inputs: Mapping[str, FloatArray], edges: Edges, name: str) -> list[Edges]:
    """Give the box with one end of an input moved outwards by a slice, or opened where nothing more lies beyond."""
    others = _inside(inputs, {other: ends for other, ends in edges.items() if other != name})
    values, (low, high) = np.sort(inputs[name][others]), edges[name]
    size = max(round(PEEL * _inside(inputs, edges).sum()), 1)
    below, above = values[values < low], values[values > high]
    found = []
    if np.isfinite(low):
        found.append({**edges, name: (float(below[-size]) if len(below) > size else -np.inf, high)})
    if np.isfinite(high):
        found.append({**edges, name: (low, float(above[size - 1]) if len(above) > size else np.inf)})
    return found


def _inside(inputs: Mapping[str, FloatArray], edges: Edges) -> BoolArray:
    """Mark the draws in a box, (draw,)."""
    inside: BoolArray = np.ones(len(next(iter(inputs.values()))), np.bool_)
    for name, (low, high) in edges.items():
        inside &= (inputs[name] >= low) & (inputs[name] <= high)
    return inside


def _limit(inputs: Mapping[str, FloatArray], truth: BoolArray, edges: Edges, name: str) -> Limit:
    """Give an input of a box, and the chance that as good a limit on it comes of chance (a binomial tail)."""
    without = _inside(inputs, {other: ends for other, ends in edges.items() if other != name})
    inside = _inside(inputs, edges)
    n, hits, share = int(inside.sum()), int(truth[inside].sum()), float(truth[without].mean())
    chance = float(bdtrc(hits - 1, n, share)) if hits and share < 1 else 1.0
    low, high = edges[name]
    return Limit(name, low if np.isfinite(low) else None, high if np.isfinite(high) else None, chance)


def _elsewhere(inputs: Mapping[str, FloatArray], truth: BoolArray, density: float) -> float:
    """Find boxes in each half of the draws and give how often it holds in them in the other half."""
    number = np.arange(len(truth))
    hits, n = 0, 0
    for half in (number % 2 == 0, number % 2 == 1):
        mine = {name: values[half] for name, values in inputs.items()}
        edges = _search(mine, truth[half], density) if truth[half].any() else None
        if edges is not None:
            there = _inside(inputs, edges) & ~half
            hits, n = hits + int(truth[there].sum()), n + int(there.sum())
    return hits / n if n else float("nan")
