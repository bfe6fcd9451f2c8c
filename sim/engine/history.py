"""Worlds on one history until regimes part: the one driver of every solver.

A regime cannot matter before it begins. So all worlds of an evidence set are one history, the baseline's, until the
step in which a regime starts: from there its world goes on by itself. Worlds that a solver knows to be alike stay one
history for ever. What a history holds, how one begins and how one goes on under another model are the business of the
solver, which says so in two functions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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
Alike = Callable[[World, World], bool]
"""Says whether two worlds come out the same from the same past."""


@dataclass(frozen=True)
class Parting(Generic[Kept]):
    """Worlds whose regime starts: the history that they leave, and theirs from now on; ``world`` is the first."""

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
    alike
        Says which worlds come out the same; by default none.
    first
        The step at which the baselines' histories begin; by default that of the warm-up.
    """

    def __init__(
        self,
        scenario: Scenario,
        begin: Callable[[World, list[str]], Kept],
        part: Callable[[Kept, World, int], Kept],
        alike: Alike = lambda one, other: one is other,
        first: int | None = None,
    ) -> None:
        self.scenario, self._part, self._alike = scenario, part, alike
        model = scenario.worlds[0].model
        self.first, self.end = -model.root.warm_up if first is None else first, model.clock.steps
        self.histories: list[Kept] = []
        baselines = [world for world in scenario.worlds if world.regime == scenario.baseline]
        for group in self._groups(baselines):
            sets = {world.effect_set for world in group}
            self.histories.append(begin(group[0], [w.name for w in scenario.worlds if w.effect_set in sets]))

    def _groups(self, worlds: Sequence[World]) -> list[list[World]]:
        """Put worlds that are alike together, in order."""
        groups: list[list[World]] = []
        for world in worlds:
            group = next((group for group in groups if self._alike(group[0], world)), None)
            if group is None:
                groups.append([world])
            else:
                group.append(world)
        return groups

    def of(self, world: str) -> Kept:
        """Give the history that stands for a world now."""
        return next(history for history in self.histories if world in history.names)

    def stands_for(self, world: str) -> bool:
        """Say whether a history that runs stands for a world."""
        return any(world in history.names for history in self.histories)

    def forget(self, worlds: Collection[str]) -> None:
        """Let the histories that stand for some worlds alone run no further."""
        self.histories = [history for history in self.histories if not set(history.names) <= set(worlds)]

    def part(self, step: int) -> list[Parting[Kept]]:
        """Let the worlds whose regime starts in a step go on by themselves, and say which they are."""
        starting = [
            world
            for world in self.scenario.worlds
            if world.regime != self.scenario.baseline
            and max(world.start, self.first) == step
            and self.of(world.name).regime != world.regime
        ]
        partings = []
        for old in list(self.histories):
            for group in self._groups([world for world in starting if world.name in old.names]):
                names = [world.name for world in group]
                old.names[:] = [name for name in old.names if name not in names]
                new = self._part(old, group[0], step)
                new.names[:] = names
                self.histories.append(new)
                partings.append(Parting(old, new, group[0]))
        return partings
