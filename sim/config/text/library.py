"""Where configs are found: a path, or a name from ./configs of the working folder and then from the installed library.

Leaves out reading them: see ``source`` and ``merge``.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from sim.places import installed_configs

_SUFFIXES = (".yaml", ".yml")
MOST_NAMED = 12
"""Words that a message lists at most."""
_FIRST = ("", "scenarios", "textbook")
"""Folders in which a bare name is looked for before all others."""


def roots() -> list[Path]:
    """List the folders that hold libraries of configs: the working folder's own first, then the installed one."""
    candidates = [Path("configs"), installed_configs()]
    found: list[Path] = []
    for folder in candidates:
        if folder.is_dir() and folder.resolve() not in [other.resolve() for other in found]:
            found.append(folder)
    return found


def names(under: str = "") -> list[str]:
    """List the names in the library, such as ``scenarios/national``, or the bare names in one folder."""
    listed: set[str] = set()
    for root in roots():
        folder = root / under
        for path in folder.rglob("*"):
            if path.suffix in _SUFFIXES:
                listed.add(path.relative_to(folder).with_suffix("").as_posix())
    return sorted(listed)


def find(name: str, base: Path | None = None) -> Path | None:
    """Find a config by path (relative to ``base``, the folder of the file that asks) or by library name."""
    try:
        for candidate in _candidates(name, base):
            if candidate.is_file():
                return candidate
    except (OSError, ValueError):  # a name that is no path at all, such as one with a NUL
        return None
    return None


def _candidates(name: str, base: Path | None) -> list[Path]:
    """List the places to look in, best first."""
    path = Path(name)
    if path.is_absolute():
        return [path]
    if path.suffix in _SUFFIXES:
        return [(base or Path()) / path] + [root / path for root in roots()]
    listed = []
    for root in roots():
        for folder in _FIRST:
            listed += [root / folder / f"{name}{suffix}" for suffix in _SUFFIXES]
        if "/" not in name:
            listed += sorted(p for suffix in _SUFFIXES for p in root.rglob(f"{name}{suffix}"))
    return listed


def nearest(word: str, allowed: list[str]) -> str:
    """Give ``; did you mean 'x'?`` for the nearest allowed word, or nothing."""
    close = difflib.get_close_matches(str(word), allowed, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def some(allowed: Sequence[str], wanted: str) -> str:
    """List words; of many, how many there are and those nearest to the one that was wanted."""
    if len(allowed) <= MOST_NAMED:
        return ", ".join(allowed) or "none"
    near = difflib.get_close_matches(wanted, allowed, n=MOST_NAMED, cutoff=0.0)
    return f"{len(allowed):,}, the nearest {', '.join(near)}"


def not_found(name: str, under: str = "", base: Path | None = None) -> str:
    """Say that a config was not found, and what there is: in its folder (from ``base``) and in the library."""
    short = list(dict.fromkeys(item.rsplit("/", 1)[-1] for item in names(under)))
    studies = short if under else [item for folder in _FIRST if folder for item in names(folder)]
    there = f"; the library has {', '.join(studies[:MOST_NAMED])}" if studies else ""
    more = f" and {len(studies) - MOST_NAMED} more (families list)" if len(studies) > MOST_NAMED else ""
    near = nearest(name, _beside(name, base)) or nearest(name, [*studies, *short])
    if kind := _kind((base or Path()) / name):
        return f"given '{name}', which is {kind}; give a config file{there}{more}"
    return f"given '{name}', but there is no such file or library name{there}{more}{near}"


def _kind(path: Path) -> str:
    """Say what is at a path where it is no file; nothing where nothing is, or it is no path at all."""
    try:
        return "a folder" if path.is_dir() else "no regular file" if path.exists() or path.is_symlink() else ""
    except (OSError, ValueError):  # such as a name that is too long
        return ""


def _beside(name: str, base: Path | None) -> list[str]:
    """List the configs in the folder that a name points to, written as the name is."""
    given = Path(name)
    try:
        files = sorted(((base or Path()) / given.parent).iterdir())
    except (OSError, ValueError):
        return []
    found = [given.parent / (file.name if given.suffix else file.stem) for file in files if file.suffix in _SUFFIXES]
    return [path.as_posix() for path in found]
