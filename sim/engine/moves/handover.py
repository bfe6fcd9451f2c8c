"""What a regime that starts does with the open cases of services that it gives no posts to."""

from __future__ import annotations

import numpy as np

from sim.engine.moves.consequences import mark
from sim.engine.moves.world import MovingWorld
from sim.model.handover import handed_over
from sim.model.spec import Model


def hand_over(world: MovingWorld, before: Model, rule: str) -> None:
    """Hand over, at the start of a regime, the cases of services that had posts before it and have none now.

    Parameters
    ----------
    world
        The world of the regime, its flows cleared for the step.
    before
        The model that held until now.
    rule
        As in ``handed_over``; a family that already has a case where it is handed to stays as it is.
    """
    ending, growing = handed_over(before, world.compiled.model, rule)
    moved = np.zeros(world.root.n, np.bool_)
    for name in ending:
        chain = world.chains[name]
        open_ = mark(chain, chain.waiting, *chain.engaged)
        rows = np.flatnonzero(open_[world.state[name]] & world.root.active)
        moved[rows] = True
        world.move(name, rows, chain.end)
    for name in growing:
        chain = world.chains[name]
        idle = mark(chain, *chain.idle)
        rows = np.flatnonzero(moved & idle[world.state[name]])
        world.move(name, rows, chain.waiting)
