"""The files that a config was read from, each with its sha256: what a run rests on beside the program."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sim.config.text import library
from sim.model.spec import AS_WRITTEN, Scenario


def inputs_of(scenario: Scenario) -> dict[str, str]:
    """Give the sha256 of every file that a scenario was read from, by its path, in order of the paths.

    Layers and evidence sets; what was set on the command line has no file and stands in the resolved config.
    """
    there = sorted({path for path in _named(scenario) if Path(path).is_file()})
    return {path: sha256(Path(path).read_bytes()).hexdigest() for path in there}


def _named(scenario: Scenario) -> Iterator[str]:
    """Name the files; a place is written as file, line and column."""
    for place in scenario.origins.values():
        yield place.rsplit(":", 2)[0]
    for name in dict.fromkeys(world.effect_set for world in scenario.worlds):
        found = library.find(f"evidence_sets/{name}.yaml") if name != AS_WRITTEN else None
        if found is not None:
            yield str(found)
