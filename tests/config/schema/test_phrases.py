"""Short texts of a config mean what docs/language.md says; what they do not mean is refused in words.

A month is a twelfth of a year and a day 1/365.25 of one, exactly.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from sim.config.schema.phrases import (
    Duration,
    FireText,
    Frequency,
    MovePhrase,
    PerThing,
    TargetPhrase,
    read_duration,
    read_fire,
    read_move,
    read_per_thing,
    read_per_time,
    read_targets,
)
from sim.language.evaluate import parse

MONTH, DAY = Fraction(1, 12), Fraction(4, 1461)


def test_lengths_and_frequencies_in_steps() -> None:
    assert read_duration("9 months").steps(MONTH) == 9.0
    assert read_duration("year").steps(MONTH) == 12.0
    assert read_duration(7).steps(MONTH) == 7.0
    assert Duration(0.5, "year").years == Fraction(1, 2)
    assert read_per_time("2.7 / day") == Frequency(2.7, "day")
    assert read_per_time("2.7 / day").per_step(DAY) == pytest.approx(2.7, rel=1e-15)
    assert read_per_time("3 per day").per_step(MONTH) == pytest.approx(3 * 365.25 / 12, rel=1e-15)
    assert read_per_time(4).per_step(MONTH) == 4.0


def test_moves_firings_targets_and_what_a_price_is_per() -> None:
    assert read_fire("care: home -> away with 0.2") == FireText("care", ("home",), "away", parse("0.2"), 24)
    assert read_fire("crisis: acute") == FireText("crisis", ("any",), "acute", parse(1.0), 0)
    assert read_targets(["care.worsen", "care: a -> b"]) == (
        TargetPhrase("care", "worsen"),
        TargetPhrase("care", "", MovePhrase(("a",), ("b",))),
    )
    assert read_targets("care: [a,b ] -> [ c, d]") == (TargetPhrase("care", "", MovePhrase(("a", "b"), ("c", "d"))),)
    assert read_fire("care: [a, b] -> c").sources == ("a", "b")
    assert str(read_move("[a,b]->c")) == "[a, b] -> c"
    assert read_per_thing("help.worker") == PerThing("help", "worker")
    assert read_per_thing("family") == PerThing("family", "row")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9 moons", "must be a duration"),
        ("-1 year", "must be a duration"),
        (-1, "must be a duration from 0 to"),
        ("1e10 days", "to 1,000,000,000 of its unit"),
    ],
)
def test_no_duration(text: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_duration(text)


@pytest.mark.parametrize("text", ["2.7 / moon", "often", "1e999 / day", -2, 1e10])
def test_no_frequency(text: object) -> None:
    with pytest.raises(ValueError, match="must be a number from 0 to 1,000,000,000 per step, day, week, month or year"):
        read_per_time(text)


@pytest.mark.parametrize("text", ["[] -> a", "[a, a] -> b", "[a, any] -> b", "[a b] -> c", "[a, b -> c", "a -> [,]"])
def test_no_list_of_states(text: str) -> None:
    with pytest.raises(ValueError, match=r"list of different states|must be a move"):
        read_move(text)
