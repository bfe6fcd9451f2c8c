"""Layers of config read into one tree: files that extend each other, each with its ``set``, then ``--set``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sim.config.text import library
from sim.config.text.merge import apply_set, merge, put, split_path, without
from sim.config.text.source import Origin, Tree, parse, read
from sim.errors import ModelError, Problem

MAX_EXTENDS = 20
MAX_FILES = 200


def load_tree(path: Path, sets: Sequence[str] = (), only: Collection[str] = ()) -> Tree:
    """Read a config with all that it extends, then apply ``key=value`` settings; ``only`` as for ``read``.

    Raises
    ------
    ModelError
        When a file is missing or unreadable, when files extend each other in a ring, or a setting is no setting.
    """
    return with_settings(_layered(path, (), [0], only), sets)


def with_settings(tree: Tree, sets: Sequence[str]) -> Tree:
    """Apply ``key=value`` settings to a tree.

    Raises
    ------
    ModelError
        When a setting is no setting, or leads nowhere.
    """
    problems: list[Problem] = []
    for text in sets:
        tree = _apply_setting(tree, text, problems)
    if problems:
        raise ModelError(problems)
    return tree


def _layered(path: Path, above: tuple[Path, ...], count: list[int], only: Collection[str] = ()) -> Tree:
    """Read one file over what it extends; ``above`` are the files that led here, ``count`` how many were read."""
    own = read(path, (*only, "extends", "set") if only else ())
    above = (*above, path.resolve())
    count[0] += 1
    asked = own.mapping.get("extends")
    tree: Tree | None = None
    problems: list[Problem] = []
    for item in (asked.items or (asked,)) if asked is not None and asked.value is not None else ():
        try:
            below = _layered(_extended(item, path.parent, above, count), above, count, only)
            tree = below if tree is None else merge(tree, below)
        except ModelError as error:
            problems += error.problems
    if problems:
        raise ModelError(problems)
    own_set = own.mapping.get("set")
    if only and own_set is not None:
        own_set = without(own_set, *(key for key in own_set.mapping if split_path(key)[:1] not in {(o,) for o in only}))
    own = without(own, "extends", "set")
    tree = own if tree is None else replace(merge(tree, own), origin=own.origin)
    return apply_set(tree, own_set, ("set",)) if own_set is not None and own_set.value is not None else tree


def _extended(item: Tree, base: Path, above: tuple[Path, ...], count: list[int]) -> Path:
    """Find a file that is extended, refusing rings and towers."""
    where, name = str(item.origin), item.value
    if not isinstance(name, str):
        raise ModelError(
            [Problem(where, "extends", f"given {name!r}; write a file, a library name, or a list of them")]
        )
    found = library.find(name, base)
    if found is None:
        raise ModelError([Problem(where, "extends", library.not_found(name, base=base))])
    if found.resolve() in above:
        ring = " -> ".join(p.name for p in (*above[above.index(found.resolve()) :], found))
        raise ModelError([Problem(where, "extends", f"files extend each other in a ring: {ring}")])
    if len(above) >= MAX_EXTENDS or count[0] >= MAX_FILES:
        limit = f"more than {MAX_EXTENDS} files deep" if len(above) >= MAX_EXTENDS else f"more than {MAX_FILES} files"
        raise ModelError([Problem(where, "extends", f"{limit}; put the layers in fewer files")])
    return found


def _apply_setting(tree: Tree, text: str, problems: list[Problem]) -> Tree:
    """Apply one ``key=value`` of the command line; the value is YAML."""
    where = f"--set {text}" if len(text) <= 80 else f"--set {text[:77]}..."
    key, sign, value = text.partition("=")
    origin = Origin(where)
    if not sign or not key.strip():
        problems.append(Problem(where, "", "write --set section.name.key=value, such as --set clock.steps=120"))
        return tree
    try:
        parsed = _relocate(parse(value, where), origin)
    except ModelError as error:
        problems += [Problem(where, key.strip(), problem.message) for problem in error.problems]
        return tree
    return put(tree, key.strip(), parsed, origin, problems, "")


def _relocate(tree: Tree, origin: Origin) -> Tree:
    """Give every value of a tree one origin."""
    if isinstance(tree.value, Mapping):
        entries = {key: _relocate(child, origin) for key, child in tree.value.items()}
        return Tree(entries, origin, dict.fromkeys(entries, origin))
    if isinstance(tree.value, tuple):
        return Tree(tuple(_relocate(child, origin) for child in tree.value), origin)
    return Tree(tree.value, origin)
