"""The hazards of one chain as plain lists, read off its compiled tables: for one row at a time, looking up beats NumPy.

What happens `now` has no hazard here: a code from which something does counts as infinitely pressing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.language.evaluate import number
from sim.model.compiled.program import Program
from sim.model.compiled.tables import Tables
from sim.model.services import hazard_of_mean, product
from sim.model.spec import Scenario, Transition


@dataclass(frozen=True)
class HazardSlot:
    """One slot of one side: its hazard a step by code, for each group; and where it leads by own state."""

    tables: list[FloatArray]
    hazards: list[list[float]]
    targets: list[int]

    def of(self, codes: memoryview, cell: int) -> float:
        """Give the hazard of a row whose code of the first group stands at ``cell``."""
        hazard = 1.0
        for table in self.hazards:
            hazard *= table[codes[cell]]
            cell += 1
        return hazard


class Hazards:
    """What may happen to a row of a chain, by its codes.

    Attributes
    ----------
    cell
        Where the code of the first group stands among a row's codes; those of other groups follow.
    timed, now
        What takes time, by slot and side; what happens at once.
    """

    def __init__(self, program: Program, cell: int) -> None:
        self.program, self.cell = program, cell
        self.n_groups = len(program.groups)
        self.at_once = _at_once(program)
        self.tables: Tables | None = None
        self.timed: list[HazardSlot] = []
        self.now: list[HazardSlot] = []
        self.total: list[float] = []
        self.sums: FloatArray = np.zeros(0)

    def take(self, tables: Tables) -> bool:
        """Take over the tables of a moment and say whether they differ from those before."""
        before, self.tables = self.tables, tables
        if before is not None and (tables is before or all(map(np.array_equal, tables.by_slot, before.by_slot))):
            return False
        groups, targets = self.program.groups, self.program.targets
        self.timed, self.now = [], []
        parts = [table.reshape(len(table), 2, -1) for table in tables.by_slot]
        own = np.arange(groups[0].size) // groups[0].strides[0]
        for slot in range(len(targets)):
            for side in (0, 1):
                others = [part[slot, side] for part in parts[1:]]
                at_once, first = self.at_once[slot, side][own], parts[0][slot, side]
                for found, chosen in ((self.timed, ~at_once), (self.now, at_once)):
                    if (first * chosen).any():
                        arrays = [first * chosen, *others]
                        found.append(HazardSlot(arrays, [a.tolist() for a in arrays], targets[slot, side].tolist()))
        if self.n_groups == 1:
            self.sums = self._of_all([np.arange(groups[0].size)])
            self.total = self.sums.tolist()
        return True

    def of(self, codes: memoryview, row: int) -> float:
        """Give the hazard a step of any move, infinite where one happens at once; a row's codes start at ``row``."""
        cell = row + self.cell
        if self.n_groups == 1:
            return self.total[codes[cell]]
        if any(move.of(codes, cell) > 0.0 for move in self.now):
            return inf
        return sum(move.of(codes, cell) for move in self.timed)

    def pick(self, codes: memoryview, row: int, state: int, level: float) -> int:
        """Give the state moved to: of the moves laid end to end, the one that holds ``level``, in [0, hazard)."""
        return self._pick(self.timed, codes, row, state, level)

    def pick_now(self, codes: memoryview, row: int, state: int, share: float) -> int:
        """Give the state moved to at once, each in proportion to what its rate is multiplied by; share in [0, 1)."""
        weight = sum(move.of(codes, row + self.cell) for move in self.now)
        return self._pick(self.now, codes, row, state, share * weight)

    def _pick(self, moves: Sequence[HazardSlot], codes: memoryview, row: int, state: int, level: float) -> int:
        found = state
        for move in moves:
            hazard = move.of(codes, row + self.cell)
            if hazard > 0.0:
                found = move.targets[state]
                level -= hazard
                if level < 0.0:
                    break
        return found  # the last one there is, should rounding have put the level beyond it

    def of_all(self, codes: list[IntArray]) -> FloatArray:
        """Give the hazard of any move for many rows, from the codes of each group, (row,)."""
        return self.sums.take(codes[0]) if self.n_groups == 1 else self._of_all(codes)

    def _of_all(self, codes: list[IntArray]) -> FloatArray:
        result: FloatArray = np.zeros(len(codes[0]))
        for move in self.timed:
            result += np.prod([table.take(code) for table, code in zip(move.tables, codes, strict=True)], axis=0)
        for move in self.now:
            weight = np.prod([table.take(code) for table, code in zip(move.tables, codes, strict=True)], axis=0)
            result[weight > 0.0] = inf
        return result


def _at_once(program: Program) -> BoolArray:
    """Mark what happens at once, (slot, side, own state)."""
    marked: BoolArray = np.zeros((*program.targets.shape[:2], len(program.chain.states)), np.bool_)
    for transition, side, state, slot in program.slots:
        marked[slot, side, state] = program.chain.transitions[transition].now
    return marked


def in_continuous_time(scenario: Scenario) -> Scenario:
    """Give every stay of a service the hazard whose exponential time has its mean, however short that is."""
    worlds = []
    for world in scenario.worlds:
        chains = tuple(
            replace(chain, transitions=tuple(_exponential(move) for move in chain.transitions))
            for chain in world.model.chains
        )
        worlds.append(replace(world, model=replace(world.model, chains=chains)))
    return replace(scenario, worlds=tuple(worlds))


def _exponential(move: Transition) -> Transition:
    """Turn the chance a step that ends a stay into a hazard: 1 / mean a step, not -ln(1 - 1 / mean); 0 if drawn."""
    if move.length is not None:
        return replace(move, expression=number(0.0))
    if move.mean_steps is None or move.expression is None:
        return move
    ratio = 1.0 / (move.mean_steps * hazard_of_mean(move.mean_steps))
    return replace(move, expression=product(move.expression, number(ratio)))
