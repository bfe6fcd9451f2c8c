"""What the names in a model's expressions may be, and who may read them: unknown words get the nearest known one.

Leaves out evaluating: the model's own scopes do that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sim.arrays import FloatArray
from sim.config.check.problems import Findings, Key
from sim.config.text.library import nearest
from sim.language.evaluate import Expression, Node, evaluate

CLOCK = frozenset({"cycle", "year", "month", "time", "step_years"})
WORDS = frozenset({"always", "never"})
PARAMETER, MEMORY, COUNT = "a parameter", "a memory", "a count"
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


@dataclass(frozen=True)
class Words:
    """A chain as conditions see it: its unit, and the words for its states."""

    unit: str
    states: tuple[str, ...]
    service: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """Every name of a model."""

    units: tuple[str, ...]
    chains: Mapping[str, Words]
    traits: frozenset[str] = frozenset()
    parameters: Mapping[str, Expression] = field(default_factory=dict)
    memories: frozenset[str] = frozenset()
    stocks: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    areas: tuple[str, ...] = ()
    age_is_shared: bool = False
    aged: frozenset[str] = frozenset()

    @property
    def root(self) -> str:
        """The first unit."""
        return self.units[0]

    def row_names(self) -> set[str]:
        """Names that a row carries."""
        age = set() if self.age_is_shared else {"age"}
        return {*self.chains, *self.traits, *self.memories, "k", "agencies", "area", *age}

    def known(self) -> list[str]:
        """All names that may stand in an expression."""
        names = {*self.row_names(), *self.parameters, *self.stocks, *CLOCK, *WORDS, "age"}
        return sorted(names if self.aged else names - {"age"})

    def read(self, expression: Expression) -> Iterator[Node]:
        """Walk what an expression reads, parameters opened; the arguments of any, count and total are left out."""
        seen: set[str] = set()
        stack = [expression.root]
        while stack:
            node = stack.pop()
            yield node
            if node.kind == "name" and node.name in self.parameters and node.name not in seen:
                seen.add(node.name)
                stack.append(self.parameters[node.name].root)
            if node.kind == "call" and node.name in ("any", "count", "total", "waiting", "places"):
                continue
            stack.extend(node.args[1:] if node.kind == "call" and node.name == "table" else self._operands(node))

    def _operands(self, node: Node) -> Sequence[Node]:
        """Give the arguments of a node; the state at the right of a comparison is no name."""
        if node.kind not in _COMPARISONS or node.args[1].kind != "name":
            return node.args
        left, right = node.args[0].name, node.args[1].name
        if left in self.chains and right in self.chains[left].states:
            return node.args[:1]
        if left == "area" and right in self.areas:
            return node.args[:1]
        return node.args

    def row_reads(self, expression: Expression) -> list[Node]:
        """List what an expression reads from a row."""
        names = self.row_names()
        return [
            n
            for n in self.read(expression)
            if (n.kind == "name" and n.name in names) or (n.kind == "call" and n.name in ("any", "count"))
        ]

    def unit_of(self, expression: Expression) -> str:
        """Give the unit whose rows a condition is about: the child unit when it names its chains, else the root."""
        units = [self.chains[n.name].unit for n in self.read(expression) if n.kind == "name" and n.name in self.chains]
        return next((unit for unit in units if unit != self.root), self.root)

    def resolved(self, expression: Expression) -> Expression:
        """Turn a bare state, as in ``total(infected)``, into the comparison that it is short for."""
        root = self._resolve(expression.root, False)
        return expression if root is expression.root else replace(expression, root=root)

    def _resolve(self, node: Node, bare_state: bool) -> Node:
        """Resolve one node."""
        if bare_state and node.kind == "name" and node.name not in self.known():
            chains = [name for name, words in self.chains.items() if node.name in words.states]
            if len(chains) == 1:
                return Node("==", node.column, args=(Node("name", node.column, chains[0]), node))
        inside = node.kind == "call" and node.name in ("total", "any", "count")
        args = tuple(self._resolve(arg, inside) for arg in node.args)
        return node if all(a is b for a, b in zip(args, node.args, strict=True)) else replace(node, args=args)


@dataclass(frozen=True)
class Place:
    """Where an expression stands: whose row it may read (None: none), and what the place is called in messages."""

    unit: str | None
    what: str = "this expression"


class Checker:
    """Checks expressions against a vocabulary and notes what is wrong."""

    def __init__(self, words: Vocabulary, findings: Findings) -> None:
        self.words, self.findings = words, findings

    def check(self, expression: Expression, path: Key, place: Place, offset: int = 0) -> Expression:
        """Check every name of an expression; gives it back resolved. ``offset`` is its start within the text."""
        expression = self.words.resolved(expression)
        before = len(self.findings.problems)
        self._visit(expression.root, path, place.unit, offset)
        if len(self.findings.problems) == before:
            self._check_rows(expression, path, place, offset)
        return expression

    def _wrong(self, path: Key, node: Node, offset: int, message: str) -> None:
        self.findings.add(self.findings.value_path(path), message, column=node.column + offset)

    def _visit(self, node: Node, path: Key, unit: str | None, offset: int) -> None:
        """Check the names under a node."""
        if node.kind == "name":
            if node.name not in self.words.known():
                self._unknown(node, path, offset)
        elif node.kind == "call":
            self._call(node, path, unit, offset)
        elif node.kind in _COMPARISONS:
            self._comparison(node, path, unit, offset)
        else:
            for arg in node.args:
                self._visit(arg, path, unit, offset)

    def _unknown(self, node: Node, path: Key, offset: int) -> None:
        """Say that a name is unknown."""
        chains = [name for name, words in self.words.chains.items() if node.name in words.states]
        if chains:
            hint = f"; '{node.name}' is a state of {chains[0]}: write '{chains[0]} == {node.name}'"
        else:
            hint = nearest(node.name, self.words.known())
        listed = ", ".join(name for name in self.words.known() if name not in WORDS)
        listed = listed if len(listed) <= 300 else listed[:297] + "..."
        self._wrong(path, node, offset, f"'{node.name}' is not known{hint} (known: {listed})")

    def _comparison(self, node: Node, path: Key, unit: str | None, offset: int) -> None:
        """Check ``chain >= state``."""
        left, right = node.args
        self._visit(left, path, unit, offset)
        states = self.words.chains[left.name].states if left.name in self.words.chains else ()
        if left.kind == "name" and left.name == "area":
            states = self.words.areas
        if left.kind == "name" and states and right.kind == "name":
            if right.name not in states and right.name not in (*self.words.parameters, *self.words.chains):
                listed = ", ".join(states[:20])
                self._wrong(
                    path,
                    right,
                    offset,
                    f"'{left.name}' has no '{right.name}'; it has {listed}{nearest(right.name, list(states))}",
                )
            return
        self._visit(right, path, unit, offset)

    def _call(self, node: Node, path: Key, unit: str | None, offset: int) -> None:
        """Check a call that needs the model."""
        first = node.args[0]
        if node.name == "table":
            if first.kind != "name" or first.name not in self.words.tables:
                named = first.name or "a number"
                self._wrong(
                    path,
                    first,
                    offset,
                    f"table() takes a table and a value, and '{named}' is no "
                    f"table{self._listing(self.words.tables, named)}",
                )
            self._visit(node.args[1], path, unit, offset)
        elif node.name in ("waiting", "places"):
            services = [name for name, words in self.words.chains.items() if words.service]
            if len(node.args) != 1 or first.kind != "name" or first.name not in services:
                self._wrong(path, first, offset, f"{node.name}() takes a service{self._listing(services, first.name)}")
        elif node.name in ("any", "count") and (len(self.words.units) == 1 or unit not in (None, self.words.root)):
            self._wrong(
                path,
                node,
                offset,
                f"{node.name}() counts the rows that belong to a row of the root unit; there are none here",
            )
        elif node.name in ("any", "count") and not self._about_children(first):
            chains = [name for name, words in self.words.chains.items() if words.unit != self.words.root]
            named = " or ".join(chains) or "a chain"
            message = f"{node.name}() is about the rows that belong to this one: name {named} in it"
            self._wrong(path, node, offset, message)
        elif node.name in ("delay", "smooth"):
            self._wrong(
                path,
                node,
                offset,
                f"{node.name} is declared under 'feedback' as a stock of its own and then used by its name",
            )
        else:
            for arg in node.args:
                self._visit(arg, path, None if node.name in ("any", "count", "total") else unit, offset)

    def _about_children(self, condition: Node) -> bool:
        """Whether a condition names a chain of the unit that belongs to the root (or its age)."""
        nodes = Expression("", condition).nodes()
        units = [self.words.chains[n.name].unit for n in nodes if n.name in self.words.chains]
        return any(unit != self.words.root for unit in units) or (
            not units and "age" in Expression("", condition).names
        )

    def _listing(self, known: frozenset[str] | list[str], word: str) -> str:
        """List what there is."""
        listed = sorted(known)
        return (f"; there are {', '.join(listed[:12])}" if listed else "; there are none") + nearest(word, listed)

    def _check_rows(self, expression: Expression, path: Key, place: Place, offset: int) -> None:
        """Check that what is read belongs to the row that reads."""
        for node in self.words.row_reads(expression):
            name = node.name
            direct = node in expression.nodes()
            at = node if direct else expression.root
            if place.unit is None:
                self._wrong(
                    path,
                    at,
                    offset,
                    f"{place.what} cannot read '{name}', which differs from row to row; it may read "
                    "parameters, tables, the clock and total()",
                )
                return
            if name == "k" and place.what in (MEMORY, COUNT):
                rule = "it belongs to a chain that moves, in its rates and in effects"
                self._wrong(path, at, offset, f"{place.what} cannot read 'k', steps in the state: {rule}")
                return
            if name in self.words.memories and place.what == MEMORY:
                self._wrong(path, at, offset, f"{place.what} cannot read what is remembered ('{name}'); name chains")
                return
            if name == "age" and place.unit not in self.words.aged and place.what != PARAMETER:
                self._wrong(path, at, offset, f"'age' is not known for {place.unit}; give units.{place.unit}.age")
                return
            chain = self.words.chains.get(name)
            if chain is not None and chain.unit not in (place.unit, self.words.root):
                self._wrong(
                    path,
                    at,
                    offset,
                    f"'{name}' belongs to {chain.unit}; for a row of {place.unit} write any({name} == ...) or "
                    "count(...)",
                )
                return


class _Numbers:
    """The scope of expressions that read constant parameters alone."""

    def __init__(self, parameters: Mapping[str, Expression]) -> None:
        self.parameters = parameters

    def value(self, name: str) -> FloatArray:
        if name in WORDS:
            return np.asarray(1.0 if name == "always" else 0.0)
        return evaluate(self.parameters[name], self)

    def state(self, chain: str, state: str) -> float | None:
        return None

    def call(self, node: Node) -> FloatArray:
        raise KeyError(node.name)


def constant_value(expression: Expression, parameters: Mapping[str, Expression]) -> float | None:
    """Give the value of an expression that reads constant parameters alone, else None."""
    try:
        with np.errstate(all="ignore"):
            return float(evaluate(expression, _Numbers(parameters)))
    except (KeyError, RecursionError):
        return None
