"""Evaluating expressions: a tree to arrays. What a name means is decided by the ``Scope`` that evaluates it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.language.functions import COMPARISONS, FUNCTIONS, carrying_nan
from sim.language.names import WORDS, below_first
from sim.language.parse import parse
from sim.language.tree import Expression, ExpressionError, Node, number

__all__ = [
    "FUNCTIONS",
    "Constants",
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

_ARITHMETIC: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide,
    "^": lambda a, b: carrying_nan(np.power(a, b), a, b),
    "and": lambda a, b: np.where((a == 0) | (b == 0), 0.0, carrying_nan(1.0, a, b)),
    "or": lambda a, b: np.where(_true(a) | _true(b), 1.0, carrying_nan(0.0, a, b)),
}  # fmt: skip


class Scope(Protocol):
    """What gives an expression its meaning: arrays for names, and answers to the calls that need the model."""

    def value(self, name: str) -> FloatArray:
        """Give the values of a name; any shape that broadcasts with the others."""

    def state(self, chain: str, state: str) -> float | None:
        """Give the number of a state of a chain, or None when ``chain`` is no chain (or has no such state)."""

    def call(self, node: Node) -> FloatArray:
        """Evaluate a call of a function that is not known from its arguments alone (see ``FUNCTIONS``)."""


def evaluate(expression: Expression, scope: Scope) -> FloatArray:
    """Evaluate an expression to an array (0-d for a constant); comparisons give 1.0 and 0.0.

    What has no value (0 / 0, the logarithm of less than 0) is NaN, and so is all that is worked out of it; only a
    branch of ``if`` that is not taken, and an ``and`` or ``or`` that is settled without it, leave it behind. Who uses
    the result refuses what is not finite, with the expression's place; NumPy says nothing by itself.
    """
    with np.errstate(all="ignore"):
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
    if node.kind in COMPARISONS:
        right = _right_of_comparison(node, scope)
        return carrying_nan(COMPARISONS[node.kind](left, right), left, right)
    if node.kind == "negative":
        return np.negative(left)
    if node.kind == "not":
        return carrying_nan(left == 0, left)
    return np.asarray(_ARITHMETIC[node.kind](left, evaluate_node(node.args[1], scope)), dtype=np.float64)


def constant(expression: Expression, constants: Constants | None = None) -> float | None:
    """Give the value of an expression that reads constants, and parameters that are constant, alone; else None."""
    try:
        return float(evaluate(expression, constants or Constants({})))
    except (KeyError, RecursionError):
        return None


def _true(value: FloatArray) -> BoolArray:
    """Say where a value holds: it is known and not 0."""
    return np.asarray((value != 0) & ~np.isnan(value))


def _right_of_comparison(node: Node, scope: Scope) -> FloatArray:
    """Read ``chain >= state``: the bare name at the right is a state of the chain at the left."""
    left, right = node.args
    if left.kind == "name" and right.kind == "name":
        state = scope.state(left.name, right.name)
        if state is not None:
            return np.asarray(state)
    return evaluate_node(right, scope)


def _call(node: Node, scope: Scope) -> FloatArray:
    """Evaluate what follows from the arguments alone here and leave the rest to the scope."""
    function = FUNCTIONS[node.name]
    if function.known != "parse" or function.of is None:
        return scope.call(node)
    return np.asarray(function.of(*(evaluate_node(arg, scope) for arg in node.args)))


class Constants:
    """The scope of expressions that read constant parameters alone; each parameter is worked out once."""

    def __init__(self, parameters: Mapping[str, Expression]) -> None:
        self.parameters = parameters
        self.values: dict[str, FloatArray | None] = {}
        """What parameters come to; None for those that are not constant."""

    def value(self, name: str) -> FloatArray:
        """Give the value of a name; a ``KeyError`` where it is not constant."""
        if name in WORDS and WORDS[name].value is not None:
            return np.asarray(WORDS[name].value)
        for each in below_first([name], self._below, self.values):
            self.values[each] = self._worked_out(each)
        if (value := self.values[name]) is None:
            raise KeyError(name)
        return value

    def _below(self, name: str) -> list[str]:
        return [other for other in self.parameters[name].names if other in self.parameters and other != name]

    def _worked_out(self, name: str) -> FloatArray | None:
        try:
            return evaluate(self.parameters[name], self)
        except KeyError:
            return None

    def state(self, chain: str, state: str) -> float | None:
        """Give none: states are the model's."""
        return None

    def call(self, node: Node) -> FloatArray:
        """Refuse what needs the model."""
        raise KeyError(node.name)
