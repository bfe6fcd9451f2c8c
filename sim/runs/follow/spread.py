"""How families differ: each one's own cost and outcomes under every regime, summed to what a picture needs.

Looks at every family after every step, as ``gains`` does, so it is no part of a run; ``families report --families``
makes it. Families that came or went after the start are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers import families as engine
from sim.model.spec import Scenario
from sim.runs.follow.families import Followed, follow

PERCENTILES = (0.0, *(float(p) for p in range(5, 95, 5)), 95.0, 96.0, 97.0, 98.0, 99.0, 99.5, 99.9)
SAME = 1e-9
DEAREST = 0.01


@dataclass(frozen=True)
class CostSpread:
    """Cost a family and year in one world: percentiles (see ``PERCENTILES``), mean, and the dearest hundredth."""

    world: str
    percentiles: tuple[float, ...]
    mean: float
    dearest_mean: float
    dearest_share: float


@dataclass(frozen=True)
class Paired:
    """How many of the families have less, the same and more of a burden than under the baseline, as shares."""

    world: str
    measure: str
    less: float
    same: float
    more: float


@dataclass(frozen=True)
class Spread:
    """What following each family showed: how many were followed, in which ledger, their costs and paired outcomes."""

    families: int
    years: float
    ledger: str
    costs: tuple[CostSpread, ...]
    paired: tuple[Paired, ...]

    def to_dict(self) -> dict[str, Any]:
        """Write as plain figures for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Spread:
        """Read what ``to_dict`` wrote."""
        costs = tuple(CostSpread(**{**one, "percentiles": tuple(one["percentiles"])}) for one in held["costs"])
        paired = tuple(Paired(**one) for one in held["paired"])
        return cls(held["families"], held["years"], held["ledger"], costs, paired)


def spread_of(scenario: Scenario, replication: int = 0, followed: Followed | None = None) -> Spread:
    """Follow every family of one replication from the first regime's start to the end, if that was not done already.

    Raises
    ------
    ValueError
        If no family stays, or no time passes after the start.
    """
    layout = engine.layout(scenario)
    followed = follow(scenario, replication) if followed is None else followed
    clock = scenario.worlds[0].model.clock
    years = (clock.steps - followed.window) * clock.step_years
    families = int(followed.stayed.sum())
    if not families or years <= 0:
        raise ValueError("no family can be followed: none stays from the regimes' start to the end of the run")
    since = {name: (followed.totals[name].T - followed.before_start[name])[followed.stayed] for name in layout.worlds}
    outcomes = [outcome.name for outcome in scenario.worlds[0].model.outcomes]
    costs, paired = [], []
    for world in scenario.worlds:
        mine = since[world.name]
        if layout.ledgers:
            costs.append(_cost_spread(world.name, mine[:, len(outcomes)] / years))
        if world.regime != scenario.baseline:
            change = mine - since[scenario.baseline_of(world).name]
            paired += [_paired(world.name, measure, change[:, i]) for i, measure in enumerate(outcomes)]
    ledger = layout.ledgers[0] if layout.ledgers else ""
    return Spread(families, years, ledger, tuple(costs), tuple(paired))


def _cost_spread(world: str, cost: FloatArray) -> CostSpread:
    """Summarise the cost a year of each family."""
    dearest = np.sort(cost)[-max(1, round(DEAREST * len(cost))) :]
    total = float(cost.sum())
    points = tuple(float(x) for x in np.percentile(cost, PERCENTILES))
    return CostSpread(
        world, points, float(cost.mean()), float(dearest.mean()), float(dearest.sum()) / total if total else 0.0
    )


def _paired(world: str, measure: str, change: FloatArray) -> Paired:
    """Count who has less, the same and more."""
    less, more = float((change < -SAME).mean()), float((change > SAME).mean())
    return Paired(world, measure, less, 1.0 - less - more, more)
