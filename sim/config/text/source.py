"""YAML 1.2 text to a tree in which every value knows its file, line and column.

Works on ruamel.yaml's event stream, so nesting, size and repeated keys are checked while reading. Leaves out what a
value means: that is the schema's business.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sim.errors import ModelError, Problem

Scalar = str | int | float | bool | None
MAX_BYTES = 1_000_000
MAX_DEPTH = 30
MAX_NODES = 100_000
MAX_DIGITS = 30
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NOT_FINITE = re.compile(r"[-+]?\.?(inf|Inf|INF|nan|NaN|NAN)|[-+]?[Ii]nfinity")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null")} | {"!"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


@dataclass(frozen=True)
class Origin:
    """Where a value was written; ``inset`` is what to add to a column in its text, None when it spans lines.

    ``added`` marks a key that a layer over others wrote and none of them has; ``note`` says what else setting did.
    """

    file: str
    line: int = 0
    column: int = 0
    inset: int | None = 0
    added: bool = False
    note: str = ""

    def __str__(self) -> str:
        """Give ``file:line:column``, or the file alone where there are no lines (``--set``)."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def at(self, offset: int) -> Origin:
        """Give the place ``offset`` characters into the text of the value, where that can be told."""
        if not self.line or self.inset is None:
            return self
        return replace(self, column=self.column + self.inset + offset)


@dataclass(frozen=True)
class Tree:
    """A value with its origin: a scalar, a tuple of trees, or a mapping; ``keys`` says where each key stands."""

    value: Scalar | tuple[Tree, ...] | Mapping[str, Tree]
    origin: Origin
    keys: Mapping[str, Origin] = field(default_factory=dict)

    @property
    def mapping(self) -> Mapping[str, Tree]:
        """The entries of a mapping; nothing for other values."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> tuple[Tree, ...]:
        """The items of a list; nothing for other values."""
        return self.value if isinstance(self.value, tuple) else ()

    @cached_property
    def has_nulls(self) -> bool:
        """Whether it is a null, or holds one anywhere."""
        return self.value is None or any(child.has_nulls for child in (*self.mapping.values(), *self.items))

    def with_entries(self, entries: Mapping[str, Tree], keys: Mapping[str, Origin]) -> Tree:
        """Give the same mapping with other entries."""
        return Tree(entries, self.origin, keys)


def plain(tree: Tree) -> Any:
    """Give the bare Python value: dicts, lists and scalars."""
    if isinstance(tree.value, Mapping):
        return {key: plain(child) for key, child in tree.value.items()}
    if isinstance(tree.value, tuple):
        return [plain(child) for child in tree.value]
    return tree.value


def shown(path: Path) -> str:
    """Name a file as a person would: relative to the working folder where it lies below it."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative


def read(path: Path, only: Collection[str] = ()) -> Tree:
    """Read a config file.

    Parameters
    ----------
    path
        The file.
    only
        The sections that are wanted, where only some are; the others may be there or not.

    Raises
    ------
    ModelError
        When the file cannot be read, is no UTF-8 or is no YAML 1.2 mapping within the limits.
    """
    name = shown(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refuse(Origin(name), f"the file has more than {MAX_BYTES:,} bytes; a config is a few thousand")
        raw = path.read_bytes()
    except OSError as error:
        raise _refuse(Origin(name), f"cannot read this file ({error.strerror or error})") from None
    text = _decode(raw, name)
    tree = (_sections(text, name, only) if only else None) or parse(text, name)
    if not isinstance(tree.value, Mapping):
        raise _refuse(tree.origin, "a config is a mapping, such as 'title: My model'; this file holds something else")
    return tree


@lru_cache(maxsize=128)
def parse(text: str, name: str) -> Tree:
    """Parse YAML text into one tree; ``name`` stands for the file in messages. What was parsed lately is kept."""
    _check_characters(text, name)
    try:
        composer = _Composer(name)
        return composer.document(iter(YAML(typ="safe", pure=True).parse(text)))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        origin = Origin(name, mark.line + 1, mark.column + 1) if mark else Origin(name)
        raise _refuse(origin, f"not YAML: {_sentence(error)}") from None
    except (YAMLError, RecursionError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, ModelError):
            raise
        raise _refuse(Origin(name), f"not YAML: {str(error).splitlines()[0] if str(error) else 'unreadable'}") from None


_SECTION = re.compile(r"^([A-Za-z_]\w*):(?=\s|$)", re.MULTILINE)
"""A key at the margin: what stands under it, up to the next, is further in, so that sections can be read apart."""


def _sections(text: str, name: str, only: Collection[str]) -> Tree | None:
    """Parse some sections alone, each on its own lines; None where they cannot be told apart or lean on others."""
    starts = [*_SECTION.finditer(text)]
    before = text[: starts[0].start()] if starts else text
    if any(line.strip() and not line.startswith("#") for line in before.splitlines()):
        return None
    kept, end = [], 0
    for i, start in enumerate(starts):
        if start.group(1) in only:
            kept.append("\n" * text.count("\n", end, start.start()))  # so that lines keep their numbers
            end = starts[i + 1].start() if i + 1 < len(starts) else len(text)
            kept.append(text[start.start() : end])
    try:
        tree = parse("".join(kept), name)
    except ModelError:
        return None
    return tree if isinstance(tree.value, Mapping) else Tree({}, Origin(name))


def _sentence(error: MarkedYAMLError) -> str:
    """Join the parser's context and problem in one line."""
    return ", ".join(str(part) for part in (error.context, error.problem) if part)


def _refuse(origin: Origin, message: str, key: str = "") -> ModelError:
    """Make the error of one problem."""
    return ModelError([Problem(str(origin), key, message)])


def _decode(raw: bytes, name: str) -> str:
    """Decode UTF-8 with or without a byte order mark."""
    if raw.startswith(_UTF16) or (len(raw) > 1 and raw[1:2] == b"\x00"):
        raise _refuse(Origin(name, 1, 1), "this file is UTF-16 or UTF-32; save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise _refuse(Origin(name, line, column), "this byte is not UTF-8; save the file as UTF-8") from None


def _check_characters(text: str, name: str) -> None:
    """Refuse control characters, and tabs in the indentation."""
    for number, line in enumerate(text.split("\n"), 1):
        bad = _CONTROL.search(line)
        if bad:
            raise _refuse(Origin(name, number, bad.start() + 1), f"the character {bad.group()!r} is not text")
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in indent:
            raise _refuse(Origin(name, number, indent.index("\t") + 1), "a tab in the indentation; use spaces")


def _is_rest(key: str) -> bool:
    """Whether a key looks like the rest of a number or an expression, as of `45,000` or `max(a, b)`."""
    return key[:1].isdigit() or key.endswith(")")


def _is_nothing(event: Any) -> bool:
    """Whether an event is a value that was left out."""
    return type(event).__name__ == "ScalarEvent" and not event.style and event.value == ""


class _Composer:
    """Builds a tree from parser events, with limits on depth and on the number of values."""

    def __init__(self, name: str) -> None:
        self.name, self.nodes = name, 0
        self.anchors: dict[str, tuple[Tree, int]] = {}
        self.problems: list[Problem] = []

    def document(self, events: Iterator[Any]) -> Tree:
        """Compose the only document of a stream."""
        tree: Tree | None = None
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                if tree is not None:
                    raise _refuse(
                        self.origin(event), "a second document ('---') in one file; one file holds one config"
                    )
                tree = self.node(next(events), events, 0)
        if self.problems:
            raise ModelError(self.problems)
        return tree or Tree(None, Origin(self.name, 1, 1))

    def origin(self, event: Any, inset: int | None = 0) -> Origin:
        """Give the place of an event."""
        return Origin(self.name, event.start_mark.line + 1, event.start_mark.column + 1, inset)

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Tree:
        """Compose the value that begins with ``event``."""
        kind, before = type(event).__name__, self.nodes
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise _refuse(self.origin(event), f"nested more than {MAX_DEPTH} deep")
        if kind == "AliasEvent":
            return self.alias(event)
        if self.nodes > MAX_NODES:
            raise _refuse(self.origin(event), f"more than {MAX_NODES:,} values in one file")
        if event.tag and str(event.tag) not in _TAGS:
            self.problem(event, f"the tag {event.tag} is not allowed; write the plain value")
        if kind == "ScalarEvent":
            tree = self.scalar(event)
        elif kind == "SequenceStartEvent":
            tree = self.sequence(event, events, depth)
        else:
            tree = self.map(event, events, depth)
        if event.anchor:
            self.anchors[event.anchor] = (tree, self.nodes - before)
        return tree

    def problem(self, event: Any, message: str, key: str = "") -> None:
        """Note a problem and go on."""
        self.problems.append(Problem(str(self.origin(event)), key, message))

    def printable(self, text: str, event: Any) -> None:
        """Note a control character that is written as an escape in quotes."""
        if bad := _CONTROL.search(text):
            self.problem(event, f"the character {bad.group()!r} is not text")

    def alias(self, event: Any) -> Tree:
        """Repeat an anchored value, counting its size."""
        if event.anchor not in self.anchors:
            raise _refuse(self.origin(event), f"*{event.anchor} repeats a value that is not finished or not there")
        tree, size = self.anchors[event.anchor]
        self.nodes += size
        if self.nodes > MAX_NODES:
            raise _refuse(self.origin(event), f"repeating *{event.anchor} makes more than {MAX_NODES:,} values")
        return tree

    def sequence(self, start: Any, events: Iterator[Any], depth: int) -> Tree:
        """Compose a list."""
        items = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            items.append(self.node(event, events, depth + 1))
        return Tree(tuple(items), self.origin(start))

    def map(self, start: Any, events: Iterator[Any], depth: int) -> Tree:
        """Compose a mapping; keys are kept as text."""
        entries: dict[str, Tree] = {}
        keys: dict[str, Origin] = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            if type(event).__name__ != "ScalarEvent":
                raise _refuse(self.origin(event), "a key must be plain text, not a list, a mapping or a repeated value")
            key = str(event.value)
            self.printable(key, event)
            if key == "<<" and not event.style:
                self.problem(event, "merge keys ('<<') are not used here; use 'extends'")
            if key in entries:
                self.problem(event, f"'{key}' is given twice; the first is at line {keys[key].line}", key)
            keys[key] = self.origin(event, 1 if event.style in ("'", '"') else 0)
            following = next(events)
            if start.flow_style and not event.style and _is_rest(key) and _is_nothing(following):
                rule = "a comma inside braces ends a value; write numbers without commas, and quote what holds one"
                self.problem(event, f"'{key}' stands by itself: {rule}", key)
            entries[key] = self.node(following, events, depth + 1)
        return Tree(entries, self.origin(start), keys)

    def scalar(self, event: Any) -> Tree:
        """Resolve a scalar by the core rules of YAML 1.2."""
        text, style = str(event.value), event.style
        one_line = event.start_mark.line == event.end_mark.line
        quoted = style in ("'", '"')
        origin = self.origin(event, (1 if quoted else 0) if one_line and style not in ("|", ">") else None)
        if style:
            self.printable(text, event)
            return Tree(text, origin)
        if text in _WORDS:
            return Tree(_WORDS[text], origin)
        if _NOT_FINITE.fullmatch(text):
            self.problem(event, f"given {text}; a number must be finite")
        if _FLOAT.fullmatch(text):
            return Tree(self.number(text, event), origin)
        return Tree(text, origin)

    def number(self, text: str, event: Any) -> int | float:
        """Read a decimal number; leading zeros are refused because readers disagree about them."""
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
            self.problem(event, f"given {text}; a number with a leading zero is ambiguous, write {float(text):g}")
        if _INT.fullmatch(text) and len(digits) <= MAX_DIGITS:
            return int(text)
        value = float(text)
        if value in (float("inf"), float("-inf")):
            self.problem(event, f"given {text}; a number must be finite")
        return value
