"""What people read instead of the names of regimes and evidence sets: the titles that their config gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import xarray as xr

from sim.exhibits.style import words
from sim.results.facts import facts_of


@dataclass(frozen=True)
class Titles:
    """Titles by name; a name without one is said in words."""

    regimes: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)
    suppositions: Mapping[str, str] = field(default_factory=dict)

    def regime(self, name: str) -> str:
        """Say which regime."""
        return self.regimes.get(name) or words(name)

    def reading(self, name: str) -> str:
        """Say which reading of the evidence."""
        return self.sets.get(name) or words(name)

    def supposing(self, name: str) -> str:
        """Say what a reading of the evidence supposes, in words that follow "if"."""
        return self.suppositions.get(name) or f"the evidence is read “{self.reading(name)}”"

    def world(self, name: str) -> str:
        """Say which world, such as ``integrated/measured``: the regime, and its reading of the evidence in brackets."""
        regime, slash, reading = name.rpartition("/")
        said = self.reading(reading).replace(" (", ", ").replace(")", "")
        return f"{self.regime(regime)} ({said})" if slash else self.regime(name)


def titles_of(results: xr.Dataset | Mapping[str, Any]) -> Titles:
    """Give the titles of a run, from its Dataset or its summary; results of before have none."""
    if isinstance(results, xr.Dataset):
        facts = facts_of(results)
        return Titles(facts.regime_titles, facts.set_titles, facts.set_suppositions)
    held = results.get("titles", {})
    return Titles(held.get("regimes", {}), held.get("effect_sets", {}), held.get("suppositions", {}))
