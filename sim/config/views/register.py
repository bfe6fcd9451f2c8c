"""Every figure of a config with where it comes from: the register of assumptions and evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic_core import PydanticCustomError

from sim.config.loading import tree_of
from sim.config.schema.phrases import Duration, read_duration
from sim.config.text.merge import item_at, split_path
from sim.config.text.source import Tree

VALUES = ("value", "mean", "rate")
"""The keys that hold the number of a figure."""
ASSUMPTION = "assumption"
UPRATED = "uprated"
"""The status of an old price that the index brings forward."""


@dataclass(frozen=True)
class RegisterEntry:
    """One figure: its place as ``--set`` takes it, what is written there, and its provenance.

    ``number``, ``low`` and ``high`` are in ``unit`` (for durations that of the value, such as months); None where the
    value is an expression, or no interval is given.
    """

    path: str
    written: str
    number: float | None
    low: float | None
    high: float | None
    unit: str
    source: str
    locator: str
    quality: str
    why: str
    price_year: str
    distribution: str | None
    origin: str
    is_duration: bool = False
    status: str = ""

    @property
    def is_uncertain(self) -> bool:
        """Whether a draw of it can differ from its best estimate."""
        return self.number is not None and self.low is not None and self.high is not None and self.low < self.high

    @property
    def standing(self) -> str:
        """Whether a price was observed, in words; nothing of what is no price, or does not say."""
        return "uprated, not observed" if self.is_uprated else self.status

    @property
    def is_uprated(self) -> bool:
        """Whether it is an old price that the index brings forward."""
        return self.status == UPRATED

    @property
    def is_assumption(self) -> bool:
        """Whether it is a judgement rather than a published figure."""
        return self.source == ASSUMPTION

    def setting(self, number: float) -> str:
        """Write ``path=number`` as ``--set`` takes it."""
        return f"{self.path}={number!r} {self.unit}" if self.is_duration else f"{self.path}={number!r}"


def register(path: str | Path, sets: Sequence[str] = ()) -> list[RegisterEntry]:
    """List every figure of a config that has a source or an interval, in the order of the config.

    Raises
    ------
    ModelError
        When the config cannot be read.
    """
    return list(entries(tree_of(path, sets)))


def entries(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[RegisterEntry]:
    """Walk a tree."""
    key = next((key for key in VALUES if key in tree.mapping and not tree.mapping[key].mapping), None)
    if key is not None and ("source" in tree.mapping or "low" in tree.mapping):
        yield _entry(tree, path, key)
    for name, child in tree.mapping.items():
        yield from entries(child, (*path, name))
    for i, child in enumerate(tree.items):
        yield from entries(child, (*path, str(child.mapping["name"].value) if "name" in child.mapping else str(i)))


def figure_at(tree: Tree, text: str) -> RegisterEntry | None:
    """Read the number at a path as ``--set`` takes it, of a figure with or without the key of its number.

    Returns
    -------
        The figure, or the bare number without source or interval; None where no number stands there.
    """
    path = split_path(text)
    for place, key in ((path, None), (path[:-1], path[-1] if path else "")):
        node = item_at(tree, _joined(place)) if place else None
        held = node.mapping if node is not None else {}
        found = next((one for one in VALUES if one in held and key in (None, one)), None)
        if node is not None and found is not None and not held[found].mapping:
            entry = _entry(node, place, found)
            return entry if entry.number is not None else None
    node = item_at(tree, text)
    if node is None or node.mapping or node.items:
        return None
    bare = replace(_entry(Tree({"value": node}, node.origin), path, "value"), path=_joined(path))
    return bare if bare.number is not None else None


def _joined(path: Sequence[str]) -> str:
    """Write a path as ``--set`` takes it."""
    return ".".join(f'"{part}"' if "." in part else part for part in path)


def _entry(tree: Tree, path: tuple[str, ...], key: str) -> RegisterEntry:
    """Read one figure."""
    told = {name: child.value for name, child in tree.mapping.items()}
    durations = {name: length for name in (key, "low", "high") if (length := _duration(told.get(name))) is not None}
    unit = durations[key].unit if key in durations else ""
    words = ("source", "locator", "quality", "why", "price_year", "unit", "status")
    text = {name: str(told.get(name) or "") for name in words}
    number, low, high = (_number(told.get(name), durations.get(name), unit) for name in (key, "low", "high"))
    return RegisterEntry(
        path=_joined((*path, key)),
        written=str(told[key]), number=number, low=low, high=high, unit=f"{unit}s" if unit else text["unit"],
        source=text["source"], locator=text["locator"], quality=text["quality"], why=text["why"],
        price_year=text["price_year"], distribution=None if "distribution" not in told else str(told["distribution"]),
        origin=str(tree.mapping[key].origin), is_duration=bool(unit), status=text["status"],
    )  # fmt: skip


def _duration(value: object) -> Duration | None:
    """Read a duration that is written with its unit."""
    if not isinstance(value, str):
        return None
    try:
        return read_duration(value)
    except PydanticCustomError:
        return None


def _number(value: object, length: Duration | None, unit: str) -> float | None:
    """Give a number, of a duration its length in ``unit``."""
    if length is not None and unit:
        same = Duration(1.0, unit)
        return length.amount if length.unit == unit else float(length.years / same.years)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
