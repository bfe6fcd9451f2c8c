"""Configs with something wrong in them: a right one, changed in one way, the same for the same number for ever."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ruamel.yaml import YAML

from tests.docs.snippets import PAGES, snippets
from tests.places import TEXTBOOK, TOY, VALID

Random = random.Random
Path_ = tuple[str | int, ...]
UNITS = ("fortnight", "moths", "gbp", "1/yaer", "gbp/decade", "9 years ago", "-3 months", "1e999 days", "month month")
NUMBERS = (-1, -0.5, 0, 2, 1e308, -1e308, 1e-320, 10**25, "1e400", ".nan", ".inf", "-.inf", 0.1, 1e15, "010", "1_000")
WRONG = ("text", "", None, [], {}, [1, 2, 3], {"a": {"b": {"c": 1}}}, True, "null", [[]], [None], {"": 1}, "2011-04-01")
EXPRESSIONS = (
    "1 / 0", "log(-1)", "exp(1000)", "nosuchname", "1 +", "((1)", "1 ** 2", "max()", "total()", "any(1)", "k", "cycle",
    "1 / (2 - cycle)", "3 - cycle", "if(1, 2)", "__import__('os')", "table(nosuch, 1)", "0 ^ -1", "a b", "x = 1",
    "1e309", "(" * 70 + "1" + ")" * 70, "1" + " + 1" * 500, "-" * 65 + "1", "£45,000", "350/1734", "age",
    "area == nowhere",
)  # fmt: skip
YEARS = ("2011-13", "20111", "2012/15", "201", "2011-00", "0000-01", "tomorrow", 2011.5, -5, 99999999, "2012-02-29")
EXTENDS = (
    "nosuch",
    "mutant.yaml",
    [],
    3,
    {"a": 1},
    "../../..",
    "/dev/null",
    "national\0",
    ["nosuch", 1],
    "a" * 5000,
    ".",
)
STRANGE = (
    "\x00",
    "\x1b[31m",
    "\x07",
    "\u202e",
    "\ud7ff",
    "\x85",
    "\U0001f600",
    "\r",
    "a" * 5000,
    "'",
    '"',
    ": ",
    "#",
    "{",
)


SETS = ({"a.b": 1}, {"": 1}, [1], {"clock": 3}, {"title.x": 1})
BRACKETS = (b"{", b"[", b"}", b"]", b'"', b"'")
BYTES = (b"\x00", b"\xff", b"\x1b", b"&", b"*a", b"!", b"%")
SIGNS = (b": ", b"- ", b"#", b"? ", b"|", b">", b"\n---\n")


@dataclass(frozen=True)
class Mutant:
    """A config changed in one way: which config, the number that makes it again, what was done, and its bytes."""

    config: str
    number: int
    kind: str
    content: bytes

    def __str__(self) -> str:
        return f"mutant({self.config!r}, {self.number}), {self.kind}"


@cache
def sources() -> dict[str, str]:
    """Give the right configs: of the textbook, of tests, and of the pages of docs/ that show a whole one."""
    found = {path.stem: path.read_text(encoding="utf-8") for path in (*sorted(TEXTBOOK.glob("*.yaml")), VALID, TOY)}
    for page in PAGES:
        for snippet in snippets(page):
            if snippet.kind == "yaml" and "\nunits:" in snippet.text and "extends" not in snippet.text:
                found[f"{page}:{snippet.line}"] = snippet.text
    return found


def mutant(config: str, number: int) -> Mutant:
    """Make one."""
    rng = random.Random(f"{config} {number}")
    kind = rng.choice([*IN_TREE, *IN_TEXT])
    text = sources()[config]
    if kind in IN_TEXT:
        return Mutant(config, number, kind, IN_TEXT[kind](rng, text.encode()))
    tree = YAML(typ="safe", pure=True).load(text)
    IN_TREE[kind](rng, tree)
    return Mutant(config, number, kind, written(tree))


def mutants(n: int, first: int = 0) -> Iterator[Mutant]:
    """Give the mutants with the numbers from ``first``, taking the configs in turn."""
    names = sorted(sources())
    for number in range(first, first + n):
        yield mutant(names[number % len(names)], number)


def written(tree: Any) -> bytes:
    """Write a tree as YAML; text that stands for a number that YAML would refuse is written bare."""
    out, yaml = io.StringIO(), YAML(typ="safe", pure=True)
    yaml.width, yaml.allow_unicode = 1 << 20, True
    yaml.dump(tree, out)
    text = out.getvalue()
    for bare in (".nan", ".inf", "-.inf", "1e400", "010"):
        text = text.replace(f"'{bare}'", bare)
    return text.encode("utf-8", "surrogatepass")


def places(tree: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Walk all values below the top with their paths."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield (*path, key), value
        yield from places(value, (*path, key))


def holder(tree: Any, path: Path_) -> Any:
    """Give the mapping or list that holds what is at a path."""
    for key in path[:-1]:
        tree = tree[key]
    return tree


def put(rng: Random, tree: Any, value: Any, where: Callable[[Path_, Any], bool] = lambda path, value: True) -> None:
    """Put a value in some place of a kind, anywhere where there is none of that kind."""
    there = [path for path, old in places(tree) if where(path, old)] or [path for path, _ in places(tree)]
    path = rng.choice(there)
    holder(tree, path)[path[-1]] = value(holder(tree, path)[path[-1]]) if callable(value) else value


def misspelt(rng: Random, word: str) -> str:
    """Leave a letter out, double it, change it, or swap it with the next."""
    if not word:
        return "x"
    i = rng.randrange(len(word))
    return rng.choice(
        [word[:i] + word[i + 1 :], word[:i] + word[i] + word[i:], word[:i] + "q" + word[i + 1 :], word[::-1]]
    )


def rename(rng: Random, tree: Any, new: Callable[[str], Any], where: Callable[[str], bool] = lambda key: True) -> None:
    """Give a key another name, in its place."""
    keyed = [path for path, _ in places(tree) if isinstance(path[-1], str)]
    path = rng.choice([path for path in keyed if where(str(path[-1]))] or keyed)
    mapping = holder(tree, path)
    entries = [(new(str(key)) if key == path[-1] else key, value) for key, value in mapping.items()]
    mapping.clear()
    mapping.update(entries)


def delete(rng: Random, tree: Any) -> None:
    """Take an entry away."""
    path = rng.choice([path for path, _ in places(tree)])
    del holder(tree, path)[path[-1]]


def is_number(path: Path_, value: Any) -> bool:
    """Whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_text(path: Path_, value: Any) -> bool:
    """Whether a value is text."""
    return isinstance(value, str)


def is_dated(path: Path_, value: Any) -> bool:
    """Whether a value is a date or a year."""
    return path[-1] in ("start", "price_year", "first", "from", "dated")


def is_unit(path: Path_, value: Any) -> bool:
    """Whether a value has a unit."""
    return path[-1] in ("unit", "step", "mean", "over", "window", "poisson", "warm_up", "patience", "hire", "meeting")


IN_TREE: dict[str, Callable[[Random, Any], None]] = {
    "a key misspelt": lambda rng, tree: rename(rng, tree, lambda key: misspelt(rng, key)),
    "a name misspelt": lambda rng, tree: put(rng, tree, lambda old: misspelt(rng, str(old)), is_text),
    "a key deleted": delete,
    "a wrong type": lambda rng, tree: put(rng, tree, rng.choice(WRONG)),
    "a number out of range": lambda rng, tree: put(rng, tree, rng.choice(NUMBERS), is_number),
    "a wrong unit": lambda rng, tree: put(rng, tree, rng.choice(UNITS), is_unit),
    "another expression": lambda rng, tree: put(rng, tree, rng.choice(EXPRESSIONS), is_number),
    "an expression made longer": lambda rng, tree: put(
        rng, tree, lambda old: f"{old} {rng.choice(('* nosuchname', '+', ') (', '/ 0', '@', '== x', '; 1'))}", is_text
    ),
    "a wrong state": lambda rng, tree: rename(rng, tree, lambda key: misspelt(rng, key), lambda key: "->" in key),
    "a wrong year": lambda rng, tree: put(rng, tree, rng.choice(YEARS), is_dated),
    "an empty mapping": lambda rng, tree: put(rng, tree, {}, lambda path, value: isinstance(value, dict)),
    "a huge whole number": lambda rng, tree: put(rng, tree, rng.choice((10**29, 10**18, 2**31, 2**63)), is_number),
    "strange characters": lambda rng, tree: put(rng, tree, lambda old: f"{old}{rng.choice(STRANGE)}", is_text),
    "a strange key": lambda rng, tree: rename(rng, tree, lambda key: key + rng.choice(STRANGE)),
    "a wrong extends": lambda rng, tree: tree.update(extends=rng.choice(EXTENDS)),
    "a wrong set": lambda rng, tree: tree.update(set=rng.choice(SETS)),
}  # fmt: skip


def at_line(rng: Random, text: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Change one line."""
    lines = text.split(b"\n")
    i = rng.randrange(len(lines))
    return b"\n".join([*lines[:i], change(lines[i]), *lines[i + 1 :]])


def at_byte(rng: Random, text: bytes, new: bytes, gone: int = 0) -> bytes:
    """Put bytes somewhere, in place of some."""
    i = rng.randrange(len(text))
    return text[:i] + new + text[i + gone :]


IN_TEXT: dict[str, Callable[[Random, bytes], bytes]] = {
    "a tab": lambda rng, text: at_line(rng, text, lambda line: b"\t" + line),
    "a line twice": lambda rng, text: at_line(rng, text, lambda line: line + b"\n" + line),
    "a line gone": lambda rng, text: at_line(rng, text, lambda line: b""),
    "a line pushed in": lambda rng, text: at_line(rng, text, lambda line: b"   " + line),
    "the end cut off": lambda rng, text: text[: rng.randrange(len(text))],
    "a bracket or quote": lambda rng, text: at_byte(rng, text, rng.choice(BRACKETS)),
    "a byte gone": lambda rng, text: at_byte(rng, text, b"", 1),
    "a wrong byte": lambda rng, text: at_byte(rng, text, rng.choice(BYTES)),
    "a sign of YAML": lambda rng, text: at_byte(rng, text, rng.choice(SIGNS)),
}  # fmt: skip
