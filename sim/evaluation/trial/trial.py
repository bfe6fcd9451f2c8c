"""A simulated evaluation: families served against similar families not yet served, as a study of registers has it.

Families first helped in a month are compared with families in the same month and stratum whom no key worker has met
yet: same state of the hub, needs, months in crisis (banded), children, worst state of any child's care, adults' mental
health and absence from school. Frailty cannot be observed, so it is not matched. Both are followed month by month. A
family that leaves drops out, and so does a comparison family when help reaches it. Help reaches those in crisis first,
so those who remain stand for those who were taken: each month, within cells of what registers show that month
(inverse probability of censoring, Robins and Finkelstein 2000). Where a cell is served whole, nobody can stand for it.
Then the comparison of each stratum is weighted to the served of that month; strata without both count in neither.

What bias remains is seen where nothing helps and the truth is known to be 0; and the truth is known besides from the
twin, the same families in the baseline on the same draws.
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
    """The families first served at one step of a panel, their comparison, and the stratum of each."""

    step: int
    served: IntArray
    other: IntArray
    stratum: IntArray
    """Stratum of every family, -1 outside the trial, (family,)."""
    n_strata: int = 0


def entries(panel: Panel, steps: Sequence[int], chosen: BoolArray | None = None) -> list[Trial]:
    """Set up a trial for each step of a panel.

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
        One trial a step, strata numbered within it.
    """
    ever = panel.ever_helped()
    trials = []
    for step in steps:
        # The state at the end of the step of admission is untouched by help: its hazards act from the next step on.
        code = strata_codes(panel, step, *children(panel, step), out_of_school(panel, step))
        served = first_served(panel, ever, step)
        if chosen is not None:
            served &= chosen[step]
        trials.append(trial_of(step, code, served, ~ever[step]))
    return trials


def trial_of(step: int, code: IntArray, served: BoolArray, other: BoolArray) -> Trial:
    """Set up a trial of those in strata that have both served and others; strata, any numbers, are numbered anew."""
    both = np.intersect1d(code[served], code[other])
    number = np.searchsorted(both, code).clip(max=max(len(both) - 1, 0))
    inside = (both[number] == code) if len(both) else np.zeros(len(code), np.bool_)
    stratum = np.where(inside & (served | other), number, -1)
    return Trial(step, np.flatnonzero(served & inside), np.flatnonzero(other & inside), stratum, len(both))


def first_served(panel: Panel, ever: BoolArray, step: int) -> BoolArray:
    """Say which families are first helped in a step, (family,); ``ever`` is ``panel.ever_helped()``."""
    helped = panel.helped[step]
    newcomer = panel.generation[step] != panel.generation[step - 1]
    return np.asarray(helped & (~ever[step - 1] | newcomer))


def out_of_school(panel: Panel, step: int) -> IntArray:
    """Say whether a child of the family misses school, 0 or 1, (family,)."""
    missing = panel.parent[panel.here[step] & (panel.school[step] > 0)]
    return np.minimum(np.bincount(missing, minlength=panel.programme.shape[1]), 1)


def strata_codes(
    panel: Panel, step: int, n_children: IntArray, worst_care: IntArray, missing_school: IntArray
) -> IntArray:
    """Give what families are matched on as one number, (family,)."""
    history = np.digitize(panel.history[step], [3, 6, 9])
    needs = np.clip(panel.needs[step].astype(np.int64) - 1, 0, 3)
    children = np.clip(n_children, 0, 3)
    code = panel.hub[step].astype(np.int64)
    well = panel.well[step].astype(np.int64)
    first = [(history, 4), (needs, 4), (children, 4), (worst_care, len(panel.care_states))]
    for part, size in [*first, (well, 2), (missing_school, 2)]:
        code = code * size + part
    return np.asarray(code)


def children(panel: Panel, step: int) -> tuple[IntArray, IntArray]:
    """Count each family's children who are there and find the worst state of their care, (family,) each."""
    here, n = panel.here[step], panel.programme.shape[1]
    worst = np.zeros(n, np.int64)
    for state in range(1, len(panel.care_states)):
        worst[panel.parent[here & (panel.care[step] == state)]] = state
    return np.bincount(panel.parent[here], minlength=n), worst


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


def compare(panel: Panel, trials: Sequence[Trial], outcomes: Sequence[str], *, weighted: bool = True) -> Results:
    """Follow the trials of one world and count outcomes, served against not yet served.

    Parameters
    ----------
    panel
        The world; it must reach ``MONTHS`` steps beyond every trial.
    trials
        From ``entries``.
    outcomes
        Keys of ``OUTCOMES``.
    weighted
        Let those who remain stand for those whom help has reached; False merely drops the latter.

    Returns
    -------
        For each outcome, sums over the trials for each month after entry.
    """
    ever = panel.ever_helped()
    total = {outcome: np.zeros((4, MONTHS)) for outcome in outcomes}
    for trial in (trial for trial in trials if trial.n_strata):
        weights = followed(panel, trial, ever, weighted=weighted)
        for outcome in outcomes:
            for month, (people, events) in enumerate(
                follow_up(panel, trial, outcome, trial.stratum >= 0, trial.step + 1)
            ):
                sums = _standardised(trial, people * weights[month], events * weights[month])
                total[outcome][:, month] += sums
    return {outcome: OutcomeCounts(*sums) for outcome, sums in total.items()}


def followed(panel: Panel, trial: Trial, ever: BoolArray, *, weighted: bool = True) -> list[FloatArray]:
    """Give each family's weight in each month after entry, (family,): 1 for the served, 0 for who is censored.

    Parameters
    ----------
    panel, trial
        The world and one entry month.
    ever
        Whom help has reached, ``panel.ever_helped()``.
    weighted
        As for ``compare``.
    """
    weight = np.zeros(len(trial.stratum))
    weight[trial.served] = weight[trial.other] = 1.0
    found = []
    for later in range(trial.step + 1, trial.step + 1 + MONTHS):
        others = trial.other[weight[trial.other] > 0]
        gone = ever[later, others]
        if weighted:
            cell = panel.hub[later, others].astype(np.int64) * 16 + panel.history[later, others]
            cell = (cell * 8 + panel.needs[later, others]) * 2 + out_of_school(panel, later)[others]
            together = np.bincount(cell, weight[others]).astype(np.float64)
            remaining = np.bincount(cell, weight[others] * ~gone, len(together)).astype(np.float64)
            growth = np.divide(together, remaining, out=np.ones_like(together), where=remaining > 0)
            weight[others] *= growth[cell]
        weight[others[gone]] = 0.0
        found.append(weight.copy())
    return found


def follow_up(
    panel: Panel, trial: Trial, outcome: str, families: BoolArray, start: int, months: int = MONTHS
) -> list[tuple[FloatArray, FloatArray]]:
    """Give the people at risk and the outcomes of some families in each month from a step on, (family,) each.

    First events count from the step before ``start``: ages and places are those of then. Families who are not those of
    the month of entry count in neither.
    """
    step, n = start - 1, panel.programme.shape[1]
    measure = OUTCOMES[outcome]
    of_children = len(measure(panel, step, step)[0]) != n
    owner = panel.parent if of_children else np.arange(n)
    kept = np.flatnonzero(families[owner])
    owner = owner[kept]
    free = np.ones(len(kept), np.bool_)
    found = []
    for later in range(start, start + months):
        at_risk, hit = measure(panel, step, later)
        same = panel.generation[later, owner] == panel.generation[trial.step, owner]
        if of_children and outcome not in REPEATABLE:
            same &= panel.child_generation[later, kept] == panel.child_generation[step, kept]
        at_risk = at_risk[kept] & same & free
        hit = hit[kept] & at_risk
        if outcome not in REPEATABLE:
            free &= ~hit
        found.append((np.bincount(owner[at_risk], minlength=n), np.bincount(owner[hit], minlength=n)))
    return [(people.astype(np.float64), events.astype(np.float64)) for people, events in found]


def _standardised(trial: Trial, people: FloatArray, events: FloatArray) -> tuple[float, float, float, float]:
    """Weight the comparison of each stratum to the served of that month; strata without both count in neither."""
    sums: list[FloatArray] = []
    for group in (trial.served, trial.other):
        at = trial.stratum[group]
        sums += [np.bincount(at, part[group], trial.n_strata).astype(np.float64) for part in (events, people)]
    y_served, n_served, y_other, n_other = sums
    both = (n_served > 0) & (n_other > 0)
    weight = np.divide(n_served, n_other, out=np.zeros_like(n_served), where=both)
    served = float(y_served[both].sum()), float(n_served[both].sum())
    return *served, float((weight * y_other).sum()), float((weight * n_other).sum())


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
            both = (follow_up(p, trial, outcome, trial.stratum >= 0, trial.step + 1) for p in (panel, baseline))
            for month, ((people, events), (people_0, events_0)) in enumerate(zip(*both, strict=True)):
                total[:, month] += [part[trial.served].sum() for part in (events, people, events_0, people_0)]
        found[outcome] = OutcomeCounts(*total)
    return found
