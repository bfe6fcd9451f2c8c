"""What every figure moves is what ``families explain`` says of it, one by one."""

from __future__ import annotations

import pytest

from sim.config.loading import load, tree_of
from sim.config.views.explained import explain, moved_by
from sim.config.views.inputs import inputs_of
from sim.config.views.register import entries


@pytest.mark.parametrize("name", ["kw_caseload", "costs.keyworker staff.price"])
def test_all_at_once_is_one_at_a_time(name: str) -> None:
    tree = tree_of("demo")
    figures = list(entries(tree))
    one = explain("demo", name)
    moved = dict(zip((figure.path for figure in figures), moved_by(tree, figures), strict=True))
    assert moved[one.entry.path] == one.moves != {}


def test_inputs_are_the_files_that_a_config_was_read_from() -> None:
    """Its own layers and the readings of the evidence, by their content."""
    found = inputs_of(load("demo"))
    assert any(path.endswith("scenarios/demo.yaml") for path in found)
    assert any(path.endswith("model/needs.yaml") for path in found)
    assert any("evidence_sets" in path for path in found)
    assert all(len(total) == 64 for total in found.values())
    assert list(found) == sorted(found)
