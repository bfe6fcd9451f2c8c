"""What each evaluation design would have reported of the same run, by referral rule: the replications put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.fate.draws import key
from sim.errors import ModelError
from sim.evaluation.designs.bias import BEFORE, Course, Judged, Worlds, course, judge, true_effect
from sim.evaluation.designs.designs import DESIGNS, EntryGroup, Setting, everyone_served, served_of
from sim.evaluation.trial.evaluation import ENTRY_MONTHS, follow_pair, helped_world
from sim.evaluation.trial.family_outcomes import OUTCOMES
from sim.evaluation.trial.panel import Names, Panel
from sim.evaluation.trial.referral import RULES, with_rule
from sim.evaluation.trial.trial import MONTHS
from sim.evaluation.trial.trial_size import Arms, Size, families_an_arm, size
from sim.intervals import Estimate
from sim.intervals import over_replications as interval
from sim.model.spec import Model, Scenario
from sim.model.titles import Titles
from sim.runs.replications import over_replications, pared
from sim.stages import SILENT, StageListener

SECOND_YEAR = (13, 24)
FRAILTY = "frailty"
"""The trait that nobody but the simulator knows."""
FIGURES = ("reported", "truth", "bias", "frailty_served", "frailty_other", "matched")
"""Of a judgement, that are put together over replications."""


@dataclass(frozen=True)
class Verdict:
    """One design on one outcome under one rule and evidence set, over replications."""

    effect_set: str
    rule: str
    outcome: str
    design: str
    reported: Estimate
    truth: Estimate
    bias: Estimate
    causes: dict[str, Estimate]
    frailty_served: Estimate
    frailty_other: Estimate
    matched: Estimate


@dataclass(frozen=True)
class FollowedOutcome:
    """The families helped under one rule and evidence set: the course of an outcome, and the trial that it takes.

    ``smallest`` and ``largest`` are the sizes at the ends of the interval of the true effect; None is without bound.
    """

    effect_set: str
    rule: str
    outcome: str
    families: float
    course: dict[str, Estimate]
    size: Size
    smallest: int | None
    largest: int | None


@dataclass(frozen=True)
class Evaluated:
    """A whole study."""

    title: str
    regime: str
    months: tuple[int, int]
    replications: int
    seed: int
    verdicts: tuple[Verdict, ...]
    followed: tuple[FollowedOutcome, ...]
    titles: Titles = field(default_factory=Titles)


@dataclass(frozen=True)
class Once:
    """One replication: (outcome, design) -> judgement; outcome -> course and arms; families helped."""

    judged: dict[tuple[str, str], Judged]
    courses: dict[str, Course]
    arms: dict[str, Arms]
    families: int


def evaluate_designs(
    scenario: Scenario, regime: str, effect_sets: Sequence[str], *, outcomes: Sequence[str] = tuple(OUTCOMES),
    rules: Sequence[str] = tuple(RULES), months: tuple[int, int] = SECOND_YEAR, replications: int = 4, workers: int = 1,
    at: StageListener = SILENT,
) -> Evaluated:  # fmt: skip
    """Evaluate the help of a regime by every design, under each referral rule and evidence set.

    Parameters
    ----------
    scenario
        A scenario of the default model.
    regime, effect_sets
        The worlds in which families are helped.
    outcomes, rules
        Keys of ``family_outcomes.OUTCOMES`` and ``referral.RULES``.
    months
        After entry, both ends included; before is the year before entry.
    replications, workers
        How many to pool, on how many processes; the result does not depend on the latter.
    at
        Told where the work stands.

    Returns
    -------
        What each design reports, the truth, and where the difference comes from.

    Raises
    ------
    ModelError
        If there is no such world, outcome or rule, months are out of range, or time before or after is too short.
    """
    _check(scenario, regime, effect_sets, outcomes, rules, months)
    verdicts: list[Verdict] = []
    followed: list[FollowedOutcome] = []
    for effect_set in effect_sets:
        world = helped_world(scenario, regime, effect_set)
        short = pared(
            scenario, (scenario.baseline, regime), (effect_set,), world.start + ENTRY_MONTHS + MONTHS, priced=True
        )
        for rule in rules:
            at.stage(f"{effect_set}, families taken on {RULES[rule]}; replications")
            task = partial(evaluate_once, world=world.name, rule=rule, outcomes=tuple(outcomes), months=months)
            found = over_replications(task, short, replications, workers, at)
            verdicts += _verdicts(effect_set, rule, outcomes, found)
            followed += [_followed(effect_set, rule, outcome, found, scenario.seed) for outcome in outcomes]
    return Evaluated(
        scenario.title, regime, months, replications, scenario.seed, tuple(verdicts), tuple(followed),
        scenario.titles,
    )


def _check(
    scenario: Scenario, regime: str, effect_sets: Sequence[str], outcomes: Sequence[str], rules: Sequence[str],
    months: tuple[int, int],
) -> None:  # fmt: skip
    """Refuse what cannot be asked, before anything runs."""
    for given, there, what in ((outcomes, OUTCOMES, "outcome"), (rules, RULES, "referral rule")):
        unknown = [one for one in given if one not in there]
        if unknown or not given:
            raise ModelError(f"given the {what} '{unknown[0] if unknown else ''}'; it may be: {', '.join(there)}")
    if not 1 <= months[0] <= months[1] <= MONTHS:
        raise ModelError(f"given months {months[0]} to {months[1]} after entry; they run from 1 to {MONTHS}")
    if regime == scenario.baseline:
        raise ModelError(f"'{regime}' is the baseline, in which nobody is helped: name another regime")
    for effect_set in effect_sets:
        world = helped_world(scenario, regime, effect_set)
        before = world.start + world.model.units[0].warm_up
        if before < BEFORE:
            raise ModelError(f"regime '{regime}' starts {before} steps after the beginning of the warm-up; a year "
                             f"before needs {BEFORE}: give units.{world.model.units[0].name}.warm_up more")  # fmt: skip
        steps, wanted = world.model.clock.steps, world.start + ENTRY_MONTHS + MONTHS
        if steps < wanted:
            raise ModelError(f"clock.steps is {steps}; following families for {MONTHS} months needs {wanted}")


def evaluate_once(
    scenario: Scenario, replication: int, *, world: str, rule: str, outcomes: Sequence[str], months: tuple[int, int]
) -> Once:
    """Evaluate one replication by every design."""
    helped = next(w for w in scenario.worlds if w.name == world)
    ruled = with_rule(scenario, world, rule, replication)
    panel, baseline = follow_pair(ruled, replication, world, BEFORE, bills="cost" in outcomes)
    on_list = panel.programme == helped.model.chain(Names().programme).waiting
    setting = Setting(panel, on_list, tuple(range(BEFORE + 1, BEFORE + ENTRY_MONTHS)), months)
    frailty, values = frailty_of(panel, helped.model)
    worlds = Worlds(panel, baseline, frailty, values, setting.window)
    everyone = everyone_served(setting)
    groups = {design.name: design.groups(setting) for design in DESIGNS}
    judged, courses, arms = {}, {}, {}
    for outcome in outcomes:
        worlds.look_at(OUTCOMES[outcome].amounts)
        truth = true_effect(worlds, everyone)
        for design in DESIGNS:
            judged[outcome, design.name] = judge(worlds, design, groups[design.name], truth)
        courses[outcome], arms[outcome] = course(worlds, everyone), arms_of(worlds, everyone)
    return Once(judged, courses, arms, served_of(everyone))


def frailty_of(panel: Panel, model: Model) -> tuple[IntArray, FloatArray]:
    """Give each family's class of frailty and what the classes stand for; one class where the model has none."""
    trait = next((t for t in model.traits if t.name == FRAILTY), None)
    if trait is None:
        return np.zeros(panel.programme.shape[1], np.int64), np.ones(1)
    return panel.traits[FRAILTY].astype(np.int64), np.asarray(trait.values, np.float64)


def arms_of(worlds: Worlds, groups: Sequence[EntryGroup]) -> Arms:
    """Sum each served family's outcome over the months that are looked at, with help and without."""
    generation, parts = worlds.helped.generation, []
    for helped in (True, False):
        for x in worlds.seen[helped]:
            sums = []
            for group in groups:
                steps = group.step + np.array(worlds.months)
                there = generation[steps][:, group.served] == generation[group.step, group.served]
                sums.append((x[steps][:, group.served] * there).sum(axis=0))
            parts.append(np.concatenate(sums) if sums else np.zeros(0))
    return Arms(*parts)


def _verdicts(effect_set: str, rule: str, outcomes: Sequence[str], found: Sequence[Once]) -> list[Verdict]:
    """Put the judgements of replications together."""
    made = []
    for outcome in outcomes:
        for design in DESIGNS:
            each = [one.judged[outcome, design.name] for one in found]
            causes = {cause: _estimate([j.causes[cause] for j in each]) for cause in each[0].causes}
            figures = {name: _estimate([getattr(j, name) for j in each]) for name in FIGURES}
            made.append(Verdict(effect_set, rule, outcome, design.name, causes=causes, **figures))
    return made


def _estimate(values: Sequence[float]) -> Estimate:
    """Give the mean over replications with its interval."""
    return interval(np.asarray(values, np.float64))


def _followed(effect_set: str, rule: str, outcome: str, found: Sequence[Once], seed: int) -> FollowedOutcome:
    """Put courses together and size the trial on the families of all replications."""
    courses = {
        name: _estimate([getattr(one.courses[outcome], name) for one in found]) for name in Course.__dataclass_fields__
    }
    parts = [one.arms[outcome] for one in found]
    arms = Arms(*(np.concatenate([getattr(p, name) for p in parts]) for name in Arms.__dataclass_fields__))
    effect = _estimate([p.effect for p in parts])
    smallest = largest = None
    if effect.low is not None and effect.high is not None:
        ends = sorted((abs(effect.low), abs(effect.high)))
        smallest = families_an_arm(ends[1], arms.variance)
        largest = families_an_arm(ends[0], arms.variance) if effect.low * effect.high > 0 else None
    made = size(arms, key(seed, "trial size", outcome))
    families = float(np.mean([one.families for one in found]))
    return FollowedOutcome(effect_set, rule, outcome, families, courses, made, smallest, largest)
