"""One tree laid over another, and values put at dotted paths; later layers win.

Mappings merge key by key, lists are replaced, except lists of named items (``effects``, ``costs``), which merge by
name. A null in a later layer takes the key away. Every value keeps the origin of the layer that set it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sim.config.text import library
from sim.config.text.intervals import NUMBERS, with_number
from sim.config.text.source import Origin, Tree, plain
from sim.errors import ModelError, Problem

_OVERLAYS = ((), ("regimes",), ("effect_sets",))
NAMED_LISTS = frozenset({"effects", "costs"})
SERIES = "deflators"
"""The section that is one series of one vintage, whose ``index`` says which."""
NAMED_SECTIONS = frozenset({
    "parameters", "tables", "chains", "services", "feedback", "remember", "traits", "units", "outcomes", "regimes",
    "effect_sets",
})  # fmt: skip
"""Sections whose entries have names: a path leads through an entry that is there."""
_LAYERING = {
    "extends": "write a file that extends both, and give that one",
    "set": "write each path on its own, such as --set seed=2",
}
"""Keys of a file that say how its layers are put together, so that no setting can change them."""
_STEP = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^.]+)")

Path_ = tuple[str, ...]


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
            keys[key] = _key(above.keys.get(key, child.origin), key in entries)
            entries[key] = _laid_over(entries.get(key), child, key)
        return Tree(entries, above.origin if above.value else below.origin, keys)
    if named and isinstance(below.value, tuple) and isinstance(above.value, tuple):
        return Tree(_merge_named(below.value, above.value), above.origin)
    return above


def _key(origin: Origin, known: bool) -> Origin:
    """Give the place of a key that a layer writes, marked where no layer below has it."""
    return origin if known else replace(origin, added=True)


def _merge_named(below: tuple[Tree, ...], above: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """Merge lists of named items: the same name merges in place, a new name is added at the end."""
    items = list(below)
    for item in above:
        i = _place(items, item.mapping["name"].value if "name" in item.mapping else None)
        if i is None:
            items.append(replace(item, origin=_key(item.origin, False)))
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
        _check_path(tree, path, value)
        return _put(tree, path, value, origin)
    except LookupError as error:
        problems.append(Problem(str(origin), f"{key}.{text}".strip("."), str(error.args[0])))
        return tree


def _check_path(tree: Tree, path: Path_, value: Tree) -> None:
    """Check that a path is one, and that the entry of a section through which it leads is there."""
    if not path:
        raise LookupError("an empty path; write it as section.name.key")
    if path[0] in _LAYERING:
        raise LookupError(f"files are read with their '{path[0]}' before anything is set; {_LAYERING[path[0]]}")
    passed_through = len(path) > 2 or (len(path) == 2 and value.value is None)
    if path[0] in NAMED_SECTIONS and passed_through:
        _check_entry(tree.mapping.get(path[0]), path[0], path[1])
    if (
        path[0] == "units"
        and path[2:3] == ("areas",)
        and len(path) > 3
        and (areas := item_at(tree, ".".join(path[:3])))
    ):
        _check_entry(areas, ".".join(path[:3]), path[3])


def _check_entry(section: Tree | None, called: str, name: str) -> None:
    """Check that a section has an entry of that name."""
    there = list(section.mapping) if section is not None else []
    if name not in there:
        has = ", ".join(there[:20]) or "nothing"
        raise LookupError(f"'{name}' is not in '{called}', which has {has}{library.nearest(name, there)}")


def _put(tree: Tree, path: Path_, value: Tree, origin: Origin, within: str = "") -> Tree:
    """Rebuild the mappings along a path with a new value at its end; ``within`` is the key of the tree itself."""
    head, rest = path[0], path[1:]
    if isinstance(tree.value, tuple):
        return _put_in_list(tree, path, value, origin)
    if tree.value is not None and not isinstance(tree.value, Mapping):
        return _put(_as_figure(tree, head), path, value, origin, within)
    entries, keys = dict(tree.mapping), dict(tree.keys)
    if rest:
        entries[head] = _put(entries.get(head, Tree({}, origin)), rest, value, origin, head)
    elif value.value is None and head in entries:
        del entries[head], keys[head]
        return Tree(entries, tree.origin, keys)
    elif head in NUMBERS and within not in NAMED_SECTIONS and _is_scalar(entries.get(head)) and _is_scalar(value):
        return with_number(tree, head, value, origin)
    else:
        entries[head] = _laid_over(entries.get(head), value, head)
    keys[head] = _key(origin, head in tree.mapping)
    return Tree(entries, tree.origin, keys)


def _as_figure(tree: Tree, head: str) -> Tree:
    """Read a bare number or expression as ``{value: ...}``, so that ``x.value`` or ``x.low`` can be set on it."""
    if head in ("value", "unit", "low", "high", "price_year", "status", "source", "locator", "quality", "why"):
        return Tree({"value": tree}, tree.origin, {"value": tree.origin})
    raise LookupError(f"'{head}' cannot be set, since what stands there is the single value {tree.value!r}")


def _laid_over(below: Tree | None, value: Tree, head: str) -> Tree:
    """Lay a value over what is there; one laid over a figure with provenance replaces its number.

    A series of prices that names an index takes the place of one that names another.
    """
    if below is None or (head == SERIES and _is_another_index(below, value)):
        return value
    number = next((key for key in NUMBERS if key in below.mapping), None)
    if number is not None and _is_scalar(value):
        return with_number(below, number, value, value.origin)
    return merge(below, value, head in NAMED_LISTS)


def _is_another_index(below: Tree, above: Tree) -> bool:
    """Whether a series names an index, and another than the series below it does."""
    named, other = (tree.mapping.get("index") for tree in (above, below))
    return named is not None and (other is None or plain(named) != plain(other))


def _is_scalar(tree: Tree | None) -> bool:
    """Whether there is a single value."""
    return tree is not None and not isinstance(tree.value, Mapping | tuple)


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


def prune(tree: Tree, path: Path_ = ()) -> Tree:
    """Take away the keys left empty; an empty regime stays as one that changes nothing."""
    if not tree.has_nulls:
        return tree
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
