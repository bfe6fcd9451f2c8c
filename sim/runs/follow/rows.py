"""How much rows differ: each row's own outcomes and cost over the run, for the spread that totals cannot show.

Looks at every row after every step, so it is used where one replication must do, and for small models. A move that a
newcomer makes in the very step of entry is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sim.arrays import BoolArray, FloatArray, StateArray
from sim.engine.counts.record import Layout, Record
from sim.engine.moves.world import World
from sim.engine.people.population import Rows
from sim.engine.solvers.families import Line, replicate
from sim.model.spec import Meter, Scenario
from sim.money.bill import meters_of_lines, prices_of_meters
from sim.money.prices import world_prices
from sim.results.outcomes import world_weights
from sim.runs.follow.bills import pairs_counted

SMALL = 2e8
"""Rows x steps x chains x worlds up to which looking at every row costs little."""


def is_small(scenario: Scenario) -> bool:
    """Say whether looking at every row after every step of one replication is cheap."""
    model = scenario.worlds[0].model
    looks = max(model.units[0].size, 1) * model.clock.steps * len(model.chains) * len(scenario.worlds)
    return looks <= SMALL


def replicate_with_rows(scenario: Scenario, replication: int, layout: Layout) -> Record:
    """Simulate a replication and add the variances between rows of outcomes and cost to its record."""
    totals = RowTotals(scenario, layout)
    record = replicate(scenario, replication, observe=totals.look, at_start=totals.look)
    totals.fill(record)
    return record


class RowTotals:
    """Adds up, row by row of the first unit, what each outcome and ledger would give that row.

    ``amounts[world]`` has shape (steps + 1, meter, total): what one count of a meter at a point adds to each total,
    outcomes first, then ledgers.
    """

    def __init__(self, scenario: Scenario, layout: Layout) -> None:
        self.scenario, self.layout = scenario, layout
        self.meters = {meter.name: meter for meter in scenario.worlds[0].model.meters}
        self.window = min([w.start for w in scenario.worlds if w.regime != scenario.baseline], default=0)
        self.amounts = {world.name: self._amounts(world.name) for world in scenario.worlds}
        self.totals: dict[str, FloatArray] = {}
        self.before: dict[str, dict[str, StateArray]] = {}
        self.active: BoolArray = np.zeros(0, np.bool_)

    def _amounts(self, name: str) -> FloatArray:
        """Weigh the meters of a world, at each point, by outcome and by ledger."""
        world = next(w for w in self.scenario.worlds if w.name == name)
        model = world.model
        outcomes = world_weights(self.scenario, world, self.layout.meters)  # (outcome, point, meter)
        prices = world_prices(self.scenario, world, tuple(line.name for line in model.costs))
        prices[: self.window] = 0.0
        at = meters_of_lines(self.layout.meters, [line.meter for line in model.costs])
        member = np.array([[ledger in line.ledgers for ledger in self.layout.ledgers] for line in model.costs])
        member = member.reshape(len(model.costs), len(self.layout.ledgers))
        ledgers = prices_of_meters(prices, at, member, len(self.layout.meters))
        ledgers = np.pad(ledgers, ((0, 0), (1, 0), (0, 0)))  # nothing is booked at point 0
        return np.moveaxis(np.concatenate([outcomes, ledgers]), 0, 2)

    def look(self, step: int, line: Line) -> None:
        """Take in a point: step + 1."""
        if step >= -1:
            for name in line.names:
                if name not in self.totals:
                    self.totals[name] = np.zeros((self.amounts[name].shape[2], line.world.root.n))
                self._add(name, step + 1, line, self.before.get(name, {}))
        states = {name: states.copy() for name, states in line.world.state.items()}
        self.before.update(dict.fromkeys(line.names, states))

    def _add(self, name: str, point: int, line: Line, previous: Mapping[str, StateArray]) -> None:
        """Add what each meter gives each row at a point; meters of one chain are looked up together."""
        world, amounts = line.world, self.amounts[name][point]  # (meter, total)
        tables: dict[str, FloatArray] = {}  # (total, old state, new state)
        for m in np.flatnonzero(amounts.any(axis=1)):
            meter = self.meters[self.layout.meters[m]]
            counted = self._counted(meter, world)
            if counted is not None:
                self.totals[name] += amounts[m][:, None] * counted
                continue
            found = pairs_counted(meter, line)
            if found is not None:
                chain, table = found
                tables[chain] = tables.get(chain, 0.0) + amounts[m][:, None, None] * table
        for chain, table in tables.items():
            for k, amount in enumerate(_looked_up(chain, table, world, previous)):
                self.totals[name][k] += amount
        self.active = world.root.ids >= 0

    def _counted(self, meter: Meter, world: World) -> FloatArray | None:
        """Count, row by row of the first unit, a meter that no single chain decides; None for the others."""
        if meter.kind == "while" and meter.name not in world.compiled.state_meters:
            condition = world.compiled.conditions[f"meter {meter.name}"]
            rows = world.population.rows[condition.reader.unit]
            holds = world.holds(condition.name) & rows.active
            return _per_root_row(holds.astype(np.float64), rows, world.root)
        if meter.kind == "per" and meter.what == "row":
            rows = world.population.rows[meter.unit]
            return _per_root_row(rows.active.astype(np.float64), rows, world.root)
        return None

    def fill(self, record: Record) -> None:
        """Put variances into a record: of each outcome, and of cost from the first start on, paired, by ledger."""
        active = np.flatnonzero(self.active)
        n_outcomes = len(self.scenario.worlds[0].model.outcomes)
        spread = {name: totals.T[active] for name, totals in self.totals.items()}
        record.outcome_variance = np.stack(
            [spread[name][:, :n_outcomes].var(axis=0, ddof=1) for name in self.layout.worlds]
        )
        for w, world in enumerate(self.scenario.worlds):
            mine = spread[world.name][:, n_outcomes:]
            gap = mine - spread[self.scenario.baseline_of(world).name][:, n_outcomes:]
            record.family_cost[w] = np.stack(
                [mine.mean(axis=0), mine.var(axis=0, ddof=1), gap.mean(axis=0), gap.var(axis=0, ddof=1)], axis=1
            )


def _looked_up(chain: str, table: FloatArray, world: World, previous: Mapping[str, StateArray]) -> Iterator[FloatArray]:
    """Give what a table (total, old state, new state) has for each row of the first unit, (row,), total by total."""
    now, rows = world.state[chain], world.rows(chain)
    then = previous.get(chain, now)
    renewal = world.population.renewals.get(world.step)
    if renewal is not None and rows.unit.name in renewal.entering:
        # Who took over a place has not moved from the state of whoever left it.
        then = then.copy()
        newcomers = renewal.entering[rows.unit.name]
        then[newcomers] = now[newcomers]
    for each in table:
        # Most lines are on being in a state, wherever one comes from; states are never out of range.
        amount = each[0].take(now, mode="clip") if (each == each[0]).all() else each[then, now]
        amount *= rows.active
        yield _per_root_row(amount, rows, world.root)


def _per_root_row(amount: FloatArray, rows: Rows, root: Rows) -> FloatArray:
    """Sum amounts of rows to the root rows that they belong to."""
    if rows is root:
        return amount
    return np.bincount(rows.parent, weights=amount, minlength=root.n).astype(np.float64)
