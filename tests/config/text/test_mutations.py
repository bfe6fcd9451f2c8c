"""Whatever is written in a config, the answer is a scenario or a list of problems in words: never a traceback.

Property: for any mutation of a config that is right (a value replaced, a key renamed or dropped, characters changed),
``load`` gives a Scenario or raises ModelError; and a resolved config reads back as an equal tree.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.cli.check import check
from sim.cli.show import show
from sim.config import load
from sim.config.loading import tree_of
from sim.config.text.source import Tree, parse, plain
from sim.config.text.writing import to_yaml
from sim.errors import ModelError
from tests.places import VALID

VALID = VALID.read_text(encoding="utf-8")
STRANGE = (
    """
null|-1|0|1e-300|1e12|''|[]|{}|[1, 2]|{a: 1}|true|no|any|x y|now|k|9 months|2011-04|crisis|crisis >= acute|1 +
total(acute)|'->'|a -> b|'é'|"\\u0000"|&a 1|*a|1/0|log(0)|exp(1000)|((((1))))|always|care == away|any(care == away)
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)


def leaves(tree: Tree, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """List the paths of all values of a tree, mappings and lists with them."""
    found = [path] if path else []
    for key, child in tree.mapping.items():
        found += leaves(child, (*path, key))
    for i, child in enumerate(tree.items):
        found += leaves(child, (*path, str(i)))
    return found


PATHS = [".".join(f'"{part}"' for part in path) for path in leaves(parse(VALID, "valid.yaml"))]


def survives(text: str, *sets: str) -> bool:
    """Load a text: whether it was accepted; anything but ModelError goes through."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutated.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        try:
            load(path, sets)
        except ModelError as error:
            problems = error.problems
        else:
            return True
    assert problems
    assert all(problem.message for problem in problems)
    return False


def test_the_config_that_is_mutated_is_right() -> None:
    assert survives(VALID)


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(STRANGE) | TEXT), min_size=1, max_size=3))
def test_strange_values_anywhere(changes: list[tuple[str, str]]) -> None:
    survives(VALID, *(f"{path}={value}" for path, value in changes))


@settings(max_examples=125, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(VALID)), st.integers(0, 12), TEXT)
def test_strange_characters_anywhere(at: int, dropped: int, inserted: str) -> None:
    survives(VALID[:at] + inserted + VALID[at + dropped :])


@settings(max_examples=125, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_lines_dropped_doubled_and_swapped(chance: random.Random) -> None:
    lines = VALID.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        i, j = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines = chance.choice([lines[:i] + lines[i + 1 :], [*lines[:i], lines[j], *lines[i:]]]) or lines
    survives("".join(lines))


SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=12
)


def as_tree(value: object) -> Tree:
    """Turn a plain value into a tree."""
    origin = parse("x", "x").origin
    if isinstance(value, dict):
        return Tree({key: as_tree(item) for key, item in value.items()}, origin, dict.fromkeys(value, origin))
    if isinstance(value, list):
        return Tree(tuple(as_tree(item) for item in value), origin)
    return Tree(value, origin)  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4))
def test_what_is_written_reads_back_equal(value: dict[str, object]) -> None:
    assert plain(parse(to_yaml(as_tree(value)), "written.yaml")) == value


def test_a_resolved_config_reads_back_equal(valid: Path, tmp_path: Path) -> None:
    resolved = tmp_path / "valid.yaml"
    resolved.write_text(load(valid).resolved, encoding="utf-8")
    assert plain(tree_of(resolved)) == plain(tree_of(valid))
    assert load(resolved).worlds == load(valid).worlds
    shown = tmp_path / "shown" / "valid.yaml"
    shown.parent.mkdir()
    shown.write_text(show(valid), encoding="utf-8")
    assert load(shown).worlds == load(valid).worlds


@pytest.mark.parametrize("name", ["demo", "national"])
def test_a_resolved_study_needs_no_other_file(name: str, tmp_path: Path) -> None:
    scenario = load(name)
    resolved = tmp_path / "elsewhere.yaml"
    resolved.write_text(scenario.resolved, encoding="utf-8")
    assert load(resolved).worlds == scenario.worlds


def test_loading_writes_nothing(valid: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_bytes(valid.read_bytes())
    before = sorted(tmp_path.rglob("*"))
    assert "nothing wrong was found" in check(copy)
    assert sorted(tmp_path.rglob("*")) == before
