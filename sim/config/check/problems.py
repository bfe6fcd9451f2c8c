"""Problems with their place: a path in the config to file:line:column, the schema's errors to plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError

from sim.config.schema.base import Part
from sim.config.schema.config import Config
from sim.config.text.library import nearest
from sim.config.text.source import Origin, Tree
from sim.errors import Place, Problem

Key = tuple[str | int | float, ...]
_LONGEST = 60
_LIMITS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}


class Findings:
    """Collects problems of one tree; ``add`` turns a key path into the place where it was written.

    ``notes`` hold what is legal and should be known: what is said, of which paths.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.problems: list[Problem] = []
        self.notes: dict[str, list[str]] = {}

    def add(self, path: Key, message: str, column: int | None = None, of_key: bool = False) -> None:
        """Note a problem at a key path; ``column`` counts from 0 in the text of the value, or of the key itself."""
        found, key, parent, rest = locate(self.tree, path)
        origin = parent.keys.get(key, found.origin) if (of_key and parent is not None) else found.origin
        if column is not None:
            origin = origin.at(column)
        given = (
            f"given {show_value(found)}; " if not rest and not of_key and column is None and is_scalar(found) else ""
        )
        self.problems.append(Problem(str(origin), dotted(written(self.tree, path)), given + message))

    def note(self, text: str, of: str) -> None:
        """Note what is legal and should be known of a path, once."""
        paths = self.notes.setdefault(text, [])
        if of not in paths:
            paths.append(of)

    def include(self, others: Findings) -> None:
        """Take over what was found in another layer of the tree, without repeats."""
        self.problems.extend(problem for problem in others.problems if problem not in self.problems)
        for text, paths in others.notes.items():
            for path in paths:
                self.note(text, path)

    def place(self, path: Key, text: str, offset: int = 0) -> Place:
        """Give the place of an expression, by the names of the items that hold it; ``offset`` as in ``add``."""
        steps, rest = _trace(self.tree, path)
        found = steps[-1].child if steps else self.tree
        origin = found.origin if rest else found.mapping.get("value", found).origin
        return Place(str(origin.at(offset) if offset else origin), dotted(_named(steps, rest)), text)

    def known(self, path: Key, name: str, what: str, there: Iterable[str], of_key: bool = False) -> bool:
        """Whether a name is one of those there are; notes it with what there is when it is none."""
        listed = list(there)
        if name not in listed:
            some = ", ".join(listed[:20]) or "none"
            self.add(path, f"'{name}' is no {what}; there are {some}{nearest(name, listed)}", of_key=of_key)
        return name in listed

    def value_path(self, path: Key) -> Key:
        """Give the path of the value itself where a path leads to a figure with provenance."""
        found, _, _, rest = locate(self.tree, path)
        return (*path, "value") if not rest and "value" in found.mapping else path

    def add_schema(self, error: ValidationError, path: Key = (), root: Any = Config) -> None:
        """Note every error of the schema; ``path`` leads to the part that was checked against ``root``."""
        seen = set()
        for item in error.errors(include_url=False):
            problem = _problem(self, (*path, *item["loc"]), dict(item), fields_at(root, item["loc"][:-1]))
            if problem not in seen:
                seen.add(problem)
                self.problems.append(problem)


def is_scalar(tree: Tree) -> bool:
    """Whether a tree is a single value."""
    return not isinstance(tree.value, Mapping | tuple)


def show_value(tree: Tree) -> str:
    """Show a value in a message."""
    if isinstance(tree.value, Mapping):
        return "a mapping"
    if isinstance(tree.value, tuple):
        return "a list"
    text = (
        repr(tree.value)
        if isinstance(tree.value, str)
        else str(tree.value).lower()
        if tree.value in (True, False) and isinstance(tree.value, bool)
        else str(tree.value)
    )
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def dotted(path: Key) -> str:
    """Join a key path with dots."""
    return ".".join(f"{part:g}" if isinstance(part, float) else str(part) for part in path)


class _Step(NamedTuple):
    """One step down a tree: from what holds a child, by which key, to the child."""

    holder: Tree
    key: str
    child: Tree


def _trace(tree: Tree, path: Key) -> tuple[list[_Step], Key]:
    """Follow a path as far as it goes: the steps, and what of the path was left.

    A part that is not there is passed over when the next one is: a short form leaves such parts out.
    """
    steps: list[_Step] = []
    here, i = tree, 0
    while i < len(path):
        found = _child(here, path[i])
        if found is None and i + 1 < len(path):
            found = _child(here, path[i + 1])
            i += found is not None
        if found is None:
            break
        steps.append(_Step(here, found[1], found[0]))
        here, i = found[0], i + 1
    return steps, path[i:]


def locate(tree: Tree, path: Key) -> tuple[Tree, str, Tree | None, Key]:
    """Follow a path as far as it goes: (the tree there, its key, its parent, what of the path was left)."""
    steps, rest = _trace(tree, path)
    return (steps[-1].child, steps[-1].key, steps[-1].holder, rest) if steps else (tree, "", None, rest)


def written(tree: Tree, path: Key) -> Key:
    """Give a path as it is written: without the parts that a short form leaves out, keys as they stand."""
    steps, rest = _trace(tree, path)
    return (*(step.key for step in steps), *_beyond(steps, rest))


def _named(steps: Sequence[_Step], rest: Key) -> Key:
    """Give a path as it is written, with the names of list items that have one in place of their numbers."""
    result: list[str | int | float] = []
    for holder, key, child in steps:
        name = child.mapping["name"].value if holder.items and "name" in child.mapping else key
        result.append(name if isinstance(name, str) else key)
    return (*result, *_beyond(steps, rest))


def _beyond(steps: Sequence[_Step], rest: Key) -> Key:
    """Give what is left of a path where it could go on: nothing below a single value."""
    return () if rest and steps and is_scalar(steps[-1].child) else rest


def _child(tree: Tree, part: str | int | float) -> tuple[Tree, str] | None:
    """Find a child by key, number or position, with its key."""
    if isinstance(tree.value, tuple):
        return (tree.value[part], str(part)) if isinstance(part, int) and part < len(tree.value) else None
    if isinstance(part, str) and part in tree.mapping:
        return tree.mapping[part], part
    number = _as_number(str(part))
    for key, child in tree.mapping.items() if number is not None else ():
        if _as_number(key) == number:
            return child, key
    return None


def _as_number(text: str) -> float | None:
    """Read a key as a number."""
    try:
        return float(text)
    except ValueError:
        return None


def fields_at(root: Any, path: Sequence[str | int | float]) -> list[str]:
    """List the keys that the schema allows at a path; none where any key is allowed."""
    models = [model for kind in _kinds_at(root, tuple(path)) for model in _models(kind)]
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def allows_any(root: Any, path: Sequence[str | int | float]) -> bool:
    """Whether the schema leaves open what stands below a path."""
    return any(inner is Any for kind in _kinds_at(root, tuple(path)) for inner in _walk(kind))


@lru_cache(maxsize=50_000)
def _kinds_at(root: Any, path: Key) -> list[Any]:
    """List the kinds that may stand at a path."""
    return [inner for kind in _kinds_at(root, path[:-1]) for inner in _inside(kind, path[-1])] if path else [root]


def _inside(kind: Any, part: str | int | float) -> Iterator[Any]:
    """Give the kinds that may stand under a key of a kind."""
    for model in _models(kind):
        for name, field in model.model_fields.items():
            if (field.alias or name) == part:
                yield field.annotation
    for holder in _walk(kind):
        if getattr(holder, "__origin__", None) in (dict, tuple, list):
            yield get_args(holder)[1 if holder.__origin__ is dict else 0]


def _walk(kind: Any) -> Iterator[Any]:
    """Walk the alternatives of a kind, without going into lists and mappings."""
    yield kind
    if getattr(kind, "__origin__", None) not in (dict, tuple, list):
        for inner in get_args(kind):
            yield from _walk(inner)


def _models(kind: Any) -> list[type[Part]]:
    """List the models among the alternatives of a kind."""
    return [inner for inner in _walk(kind) if isinstance(inner, type) and issubclass(inner, Part)]


def _problem(findings: Findings, path: Key, item: dict[str, Any], allowed: list[str]) -> Problem:
    """Say one error of the schema in plain words, at its place."""
    context = item.get("ctx", {})
    kind = item["type"]
    if path and path[-1] == "[key]":
        path = path[:-1]
        context = {**context, "key": path[-1]}
        path = path[:-1]
    if kind == "config" and "field" in context:
        path = (*path, context["field"])
    found, key, parent, rest = locate(findings.tree, path)
    origin = found.origin
    clean = written(findings.tree, tuple(part for part in path if not _is_noise(part)))
    if kind == "missing":
        message = f"'{path[-1]}' is missing; the keys here are {', '.join(allowed)}"
        return Problem(str(origin), dotted(clean), message + _as_new(findings.tree, path[:-1]))
    if kind == "extra_forbidden":
        place = parent.keys.get(key, origin) if parent is not None else origin
        name = str(path[-1])
        others = [word for word in allowed if word not in (parent.mapping if parent else {})]
        near = nearest(name, others) or nearest(name, allowed) or _elsewhere(findings.tree, name, parent)
        return Problem(str(place), dotted(clean), f"'{name}' is no key here; allowed are {', '.join(allowed)}{near}")
    if "key" in context:
        origin = found.keys.get(str(context["key"]), origin)
        at = written(findings.tree, (*clean, context["key"]))
        return Problem(str(origin), dotted(at), str(context.get("message", item["msg"])))
    if context.get("column") is not None:
        return Problem(str(origin.at(context["column"])), dotted(clean), context["message"])
    given = f"given {show_value(found)}; " if not rest or is_scalar(found) else ""
    new = _as_new(findings.tree, path) if found.mapping and not rest else ""
    return Problem(str(origin), dotted(clean), given + _rule(kind, context, item["msg"], found) + new)


def _as_new(tree: Tree, path: Key) -> str:
    """Say that a thing which lacks a key is new in its layer, with the name that may be meant; or nothing."""
    found, key, parent, rest = locate(tree, path)
    if rest or parent is None or fields_at(Config, path[:-1]):
        return ""
    names = _item_names(parent) if parent.items else list(parent.mapping)
    name = str(found.mapping["name"].value) if parent.items and "name" in found.mapping else key
    if not (parent.keys[key] if parent.mapping else found.origin).added:
        return ""
    return f"; '{name}' is new here{nearest(name, [other for other in names if other != name])}"


def _item_names(tree: Tree) -> list[str]:
    """List the names of the items of a list."""
    return [str(item.mapping["name"].value) for item in tree.items if "name" in item.mapping]


def _elsewhere(tree: Tree, name: str, here: Tree | None) -> str:
    """Give ``; did you mean 'a.b.x'?`` where the key x stands in one other place, a section or an entry of one."""
    places = dict(tree.mapping)
    places |= {f"{at}.{entry}": inner for at, part in tree.mapping.items() for entry, inner in part.mapping.items()}
    found = [at for at, part in places.items() if name in part.mapping and part is not here]
    return f"; did you mean '{found[0]}.{name}'?" if len(found) == 1 else ""


def _is_noise(part: str | int | float) -> bool:
    """Whether a part of an error's path is a word of the checker, not a key."""
    return isinstance(part, str) and (
        part.startswith(("function-", "literal[", "dict[", "constrained-")) or part == "[key]"
    )


def _rule(kind: str, context: Mapping[str, Any], message: str, found: Tree) -> str:
    """Say what is allowed."""
    if kind == "config":
        near = nearest(str(found.value), context["words"]) if "words" in context else ""
        return str(context["message"]) + near
    if kind in _LIMITS:
        word, name = _LIMITS[kind]
        limit = context[name]
        return f"must be {word} {limit:,}" if isinstance(limit, int) else f"must be {word} {limit:g}"
    if kind == "literal_error":
        words = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"must be {context['expected'].replace(chr(39), '')}{nearest(str(found.value), words)}"
    if kind in ("dict_type", "mapping_type"):
        return "must be a mapping of key to value"
    if kind in ("tuple_type", "list_type"):
        return "must be a list, such as [a, b]"
    if kind in ("too_short", "too_long"):
        return (
            f"has {context['actual_length']} entries; it must have "
            f"{'at least' if kind == 'too_short' else 'at most'} {context.get('min_length', context.get('max_length'))}"
        )
    return message[:1].lower() + message[1:]


def origin_of(tree: Tree, path: Key) -> Origin:
    """Give the origin of the value at a path, or of the deepest mapping on the way."""
    return locate(tree, path)[0].origin
