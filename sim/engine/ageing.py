"""Time passing for the rows themselves: newcomers and leavers, and birthdays that change what may happen to a row.

Who comes and goes is the same in every world, so it is done for all worlds together, in phases.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.engine.opening import introduce, leave, welcome
from sim.engine.population import Population
from sim.engine.world import World
from sim.model.arrays import IntArray
from sim.model.scope import Source


class Birthdays:
    """Finds the rows born in a given step, those who came later included."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self.calendar: dict[str, dict[int, list[IntArray]]] = {}
        for unit, rows in population.rows.items():
            self.calendar[unit] = {}
            self.note(unit, np.flatnonzero(rows.ids >= 0))

    def note(self, unit: str, rows: IntArray) -> None:
        """Enter rows under their step of birth."""
        if not len(rows):
            return
        born = self.population.rows[unit].born[rows]
        order = np.argsort(born, kind="stable")
        steps, first = np.unique(born[order], return_index=True)
        for step, part in zip(steps, np.split(rows[order], first[1:]), strict=True):
            self.calendar[unit].setdefault(int(step), []).append(part)

    def born_in(self, unit: str, step: int) -> IntArray:
        """Give the rows who are there and were born in a step."""
        rows = self.population.rows[unit]
        parts = self.calendar[unit].get(step)
        if not parts:
            return np.zeros(0, np.int64)
        found = np.concatenate(parts)
        found = found[(rows.born[found] == step) & rows.active[found]]
        return np.unique(found) if len(parts) > 1 else found


def turn_over(worlds: Sequence[World], birthdays: Birthdays, step: int, stream: int) -> None:
    """Let rows leave and enter at the start of a step, in every world at once."""
    population = birthdays.population
    renewal = population.renewals.get(step)
    if renewal is None:
        return
    for world in worlds:
        leave(world, renewal)
    before = {unit: population.rows[unit].born[rows].copy() for unit, rows in renewal.entering.items()}
    for changes in (renewal.leaving, renewal.entering):
        for unit, rows in changes.items():
            population.rows[unit].active[rows] = False
    for unit, rows in renewal.entering.items():
        population.rows[unit].born[rows] = renewal.born[unit]
        birthdays.note(unit, rows)
    for world in worlds:
        introduce(world, renewal, before)
    for unit, rows in renewal.entering.items():
        population.rows[unit].active[rows] = True
    for world in worlds:
        welcome(world, renewal, stream)


def keep_birthdays(worlds: Sequence[World], birthdays: Birthdays, step: int) -> None:
    """Tell each world who reached an age at which something changes; who grew out of a chain leaves its states."""
    found: dict[tuple[str, int], IntArray] = {}
    for world in worlds:
        for unit, ages in _turning_ages(world).items():
            for age in ages:
                if (unit, age) not in found:
                    found[unit, age] = birthdays.born_in(unit, step - age)
                rows = found[unit, age]
                if len(rows):
                    _turn(world, unit, age, rows)


def _turn(world: World, unit: str, age: int, rows: IntArray) -> None:
    """Let rows turn an age (in steps)."""
    for chain in world.chains.values():
        if chain.unit == unit and chain.ages_steps is not None and chain.ages_steps[1] == age:
            world.move(chain.name, rows[world.state[chain.name][rows] != 0], 0)
    old, new = np.full(len(rows), age - 1), np.full(len(rows), age)
    for wire in world.compiled.wires.get(Source("age"), ()):
        if wire.unit == unit and age < len(wire.classes):
            world.tell_one(wire, rows, old, new)


def _turning_ages(world: World) -> dict[str, list[int]]:
    """List the ages, by unit, at which a code changes or a chain's window ends."""
    if world.turning_ages is None:
        ages: dict[str, set[int]] = {}
        for wire in world.compiled.wires.get(Source("age"), ()):
            at = np.flatnonzero(np.diff(wire.classes)) + 1
            ages.setdefault(wire.unit, set()).update(int(a) for a in at)
        for chain in world.chains.values():
            if chain.ages_steps is not None:
                ages.setdefault(chain.unit, set()).add(chain.ages_steps[1])
        world.turning_ages = {unit: sorted(found) for unit, found in ages.items()}
    return world.turning_ages
