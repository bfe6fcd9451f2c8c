"""From the schema to the model: durations in steps, and whether whole steps can keep them.

Under ``queues: teams`` and ``open`` a state is left at the end of some step: a time in it is geometric, with the mean
that is asked for where that is a step or more, and with the standard deviation sqrt(mean (mean - 1)) where an
exponential time has its mean. A shorter mean cannot be kept at all.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import inf, sqrt

from sim.config.check.draft import Draft
from sim.config.check.problems import Key
from sim.config.check.vocabulary import ExpressionPlace
from sim.config.schema.phrases import Duration
from sim.config.schema.services import EngagedPart, MeanPart
from sim.config.translate.units import traits
from sim.language.evaluate import Constants, Expression, constant, number
from sim.model.lengths import LAWS_WITH_SPREAD, ONCE, Length

_HAIR = 1e-6
"""Of a step: a month of 30.4375 days is a month."""
_COARSE = 2.0
"""Steps below which a mean is named in ``families check``, since little of its spread is left."""
_ORDINARY = ("year", "quarter", "month", "week", "day")


def mean_steps(draft: Draft, path: Key, part: MeanPart | None, stages: int = 1, least: float = 1.0) -> float | None:
    """Give a mean duration in steps, 0 for ``now``, None where there is none.

    Parameters
    ----------
    draft
        Takes what is wrong, and a note of what keeps little of its spread.
    path
        Where the duration stands.
    part
        What is written there.
    stages
        In how many equal stages it passes; each must last a step.
    least
        The least that it is multiplied by for anybody, for whom it must last a step.
    """
    if part is None:
        return None
    if part.mean is None:
        if part.low or part.high:
            draft.findings.add((*path, "mean"), "takes no time, so it has no low and no high; leave them out")
        return 0.0
    steps = part.mean.steps(draft.step)
    low = part.low.steps(draft.step) if part.low else steps
    high = part.high.steps(draft.step) if part.high else steps
    if not low <= steps <= high:
        draft.findings.add(
            (*path, "mean"), f"low {low:g}, mean {steps:g}, high {high:g} steps: must be low <= mean <= high"
        )
    elif draft.config.queues != "per_family":
        _keep(draft, path, Duration(part.mean.amount * least, part.mean.unit), steps * least / stages, stages)
    return steps


def length_of(draft: Draft, path: Key, part: EngagedPart | None) -> Length | None:
    """Give the length of help where it is no plain exponential time: of another law, or one that reads traits.

    Whole steps keep an exponential mean that reads traits, where it is a step at least for everybody, and no other law.
    """
    if part is None or part.mean is None or (part.law == "exponential" and part.times is None):
        return None
    if part.law != "exponential" and draft.config.queues != "per_family":
        rule = f"a {part.law} length is drawn when help begins, and whole steps forget how long anybody was there; use "
        instead = ", or 'stages', which make sd = mean / sqrt(stages)" if part.law in LAWS_WITH_SPREAD else ""
        draft.findings.add((*path, "law"), f"{rule}'queues: per_family', or leave 'law' and 'sd' out{instead}")
    times, least = (ONCE, 1.0) if part.times is None else _times(draft, (*path, "times"), part.times.value)
    mean = mean_steps(draft, path, part, least=least) or 1.0
    return Length(part.law, mean, part.sd.steps(draft.step) if part.sd else 0.0, times)


def _times(draft: Draft, path: Key, expression: Expression) -> tuple[Expression, float]:
    """Check what a length is multiplied by, row by row, and give the least that it comes to for anybody."""
    before = len(draft.findings.problems)
    checked = draft.expression(path, expression, ExpressionPlace(draft.words.root, "the length of help"))
    if len(draft.findings.problems) > before:
        return checked, 1.0
    values = {trait.name: trait.values for trait in traits(draft.config)}
    read = [node.name for node in draft.words.read(checked) if node.name in values]
    comes_to = [
        constant(checked, Constants({**draft.words.parameters, **dict(zip(read, map(number, each), strict=True))}))
        for each in product(*(values[name] for name in read))
    ]
    wrong = [value for value in comes_to if value is None or not 0 < value < inf]
    if wrong:
        what = "reads more than that" if wrong[0] is None else f"comes to {wrong[0]:.6g} for some"
        rule = "what a length is multiplied by may read traits and constant parameters, and must be above 0"
        draft.findings.add(draft.findings.value_path(path), f"{rule}; this {what}")
    return checked, 1.0 if wrong else min(value for value in comes_to if value is not None)


def _keep(draft: Draft, path: Key, mean: Duration, steps: float, stages: int) -> None:
    """Refuse a mean (of a stage) below one step, and note one below two."""
    what = "steps" if stages == 1 else f"steps a stage ({stages} stages)"
    if steps < 1.0 - _HAIR:
        draft.findings.add(
            (*path, "mean"),
            f"is {steps:.3g} {what}; time passes in whole steps, which cannot keep a mean below one. "
            f"{_instead(draft, mean, stages)}, use 'queues: per_family', or write 'now' where it does not matter",
        )
    elif steps < _COARSE - _HAIR:
        spread = sqrt(max(steps * (steps - 1.0), 0.0))
        draft.findings.note(
            f"a mean of {steps:.3g} {what} is kept, but in whole steps its standard deviation is {spread:.2g}, where "
            f"an exponential time has {steps:.3g}; a shorter 'clock.step' keeps more of it",
            ".".join(map(str, path)),
        )


def _instead(draft: Draft, mean: Duration, stages: int) -> str:
    """Name the longest ordinary step that a stage lasts once, and the one that it lasts twice."""
    if mean.unit == "step":
        return "Give it in days, weeks or months with a shorter 'clock.step'"
    years = mean.years / stages
    least, better = step_for(years), step_for(years / 2)
    name = f"'{least}'" if least == better else f"'{least}', or better '{better}'"
    return f"Take a 'clock.step' of {name}"


def step_for(years: Fraction) -> str:
    """Name the longest ordinary step that is no longer than this: a year down to a day, then halves of a day."""
    for unit in _ORDINARY:
        if Duration(1, unit).years <= years:
            return unit
    part = Duration(1, "day").years
    while part > years:
        part /= 2
    return f"{float(part / Duration(1, 'day').years):g} day"
