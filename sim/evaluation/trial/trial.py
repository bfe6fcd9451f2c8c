"""Trials: families first helped in a month, a weighted comparison, and what happens to both month by month.

Who is in a comparison, with what weights and for how long, is in ``matching``. Families who leave drop out. What bias a
comparison has is seen where nothing helps and the truth is known to be 0; and the truth is known besides from the twin,
the same families in the baseline on the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.evaluation.trial.panel import Panel

MONTHS = 24
"""Nothing is known beyond two years after entry."""


@dataclass(frozen=True)
class OutcomeCounts:
    """Outcomes and people of each month after entry, (month,): standardised sums over entry months."""

    served: FloatArray
    served_people: FloatArray
    other: FloatArray
    other_people: FloatArray

    def __add__(self, more: OutcomeCounts) -> OutcomeCounts:
        """Pool with another set of trials."""
        return OutcomeCounts(*(getattr(self, name) + getattr(more, name) for name in self.__dataclass_fields__))

    def levels(self, months: tuple[int, int], *, first_events: bool) -> tuple[float, float]:
        """Give the level among the served and in the comparison over months after entry, both ends included.

        With ``first_events`` it is the risk of a first event within the window (product limit), else a mean share.
        """
        window = slice(months[0] - 1, months[1])
        levels = []
        for events, people in ((self.served, self.served_people), (self.other, self.other_people)):
            hit, there = events[window], people[window]
            if first_events:
                hazard = np.divide(hit, there, out=np.zeros_like(hit), where=there > 0)
                levels.append(float(1.0 - np.prod(1.0 - hazard)))
            else:
                levels.append(float(hit.sum() / there.sum()) if there.sum() else float("nan"))
        return levels[0], levels[1]


Results = dict[str, OutcomeCounts]
"""Counts by outcome."""


@dataclass(frozen=True)
class Trial:
    """The families first served at one step of a panel, and their comparison with its weights.

    Attributes
    ----------
    step
        The step of entry. The state at its end is untouched by help, whose hazards act from the next step on.
    served, other
        Families.
    weight
        Of each of ``other``, (other,).
    """

    step: int
    served: IntArray
    other: IntArray
    weight: FloatArray


def admissions(panel: Panel, steps: Sequence[int], chosen: BoolArray | None = None) -> list[Trial]:
    """Find the families first helped at each step of a panel, held against nobody yet.

    Parameters
    ----------
    panel
        The world in which families are helped.
    steps
        Entry steps, counted from the start of the panel, each >= 1.
    chosen
        Take only these as served, (step, family); who else is helped is in neither group.

    Returns
    -------
        One trial a step.
    """
    ever = panel.ever_helped()
    trials = []
    for step in steps:
        served = first_served(panel, ever, step)
        if chosen is not None:
            served &= chosen[step]
        trials.append(Trial(step, np.flatnonzero(served), np.zeros(0, np.int64), np.zeros(0)))
    return trials


def first_served(panel: Panel, ever: BoolArray, step: int) -> BoolArray:
    """Say which families are first helped in a step, (family,); ``ever`` is ``panel.ever_helped()``."""
    helped = panel.helped[step]
    newcomer = panel.generation[step] != panel.generation[step - 1]
    return np.asarray(helped & (~ever[step - 1] | newcomer))


def out_of_school(panel: Panel, step: int) -> IntArray:
    """Say whether a child of the family misses school, 0 or 1, (family,)."""
    missing = panel.parent[panel.here[step] & (panel.school[step] > 0)]
    return np.minimum(np.bincount(missing, minlength=panel.programme.shape[1]), 1)


Outcome = Callable[[Panel, int, int], tuple[BoolArray, BoolArray]]
"""Given the entry step and a later one: whom it can happen to, and to whom it does; of families or of children."""


def _looked_after(panel: Panel, step: int, later: int) -> tuple[BoolArray, BoolArray]:
    return panel.here[later], panel.care[later] == panel.care_states.index("looked_after")


def _protection_plan(panel: Panel, step: int, later: int) -> tuple[BoolArray, BoolArray]:
    return panel.here[later], panel.care[later] == panel.care_states.index("plan")


def _attending(panel: Panel, step: int, later: int) -> tuple[BoolArray, BoolArray]:
    low, high = panel.school_ages
    pupil = panel.here[later] & (panel.age[later] >= low) & (panel.age[later] < high)
    return pupil, panel.school[later] == 0


def _youth_custody(panel: Panel, step: int, later: int) -> tuple[BoolArray, BoolArray]:
    low, high = panel.youth_ages
    young = panel.here[later] & (panel.age[step] >= low) & (panel.age[later] < high)
    return young, panel.offending[later] == 2


def _adult_custody(panel: Panel, step: int, later: int) -> tuple[BoolArray, BoolArray]:
    return np.ones(panel.custody.shape[1], np.bool_), panel.custody[later]


def _well(panel: Panel, step: int, later: int) -> tuple[BoolArray, BoolArray]:
    return np.ones(panel.well.shape[1], np.bool_), panel.well[later]


OUTCOMES: dict[str, Outcome] = {
    "looked_after": _looked_after, "protection_plan": _protection_plan, "attending": _attending,
    "youth_custody": _youth_custody, "adult_custody": _adult_custody, "well": _well,
}  # fmt: skip
REPEATABLE = frozenset(["looked_after", "protection_plan", "attending", "well"])
"""Outcomes that are looked at month by month; of the others the first event counts."""


Weights = Callable[[Trial], Sequence[FloatArray]]
"""A trial to the weights of its comparison in each month after entry."""


def compare(panel: Panel, trials: Sequence[Trial], outcomes: Sequence[str], weights: Weights | None = None) -> Results:
    """Follow the trials of one world and count outcomes, served against their comparison.

    Parameters
    ----------
    panel
        The world; it must reach ``MONTHS`` steps beyond every trial.
    trials
        From ``matching.matched``.
    outcomes
        Keys of ``OUTCOMES``.
    weights
        Of a trial's comparison in each month after entry, (other,) each; default as at entry, whatever happens.

    Returns
    -------
        For each outcome, sums over the trials for each month after entry.
    """
    total = {outcome: np.zeros((4, MONTHS)) for outcome in outcomes}
    served, weight = np.zeros((2, panel.programme.shape[1]))
    for trial in (trial for trial in trials if len(trial.served)):
        of_month = weights(trial) if weights is not None else [trial.weight] * MONTHS
        served[:] = weight[:] = 0.0
        served[trial.served] = 1.0
        families = served > 0
        families[trial.other] = True
        for outcome in outcomes:
            for month, (people, events) in enumerate(follow_up(panel, trial, outcome, families, trial.step + 1)):
                weight[trial.other] = of_month[month]
                total[outcome][:, month] += [side[part].sum() for side in (served, weight) for part in (events, people)]
    return {outcome: OutcomeCounts(*sums) for outcome, sums in total.items()}


def follow_up(
    panel: Panel, trial: Trial, outcome: str, families: BoolArray, start: int, months: int = MONTHS
) -> list[tuple[IntArray, IntArray]]:
    """Give the people at risk and the outcomes of some families in each month from a step on, each by its family.

    First events count from the step before ``start``: ages and places are those of then. Families who are not those of
    the month of entry count in neither.
    """
    step, n = start - 1, panel.programme.shape[1]
    measure = OUTCOMES[outcome]
    of_children = len(measure(panel, step, step)[0]) != n
    first_only = outcome not in REPEATABLE
    owner = panel.parent if of_children else np.arange(n)
    kept = np.flatnonzero(families[owner])
    owner = owner[kept]
    mine = panel.generation[trial.step, owner]
    child = panel.child_generation[step, kept] if of_children and first_only else None
    free = np.ones(len(kept), np.bool_)
    found = []
    for later in range(start, start + months):
        at_risk, hit = measure(panel, step, later)
        at_risk = at_risk[kept] & (panel.generation[later, owner] == mine) & free
        if child is not None:
            at_risk &= panel.child_generation[later, kept] == child
        hit = hit[kept] & at_risk
        if first_only:
            free &= ~hit
        found.append((owner[at_risk], owner[hit]))
    return found


def twin(panel: Panel, baseline: Panel, trials: Sequence[Trial], outcomes: Sequence[str]) -> Results:
    """Follow the served of the trials in both worlds: the true effect on those who were served.

    Parameters
    ----------
    panel, baseline
        The world in which they were helped, and the same draws without; who comes and goes is the same in both.
    trials, outcomes
        As for ``compare``.

    Returns
    -------
        The served in the first world against themselves in the baseline.
    """
    found = {}
    for outcome in outcomes:
        total = np.zeros((4, MONTHS))
        for trial in trials:
            served = np.zeros(panel.programme.shape[1], np.bool_)
            served[trial.served] = True
            both = (follow_up(p, trial, outcome, served, trial.step + 1) for p in (panel, baseline))
            for month, ((people, events), (people_0, events_0)) in enumerate(zip(*both, strict=True)):
                total[:, month] += [len(part) for part in (events, people, events_0, people_0)]
        found[outcome] = OutcomeCounts(*total)
    return found
