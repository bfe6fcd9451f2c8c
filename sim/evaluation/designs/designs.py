"""Evaluation designs: whom each holds the families helped against, and with what weights.

Every design looks at families first helped in a month (``trial``) and at a comparison in the same month. They differ
in who the comparison is, how it is weighted (``matching``), what becomes of those whom help reaches later, and whether
levels are compared or changes. What a design would have reported is worked out in ``bias``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.evaluation.trial.matching import EVALUATOR, Matching, followed, matched
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.trial import MONTHS, admissions, first_served


@dataclass(frozen=True)
class EntryGroup:
    """The families of one entry month under one design, with their weights in each month that is looked at.

    Attributes
    ----------
    step
        The month of entry in the panel.
    served, other
        Families helped, and their comparison.
    served_weight
        1, or 0 for who has no match, (month, served).
    weight
        As if help never reached the comparison, (month, other).
    followed
        0 from when help has reached a family; others may stand for it, (month, other).
    helped
        How many were helped, with or without a match.
    """

    step: int
    served: IntArray
    served_weight: FloatArray
    other: IntArray
    weight: FloatArray
    followed: FloatArray
    helped: int


@dataclass(frozen=True)
class Setting:
    """What designs are made from: a panel, who is on the waiting list, entry months, and months that are looked at."""

    panel: Panel
    on_list: BoolArray
    steps: tuple[int, ...]
    months: tuple[int, int]

    def __post_init__(self) -> None:
        """Refuse months beyond those that trials follow.

        Raises
        ------
        ValueError
            When the window is empty or reaches further.
        """
        first, last = self.months
        if not 1 <= first <= last <= MONTHS:
            raise ValueError(f"given months {first} to {last}; they run from 1 to {MONTHS} after entry")

    @property
    def window(self) -> range:
        """The months after entry that are looked at."""
        return range(self.months[0], self.months[1] + 1)


@dataclass(frozen=True)
class Design:
    """A design: its name, what it does in words, whether it compares changes, and how its groups are made."""

    name: str
    title: str
    groups: Callable[[Setting], list[EntryGroup]]
    of_changes: bool = False


def everyone_served(setting: Setting) -> list[EntryGroup]:
    """Give all families first helped in each month, held against all families of that month, equally weighted.

    The comparison is followed whether help reaches it or not: it stands for what happens to everybody.
    """
    ever, n = setting.panel.ever_helped(), setting.panel.programme.shape[1]
    found = []
    for step in setting.steps:
        served = np.flatnonzero(first_served(setting.panel, ever, step))
        equal = np.full((len(setting.window), n), len(served) / n)
        found.append(EntryGroup(step, served, _ones(setting, served), np.arange(n), equal, equal, len(served)))
    return found


def _ones(setting: Setting, served: IntArray) -> FloatArray:
    """Count every family once in each month."""
    return np.ones((len(setting.window), len(served)))


def by_matching(matching: Matching) -> Callable[[Setting], list[EntryGroup]]:
    """Hold the served against the comparison that a matching gives them, weighted month by month as it says."""

    def groups(setting: Setting) -> list[EntryGroup]:
        panel, found = setting.panel, []
        ever = panel.ever_helped()
        admitted = admissions(panel, setting.steps)
        for all_of, trial in zip(admitted, matched(panel, admitted, matching), strict=True):
            alone = np.tile(trial.weight, (len(setting.window), 1))
            weights = followed(panel, trial, ever, matching)
            looked_at = np.stack([weights[month - 1] for month in setting.window])
            helped = len(all_of.served)
            ones = _ones(setting, trial.served)
            found.append(EntryGroup(trial.step, trial.served, ones, trial.other, alone, looked_at, helped))
        return found

    return groups


def changes(setting: Setting) -> list[EntryGroup]:
    """Hold the change of the served against that of families on the list who were not taken on in that month."""
    ever = setting.panel.ever_helped()
    found = []
    for step in setting.steps:
        served = np.flatnonzero(first_served(setting.panel, ever, step))
        other = np.flatnonzero(setting.on_list[step] & ~ever[step])
        equal = np.full((len(setting.window), len(other)), len(served) / max(len(other), 1))
        free = np.stack([~ever[step + month, other] for month in setting.window])
        found.append(EntryGroup(step, served, _ones(setting, served), other, equal, equal * free, len(served)))
    return found


BEFORE_AFTER = Design("before_after", "before and after", everyone_served, of_changes=True)
"""Its counterfactual is the served themselves before; ``bias`` treats it apart."""
DESIGNS = (
    BEFORE_AFTER,
    Design("propensity", "propensity score", by_matching(Matching("everybody", False, reached="dropped"))),
    Design("stood_for", "the same, others standing", by_matching(Matching("everybody", False, reached="stood_for"))),
    Design("waiting_list", "waiting list, year before", by_matching(EVALUATOR)),
    Design("changes", "difference in differences", changes, of_changes=True),
)


def served_of(groups: Sequence[EntryGroup]) -> int:
    """Count the families helped."""
    return sum(len(group.served) for group in groups)
