"""Reads a config and pays fees by its rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.config.loading import load
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.studies.fees.answer import FeeYear, payment_by_results


def fees(path: str | Path, sets: Sequence[str] = (), replications: int = 1) -> tuple[Scenario, list[FeeYear]]:
    """Pay by results as a config says.

    Parameters
    ----------
    path, sets
        As for ``load``.
    replications
        As for ``payment_by_results``.

    Raises
    ------
    ModelError
        When the config is wrong or has no fees.
    """
    scenario = load(path, sets)
    if scenario.appraisal.payment_by_results is None:
        raise ModelError("there are no fees to pay: the config has no 'appraisal.payment_by_results'")
    return scenario, payment_by_results(scenario, replications=replications)
