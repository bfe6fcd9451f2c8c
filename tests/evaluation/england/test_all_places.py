"""How well rates fit many places: every figure of each, and by figure half of the places and the worst."""

import numpy as np
import pytest

from sim.evaluation.england.answer import residuals_of_all, worst_of_all
from sim.evaluation.england.expecting import LEVELS, PER, CareCourse
from sim.evaluation.england.fit import FREE, FittedPlace, at
from sim.evaluation.england.places import LocalPlace, place_of
from sim.evaluation.england.published import authority
from sim.exhibits.numbers import digits

NAMES = ("Leicestershire", "Kent", "Essex")


@pytest.fixture(scope="module")
def places() -> list[FittedPlace]:
    """Give places with England's rates and a course that was made up, of which nothing fits."""
    return [made_up(place_of(authority(name))) for name in NAMES]


def made_up(place: LocalPlace) -> FittedPlace:
    levels, started = np.full((place.years + 1, len(LEVELS)), 50.0), np.full((place.years, len(LEVELS)), 40.0)
    return FittedPlace(place, at(place, np.zeros(len(FREE))), CareCourse(levels, started))


def test_every_figure_of_every_place_is_listed_with_what_came_out(places: list[FittedPlace]) -> None:
    rows = residuals_of_all(places).rows
    assert len(rows) == sum(len(one.place.targets) for one in places)
    kent = places[1]
    mine = [row for row in rows if row[0] == "Kent"]
    for target, came, off, row in zip(kent.place.targets, kent.expected, kent.residuals, mine, strict=True):
        assert row[1:4] == (target.words, target.source, target.published)
        assert row[4:6] == pytest.approx([x * kent.place.children / PER for x in (target.value, came)])
        assert row[6] == off == (came - target.value) / target.se


def test_by_figure_the_middle_size_and_the_largest_with_its_sign_and_place_are_told(places: list[FittedPlace]) -> None:
    rows, told = residuals_of_all(places).rows, worst_of_all(places).rows
    for words, n, half, most, name in told:
        off = {str(row[0]): float(row[6]) for row in rows if row[1] == words}
        worst = max(off, key=lambda place: abs(off[place]))
        assert (n, most, name) == (str(len(off)), digits(off[worst], 2), worst)
        assert half == digits(float(np.median([abs(x) for x in off.values()])), 2)
    assert {row[0] for row in told} == {row[1] for row in rows}
