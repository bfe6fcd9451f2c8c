"""The small safe grammar of rates, prices and conditions: text to a tree; never ``eval``.

Loosest first: ``or``, ``and``, ``not``, comparisons (1 or 0), ``+ -``, ``* /``, unary ``-``, ``^`` (right to left),
then numbers, names, calls and brackets.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

from sim.language.functions import COMPARISONS, FUNCTIONS
from sim.language.tree import Expression, ExpressionError, Node, number

_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(<=|>=|==|!=|[-+*/^<>(),]))"
)
MAX_DEPTH = 60
MAX_OPERATORS = 400


def parse(text: str | float) -> Expression:
    """Parse an expression.

    Raises
    ------
    ExpressionError
        When the text is not in the grammar; says what was expected and at which column.
    """
    return _parsed(text) if isinstance(text, str) else number(text)


@lru_cache(maxsize=10_000)
def _parsed(text: str) -> Expression:
    """Parse text; what many worlds of a study say is parsed once."""
    parser = _Parser(text)
    root = parser.either()
    if parser.kind != "end":
        raise ExpressionError(f"did not expect '{parser.token}' here", parser.column)
    return Expression(text, root)


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
        sign = self.accept(*COMPARISONS)
        if sign is None:
            return left
        node = Node(sign.kind, sign.column, args=(left, self.sum()))
        if self.kind == "sign" and self.token in COMPARISONS:
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
        wanted = FUNCTIONS[name].misfit(len(args))
        if wanted:
            raise ExpressionError(f"{name}() takes {wanted}, {len(args)} given", column)
        return Node("call", column, name=name, args=tuple(args))
