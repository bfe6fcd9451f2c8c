"""Options against each other: incremental ratios, dominance, and how sure one is which is best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from sim.arrays import FloatArray, finite

Standing = Literal["on the frontier", "dominated", "extendedly dominated", "tied"]


@dataclass(frozen=True)
class Option:
    """One option: its cost and effect, where it stands, and what its effect costs over the next cheaper one on it.

    ``icer`` is pounds for one more unit of effect, None for the cheapest and for options off the frontier.
    """

    name: str
    cost: float
    effect: float
    standing: Standing
    icer: float | None


def icer_table(costs: Sequence[float], effects: Sequence[float], names: Sequence[str] | None = None) -> list[Option]:
    """Find the frontier of cost and effect.

    Parameters
    ----------
    costs, effects
        Of each option; more effect is better.
    names
        Names of the options; 0, 1, 2 ... when not given.

    Returns
    -------
        The options by rising cost. One that costs no less and does no more than another is dominated; one that a
        mixture of two others beats is extendedly dominated; of equal ones, all but the first are tied. Ratios on the
        frontier rise (Johannesson and Weinstein 1993; Drummond et al. 2015, section 4.4).

    Raises
    ------
    ValueError
        If lengths differ, there is no option, or a number is not finite.
    """
    names = [str(i) for i in range(len(costs))] if names is None else list(names)
    if not len(costs) == len(effects) == len(names) or not len(costs):
        raise ValueError(f"{len(costs)} costs, {len(effects)} effects, {len(names)} names; give one of each an option")
    finite("costs", costs)
    finite("effects", effects)
    order = sorted(range(len(costs)), key=lambda i: (costs[i], -effects[i], i))
    standing: dict[int, Standing] = {}
    frontier: list[int] = []
    for i in order:
        if frontier and effects[i] <= effects[frontier[-1]]:
            tied = costs[i] == costs[frontier[-1]] and effects[i] == effects[frontier[-1]]
            standing[i] = "tied" if tied else "dominated"
            continue
        while len(frontier) > 1 and _ratio(costs, effects, frontier[-1], i) < _ratio(costs, effects, *frontier[-2:]):
            standing[frontier.pop()] = "extendedly dominated"
        frontier.append(i)
    icers = {b: _ratio(costs, effects, a, b) for a, b in pairwise(frontier)}
    return [
        Option(names[i], float(costs[i]), float(effects[i]), standing.get(i, "on the frontier"), icers.get(i))
        for i in order
    ]


def _ratio(costs: Sequence[float], effects: Sequence[float], a: int, b: int) -> float:
    """Give pounds for one more unit of effect from option a to option b, which does more."""
    return (costs[b] - costs[a]) / (effects[b] - effects[a])


def net_benefit(costs: FloatArray, effects: FloatArray, pounds_per_effect: float) -> FloatArray:
    """Give net benefit in pounds, (draw, option): effect x what one unit is worth, minus cost."""
    worth = finite("pounds for one unit of effect", pounds_per_effect)
    return np.asarray(worth * finite("effects", effects) - finite("costs", costs))


def acceptability(costs: FloatArray, effects: FloatArray, pounds_per_effect: Sequence[float]) -> FloatArray:
    """Give the probability that each option has the largest net benefit, (worth, option).

    Ties share. Source: van Hout et al. 1994; Fenwick, Claxton and Sculpher 2001.
    """
    rows = []
    for worth in pounds_per_effect:
        benefit = net_benefit(costs, effects, worth)
        best = benefit == benefit.max(axis=1, keepdims=True)
        rows.append((best / best.sum(axis=1, keepdims=True)).mean(axis=0))
    return np.stack(rows)


def probability_above(draws: FloatArray, threshold: float) -> float:
    """Give the share of draws above a threshold: P(NPSV > 0), P(BCR > x)."""
    return float((finite("draws", draws) > finite("threshold", threshold)).mean())
