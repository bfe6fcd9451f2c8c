"""Points are run once each, kept as they come and found again: a file cut short, damaged, or of something else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sim.errors import ResultError, RunError
from sim.runs.points import Points, Solved, Store, kept_in, store_of_solved

CALLS: list[tuple[int, ...]] = []


def solved(numbers: Sequence[int]) -> list[Solved]:
    """Solve points whose answer is their square."""
    CALLS.append(tuple(numbers))
    return [Solved(n, "set", np.array([n / 3]), {"square": float(n * n)}, {"square": float("nan")}) for n in numbers]


def stopped_at_four(numbers: Sequence[int]) -> list[Solved]:
    """Solve points until somebody presses Ctrl-C."""
    if 4 in numbers:
        raise KeyboardInterrupt
    return solved(numbers)


def failing(numbers: Sequence[int]) -> list[Solved]:
    """Fail."""
    raise RunError(f"{list(numbers)} cannot be")


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def kept(path: Path, digest: str = "one") -> Store[int, Solved]:
    store = store_of_solved(path, lambda: digest)
    assert store is not None
    return store


def squares(found: Sequence[Solved]) -> list[float]:
    return [one.values["square"] for one in found]


def test_points_come_in_the_order_asked_and_are_run_once() -> None:
    told: list[tuple[int, int]] = []
    points = Points(solved, together=2, tell=lambda done, wanted: told.append((done, wanted)))
    assert squares(points.at([3, 1, 3, 2])) == [9, 1, 9, 4]
    assert CALLS == [(3, 1), (2,)]
    assert told == [(0, 3), (2, 3), (3, 3)]
    assert squares(points.at([2, 5])) == [4, 25]
    assert CALLS[2:] == [(5,)]
    assert told[3:] == [(1, 2), (2, 2)]
    assert points.runs == 4


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    here = Points(solved, kept(tmp_path / "here"), together=2).at(range(7))
    there = Points(solved, kept(tmp_path / "there"), workers=2, together=2).at(range(7))
    assert squares(here) == squares(there)
    lines, others = (sorted((tmp_path / name).read_text().splitlines()) for name in ("here", "there"))
    assert lines == others


def test_what_is_kept_is_found_again_to_the_last_bit(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "draws.jsonl"
    first = Points(solved, kept(path)).at([7])[0]
    again = kept(path).known()[7]
    assert (again.draw, again.effect_set, again.values, again.redrawn) == (7, "set", {"square": 49.0}, 0)
    assert again.inputs.tolist() == first.inputs.tolist() == [7 / 3]
    assert np.isnan(again.errors["square"])
    head, line = map(json.loads, path.read_text().splitlines())
    assert head == {"digest": "one"}
    assert list(line) == ["draw", "effect_set", "inputs", "values", "errors", "redrawn"]


def test_a_line_cut_short_or_damaged_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "draws.jsonl"
    Points(solved, kept(path)).at(range(4))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], "{damaged\n", lines[3], lines[4][:20]]))
    CALLS.clear()
    assert squares(Points(solved, kept(path), together=4).at(range(4))) == [0, 1, 4, 9]
    assert CALLS == [(1, 3)]
    assert all(json.loads(line) for line in path.read_text().splitlines() if line != "{damaged")


@pytest.mark.parametrize("head", ['{"digest": "two"}\n', "no JSON\n", "[]\n", ""])
def test_a_file_of_something_else_is_refused(tmp_path: Path, head: str) -> None:
    path = tmp_path / "draws.jsonl"
    path.write_text(head)
    with pytest.raises(ResultError, match="holds draws of another config or program version; give another --out"):
        Points(solved, kept(path))


def test_whoever_stops_is_told_where_points_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "draws.jsonl"
    with pytest.raises(KeyboardInterrupt) as stop, kept_in(path):
        Points(stopped_at_four, kept(path)).at(range(9))
    assert stop.value.__notes__ == [f"Runs are kept in {path}; the same command goes on from there."]
    assert sorted(kept(path).known()) == [0, 1, 2, 3]
    with pytest.raises(KeyboardInterrupt) as stop, kept_in(tmp_path / "nothing"):
        Points(stopped_at_four).at([4])
    assert not hasattr(stop.value, "__notes__")


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_point_raises_comes_through(workers: int) -> None:
    with pytest.raises(RunError, match="cannot be"):
        Points(failing, workers=workers).at([1, 2])
