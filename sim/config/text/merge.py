"""Layers of config in one tree: ``extends``, ``set`` by dotted path, and ``--set``; later layers win.

Mappings merge key by key, lists are replaced, except lists of named items (``effects``, ``costs``), which merge by
name. A null in a later layer takes the key away. Every value keeps the origin of the layer that set it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.config.text import library
from sim.config.text.source import Origin, Tree, parse, read
from sim.errors import ModelError, Problem

MAX_EXTENDS = 20
MAX_FILES = 200
_OVERLAYS = ((), ("regimes",), ("effect_sets",))
NAMED_LISTS = frozenset({"effects", "costs"})
_STEP = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^.]+)")

Path_ = tuple[str, ...]


def load_tree(path: Path, sets: Sequence[str] = ()) -> Tree:
    """Read a config with all that it extends, then apply ``key=value`` settings.

    Raises
    ------
    ModelError
        When a file is missing or unreadable, when files extend each other in a ring, or a setting is no setting.
    """
    return with_settings(_layered(path, (), [0]), sets)


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


def _layered(path: Path, above: tuple[Path, ...], count: list[int]) -> Tree:
    """Read one file over what it extends; ``above`` are the files that led here, ``count`` how many were read."""
    own = read(path)
    above = (*above, path.resolve())
    count[0] += 1
    asked = own.mapping.get("extends")
    tree: Tree | None = None
    problems: list[Problem] = []
    for item in (asked.items or (asked,)) if asked is not None and asked.value is not None else ():
        try:
            below = _layered(_extended(item, path.parent, above, count), above, count)
            tree = below if tree is None else merge(tree, below)
        except ModelError as error:
            problems += error.problems
    if problems:
        raise ModelError(problems)
    own_set = own.mapping.get("set")
    own = without(own, "extends", "set")
    tree = own if tree is None else merge(tree, own)
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
        raise ModelError([Problem(where, "extends", library.not_found(name))])
    if found.resolve() in above:
        ring = " -> ".join(p.name for p in (*above[above.index(found.resolve()) :], found))
        raise ModelError([Problem(where, "extends", f"files extend each other in a ring: {ring}")])
    if len(above) >= MAX_EXTENDS or count[0] >= MAX_FILES:
        limit = f"more than {MAX_EXTENDS} files deep" if len(above) >= MAX_EXTENDS else f"more than {MAX_FILES} files"
        raise ModelError([Problem(where, "extends", f"{limit}; put the layers in fewer files")])
    return found


def without(tree: Tree, *names: str) -> Tree:
    """Give a mapping without some keys."""
    kept = {key: child for key, child in tree.mapping.items() if key not in names}
    return tree.with_entries(kept, {key: origin for key, origin in tree.keys.items() if key not in names})


def merge(below: Tree, above: Tree, named: bool = False) -> Tree:
    """Lay one tree over another; ``named`` says that lists in them are lists of named items."""
    if isinstance(below.value, Mapping) and isinstance(above.value, Mapping):
        entries, keys = dict(below.value), dict(below.keys)
        for key, child in above.value.items():
            if child.value is None and key in entries:
                del entries[key], keys[key]
                continue
            entries[key] = _laid_over(entries.get(key), child, key)
            keys[key] = above.keys.get(key, child.origin)
        return Tree(entries, above.origin if above.value else below.origin, keys)
    if named and isinstance(below.value, tuple) and isinstance(above.value, tuple):
        return Tree(_merge_named(below.value, above.value), above.origin)
    return above


def _merge_named(below: tuple[Tree, ...], above: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """Merge lists of named items: the same name merges in place, a new name is added at the end."""
    items = list(below)
    for item in above:
        i = _place(items, item.mapping["name"].value if "name" in item.mapping else None)
        if i is None:
            items.append(item)
        else:
            items[i] = merge(items[i], item)
    return tuple(items)


def _place(items: Sequence[Tree], name: object) -> int | None:
    """Give the position of the item of that name."""
    for i, item in enumerate(items):
        if name is not None and "name" in item.mapping and item.mapping["name"].value == name:
            return i
    return None


def split_path(text: str) -> Path_:
    """Split ``a.b."c.d"`` at its dots; a part in quotes may hold dots."""
    return tuple(next(group for group in match.groups() if group is not None) for match in _STEP.finditer(text))


def apply_set(tree: Tree, settings: Tree, key: Path_) -> Tree:
    """Apply a mapping of dotted path to value.

    Raises
    ------
    ModelError
        When ``settings`` is no mapping, or a path leads through something that is no mapping.
    """
    if settings.value is None:
        return tree
    dotted = ".".join(key)
    if not isinstance(settings.value, Mapping):
        raise ModelError(
            [Problem(str(settings.origin), dotted, "write a mapping of path to value, such as {parameters.x: 1}")]
        )
    problems: list[Problem] = []
    for text, value in settings.value.items():
        origin = settings.keys.get(text, value.origin)
        tree = put(tree, text, value, origin, problems, dotted)
    if problems:
        raise ModelError(problems)
    return tree


def item_at(tree: Tree, text: str) -> Tree | None:
    """Give what stands at a dotted path, items of lists by their name; None where nothing does.

    ``value`` of a number that is written bare is that number.
    """
    here: Tree | None = tree
    for step in split_path(text):
        if here is None:
            return None
        if here.items:
            i = _place(here.items, step)
            here = here.items[i] if i is not None else None
        elif step != "value" or here.mapping:
            here = here.mapping.get(step)
    return here


def put(tree: Tree, text: str, value: Tree, origin: Origin, problems: list[Problem], key: str) -> Tree:
    """Put a value at a dotted path, merging mappings; notes a problem when the path leads nowhere."""
    path = split_path(text)
    try:
        if not path:
            raise LookupError("an empty path; write it as section.name.key")
        return _put(tree, path, value, origin)
    except LookupError as error:
        problems.append(Problem(str(origin), f"{key}.{text}".strip("."), str(error.args[0])))
        return tree


def _put(tree: Tree, path: Path_, value: Tree, origin: Origin) -> Tree:
    """Rebuild the mappings along a path with a new value at its end."""
    head, rest = path[0], path[1:]
    if isinstance(tree.value, tuple):
        return _put_in_list(tree, path, value, origin)
    if tree.value is not None and not isinstance(tree.value, Mapping):
        return _put(_as_figure(tree, head), path, value, origin)
    entries, keys = dict(tree.mapping), dict(tree.keys)
    if rest:
        entries[head] = _put(entries.get(head, Tree({}, origin)), rest, value, origin)
    elif value.value is None:
        entries.pop(head, None)
        keys.pop(head, None)
        return Tree(entries, tree.origin, keys)
    else:
        entries[head] = _laid_over(entries.get(head), value, head)
        if head in ("value", "mean"):  # the interval went with the old value
            entries = {key: child for key, child in entries.items() if key not in ("low", "high")}
    keys[head] = origin
    return Tree(entries, tree.origin, keys)


def _as_figure(tree: Tree, head: str) -> Tree:
    """Read a bare number or expression as ``{value: ...}``, so that ``x.value`` or ``x.low`` can be set on it."""
    if head in ("value", "unit", "low", "high", "price_year", "source", "locator", "quality", "why"):
        return Tree({"value": tree}, tree.origin, {"value": tree.origin})
    raise LookupError(f"'{head}' cannot be set, since what stands there is the single value {tree.value!r}")


def _laid_over(below: Tree | None, value: Tree, head: str) -> Tree:
    """Lay a value over what is there; a number laid over a figure with provenance replaces its ``value``."""
    if below is None:
        return value
    scalar = not isinstance(value.value, Mapping | tuple)
    if scalar and "value" in below.mapping:
        kept = without(below, "low", "high") if "low" in below.mapping else below
        return kept.with_entries({**kept.mapping, "value": value}, {**kept.keys, "value": value.origin})
    return merge(below, value, head in NAMED_LISTS)


def _put_in_list(tree: Tree, path: Path_, value: Tree, origin: Origin) -> Tree:
    """Go into a list by the name of an item or by its number from 0."""
    head, rest = path[0], path[1:]
    items = list(tree.items)
    i = int(head) if head.isdigit() and int(head) < len(items) else _place(items, head)
    if i is None:
        names = [str(item.mapping["name"].value) for item in items if "name" in item.mapping]
        raise LookupError(f"the list has no item '{head}'; it has {', '.join(names)}{library.nearest(head, names)}")
    if not rest and value.value is None:
        del items[i]
    else:
        items[i] = _put(items[i], rest, value, origin) if rest else _laid_over(items[i], value, "")
    return Tree(tuple(items), tree.origin)


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


def prune(tree: Tree, path: Path_ = ()) -> Tree:
    """Take away the keys left empty; an empty regime stays as one that changes nothing."""
    if not isinstance(tree.value, Mapping):
        return Tree(tuple(prune(item, path) for item in tree.items), tree.origin) if tree.items else tree
    entries = {}
    for key, child in tree.value.items():
        if child.value is None and path == ("regimes",):
            entries[key] = Tree({}, child.origin)
        elif key == "set" and child.value is not None and path[:1] in _OVERLAYS:
            entries[key] = child  # a null in an overlay takes a key away later
        elif child.value is not None:
            entries[key] = prune(child, (*path, key))
    return tree.with_entries(entries, tree.keys)
