"""What is done with the open cases of services that end, when a regime starts or funding stops."""

from __future__ import annotations

import numpy as np

from sim.engine.moves.consequences import mark
from sim.engine.moves.world import MovingWorld
from sim.model.handover import Handed


def hand_over(world: MovingWorld, handed: Handed, rule: str) -> bool:
    """Send home who is on the way to a service that ends, and hand over its open cases by the rule.

    Parameters
    ----------
    world
        The world, its flows cleared for the step.
    handed
        Which services end where, and which take families in, as in ``handed_over``.
    rule
        ``finish``, ``close`` or ``transfer``; a family that already has a case where it is handed to stays as it is.

    Returns
    -------
        Whether anybody was moved.
    """
    names = world.compiled.model.areas.names
    moved = {unit: np.zeros(rows.n, np.bool_) for unit, rows in world.population.rows.items()}
    for name, areas in handed.ending.items():
        chain, people = world.chains[name], world.rows(name)
        open_ = mark(chain, *chain.door, *(() if rule == "finish" else chain.engaged))
        here = np.array([area in areas for area in names])  # (area,)
        rows = np.flatnonzero(open_[world.state[name]] & here[people.area] & people.active)
        moved[chain.unit][rows] = True
        world.move(name, rows, chain.end)
    for name in handed.receiving:
        chain = world.chains[name]
        idle = mark(chain, *chain.idle)
        rows = np.flatnonzero(moved[chain.unit] & idle[world.state[name]])
        world.move(name, rows, chain.waiting)
    return any(rows.any() for rows in moved.values())
