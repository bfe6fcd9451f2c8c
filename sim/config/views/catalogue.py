"""The scenarios of the library as people read them: whose rows each has, and what it tests in one line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sim.config.text import library
from sim.config.text.layers import load_tree
from sim.config.text.source import Tree, plain

SHOWN = ("title", "units")
"""The sections that the catalogue reads."""


@dataclass(frozen=True)
class CatalogueEntry:
    """A scenario of the library: its name, title, whose rows it has, and what it tests in one line."""

    name: str
    title: str
    population: str
    about: str


def scenarios() -> list[CatalogueEntry]:
    """List the scenarios of the library; ``about`` is the first sentence of the comment that opens the file."""
    found = []
    for name in library.names("scenarios"):
        path = library.find(f"scenarios/{name}.yaml")
        if path is not None:
            tree = load_tree(path, only=SHOWN)
            found.append(CatalogueEntry(name, _text(tree, "title"), _population(tree), _about(path)))
    return found


def _text(tree: Tree, key: str) -> str:
    """Give the text of a key, or nothing."""
    return str(tree.mapping[key].value) if key in tree.mapping else ""


def _population(tree: Tree) -> str:
    """Say whose rows there are and how many, from the root unit; a config that is not right yet says what it can."""
    units = plain(tree.mapping["units"]) if "units" in tree.mapping else None
    if not isinstance(units, dict) or not units:
        return ""
    name, unit = next(iter(units.items()))
    arrive, size = (unit.get("arrive"), unit.get("size")) if isinstance(unit, dict) else (None, None)
    if isinstance(arrive, dict) and "poisson" in arrive:
        return f"{name}, {arrive['poisson']} arriving"
    return f"{size:,} x {name}" if isinstance(size, int) else str(name)


def _about(path: Path) -> str:
    """Give the first sentence of the comment that opens a file, without what is meant for editors, or nothing."""
    comment: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        if not line.startswith("# yaml-language-server"):
            comment.append(line.removeprefix("#").strip())
    return re.split(r"(?<=\.)\s", " ".join(comment), maxsplit=1)[0]
