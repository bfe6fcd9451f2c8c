"""Evaluating expressions: a tree to arrays. What a name means is decided by the ``Scope`` that evaluates it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from sim.arrays import FloatArray
from sim.language.parse import FUNCTIONS, parse
from sim.language.tree import Expression, ExpressionError, Node, number

__all__ = [
    "FUNCTIONS",
    "Expression",
    "ExpressionError",
    "Node",
    "Scope",
    "constant",
    "evaluate",
    "evaluate_node",
    "number",
    "parse",
]

_COMPARE: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power,
    "and": lambda a, b: ((a != 0) & (b != 0)).astype(np.float64),
    "or": lambda a, b: ((a != 0) | (b != 0)).astype(np.float64),
}  # fmt: skip


class Scope(Protocol):
    """What gives an expression its meaning: arrays for names, and answers to the calls that need the model."""

    def value(self, name: str) -> FloatArray:
        """Give the values of a name; any shape that broadcasts with the others."""

    def state(self, chain: str, state: str) -> float | None:
        """Give the number of a state of a chain, or None when ``chain`` is no chain (or has no such state)."""

    def call(self, node: Node) -> FloatArray:
        """Evaluate a call that needs the model: table, prob, rate, total, waiting, places, any, count ..."""


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
