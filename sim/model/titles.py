"""What people read instead of names of regimes, evidence sets and services: the titles that their config gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Titles:
    """Titles by name; a name without one is said in words."""

    regimes: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)
    suppositions: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)

    def regime(self, name: str) -> str:
        """Say which regime."""
        return self.regimes.get(name) or _words(name)

    def reading(self, name: str) -> str:
        """Say which reading of the evidence."""
        return self.sets.get(name) or _words(name)

    def service(self, name: str) -> str:
        """Say which service."""
        return self.services.get(name) or _words(name)

    def aside(self, name: str) -> str:
        """Say which reading of the evidence, to stand in brackets."""
        return self.reading(name).replace(" (", ", ").replace(")", "")

    def supposing(self, name: str) -> str:
        """Say what a reading of the evidence supposes, in words that follow "if"."""
        return self.suppositions.get(name) or f"the evidence is read “{self.reading(name)}”"

    def world(self, name: str) -> str:
        """Say which world, such as ``integrated/measured``: the regime, and its reading of the evidence in brackets."""
        regime, slash, reading = name.rpartition("/")
        return f"{self.regime(regime)} ({self.aside(reading)})" if slash else self.regime(name)


def _words(name: str) -> str:
    """Write a name as words."""
    return name.replace("_", " ")
