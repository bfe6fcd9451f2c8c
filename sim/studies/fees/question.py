"""Reads a config and pays fees by its rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.config.loading import load
from sim.engine.solvers import families as engine
from sim.errors import ModelError
from sim.model.appraisal import PaymentByResults
from sim.model.spec import Scenario
from sim.runs.follow.tracker import track
from sim.studies.fees.answer import FeeYear, fee_years, mean_of


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


def payment_by_results(
    scenario: Scenario, rules: PaymentByResults | None = None, replications: int = 1
) -> list[FeeYear]:
    """Count results and pay fees under each regime that has the service.

    Parameters
    ----------
    scenario
        The study.
    rules
        The fees; those of the config unless given.
    replications
        How many are followed; numbers are means.

    Returns
    -------
        One entry for each world that attaches families and each year. A family is attached once; one that moves away is
        followed no further.

    Raises
    ------
    ValueError
        If there are no rules, no replication, or the model lacks the service or the memory.
    """
    rules = scenario.appraisal.payment_by_results if rules is None else rules
    if rules is None:
        raise ValueError("there are no fees: the config has no 'appraisal.payment_by_results'")
    if replications < 1:
        raise ValueError(f"replications is {replications}; it must be at least 1")
    model = scenario.worlds[0].model
    there = {c.name for c in model.chains if c.service is not None} | {m.name for m in model.memories}
    missing = [name for name in (rules.service, rules.remembered) if name not in there]
    if missing:
        raise ValueError(f"payment by results follows {', '.join(missing)}, which the model does not have")
    layout = engine.layout(scenario)
    first = min((w.start for w in scenario.worlds if w.regime != scenario.baseline), default=0)
    names = [world.name for world in scenario.worlds]
    totals: dict[tuple[str, int], list[FeeYear]] = {}
    for replication in range(replications):
        tracks = track(scenario, replication, names, first, model.clock.steps, only=(rules.service, rules.remembered))
        for name in names:
            for year in fee_years(layout, tracks, name, rules):
                totals.setdefault((name, year.year), []).append(year)
    return [mean_of(years, replications) for years in totals.values()]
