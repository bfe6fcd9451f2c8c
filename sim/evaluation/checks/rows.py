"""Figures of the sanity checks that need single families: entrants, savings, relapse, naive comparisons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.engine.people.population import make_population
from sim.errors import ModelError
from sim.evaluation.trial.evaluation import (
    ENTRY_MONTHS,
    OUTCOMES_ASKED,
    QUESTIONS,
    REFERRAL_RULES,
    before_and_after,
    contrast,
    first_year,
    follow_pair,
    found_by,
    referred,
)
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.trial import MONTHS, Results, Trial, twin
from sim.model.spec import Scenario
from sim.results.costs import fullest
from sim.results.folder.beside import Contrast
from sim.runs.follow.bills import GROSS

YEAR, FIVE_YEARS = 12, 60
Answers = dict[str, float]


def measured_once(scenario: Scenario, replication: int, *, world: str) -> tuple[Answers, Results, Results]:
    """Follow one replication under the set that was measured: entrants, savings, relapse, evaluation and truth."""
    helped = next(w for w in scenario.worlds if w.name == world)
    until = min(helped.start + ENTRY_MONTHS + FIVE_YEARS, helped.model.clock.steps)
    panel, other = follow_pair(scenario, replication, world, YEAR, bills=True, families_until=until)
    trials = first_year(panel)
    chosen = first_helped(panel)
    answers = entrants(panel, chosen) | savings(panel, other, chosen)
    answers["relapse"] = relapse(panel)
    answers["care_reentry"] = care_reentry(other)
    answers["children"] = float(other.here[0].sum())
    return answers, found_by(panel, trials, OUTCOMES_ASKED), twin(panel, other, trials, OUTCOMES_ASKED)


def first_helped(panel: Panel) -> BoolArray:
    """Mark who is first helped in each step, among entries of the first year after the first twelve steps."""
    ever = panel.ever_helped()
    chosen = panel.helped & ~np.concatenate([ever[:1], ever[:-1]])
    chosen[: 12 + 1] = False
    chosen[12 + ENTRY_MONTHS :] = False
    return np.asarray(chosen)


def entrants(panel: Panel, chosen: BoolArray) -> Answers:
    """Narrow cost of the year before entry: mean, and mean of the quarter with most problems at entry."""
    costs, problems = [np.zeros(0)], [np.zeros(0, np.int64)]
    for step in np.flatnonzero(chosen.any(axis=1)):
        mine = chosen[step] & (panel.generation[step - 12] == panel.generation[step])
        costs.append(panel.bills["narrow"][step - 12 : step, mine].sum(axis=0, dtype=np.float64))
        problems.append(_problems(panel, int(step))[mine])
    cost = np.concatenate(costs)
    mean = float(cost.mean()) if len(cost) else float("nan")
    return {"entrants_narrow": mean, "entrants_quarter": most_complex(cost, np.concatenate(problems), 0.25)}


def _problems(panel: Panel, step: int) -> IntArray:
    """Count the problems of each family at a step: its needs, an adult in custody, and three of its children's."""
    children = (
        panel.care[step] >= panel.care_states.index("in_need") if "in_need" in panel.care_states
        else panel.care[step] > 0,
        panel.school[step] > 0, panel.offending[step] > 0,
    )  # fmt: skip
    n = panel.needs.shape[1]
    found = panel.needs[step].astype(np.int64) + panel.custody[step]
    for there in children:
        found += np.bincount(panel.parent[there & panel.here[step]], minlength=n) > 0
    return np.asarray(found)


def most_complex(cost: FloatArray, problems: IntArray, share: float) -> float:
    """Give the mean cost of the share of families with most problems; those tied at the edge count in part, all alike.

    Parameters
    ----------
    cost, problems
        Of each family, (family,).
    share
        From above 0 to 1.
    """
    if not len(cost):
        return float("nan")
    left, spent = share * len(cost), 0.0
    for number in np.unique(problems)[::-1]:
        tied = cost[problems == number]
        taken = min(left, float(len(tied)))
        spent, left = spent + taken * float(tied.mean()), left - taken
    return spent / (share * len(cost))


def savings(panel: Panel, baseline: Panel, chosen: BoolArray) -> Answers:
    """Gross narrow saving of the served by month 24 and over five years, and the largest share of its cost saved.

    Families who leave are followed as long as they are there.
    """
    saved, families, largest = {24: 0.0, FIVE_YEARS: 0.0}, 0, 0.0
    for step in np.flatnonzero(chosen.any(axis=1)):
        mine = np.flatnonzero(chosen[step])
        families += len(mine)
        for months in saved:
            span = slice(step + 1, step + 1 + months)
            there = panel.generation[span, mine] == panel.generation[step, mine]
            less = baseline.bills[GROSS][span, mine] - panel.bills[GROSS][span, mine]
            saved[months] += float((less * there).sum(dtype=np.float64))
        year = slice(step + 1, step + 13)
        own = baseline.bills["wide"][year, mine].sum(axis=0, dtype=np.float64)
        less = own - panel.bills["wide"][year, mine].sum(axis=0, dtype=np.float64)
        largest = max(largest, float((less / own).max(initial=0.0)))
    complete = panel.n_steps >= 12 + ENTRY_MONTHS + FIVE_YEARS
    return {
        "gross_24": saved[24] / families if families else float("nan"),
        "gross_60": saved[FIVE_YEARS] / families if families and complete else float("nan"),
        "saving_beyond_cost": largest,
    }


def relapse(panel: Panel, months: int = 12) -> float:
    """Share of families in crisis or worse so many months after completing help, of those who are still there."""
    completed = panel.programme == int(np.flatnonzero(panel.engaged)[-1]) + 1
    return relapsed(panel.helped, completed, panel.hub >= 2, panel.generation, months)


def relapsed(helped: BoolArray, completed: BoolArray, bad: BoolArray, generation: StateArray, months: int) -> float:
    """Share of those who go from help to its completion who are badly off so many months later; (step, family) each."""
    ended = again = 0
    for step in range(1, len(helped) - months):
        rows = np.flatnonzero(helped[step - 1] & completed[step] & (generation[step] == generation[step + months]))
        ended, again = ended + len(rows), again + int(bad[step + months, rows].sum())
    return again / ended if ended else float("nan")


def care_reentry(panel: Panel, months: int = 12) -> float:
    """Share of children back in care within so many months of going home, of those who come back or are still there.

    Going home is a move to ``returned`` where the model has that state, else any move out of care.
    """
    inside = panel.care == panel.care_states.index("looked_after")
    at_home = panel.care == panel.care_states.index("returned") if "returned" in panel.care_states else ~inside
    left_and_back = np.zeros(2)
    for step in range(1, len(inside) - months):
        child = np.flatnonzero(inside[step - 1] & at_home[step] & panel.here[step])
        same = panel.child_generation[step : step + months + 1, child] == panel.child_generation[step, child]
        there = np.logical_and.accumulate(same & panel.here[step : step + months + 1, child], axis=0)
        back = (inside[step : step + months + 1, child] & there).any(axis=0)
        left_and_back += (back | there[-1]).sum(), back.sum()
    return float(left_and_back[1] / left_and_back[0]) if left_and_back[0] else float("nan")


def no_effect_once(scenario: Scenario, replication: int, *, world: str) -> tuple[Answers, Results]:
    """Follow one replication where nothing helps: the truth, what naive comparisons make of it, and an evaluation."""
    panel, other = follow_pair(scenario, replication, world, YEAR, bills=True)
    trials = first_year(panel)
    same = twin(panel, other, trials, OUTCOMES_ASKED)
    truth = max(abs(levels[0] - levels[1]) for levels in (question.levels(same) for question in QUESTIONS))
    answers = {"no_effect_truth": truth, "turned_around": turned_around(panel, trials)}
    for rule, name in zip(REFERRAL_RULES, ("naive_onset", "naive_in_crisis", "naive_accumulated"), strict=True):
        # A list drawn up in any month: whoever meets the rule then.
        before, after = before_and_after(other.bills["narrow"], other.generation, referred(other, rule))
        answers[name] = before - after
    served_before, served_after = before_and_after(panel.bills[GROSS], panel.generation, first_helped(panel))
    answers["naive_served"] = served_before - served_after
    return answers, found_by(panel, trials, OUTCOMES_ASKED)


def turned_around(panel: Panel, trials: list[Trial], months: int = 6) -> float:
    """Share of the served whom payment by results would pay for: months in a row out of crisis, within 24 months."""
    paid = np.zeros(2)
    for trial in trials:
        calm = panel.hub[trial.step + 1 : trial.step + 1 + MONTHS, trial.served] < 2
        paid += (longest_run(calm) >= months).sum(), len(trial.served)
    return float(paid[0] / paid[1]) if paid[1] else float("nan")


def longest_run(calm: BoolArray) -> FloatArray:
    """Give the most steps in a row that hold, (row,), of (step, row)."""
    run = longest = np.zeros(calm.shape[1])
    for step in calm:
        run = np.where(step, run + 1, 0)
        longest = np.maximum(longest, run)
    return longest


def claimed_once(scenario: Scenario, replication: int, *, world: str) -> Answers:
    """Follow one replication under the set that was claimed: the true wide saving of the served, a family and year."""
    panel, other = follow_pair(scenario, replication, world, YEAR, bills=True)
    chosen, ledger = first_helped(panel), fullest(panel.bills)
    saved = years = 0.0
    for step in np.flatnonzero(chosen.any(axis=1)):
        span, mine = slice(step + 1, step + 1 + MONTHS), np.flatnonzero(chosen[step])
        there = panel.generation[span, mine] == panel.generation[step, mine]
        less = other.bills[ledger][span, mine] - panel.bills[ledger][span, mine]
        saved, years = saved + float((less * there).sum(dtype=np.float64)), years + float(there.sum()) / 12
    before, after = before_and_after(panel.bills[ledger], panel.generation, chosen, MONTHS)
    return {"claimed_true": saved / years if years else float("nan"), "claimed_naive": before - after}


def demography(scenario: Scenario, replication: int = 0) -> Answers:
    """Children lost in the first year and left after ten, were nobody born or taken on; needs no run.

    Raises
    ------
    ModelError
        If the model has no unit of children.
    """
    model = scenario.worlds[0].model
    if len(model.units) < 2:
        raise ModelError("the checks of a national study follow children, a second unit, which the model does not have")
    model = replace(model, clock=replace(model.clock, steps=max(model.clock.steps, 120)))
    population = make_population(model, scenario.seed, replication)
    name = model.units[1].name
    here = population.rows[name].active.copy()
    original, n = here.copy(), 0.0
    left = {}
    for step in range(-model.units[0].warm_up, 121):
        if step == 0:
            original, n = here.copy(), float(here.sum())
        if step in (12, 120):
            left[step] = float(original.sum()) / n
        renewal = population.renewals.get(step)
        if renewal is not None:
            for rows, there in ((renewal.leaving.get(name), False), (renewal.entering.get(name), True)):
                if rows is not None:
                    here[rows] = there
                    original[rows] = original[rows] if step < 0 else False
    return {"lost_first_year": 1.0 - left[12], "left_after_ten": left[120]}


def pooled(answers: list[Answers]) -> Answers:
    """Average the answers of replications, each over those that have it."""
    return {name: float(np.mean([answer[name] for answer in answers])) for name in answers[0]}


def contrasts(results: list[Results]) -> dict[str, Contrast]:
    """Put the results of replications together, by question."""
    return {q.name: contrast([q.levels(result) for result in results]) for q in QUESTIONS}
