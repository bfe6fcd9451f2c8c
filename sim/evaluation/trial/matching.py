"""Whom an evaluation holds the families helped against: the pool, what registers show, weights, and what follows.

Effects are solved for through ``EVALUATOR``: families whom no key worker has met in the same month, weighted so that
what registers show of them, that month and over the year before, is what they show of the families helped, and followed
for as long whether or not help reaches them. The other options are steps away from it, one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.trial import MONTHS, Trial, admissions, out_of_school

YEAR = 12
"""Months before entry of which registers are read."""
RIDGE = 1e-4
"""Penalty on weights' exponents, in squared standard deviations: next to none, so that what nobody has is no bar."""
NEWTON, NEAR = 60, 1e-7
"""Steps of Newton's method at most, and standard deviations of a mean that are near enough."""
SAME = 1e-9
"""Standard deviation below which an amount does not vary."""
BLOCK = 128
FRAILTY = "frailty"


@dataclass(frozen=True)
class Matching:
    """How a comparison is made.

    Attributes
    ----------
    pool
        Families whom no key worker has met yet: all of them, or those on the programme's list, who await a place.
    history
        Whether the year before entry is matched, beside the month of entry.
    frailty
        Whether frailty is matched too, as only a simulation could.
    reached
        What becomes of a comparison family when help reaches it: it is ``kept``, or ``dropped``, or dropped while
        those alike ``stood_for`` it (inverse probability of censoring, Robins and Finkelstein 2000).
    """

    pool: Literal["everybody", "list"] = "everybody"
    history: bool = True
    frailty: bool = False
    reached: Literal["kept", "dropped", "stood_for"] = "kept"


EVALUATOR = Matching()
"""The design through which effects are solved for (docs/evaluation.md says why)."""


def matched(panel: Panel, trials: Sequence[Trial], matching: Matching = EVALUATOR) -> list[Trial]:
    """Give trials, from ``admissions``, their comparison with its weights.

    Parameters
    ----------
    panel
        The world in which families are helped, from ``YEAR`` steps before the first trial where history is matched.
    trials
        Whose served are held against others.
    matching
        How.

    Returns
    -------
        The same trials with ``other`` and ``weight``, which sum to the number of the served of each; a trial without
        anybody to compare with has neither served nor others.

    Raises
    ------
    ValueError
        If the panel begins too late for the year before.
    """
    if matching.history and any(trial.step < YEAR for trial in trials):
        raise ValueError(f"given an entry at step {min(t.step for t in trials)}; the year before needs {YEAR} steps")
    shown = Registers(panel, matching)
    ever = panel.ever_helped()
    sides = []
    for trial in trials:
        free = ~ever[trial.step] & (panel.listed[panel.programme[trial.step]] if matching.pool == "list" else True)
        sides.append((trial.served, np.flatnonzero(free)))
    keep = [i for i, (served, other) in enumerate(sides) if len(served) and len(other)]
    nobody = np.zeros(0, np.int64)
    found = [replace(trial, served=nobody, other=nobody, weight=np.zeros(0)) for trial in trials]
    if not keep:
        return found
    seen = [[shown.at(trials[i].step, group) for group in sides[i]] for i in keep]
    month = np.repeat(np.arange(len(keep)), [len(sides[i][1]) for i in keep])
    n = np.array([len(sides[i][0]) for i in keep], np.float64)
    weight = balance(np.concatenate([one[0] for one in seen]), np.concatenate([one[1] for one in seen]), month, n)
    for k, i in enumerate(keep):
        served, other = sides[i]
        found[i] = replace(trials[i], served=served, other=other, weight=weight[month == k])
    return found


class Registers:
    """What registers show of families: amounts of each month, read once a month, and their sums over the year before.

    Amounts are whole numbers, so that sums that roll from month to month are exact.
    """

    def __init__(self, panel: Panel, matching: Matching) -> None:
        self.panel, self.matching = panel, matching
        self._months: dict[int, FloatArray] = {}
        self._year: tuple[int, FloatArray] | None = None

    def month(self, step: int) -> FloatArray:
        """Give the amounts of one month, (family, amount)."""
        if step not in self._months:
            self._months[step] = registers(self.panel, step)
        return self._months[step]

    def year_before(self, step: int) -> FloatArray:
        """Give the sums over the year before a step, (family, amount), whoever the families were then."""
        if self._year is None or self._year[0] not in (step - 1, step):
            sums = np.zeros_like(self.month(step))
            for earlier in range(step - YEAR, step):
                sums += self.month(earlier)
        else:
            at, sums = self._year
            if at == step - 1:
                sums += self.month(step - 1)
                sums -= self.month(step - 1 - YEAR)
        self._year = step, sums
        return sums

    def at(self, step: int, families: IntArray) -> FloatArray:
        """Give what is matched of some families at a step, (family, amount)."""
        panel, parts = self.panel, [self.month(step)[families]]
        if self.matching.history:
            before = self.year_before(step)[families]
            mine = panel.generation[step, families]
            new = panel.generation[step - YEAR, families] != mine
            fresh = families[new]
            before[new] = 0.0
            for earlier in range(step - YEAR + 1, step):
                here = panel.generation[earlier, fresh] == mine[new]
                before[new] += self.month(earlier)[fresh] * here[:, None]
            parts += [before / YEAR, new[:, None].astype(np.float64)]
        if self.matching.frailty:
            kinds = panel.traits[FRAILTY]
            parts.append((kinds[families, None] == np.arange(1, int(kinds.max()) + 1)).astype(np.float64))
        return np.concatenate(parts, axis=1)


def registers(panel: Panel, step: int) -> FloatArray:
    """Give what registers show of each family in one month, (family, amount).

    State of the hub; needs; months in crisis of the last year; adults' custody and mental health; children by the state
    of their care; pupils, truants and the excluded; young people, offenders and those in custody.
    """
    here, age, n = panel.here[step], panel.age[step], panel.programme.shape[1]

    def number(of: BoolArray) -> FloatArray:
        return np.bincount(panel.parent[of], minlength=n).astype(np.float64)

    pupil, young = (here & (age >= low) & (age < high) for low, high in (panel.school_ages, panel.youth_ages))
    families = [panel.hub[step] == state for state in range(1, 4)]
    families += [panel.needs[step], panel.history[step], panel.custody[step], panel.well[step]]
    care = [number(here & (panel.care[step] == state)) for state in range(len(panel.care_states))]
    school = [number(pupil), *(number(pupil & (panel.school[step] == state)) for state in (1, 2))]
    offending = [number(young), *(number(young & (panel.offending[step] == state)) for state in (1, 2))]
    return np.stack([np.asarray(x, np.float64) for x in (*families, *care, *school, *offending)], axis=1)


def balance(served: FloatArray, other: FloatArray, month: IntArray, n: FloatArray) -> FloatArray:
    """Weight a comparison so that its means are those of the served (entropy balancing, Hainmueller 2012).

    Parameters
    ----------
    served, other
        What is seen of families, (family, amount) each; of all months together.
    month
        Month of each of ``other``, (other,), from 0 and in order; every month has some.
    n
        Number of the served of each month, (month,).

    Returns
    -------
        Weights of ``other``, (other,), which sum to ``n`` within each month. They are the odds of a logistic score with
        a constant for each month and the same slopes in all, chosen so that weighted sums over all months are those of
        the served but for the ridge; amounts that do not vary are left alone.
    """
    centre, spread = other.mean(axis=0), other.std(axis=0)
    varies = spread > SAME
    x = other[:, varies]
    x -= centre[varies]
    x /= spread[varies]
    total, target = float(n.sum()), ((served[:, varies] - centre[varies]) / spread[varies]).sum(axis=0)
    start = np.searchsorted(month, np.arange(len(n) + 1))
    slopes = np.zeros(x.shape[1])

    def weighted(slopes: FloatArray) -> tuple[float, FloatArray]:
        """Give the convex function whose minimum balances, and the weights."""
        log_odds = np.einsum("ij,j->i", x, slopes)
        top = np.maximum.reduceat(log_odds, start[:-1])
        weight = np.exp(log_odds - top[month])
        sums = np.add.reduceat(weight, start[:-1])
        value = float(n @ (np.log(sums) + top) - target @ slopes + RIDGE * total * (slopes @ slopes) / 2)
        return value, weight * (n / sums)[month]

    value, weight = weighted(slopes)
    for _ in range(NEWTON):
        sums, squares = moments(x, weight, start)
        gap = sums.sum(axis=0) - target + RIDGE * total * slopes
        if np.abs(gap).max(initial=0.0) <= NEAR * total:
            break
        curve = squares - sums.T @ (sums / n[:, None]) + RIDGE * total * np.eye(len(slopes))
        step = np.linalg.solve(curve, gap)
        for _ in range(30):  # halve until the function falls enough (Armijo)
            tried = weighted(slopes - step)
            if tried[0] <= value - 1e-4 * float(gap @ step):
                break
            step = step / 2
        slopes = slopes - step
        value, weight = tried
    return weight


def moments(x: FloatArray, weight: FloatArray, start: IntArray) -> tuple[FloatArray, FloatArray]:
    """Give the weighted sums of each month, (month, amount), and those of products over all, (amount, amount).

    Month m has rows ``start[m]`` to ``start[m + 1]``. In blocks that fit a cache, so small that no library shares them
    among threads: sums are taken in one order on every machine, and processes do not wait for each other's threads.
    """
    sums, squares = np.zeros((len(start) - 1, x.shape[1])), np.zeros((x.shape[1], x.shape[1]))
    for month, (first, last) in enumerate(pairwise(start)):
        for row in range(first, last, BLOCK):
            block = x[row : min(row + BLOCK, last)]
            held = block * weight[row : row + len(block), None]
            sums[month] += held.sum(axis=0)
            squares += held.T @ block
    return sums, squares


def followed(panel: Panel, trial: Trial, ever: BoolArray, matching: Matching = EVALUATOR) -> list[FloatArray]:
    """Give the weights of a trial's comparison in each month after entry, (other,): 0 for who is no longer looked at.

    Parameters
    ----------
    panel, trial
        The world and one entry month, from ``matched``.
    ever
        Whom help has reached, ``panel.ever_helped()``.
    matching
        What becomes of those whom help reaches.

    Notes
    -----
    Those who stand for others are alike in what registers show that month: state of the hub, months in crisis of the
    last year, needs, and whether a child misses school. A cell that is reached whole is lost.
    """
    if matching.reached == "kept":
        return [trial.weight] * MONTHS
    weight, found = trial.weight.copy(), []
    for later in range(trial.step + 1, trial.step + 1 + MONTHS):
        gone = ever[later, trial.other]
        if matching.reached == "stood_for":
            cell = panel.hub[later, trial.other].astype(np.int64) * 16 + panel.history[later, trial.other]
            cell = (cell * 8 + panel.needs[later, trial.other]) * 2 + out_of_school(panel, later)[trial.other]
            together = np.bincount(cell, weight).astype(np.float64)
            remaining = np.bincount(cell, weight * ~gone, len(together)).astype(np.float64)
            weight *= np.divide(together, remaining, out=np.ones_like(together), where=remaining > 0)[cell]
        weight[gone] = 0.0
        found.append(weight.copy())
    return found


def entries(
    panel: Panel, steps: Sequence[int], chosen: BoolArray | None = None, matching: Matching = EVALUATOR
) -> list[Trial]:
    """Set up a matched trial for each step of a panel; arguments are those of ``admissions`` and ``matched``."""
    return matched(panel, admissions(panel, steps, chosen), matching)
