"""Expressions as trees: what a text says, before anybody asks what its names mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


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


def number(value: float) -> Expression:
    """Make the expression of one number."""
    return Expression(repr(float(value)), Node("number", 0, value=float(value)))
