"""What calibration asks of the track of one world: whom the programme helps and takes on, and what became of those.

What is made of it is in ``outputs``; following rows is ``sim.runs.follow``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.counts.layout import layout_of
from sim.errors import ModelError
from sim.evaluation.trial.panel import Names
from sim.model.spec import Scenario
from sim.runs.follow.track import Track
from sim.runs.follow.tracker import track

ENTRY_STEPS = (13, 24)
"""Who is first helped from the first of these steps to before the second is an entrant: a year is known before it."""


@dataclass(frozen=True)
class WorldHistory(Track):
    """The track of the one world of a scenario, with its programme; ``names`` says what that and the hub are called."""

    names: Names = field(default_factory=Names)

    @cached_property
    def engaged(self) -> BoolArray:
        """Whether a key worker is with the family at the end of a step, (step, family)."""
        programme = self.names.programme
        return np.asarray(self.engaged_states(programme)[self.states[programme]])

    @cached_property
    def flows(self) -> dict[str, float]:
        """Move of the programme, ``source -> target``, to how many made it, those passed through within a step too."""
        moves = enumerate(layout_of(self.scenario).flows)
        return {
            f"{source} -> {target}": float(self.record.flows[0, :, i].sum())
            for i, (_, chain, source, target) in moves if chain == self.names.programme
        }  # fmt: skip

    @property
    def team(self) -> FloatArray:
        """Posts filled, places, families helped and waiting of the programme, (step, 4); empty where there is none."""
        services = list(layout_of(self.scenario).services)
        if self.names.programme not in services:
            return np.zeros((0, 4))
        return self.record.team[0, :, services.index(self.names.programme)]

    @cached_property
    def entries(self) -> list[tuple[int, IntArray]]:
        """Steps of ``ENTRY_STEPS`` with the families first helped in each, of whom the year before is known."""
        generation = self.generation[self.root]
        ever = np.zeros(generation.shape[1], np.bool_)
        found: list[tuple[int, IntArray]] = []
        for t in range(min(ENTRY_STEPS[1], self.n_steps)):
            ever &= generation[t] == generation[max(t - 1, 0)]
            if t >= ENTRY_STEPS[0]:
                new = self.engaged[t] & ~ever & (generation[t] == generation[t - 12])
                found.append((t, np.flatnonzero(new)))
            ever |= self.engaged[t]
        return found


def follow(scenario: Scenario, replication: int = 0) -> WorldHistory:
    """Simulate one replication of a scenario of one world and keep all of it.

    Parameters
    ----------
    scenario
        One world, from point 0 to its last step; the warm-up is run and not kept.
    replication
        Its number: with the seed it fixes every draw.

    Raises
    ------
    ModelError
        When the scenario has several worlds.
    """
    if len(scenario.worlds) != 1:
        raise ModelError(f"'{scenario.name}' has {len(scenario.worlds)} worlds; targets are measured in one")
    world = scenario.worlds[0]
    found = track(scenario, replication, [world.name], 0, world.model.clock.steps, bills=True)
    return WorldHistory(**vars(found[world.name]))
