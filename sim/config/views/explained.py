"""What a figure of a config is, and what it moves: whatever names it, also through other parameters.

Reads the config alone; what runs made of a figure is in their results, see ``sim.cli.explain``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sim.config.loading import load, tree_of
from sim.config.text.library import nearest
from sim.config.text.merge import split_path
from sim.config.text.source import Scalar, Tree
from sim.config.views.register import VALUES, RegisterEntry, entries
from sim.errors import ModelError, Problem
from sim.model.spec import Scenario

SECTIONS = {
    "chains": "steps between states", "services": "services", "effects": "effects", "costs": "costs",
    "values": "outcomes", "units": "families and children", "traits": "families and children", "appraisal": "appraisal",
}  # fmt: skip
"""Sections of a config, and what people call what stands in them."""
NOT_READ = frozenset({
    "why", "source", "locator", "quality", "title", "name", "unit", "price_year", "distribution", "low", "high",
})  # fmt: skip
"""Keys that say something about a value and are no expressions."""
NAME = re.compile(r"[A-Za-z_]\w*")
PARAMETERS, REGIMES = "parameters", "regimes"
OVERLAYS = frozenset({REGIMES, "effect_sets"})
"""Sections whose parts lay values over others."""


@dataclass(frozen=True)
class Explained:
    """A figure; the parameters worked out from it; what it moves, by what people call it; and who sets it otherwise.

    ``regimes`` and ``readings`` (of the evidence) are names with what they set; ``scenario`` is the config's.
    """

    entry: RegisterEntry
    scenario: Scenario = field(repr=False, compare=False)
    through: tuple[str, ...] = ()
    moves: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    regimes: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)


def explain(path: str | Path, name: str, sets: Sequence[str] = ()) -> Explained:
    """Find a figure by its path or the last part of it, and what it moves.

    Parameters
    ----------
    path, sets
        The config, as for ``load``.
    name
        The path of a figure as ``--set`` takes it, or the end of one, such as ``kw_caseload``.

    Raises
    ------
    ModelError
        When there is no such figure, with the nearest name, or there are several, with all of them.
    """
    tree = tree_of(path, sets)
    entry = _found(list(_figures(tree)), name)
    key = _steps(entry)
    through, moves = _moved(tree, key, _named_at(tree))
    scenario = load(path, sets)
    return Explained(entry, scenario, through, moves, dict(_settings(tree, key)), _readings(scenario, entry, key))


def moved_by(tree: Tree, figures: Sequence[RegisterEntry]) -> list[dict[str, tuple[str, ...]]]:
    """Say of each figure of a config what it moves, as ``explain`` does of one.

    Parameters
    ----------
    tree
        The config.
    figures
        Figures of it; one that a regime or a reading of the evidence sets moves what the figure moves that it sets.
    """
    named = _named_at(tree)
    return [_moved(tree, _set_there(_steps(one)), named)[1] for one in figures]


Named = Sequence[tuple[tuple[str, ...], frozenset[str]]]
"""Places of a config, each with the names that are read there."""


def _named_at(tree: Tree) -> Named:
    """List what is read of a config by place."""
    return [(place, frozenset(_names(value))) for place, value in _read(tree)]


def _set_there(key: tuple[str, ...]) -> tuple[str, ...]:
    """Give the figure that an overlay sets, where it is one: the path within ``set``."""
    return split_path(key[3]) if len(key) > 3 and key[0] in OVERLAYS and key[2] == "set" else key


def _moved(tree: Tree, key: tuple[str, ...], named: Named) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Give the parameters that are worked out from a figure, and what it moves with these, by section."""
    key = key[:-1] if key[-1] in VALUES and len(key) > 2 else key
    through = _worked_out_from(key[1], named) if key[0] == PARAMETERS else ()
    names = {key[1], *through} if key[0] == PARAMETERS else set()
    moves: dict[str, dict[str, None]] = {}
    for place, there in named:
        if place[0] in SECTIONS and len(place) > 1 and (place[: len(key)] == key or names & there):
            moves.setdefault(SECTIONS[place[0]], {})[_label(place)] = None
            moves.setdefault(SECTIONS["chains"], {}).update(dict.fromkeys(_acted_on(tree, place)))
    return through, {section: tuple(labels) for section, labels in moves.items() if labels}


def _figures(tree: Tree) -> Iterator[RegisterEntry]:
    """List every figure with a source or an interval, and every other parameter."""
    found = list(entries(tree))
    there = {_steps(entry) for entry in found}
    yield from found
    for name, child in tree.mapping.get(PARAMETERS, Tree({}, tree.origin)).mapping.items():
        bare = next((child.mapping[key] for key in VALUES if key in child.mapping), child)
        if (PARAMETERS, name) not in there and not isinstance(bare.value, Mapping | tuple):
            unit = child.mapping["unit"].value if "unit" in child.mapping else ""
            yield RegisterEntry(
                f"{PARAMETERS}.{name}", str(bare.value), None, None, None, str(unit), "", "", "", "", "", None,
                str(bare.origin),
            )  # fmt: skip


def _steps(entry: RegisterEntry) -> tuple[str, ...]:
    """Give the path of a figure without the key of its number."""
    steps = split_path(entry.path)
    return steps[:-1] if steps[-1] in VALUES and len(steps) > 2 else steps


def _found(figures: Sequence[RegisterEntry], name: str) -> RegisterEntry:
    """Give the one figure of that name."""
    asked = split_path(name)
    asked = asked[:-1] if len(asked) > 1 and asked[-1] in VALUES else asked
    whole = [one for one in figures if _steps(one) == asked]
    ends = whole or [
        one for one in figures if asked in (_steps(one)[-len(asked) :], split_path(one.path)[-len(asked) :])
    ]
    found = ends or [one for one in figures if set(asked) <= set(_steps(one))]
    if len(found) == 1:
        return found[0]
    if not found:
        known = [*dict.fromkeys(step for one in figures for step in _steps(one)), *(one.path for one in figures)]
        rule = f"there is no figure '{name}' with a source, a range or a reason"
        raise ModelError([Problem("", "", f"{rule}{nearest(name, known)}")])
    listed = "\n".join(
        f"  {one.path}: {one.written}{f' {one.unit}' if one.unit and not one.is_duration else ''}" for one in found
    )
    raise ModelError([Problem("", "", f"'{name}' is in {len(found)} figures; give more of the path of one:\n{listed}")])


def _read(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Scalar]]:
    """List what is read of a config as numbers and expressions, by path; items of a list go by their name."""
    for key, child in tree.mapping.items():
        if key not in NOT_READ or not path:
            yield from _read(child, (*path, key))
    for i, item in enumerate(tree.items):
        yield from _read(item, (*path, str(item.mapping["name"].value) if "name" in item.mapping else str(i)))
    if not isinstance(tree.value, Mapping | tuple):
        yield path, tree.value


def _names(value: Scalar) -> set[str]:
    """List the names in an expression."""
    return set(NAME.findall(value)) if isinstance(value, str) else set()


def _worked_out_from(name: str, named: Named) -> tuple[str, ...]:
    """List the parameters whose expressions name a parameter, and those that name these, nearest first."""
    found = [name]
    for known in found:
        for place, there in named:
            if place[0] == PARAMETERS and place[1] not in found and known in there:
                found.append(place[1])
    return tuple(found[1:])


def _label(place: tuple[str, ...]) -> str:
    """Say what of a section stands at a place: ``crisis: strained -> crisis``, ``keyworker (team.caseload)``."""
    section, name, *rest = place
    rest = [step for step in rest if step not in VALUES]
    move = next((step for step in rest if "->" in step), "")
    if section in ("effects", "costs"):
        return name
    if move:
        return f"{name}: {move}"
    return f"{name} ({'.'.join(rest)})" if rest else name


def _acted_on(tree: Tree, place: tuple[str, ...]) -> Iterator[str]:
    """List the moves on which an effect acts; nothing for another section."""
    if place[0] == "effects":
        on = next(one for one in tree.mapping["effects"].items if one.mapping["name"].value == place[1]).mapping["on"]
        yield from (str(one.value) for one in on.items or (on,))


def _settings(tree: Tree, key: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """List the regimes that set a figure, each with what it sets."""
    for regime, part in tree.mapping.get(REGIMES, Tree({}, tree.origin)).mapping.items():
        settings = part.mapping.get("set", Tree({}, tree.origin))
        for path, value in settings.mapping.items():
            if split_path(path)[: len(key)] == key:
                bare = value.mapping.get("value", value)
                if not isinstance(bare.value, Mapping | tuple):
                    yield regime, str(bare.value)


def _readings(scenario: Scenario, entry: RegisterEntry, key: tuple[str, ...]) -> dict[str, str]:
    """List the readings of the evidence under which a parameter of the baseline is another, with what it is."""
    if key[0] != PARAMETERS:
        return {}
    texts = {
        world.effect_set: world.model.parameters[key[1]].expression.text
        for world in scenario.worlds
        if world.regime == scenario.baseline
    }
    return {name: text for name, text in texts.items() if text not in (entry.written, str(entry.number))}


def recorded(figures: Sequence[RegisterEntry], entry: RegisterEntry) -> RegisterEntry | None:
    """Give the same figure as a run had it; None where it had none."""
    return next((one for one in figures if _steps(one) == _steps(entry)), None)
