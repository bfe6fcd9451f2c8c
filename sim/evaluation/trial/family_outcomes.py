"""What evaluations look at, family by family and month by month: an amount and how many it is an amount of.

A level is a ratio of sums: children looked after over children, families in crisis over families, pounds over
family-years.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.trial import OUTCOMES as SEEN
from sim.runs.follow.bills import GROSS

Amounts = tuple[FloatArray, FloatArray]
"""Amount and people of each family in each month, (step, family) each."""


@dataclass(frozen=True)
class FamilyOutcome:
    """One outcome: its name, what a level of it is, and how it is read off a panel at a step.

    ``is_share`` says that levels are shares, which people read in per cent; else they are pounds a family and year.
    """

    name: str
    title: str
    month: Callable[[Panel, int], Amounts]
    is_share: bool = True

    def amounts(self, panel: Panel) -> Amounts:
        """Read a whole panel, (step, family) each."""
        months = [self.month(panel, step) for step in range(panel.n_steps)]
        return np.stack([amount for amount, _ in months]), np.stack([people for _, people in months])


def _seen(name: str, *, of_children: bool) -> Callable[[Panel, int], Amounts]:
    """Take an outcome of the simulated evaluation as it stands in each month, summed to families."""

    def month(panel: Panel, step: int) -> Amounts:
        at_risk, hit = SEEN[name](panel, step, step)
        n = panel.programme.shape[1]
        owner = panel.parent if of_children else np.arange(n)
        counted = [np.bincount(owner[x], minlength=n).astype(np.float64) for x in (hit & at_risk, at_risk)]
        return counted[0], counted[1]

    return month


def _crisis(panel: Panel, step: int) -> Amounts:
    """Say which families are in crisis or worse."""
    return (panel.hub[step] >= 2).astype(np.float64), np.ones(panel.hub.shape[1])


def _cost(panel: Panel, step: int) -> Amounts:
    """Give what each family costs at the rate of a year."""
    return 12.0 * panel.bills[GROSS][step].astype(np.float64), np.ones(panel.hub.shape[1])


OUTCOMES = {
    outcome.name: outcome
    for outcome in (
        FamilyOutcome("in_crisis", "families in crisis", _crisis),
        FamilyOutcome("looked_after", "children looked after", _seen("looked_after", of_children=True)),
        FamilyOutcome("protection_plan", "children on a protection plan", _seen("protection_plan", of_children=True)),
        FamilyOutcome("attending", "children attending school", _seen("attending", of_children=True)),
        FamilyOutcome("well", "adults in good mental health", _seen("well", of_children=False)),
        FamilyOutcome("adult_custody", "families with an adult in custody", _seen("adult_custody", of_children=False)),
        FamilyOutcome("cost", "cost a family and year, services' posts apart", _cost, is_share=False),
    )
}
"""Costs are the narrow ledger without the posts of services, so that help is not held against what it brings about."""
