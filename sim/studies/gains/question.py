"""Follows every family under each regime of a scenario."""

from __future__ import annotations

from collections.abc import Sequence

from sim.engine.solvers import families as engine
from sim.model.spec import Scenario
from sim.runs.follow.families import Followed
from sim.studies.gains.answer import Gain, gains_of


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
        regime's start. Groupings are traits, the youngest child's age, the decile of severity (the first outcome before
        the start, ties in the order of rows), and whether a service helped that did not exist in the baseline.

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
    samples = []
    for replication in range(replications):
        followed = Followed(scenario, layout)
        engine.replicate(scenario, replication, observe=followed.look, at_start=followed.look)
        samples.append(followed)
    place = layout.ledgers.index(ledger) if ledger else 0
    return [gain for name in worlds or others for gain in gains_of(scenario, layout, samples, name, place)]
