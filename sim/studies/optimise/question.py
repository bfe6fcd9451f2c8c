"""Levers of a config, and the best setting of them: posts of a service, a caseload, a threshold, any path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sim.config.loading import find, scenario_of, tree_of
from sim.config.text.source import Origin, Tree
from sim.config.text.writing import to_yaml
from sim.economics.value.terms import headline_terms
from sim.errors import ModelError
from sim.model.spec import Model, Scenario
from sim.runs.identity import digest_of_points
from sim.runs.kept import Successive
from sim.runs.points import Points, Solved, kept_in, store_of_solved
from sim.runs.replications import without_answer
from sim.runs.variants import beside_baseline, settings_of, under_first_set, with_settings
from sim.stages import SILENT, StageListener
from sim.studies.optimise.answer import (
    VIEW,
    Evaluate,
    Frontier,
    Lever,
    Optimum,
    Place,
    Search,
    Tried,
    frontier,
    search,
    solved,
    tried_of,
)
from sim.studies.optimise.levers import entries_of, staffed

BATCH = 4
"""Settings that run beside one baseline."""
_HERE = Origin("a point")


@dataclass(frozen=True)
class OptimiseSettings:
    """A config and the levers of one of its regimes; settings of them are numbered along the grid."""

    file: Path
    tree: Tree
    regime: str
    levers: tuple[Lever, ...]
    run: Successive = field(default_factory=Successive, compare=False, repr=False)
    """What runs settings: of the baseline, which they share, each process keeps what it has run."""

    def __call__(self, numbers: Sequence[int]) -> list[Solved]:
        """Run some settings beside one baseline."""
        places = [self.place(number) for number in numbers]
        ds = self.run(without_answer(self.scenario(places)))
        return [
            solved(ds, f"point_{i}", number, place, self.point(place), self.services())
            for i, (number, place) in enumerate(zip(numbers, places, strict=True))
        ]

    def services(self) -> tuple[str, ...]:
        """Name the services whose posts are levers."""
        return tuple(dict.fromkeys(lever.service for lever in self.levers if lever.service))

    def point(self, place: Place) -> tuple[float, ...]:
        """Give the values of the levers at a place on the grid."""
        return tuple(lever.grid()[i] for lever, i in zip(self.levers, place, strict=True))

    def number(self, place: Place) -> int:
        """Number a place."""
        number = 0
        for lever, i in zip(self.levers, place, strict=True):
            number = number * len(lever.grid()) + i
        return number

    def place(self, number: int) -> Place:
        """Give the place of a number."""
        place: list[int] = []
        for lever in reversed(self.levers):
            number, i = divmod(number, len(lever.grid()))
            place.insert(0, i)
        return tuple(place)

    def scenario(self, places: Sequence[Place]) -> Scenario:
        """Make the baseline and a world for each place, under the first evidence set.

        Raises
        ------
        ModelError
            When a lever or its value does not suit the config.
        """
        points = {f"point_{i}": self.point(place) for i, place in enumerate(places)}
        regime = self.tree.mapping["regimes"].mapping[self.regime]
        made = {name: self._regime(regime, point) for name, point in points.items()}
        scenario = scenario_of(beside_baseline(under_first_set(self.tree, _HERE), made, _HERE), self.file)
        worlds = tuple(
            replace(w, model=self._staffed(w.model, points[w.regime])) if w.regime in points else w
            for w in scenario.worlds
        )
        return replace(scenario, worlds=worlds)

    def _regime(self, regime: Tree, point: Sequence[float]) -> Tree:
        """Lay the values of paths over what the regime sets."""
        entries = dict(settings_of(regime))
        for lever, value in zip(self.levers, point, strict=True):
            if not lever.service:
                for path, tree in entries_of(lever, value):
                    entries.pop(path, None)
                    entries[path] = tree
        return with_settings(regime, entries, _HERE)

    def _staffed(self, model: Model, point: Sequence[float]) -> Model:
        """Multiply posts."""
        for lever, value in zip(self.levers, point, strict=True):
            if lever.service:
                model = staffed(model, lever.service, value, lever.name.partition("@")[2])
        return model

    def digest(self) -> str:
        """Say what settings are of: the config, the levers, and the program."""
        return digest_of_points(to_yaml(self.tree), self.regime, *map(repr, self.levers))


def optimise(
    path: str | Path, regime: str, levers: Sequence[Lever], sets: Sequence[str] = (), *,
    budget: float | None = None, most: int = 64, workers: int = 1, keep: Path | None = None, at: StageListener = SILENT,
) -> Optimum:  # fmt: skip
    """Find the setting of levers with the highest net present social value of a regime against the baseline.

    Parameters
    ----------
    path, sets
        As for ``load``.
    regime
        Whose levers; the baseline stays as it is.
    levers
        See ``lever_of``.
    budget
        The most that services may cost more than under the baseline: pounds, resources, present value.
    most
        Points up to which the whole grid is run, and at which a search ends; the frontier may add a few.
    workers
        Processes; the results are the same whatever their number.
    keep
        A file in which points are kept as they come; those that are there already are not run again.
    at
        Told how many settings are run and wanted; a search does not know how many it will want.

    Raises
    ------
    ModelError
        When the config or a lever is wrong.
    ResultError
        When ``keep`` holds points of something else.
    """
    settings = OptimiseSettings(find(path), tree_of(path, sets), regime, tuple(levers))
    base = scenario_of(settings.tree, settings.file)
    there = [name for name in dict.fromkeys(w.regime for w in base.worlds) if name != base.baseline]
    if regime not in there:
        raise ModelError(f"there is no regime '{regime}' to set; there are {', '.join(there) or 'none'}")
    points = Points(settings, store_of_solved(keep, settings.digest), workers, BATCH, at)
    at.stage("Settings")

    def evaluate(places: Sequence[Place]) -> dict[Place, Tried]:
        with kept_in(keep):
            found = points.at([settings.number(place) for place in places])
        return {place: tried_of(one, settings.services()) for place, one in zip(places, found, strict=True)}

    try:
        found = search(evaluate, levers, budget, most=most)
        lines = _frontier(found, levers, evaluate)
    except ModelError:
        raise
    except ValueError as error:
        raise ModelError(str(error)) from error
    return Optimum(
        base.title, regime, base.baseline, tuple(levers), budget, found, lines, headline_terms(base, regime, VIEW),
        base.titles,
    )


def _frontier(found: Search, levers: Sequence[Lever], evaluate: Evaluate) -> Frontier | None:
    """Run every value of the first lever on posts, the others at the best point."""
    axis = next((i for i, lever in enumerate(levers) if lever.service), None)
    best = found.best or max(found.tried.values(), key=lambda one: -float(one.spend.mean()))
    if axis is None:
        return None
    places = [(*best.place[:axis], i, *best.place[axis + 1 :]) for i in range(len(levers[axis].grid()))]
    return frontier(levers[axis], axis, list(evaluate(places).values()), best)
