"""Draws of what is uncertain, each number by a keyed stream of its own.

So a draw of one is the same whatever else is uncertain and however many draws there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray, finite
from sim.engine.fate.draws import key, uniform
from sim.runs.beliefs.distributions import Belief
from sim.runs.beliefs.joint_draws import JointFigures


@dataclass(frozen=True)
class Uncertain:
    """A number that is drawn: its name in tables, and what is believed about it."""

    name: str
    belief: Belief


def drawn(
    uncertain: Sequence[Uncertain], seed: int, draws: Sequence[int], joint: Sequence[JointFigures] = ()
) -> FloatArray:  # fmt: skip
    """Give the values of each draw, (draw, parameter): each parameter on its own, but for those of ``joint``."""
    beliefs = {one.name: one.belief for one in uncertain}
    together = {name for one in joint for name in one.names}
    columns = {
        name: belief.quantile(uniforms(seed, name, draws)) for name, belief in beliefs.items() if name not in together
    }
    for one in joint:
        u = np.stack([uniforms(seed, name, draws) for name in one.streams], axis=1)
        columns |= dict(zip(one.names, one.values(beliefs, u).T, strict=True))
    return np.stack([columns[name] for name in beliefs], axis=1) if beliefs else np.zeros((len(draws), 0))


def uniforms(seed: int, name: str, draws: Sequence[int]) -> FloatArray:
    """Give the keyed probabilities of one parameter, (draw,); never 0 or 1."""
    u = uniform(key(seed, "uncertain", name), np.asarray(draws, dtype=np.int64))
    return np.clip(u, 1e-12, 1.0 - 1e-12)


def chosen_set(weights: Mapping[str, float], seed: int, draw: int) -> str:
    """Give the evidence set of a draw: each with a chance in proportion to its weight.

    Raises
    ------
    ValueError
        If a weight is negative or no finite number, or all are 0.
    """
    finite("weights", list(weights.values()))
    total = sum(weights.values())
    if not weights or total <= 0 or min(weights.values()) < 0:
        raise ValueError(f"weights {dict(weights)}: give each evidence set a weight of 0 or more, not all 0")
    bounds = np.cumsum(list(weights.values())) / total
    at = int(np.searchsorted(bounds, uniforms(seed, "evidence set", [draw])[0], side="right"))
    return list(weights)[min(at, len(weights) - 1)]
