"""Time passing for the rows themselves: newcomers and leavers, and birthdays that end what may happen to a row.

Who comes and goes is the same in every world, so it is done for all worlds together, in phases.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.arrays import IntArray
from sim.engine.fate.uniforms import positions
from sim.engine.moves.opening import FirstStates, leave, welcome
from sim.engine.moves.world import MovingWorld


def turn_over(worlds: Sequence[MovingWorld], step: int, stream: int) -> None:
    """Let rows leave and enter at the start of a step, in every world at once."""
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
        people.born[rows] = renewal.born[unit]
        drawn = FirstStates(people, rows, step, stream)
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
