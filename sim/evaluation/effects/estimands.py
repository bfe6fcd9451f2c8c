"""Estimands: what evaluations measured, as an evidence set lists them, and how a simulated study answers each.

An estimand is not a dial: a ratio of two shares at months 19 to 24 is no hazard ratio. ``fit_effects`` looks for the
parameter value at which the simulated study finds the estimand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np

from sim.errors import ModelError
from sim.evaluation.trial.evaluation import (
    ENTRY_MONTHS,
    Question,
    before_and_after,
    first_year,
    follow_pair,
    found_by,
    helped_world,
)
from sim.evaluation.trial.matching import YEAR
from sim.evaluation.trial.panel import follow
from sim.evaluation.trial.trial import MONTHS, twin
from sim.model.spec import Scenario
from sim.results.costs import fullest
from sim.runs.fits import fit_digest

COST = "wide cost"
QUANTITIES = {
    "share of children looked after": "looked_after",
    "share of children on a protection plan": "protection_plan",
    "any custody of an adult": "adult_custody",
    "any custody of a juvenile": "youth_custody",
    "share of children attending school": "attending",
    "share of families with good mental health": "well",
    "wide cost a family and year": COST,
}
SECTION = "parameters."


By = Literal["evaluation", "truth"]


@dataclass(frozen=True)
class Estimand:
    """What was measured, on which scale, and the parameter that stands for it with its bounds.

    Attributes
    ----------
    by
        Whether what a simulated evaluation finds is held against the target, or what is true of the families helped.
    base
        The published level without help, where there is one.
    interval
        95% interval of a ratio, where there is one.
    """

    name: str
    outcome: str
    months: tuple[int, int]
    scale: Literal["ratio", "difference"]
    target: float
    parameter: str
    low: float
    high: float
    source: str = ""
    by: By = "evaluation"
    base: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def distance_to_target(self) -> float:
        """The target on the scale on which distances are measured: logarithm of a ratio, difference in pounds."""
        return math.log(self.target) if self.scale == "ratio" else self.target

    def natural(self, value: float) -> float:
        """Turn a value on that scale into a ratio, or leave a difference."""
        return math.exp(value) if self.scale == "ratio" else value


def estimands_of(listed: Mapping[str, Mapping[str, Any]]) -> list[Estimand]:
    """Read the estimands of an evidence set.

    Parameters
    ----------
    listed
        Name to ``quantity``, ``ratio`` or ``difference``, ``months``, ``parameter``, ``low``, ``high``, ``source``, and
        perhaps ``by`` and ``comparison``.

    Returns
    -------
        The estimands in their order.

    Raises
    ------
    ModelError
        When one lacks something or asks for a quantity that no simulated study measures.
    """
    return [_estimand(name, entry) for name, entry in listed.items()]


def _estimand(name: str, entry: Mapping[str, Any]) -> Estimand:
    where = f"estimands.{name}"
    lacking = [key for key in ("quantity", "months", "parameter", "low", "high") if key not in entry]
    if lacking:
        raise ModelError(f"{where}: give {', '.join(lacking)} as well")
    scale: Literal["ratio", "difference"] = "ratio" if "ratio" in entry else "difference"
    if scale not in entry:
        raise ModelError(f"{where}: give the target as 'ratio' or as 'difference'")
    quantity, parameter = str(entry["quantity"]), str(entry["parameter"])
    if quantity not in QUANTITIES:
        raise ModelError(f"{where}.quantity: given '{quantity}'; it may be one of: {'; '.join(QUANTITIES)}")
    if not parameter.startswith(SECTION):
        raise ModelError(f"{where}.parameter: given '{parameter}'; it must be a parameter, such as parameters.effect")
    first, last = (int(month) for month in entry["months"])
    target, low, high = (float(entry[key]) for key in (scale, "low", "high"))
    if not 1 <= first <= last <= MONTHS:
        raise ModelError(f"{where}.months: given {first} to {last}; months run from 1 to {MONTHS} after entry")
    if low >= high or (scale == "ratio" and target <= 0):
        raise ModelError(f"{where}: low must be below high, and a ratio above 0")
    by = str(entry.get("by", "evaluation"))
    if by not in get_args(By):
        raise ModelError(f"{where}.by: given '{by}'; it may be one of: {', '.join(get_args(By))}")
    if by == "truth" and QUANTITIES[quantity] == COST:
        raise ModelError(f"{where}.by: '{COST}' is what a comparison of before and after finds; it cannot be the truth")
    base = float(entry["comparison"]) if "comparison" in entry else None
    low_ratio, high_ratio = (float(end) for end in entry["interval"]) if "interval" in entry else (0.0, 0.0)
    name_of_parameter = parameter.removeprefix(SECTION).removesuffix(".value")
    source = str(entry.get("source", ""))
    return Estimand(
        name, QUANTITIES[quantity], (first, last), scale, target, name_of_parameter, low, high, source,
        cast("By", by), base, (low_ratio, high_ratio) if high_ratio else None,
    )  # fmt: skip


Levels = dict[str, tuple[float, float]]
"""Estimand -> level among the served and in the comparison (for cost: after and before)."""


def measure_once(scenario: Scenario, replication: int, *, world: str, estimands: Sequence[Estimand]) -> Levels:
    """Answer the estimands in one replication by a simulated study in one world, or by what is true in it."""
    helped = next(w for w in scenario.worlds if w.name == world)
    priced = any(estimand.outcome == COST for estimand in estimands)
    asked = {
        by: tuple(dict.fromkeys(e.outcome for e in estimands if e.by == by and e.outcome != COST))
        for by in get_args(By)
    }  # fmt: skip
    if asked["truth"]:
        panel, baseline = follow_pair(scenario, replication, world, YEAR, bills=priced)
    else:  # the world without help need not be looked at
        first, last = helped.start - YEAR, helped.start + ENTRY_MONTHS + MONTHS
        panel = baseline = follow(scenario, replication, (world,), first, last, bills=priced)[world]
    admitted = first_year(panel)
    results = {
        "evaluation": found_by(panel, admitted, asked["evaluation"]) if asked["evaluation"] else {},
        "truth": twin(panel, baseline, admitted, asked["truth"]),
    }
    levels = {}
    for estimand in estimands:
        if estimand.outcome == COST:
            ever = panel.ever_helped()
            chosen = panel.helped & ~np.concatenate([ever[:1], ever[:-1]])
            before, after = before_and_after(
                panel.bills[fullest(panel.bills)], panel.generation, chosen, estimand.months[1]
            )
            levels[estimand.name] = after, before
        else:
            question = Question(estimand.name, estimand.outcome, estimand.months)
            levels[estimand.name] = question.levels(results[estimand.by])
    return levels


def digest(scenario: Scenario, regime: str, effect_set: str, solved: Sequence[str]) -> str:
    """Give the digest of meaning of what a fit depends on: both worlds' models, bare, and how one follows the other.

    Parameters
    ----------
    scenario
        Any scenario with the regime; its baseline counts as well.
    regime, effect_set
        The world in which families are helped.
    solved
        Names of the parameters that the fit sets.

    Returns
    -------
        64 hexadecimal digits; the same wherever the model is the same and the program makes the same of it.
    """
    return fit_digest(scenario, helped_world(scenario, regime, effect_set), solved)
