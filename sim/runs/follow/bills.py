"""What each family costs in each month: the cost lines applied to single families instead of to totals.

How much of what is paid for falls on a family is in ``snapshot``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.arrays import FloatArray
from sim.model.spec import Meter, Scenario
from sim.model.spec import World as Spec
from sim.money.bill import meters_of_lines, prices_of_meters
from sim.money.prices import world_prices
from sim.runs.follow.snapshot import Snapshot

GROSS = "gross"
"""Narrow ledger without what services themselves cost: the lines that are not priced ``per`` something of a service."""


@dataclass
class PriceTables:
    """Prices of one world, by part (a ledger or ``GROSS``) and meter, each (step,)."""

    meters: dict[str, Meter]
    prices: dict[str, dict[str, FloatArray]] = field(default_factory=dict)


def price_tables(scenario: Scenario, world: Spec) -> PriceTables:
    """Add up the prices of all lines of each meter.

    Parameters
    ----------
    scenario
        Gives deflators and the price year.
    world
        Whose prices; until it begins they are those of the baseline, like everything else.

    Returns
    -------
        Pounds per counted unit for ``narrow``, ``wide`` (each ledger there is) and ``gross``.
    """
    lines, meters = world.model.costs, {meter.name: meter for meter in world.model.meters}
    prices = world_prices(scenario, world, [line.name for line in lines])
    at = meters_of_lines(list(meters), [line.meter for line in lines])
    parts = [
        (*line.ledgers, *([GROSS] if "narrow" in line.ledgers and meters[line.meter].kind != "per" else []))
        for line in lines
    ]
    names = list(dict.fromkeys(part for held in parts for part in held))
    member = np.array([[name in held for name in names] for held in parts], dtype=np.bool_)
    member = member.reshape(len(lines), len(names))
    by_meter = prices_of_meters(prices, at, member, len(meters))  # (part, step, meter)
    priced = {
        name: {line.meter: by_meter[p, :, at[i]] for i, line in enumerate(lines) if member[i, p]}
        for p, name in enumerate(names)
    }
    return PriceTables(meters, priced)


@dataclass
class Bills:
    """Makes out the bills of a step."""

    tables: PriceTables

    def month(self, now: Snapshot) -> dict[str, FloatArray]:
        """Give the cost of each root row in one step, (row,), by part; before point 0 the prices of step 0 hold."""
        step = max(now.step, 0)
        bills = {}
        for part, prices in self.tables.prices.items():
            total = np.zeros((1, now.root.n))
            weights = {meter: by_step[step : step + 1] for meter, by_step in prices.items() if by_step[step]}
            now.add_up(total, weights, self.tables.meters)
            bills[part] = total[0]
        return bills
