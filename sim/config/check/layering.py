"""What a layer says about the layers below: names added that nothing uses, and keys taken away in vain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from sim.config.check.problems import Findings, Key, allows_any, fields_at
from sim.config.schema.config import Config
from sim.config.text.library import nearest
from sim.config.text.merge import item_at
from sim.config.text.source import Tree
from sim.language.evaluate import Expression


def nothing_taken_away(tree: Tree, findings: Findings, root: Any = Config, path: Key = ()) -> None:
    """Note every null of a mapping without a schema's key, and without an entry of that name for it to take away.

    An empty regime is one that changes nothing, and nulls in ``set`` take away later.
    """
    if not tree.has_nulls:
        return
    named = {} if allows_any(root, path) else {key: child for key, child in tree.mapping.items() if key != "set"}
    for key, child in named.items():
        if child.value is not None:
            nothing_taken_away(child, findings, root, (*path, key))
        elif path != ("regimes",) and key not in (allowed := fields_at(root, path)):
            there = [name for name, other in tree.mapping.items() if other.value is not None]
            message = f"'{key}' has no value, and no layer below has it to take away"
            if allowed:
                message = f"'{key}' is no key here, and has no value; in braces, text with a comma stands in quotes"
            near = nearest(key, allowed) or nearest(key, there)
            findings.add((*path, key), message + near, of_key=True)
    for i, child in enumerate(tree.items):
        nothing_taken_away(child, findings, root, (*path, i))


@dataclass
class Used:
    """Names that the worlds of a study read or use, by the section that declares them."""

    read: set[str] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)
    agencies: set[str] = field(default_factory=set)

    def take_in(self, config: Config) -> None:
        """Add what one world uses; a parameter counts when something else than an unused parameter reads it."""
        read = _names([value for name, value in config if name != "parameters"])
        waiting = [name for name in config.parameters if name in read]
        while waiting:
            new = config.parameters[waiting.pop()].value.names - read
            read |= new
            waiting += [name for name in new if name in config.parameters]
        self.read |= read
        self.read |= {part.team.shared for part in config.services.values() if part.team and part.team.shared}
        self.read |= {part.by_area for part in config.costs if part.by_area}
        self.outcomes |= {name for part in config.values for name in part.__pydantic_extra__ or {}}
        self.agencies |= {name for part in config.costs for name in part.payers}
        self.agencies |= {part.agency for part in config.services.values()}

    def check(self, tree: Tree, config: Config, findings: Findings) -> None:
        """Find fault with what the topmost layer adds and nothing uses; note the parameters of layers below it."""
        for section, used in (
            ("parameters", self.read), ("tables", self.read), ("outcomes", self.outcomes), ("agencies", self.agencies),
        ):  # fmt: skip
            for name in added(tree, section):
                if name not in used:
                    others = [other for other in tree.mapping[section].mapping if other != name]
                    message = f"'{name}' is new in '{section}' and nothing uses it{nearest(name, others)}"
                    findings.add((section, name), message, of_key=True)
        for name in config.parameters:
            if name not in self.read:
                findings.note("nothing uses", f"parameters.{name}")


def added(tree: Tree, section: str) -> list[str]:
    """List the names that the topmost file or ``--set`` adds to a section of what it is laid over."""
    if section not in tree.mapping:
        return []
    part, whole = tree.mapping[section], tree.keys[section].added
    return [
        name for name, origin in part.keys.items()
        if (origin.added or whole) and (origin.file == tree.origin.file or origin.file.startswith("--set "))
    ]  # fmt: skip


def regimes_that_set_nothing(tree: Tree, config: Config, findings: Findings) -> None:
    """Note a regime that the topmost layer adds, that sets nothing and is called almost like another."""
    for name in added(tree, "regimes"):
        near = nearest(name, [other for other in config.regimes if other != name])
        if near and not config.regimes[name].set:
            findings.add(("regimes", name), f"'{name}' is new in 'regimes' and sets nothing{near}", of_key=True)


def _names(part: object) -> set[str]:
    """Find the names in all expressions of a part."""
    found: set[str] = set()
    left = [part]
    while left:
        one = left.pop()
        if one is None or isinstance(one, str | int | float):
            continue
        if isinstance(one, Expression):
            found |= one.names
        elif isinstance(one, BaseModel):
            left += [*vars(one).values(), *(one.__pydantic_extra__ or {}).values()]
        elif isinstance(one, Mapping):
            left += one.values()
        elif isinstance(one, list | tuple):
            left += one
        elif is_dataclass(one):
            left += [getattr(one, each.name) for each in fields(one)]
    return found


def posts_for_others(tree: Tree) -> Iterator[str]:
    """Say where a setting alone changes how many families there are, and posts stay those of as many as before."""
    services = tree.mapping["services"].mapping.items() if "services" in tree.mapping else ()
    teams = [(name, item_at(service, "team.workers")) for name, service in services]
    kept = [name for name, workers in teams if workers is not None and not _is_set(workers)]
    for name, unit in tree.mapping["units"].mapping.items() if "units" in tree.mapping else ():
        size = unit.mapping.get("size")
        if kept and size is not None and _is_set(size):
            said = "stay those of as many families as before, so that nobody may wait and help costs more each"
            named = f"posts of {', '.join(kept[:3])}{'...' * (len(kept) > 3)}"
            instead = "'families_taken: 0.1' takes a tenth of both"
            yield f"{size.origin}: units.{name}.size: {named} {said}; {instead}"


def _is_set(tree: Tree) -> bool:
    """Whether a value, or anything in it, was given on the command line."""
    inside = (*tree.mapping.values(), *tree.items)
    return tree.origin.file.startswith("--set") or any(_is_set(child) for child in inside)
