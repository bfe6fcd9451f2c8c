"""Propensity scores: how likely a family was to be taken on, given what registers show of it.

The model is logistic and fitted by a library. Families not taken on are weighted by the odds of their score, so that
what registers show of them is what they show of the families taken on (Hirano, Imbens and Ridder 2003).
"""

from __future__ import annotations

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.errors import RunError
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.trial import children, out_of_school

PENALTY = 1e-3
"""Strength of the ridge penalty (1 / C): next to none, so that a need all of the served have cannot break the fit."""
CALIPER = 0.2
"""Standard deviations of the logit of the score by which the served may lie beyond every family not taken on."""


def covariates(panel: Panel, step: int) -> FloatArray:
    """Give what registers show of each family at a step, (family, covariate): the same as strata are made of."""
    number, worst = children(panel, step)
    steps = [
        panel.hub[step] == state for state in range(1, int(panel.hub.max()) + 1)
    ] + [worst == state for state in range(1, len(panel.care_states))]  # fmt: skip
    plain = [panel.needs[step] / 4, panel.history[step] / 12, (panel.history[step] / 12.0) ** 2, number / 3,
             panel.well[step], out_of_school(panel, step)]  # fmt: skip
    return np.stack([np.asarray(x, np.float64) for x in (*steps, *plain)], axis=1)


def odds(seen: FloatArray, served: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Fit the score and give the odds of having been taken on.

    Parameters
    ----------
    seen
        What registers show, (family, covariate).
    served
        Who was taken on, (family,).

    Returns
    -------
        Weight of each family, (family,): the odds, normalised so that those of families not taken on sum to the number
        of the served who can be matched; and 1 for the served who can be, 0 for others. A served family whose score
        lies beyond every other's by more than the caliper has no match.

    Raises
    ------
    RunError
        When the library that fits the score is not installed.
    """
    if not served.any() or served.all():
        return np.zeros(len(served)), np.zeros(len(served))
    try:
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise RunError(
            "propensity scores are fitted by scikit-learn, which is not installed: "
            "install the extra with pip install 'family-trajectories[calibration]'"
        ) from None
    with threadpool_limits(1):  # sums in one order, whatever the machine; and threads would wait for each other
        fitted = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=1e-8).fit(seen, served)
        logit = np.asarray(fitted.decision_function(seen), np.float64)
    most = logit[~served].max() + CALIPER * float(logit.std())
    matched = (served & (logit <= most)).astype(np.float64)
    weight = np.where(served, 0.0, np.exp(logit))
    return weight * (matched.sum() / weight.sum()), matched
