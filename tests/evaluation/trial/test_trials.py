"""A simulated evaluation on panels written out by hand.

Theory: a comparison weighted to the served of each stratum is direct standardisation; first events among those still at
risk follow the product limit (Kaplan and Meier 1958); weighting those who remain up to those censored in the same cell
is inverse probability of censoring weighting (Robins and Finkelstein 2000), exact when cells explain the censoring.
"""

import pytest

from sim.evaluation.trial.trial import MONTHS, compare, entries, out_of_school, twin
from tests.evaluation.trial.small_panels import ENGAGED, LOOKED_AFTER, panel

LAST = (MONTHS, MONTHS)


def test_only_the_first_admission_makes_an_entry() -> None:
    p = panel(3, 30)
    p.programme[2:5, 0] = ENGAGED
    p.programme[6:9, 0] = ENGAGED  # helped again: no second entry
    trials = entries(p, range(1, 6 + 1))
    assert [list(trial.served) for trial in trials] == [[], [0], [], [], [], []]
    assert sorted(trials[1].other) == [1, 2]


def test_a_newcomer_in_a_helped_row_can_be_served_first() -> None:
    p = panel(2, 40)
    p.programme[1:3, 0] = ENGAGED
    p.generation[5:, 0] = 1
    p.programme[7:9, 0] = ENGAGED
    assert list(entries(p, [7])[0].served) == [0]


def test_a_newcomer_in_a_place_that_is_helped_is_served_first_in_its_first_month() -> None:
    """The family before was helped up to the month before; whoever takes its place and is helped at once is served."""
    p = panel(2, 40)
    p.programme[1:9, 0] = ENGAGED
    p.generation[5:, 0] = 1
    assert [list(trial.served) for trial in entries(p, range(1, 8))] == [[0], [], [], [], [0], [], []]


def test_families_are_compared_within_their_stratum() -> None:
    """Served: 2 in crisis. Waiting: 1 in crisis, its child in care, and 1 stable: only the first counts, for two."""
    p = panel(4, 30)
    p.programme[1, :2] = ENGAGED
    p.hub[:, :3] = 2
    p.care[2:, 2] = LOOKED_AFTER
    found = compare(p, entries(p, [1]), ["looked_after"])["looked_after"]
    assert found.levels(LAST, first_events=False) == (0.0, 1.0)
    assert found.served_people[0] == found.other_people[0] == 2.0  # the one counts for two


def test_strata_without_a_comparison_count_in_neither() -> None:
    p = panel(3, 30)
    p.programme[1, :2] = ENGAGED
    p.hub[:, 0] = 3  # nobody waiting is acute
    p.care[2:, 0] = LOOKED_AFTER
    found = compare(p, entries(p, [1]), ["looked_after"])["looked_after"]
    assert found.served_people[0] == 1.0
    assert found.levels(LAST, first_events=False) == (0.0, 0.0)


@pytest.mark.parametrize(("weighted", "expected"), [(True, 0.5), (False, 1 / 3)])
def test_those_who_remain_stand_for_those_whom_help_reached(weighted: bool, expected: float) -> None:
    """Of four waiting alike two turn acute, and help reaches one of the two; both acute ones' children go into care.

    Half of the four would be in care; dropping the censored one leaves one in three.
    """
    p = panel(5, 30)
    p.programme[1, 0] = ENGAGED
    p.hub[2:, 1:3] = 3
    p.programme[3, 1] = ENGAGED
    p.care[4:, 1:3] = LOOKED_AFTER
    found = compare(p, entries(p, [1]), ["looked_after"], weighted=weighted)["looked_after"]
    assert found.levels(LAST, first_events=False)[1] == pytest.approx(expected, abs=1e-12)


def test_first_events_follow_the_product_limit() -> None:
    """Four adults at risk; one goes to prison in month 1, one family leaves in month 2, one goes in month 3.

    1 - (1 - 1/4)(1 - 1/2) = 0.625; the second imprisonment of the first adult does not count.
    """
    p = panel(5, 30)
    p.programme[1, 4] = ENGAGED
    p.custody[2, 0] = p.custody[6, 0] = True
    p.generation[3:, 1] = 1
    p.custody[4, 2] = True
    found = compare(p, entries(p, [1]), ["adult_custody"])["adult_custody"]
    assert found.levels((1, MONTHS), first_events=True)[1] == pytest.approx(0.625, abs=1e-12)


def test_young_people_are_at_risk_until_they_turn_18() -> None:
    p = panel(2, 30)
    p.programme[1, 0] = ENGAGED
    p.age[:, 1], p.age[10:, 1] = 17, 18
    found = compare(p, entries(p, [1]), ["youth_custody"])["youth_custody"]
    assert list(found.other_people[:9]) == [1.0] * 8 + [0.0]


def test_who_is_old_enough_only_after_entry_is_never_at_risk() -> None:
    """Ages are those of the month of entry: a child of nine then is not at risk when it turns ten."""
    p = panel(2, 30)
    p.programme[1, 0] = ENGAGED
    low, _ = p.youth_ages
    p.age[:5, 1], p.age[5:, 1] = low - 1, low
    p.offending[8, 1] = 2
    found = compare(p, entries(p, [1]), ["youth_custody"])["youth_custody"]
    assert found.other_people.tolist() == [0.0] * MONTHS
    assert found.other.tolist() == [0.0] * MONTHS


def test_the_twin_is_the_same_families_and_nothing_else() -> None:
    helped, alone = panel(3, 30), panel(3, 30)
    helped.programme[1, :2] = ENGAGED
    alone.care[2:, 0] = LOOKED_AFTER
    alone.care[2:, 2] = LOOKED_AFTER  # never served: no part of the truth about the served
    found = twin(helped, alone, entries(helped, [1]), ["looked_after"])["looked_after"]
    assert found.levels(LAST, first_events=False) == (0.0, 0.5)


def test_absence_is_of_children_who_are_there() -> None:
    p = panel(2, 3)
    p.school[:, :] = 1
    p.here[1, 1] = False
    assert list(out_of_school(p, 1)) == [1, 0]
