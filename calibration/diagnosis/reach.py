"""Whether a fit reached its figures: what speaks against using it, and what must be said wherever it is used.

A posterior can be sampled without a fault and still say nothing: where the figures are out of the model's reach it is
the nearest place to them, at a bound or between figures that contradict each other, and looks all the surer for it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.diagnosis.diagnostics import predictive
from calibration.likelihood import residuals
from calibration.methods.history import THRESHOLD, second_largest
from calibration.problem import CalibrationProblem, Fit
from calibration.space import prior_draws, to_box

EDGE = 0.02
"""Part of the way between its bounds, on the scale that is searched, within which a parameter stands at a bound."""
PRESSED, MORE = 0.1, 2.0
"""Share of the draws at a bound from which a parameter is pressed against it, where the prior puts under a half there
for each of them: a bound that was believed in is not one that the figures push against."""
PRIOR_DRAWS = 4000


def weighed(problem: CalibrationProblem, fit: Fit, seed: int) -> Fit:
    """Give a fit with what its own figures and bounds say against it.

    Parameters
    ----------
    problem, fit
        What was calibrated and what was found.
    seed
        Key of the errors that make the range of each figure, and of draws of the prior.

    Returns
    -------
        The fit, refused when no fitted figure lies in its 95% range, when all but one of the figures (the one, where
        there is one) are never within three standard deviations together, which is history matching's rule, or when a
        parameter is pressed against a bound. Where some fitted figures lie outside, its caveat names them.
    """
    hits = predictive(problem, fit.predicted, seed).is_hit
    outside = [one for one, hit in zip(problem.targets, hits, strict=True) if one.kind == "fit" and not hit]
    fitted = int(problem.is_fitted.sum())
    against = [*fit.refusals, *_pressed(problem, fit, seed)]
    if len(outside) == fitted:
        which = "the fitted figure does not lie" if fitted == 1 else f"none of the {fitted} fitted figures lies"
        against.append(f"{which} in the 95% range that the model gives")
    elif second_largest(np.abs(residuals(problem, fit.predicted))[:, problem.is_fitted]).min() > THRESHOLD:
        against.append(f"nowhere do all fitted figures but one lie within {THRESHOLD:g} standard deviations")
    names = ", ".join(one.words for one in outside)
    caveats = (f"{len(outside)} of {fitted} fitted figures outside their 95% range: {names}",)
    return replace(fit, refusals=tuple(against), caveats=caveats if 0 < len(outside) < fitted else ())


def _pressed(problem: CalibrationProblem, fit: Fit, seed: int) -> list[str]:
    """Say which parameters stand at a bound in more draws than was believed before."""
    found, believed = (
        to_box(problem.parameters, draws)
        for draws in (fit.draws, prior_draws(problem.parameters, seed, PRIOR_DRAWS))
    )  # fmt: skip
    said = []
    for i, one in enumerate(problem.parameters):
        for end, bound, at in (("lower", one.low, found[:, i] < EDGE), ("upper", one.high, found[:, i] > 1 - EDGE)):
            before = (believed[:, i] < EDGE if end == "lower" else believed[:, i] > 1 - EDGE).mean()
            if at.mean() > max(PRESSED, MORE * before):
                said.append(f"{one.name.replace('_', ' ')} is pressed against its {end} bound of {bound:g}")
    return said
