"""Reads a study for ``families evaluate`` and chooses the worlds that are evaluated."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.config.loading import load
from sim.errors import ModelError
from sim.evaluation.designs.answer import SECOND_YEAR, Evaluated, evaluate_designs
from sim.evaluation.designs.controls import Control, controls
from sim.evaluation.trial.evaluation import helping
from sim.evaluation.trial.family_outcomes import OUTCOMES
from sim.evaluation.trial.referral import RULES
from sim.model.spec import Scenario
from sim.runs.replications import scaled
from sim.stages import SILENT, StageListener

_MONTHS = re.compile(r"(\d{1,3})-(\d{1,3})")


def run(
    path: str, sets: Sequence[str] = (), *, regime: str = "", under: Sequence[str] = (),
    outcomes: Sequence[str] = (), rules: Sequence[str] = (), months: str | None = None, replications: int = 4,
    share: float = 1.0, workers: int = 1, at: StageListener = SILENT,
) -> Evaluated:  # fmt: skip
    """Evaluate the help of a study's regime by every design.

    Parameters
    ----------
    path, sets
        As for ``load``.
    regime
        In which families are helped; default ``helping``.
    under
        Evidence sets; default all that the regime stands under.
    outcomes, rules
        Which; default all.
    months
        Months after entry, as ``13-24``.
    share
        Of the families and posts; see ``replications.scaled``.
    replications, workers, at
        As for ``evaluate_designs``.

    Returns
    -------
        What each design reports, the truth, and where the difference comes from.

    Raises
    ------
    ModelError
        When the config cannot be read, or what is asked for is not there.
    """
    window = window_of(months) if months is not None else SECOND_YEAR
    scenario = scaled(load(path, sets), share)
    regime = regime or helping(scenario)
    return evaluate_designs(
        scenario, regime, _once(under) or _sets_of(scenario, regime), outcomes=_once(outcomes) or list(OUTCOMES),
        rules=_once(rules) or list(RULES), months=window, replications=replications, workers=workers, at=at,
    )  # fmt: skip


def run_controls(
    path: str, sets: Sequence[str] = (), *, regime: str = "", under: Sequence[str] = (),
    replications: int = 4, share: float = 1.0, workers: int = 1, at: StageListener = SILENT,
) -> dict[str, list[Control]]:  # fmt: skip
    """Hold the same families against comparisons one change apart, by evidence set; arguments are those of ``run``."""
    scenario = scaled(load(path, sets), share)
    regime = regime or helping(scenario)
    return {
        name: controls(scenario, name, regime, replications=replications, workers=workers, at=at)
        for name in _once(under) or _sets_of(scenario, regime)
    }


def _sets_of(scenario: Scenario, regime: str) -> list[str]:
    """List the evidence sets under which a regime stands.

    Raises
    ------
    ModelError
        When the study has no such regime.
    """
    there = list(dict.fromkeys(w.effect_set for w in scenario.worlds if w.regime == regime))
    if not there:
        regimes = ", ".join(dict.fromkeys(w.regime for w in scenario.worlds))
        raise ModelError(f"there is no regime '{regime}'; the study has {regimes}")
    return there


def _once(names: Sequence[str]) -> list[str]:
    """Leave out repeats."""
    return list(dict.fromkeys(names))


def window_of(text: str) -> tuple[int, int]:
    """Read ``13-24``.

    Raises
    ------
    ModelError
        When it is nothing of the kind.
    """
    found = _MONTHS.fullmatch(text.strip())
    if found is None:
        raise ModelError(f"--months: given '{text}'; write the first and the last month after entry, such as 13-24")
    return int(found[1]), int(found[2])
