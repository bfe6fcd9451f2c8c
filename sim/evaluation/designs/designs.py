"""Evaluation designs: whom each holds the families helped against, and with what weights.

Every design looks at families first helped in a month (``trials``) and at a comparison in the same month. They differ
in who the comparison is, how it is weighted, whether those whom help reaches later are stood for by the others, and
whether levels are compared or changes. What a design would have reported is worked out in ``bias``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.propensity import covariates, odds
from sim.evaluation.trial.trial import MONTHS, Trial, entries, first_served, followed, trial_of


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


def propensity(setting: Setting) -> list[EntryGroup]:
    """Hold the served against all not yet met by a key worker, by odds of the score; help ends a comparison's time."""
    ever = setting.panel.ever_helped()
    found = []
    for step in setting.steps:
        is_served = first_served(setting.panel, ever, step)
        asked = np.flatnonzero(is_served | ~ever[step])
        weight, matched = odds(covariates(setting.panel, step)[asked], is_served[asked])
        mine, theirs = is_served[asked], ~is_served[asked]
        rows = len(setting.window)
        group = EntryGroup(
            step, asked[mine], np.tile(matched[mine], (rows, 1)), asked[theirs], np.tile(weight[theirs], (rows, 1)),
            np.tile(weight[theirs], (rows, 1)), int(mine.sum()),
        )  # fmt: skip
        found.append(_dropped_when_helped(setting, group, ever))
    return found


def _dropped_when_helped(setting: Setting, group: EntryGroup, ever: BoolArray) -> EntryGroup:
    """Leave comparison families out from when help reaches them, others standing for nobody."""
    free = np.stack([~ever[group.step + month, group.other] for month in setting.window])
    return replace(group, followed=group.weight * free)


def changes(setting: Setting) -> list[EntryGroup]:
    """Hold the change of the served against that of families on the list who were not taken on in that month."""
    ever = setting.panel.ever_helped()
    found = []
    for step in setting.steps:
        served = np.flatnonzero(first_served(setting.panel, ever, step))
        other = np.flatnonzero(setting.on_list[step] & ~ever[step])
        equal = np.full((len(setting.window), len(other)), len(served) / max(len(other), 1))
        group = EntryGroup(step, served, _ones(setting, served), other, equal, equal, len(served))
        found.append(_dropped_when_helped(setting, group, ever))
    return found


def not_yet_served(setting: Setting) -> list[EntryGroup]:
    """Hold the served against similar families whom no key worker has met (``trials``)."""
    return [_by_stratum(setting, trial) for trial in entries(setting.panel, setting.steps)]


def waiting_list(setting: Setting) -> list[EntryGroup]:
    """Hold the served against similar families on the list in that month who were not taken on."""
    trials = entries(setting.panel, setting.steps)
    return [_by_stratum(setting, _only(trial, setting.on_list[trial.step])) for trial in trials]


def _only(trial: Trial, kept: BoolArray) -> Trial:
    """Keep some of a trial's comparison, and the strata that still have both."""
    served, other = (np.isin(np.arange(len(kept)), group) for group in (trial.served, trial.other))
    return trial_of(trial.step, trial.stratum, served, other & kept)


def _by_stratum(setting: Setting, trial: Trial) -> EntryGroup:
    """Weight the comparison of each stratum to its served, month by month, those who remain standing for who is gone.

    A stratum without anybody left counts in neither group in that month.
    """
    ever = setting.panel.ever_helped()
    weights = followed(setting.panel, trial, ever)
    helped = int(first_served(setting.panel, ever, trial.step).sum())
    at_served, at_other = trial.stratum[trial.served], trial.stratum[trial.other]
    n = trial.n_strata
    served = np.ones((len(setting.window), len(trial.served)))
    alone, censored = (np.zeros((len(setting.window), len(trial.other))) for _ in range(2))
    gone = setting.panel.generation
    for row, month in enumerate(setting.window):
        here = [gone[trial.step + month, g] == gone[trial.step, g] for g in (trial.served, trial.other)]
        wanted = np.bincount(at_served, here[0], n).astype(np.float64)
        for each, weight in ((censored, weights[month - 1][trial.other]), (alone, np.ones(len(trial.other)))):
            total = np.bincount(at_other, weight * here[1], n).astype(np.float64)
            each[row] = weight * np.divide(wanted, total, out=np.zeros(n), where=total > 0)[at_other]
        left = np.bincount(at_other, weights[month - 1][trial.other] * here[1], n) > 0
        served[row] = left[at_served]
        alone[row] *= left[at_other]
    return EntryGroup(trial.step, trial.served, served, trial.other, alone, censored, helped)


BEFORE_AFTER = Design("before_after", "before and after", everyone_served, of_changes=True)
"""Its counterfactual is the served themselves before; ``bias`` treats it apart."""
DESIGNS = (
    BEFORE_AFTER,
    Design("propensity", "propensity score", propensity),
    Design("not_yet_served", "similar families not yet served", not_yet_served),
    Design("waiting_list", "waiting list", waiting_list),
    Design("changes", "difference in differences", changes, of_changes=True),
)


def served_of(groups: Sequence[EntryGroup]) -> int:
    """Count the families helped."""
    return sum(len(group.served) for group in groups)
