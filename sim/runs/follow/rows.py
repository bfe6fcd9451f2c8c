"""How much rows differ: each row's own outcomes and cost over the run, for the spread that totals cannot show.

Looks at every row after every step, so it is used where one replication must do, and for small models. A move that a
newcomer makes in the very step of entry is not seen.
"""

from __future__ import annotations

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.engine.counts.record import Layout, Record
from sim.engine.solvers.families import Line, replicate
from sim.model.spec import Model, Scenario
from sim.money.bill import meters_of_lines, prices_of_meters
from sim.money.prices import world_prices
from sim.results.outcomes import world_weights
from sim.runs.follow.snapshot import Snapshots

SMALL = 2e8
"""Rows x steps x chains x worlds up to which looking at every row costs little."""


def is_small(scenario: Scenario) -> bool:
    """Say whether looking at every row after every step of one replication is cheap."""
    return looks_at(scenario) <= SMALL


def looks_at(scenario: Scenario) -> float:
    """Give rows x steps x chains x worlds: how often following every row of one replication looks at a state."""
    model = scenario.worlds[0].model
    return float(max(model.units[0].size, 1) * model.clock.steps * len(model.chains) * len(scenario.worlds))


def replicate_with_rows(scenario: Scenario, replication: int, layout: Layout) -> Record:
    """Simulate a replication and add the variances between rows of outcomes and cost to its record."""
    totals = RowTotals(scenario, layout)
    record = replicate(scenario, replication, observe=totals.look, at_start=totals.look, accounts=True)
    totals.fill(record)
    return record


class RowTotals:
    """Adds up, row by row of the first unit, what each outcome and ledger would give that row.

    ``amounts[world]`` has shape (steps + 1, meter, total): what one count of a meter at a point adds to each total,
    outcomes first, then what ``member`` says: ledgers.
    """

    def __init__(self, scenario: Scenario, layout: Layout) -> None:
        self.scenario, self.layout = scenario, layout
        self.meters = {meter.name: meter for meter in scenario.worlds[0].model.meters}
        self.window = min([w.start for w in scenario.worlds if w.regime != scenario.baseline], default=0)
        self.amounts = {world.name: self._amounts(world.name) for world in scenario.worlds}
        self.totals: dict[str, FloatArray] = {}
        self.snapshots = Snapshots()
        self.active: BoolArray = np.zeros(0, np.bool_)

    def _amounts(self, name: str) -> FloatArray:
        """Weigh the meters of a world, at each point, by outcome and by ledger."""
        world = next(w for w in self.scenario.worlds if w.name == name)
        model = world.model
        outcomes = world_weights(self.scenario, world, self.layout.meters)  # (outcome, point, meter)
        prices = world_prices(self.scenario, world, tuple(line.name for line in model.costs))
        prices[: self.window] = 0.0
        at = meters_of_lines(self.layout.meters, [line.meter for line in model.costs])
        ledgers = prices_of_meters(prices, at, self.member(model), len(self.layout.meters))
        ledgers = np.pad(ledgers, ((0, 0), (1, 0), (0, 0)))  # nothing is booked at point 0
        return np.moveaxis(np.concatenate([outcomes, ledgers]), 0, 2)

    def member(self, model: Model) -> BoolArray:
        """Say which cost lines are in which total, (line, total): here those of each ledger."""
        held = [[ledger in line.ledgers for ledger in self.layout.ledgers] for line in model.costs]
        return np.array(held, np.bool_).reshape(len(model.costs), len(self.layout.ledgers))

    def look(self, step: int, line: Line) -> None:
        """Take in a point: step + 1."""
        now = self.snapshots.take(step, line)
        if step < -1:
            return
        for name in (name for name in line.names if name in self.amounts):
            amounts = self.amounts[name][step + 1]  # (meter, total)
            totals = self.totals.setdefault(name, np.zeros((amounts.shape[1], now.root.n)))
            weights = {self.layout.meters[m]: amounts[m] for m in np.flatnonzero(amounts.any(axis=1))}
            now.add_up(totals, weights, self.meters)
        self.active = now.root.ids >= 0

    def fill(self, record: Record) -> None:
        """Put variances into a record: of each outcome, and of cost from the first start on, paired, by ledger."""
        active = np.flatnonzero(self.active)
        n_outcomes = len(self.scenario.worlds[0].model.outcomes)
        spread = {name: totals.T[active] for name, totals in self.totals.items()}
        record.outcome_variance = np.stack([_variance(spread[name][:, :n_outcomes]) for name in self.layout.worlds])
        for w, world in enumerate(self.scenario.worlds):
            mine = spread[world.name][:, n_outcomes:]
            gap = mine - spread[self.scenario.baseline_of(world).name][:, n_outcomes:]
            record.family_cost[w] = np.stack([_mean(mine), _variance(mine), _mean(gap), _variance(gap)], axis=1)


def _mean(rows: FloatArray) -> FloatArray:
    """Give the mean of each column; NaN where there are no rows."""
    return rows.mean(axis=0) if len(rows) else np.full(rows.shape[1:], np.nan)


def _variance(rows: FloatArray) -> FloatArray:
    """Give the variance of each column between rows; NaN where there are fewer than two."""
    return rows.var(axis=0, ddof=1) if len(rows) > 1 else np.full(rows.shape[1:], np.nan)
