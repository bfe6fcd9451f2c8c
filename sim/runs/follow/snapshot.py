"""One world just after one step, as all who follow rows read it; the only file here that knows how a world is kept.

Leaves out what is made of it: what meters count of each row is in ``counted``, what is kept for later in ``tracker``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.engine.people.population import Rows
from sim.engine.solvers.families import Line
from sim.engine.teams.staffing import Staff
from sim.model.spec import Meter

NOBODY = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Snapshot:
    """A world after a step, to be read before the next one.

    Attributes
    ----------
    step
        The step that is over.
    line
        The history that runs.
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

    def rows_of(self, chain: str) -> Rows:
        """Give the rows that a chain lives on."""
        return self.line.world.rows(chain)

    def memory(self, name: str) -> StateArray:
        """Give what each root row remembers, (row,)."""
        return self.line.world.memory[name]

    def newcomers(self, unit: str) -> IntArray:
        """List the rows that somebody else took over in this step."""
        renewal = self.line.world.population.renewals.get(self.line.world.step)
        return NOBODY if renewal is None else renewal.entering.get(unit, NOBODY)

    def pairs(self, chain: str) -> IntArray:
        """Give the move of each row, old state x states + new one, (row,); a newcomer has not moved."""
        if chain not in self._pairs:
            now = self.states[chain]
            then = self.before.get(chain, now).astype(np.intp)
            newcomers = self.newcomers(self.rows_of(chain).unit.name)
            then[newcomers] = now[newcomers]
            self._pairs[chain] = then * len(self.state_names(chain)) + now
        return self._pairs[chain]

    def state_names(self, chain: str) -> tuple[str, ...]:
        """Name the states of a chain."""
        return self.line.world.chains[chain].states

    def engaged(self, service: str) -> BoolArray:
        """Mark the states in which a service helps, (state,)."""
        return self.line.world.engaged[service]

    def cases(self, service: str) -> float:
        """Count the rows that a service helps."""
        return float(self.line.world.occupancy[service][:, self.engaged(service)].sum())

    def staff(self, service: str) -> Staff | None:
        """Give a service's staff of this step, where it has a team."""
        return self.line.staff.get(service)

    def states_counted(self, meter: Meter) -> tuple[str, BoolArray] | None:
        """Give the one chain that decides a ``while`` meter and its states that count; None where none does alone."""
        return self.line.world.compiled.state_meters.get(meter.name)

    def rows_counted(self, meter: Meter) -> tuple[Rows, FloatArray]:
        """Give the unit that a ``while`` meter asks and mark, 0 or 1, its rows who are there and count, (row,)."""
        world = self.line.world
        condition = world.compiled.conditions[f"meter {meter.name}"]
        rows = world.population.rows[condition.reader.unit]
        return rows, (world.holds(condition.name) & rows.active).astype(np.float64)


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
