"""From the schema to the model: mean durations in steps, and whether whole steps can keep them.

Under ``queues: teams`` and ``open`` a state is left at the end of some step: a time in it is geometric, with the mean
that is asked for where that is a step or more, and with the standard deviation sqrt(mean (mean - 1)) where an
exponential time has its mean. A shorter mean cannot be kept at all.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

from sim.config.check.draft import Draft
from sim.config.check.problems import Key
from sim.config.schema.phrases import Duration
from sim.config.schema.services import MeanPart

_HAIR = 1e-6
"""Of a step: a month of 30.4375 days is a month."""
_COARSE = 2.0
"""Steps below which a mean is named in ``families check``, since little of its spread is left."""
_ORDINARY = ("year", "quarter", "month", "week", "day")


def mean_steps(draft: Draft, path: Key, part: MeanPart | None, stages: int = 1) -> float | None:
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
        _keep(draft, path, part.mean, steps / stages, stages)
    return steps


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
