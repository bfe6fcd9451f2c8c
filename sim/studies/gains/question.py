"""Follows every family under each regime of a scenario."""

from __future__ import annotations

from collections.abc import Sequence

from sim.engine.solvers import families as engine
from sim.model.spec import Scenario
from sim.results.folder.beside import Equity, Gain
from sim.runs.follow.beside import some_families
from sim.runs.follow.families import Followed, follow
from sim.studies.gains.answer import gains_of


def who_gains(
    scenario: Scenario, replications: int = 1, ledger: str | None = None, worlds: Sequence[str] | None = None
) -> list[Gain]:
    """Follow every family and sum what each regime changes, by what families are.

    Parameters
    ----------
    scenario
        The study; only whole replications are followed, and families are pooled over them.
    replications
        How many.
    ledger
        The ledger whose cost is a measure; the first unless named.
    worlds
        The worlds to report; all but the baseline's unless named.

    Returns
    -------
        One entry for each world, grouping, group and measure: outcomes, cost, months waiting, all since the first
        regime's start. Groupings are traits, the youngest child's age, needs at the start, areas that are real, the
        decile of severity (the first outcome before the start, ties in the order of rows), and whether a service helped
        that did not exist in the baseline.

    Raises
    ------
    ValueError
        If there is no replication, no ledger of that name, or no such world.
    """
    layout = engine.layout(scenario)
    if replications < 1:
        raise ValueError(f"replications is {replications}; it must be at least 1")
    if ledger is not None and ledger not in layout.ledgers:
        raise ValueError(f"there is no ledger '{ledger}'; there are {', '.join(layout.ledgers) or 'none'}")
    others = [w.name for w in scenario.worlds if w.regime != scenario.baseline]
    unknown = sorted(set(worlds or ()) - set(others))
    if unknown:
        raise ValueError(f"there is no regime {', '.join(unknown)}; there are {', '.join(others) or 'none'}")
    samples = [follow(scenario, replication) for replication in range(replications)]
    place = layout.ledgers.index(ledger) if ledger else 0
    return [gain for name in worlds or others for gain in gains_of(scenario, layout, samples, name, place)]


def groups_in_a_run(scenario: Scenario) -> Equity | None:
    """Follow some families of a study that is simulated, as many as a run can bear; see ``some_families``.

    Returns
    -------
        What is found of them; None where nothing is simulated or compared, no service helps, or nobody can be followed.
    """
    compared = len({world.regime for world in scenario.worlds}) > 1
    serves = any(chain.service is not None for chain in scenario.worlds[0].model.chains)
    few = some_families(scenario) if scenario.solver == "simulate" and compared and serves else None
    return None if few is None else equity_of(few, follow(few), len(scenario.worlds[0].model.areas.names))


def equity_of(scenario: Scenario, followed: Followed, of_areas: int) -> Equity | None:
    """Sum what following families showed, in the ledger of the headline; None where no family stays.

    Parameters
    ----------
    scenario
        The worlds in which they were followed, of one evidence set.
    followed
        What was seen of them.
    of_areas
        How many areas the study has, of which these families may live in some.
    """
    if not followed.stayed.any():
        return None
    layout, headline = engine.layout(scenario), scenario.appraisal.ledger
    place = layout.ledgers.index(headline) if headline in layout.ledgers else 0
    others = [w.name for w in scenario.worlds if w.regime != scenario.baseline]
    found = [gain for name in others for gain in gains_of(scenario, layout, [followed], name, place)]
    return Equity(
        scenario.worlds[0].effect_set, layout.ledgers[place] if layout.ledgers else "", int(followed.stayed.sum()),
        len(scenario.worlds[0].model.areas.names), of_areas, tuple(found),
    )  # fmt: skip
