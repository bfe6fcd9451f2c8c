"""What a regime that starts does with the open cases of services that it gives no posts to."""

from __future__ import annotations

import numpy as np

from sim.engine.moves.consequences import mark
from sim.engine.moves.world import MovingWorld
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
        ``finish``: open cases go on to their end and nobody new is let in. ``close``: all are closed at once.
        ``transfer``: they are closed, and their families join the queue of each service that has more posts now
        than before (a family that already has a case there stays as it is).
    """
    if rule == "finish":
        return
    now = world.compiled.model
    ending = [name for name in world.joined if posts(before, name) > 0 and posts(now, name) == 0]
    growing = [name for name in world.joined if posts(now, name) > posts(before, name)]
    moved = np.zeros(world.root.n, np.bool_)
    for name in ending:
        chain = world.chains[name]
        open_ = mark(chain, chain.waiting, *chain.engaged)
        rows = np.flatnonzero(open_[world.state[name]] & world.root.active)
        moved[rows] = True
        world.move(name, rows, chain.end)
    if rule == "transfer":
        for name in growing:
            chain = world.chains[name]
            idle = mark(chain, *chain.idle)
            rows = np.flatnonzero(moved & idle[world.state[name]])
            world.move(name, rows, chain.waiting)


def posts(model: Model, service: str) -> float:
    """Give the posts that a model ever gives a service; a service without a team has no limit, so infinitely many."""
    chain = model.chain(service)
    if not chain.is_gated or chain.service is None or chain.service.team is None:
        return np.inf
    team = chain.service.team
    levels = [team.workers, *(workers for _, workers in team.funding)]
    return max(sum(level.values()) for level in levels)
