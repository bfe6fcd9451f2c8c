"""Whether chains have met: rank-normalised split R-hat and bulk effective sample size, with a rule to refuse.

Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Bayesian Analysis 16, as written in the library arviz-stats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from arviz_stats.base import array as arrays

from sim.arrays import FloatArray, finite

_STATISTICS: Any = arrays.array_stats

LARGEST_RHAT = 1.01
LEAST_ESS = 400.0
CHAIN_REFUSAL = (
    f"the chains have not met: R-hat {{rhat:.3f}} (must be under {LARGEST_RHAT}), "
    f"bulk effective sample size {{ess:.0f}} (must be over {LEAST_ESS:.0f})"
)


@dataclass(frozen=True)
class Convergence:
    """R-hat and bulk effective sample size by parameter, (parameter,)."""

    rhat: FloatArray
    ess: FloatArray

    @property
    def worst_rhat(self) -> float:
        """The largest R-hat."""
        return float(np.max(self.rhat))

    @property
    def least_ess(self) -> float:
        """The smallest effective sample size."""
        return float(np.min(self.ess))

    @property
    def is_good(self) -> bool:
        """Whether R-hat is under 1.01 and the effective sample size over 400, for every parameter."""
        return self.worst_rhat < LARGEST_RHAT and self.least_ess > LEAST_ESS


def convergence(chains: FloatArray) -> Convergence:
    """Measure chains of ensembles.

    Parameters
    ----------
    chains
        (ensemble, step, walker, parameter); plain chains have one walker.

    Returns
    -------
        R-hat compares whole ensembles, which are independent of each other and of which the walkers are parts: a walker
        alone is too short a chain to be compared to 1%. The effective sample size takes every walker as a chain, so
        that steps of one walker count as alike as they are.

    Raises
    ------
    ValueError
        If there is a single ensemble or fewer than four steps, on which nothing can be compared, or a number is not
        finite.
    """
    ensembles, steps, walkers, size = finite("chains", chains).shape
    if ensembles < 2 or steps < 4:
        raise ValueError(f"{ensembles} ensembles of {steps} steps: at least 2 of 4 are needed to compare chains")
    whole = chains.reshape(ensembles, steps * walkers, size)
    single = chains.transpose(0, 2, 1, 3).reshape(ensembles * walkers, steps, size)
    rhat = [float(_STATISTICS.rhat(whole[..., j], method="rank")) for j in range(size)]
    ess = [float(_STATISTICS.ess(single[..., j], method="bulk")) for j in range(size)]
    # A chain that never moved has no R-hat: that is the worst, and not a number nobody looks at.
    return Convergence(np.nan_to_num(np.array(rhat), nan=np.inf), np.nan_to_num(np.array(ess), nan=0.0))
