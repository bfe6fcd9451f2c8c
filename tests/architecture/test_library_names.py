"""The program knows no model: what chains, services, traits and memories of the library are called stands in configs.

``sim.evaluation`` alone is about the library's nation and may name its parts. Elsewhere a name comes from the scenario.
Docstrings and examples may name anything.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sim.config.text.source import read
from tests.places import CONFIGS, ROOT

PARTS = ("chains", "services", "traits", "remember")
SOURCES = sorted(path for path in (ROOT / "sim").rglob("*.py") if "evaluation" not in path.parts)
ALLOWED = {
    "sim/engine/solvers/by_day/family.py": {"children"},  # an attribute in ``__slots__``, no trait
    "sim/results/shown.py": {"crisis", "care"},  # what pages show first, in one place; no key of a config says it yet
    # A small model of its own, whose bytes seal what is kept: other names would break every seal.
    "sim/runs/probe.py": {"crisis", "care", "school", "keyworker", "children", "frailty"},
}
"""File -> names that may stand there."""


@cache
def library_names() -> set[str]:
    """Collect what the files of the library's model call its parts."""
    trees = [read(path).mapping for path in sorted((CONFIGS / "model").rglob("*.yaml"))]
    return {name for tree in trees for part in PARTS if part in tree for name in tree[part].mapping}


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """List the strings of a file that are values: its line and text, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def test_the_library_has_the_names_that_are_looked_for() -> None:
    assert {"keyworker", "crisis", "care", "frailty", "months_in_crisis", "jobcentre"} <= library_names()


def test_no_name_of_the_library_outside_evaluation() -> None:
    found = []
    for path in SOURCES:
        place = path.relative_to(ROOT).as_posix()
        names = library_names() - ALLOWED.get(place, set())
        found += [f"{place}:{line}: '{text}'" for line, text in literals(path) if text in names]
    assert not found, "take it from the scenario, or move it to sim/evaluation: " + "; ".join(found)


def test_what_is_allowed_is_still_there() -> None:
    for place, names in ALLOWED.items():
        assert names <= {text for _, text in literals(ROOT / place)}, place
