"""Three answers to one question about the families who were helped: before and after, a matched comparison, the truth.

Before and after is what a programme's own figures show: the same families in as many months before they were first
helped as after. ``evaluation`` gives the other two; how families are followed is in ``trial``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from sim.evaluation.trial.evaluation import (
    ENTRY_MONTHS,
    QUESTIONS,
    Question,
    check_before,
    contrast,
    evaluation_scenario,
    follow_pair,
    found_by,
    helped_world,
    helping,
)
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.trial import MONTHS, OutcomeCounts, Trial, admissions, follow_up, twin
from sim.model.spec import Scenario
from sim.results.folder.beside import Answer
from sim.runs.replications import over_replications

NARROWER = ((7, 12), (13, 18))
"""Windows that another question covers."""
ASKED = tuple(question for question in QUESTIONS if question.months not in NARROWER)


def three_ways(
    scenario: Scenario, effect_set: str, regime: str = "", *, replications: int = 4, workers: int = 1
) -> list[Answer]:
    """Ask the same of the families helped in three ways.

    Parameters
    ----------
    scenario
        A scenario of the default model with that regime; it must have run ``MONTHS`` months, warm-up included, before
        the regime starts, for there to be a before.
    effect_set, regime
        The world in which families are helped.
    replications, workers
        How many to pool, and on how many processes.

    Returns
    -------
        An answer for each of ``ASKED``.

    Raises
    ------
    ModelError
        If there is no such world, or too little time before or after it starts.
    """
    regime = regime or helping(scenario)
    short = evaluation_scenario(scenario, regime, effect_set)
    world = helped_world(short, regime, effect_set)
    check_before(world, MONTHS)
    found = over_replications(partial(three_ways_once, world=world.name), short, replications, workers)
    return [
        Answer(question.name, effect_set, *(contrast([one[i][way] for one in found]) for way in range(3)))
        for i, question in enumerate(ASKED)
    ]


Levels = tuple[float, float]


def three_ways_once(scenario: Scenario, replication: int, *, world: str) -> list[tuple[Levels, Levels, Levels]]:
    """Give the levels (served, other) of each way for each question, in one replication."""
    panel, baseline = follow_pair(scenario, replication, world, MONTHS)
    trials = admissions(panel, range(MONTHS + 1, MONTHS + ENTRY_MONTHS))
    outcomes = tuple(dict.fromkeys(question.outcome for question in ASKED))
    matched, true = found_by(panel, trials, outcomes), twin(panel, baseline, trials, outcomes)
    return [(before_after(panel, trials, q), q.levels(matched), q.levels(true)) for q in ASKED]


def before_after(panel: Panel, trials: Sequence[Trial], question: Question) -> Levels:
    """Give the level of an outcome among the served after entry, and among the same families as long before.

    Parameters
    ----------
    panel
        The world in which they are helped, from ``MONTHS`` steps before the first entry.
    trials
        Whose served are looked at, each month against its own entry.
    question
        The outcome and the months after entry; before, it is the same number of months that end with the entry.

    Returns
    -------
        (after, before): a mean share, or the risk of a first event in the window; NaN where nobody could have it.
    """
    low, high = question.months
    length, families = high - low + 1, np.arange(panel.programme.shape[1])
    hits, people = np.zeros((2, length)), np.zeros((2, length))
    for trial in trials:
        served = np.isin(families, trial.served)
        for side, start in enumerate((trial.step + low, trial.step - length)):
            months = follow_up(panel, trial, question.outcome, served, start, length)
            people[side] += [len(at_risk) for at_risk, _ in months]
            hits[side] += [len(events) for _, events in months]
    levels = OutcomeCounts(hits[0], people[0], hits[1], people[1]).levels(
        (1, length), first_events=question.of_first_events
    )
    after, before = (level if there.any() else math.nan for level, there in zip(levels, people, strict=True))
    return after, before
