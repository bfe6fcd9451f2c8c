"""Levers of a config, and the best setting of them: posts of a service, a caseload, a threshold, any path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from sim.config.check.problems import Findings
from sim.config.loading import find, load, scenario_of, tree_of
from sim.config.text.merge import put
from sim.config.text.source import Origin, Tree
from sim.config.text.writing import to_yaml
from sim.config.translate.model import config_of
from sim.errors import ModelError
from sim.model.spec import Model, Scenario
from sim.runs.draw_store import DrawStore
from sim.runs.ensemble import batches_of, run_batches, simulate
from sim.runs.executors import Batch
from sim.runs.identity import code_version
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
from sim.studies.shapley.answer import headline_terms
from sim.studies.uncertainty.answer import Solved

Tell = Callable[[int], None]
BATCH = 4
"""Points that run beside one baseline."""
_HERE = Origin("a point")


@dataclass(frozen=True)
class Question:
    """How points of a config are made; small enough to be sent to other processes."""

    path: str
    sets: tuple[str, ...]
    regime: str
    levers: tuple[Lever, ...]
    places: tuple[Place, ...] = ()

    def __call__(self, batch: Batch) -> list[Solved]:
        """Run some points beside one baseline."""
        chosen = self.places[batch.first : batch.first + batch.count]
        ds = simulate(self.scenario(chosen), rows=False)
        return [
            solved(ds, f"point_{i}", self.number(place), place, self.point(place), self.services())
            for i, place in enumerate(chosen)
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

    def scenario(self, places: Sequence[Place]) -> Scenario:
        """Make the baseline and a world for each place, under the first evidence set.

        Raises
        ------
        ModelError
            When a lever or its value does not suit the config.
        """
        tree = tree_of(self.path, self.sets)
        config = config_of(tree, Findings(tree))
        if config is not None and config.effect_set:
            one = Tree((Tree(config.effect_set[0], _HERE),), _HERE)
            tree = put(tree, "effect_set", one, _HERE, [], "")
        regimes = tree.mapping["regimes"].mapping
        first = (config.baseline if config is not None else None) or next(iter(regimes))
        made = {first: regimes[first]}
        for i, place in enumerate(places):
            made[f"point_{i}"] = self._regime(regimes[self.regime], self.point(place))
        every = Tree(made, tree.mapping["regimes"].origin, dict.fromkeys(made, _HERE))
        scenario = scenario_of(tree.with_entries({**tree.mapping, "regimes": every}, tree.keys), find(self.path))
        points = {f"point_{i}": self.point(place) for i, place in enumerate(places)}
        worlds = tuple(
            replace(w, model=self._staffed(w.model, points[w.regime])) if w.regime in points else w
            for w in scenario.worlds
        )
        return replace(scenario, worlds=worlds)

    def _regime(self, regime: Tree, point: Sequence[float]) -> Tree:
        """Lay the values of paths over what the regime sets."""
        own = regime.mapping["set"].mapping if "set" in regime.mapping else {}
        entries = dict(own)
        for lever, value in zip(self.levers, point, strict=True):
            if not lever.service:
                for path, tree in entries_of(lever, value):
                    entries.pop(path, None)
                    entries[path] = tree
        laid = Tree(entries, _HERE, dict.fromkeys(entries, _HERE))
        return regime.with_entries({**regime.mapping, "set": laid}, {**regime.keys, "set": _HERE})

    def _staffed(self, model: Model, point: Sequence[float]) -> Model:
        """Multiply posts."""
        for lever, value in zip(self.levers, point, strict=True):
            if lever.service:
                model = staffed(model, lever.service, value, lever.name.partition("@")[2])
        return model


def optimise(
    path: str | Path, regime: str, levers: Sequence[Lever], sets: Sequence[str] = (), *,
    budget: float | None = None, most: int = 64, workers: int = 1, keep: Path | None = None, tell: Tell | None = None,
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
    tell
        Called with the number of points known.

    Raises
    ------
    ModelError
        When the config or a lever is wrong.
    ResultError
        When ``keep`` holds points of something else.
    """
    base = load(path, sets)
    there = [name for name in dict.fromkeys(w.regime for w in base.worlds) if name != base.baseline]
    if regime not in there:
        raise ModelError(f"there is no regime '{regime}' to set; there are {', '.join(there) or 'none'}")
    asked = Question(str(path), tuple(sets), regime, tuple(levers))
    store = DrawStore(keep, _digest(asked)) if keep is not None else None
    known = store.known() if store is not None else {}

    def evaluate(places: Sequence[Place]) -> dict[Place, Tried]:
        missing = [place for place in places if asked.number(place) not in known]
        task = replace(asked, places=tuple(missing))
        with closing(run_batches(task, batches_of(range(len(missing)), BATCH), workers, None)) as done:
            for some in done:
                known.update({one.draw: one for one in some})
                if store is not None:
                    store.add(some)
                if tell is not None:
                    tell(len(known))
        return {place: tried_of(known[asked.number(place)], asked.services()) for place in places}

    try:
        found = search(evaluate, levers, budget, most=most)
        lines = _frontier(found, levers, evaluate)
    except ModelError:
        raise
    except ValueError as error:
        raise ModelError(str(error)) from error
    return Optimum(
        base.title, regime, base.baseline, tuple(levers), budget, found, lines, headline_terms(base, regime, VIEW)
    )


def _frontier(found: Search, levers: Sequence[Lever], evaluate: Evaluate) -> Frontier | None:
    """Run every value of the first lever on posts, the others at the best point."""
    axis = next((i for i, lever in enumerate(levers) if lever.service), None)
    best = found.best or max(found.tried.values(), key=lambda one: -float(one.spend.mean()))
    if axis is None:
        return None
    places = [(*best.place[:axis], i, *best.place[axis + 1 :]) for i in range(len(levers[axis].grid()))]
    return frontier(levers[axis], axis, list(evaluate(places).values()), best)


def _digest(asked: Question) -> str:
    """Say what points are of: the config, the levers, and the program."""
    told = [to_yaml(tree_of(asked.path, asked.sets)), asked.regime, *map(repr, asked.levers), code_version()]
    return sha256("\n".join(told).encode()).hexdigest()
