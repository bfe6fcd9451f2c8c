"""The grammar of rates: binding, reading and refusing; against Python's own arithmetic where the two agree.

Theory: a recursive descent over a stated grammar; ``^`` binds tightest and to the right, then unary minus, ``* /``,
``+ -``, comparisons (1 or 0), not, and, or. Random trees are written out and read back, and evaluated both ways: equal
to the last bit, since both use the same float64 operations.
"""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.arrays import FloatArray
from sim.language.evaluate import ExpressionError, Node, constant, evaluate, number, parse
from sim.language.parse import MAX_DEPTH, MAX_OPERATORS
from tests.strategies import FIXED

NAMES = {"a": 2.0, "b": -0.5, "x_1": 3.25}


class Scope:
    """Three names, one chain of three states, and calls that answer with their number of arguments."""

    def value(self, name: str) -> FloatArray:
        return np.asarray({**NAMES, "crisis": 1.0}[name])

    def state(self, chain: str, state: str) -> float | None:
        return float(["stable", "strained", "acute"].index(state)) if chain == "crisis" else None

    def call(self, node: Node) -> FloatArray:
        return np.asarray(float(len(node.args)))


def value(text: str) -> float:
    return float(evaluate(parse(text), Scope()))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", -4),
        ("2 ^ -1", 0.5),
        ("8 / 4 / 2", 1),
        ("8 - 4 - 2", 2),
        ("- - 3", 3),
        ("2 * -3", -6),
        ("1e-3 * 1E3", 1),
        (".5 + 0.5", 1),
        ("1 < 2", 1),
        ("2 < 1 + 0", 0),
        ("not 1 < 2", 0),
        ("not 0 and 1", 1),
        ("1 or 0 and 0", 1),
        ("3 and 2", 1),
        ("1 == 1.0", 1),
        ("2 != 2", 0),
        ("if(a > 1, 10, 20)", 10),
        ("min(3, 1, 2) + max(3, 1, 2)", 4),
        ("exp(log(7))", 7),
        ("crisis >= strained", 1),
        ("crisis == acute", 0),
        ("crisis > stable and not crisis > strained", 1),
        ("0.9 * (a < 6) + 0.3 * (a >= 6)", 0.9),
        ("waiting(keyworker) + if(1, 2, 3)", 3),
    ],
)
def test_values_worked_by_hand(text: str, result: float):
    assert value(text) == pytest.approx(result, rel=1e-15)


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> tuple[str, str]:
    """Draw an expression in our language and the same in Python's, with brackets where drawn."""
    if depth == 0 or draw(st.booleans()):
        leaf = draw(st.one_of(st.sampled_from(sorted(NAMES)), st.floats(0, 9).map(lambda x: f"{x:.3f}")))
        return leaf, leaf
    sign = draw(st.sampled_from(["+", "-", "*", "neg", "min"]))
    (left, left_py), (right, right_py) = draw(trees(depth - 1)), draw(trees(depth - 1))
    if sign == "neg":
        return f"-({left})", f"-({left_py})"
    if sign == "min":
        return f"min({left}, {right})", f"min({left_py}, {right_py})"
    if draw(st.booleans()):
        return f"({left} {sign} {right})", f"({left_py} {sign} {right_py})"
    return f"{left} {sign} {right}", f"{left_py} {sign} {right_py}"


@given(tree=trees())
@FIXED
def test_random_arithmetic_is_pythons(tree: tuple[str, str]):
    ours, theirs = tree
    expected = eval(theirs, {"__builtins__": {"min": min}}, dict(NAMES))  # our own text, made two lines above
    assert value(ours) == expected


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("1 +", 3, "expected a number, a name"),
        ("1 + * 2", 4, "found '\\*'"),
        ("(1 + 2", 6, "expected '\\)'"),
        ("1 2", 2, "did not expect '2'"),
        ("a $ b", 2, "cannot read '\\$'"),
        ("1 < 2 < 3", 6, "comparisons do not chain"),
        ("sin(1)", 0, "'sin' is not a function"),
        ("exp(1, 2)", 0, "takes 1 argument"),
        ("if(1, 2)", 0, "takes 3 argument"),
        ("1e999", 0, "too large"),
        ("", 0, "expected a number"),
        ("and", 0, "expected a number"),
        ("__import__('os')", 10, "cannot read|is not a function"),
        ("a.b", 1, "cannot read"),
        ("a[0]", 1, "cannot read"),
        ("lambda: 1", 6, "cannot read"),
        ("a = 1", 2, "cannot read"),
        ("a; b", 1, "cannot read"),
    ],
)
def test_what_is_no_expression_is_refused_at_its_column(text: str, column: int, message: str):
    with pytest.raises(ExpressionError, match=message) as refused:
        parse(text)
    if text[:2] != "__":
        assert refused.value.column == column


@pytest.mark.parametrize(
    "text", ["(" * 200 + "1" + ")" * 200, "-" * 5000 + "1", "not " * 100_000 + "1", "2" + "^2" * 5000]
)
def test_depth_has_a_limit(text: str):
    """Neither brackets nor signs nor powers can exhaust the stack."""
    with pytest.raises(ExpressionError, match=f"more than {MAX_DEPTH} deep"):
        parse(text)


@given(text=st.text(alphabet="ab1.+-*/^()<>=!, andornotif%$'\"\\\n\t", max_size=30))
@FIXED
def test_any_text_is_read_or_refused(text: str):
    """Nothing but the grammar's own error ever comes out."""
    with suppress(ExpressionError):
        assert parse(text).text == text


def test_length_has_a_limit():
    """A sum of 400 terms is worked out; one of thousands would exhaust the stack when evaluated."""
    assert value(" + ".join(["1"] * 400)) == 400
    with pytest.raises(ExpressionError, match=f"more than {MAX_OPERATORS} operators"):
        parse(" + ".join(["1"] * 5000))


def test_arrays_broadcast():
    class Grid(Scope):
        def value(self, name: str) -> FloatArray:
            return np.array([[0.0], [1.0]]) if name == "a" else np.array([1.0, 2.0, 3.0])

    assert evaluate(parse("a * b"), Grid()).tolist() == [[0, 0, 0], [1, 2, 3]]
    assert evaluate(parse("if(a, b, -b)"), Grid()).tolist() == [[-1, -2, -3], [1, 2, 3]]


def test_constants_names_and_functions_are_found():
    assert constant(parse("2 * (3 + 1)")) == 8.0
    assert constant(parse("2 * a")) is None
    assert constant(parse("total(a)")) is None
    expression = parse("a * exp(b) + if(x_1 > 0, table(t, age), 1)")
    assert expression.names == {"a", "b", "x_1", "t", "age"}
    assert expression.functions == {"exp", "if", "table"}
    assert parse(0.1) == number(0.1)
    assert parse("a") == parse("a") != parse("b")
    assert math.isclose(float(evaluate(parse(1e-3), Scope())), 0.001)
