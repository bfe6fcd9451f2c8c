"""What the names in a model's expressions may be, and who may read them: unknown words get the nearest known one.

Leaves out evaluating: the model's own scopes do that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sim.config.check.problems import Findings, Key
from sim.config.text.library import nearest
from sim.language.evaluate import Constants, Expression, Node
from sim.language.functions import COMPARISONS, FUNCTIONS, Argument, called, operands
from sim.language.names import below_first, readable
from sim.language.tree import canonical, rewritten, walk, with_args

PARAMETER, MEMORY, COUNT = "a parameter", "a memory", "a count"


TAKES: Mapping[Argument, str] = {
    "table": "a table and a value, and '{}' is no table",
    "queue": "a service with a queue",
    "team": "a service with a team",
}
"""What a function takes whose argument is a name."""


@dataclass(frozen=True)
class Words:
    """A chain as conditions see it: its unit, the words for its states, and as what a function may take it."""

    unit: str
    states: tuple[str, ...]
    taken_as: frozenset[Argument] = frozenset()


@dataclass(frozen=True)
class Vocabulary:
    """Every name of a model."""

    units: tuple[str, ...]
    chains: Mapping[str, Words]
    traits: frozenset[str] = frozenset()
    parameters: Mapping[str, Expression] = field(default_factory=dict)
    memories: frozenset[str] = frozenset()
    stocks: frozenset[str] = frozenset()
    tables: Mapping[str, str] = field(default_factory=dict)
    """What each table is by."""
    areas: tuple[str, ...] = ()
    age_is_shared: bool = False
    aged: frozenset[str] = frozenset()
    _read: dict[str, dict[str, Node]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def root(self) -> str:
        """The first unit."""
        return self.units[0]

    @cached_property
    def row_names(self) -> frozenset[str]:
        """Names that a row carries."""
        shared = {"age"} if self.age_is_shared else set()
        return frozenset({*self.chains, *self.traits, *self.memories, *readable("row")} - shared)

    @cached_property
    def known(self) -> Mapping[str, None]:
        """All names that may stand in an expression, in order."""
        names = {*self.row_names, *self.parameters, *self.stocks, *readable()}
        return dict.fromkeys(sorted(names if self.aged else names - {"age"}))

    @cached_property
    def constants(self) -> Constants:
        """What the parameters come to that are constant."""
        return Constants(self.parameters)

    def read(self, expression: Expression) -> Iterable[Node]:
        """List the names and calls that an expression reads, parameters opened, each once in order of first use.

        The arguments of any, count and total are left out. What a parameter reads is worked out once.
        """
        direct = [node.name for node in self._direct(expression) if node.name in self.parameters]
        for name in below_first(direct, self._below, self._read):
            self._read[name] = self._opened(self.parameters[name])
        return self._opened(expression).values()

    def _direct(self, expression: Expression) -> list[Node]:
        """List the names and calls in an expression itself."""
        return [node for node in walk(expression.root, self._operands) if node.kind in ("name", "call")]

    def _below(self, parameter: str) -> list[str]:
        """List the parameters that one reads."""
        return [node.name for node in self._direct(self.parameters[parameter]) if node.name in self.parameters]

    def _opened(self, expression: Expression) -> dict[str, Node]:
        """Give what an expression reads by how it is written, from what is known of its parameters."""
        found: dict[str, Node] = {}
        for node in self._direct(expression):
            inside = self._read[node.name] if node.kind == "name" and node.name in self.parameters else None
            for key, each in inside.items() if inside is not None else [(canonical(node), node)]:
                found.setdefault(key, each)
        return found

    def _operands(self, node: Node) -> Sequence[Node]:
        """Give the arguments that a node reads; the state at the right of a comparison is no name."""
        if node.kind not in COMPARISONS or node.args[1].kind != "name":
            return operands(node)
        left, right = node.args[0].name, node.args[1].name
        if left in self.chains and right in self.chains[left].states:
            return node.args[:1]
        if left == "area" and right in self.areas:
            return node.args[:1]
        return node.args

    def row_reads(self, expression: Expression) -> list[Node]:
        """List what an expression reads from a row."""
        names = self.row_names
        return [n for n in self.read(expression) if (n.kind == "name" and n.name in names) or called(n, "row")]

    def unit_of(self, expression: Expression) -> str:
        """Give the unit whose rows a condition is about: the child unit when it names its chains, else the root."""
        units = [self.chains[n.name].unit for n in self.read(expression) if n.kind == "name" and n.name in self.chains]
        return next((unit for unit in units if unit != self.root), self.root)

    def resolved(self, expression: Expression) -> Expression:
        """Turn a bare state, as in ``total(infected)``, into the comparison that it is short for."""
        root = rewritten(expression.root, self._with_conditions)
        return expression if root is expression.root else replace(expression, root=root)

    def _with_conditions(self, node: Node) -> Node:
        """Turn the bare states among the conditions that a call takes into comparisons."""
        if node.kind != "call" or "condition" not in FUNCTIONS[node.name].takes:
            return node
        pairs = FUNCTIONS[node.name].arguments(node)
        return with_args(node, [self._comparison_of(arg) if kind == "condition" else arg for arg, kind in pairs])

    def _comparison_of(self, node: Node) -> Node:
        """Compare a bare state with the one chain that has it."""
        if node.kind != "name" or node.name in self.known:
            return node
        chains = [name for name, words in self.chains.items() if node.name in words.states]
        return Node("==", node.column, args=(Node("name", node.column, chains[0]), node)) if len(chains) == 1 else node


@dataclass(frozen=True)
class ExpressionPlace:
    """Where an expression stands: whose row it may read (None: none), and what the place is called in messages.

    ``steps`` says that it is worked out anew in every step and may read totals and stocks, as all that reads rows may;
    ``areas`` that it may differ by area.
    """

    unit: str | None
    what: str = "this expression"
    steps: bool = False
    areas: bool = False


Wrong = Iterator[tuple[Node, str]]
"""What is wrong with an expression: at which node, and why."""


class Checker:
    """Checks expressions against a vocabulary and notes what is wrong."""

    def __init__(self, words: Vocabulary, findings: Findings) -> None:
        self.words, self.findings = words, findings

    def check(self, expression: Expression, path: Key, place: ExpressionPlace, offset: int = 0) -> Expression:
        """Check every name of an expression; gives it back resolved, with its place.

        ``offset`` is its start within the text.
        """
        expression = self.words.resolved(expression)
        for node, rule in list(self._names(expression.root, place.unit)) or self._rows(expression, place):
            self.findings.add(self.findings.value_path(path), rule, column=node.column + offset)
        root = expression.root
        text = f"{root.value:.12g}" if root.kind == "number" else expression.text
        return replace(expression, root=replace(root, place=self.findings.place(path, text, offset)))

    def _names(self, node: Node, unit: str | None) -> Wrong:
        """Check the names under a node."""
        if node.kind == "name":
            if node.name not in self.words.known:
                yield node, self._unknown(node.name)
        elif node.kind == "call":
            yield from self._call(node, unit)
        elif node.kind in COMPARISONS:
            yield from self._comparison(node, unit)
        else:
            for arg in node.args:
                yield from self._names(arg, unit)

    def _unknown(self, name: str) -> str:
        """Say that a name is unknown."""
        chains = [chain for chain, words in self.words.chains.items() if name in words.states]
        if chains:
            hint = f"; '{name}' is a state of {chains[0]}: write '{chains[0]} == {name}'"
        else:
            hint = nearest(name, list(self.words.known))
        listed = ", ".join(word for word in self.words.known if word not in readable("parse"))
        listed = listed if len(listed) <= 300 else listed[:297] + "..."
        return f"'{name}' is not known{hint} (known: {listed})"

    def _comparison(self, node: Node, unit: str | None) -> Wrong:
        """Check ``chain >= state``."""
        left, right = node.args
        yield from self._names(left, unit)
        states = self.words.chains[left.name].states if left.name in self.words.chains else ()
        if left.kind == "name" and left.name == "area":
            states = self.words.areas
        if left.kind != "name" or not states or right.kind != "name":
            yield from self._names(right, unit)
        elif right.name not in (*states, *self.words.parameters, *self.words.chains):
            has = f"it has {', '.join(states[:20])}{nearest(right.name, list(states))}"
            yield right, f"'{left.name}' has no '{right.name}'; {has}"

    def _call(self, node: Node, unit: str | None) -> Wrong:
        """Check what a call takes: each argument by its kind."""
        function, name = FUNCTIONS[node.name], node.name
        if function.known == "never":
            yield node, f"{name} is declared under 'feedback' as a stock of its own and then used by its name"
        elif function.known == "row" and (len(self.words.units) == 1 or unit not in (None, self.words.root)):
            yield node, f"{name}() counts the rows that belong to a row of the root unit; there are none here"
        elif function.known == "row" and not self._about_children(node.args[0]):
            chains = [chain for chain, words in self.words.chains.items() if words.unit != self.words.root]
            named = " or ".join(chains) or "a chain"
            yield node, f"{name}() is about the rows that belong to this one: name {named} in it"
        else:
            for arg, kind in function.arguments(node):
                if kind in TAKES:
                    yield from self._named(arg, kind, name)
                else:
                    yield from self._names(arg, unit if kind == "value" else None)
            if node.name == "table":
                yield from self._by_area(*node.args)

    def _named(self, arg: Node, kind: Argument, function: str) -> Wrong:
        """Check that an argument is the name of a table, or of a service."""
        services = (name for name, words in self.words.chains.items() if kind in words.taken_as)
        listed = sorted(self.words.tables if kind == "table" else services)
        if arg.kind != "name" or arg.name not in listed:
            takes = TAKES[kind].format(arg.name or "a number")
            there = f"there are {', '.join(listed[:12])}" if listed else "there are none"
            yield arg, f"{function}() takes {takes}; {there}{nearest(arg.name, listed)}"

    def _by_area(self, table: Node, x: Node) -> Wrong:
        """Check that a table by area is read by the area of the row, and no other is."""
        is_area = x.kind == "name" and x.name == "area"
        if self.words.tables.get(table.name) == "area" and not is_area:
            yield x, f"'{table.name}' is by area: write table({table.name}, area)"
        elif is_area and self.words.tables.get(table.name, "area") != "area":
            yield x, f"'{table.name}' is by {self.words.tables[table.name]} and has no values of areas"

    def _about_children(self, condition: Node) -> bool:
        """Whether a condition names a chain of the unit that belongs to the root (or its age)."""
        names = Expression("", condition).names
        units = {self.words.chains[name].unit for name in names if name in self.words.chains}
        return bool(units - {self.words.root}) or (not units and "age" in names)

    def _rows(self, expression: Expression, place: ExpressionPlace) -> Wrong:
        """Check that what is read belongs to the row that reads; at most one thing is said."""
        rows = self.words.row_reads(expression)
        for node in self.words.read(expression):
            rule = self._barred(node.name, place) if node in rows else self._too_late(node, place)
            if rule:
                yield (node if node in expression.nodes() else expression.root), rule
                return

    def _too_late(self, node: Node, place: ExpressionPlace) -> str:
        """Say why a place may not read what is known step by step, or nothing."""
        if place.steps or place.unit is not None or not (called(node, "step") or node.name in self.words.stocks):
            return ""
        name = f"{node.name}()" if node.kind == "call" else f"'{node.name}'"
        return (
            f"{place.what} cannot read {name}, a total of the last step; it may read parameters, tables and the clock"
        )

    def _barred(self, name: str, place: ExpressionPlace) -> str:
        """Say why a place may not read what a row carries, or nothing."""
        chain = self.words.chains.get(name)
        if place.unit is None and name == "area" and place.areas:
            return ""
        if place.unit is None:
            may = f"it may read parameters, tables{', the clock and total()' if place.steps else ' and the clock'}"
            may += " and the area" if place.areas else ""
            return f"{place.what} cannot read '{name}', which differs from row to row; {may}"
        if name == "k" and place.what in (MEMORY, COUNT):
            rule = "it belongs to a chain that moves, in its rates and in effects"
            return f"{place.what} cannot read 'k', steps in the state: {rule}"
        if name in self.words.memories and place.what == MEMORY:
            return f"{place.what} cannot read what is remembered ('{name}'); name chains"
        if name == "age" and place.unit not in self.words.aged and place.what != PARAMETER:
            return f"'age' is not known for {place.unit}; give units.{place.unit}.age"
        if chain is not None and chain.unit not in (place.unit, self.words.root):
            return f"'{name}' belongs to {chain.unit}; for a row of {place.unit} write any({name} == ...) or count(...)"
        return ""
