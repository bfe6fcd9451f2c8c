"""Expressions as trees: what a text says, before anybody asks what its names mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sim.errors import Place


class ExpressionError(ValueError):
    """A text that is not an expression; ``column`` counts from 0 in that text."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True)
class Node:
    """One node of the tree: an operator, function, ``name`` or ``number``, with its arguments and column.

    ``place`` is set on the root of what a config says, and stays with it when the tree becomes part of another.
    """

    kind: str
    column: int
    name: str = ""
    value: float = 0.0
    args: tuple[Node, ...] = ()
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Expression:
    """A parsed expression; equal when its text is equal."""

    text: str
    root: Node

    def nodes(self) -> Iterator[Node]:
        """Walk every node, parents first."""
        return walk(self.root)

    @cached_property
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


def walk(root: Node, below: Callable[[Node], Sequence[Node]] = lambda node: node.args[::-1]) -> Iterator[Node]:
    """Walk a tree, parents first; ``below`` says where to go on from a node, what comes first last."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(below(node))


def rewritten(node: Node, change: Callable[[Node], Node]) -> Node:
    """Give a tree with every node changed, arguments first; where nothing changes it is the same object."""
    return change(with_args(node, [rewritten(arg, change) for arg in node.args]))


def with_args(node: Node, args: Sequence[Node]) -> Node:
    """Give a node other arguments; with the very same ones it is the same object."""
    return node if all(a is b for a, b in zip(args, node.args, strict=True)) else replace(node, args=tuple(args))


def canonical(node: Node) -> str:
    """Write a node in one way, so that equal ones are written alike."""
    if node.kind in ("name", "number"):
        return node.name or repr(node.value)
    return f"{node.name or node.kind}({','.join(canonical(arg) for arg in node.args)})"
