"""Time passing for the rows themselves: newcomers and leavers, and birthdays that end what may happen to a row.

Who comes and goes is the same in every world, so it is done for all worlds together, in phases.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.arrays import IntArray
from sim.engine.fate.uniforms import positions
from sim.engine.moves.opening import FirstStates, leave, welcome
from sim.engine.moves.world import MovingWorld


def turn_over(worlds: Sequence[MovingWorld], step: int, stream: int, late: bool = False) -> None:
    """Let rows leave and enter in a step, in every world at once: at its start, or (``late``) at its end.

    Births and families that are replaced enter at the start, where those leave whose places they take: as many are
    exposed in a step as there are at a point.
    """
    population = worlds[0].population
    renewal = population.renewals.get(step)
    if renewal is None:
        return
    for unit, rows in renewal.leaving.items():
        for world in worlds:
            leave(world, unit, rows)
        population.rows[unit].active[rows] = False
    for unit, rows in renewal.entering.items():
        people = population.rows[unit]
        new = rows[~people.active[rows]]
        people.active[rows] = True
        people.born[rows] = renewal.born[unit] + late
        drawn = FirstStates(people, rows, step + late, stream)
        for world in worlds:
            welcome(world, unit, new, drawn)


def keep_birthdays(worlds: Sequence[MovingWorld], step: int) -> None:
    """Let who has grown out of a chain leave its states."""
    found: dict[tuple[str, int], IntArray] = {}
    for chain in worlds[0].chains.values():
        if chain.ages_steps is None:
            continue
        age = chain.ages_steps[1]
        if (chain.unit, age) not in found:
            people = worlds[0].population.rows[chain.unit]
            found[chain.unit, age] = positions((people.born == step - age) & people.active)
        rows = found[chain.unit, age]
        for world in worlds:
            world.move(chain.name, rows[world.state[chain.name][rows] != 0], 0)
