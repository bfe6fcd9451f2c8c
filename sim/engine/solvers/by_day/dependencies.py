"""Who reads what: for each source of codes, what its values add to which codes of which rows.

A cell is one code that rows of a unit carry: one for each group of each chain's tables, and one for each condition that
is counted over children. What a move adds is worked out once for every pair of states; nothing is evaluated again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.arrays import IntArray
from sim.engine.moves.codes import CodeReader
from sim.engine.moves.world import MovingWorld
from sim.engine.solvers.by_day.hazards import Hazards
from sim.model.compiled.model import Compiled
from sim.model.compiled.scope import Source


@dataclass(frozen=True)
class ReadingCell:
    """A cell that reads a source: ``adds[value]`` is what a raw value adds to its code."""

    cell: int
    owner: int
    adds: list[int]


@dataclass(frozen=True)
class Touch:
    """What a change adds to the codes of a row.

    ``adds`` are (cell, amount) and ``owners`` the chains whose hazards change with them; ``counted`` are (cell, amount,
    source) of conditions that are counted over children.
    """

    adds: tuple[tuple[int, int], ...]
    owners: tuple[int, ...]
    counted: tuple[tuple[int, int, str], ...]


@dataclass
class UnitCells:
    """The cells of the rows of one unit.

    ``chains`` are their chains in the model's order, each with its ``hazards``; an owner below their number is a chain,
    one from there on a counted condition of ``counted`` (source name).
    """

    name: str
    chains: list[str]
    hazards: list[Hazards]
    cells: list[CodeReader]
    owners: list[int]
    counted: list[str] = field(default_factory=list)


def units_of(world: MovingWorld) -> list[UnitCells]:
    """List the units of a world, the root first, with everything that their rows carry a code for."""
    compiled, units = world.compiled, []
    for unit in compiled.model.units:
        rows = world.population.rows[unit.name]
        names = [chain.name for chain in compiled.model.chains if chain.unit == unit.name]
        made = UnitCells(unit.name, names, [], [], [])
        for i, name in enumerate(names):
            made.hazards.append(Hazards(compiled.programs[name], len(made.cells)))
            for number in compiled.program_codes[name]:
                made.cells.append(CodeReader(world, rows, compiled.codes[number]))
                made.owners.append(i)
        for source, name in compiled.counts.items():
            condition = compiled.conditions[name]
            if condition.reader.unit == unit.name:
                made.owners.append(len(names) + len(made.counted))
                made.counted.append(source)
                made.cells.append(CodeReader(world, rows, compiled.codes[condition.code]))
        units.append(made)
    return units


def readers(unit: UnitCells, source: Source) -> list[ReadingCell]:
    """List the cells of a unit that read a source, the own state of a chain included."""
    found = []
    for cell, reading in enumerate(unit.cells):
        own = reading.code.own
        if own is not None and source == Source("chain", own[0]):
            found.append(ReadingCell(cell, unit.owners[cell], reading.own.tolist()))
        for axis, stride in reading.code.axes:
            if axis.source == source:
                found.append(ReadingCell(cell, unit.owners[cell], (axis.classes.astype(np.int64) * stride).tolist()))
    return found


def touch(unit: UnitCells, found: list[ReadingCell], old: int, new: int) -> Touch | None:
    """Work out what it means that a source's value goes from old to new; None when nothing."""
    n = len(unit.chains)
    moved = [(r, r.adds[min(new, len(r.adds) - 1)] - r.adds[min(old, len(r.adds) - 1)]) for r in found]
    moved = [(r, amount) for r, amount in moved if amount]
    adds = tuple((r.cell, amount) for r, amount in moved if r.owner < n)
    owners = tuple(dict.fromkeys(r.owner for r, _ in moved if r.owner < n))
    counted = tuple((r.cell, amount, unit.counted[r.owner - n]) for r, amount in moved if r.owner >= n)
    return Touch(adds, owners, counted) if moved else None


def by_pair(unit: UnitCells, found: list[ReadingCell], n: int) -> list[Touch | None]:
    """Give what each move of a chain of n states means, by pair old * n + new."""
    return [touch(unit, found, *divmod(pair, n)) for pair in range(n * n)]


def turns_with_time(compiled: Compiled) -> bool:
    """Say whether anything that codes or tables read may change although no row moves."""
    axes = [axis for code in compiled.codes for axis, _ in code.axes]
    clocked = any(program.clock_names for program in compiled.programs.values())
    clocked = clocked or any(condition.clocked for condition in compiled.conditions.values())
    return clocked or any(axis.source.kind in ("age", "k", "memory") for axis in axes)


def codes_afresh(unit: UnitCells, rows: IntArray) -> IntArray:
    """Read all codes of some rows off the states, (row, cell)."""
    read = [reading.of(rows) for reading in unit.cells]
    return np.stack(read, axis=1) if read else np.zeros((len(rows), 0), np.int64)
