"""The functions of the language, one entry each; parser, checker, evaluator, bounds and reference all read this table.

Leaves out the model: a function that needs it says here when its value is known, and the model's scope hands it over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np

from sim.arrays import FloatArray
from sim.language.tree import Node

Known = Literal["parse", "compile", "row", "step", "never"]
"""When a value is known.

``parse``: it is a constant, or follows from the arguments alone, so that bounds are checked before anything runs.
``compile``: from the length of a step and the tables besides. ``row``: when the row is. ``step``: when the step begins.
``never``: the word stands in other places of a config and has no value in an expression.
"""
Argument = Literal["value", "condition", "table", "queue", "team"]
"""What an argument is: a value of the row that reads, a condition on other rows, or the name of a table or service.

A service is asked for by what it must have: a queue or a team.
"""


@dataclass(frozen=True)
class Function:
    """A function: its arguments as people read them and as what each is, what it gives, and when that is known.

    ``of`` gives its values: from those of its arguments (``parse``); from the length of a step in years and then the
    arguments, tables as callables (``compile``); from how many of a row's own rows the condition holds for (``row``).
    What is known with the ``step`` is a total that the solver keeps. ``repeats``: the last argument may come again.
    """

    shown: str
    takes: tuple[Argument, ...]
    known: Known
    meaning: str
    of: Callable[..., Any] | None = None
    repeats: bool = False

    def misfit(self, n: int) -> str:
        """Say how many arguments it takes when it does not take ``n``, else nothing."""
        least = len(self.takes)
        return "" if n == least or (self.repeats and n > least) else f"{least} argument(s)"

    def arguments(self, node: Node) -> list[tuple[Node, Argument]]:
        """Give the arguments of a call with what each is."""
        return [(arg, self.takes[min(i, len(self.takes) - 1)]) for i, arg in enumerate(node.args)]


_NEAR = 1e-9
"""How far from a whole number one may be by rounding alone, relative above 1."""


def whole_below(x: Any) -> FloatArray:
    """Give the largest whole number not above x, (as x); a number within rounding of a whole one is that."""
    return np.floor(_unrounded(x))


def remainder(x: Any, n: Any) -> FloatArray:
    """Give x - n floor(x / n), which has the sign of n, as in Excel, R and Python; 0 at every whole multiple of n.

    NaN where n is 0 or not finite: there is no remainder.
    """
    times = _unrounded(x / n)
    left = x - n * np.floor(times)
    return np.asarray(np.where(times == np.floor(times), 0.0 * left, left))


def _unrounded(x: Any) -> FloatArray:
    """Take a number that is a whole one but for rounding as that, so that 3 x (1 / 3) is 1 and not below it."""
    nearest = np.rint(x)
    near = np.abs(x - nearest) <= _NEAR * np.maximum(np.abs(x), 1.0)
    return np.asarray(np.where(near, nearest, x), dtype=np.float64)


FUNCTIONS: dict[str, Function] = {
    "exp": Function("x", ("value",), "parse", "e to the power of x", np.exp),
    "log": Function("x", ("value",), "parse", "natural logarithm", np.log),
    "min": Function("a, b, ...", ("value",), "parse", "the least of them", lambda *a: reduce(np.minimum, a), True),
    "max": Function("a, b, ...", ("value",), "parse", "the largest of them", lambda *a: reduce(np.maximum, a), True),
    "floor": Function("x", ("value",), "parse", "the largest whole number not above x", whole_below),
    "mod": Function("x, n", ("value", "value"), "parse", "x - n floor(x / n), from 0 to below n", remainder),
    "if": Function(
        "test, yes, no", ("value", "value", "value"), "parse", "`yes` where the test holds (is not 0), else `no`",
        lambda test, yes, no: carrying_nan(np.where(test != 0, yes, no), test),
    ),
    "table": Function(
        "name, x", ("table", "value"), "compile", "a table at x: joined by lines, or the band that x is in",
        lambda step_years, table, x: table(x),
    ),
    "prob": Function(
        "rate", ("value",), "compile", "the probability in one step of what happens at a rate a year",
        lambda step_years, rate: -np.expm1(-rate * step_years),
    ),
    "rate": Function(
        "probability", ("value",), "compile", "the rate a year of what happens with a probability in one step",
        lambda step_years, probability: -np.log1p(-probability) / step_years,
    ),
    "any": Function(
        "condition", ("condition",), "row", "1 when the condition holds for a child of the family",
        lambda counted: counted > 0,
    ),
    "count": Function(
        "condition", ("condition",), "row", "the number of children of the family for whom it holds",
        lambda counted: counted,
    ),
    "total": Function(
        "condition", ("condition",), "step",
        "last step's number of rows for which it holds, or that are in a state (of whichever chain has it)",
    ),
    "waiting": Function("service", ("queue",), "step", "how many waited for the service at the end of last step"),
    "places": Function("service", ("team",), "step", "the places of the service's team in last step"),
    "delay": Function("x", ("value",), "never", "a stock under `feedback`, used by its name", repeats=True),
    "smooth": Function("x", ("value",), "never", "a stock under `feedback`, used by its name", repeats=True),
}  # fmt: skip

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip


def carrying_nan(result: Any, *operands: Any) -> FloatArray:
    """Give a result as numbers, NaN wherever an operand is, so that no comparison or rounding hides what went wrong."""
    given: FloatArray = np.asarray(result, dtype=np.float64)
    for operand in operands:
        unknown = np.isnan(operand)
        if unknown.any():
            given = np.where(unknown, np.nan, given)
    return given


def called(node: Node, known: Known) -> bool:
    """Whether a node calls a function whose value is known then."""
    return node.kind == "call" and FUNCTIONS[node.name].known == known


def of_service(node: Node) -> bool:
    """Whether a node asks for a number of one service, such as how many wait for it."""
    return node.kind == "call" and FUNCTIONS[node.name].takes in (("queue",), ("team",))


def operands(node: Node) -> Sequence[Node]:
    """Give the arguments that are read where the node stands: not conditions on other rows, tables or services."""
    if node.kind != "call":
        return node.args
    function = FUNCTIONS[node.name]
    if len(function.takes) == 1:
        return node.args if function.takes == ("value",) else ()
    return [arg for arg, kind in function.arguments(node) if kind == "value"]
