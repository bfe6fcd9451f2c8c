"""What the states of a service mean is known to ``sim.model`` alone; others ask a chain, or use the names it gives.

A comparison, ``in``, ``index``, ``startswith`` or ``endswith`` with the literal name of such a state is found; words
that read the same and mean something else are let through by what they are compared with.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sim.model.pathway import NONE, STATES
from tests.places import ROOT

SOURCES = sorted(
    path
    for folder in ("sim", "calibration")
    for path in (ROOT / folder).rglob("*.py")
    if (ROOT / "sim" / "model") not in path.parents
)
METHODS = ("index", "startswith", "endswith", "removeprefix", "removesuffix")
OTHER_WORDS = (
    "node.name",  # the function waiting() of the language
    ".part",  # what the language's functions read of a service
    "functions",  # the same
    "team_series",  # an axis of the results, whose labels happen to be the same words
    "queue_count",
    "name.endswith",  # the name of a variable of a causal loop, for instance "jobcentre waiting"
)


def literals(node: ast.expr) -> Iterator[str]:
    """Give the names of states that stand in an expression, alone or listed."""
    parts = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    names = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    if names == [NONE]:  # an ordinary word as well
        return
    yield from (name for name in names if name in STATES or name.startswith("engaged"))


def found_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            operands = [*node.args, node.func.value]
        else:
            continue
        text = ast.unparse(node)
        if any(word in text for word in OTHER_WORDS):
            continue
        yield from ((node.lineno, name) for operand in operands for name in literals(operand))


def test_what_is_looked_for_is_found() -> None:
    code = """
x == "waiting"; s in ("refused", "dropped_out"); states.index("waiting"); s.startswith("engaged"); "waiting" in states
y == "none"; node.name == "waiting"; list(ds["team_series"].values).index("waiting"); help("waiting"); a["waiting"]
"""
    assert [name for _, name in found_in(ast.parse(code))] == [
        "waiting", "refused", "dropped_out", "waiting", "engaged", "waiting",
    ]  # fmt: skip


def test_nobody_else_knows_the_states_of_a_service_by_name() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: '{name}'"
        for path in SOURCES for line, name in found_in(ast.parse(path.read_text(encoding="utf-8")))
    ]  # fmt: skip
    assert not found, "ask the chain (chain.waiting, chain.engaged ...) instead: " + "; ".join(found)
