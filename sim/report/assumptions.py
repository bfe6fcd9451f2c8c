"""The register of assumptions in a report, by part of the config, and what the model leaves out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from sim.config.views.recorded import recorded_register
from sim.config.views.register import RegisterEntry
from sim.errors import ModelError
from sim.exhibits.style import words

PARTS = {
    "parameters": "Parameters",
    "units": "Families, children and areas",
    "chains": "How states change",
    "effects": "How states affect each other",
    "services": "Services",
    "regimes": "Regimes",
    "effect_sets": "Readings of the evidence",
    "costs": "Unit costs",
    "appraisal": "Terms of appraisal",
    "discount": "Discounting",
    "claims": "Figures that were claimed or measured, set beside the answer; no result reads them",
}
CLAIMS = "appraisal.claims."
LEFT_OUT = "left_out.json"


@dataclass(frozen=True)
class RegisterPart:
    """A part of the register: its title, its entries, and how many of them are assumptions."""

    title: str
    entries: tuple[RegisterEntry, ...]

    @property
    def assumed(self) -> int:
        """How many entries are judgements rather than published figures."""
        return sum(entry.is_assumption for entry in self.entries)

    @property
    def uprated(self) -> int:
        """How many entries are old prices brought forward by the index of prices."""
        return sum(entry.is_uprated for entry in self.entries)


def parts(run: Mapping[str, Any]) -> list[RegisterPart]:
    """Group every figure of a run's config that has a source or an interval; none if it cannot be read."""
    try:
        found = recorded_register(run)
    except ModelError:
        return []
    grouped: dict[str, list[RegisterEntry]] = {name: [] for name in PARTS}
    for entry in found:
        part = "claims" if entry.path.startswith(CLAIMS) else entry.path.split(".", 1)[0]
        grouped.setdefault(part, []).append(entry)
    return [RegisterPart(PARTS.get(name, words(name)), tuple(entries)) for name, entries in grouped.items() if entries]


def name_of(entry: RegisterEntry) -> str:
    """Name a figure by its path, without the part that heads it and the key of its number."""
    return " › ".join(words(step.strip('"')) for step in _steps(entry.path)[1:-1]) or entry.path


def _steps(path: str) -> list[str]:
    """Split a path at its dots, but for those within quotes."""
    steps, quoted = [""], False
    for sign in path:
        quoted ^= sign == '"'
        if sign == "." and not quoted:
            steps.append("")
        else:
            steps[-1] += sign
    return steps


def span_of(entry: RegisterEntry) -> str:
    """Write the interval of a figure; nothing where it has none."""
    ends = [f"{end:.6g}" for end in (entry.low, entry.high) if end is not None]
    return " to ".join(ends)


def left_out(run: Mapping[str, Any]) -> list[str]:
    """List what a run leaves out: any model here, then each file of the library that the config is made of."""
    held: dict[str, list[str]] = json.loads((files("sim.report") / LEFT_OUT).read_text(encoding="utf-8"))
    where = {str(origin).split(":", 1)[0] for origin in run.get("origins", {}).values()}
    return [line for key, lines in held.items() if not key or any(o.endswith(key) for o in where) for line in lines]
