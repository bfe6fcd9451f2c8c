"""What is checked takes work in proportion to the config: twice as long, twice as many calls of Python functions.

Theory: with a + b n calls for n parts, n -> 2n adds b n calls and 2n -> 4n adds 2 b n: a ratio of 2.
Squares make it 4. Calls are counted, not timed, so that the figure is the same on every machine; 2.5 leaves room for
the logarithm of sorting.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.cli.check import check

HEAD = "title: many\nsources: optional\nclock: {step: month, steps: 3, first: 0}\nunits: {person: {size: 10}}\n"


def line_of_parameters(n: int) -> str:
    """Each parameter names the one before."""
    named = "".join(f"  p{i}: p{i - 1} * 1\n" for i in range(1, n))
    return f"{HEAD}chains: {{a: {{states: [x, y], rates: {{x -> y: p{n - 1}}}}}}}\nparameters:\n  p0: 1\n{named}"


def line_of_chains(n: int) -> str:
    """Each chain reads the one before."""
    rates = ["1", *(f"0.5 * (c{i - 1} == y)" for i in range(1, n))]
    made = "".join(f"  c{i}: {{states: [x, y], rates: {{x -> y: {rate}}}}}\n" for i, rate in enumerate(rates))
    return f"{HEAD}chains:\n{made}"


def calls(path: Path) -> int:
    """Count the calls of Python functions, and of what they yield, in checking a config."""
    count = 0

    def note(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        check(path)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(("write", "n"), [(line_of_parameters, 150), (line_of_chains, 40)])
def test_work_grows_with_the_config(write: Callable[[int], str], n: int, tmp_path: Path) -> None:
    counted = []
    for times in (1, 1, 2, 4):  # once to import what is needed
        file = tmp_path / f"{times}.yaml"
        file.write_text(write(n * times), encoding="utf-8")
        counted.append(calls(file))
    _, one, two, four = counted
    assert (four - two) / (two - one) < 2.5


def test_a_line_of_thousands_is_no_deep_recursion(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    file.write_text(line_of_parameters(3_000), encoding="utf-8")
    assert "nothing wrong was found" in check(file)
