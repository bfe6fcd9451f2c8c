"""Who is admitted: queues worked by hand, family by family, and a slow plain-Python rule for all others.

Theory: within a team, better class first, then queue order, until places run out. From that follow
conservation (each team admits the smaller of its free places and its queue) and monotony (more places admit
a superset).
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.arrays import IntArray
from sim.engine.teams.admission import admit, free_places


def slow_admit(places: list[int], team: list[int], rank: list[int]) -> list[int]:
    """Admit one family at a time from a sorted list."""
    left = [max(number, 0) for number in places]
    admitted = []
    for position in sorted(range(len(team)), key=lambda p: (rank[p], p)):
        if left[team[position]] > 0:
            left[team[position]] -= 1
            admitted.append(position)
    return sorted(admitted)


def admit_lists(places: list[int], team: list[int], rank: list[int]) -> list[int]:
    return admit(np.array(places), np.array(team, dtype=np.int64), np.array(rank, dtype=np.int64)).tolist()


@st.composite
def meetings(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Draw free places by team and a queue of teams and classes."""
    places = draw(st.lists(st.integers(-3, 8), min_size=1, max_size=5))
    queue = draw(st.lists(st.tuples(st.integers(0, len(places) - 1), st.integers(0, 4)), min_size=0, max_size=60))
    return places, [team for team, _ in queue], [rank for _, rank in queue]


def test_one_team_one_class_is_first_come_first_served():
    # Families A to E wait in one area with 2 free places: A and B, the first to come.
    assert admit_lists([2], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]) == [0, 1]


def test_a_better_class_goes_before_an_earlier_arrival():
    # A (class 1), B (class 1), C (class 0), D (class 1); 2 places: C first, then A who came before B and D.
    assert admit_lists([2], [0, 0, 0, 0], [1, 1, 0, 1]) == [0, 2]


def test_two_areas_family_by_family():
    # north has 3 places, south 1. Queue in order, (area, class):
    # A north 2 | B south 1 | C north 0 | D north 1 | E south 0 | F north 1 | G north 1 | H south 0
    # north: C (class 0), then D and F (class 1, before G); A's class is not reached. south: E, before H.
    team = [0, 1, 0, 0, 1, 0, 0, 1]
    rank = [2, 1, 0, 1, 0, 1, 1, 0]
    assert admit_lists([3, 1], team, rank) == [2, 3, 4, 5]


def test_a_whole_class_fits_and_the_next_is_cut():
    # 4 places: both of class 0 (B, E), then the first two of class 1 in the queue (A, C), not D or F.
    assert admit_lists([4], [0] * 6, [1, 0, 1, 1, 0, 1]) == [0, 1, 2, 4]


def test_places_of_one_area_do_not_serve_another():
    assert admit_lists([0, 5], [0, 0, 1], [0, 0, 0]) == [2]


def test_an_overloaded_team_admits_nobody():
    # Two workers left: 12 cases for 10 places. Nobody is put out, nobody comes in.
    free = free_places(np.array([10, 10]), np.array([12, 9]))
    assert free.tolist() == [0, 1]
    assert admit_lists([-2, 1], [0, 1, 1], [0, 0, 0]) == [1]


def test_an_empty_queue_and_ample_places():
    assert admit_lists([3], [], []) == []
    assert admit_lists([9, 9], [1, 0, 1], [2, 0, 1]) == [0, 1, 2]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.int64])
def test_any_integer_type_gives_the_same(dtype: type[np.integer]):
    team = np.array([200, 3, 200, 200, 3], dtype=dtype)
    rank = np.array([1, 0, 0, 1, 0], dtype=dtype)
    places = np.zeros(201, dtype=np.int64)
    places[[3, 200]] = 1, 2
    assert admit(places, team, rank).tolist() == [0, 1, 2]


@given(meetings())
@settings(max_examples=300, deadline=None)
def test_agrees_with_the_slow_rule(meeting: tuple[list[int], list[int], list[int]]):
    assert admit_lists(*meeting) == slow_admit(*meeting)


@given(meetings(), st.integers(0, 4), st.integers(1, 5))
@settings(max_examples=200, deadline=None)
def test_more_places_admit_a_superset(meeting: tuple[list[int], list[int], list[int]], where: int, more: int):
    places, team, rank = meeting
    richer = list(places)
    richer[where % len(places)] += more
    assert set(admit_lists(places, team, rank)) <= set(admit_lists(richer, team, rank))


@given(meetings())
@settings(max_examples=200, deadline=None)
def test_each_team_admits_the_smaller_of_places_and_queue(
    meeting: tuple[list[int], list[int], list[int]],
):
    places, team, rank = meeting
    admitted = admit_lists(places, team, rank)
    by_team = [sum(team[p] == t for p in admitted) for t in range(len(places))]
    assert by_team == [min(max(n, 0), team.count(t)) for t, n in enumerate(places)]


@given(meetings())
@settings(max_examples=100, deadline=None)
def test_a_family_is_not_affected_by_other_areas(meeting: tuple[list[int], list[int], list[int]]):
    places, team, rank = meeting
    here = [p for p in range(len(team)) if team[p] == 0]
    alone = admit_lists(places[:1], [0] * len(here), [rank[p] for p in here])
    assert [here[p] for p in alone] == [p for p in admit_lists(places, team, rank) if team[p] == 0]


def test_a_national_queue_agrees_with_the_slow_rule():
    # 152 areas and 20,000 waiting: the size at which 16-bit sorting, whole classes and margins all occur.
    position: IntArray = np.arange(20_000)
    team, rank = position * 7919 % 152, position * 104729 % 1009 % 6
    places = np.arange(152) * 37 % 211 - 5
    assert admit(places, team, rank).tolist() == slow_admit(places.tolist(), team.tolist(), rank.tolist())


@pytest.mark.parametrize(
    ("team", "rank", "message"),
    [
        ([0, 1], [0], "team has 2 rows and rank 1"),
        ([0, 2], [0, 0], "teams are 0 to 1"),
        ([-1, 0], [0, 0], "team -1"),
        ([0, 1], [0, -1], "priority class -1"),
    ],
)
def test_a_queue_that_makes_no_sense_is_refused(team: list[int], rank: list[int], message: str):
    with pytest.raises(ValueError, match=message):
        admit_lists([1, 1], team, rank)
