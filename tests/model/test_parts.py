"""Expressions inside a model are found wherever they stand, and changed without touching what holds none."""

from __future__ import annotations

from dataclasses import replace

from sim.language.evaluate import parse
from sim.language.tree import Expression
from sim.model.parts import expressions, mapped
from sim.model.spec import Chain, Effect, Fire, Parameter, Stock, Team, Transition

MOVE = Transition("well", "ill", parse("0.2 * a"))
FIRE = Fire((("well", "ill"),), "other", ("x",), "y", parse("0.5"))
CHAIN = Chain("life", "person", ("well", "ill"), "rates", (MOVE,), {"ill": parse("b")}, fires=(FIRE,))
PARTS = (
    Parameter("a", parse("b + 1")),
    CHAIN,
    Effect("e", {"life": (("well", "ill"),)}, parse("c > 1"), parse("d")),
    Stock("s", "smooth", parse("total(ill)"), start=parse("2")),
    Team({"all": 2.0}, 3.0, time_left=parse("s")),
)


def test_expressions_are_found_in_the_order_of_fields() -> None:
    found = [expression.text for part in PARTS for expression in expressions(part)]
    assert found == ["b + 1", "0.2 * a", "b", "0.5", "c > 1", "d", "total(ill)", "2", "s"]
    assert [expression.text for expression in expressions({"x": PARTS[:1], "y": None})] == ["b + 1"]


def test_expressions_are_changed_wherever_they_stand() -> None:
    def doubled(expression: Expression) -> Expression:
        return parse(f"2 * ({expression.text})")

    chain = mapped(CHAIN, doubled)
    assert [expression.text for expression in expressions(chain)] == ["2 * (0.2 * a)", "2 * (b)", "2 * (0.5)"]
    assert replace(chain, transitions=(MOVE,), start=CHAIN.start, fires=(FIRE,)) == CHAIN
    team = Team({"all": 2.0}, 3.0)
    assert mapped(team, doubled) is team
