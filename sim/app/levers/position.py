"""Where the levers stand: only what was moved; to and from the query of an address, and to a config that extends.

A value from outside is checked here against its lever before anything else sees it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from sim.app.levers.lever import SHOWN, StudyLever, Value
from sim.config.text.writing import quoted, scalar
from sim.errors import ModelError, Problem

LONGEST_ADDRESS = 2000


@dataclass(frozen=True)
class Position:
    """What was moved, lever -> value, in the order of the levers."""

    moved: tuple[tuple[str, Value], ...] = ()

    @property
    def values(self) -> dict[str, Value]:
        """The moved values by lever."""
        return dict(self.moved)

    def value(self, lever: StudyLever) -> Value:
        """Give where a lever stands."""
        return self.values.get(lever.name, lever.default)

    def address(self) -> str:
        """Write it as the query of an address."""
        return urlencode([(name, value if isinstance(value, str) else f"{value!r}") for name, value in self.moved])

    def settings(self, levers: Sequence[StudyLever], *, but: Sequence[str] = ()) -> dict[str, object]:
        """Give what it sets in a config by path, without the levers named in ``but``."""
        values = self.values
        return {
            path: value
            for lever in levers if lever.name in values and lever.name not in but
            for path, value in lever.settings(values[lever.name]).items()
        }  # fmt: skip

    def factors(self, levers: Sequence[StudyLever]) -> tuple[tuple[str, float], ...]:
        """Give what the price of each moved cost line is multiplied by."""
        values = self.values
        return tuple(
            (lever.line, float(values[lever.name]) / float(lever.default))
            for lever in levers if lever.line and lever.name in values
        )  # fmt: skip


def position(levers: Sequence[StudyLever], values: Mapping[str, object]) -> Position:
    """Check values from outside and give the position they make.

    Raises
    ------
    ModelError
        With a problem for each value that names no lever or lies beyond its track.
    """
    problems: list[Problem] = []
    by_name = {lever.name: lever for lever in levers}
    checked: dict[str, Value] = {}
    for name, given in values.items():
        lever = by_name.get(name)
        if lever is None:
            problems.append(Problem("the address", name[:40], "there is no such lever"))
            continue
        value = _checked(lever, given, problems)
        if value is not None and value != lever.default:
            checked[name] = value
    if problems:
        raise ModelError(problems)
    return Position(tuple((lever.name, checked[lever.name]) for lever in levers if lever.name in checked))


def _checked(lever: StudyLever, given: object, problems: list[Problem]) -> Value | None:
    """Give a value that a lever may stand at; None with a problem where it may not."""
    if lever.is_choice:
        if isinstance(given, str) and given in lever.choices:
            return given
        problems.append(Problem("the address", lever.name, f"must be one of {', '.join(lever.choices)}"))
        return None
    try:
        number = float(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else math.nan
    except ValueError:
        number = math.nan
    low, high = lever.ends
    if not low <= number <= high:
        problems.append(Problem("the address", lever.name, f"must be a number from {low:g} to {high:g}"))
        return None
    return number


def said(query: str) -> dict[str, str]:
    """Read what the query of an address says, unchecked.

    Raises
    ------
    ModelError
        For an address of absurd length.
    """
    if len(query) > LONGEST_ADDRESS:
        raise ModelError([Problem("the address", "", f"is longer than {LONGEST_ADDRESS} characters")])
    return dict(parse_qsl(query, keep_blank_values=True))


def from_address(levers: Sequence[StudyLever], query: str) -> Position:
    """Read the query of an address.

    Raises
    ------
    ModelError
        As ``position``; also for an address of absurd length.
    """
    return position(levers, said(query))


def to_yaml(extends: Sequence[str], title: str, levers: Sequence[StudyLever], at: Position) -> str:
    """Write a config that extends a study and holds only what was moved."""
    lines = [f"title: {scalar(title)}", f"extends: {_names(extends)}"]
    settings = at.settings(levers)
    for path in [path for path in settings if path == "effect_set"]:
        lines.append(f"{path}: {_flow(settings.pop(path))}")
    shown = [lever for lever in levers if lever.kind == SHOWN and lever.name in at.values]
    lines += [f"# {lever.title.lower()}: {_comment(at.value(lever))} (shown so; nothing in a run)" for lever in shown]
    if settings:
        lines.append("set:")
        lines += [f"  {quoted(path)}: {_flow(value)}" for path, value in settings.items()]
    return "\n".join(lines) + "\n"


def _names(extends: Sequence[str]) -> str:
    """Write what is extended: a name, or a list of them."""
    written = [scalar(name) for name in extends]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def _flow(value: object) -> str:
    """Write a value in a line: JSON is YAML."""
    return json.dumps(value)


def _comment(value: Value) -> str:
    """Write a value in a comment, which ends with its line."""
    return " ".join(str(value).split())


def as_sets(settings: Mapping[str, object]) -> list[str]:
    """Write settings as ``--set`` takes them."""
    return [f"{path}={json.dumps(value)}" for path, value in settings.items()]
