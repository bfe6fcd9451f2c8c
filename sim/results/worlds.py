"""Worlds on the two dimensions regime and evidence set, there and back."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.model.spec import Scenario
from sim.results.facts import WorldName, facts_of

__all__ = [
    "NOT_REFITTED", "WorldGrid", "WorldName", "baseline_of", "is_not_refitted", "of_world", "other_worlds", "row_name",
    "said_elsewhere", "world_names",
]  # fmt: skip


@dataclass(frozen=True)
class WorldGrid:
    """Where each world of a scenario stands; called with (replication, world, ...) arrays to spread them."""

    regimes: tuple[str, ...]
    effect_sets: tuple[str, ...]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, scenario: Scenario) -> WorldGrid:
        """Order regimes and evidence sets as they first appear."""
        regimes = tuple(dict.fromkeys(world.regime for world in scenario.worlds))
        sets = tuple(dict.fromkeys(world.effect_set for world in scenario.worlds))
        places = tuple((regimes.index(w.regime), sets.index(w.effect_set)) for w in scenario.worlds)
        return cls(regimes, sets, places)

    def one(self, array: FloatArray) -> FloatArray:
        """Turn (world, ...) into (regime, effect_set, ...), NaN where there is no such world."""
        result = np.full((len(self.regimes), len(self.effect_sets), *array.shape[1:]), np.nan)
        for w, place in enumerate(self.places):
            result[place] = array[w]
        return result

    def __call__(self, array: FloatArray) -> FloatArray:
        """Turn (replication, world, ...) into (regime, effect_set, replication, ...)."""
        return self.one(np.moveaxis(array, 0, 1))


def world_names(ds: xr.Dataset) -> list[WorldName]:
    """List the worlds of a Dataset in the order of their scenario."""
    return list(facts_of(ds).worlds)


def of_world(ds: xr.Dataset, world: WorldName, variable: str) -> xr.DataArray:
    """Give the part of a variable that belongs to one world."""
    return ds[variable].sel(regime=world.regime, effect_set=world.effect_set)


def other_worlds(ds: xr.Dataset) -> list[WorldName]:
    """List the worlds of all regimes but the baseline."""
    return [world for world in world_names(ds) if world.regime != facts_of(ds).baseline]


NOT_REFITTED = "effects not refitted"


def is_not_refitted(ds: xr.Dataset, world: WorldName) -> bool:
    """Say whether a world's effects were solved for in another model; the baseline has none that were."""
    return world.effect_set in facts_of(ds).not_refitted and world.regime != facts_of(ds).baseline


def row_name(name: str, not_refitted: Container[str]) -> str:
    """Write the name of a world, or of an evidence set, with a word where its effects were solved for elsewhere."""
    return f"{name} ({NOT_REFITTED})" if name in not_refitted else name


def baseline_of(ds: xr.Dataset, world: WorldName) -> WorldName:
    """Give the world of the baseline regime under the same evidence set."""
    return next(
        other for other in world_names(ds)
        if other.regime == facts_of(ds).baseline and other.effect_set == world.effect_set
    )  # fmt: skip


def said_elsewhere(regimes: Sequence[str]) -> str:
    """Say in a sentence whose posts were found in another model; nothing where nobody's were."""
    if not regimes:
        return ""
    verb = "was" if len(regimes) == 1 else "were"
    return f"{' and '.join(regimes)} {verb} found in another model; 'families best-use' searches in this one."
