"""One world just after one step, and what meters count of single rows; the only file here that reads a world.

A meter on a state or a move is a number in a table (old state, new state) of its chain; what children count is summed
to their family. A post is nobody's in particular: it is shared equally among the cases that its service holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.arrays import FloatArray, IntArray, StateArray
from sim.engine.people.population import Rows
from sim.engine.solvers.families import Line
from sim.model.spec import Meter

NOBODY = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Snapshot:
    """A history after a step, to be read before the next one.

    Attributes
    ----------
    step, line
        The step that is over, and the history that runs.
    before
        States of each chain before the step, (row,); empty where they are not known: then nobody has moved.
    states
        States of each chain after it, (row,); a copy.
    """

    step: int
    line: Line
    before: Mapping[str, StateArray]
    states: Mapping[str, StateArray]
    _pairs: dict[str, IntArray] = field(default_factory=dict)

    @property
    def root(self) -> Rows:
        """The rows of the root unit."""
        return self.line.world.root

    def rows(self, unit: str) -> Rows:
        """Give the rows of a unit."""
        return self.line.world.population.rows[unit]

    def memory(self, name: str) -> StateArray:
        """Give what each root row remembers, (row,)."""
        return self.line.world.memory[name]

    def newcomers(self, unit: str) -> IntArray:
        """List the rows that somebody else took over in this step."""
        renewal = self.line.world.population.renewals.get(self.line.world.step)
        return NOBODY if renewal is None else renewal.entering.get(unit, NOBODY)

    def add_up(self, totals: FloatArray, weights: Mapping[str, FloatArray], meters: Mapping[str, Meter]) -> None:
        """Add to the totals of each root row what meters count of it, times their weights.

        Meters of one chain are looked up together, those that no single chain decides first.

        Parameters
        ----------
        totals
            Added to in place, (total, row).
        weights
            Meter -> what one count adds to each total, (total,).
        meters
            All meters by name.
        """
        tables: dict[str, FloatArray] = {}  # (total, old state, new state)
        for name, weight in weights.items():
            counted = self._rows_counted(meters[name])
            if counted is not None:
                totals += weight[:, None] * counted
                continue
            chain, table = self._moves_counted(meters[name])
            tables[chain] = tables.get(chain, 0.0) + weight[:, None, None] * table
        for chain, by_total in tables.items():
            rows = self.line.world.rows(chain)
            for k, table in enumerate(by_total):
                # Most meters are on being in a state, wherever one comes from; states are never out of range.
                is_state = (table == table[0]).all()
                amount = table[0].take(self.states[chain], mode="clip") if is_state else table.take(self._moves(chain))
                amount *= rows.active
                totals[k] += self._per_root_row(amount, rows)

    def _moves(self, chain: str) -> IntArray:
        """Give the move of each row, old state x states + new one, (row,); a newcomer has not moved."""
        if chain not in self._pairs:
            now, spec = self.states[chain], self.line.world.chains[chain]
            then = self.before.get(chain, now).astype(np.intp)
            newcomers = self.newcomers(spec.unit)
            then[newcomers] = now[newcomers]
            self._pairs[chain] = then * len(spec.states) + now
        return self._pairs[chain]

    def _rows_counted(self, meter: Meter) -> FloatArray | None:
        """Count a meter that no single chain decides, row by row of the root unit; None for the others."""
        world = self.line.world
        if meter.kind == "while" and meter.name not in world.compiled.state_meters:
            condition = world.compiled.conditions[f"meter {meter.name}"]
            rows = self.rows(condition.reader.unit)
            counted = (world.holds(condition.name) & rows.active).astype(np.float64)
            if meter.by_area:
                counted *= world.compiled.weights[condition.name].take(rows.area)
            return self._per_root_row(counted, rows)
        if meter.kind == "per" and meter.what == "row":
            rows = self.rows(meter.unit)
            return self._per_root_row(rows.active.astype(np.float64), rows)
        return None

    def _moves_counted(self, meter: Meter) -> tuple[str, FloatArray]:
        """Say which moves of which chain a meter counts, and how much each, (old state, new state)."""
        world = self.line.world
        if meter.kind == "while":
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
            table[:, world.engaged[meter.chain]] = 1.0 if meter.what == "case" else self._posts_a_case(meter)
        return meter.chain, table

    def _posts_a_case(self, meter: Meter) -> float:
        """Share the posts (or places) of this step among the cases."""
        world, staff = self.line.world, self.line.staff.get(meter.chain)
        cases = float(world.occupancy[meter.chain][:, world.engaged[meter.chain]].sum())
        if staff is None or not cases:
            return 0.0
        return float((staff.worker_steps if meter.what == "worker" else staff.places).sum()) / cases

    def _per_root_row(self, amount: FloatArray, rows: Rows) -> FloatArray:
        """Sum amounts of rows to the root rows that they belong to."""
        if rows is self.root:
            return amount
        return np.bincount(rows.parent, weights=amount, minlength=self.root.n).astype(np.float64)


class Snapshots:
    """Takes a snapshot of each history after each step and remembers the states that it showed for the next one."""

    def __init__(self) -> None:
        self._before: dict[str, Mapping[str, StateArray]] = {}

    def take(self, step: int, line: Line) -> Snapshot:
        """Take one; worlds that part have the same step before them."""
        states = {chain: numbers.copy() for chain, numbers in line.world.state.items()}
        before = self._before.get(line.names[0], {})
        self._before.update(dict.fromkeys(line.names, states))
        return Snapshot(step, line, before, states)
