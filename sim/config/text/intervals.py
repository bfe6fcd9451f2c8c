"""The interval of a figure whose number a later layer sets: kept, scaled or dropped, and a note of which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sim.config.text.source import Origin, Tree

NUMBERS = ("value", "mean")
"""The keys of a figure that hold the number which its interval is about."""
_ENDS = ("low", "high")
_SHARES = ("share", "probability")
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*([a-z]+?)s?\s*")


def with_number(figure: Tree, key: str, value: Tree, origin: Origin) -> Tree:
    """Set the number of a figure.

    The interval stays where the number lies in it; else it is scaled with the number, where old and new are above 0
    (a share stays at most 1); else it is dropped.

    Parameters
    ----------
    figure
        A mapping that has ``key``.
    key
        ``value``, or ``mean`` of a duration.
    value
        What is set.
    origin
        Where its key was written.

    Returns
    -------
        The figure; a note at the origin of its number says what became of the interval.
    """
    ends = {name: figure.mapping[name] for name in _ENDS if name in figure.mapping}
    kept = {name: child for name, child in figure.mapping.items() if name not in ends}
    keys = {**figure.keys, key: origin}
    if not ends:
        held = figure.mapping[key].origin.note
        return figure.with_entries({**kept, key: _noted(value, held)}, keys)
    new, old = _amount(value.value), _amount(figure.mapping[key].value)
    known = {name: amount for name, end in ends.items() if (amount := _amount(end.value)) is not None}
    was = _interval(ends)
    comparable = new is not None and len(known) == len(ends) and all(unit == new[1] for _, unit in known.values())
    if new is not None and comparable and _within(new[0], known):
        note = f"keeps its interval {was}"
    elif new is not None and comparable and old is not None and old[1] == new[1] and old[0] > 0 and new[0] > 0:
        ends = _scaled(figure, known, new, new[0] / old[0], origin)
        note = f"scales its interval {was} to {_interval(ends)}"
    else:
        ends, note = {}, f"drops its interval {was}, so that it counts as certain"
    return figure.with_entries({**kept, key: _noted(value, "" if new == old else note), **ends}, keys)


def notes(tree: Tree, path: str = "") -> Iterator[str]:
    """List what setting values did beside what it says, each with its place and dotted path."""
    if tree.origin.note:
        yield f"{tree.origin}: {path} {tree.origin.note}"
    for key, child in tree.mapping.items():
        yield from notes(child, f"{path}.{key}" if path else key)
    for i, child in enumerate(tree.items):
        yield from notes(child, f"{path}.{child.mapping['name'].value if 'name' in child.mapping else i}")


def _noted(value: Tree, note: str) -> Tree:
    """Put a note at the origin of a value."""
    return replace(value, origin=replace(value.origin, note=note)) if note else value


def _amount(value: object) -> tuple[float, str] | None:
    """Read a number, or a duration such as ``9 months``, with its unit; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), ""
    match = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    return (float(match.group(1)), match.group(2)) if match else None


def _within(number: float, ends: dict[str, tuple[float, str]]) -> bool:
    """Whether a number lies between the ends that are given."""
    low, high = (ends.get(name, (number, ""))[0] for name in _ENDS)
    return low <= number <= high


def _scaled(
    figure: Tree, ends: dict[str, tuple[float, str]], new: tuple[float, str], factor: float, origin: Origin
) -> dict[str, Tree]:  # fmt: skip
    """Scale the ends of an interval; rounding cannot bring them past the number between them."""
    is_share = "unit" in figure.mapping and figure.mapping["unit"].value in _SHARES
    result = {}
    for name, (end, _) in ends.items():
        moved = min(end * factor, new[0]) if name == "low" else max(end * factor, new[0])
        moved = min(moved, 1.0) if is_share and new[0] <= 1 else moved
        result[name] = Tree(f"{moved!r} {new[1]}s" if new[1] else moved, origin)
    return result


def _interval(ends: dict[str, Tree]) -> str:
    """Write an interval, its numbers to four digits."""
    amounts = [(end.value, _amount(end.value)) for end in ends.values()]
    return (
        f"[{', '.join(str(v) if a is None else f'{a[0]:.4g} {a[1]}s' if a[1] else f'{a[0]:.4g}' for v, a in amounts)}]"
    )
