"""The compiled search for movers: what its kernels read of one chain in one world, handed to them each step."""

from __future__ import annotations

import numpy as np

from sim.arrays import IntArray
from sim.engine import kernels
from sim.engine.fate.uniforms import Draws
from sim.engine.moves.codes import CodeReader
from sim.engine.moves.world import MovingWorld
from sim.model.compiled.program import Tables


class MoverSearch:
    """Finds who moves in a chain, and how, as the NumPy code of ``Pass.run`` does.

    ``pair_of_code`` and ``by_byte`` are those of its pass: they hold for all of its tables.
    """

    def __init__(
        self, world: MovingWorld, name: str, reading: CodeReader, pair_of_code: IntArray, by_byte: IntArray | None
    ) -> None:
        self.world, self.name, self.pair_of_code = world, name, pair_of_code
        self.by_byte = kernels.NO_PAIRS if by_byte is None else by_byte
        self.rows = world.rows(name)
        self.sheet, self.home = world.sheets[self.rows.unit.name], world.sheets[world.root.unit.name]
        self.base, self.terms = reading.terms()
        self.by_area = reading.by_area
        self.at_home = self.home.codes if (self.terms[:, 0] == kernels.HOME).any() else kernels.NO_PAIRS
        self.further = self.terms[self.terms[:, 0] >= kernels.BORN]
        timed = [axis.source.name for axis, _ in reading.code.axes if axis.source.kind == "k"]
        self.entered = world.entered[timed[0]] if timed else kernels.NO_STEPS

    def run(self, draws: Draws, tables: Tables) -> tuple[IntArray, IntArray]:
        """Give the rows that move in this step and their pairs; they hold until the unit is searched again."""
        bounds, rows, (found, pairs) = self.world.bounds[self.name], self.rows, self.sheet.room
        assert tables.bounds is not None
        assert tables.reach is not None
        kernels.read_codes(self.sheet.codes, self.base, self.terms, kernels.OWN, self.sheet.bytes)
        if self.at_home.size:
            kernels.read_codes(self.at_home, 0, self.terms, kernels.HOME, self.home.bytes)
        places = kernels.NO_ROWS if rows.byte_places is None else rows.byte_places
        n = kernels.find_movers(
            draws.bytes, bounds.low, bounds.high, draws.rows.word_counters, places, np.uint64(draws.stream),
            self.world.step,
            self.sheet.codes, self.at_home, rows.parent, self.further, rows.born, self.entered,
            self.by_area, rows.area, self.by_byte, *tables.bounds, tables.reach, self.pair_of_code, found, pairs,
        )  # fmt: skip
        return found[:n], pairs[:n]
