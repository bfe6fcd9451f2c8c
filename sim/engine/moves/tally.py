"""Counts of one world by group of its rows, beside those by area; rows may change their group between steps.

A world that has tallies keeps a log of the moves of a step. Groups change once the step is over, so that all that
befalls a row in a step is counted in one group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import IntArray, StateArray

if TYPE_CHECKING:
    from sim.engine.moves.world import MovingWorld

Logged = tuple[str, IntArray, IntArray, bool]
"""Chain, distinct rows, their pairs (old * n + new), and whether they count as moves."""
GROUP_TYPE = np.uint8


@dataclass(frozen=True)
class StepMoves:
    """The moves of a step on rows of one unit, (move,): the columns of the states left and entered, and of the flow.

    ``counted`` lists the moves that are flows.
    """

    rows: IntArray
    left: IntArray
    entered: IntArray
    flow: IntArray
    counted: IntArray


def moves_of_step(world: MovingWorld) -> dict[str, StepMoves]:
    """Read the log of a world, by unit."""
    parts: dict[str, list[tuple[IntArray, ...]]] = {}
    for chain, rows, pairs, counted in world.log:
        link, state = world.links[chain], world.columns["state", chain].start
        flow = world.columns["flow", chain].start + pairs.astype(np.intp) if counted else np.full(len(rows), -1)
        columns = (
            rows,
            state + link.old.take(pairs).astype(np.intp),
            state + link.new.take(pairs).astype(np.intp),
            flow,
        )
        parts.setdefault(world.chains[chain].unit, []).append(columns)
    found = {}
    for unit, several in parts.items():
        rows, left, entered, flow = (np.concatenate(column) for column in zip(*several, strict=True))
        found[unit] = StepMoves(rows, left, entered, flow, (flow >= 0).nonzero()[0])
    return found


class Tally:
    """What a world counts by group.

    Attributes
    ----------
    groups
        Unit -> group of each row, (row,); a child is in the group of its family. Whoever made the tally changes it.
    by_column
        Columns as those of the world, (column, group): flows of the step, states and conditions at its end.
    """

    def __init__(self, world: MovingWorld, groups: Mapping[str, StateArray], n_groups: int) -> None:
        self.world, self.groups, self.n_groups = world, groups, n_groups
        n_columns = max((column.stop for column in world.columns.values()), default=0)
        self.by_column = np.zeros((n_columns, n_groups))
        self.flows = self.by_column[world.flow_columns]
        self.first = world.flow_columns.stop
        n_states = sum(len(chain.states) for chain in world.chains.values())
        self.states = self.by_column[self.first : self.first + n_states]
        self.chains = {unit: [c for c in world.chains.values() if c.unit == unit] for unit in world.population.rows}
        for unit, people in world.population.rows.items():
            self._add(self._state_columns(unit, people.active.nonzero()[0]), unit, people.active.nonzero()[0], 1.0)

    def _state_columns(self, unit: str, rows: IntArray) -> IntArray:
        """Give the columns of the present states of some rows, (chain, row)."""
        sheet = self.world.sheets[unit]
        lines = [sheet.line["chain", chain.name] for chain in self.chains[unit]]
        starts = np.array([self.world.columns["state", chain.name].start for chain in self.chains[unit]], np.intp)
        return sheet.bytes[lines][:, rows] + starts[:, None]

    def _add(self, columns: IntArray, unit: str, rows: IntArray, amount: float) -> None:
        """Add an amount in the columns of some rows, (chain, row), each in its group."""
        self._add_in(columns, self.groups[unit].take(rows), amount)

    def _add_in(self, columns: IntArray, group: IntArray, amount: float) -> None:
        """Add an amount in columns, (..., row), in some groups, (row,)."""
        place = (columns - self.first) * self.n_groups + group
        counts = np.bincount(place.reshape(-1), minlength=self.states.size)
        self.states += amount * counts.reshape(self.states.shape)

    def there(self, unit: str, rows: IntArray, by: int) -> None:
        """Take in that rows, all in first states, come (1) or go (-1)."""
        firsts = np.array([self.world.columns["state", chain.name].start for chain in self.chains[unit]], np.intp)
        self._add(np.repeat(firsts[:, None], len(rows), axis=1), unit, rows, float(by))

    def shift(self, unit: str, rows: IntArray, new: IntArray) -> None:
        """Count some rows that are there in ``new`` groups, (row,), and no longer in theirs."""
        columns = self._state_columns(unit, rows)
        self._add(columns, unit, rows, -1.0)
        self._add_in(columns, new, 1.0)

    def move(self, moves: Mapping[str, StepMoves]) -> None:
        """Move rows to the states that they are in now, under the groups of the step's start."""
        for unit, one in moves.items():
            group = self.groups[unit].take(one.rows)
            self._add_in(one.entered, group, 1.0)
            self._add_in(one.left, group, -1.0)

    def settle(self, moves: Mapping[str, StepMoves]) -> None:
        """Count the flows of the step and whom conditions of meters hold for, under the groups of its end."""
        self.flows[:] = 0.0
        for unit, one in moves.items():
            group = self.groups[unit].take(one.rows.take(one.counted))
            place = one.flow.take(one.counted) * self.n_groups + group
            self.flows += np.bincount(place, minlength=self.flows.size).reshape(self.flows.shape)
        world = self.world
        for name, condition in world.compiled.conditions.items():
            if not name.startswith("meter "):
                continue
            told, column = world.plain[name], world.columns["condition", name].start
            if told is not None:
                self.by_column[column] = told.states @ self.by_column[world.columns["state", told.chain]]
            else:
                group = self.groups[condition.reader.unit][world.held[name]]
                self.by_column[column] = np.bincount(group, minlength=self.n_groups)
