"""Worlds on one history until regimes part: the one driver of every solver.

A regime cannot matter before it begins. So all worlds of an evidence set are one history, the baseline's, until the
step in which a regime starts: from there its world goes on by itself. What a history holds, how one begins and how one
goes on under another model are the business of the solver, which says so in two functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sim.model.spec import Scenario, World


@dataclass(eq=False)
class History:
    """A history that runs: the worlds that it stands for, by name, and its regime; a solver adds what it keeps of it.

    A history is equal to itself alone, so that it can be a key.
    """

    names: list[str]
    regime: str


Kept = TypeVar("Kept", bound=History)


@dataclass(frozen=True)
class Parting(Generic[Kept]):
    """A world whose regime starts: the history that it leaves, and its own from now on."""

    old: Kept
    new: Kept
    world: World


class Timeline(Generic[Kept]):
    """The histories of a scenario, in the order in which they began.

    Parameters
    ----------
    scenario
        Whose worlds.
    begin
        Begins the history of a baseline world at the first step; it stands for the worlds named.
    part
        Gives the history of a world whose regime starts in a step: that of the history it leaves, under its own model.
    """

    def __init__(
        self, scenario: Scenario, begin: Callable[[World, list[str]], Kept], part: Callable[[Kept, World, int], Kept]
    ) -> None:
        self.scenario, self._part = scenario, part
        model = scenario.worlds[0].model
        self.first, self.end = -model.root.warm_up, model.clock.steps
        self.histories: list[Kept] = []
        for world in scenario.worlds:
            if world.regime == scenario.baseline:
                names = [w.name for w in scenario.worlds if w.effect_set == world.effect_set]
                self.histories.append(begin(world, names))

    def of(self, world: str) -> Kept:
        """Give the history that stands for a world now."""
        return next(history for history in self.histories if world in history.names)

    def part(self, step: int) -> list[Parting[Kept]]:
        """Let the worlds whose regime starts in a step go on by themselves, and say which they are."""
        partings = []
        for world in self.scenario.worlds:
            old = self.of(world.name)
            if world.regime not in (self.scenario.baseline, old.regime) and max(world.start, self.first) == step:
                old.names.remove(world.name)
                new = self._part(old, world, step)
                self.histories.append(new)
                partings.append(Parting(old, new, world))
        return partings
