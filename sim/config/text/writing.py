"""A tree back to YAML text, with the place of each value beside it when asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sim.config.text.source import Tree
from sim.errors import ModelError, Problem

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./ >=*+^()-]*")
_NOT_PLAIN = re.compile(
    r"^(true|false|null|True|False|Null|TRUE|FALSE|NULL|nan|NaN|inf|Inf|infinity|Infinity)$|: |\s#|:$|\s$"
)


def to_yaml(tree: Tree, with_origins: bool = False) -> str:
    """Write a tree as YAML 1.2.

    Parameters
    ----------
    tree
        The resolved config.
    with_origins
        Whether to add ``# from file:line`` after each value.

    Returns
    -------
        Text that reads back as an equal tree.
    """
    return "\n".join(_lines(tree, 0, with_origins)) + "\n"


def scalar(value: object) -> str:
    """Write a single value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    return text if _PLAIN.fullmatch(text) and not _NOT_PLAIN.search(text) else quoted(text)


def quoted(text: str) -> str:
    """Write text in double quotes, escaping what is not printable."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    """Write one character inside double quotes."""
    if character in ('"', "\\"):
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08X}"


def _lines(tree: Tree, indent: int, origins: bool) -> Iterator[str]:
    """Write a mapping or list in block style."""
    pad = " " * indent
    for key, child in tree.mapping.items():
        yield from _entry(f"{pad}{scalar(key)}:", child, indent + 2, origins)
    for child in tree.items:
        if isinstance(child.value, Mapping) and child.value:
            inner = list(_lines(child, indent + 2, origins))
            yield f"{pad}- {inner[0].lstrip()}"
            yield from inner[1:]
        else:
            yield from _entry(f"{pad}-", child, indent + 2, origins)


def _entry(head: str, child: Tree, indent: int, origins: bool) -> Iterator[str]:
    """Write one entry: on its own line, or as a block below its key."""
    note = f"  # from {child.origin}" if origins else ""
    if isinstance(child.value, Mapping) and not child.value:
        yield f"{head} {{}}{note}"
    elif isinstance(child.value, tuple) and all(not isinstance(i.value, Mapping | tuple) for i in child.value):
        yield f"{head} [{', '.join(_in_list(item) for item in child.value)}]{note}"
    elif isinstance(child.value, Mapping | tuple):
        yield head
        yield from _lines(child, indent, origins)
    else:
        yield f"{head} {scalar(child.value)}{note}"


def _in_list(item: Tree) -> str:
    """Write a value inside square brackets."""
    text = scalar(item.value)
    return quoted(text) if not text.startswith('"') and any(c in text for c in ",[]{}:#") else text


def write_new(path: Path, text: str, other: str = "name") -> None:
    """Write a file that is not there yet.

    Raises
    ------
    ModelError
        When it is there already, where ``other`` is what would do, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ModelError([taken(path, other)]) from None
    except OSError as error:
        raise ModelError([Problem(str(path), "", f"cannot be written ({error.strerror})")]) from None


def taken(path: Path, other: str = "name") -> Problem:
    """Say that a file is there already."""
    return Problem(str(path), "", f"this file is there already; choose another {other}")
