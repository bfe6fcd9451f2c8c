"""Expressions inside the parts of a model: finding them, and changing them wherever they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from sim.language.tree import Expression

Part = TypeVar("Part")


def expressions(part: object) -> Iterator[Expression]:
    """Walk the expressions of anything that models are made of."""
    if isinstance(part, Expression):
        yield part
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            yield from expressions(getattr(part, field.name))
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from expressions(value)
    elif isinstance(part, tuple):
        for value in part:
            yield from expressions(value)


def mapped(part: Part, change: Callable[[Expression], Expression]) -> Part:
    """Give the same part with every expression changed; what holds none is the same object."""
    made: Any = part
    if isinstance(part, Expression):
        made = change(part)
    elif not any(True for _ in expressions(part)):
        return part
    elif is_dataclass(part) and not isinstance(part, type):
        made = replace(part, **{f.name: mapped(getattr(part, f.name), change) for f in fields(part)})
    elif isinstance(part, Mapping):
        made = {key: mapped(value, change) for key, value in part.items()}
    elif isinstance(part, tuple):
        made = tuple(mapped(value, change) for value in part)
    result: Part = made
    return result
