"""Reads what a resolved config says, in plain Python: overlays, expressions, times, units. Nothing of the package.

An expression becomes a function of a dictionary of names; what a condition reads of a family's children is a name, too.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

Value = Callable[[dict[str, Any]], float]
MONTHS = {"month": 1.0, "months": 1.0, "year": 12.0, "years": 12.0}
A_YEAR = {"gbp/year": 1.0, "gbp/month": 12.0, "gbp/week": 365.25 / 7}
"""How often in a year a price that is for a time is paid."""
TARGETS = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b, ast.Pow: lambda a, b: a**b,
}  # fmt: skip
COMPARED = {
    ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b, ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b,
}  # fmt: skip


def read(text: str, *overlays: str) -> dict[str, Any]:
    """Read a resolved config and lay the evidence set's settings and a regime's over it, in that order."""
    config: dict[str, Any] = YAML(typ="safe").load(text)
    for where in overlays:
        kind, name = where.split(".")
        for path, value in (config[kind][name].get("set") or {}).items():
            parts, at = re.findall(r'"([^"]+)"|([^."]+)', path), config
            *names, last = [quoted or bare for quoted, bare in parts]
            for part in names:
                at = at[part] if isinstance(at, dict) else next(one for one in at if one["name"] == part)
            if isinstance(at[last], dict) and not isinstance(value, dict):
                at[last]["value"] = value
            else:
                at[last] = value
    return config


def figure(part: Any, key: str = "value") -> Any:
    """Give a figure, whether or not it stands with its source."""
    return part[key] if isinstance(part, dict) else part


def months(part: Any) -> float:
    """Give a mean time in months; 0 for what happens at once."""
    text = figure(part, "mean")
    if text == "now":
        return 0.0
    number, unit = text.split()
    return float(number) * MONTHS[unit]


@dataclass(frozen=True)
class Expression:
    """A value and the names that it reads."""

    value: Value
    names: frozenset[str]


class Reader:
    """Makes expressions of the text of one config."""

    def __init__(self, config: dict[str, Any], states: dict[str, list[str]]) -> None:
        self.parameters, self.tables, self.states = config["parameters"], config["tables"], states
        self.children: dict[str, tuple[str, Callable[[int], bool]]] = {}
        """What ``any(...)`` asks of a family's children, by its text: the chain, and which of its states count."""

    def of(self, text: Any) -> Expression:
        """Read a number or a text."""
        if isinstance(text, (int, float)):
            return Expression(lambda _, found=float(text): found, frozenset())  # type: ignore[misc]
        shown = re.sub(r"\bif\(", "if_(", str(text)).replace("^", "**")
        return self._node(ast.parse(shown, mode="eval").body)

    def _node(self, node: ast.expr) -> Expression:
        if isinstance(node, ast.Constant):
            return self.of(node.value)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.BinOp):
            return self._joined(TARGETS[type(node.op)], node.left, node.right)
        if isinstance(node, ast.BoolOp):
            every = all if isinstance(node.op, ast.And) else any
            return self._joined(lambda *found: every(found), *node.values)
        assert isinstance(node, ast.UnaryOp)
        sign = (lambda a: -a) if isinstance(node.op, ast.USub) else (lambda a: not a)
        return self._joined(sign, node.operand)

    def _joined(self, function: Callable[..., Any], *nodes: ast.expr) -> Expression:
        parts = [self._node(node) for node in nodes]
        values = [part.value for part in parts]
        return Expression(
            lambda now: float(function(*(value(now) for value in values))),
            frozenset().union(*(part.names for part in parts)),
        )

    def _name(self, name: str) -> Expression:
        if name in self.parameters:
            return self.of(figure(self.parameters[name]))
        if name == "always":
            return self.of(1.0)
        return Expression(lambda now: now[name], frozenset([name]))

    def _compare(self, node: ast.Compare) -> Expression:
        (operator,), (right,) = node.ops, node.comparators
        compared = COMPARED[type(operator)]
        if isinstance(node.left, ast.Name) and node.left.id in self.states and isinstance(right, ast.Name):
            chain = node.left.id
            allowed = self._allowed(chain, compared, right.id)
            return Expression(lambda now: float(now[chain] in allowed), frozenset([chain]))
        return self._joined(compared, node.left, right)

    def _allowed(self, chain: str, compared: Callable[[int, int], bool], state: str) -> frozenset[int]:
        """Give the states of a chain that a comparison allows; all stages of help count as ``engaged``."""
        states = self.states[chain]
        if state == "engaged" and state not in states:
            return frozenset(i for i, name in enumerate(states) if name.startswith(state))
        return frozenset(i for i in range(len(states)) if compared(i, states.index(state)))

    def _call(self, node: ast.Call) -> Expression:
        assert isinstance(node.func, ast.Name)
        name, args = node.func.id, node.args
        if name == "any":
            (inner,) = args
            assert isinstance(inner, ast.Compare)
            assert isinstance(inner.left, ast.Name)
            assert isinstance(inner.comparators[0], ast.Name)
            chain, text = inner.left.id, ast.unparse(node)
            allowed = self._allowed(chain, COMPARED[type(inner.ops[0])], inner.comparators[0].id)
            self.children[text] = chain, allowed.__contains__
            return Expression(lambda now: now[text], frozenset([text]))
        if name == "table":
            table, by = args
            assert isinstance(table, ast.Name)
            bands = {float(start): level for start, level in self.tables[table.id]["bands"].items()}
            at = self._node(by)
            return Expression(lambda now: bands[max(b for b in bands if b <= at.value(now) + 1e-9)], at.names)
        known = {"min": min, "max": max, "exp": math.exp, "if_": lambda a, b, c: b if a else c}
        return self._joined(known[name], *args)
