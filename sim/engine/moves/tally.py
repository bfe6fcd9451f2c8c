"""Counts of one world by group of its rows, beside those by area; rows may change their group between steps.

A world that has tallies keeps a log of the moves of a step. Groups change once the step is over, so that all that
befalls a row in a step is counted in one group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.arrays import FloatArray, IntArray, StateArray
from sim.engine import kernels

if TYPE_CHECKING:
    from sim.engine.moves.world import MovingWorld

Logged = tuple[str, IntArray, IntArray, bool]
"""Chain, distinct rows, the columns of their moves in the world's counts, and whether they count as moves."""
GROUP_TYPE = np.uint8
FEW = 4096
"""Amounts up to which adding one by one is cheaper than counting all columns and groups."""


@dataclass(frozen=True)
class StepMoves:
    """The moves of a step on rows of one unit: whose, in which column of flows; those that are flows; (move,)."""

    rows: IntArray
    flow: IntArray
    counted_rows: IntArray
    counted_flow: IntArray


def moves_of_step(world: MovingWorld) -> dict[str, StepMoves]:
    """Read the log of a world, by unit."""
    found = {}
    for unit in world.population.rows:
        logged = [(rows, flow, counted) for chain, rows, flow, counted in world.log if world.chains[chain].unit == unit]
        if logged:
            every = [np.concatenate(parts) for parts in zip(*[one[:2] for one in logged], strict=True)]
            flows = [one[:2] for one in logged if one[2]]
            counted = [np.concatenate(parts) for parts in zip(*flows, strict=True)] if flows else [every[0][:0]] * 2
            found[unit] = StepMoves(every[0], every[1], counted[0], counted[1])
    return found


class Tally:
    """What a world counts by group.

    Attributes
    ----------
    groups
        Unit -> group of each row, (row,); a child is in the group of its family. Whoever made the tally changes it.
    by_column
        Columns as those of the world, (column, group): flows of the step, states and conditions at its end.
    least
        The first group that is counted: where group 0 is of no interest, most rows cost nothing.
    """

    def __init__(self, world: MovingWorld, groups: Mapping[str, StateArray], n_groups: int, least: int = 0) -> None:
        self.world, self.groups, self.n_groups, self.least = world, groups, n_groups, least
        n_columns = max((column.stop for column in world.columns.values()), default=0)
        self.by_column: FloatArray = np.zeros((n_columns, n_groups))
        self.line = self.by_column.reshape(-1)  # (column, group) in one line
        self.flows = self.by_column[world.flow_columns]
        self.left, self.entered = np.zeros((2, len(self.flows)), np.intp)  # columns of states, (flow,)
        for name, link in world.links.items():
            state, flow = world.columns["state", name].start, world.columns["flow", name]
            self.left[flow], self.entered[flow] = state + link.old.astype(np.intp), state + link.new.astype(np.intp)
        self.lines: dict[str, IntArray] = {}
        self.firsts: dict[str, IntArray] = {}
        for unit, people in world.population.rows.items():
            names = [name for name, chain in world.chains.items() if chain.unit == unit]
            self.lines[unit] = np.array([world.sheets[unit].line["chain", name] for name in names], np.intp)
            self.firsts[unit] = np.array([[world.columns["state", name].start] for name in names], np.intp)
            here = people.active.nonzero()[0]
            self._add(self._states(unit, here), groups[unit].take(here), 1.0)

    def _states(self, unit: str, rows: IntArray) -> IntArray:
        """Give the columns of the present states of some rows, (chain, row)."""
        return self.world.sheets[unit].bytes[self.lines[unit][:, None], rows] + self.firsts[unit]

    def _add(self, columns: IntArray, group: StateArray, amount: float) -> None:
        """Add an amount in columns, (..., row), each row in its group, (row,)."""
        if self.least:
            kept = (group >= self.least).nonzero()[0]
            columns, group = columns.take(kept, axis=-1), group.take(kept)
        place = (columns * self.n_groups + group).reshape(-1)
        if place.size <= FEW:
            np.add.at(self.line, place, amount)
        else:
            self.line += amount * np.bincount(place, minlength=self.line.size)

    def there(self, unit: str, rows: IntArray, by: int) -> None:
        """Take in that rows, all in first states, come (1) or go (-1)."""
        columns = np.broadcast_to(self.firsts[unit], (len(self.firsts[unit]), len(rows)))
        self._add(columns, self.groups[unit].take(rows), float(by))

    def shift(self, unit: str, rows: IntArray, new: StateArray) -> None:
        """Count some rows that are there in ``new`` groups, (row,), and no longer in theirs."""
        if kernels.ON:
            carried, lines, firsts = self.world.sheets[unit].bytes, self.lines[unit], self.firsts[unit].reshape(-1)
            kernels.tally_groups(rows, new, self.groups[unit], carried, lines, firsts, self.least, self.by_column)
            return
        columns = self._states(unit, rows)
        self._add(columns, self.groups[unit].take(rows), -1.0)
        self._add(columns, new, 1.0)

    def move(self, moves: Mapping[str, StepMoves]) -> None:
        """Move rows to the states that they are in now, under the groups of the step's start."""
        for unit, one in moves.items():
            if kernels.ON:
                columns = self.left, self.entered
                kernels.tally_moves(one.rows, one.flow, self.groups[unit], *columns, self.least, self.by_column)
                continue
            group = self.groups[unit].take(one.rows)
            self._add(self.entered.take(one.flow), group, 1.0)
            self._add(self.left.take(one.flow), group, -1.0)

    def settle(self, moves: Mapping[str, StepMoves]) -> None:
        """Count the flows of the step and whom conditions of meters hold for, under the groups of its end."""
        self.flows[:] = 0.0
        for unit, one in moves.items():
            if kernels.ON:
                groups = self.groups[unit]
                kernels.tally_flows(one.counted_rows, one.counted_flow, groups, self.least, self.by_column)
                continue
            self._add(one.counted_flow, self.groups[unit].take(one.counted_rows), 1.0)
        world = self.world
        for name, condition in world.compiled.conditions.items():
            if not name.startswith("meter "):
                continue
            told, column = world.plain[name], world.columns["condition", name].start
            by_area = name in world.compiled.weights
            if told is not None and not by_area:
                self.by_column[column] = told.states @ self.by_column[world.columns["state", told.chain]]
            else:
                holds = world.held[name]
                group = self.groups[condition.reader.unit][holds]
                weights = world.weights(name, holds) if by_area else None
                self.by_column[column] = np.bincount(group, weights, self.n_groups)
