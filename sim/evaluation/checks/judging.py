"""Holds figures against the ranges that they must respect, pounds in the price year of the range."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Literal

from sim.errors import ModelError
from sim.evaluation.checks.totals import Values
from sim.model.spec import Quantity, Scenario

Status = Literal["pass", "fail", "reported", "not evaluated"]


@dataclass(frozen=True)
class Range:
    """What is allowed for one figure; a bound that is None does not bind.

    ``price_year`` is that of a range in pounds. ``scored_in`` names the one regime in which the figure is held to it
    (``none``: nowhere; empty: everywhere), elsewhere it is reported.
    """

    number: int
    title: str
    unit: str
    low: float | None
    high: float | None
    source: str
    why: str = ""
    price_year: str = ""
    scored_in: str = ""


@dataclass(frozen=True)
class Check:
    """One figure with its range, and whether it keeps to it."""

    number: int
    key: str
    title: str
    value: float | None
    unit: str
    low: float | None
    high: float | None
    status: Status
    why: str
    source: str


@dataclass(frozen=True)
class Published:
    """Published figures that a check compares with, from the config: England's totals, hours a week, an episode."""

    looked_after: Quantity
    care_entries: Quantity
    hours_week: Quantity
    episode: Quantity
    claim: Quantity


def judge(
    ranges: Mapping[str, Range], values: Values, missing: Mapping[str, str], regimes: Container[str] = ()
) -> list[Check]:
    """Compare values with their ranges.

    Parameters
    ----------
    ranges
        Figure to range, in the order in which they are listed.
    values
        Figure to value and a remark.
    missing
        Why a figure that has no value was not looked at.
    regimes
        Those of the study: a figure that is scored in another one is reported.

    Returns
    -------
        A check for each range: ``not evaluated`` where there is no value or it is not a number. What is infinite, such
        as the month of a payback that never comes, is held to the range and has no number.
    """
    checks = []
    for key, r in ranges.items():
        value, remark = values.get(key, (math.nan, missing.get(key, "this run does not have what it needs")))
        status: Status = "pass"
        if math.isnan(value):
            status = "not evaluated"
        elif r.scored_in and r.scored_in not in regimes:
            status = "reported"
            remark = "; ".join(text for text in (remark, _elsewhere(r.scored_in)) if text)
        elif (r.low is not None and value < r.low) or (r.high is not None and value > r.high):
            status = "fail"
        why = "; ".join(text for text in (remark, r.why) if text)
        known = value if math.isfinite(value) else None
        checks.append(Check(r.number, key, r.title, known, r.unit, r.low, r.high, status, why, r.source))
    return checks


def _elsewhere(regime: str) -> str:
    """Say why a figure is not scored."""
    return "not scored" if regime == "none" else f"scored in the regime '{regime}' alone"


def in_prices(ranges: Mapping[str, Range], values: Values, scenario: Scenario) -> Values:
    """Bring values in pounds to the price years of their ranges, by the deflators of the study."""
    return {
        key: (value * factor, "; ".join(text for text in (remark, f"prices of {ranges[key].price_year}") if text))
        if (factor := deflated(scenario, scenario.price_year, ranges[key].price_year)) is not None
        else (value, remark)
        for key, (value, remark) in values.items() if key in ranges
    }  # fmt: skip


def deflated(scenario: Scenario, own: str, wanted: str | None) -> float | None:
    """Give the factor from one price year to another; None where no other is wanted.

    Raises
    ------
    ModelError
        If either year is missing from the table.
    """
    if not own or not wanted or own == wanted:
        return None
    absent = next((year for year in (own, wanted) if year not in scenario.deflators), None)
    if absent is not None:
        there = ", ".join(sorted(scenario.deflators)) or "none"
        raise ModelError(f"a check compares pounds of {absent}, for which there is no deflator; the table has {there}")
    return scenario.deflators[wanted] / scenario.deflators[own]
