"""The hazards of one chain as plain lists, read off its compiled tables: for one row at a time, looking up beats NumPy.

A chain's rates are hazards in continuous time as they stand. The durations of a service's pathway were compiled to a
chance p a step, so that their mean is exact in whole steps; here they last an exponential time of that same mean, so
their hazard is p a step, not -ln(1 - p).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.language.evaluate import Expression
from sim.model.compiled.program import Program
from sim.model.compiled.tables import Tables
from sim.model.pathway import DROPPED_OUT, ENGAGED, ENTRY, helps
from sim.model.spec import Chain


@dataclass(frozen=True)
class HazardSlot:
    """One slot of one side: its hazard a step by code, for each group; and where it leads by own state."""

    tables: list[FloatArray]
    hazards: list[list[float]]
    targets: list[int]


class Hazards:
    """What may happen to a row of a chain, by its codes.

    Attributes
    ----------
    cell
        Where the code of the first group stands among a row's codes; those of other groups follow.
    """

    def __init__(self, program: Program, cell: int) -> None:
        self.program, self.cell = program, cell
        self.n_groups = len(program.groups)
        self.stretch = _stretch(program)
        self.tables: Tables | None = None
        self.moves: list[HazardSlot] = []
        self.total: list[float] = []
        self.sums: FloatArray = np.zeros(0)

    def take(self, tables: Tables) -> bool:
        """Take over the tables of a moment and say whether they differ from those before."""
        before, self.tables = self.tables, tables
        if before is not None and (tables is before or all(map(np.array_equal, tables.by_slot, before.by_slot))):
            return False
        groups, targets = self.program.groups, self.program.targets
        self.moves = []
        parts = [table.reshape(len(table), 2, -1) for table in tables.by_slot]
        own = np.arange(groups[0].size) // groups[0].strides[0]
        total: FloatArray = np.zeros(groups[0].size)
        for slot in range(len(targets)):
            for side in (0, 1):
                first = parts[0][slot, side] * self.stretch[slot, side][own]
                if first.any():
                    arrays = [first, *(part[slot, side] for part in parts[1:])]
                    lists = [array.tolist() for array in arrays]
                    self.moves.append(HazardSlot(arrays, lists, targets[slot, side].tolist()))
                    total += first
        self.sums = total
        self.total = total.tolist() if self.n_groups == 1 else []
        return True

    def of(self, codes: memoryview, row: int) -> float:
        """Give the hazard a step of any move; a row's codes start at ``row``."""
        if self.n_groups == 1:
            return self.total[codes[row + self.cell]]
        return sum(self._of(move, codes, row) for move in self.moves)

    def _of(self, move: HazardSlot, codes: memoryview, row: int) -> float:
        hazard, cell = 1.0, row + self.cell
        for table in move.hazards:
            hazard *= table[codes[cell]]
            cell += 1
        return hazard

    def pick(self, codes: memoryview, row: int, state: int, level: float) -> int:
        """Give the state moved to: of the moves laid end to end, the one that holds ``level``, in [0, hazard)."""
        found = state
        for move in self.moves:
            hazard = self._of(move, codes, row)
            if hazard > 0.0:
                found = move.targets[state]
                level -= hazard
                if level < 0.0:
                    break
        return found  # the last one there is, should rounding have put the level beyond it

    def of_all(self, codes: list[IntArray]) -> FloatArray:
        """Give the hazard of any move for many rows, from the codes of each group, (row,)."""
        if self.n_groups == 1:
            return self.sums.take(codes[0])
        result: FloatArray = np.zeros(len(codes[0]))
        for move in self.moves:
            result += np.prod([table.take(code) for table, code in zip(move.tables, codes, strict=True)], axis=0)
        return result


def _stretch(program: Program) -> FloatArray:
    """Give what each hazard is multiplied by, (slot, side, own state): 1, or what makes a duration's mean exact."""
    chain, result = program.chain, np.ones((*program.targets.shape[:2], len(program.chain.states)))
    for transition, side, state, slot in program.slots:
        move = chain.transitions[transition]
        if chain.service is not None and move.expression is not None and lasts(chain, move.source, move.target):
            hazard = leading_number(move.expression) * program.step_years
            result[slot, side, state] = -np.expm1(-hazard) / hazard
    return result


def lasts(chain: Chain, source: str, target: str) -> bool:
    """Say whether a move of a service ends a duration that its config gives as a mean, and not a rate or `now`."""
    if source in ENTRY:
        return False
    if chain.service is not None and chain.service.kind == "statutory" and source == ENGAGED:
        move = next(t for t in chain.transitions if (t.source, t.target) == (source, target))
        return move.expression is not None and move.expression.root.kind == "number"
    return not (helps(source) and target == DROPPED_OUT)


def leading_number(expression: Expression) -> float:
    """Give the number that leads a product of factors: the rate of a duration before it is shared out by consent."""
    node = expression.root
    while node.kind == "*":
        node = node.args[0]
    return node.value
