"""Trees are walked and changed without recursion into what a caller leaves out; equal calls are written alike."""

from __future__ import annotations

from dataclasses import replace

from sim.language.evaluate import parse
from sim.language.tree import Node, canonical, rewritten, walk


def test_a_walk_gives_parents_first_and_goes_where_it_is_told() -> None:
    root = parse("a + b * if(c, d, 2)").root
    assert [node.name or node.kind for node in walk(root)] == ["+", "a", "*", "b", "if", "c", "d", "number"]
    last_first = walk(root, lambda node: [] if node.kind == "call" else node.args)
    assert [node.name or node.kind for node in last_first] == ["+", "*", "if", "b", "a"]


def test_what_a_change_leaves_alone_is_the_same_object() -> None:
    root = parse("a + b * c").root

    def renamed(node: Node) -> Node:
        return replace(node, name="z") if node.name == "c" else node

    changed = rewritten(root, renamed)
    assert canonical(changed) == "+(a,*(b,z))"
    assert changed.args[0] is root.args[0]
    assert rewritten(parse("a + b").root, renamed) == parse("a + b").root
    same = parse("a + b").root
    assert rewritten(same, renamed) is same


def test_equal_calls_are_written_alike() -> None:
    assert (
        canonical(parse("total(ill>=2 )").root) == canonical(parse("total((ill >= 2.0))").root) == "total(>=(ill,2.0))"
    )
