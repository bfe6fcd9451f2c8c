"""Expressions that read the parameters of those who joined a regime."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from sim.language.tree import Expression, Node, rewritten

JOINED = "__joined"
"""Added to the name of a parameter as those who joined know it."""


def renamed(expression: Expression, names: Collection[str]) -> Expression:
    """Let an expression read the parameters of those who joined."""
    if not expression.names & set(names):
        return expression
    pattern = re.compile(rf"\b({'|'.join(sorted(names))})\b")

    def joined(node: Node) -> Node:
        return replace(node, name=node.name + JOINED) if node.kind == "name" and node.name in names else node

    return Expression(pattern.sub(rf"\1{JOINED}", expression.text), rewritten(expression.root, joined))
