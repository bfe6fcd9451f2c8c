"""The small safe grammar of rates, prices and conditions: text to a tree, a tree to arrays; never ``eval``.

Grammar, loosest first: ``or``, ``and``, ``not``, comparisons (1 or 0), ``+ -``, ``* /``, unary ``-``, ``^`` (right
to left), then numbers, names, calls and brackets. What a name means is decided by the ``Scope`` that evaluates it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sim.model.arrays import FloatArray

FUNCTIONS = frozenset(
    [
        "exp",
        "log",
        "min",
        "max",
        "if",
        "table",
        "prob",
        "rate",
        "total",
        "waiting",
        "places",
        "any",
        "count",
        "delay",
        "smooth",
    ]
)
_ARITY = {"exp": 1, "log": 1, "if": 3, "table": 2, "prob": 1, "rate": 1, "total": 1, "any": 1, "count": 1}
_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(<=|>=|==|!=|[-+*/^<>(),]))"
)
_COMPARE: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power,
    "and": lambda a, b: ((a != 0) & (b != 0)).astype(np.float64),
    "or": lambda a, b: ((a != 0) | (b != 0)).astype(np.float64),
}  # fmt: skip
MAX_DEPTH = 60
MAX_OPERATORS = 400


class ExpressionError(ValueError):
    """A text that is not an expression; ``column`` counts from 0 in that text."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True)
class Node:
    """One node of the tree: an operator, function, ``name`` or ``number``, with its arguments and column."""

    kind: str
    column: int
    name: str = ""
    value: float = 0.0
    args: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Expression:
    """A parsed expression; equal when its text is equal."""

    text: str
    root: Node

    def nodes(self) -> Iterator[Node]:
        """Walk every node, parents first."""
        stack = [self.root]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.args))

    @property
    def names(self) -> frozenset[str]:
        """Every name in it, functions excluded."""
        return frozenset(node.name for node in self.nodes() if node.kind == "name")

    @property
    def functions(self) -> frozenset[str]:
        """Every function it calls."""
        return frozenset(node.name for node in self.nodes() if node.kind == "call")


class Scope(Protocol):
    """What gives an expression its meaning: arrays for names, and answers to the calls that need the model."""

    def value(self, name: str) -> FloatArray:
        """Give the values of a name; any shape that broadcasts with the others."""

    def state(self, chain: str, state: str) -> float | None:
        """Give the number of a state of a chain, or None when ``chain`` is no chain (or has no such state)."""

    def call(self, node: Node) -> FloatArray:
        """Evaluate a call that needs the model: table, prob, rate, total, waiting, places, any, count ..."""


def number(value: float) -> Expression:
    """Make the expression of one number."""
    return Expression(repr(float(value)), Node("number", 0, value=float(value)))


def parse(text: str | float) -> Expression:
    """Parse an expression.

    Raises
    ------
    ExpressionError
        When the text is not in the grammar; says what was expected and at which column.
    """
    if not isinstance(text, str):
        return number(text)
    parser = _Parser(text)
    root = parser.either()
    if parser.kind != "end":
        raise ExpressionError(f"did not expect '{parser.token}' here", parser.column)
    return Expression(text, root)


def evaluate(expression: Expression, scope: Scope) -> FloatArray:
    """Evaluate an expression to an array (0-d for a constant); comparisons give 1.0 and 0.0."""
    return evaluate_node(expression.root, scope)


def evaluate_node(node: Node, scope: Scope) -> FloatArray:
    """Evaluate one node; see ``evaluate``."""
    if node.kind == "number":
        return np.asarray(node.value)
    if node.kind == "name":
        return scope.value(node.name)
    if node.kind == "call":
        return _call(node, scope)
    left = evaluate_node(node.args[0], scope)
    if node.kind in _COMPARE:
        right = _right_of_comparison(node, scope)
        return np.asarray(_COMPARE[node.kind](left, right), dtype=np.float64)
    if node.kind == "negative":
        return np.negative(left)
    if node.kind == "not":
        return np.asarray(left == 0, dtype=np.float64)
    return np.asarray(_ARITHMETIC[node.kind](left, evaluate_node(node.args[1], scope)), dtype=np.float64)


def constant(expression: Expression) -> float | None:
    """Give the value of an expression that names nothing and calls nothing of the model, else None."""
    plain = {"exp", "log", "min", "max", "if"}
    if expression.names or expression.functions - plain:
        return None
    return float(evaluate(expression, _Nothing()))


def _right_of_comparison(node: Node, scope: Scope) -> FloatArray:
    """Read ``chain >= state``: the bare name at the right is a state of the chain at the left."""
    left, right = node.args
    if left.kind == "name" and right.kind == "name":
        state = scope.state(left.name, right.name)
        if state is not None:
            return np.asarray(state)
    return evaluate_node(right, scope)


def _call(node: Node, scope: Scope) -> FloatArray:
    """Evaluate the plain functions here and leave the rest to the scope."""
    if node.name in ("exp", "log"):
        argument = evaluate_node(node.args[0], scope)
        return np.asarray(np.exp(argument) if node.name == "exp" else np.log(argument))
    if node.name == "if":
        test, yes, no = (evaluate_node(arg, scope) for arg in node.args)
        return np.asarray(np.where(test != 0, yes, no))
    if node.name in ("min", "max"):
        fold = np.minimum if node.name == "min" else np.maximum
        values = [evaluate_node(arg, scope) for arg in node.args]
        result = values[0]
        for value in values[1:]:
            result = fold(result, value)
        return np.asarray(result)
    return scope.call(node)


class _Nothing:
    """The scope of an expression that names nothing."""

    def value(self, name: str) -> FloatArray:
        raise KeyError(name)

    def state(self, chain: str, state: str) -> float | None:
        return None

    def call(self, node: Node) -> FloatArray:
        raise KeyError(node.name)


class _Parser:
    """Recursive descent over tokens; one method per level of binding."""

    def __init__(self, text: str) -> None:
        self.text, self.end, self.depth, self.operators = text, 0, 0, 0
        self.kind, self.token, self.column = "end", "", 0
        self.advance()

    def advance(self) -> None:
        match = _TOKEN.match(self.text, self.end)
        if match is None:
            rest = self.text[self.end :]
            self.column = self.end + len(rest) - len(rest.lstrip())
            if rest.strip():
                raise ExpressionError(f"cannot read '{rest.strip()[0]}'", self.column)
            self.kind, self.token = "end", "end of the expression"
            return
        self.end, self.column = match.end(), match.start(match.lastindex or 0)
        self.token = match.group(match.lastindex or 0)
        self.kind = ("number", "name", "sign")[(match.lastindex or 1) - 1]

    def accept(self, *tokens: str) -> Node | None:
        if self.kind != "end" and self.token in tokens:
            node = Node(self.token, self.column)
            self.advance()
            return node
        return None

    def expect(self, token: str) -> None:
        if self.accept(token) is None:
            raise ExpressionError(f"expected '{token}' but found '{self.token}'", self.column)

    def chain(self, level: Callable[[], Node], *tokens: str) -> Node:
        left = level()
        while (sign := self.accept(*tokens)) is not None:
            self.operators += 1
            if self.operators > MAX_OPERATORS:
                rule = f"more than {MAX_OPERATORS} operators; name parts of it as parameters"
                raise ExpressionError(rule, sign.column)
            left = Node(sign.kind, sign.column, args=(left, level()))
        return left

    def nested(self, level: Callable[[], Node], what: str) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"{what} are nested more than {MAX_DEPTH} deep", self.column)
        node = level()
        self.depth -= 1
        return node

    def either(self) -> Node:
        return self.nested(lambda: self.chain(self.both, "or"), "brackets")

    def both(self) -> Node:
        return self.chain(self.negation, "and")

    def negation(self) -> Node:
        if (sign := self.accept("not")) is not None:
            return Node("not", sign.column, args=(self.nested(self.negation, "negations"),))
        left = self.sum()
        sign = self.accept(*_COMPARE)
        if sign is None:
            return left
        node = Node(sign.kind, sign.column, args=(left, self.sum()))
        if self.kind == "sign" and self.token in _COMPARE:
            raise ExpressionError("comparisons do not chain; write 'a < b and b < c'", self.column)
        return node

    def sum(self) -> Node:
        return self.chain(self.product, "+", "-")

    def product(self) -> Node:
        return self.chain(self.signed, "*", "/")

    def signed(self) -> Node:
        if (sign := self.accept("-")) is not None:
            return Node("negative", sign.column, args=(self.nested(self.signed, "signs"),))
        return self.power()

    def power(self) -> Node:
        base = self.atom()
        if (sign := self.accept("^")) is not None:
            return Node("^", sign.column, args=(base, self.nested(self.signed, "powers")))
        return base

    def atom(self) -> Node:
        column, token, kind = self.column, self.token, self.kind
        if kind == "number":
            self.advance()
            value = float(token)
            if not math.isfinite(value):
                raise ExpressionError(f"{token} is too large", column)
            return Node("number", column, value=value)
        if kind == "name" and token not in ("and", "or", "not"):
            self.advance()
            return self.call(token, column) if self.accept("(") else Node("name", column, name=token)
        if self.accept("("):
            inner = self.either()
            self.expect(")")
            return inner
        raise ExpressionError(f"expected a number, a name or '(' but found '{token}'", column)

    def call(self, name: str, column: int) -> Node:
        if name not in FUNCTIONS:
            raise ExpressionError(f"'{name}' is not a function; there are {', '.join(sorted(FUNCTIONS))}", column)
        args = [self.either()]
        while self.accept(","):
            args.append(self.either())
        self.expect(")")
        wanted = _ARITY.get(name)
        if wanted is not None and len(args) != wanted:
            raise ExpressionError(f"{name}() takes {wanted} argument(s), {len(args)} given", column)
        return Node("call", column, name=name, args=tuple(args))
