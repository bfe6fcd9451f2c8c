"""What each family costs in each month: the cost lines applied to single families instead of to totals.

A line on a state or a move is a number in a table (old state, new state) of its chain; children's lines are summed to
their family. A post is nobody's in particular: its cost is shared equally among the cases that its service holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.engine.moves.world import World
from sim.engine.solvers.families import Line
from sim.model.spec import Meter, Scenario
from sim.model.spec import World as Spec
from sim.money.bill import meters_of_lines, prices_of_meters
from sim.money.prices import world_prices

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
    """Makes out the bills of a month."""

    tables: PriceTables

    def month(
        self, step: int, line: Line, previous: Mapping[str, StateArray], newcomers: Sequence[BoolArray]
    ) -> dict[str, FloatArray]:
        """Give the cost of each root row in one step, (row,), by part.

        Parameters
        ----------
        step
            The step; before point 0 the prices of step 0 hold.
        line
            The history after that step.
        previous
            States of each chain before it.
        newcomers
            By number of the unit: rows taken over by somebody else in this step, who have not moved.
        """
        world = line.world
        tables = self._pair_tables(max(step, 0), line)
        result, pairs = {}, dict[str, IntArray]()
        for part, by_chain in tables.items():
            total = self._by_condition(part, max(step, 0), world)
            for name, table in by_chain.items():
                unit = 0 if world.rows(name) is world.root else 1
                if name not in pairs:  # the same for every part
                    now = world.state[name]
                    then = np.where(newcomers[unit], now, previous[name]) if previous else now
                    pairs[name] = then.astype(np.int64) * len(table) + now
                amount = table.ravel().take(pairs[name]) * world.rows(name).active
                total += amount if unit == 0 else _per_family(amount, world, name)
            result[part] = total
        return result

    def _pair_tables(self, step: int, line: Line) -> dict[str, dict[str, FloatArray]]:
        """Write every price into a table (old, new) of its chain, by part."""
        world = line.world
        made: dict[str, dict[str, FloatArray]] = {}
        for part, prices in self.tables.prices.items():
            chains = made.setdefault(part, {})
            for name, by_step in prices.items():
                found = pairs_counted(self.tables.meters[name], line)
                if found is None or by_step[step] == 0.0:
                    continue
                chain, counted = found
                n = len(world.chains[chain].states)
                chains.setdefault(chain, np.zeros((n, n)))
                chains[chain] += counted * by_step[step]
        return made

    def _by_condition(self, part: str, step: int, world: World) -> FloatArray:
        """Add up what hangs on conditions other than the state of one chain, (row,)."""
        total = np.zeros(world.root.n)
        for name, by_step in self.tables.prices[part].items():
            meter = self.tables.meters[name]
            if meter.kind == "while" and name not in world.compiled.state_meters:
                condition = world.compiled.conditions[f"meter {name}"]
                rows = world.population.rows[meter.unit]
                holds = world.holds(condition.name) & rows.active
                amount = holds * float(by_step[step])
                total += amount if rows is world.root else np.bincount(rows.parent, amount, world.root.n)
        return total


def pairs_counted(meter: Meter, line: Line) -> tuple[str, FloatArray] | None:
    """Say which moves (old, new) of which chain a meter counts, and how much each; None when it looks at no chain."""
    world = line.world
    if meter.kind == "while":
        if meter.name not in world.compiled.state_meters:
            return None
        chain, held = world.compiled.state_meters[meter.name]
        return chain, np.tile(held.astype(np.float64), (len(held), 1))
    states = world.chains[meter.chain].states
    table = np.zeros((len(states), len(states)))
    if meter.kind == "on":
        for a, b in meter.moves:
            table[states.index(a), states.index(b)] = 1.0
    elif meter.what == "start":
        helped = world.engaged[meter.chain]
        table[np.ix_(~helped, helped)] = 1.0
    elif meter.what in ("case", "worker", "place"):
        table[:, world.engaged[meter.chain]] = 1.0 if meter.what == "case" else _posts_a_case(meter, line)
    return meter.chain, table


def _posts_a_case(meter: Meter, line: Line) -> float:
    """Share the posts (or places) of this month among the cases."""
    staff = line.staff.get(meter.chain)
    cases = float(line.world.occupancy[meter.chain][:, line.world.engaged[meter.chain]].sum())
    if staff is None or not cases:
        return 0.0
    return float((staff.worker_steps if meter.what == "worker" else staff.places).sum()) / cases


def _per_family(amount: FloatArray, world: World, chain: str) -> FloatArray:
    """Sum what children cost to their families."""
    return np.bincount(world.rows(chain).parent, weights=amount, minlength=world.root.n).astype(np.float64)
