"""The gate of a team, by hand: who is let in when, in what order, with places that come and go."""

from __future__ import annotations

from math import inf

import pytest
import simpy

from sim.engine.solvers.by_day.family import Family
from sim.engine.solvers.by_day.gate import Gate, no_limit


class Door:
    """A gate in one area whose families take the place that they are given."""

    def __init__(self, places: float, n_areas: int = 1) -> None:
        self.env = simpy.Environment()
        self.entered: list[tuple[int, float, float]] = []
        self.gate = Gate(self.env, [row % n_areas for row in range(10)], n_areas, self.admit)
        self.gate.open([places] * n_areas)

    def admit(self, row: int, since: float) -> None:
        self.entered.append((row, since, self.env.now))
        self.gate.take(self.gate.area_of[row])

    def at(self, time: float) -> Gate:
        """Let time pass and give the gate."""
        if time > self.env.now:
            self.env.run(until=time)
        return self.gate

    @property
    def rows(self) -> list[int]:
        return [row for row, _, _ in self.entered]


def test_a_free_place_is_taken_at_once_and_the_next_waits():
    door = Door(1)
    door.at(0.5).join(1, 0)
    door.at(1.0).join(2, 0)
    door.at(3.0).release(0)
    assert door.entered == [(1, 0.5, 0.5), (2, 1.0, 3.0)]
    assert door.gate.busy == [1]
    assert not door.gate.waiting


def test_first_come_first_served_within_a_class_and_classes_first():
    door = Door(0)
    for time, row, rank in ((1.0, 1, 1), (2.0, 2, 0), (3.0, 3, 1), (4.0, 4, 0)):
        door.at(time).join(row, rank)
    door.at(5.0).open([4])
    assert door.rows == [2, 4, 1, 3]


def test_who_becomes_more_urgent_moves_up_and_keeps_the_time_of_joining():
    door = Door(0)
    for time, row in ((1.0, 1), (2.0, 2), (3.0, 3)):
        door.at(time).join(row, 1)
    door.at(4.0).rank(3, 0)
    door.gate.rank(2, 0)
    door.gate.rank(3, 1)
    door.at(5.0).open([3])
    assert door.entered == [(2, 2.0, 5.0), (1, 1.0, 5.0), (3, 3.0, 5.0)]


def test_who_gives_up_is_passed_over_and_joins_again_at_the_end():
    door = Door(0)
    for time, row in ((1.0, 1), (2.0, 2)):
        door.at(time).join(row, 0)
    door.at(3.0).leave(1)
    door.at(4.0).join(1, 0)
    door.at(5.0).open([1])
    assert door.rows == [2]
    door.at(6.0).open([2])
    assert door.entered == [(2, 2.0, 5.0), (1, 4.0, 6.0)]


def test_cases_stay_when_places_go_and_nobody_is_let_in_until_there_is_room():
    door = Door(3)
    for row in (1, 2, 3, 4):
        door.at(1.0).join(row, 0)
    door.at(2.0).open([1])
    assert door.gate.busy == [3]
    for _ in range(2):
        door.gate.release(0)
    assert door.rows == [1, 2, 3]
    door.gate.release(0)
    assert door.rows == [1, 2, 3, 4]


def test_areas_do_not_share_places():
    door = Door(1, n_areas=2)
    for row in (2, 4, 3):
        door.at(1.0).join(row, 0)
    assert door.rows == [2, 3]
    door.gate.release(0)
    assert door.rows == [2, 3, 4]


def test_a_copy_goes_its_own_way():
    door = Door(0)
    door.at(1.0).join(1, 0)
    others: list[int] = []
    twin = door.gate.fork(simpy.Environment(initial_time=1.0), lambda row, since: others.append(row))
    twin.open([5])
    assert others == [1]
    assert door.rows == []
    assert list(door.gate.waiting) == [1]
    assert no_limit(2) == [inf, inf]


def test_a_family_uses_up_its_time_at_the_present_hazard():
    """A unit exponential time runs down by hazard x time, whatever the hazards were; a copy draws the same numbers."""
    family = Family(3, stream=17, now=0.0)
    first, family.here = family.left, True
    family.total = 0.2 * first
    family.catch_up(1.0)
    family.total = 0.1 * first
    family.catch_up(3.0)
    assert family.left == pytest.approx(0.6 * first)
    twin = family.fork()
    assert [twin.uniform() for _ in range(100)] == [family.uniform() for _ in range(100)]
    family.catch_up(100.0)
    assert family.left == 0.0


def test_a_history_that_parts_counts_who_stands_there_and_not_who_left():
    """With room for one, somebody who gave up before the histories parted leaves the chair free in both."""
    gate = Gate(simpy.Environment(), [0, 0], 1, lambda row, since: None, room=1)
    gate.join(0, 0)
    assert gate.is_full(0)
    gate.leave(0)
    twin = gate.fork(gate.env, lambda row, since: None, 1)
    assert not gate.is_full(0)
    assert not twin.is_full(0)
    twin.join(1, 0)
    assert twin.is_full(0)
    assert not gate.is_full(0)
