"""What a simulated evaluation finds, what is true, and what a naive comparison of before and after says.

``matching`` says whom families are held against, ``trial`` how they are followed; here is what is asked, over how many
replications.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from sim.arrays import BoolArray, FloatArray, StateArray
from sim.errors import ModelError
from sim.evaluation.trial.matching import EVALUATOR, YEAR, Matching, followed, matched
from sim.evaluation.trial.panel import Panel, follow
from sim.evaluation.trial.trial import MONTHS, REPEATABLE, Results, Trial, admissions, compare, twin
from sim.intervals import over_replications as interval
from sim.model.spec import Scenario, World
from sim.results.folder.beside import Contrast
from sim.runs.replications import over_replications, pared

HELPING = "integrated"
ENTRY_MONTHS = 12
"""Families who are first helped within this many months of the start of the regime are evaluated."""


@dataclass(frozen=True)
class Question:
    """An outcome (see ``trial.OUTCOMES``) in a window of months after entry, both ends included."""

    name: str
    outcome: str
    months: tuple[int, int]

    @property
    def of_first_events(self) -> bool:
        """Whether it asks for the risk of a first event rather than a mean share."""
        return self.outcome not in REPEATABLE

    def levels(self, results: Results) -> tuple[float, float]:
        """Give the level among the served and in the comparison."""
        return results[self.outcome].levels(self.months, first_events=self.of_first_events)


QUESTIONS = (
    Question("children looked after, months 19-24", "looked_after", (19, 24)),
    Question("any custody of an adult within 24 months", "adult_custody", (1, 24)),
    Question("any custody of a juvenile within 24 months", "youth_custody", (1, 24)),
    Question("children on a protection plan, months 7-12", "protection_plan", (7, 12)),
    Question("children on a protection plan, months 13-18", "protection_plan", (13, 18)),
    Question("children on a protection plan, months 7-18", "protection_plan", (7, 18)),
    Question("children on a protection plan, months 19-24", "protection_plan", (19, 24)),
    Question("children attending school, months 19-24", "attending", (19, 24)),
    Question("good mental health of adults, months 19-24", "well", (19, 24)),
)
OUTCOMES_ASKED = tuple(dict.fromkeys(question.outcome for question in QUESTIONS))
"""What the questions ask for."""


@dataclass(frozen=True)
class Finding:
    """The answer to a question: what the evaluation finds, and what is true of the same families."""

    question: Question
    evaluated: Contrast
    true: Contrast


def contrast(levels: Sequence[tuple[float, float]]) -> Contrast:
    """Put the levels of several replications together.

    Parameters
    ----------
    levels
        (served, comparison) of each replication.

    Returns
    -------
        Means over replications; the ratio is that of the means, its interval Student's t of the logarithms, that of
        the difference Student's t of the paired differences. No interval with one replication.
    """
    array = np.asarray(levels, dtype=np.float64)
    served, other = (float(x) for x in array.mean(axis=0))
    ratio = served / other if other else float("nan")
    difference = interval(array[:, 0] - array[:, 1])
    low = high = None
    if len(array) > 1 and (array > 0).all():
        logs = interval(np.log(array[:, 0] / array[:, 1]))
        if logs.low is not None and logs.high is not None:
            low, high = ratio * math.exp(logs.low - logs.mean), ratio * math.exp(logs.high - logs.mean)
    return Contrast(served, other, ratio, low, high, served - other, difference.low, difference.high)


def evaluate(
    scenario: Scenario,
    effect_set: str,
    regime: str = "",
    *,
    replications: int = 4,
    workers: int = 1,
    matching: Matching = EVALUATOR,
) -> list[Finding]:
    """Evaluate the help of a regime as a study of registers would, and say what is true.

    Parameters
    ----------
    scenario
        A scenario of the default model with that regime.
    effect_set, regime
        The world in which families are helped; default ``helping``.
    replications
        How many to pool.
    workers
        Processes.
    matching
        Whom the families helped are held against.

    Returns
    -------
        A finding for each of ``QUESTIONS``.

    Raises
    ------
    ModelError
        If there is no such world, or no year before it starts.
    """
    regime = regime or helping(scenario)
    short = evaluation_scenario(scenario, regime, effect_set)
    world = helped_world(short, regime, effect_set)
    check_before(world, YEAR)
    task = partial(evaluate_once, world=world.name, matching=matching)
    answers = over_replications(task, short, replications, workers)
    return [
        Finding(question, *(contrast([question.levels(answer[i]) for answer in answers]) for i in (0, 1)))
        for question in QUESTIONS
    ]


def helping(scenario: Scenario) -> str:
    """Name the regime in which families are helped where none is named: ``integrated``, or else the last one."""
    others = [world.regime for world in scenario.worlds if world.regime != scenario.baseline]
    return HELPING if HELPING in others or not others else others[-1]


def helped_world(scenario: Scenario, regime: str, effect_set: str) -> World:
    """Find the world of a regime under an evidence set.

    Raises
    ------
    ModelError
        When there is none, with those there are.
    """
    found = next((w for w in scenario.worlds if w.regime == regime and w.effect_set == effect_set), None)
    if found is None:
        there = ", ".join(w.name for w in scenario.worlds)
        raise ModelError(f"there is no regime '{regime}' under the evidence set '{effect_set}'; there are {there}")
    return found


def check_before(world: World, months: int) -> None:
    """Refuse a world of which so many months before the regime starts are not known.

    Raises
    ------
    ModelError
        With the warm-up that would do.
    """
    root = world.model.units[0]
    before = world.start + root.warm_up
    if before < months:
        raise ModelError(f"regime '{world.regime}' starts {before} steps after the beginning of the warm-up; the time "
                         f"before needs {months}: give units.{root.name}.warm_up more")  # fmt: skip


def evaluation_scenario(scenario: Scenario, regime: str, effect_set: str) -> Scenario:
    """Cut a scenario down to what an evaluation needs: two worlds, up to two years after the last entry."""
    start = helped_world(scenario, regime, effect_set).start
    return pared(scenario, (scenario.baseline, regime), (effect_set,), start + ENTRY_MONTHS + MONTHS)


def follow_pair(
    scenario: Scenario, replication: int, world: str, before: int = 0, *, bills: bool = False,
    families_until: int | None = None,
) -> tuple[Panel, Panel]:  # fmt: skip
    """Follow a world in which families are helped, and its baseline, until two years after the last entry.

    Panels begin ``before`` months before the regime does; ``bills`` and ``families_until`` are as for ``follow``.
    """
    helped = next(w for w in scenario.worlds if w.name == world)
    names = (world, scenario.baseline_of(helped).name)
    first, last = helped.start - before, helped.start + ENTRY_MONTHS + MONTHS
    panels = follow(scenario, replication, names, first, last, bills=bills, families_until=families_until)
    return panels[names[0]], panels[names[1]]


def evaluate_once(
    scenario: Scenario, replication: int, *, world: str, matching: Matching = EVALUATOR
) -> tuple[Results, Results]:
    """Evaluate one replication: what the comparison finds, and the truth from the twin."""
    panel, baseline = follow_pair(scenario, replication, world, YEAR)
    trials = first_year(panel)
    return found_by(panel, trials, OUTCOMES_ASKED, matching), twin(panel, baseline, trials, OUTCOMES_ASKED)


def first_year(panel: Panel) -> list[Trial]:
    """Find who is first helped within ``ENTRY_MONTHS`` of the start; the panel begins ``YEAR`` steps before it."""
    return admissions(panel, range(YEAR + 1, YEAR + ENTRY_MONTHS))


def found_by(panel: Panel, trials: Sequence[Trial], outcomes: Sequence[str], matching: Matching = EVALUATOR) -> Results:
    """Count what an evaluation of some admissions finds, by outcome."""
    ever = panel.ever_helped()
    return compare(
        panel, matched(panel, trials, matching), outcomes, lambda trial: followed(panel, trial, ever, matching)
    )


REFERRAL_RULES = ("at the onset of crisis", "in crisis", "accumulated crisis")


def referred(panel: Panel, rule: str, months: int = 4) -> BoolArray:
    """Say whom a referral rule would pick in each month, (step, family).

    Parameters
    ----------
    panel
        Any world.
    rule
        One of ``REFERRAL_RULES``.
    months
        Months in crisis within a year that make it accumulated.

    Raises
    ------
    ValueError
        If there is no such rule.
    """
    in_crisis = panel.hub >= 2
    before = np.concatenate([in_crisis[:1], in_crisis[:-1]])
    if rule == REFERRAL_RULES[0]:
        return np.asarray(in_crisis & ~before)
    if rule == REFERRAL_RULES[1]:
        return in_crisis
    if rule == REFERRAL_RULES[2]:
        return np.asarray(panel.history >= months)
    raise ValueError(f"given '{rule}'; a referral rule is one of: {', '.join(REFERRAL_RULES)}")


def before_and_after(
    bill: FloatArray, generation: StateArray, chosen: BoolArray, after: int = 12
) -> tuple[float, float]:
    """Give the mean yearly cost of some families in the year before a month and in the months after it.

    Parameters
    ----------
    bill
        Cost of each family in each month, (step, family).
    generation
        Goes up when a row is taken over, (step, family); only families who are there throughout count.
    chosen
        Whose month of entry a step is, (step, family).
    after
        Months of the second period.

    Returns
    -------
        Cost a family and year before and after; NaN where no family qualifies. The month of entry is in neither.
    """
    sums = np.zeros(3)
    for step in range(12, len(bill) - after):
        mine = chosen[step] & (generation[step - 12] == generation[step + after])
        sums += mine.sum(), bill[step - 12 : step, mine].sum(), bill[step + 1 : step + 1 + after, mine].sum()
    n, before, later = (float(x) for x in sums)
    return (before / n, later / n * 12 / after) if n else (float("nan"), float("nan"))
