"""A simulated evaluation on panels written out by hand.

Theory: weights that balance means are the odds of a logistic score (Hainmueller 2012; Zhao and Percival 2017), so that
within kinds of families who differ in what is seen they are the shares of direct standardisation; first events among
those still at risk follow the product limit (Kaplan and Meier 1958); weighting those who remain up to those censored in
the same cell is inverse probability of censoring weighting (Robins and Finkelstein 2000), exact when cells explain the
censoring; and who is kept whatever happens is compared as a trial compares its arms, by intention to treat.
"""

from functools import partial

import numpy as np
import pytest

from sim.evaluation.trial.matching import Matching, balance, entries, followed, matched, moments
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.trial import MONTHS, OutcomeCounts, admissions, compare, out_of_school, twin
from tests.evaluation.trial.small_panels import AFTERCARE, ENGAGED, LOOKED_AFTER, NONE, WAITING, panel

LAST = (MONTHS, MONTHS)
NOW = Matching(history=False)
NEARLY = 1e-3
"""What the ridge leaves of weights that would be nought."""


def found_in(p: Panel, step: int, outcome: str, matching: Matching = NOW) -> OutcomeCounts:
    """Evaluate the families first helped at one step."""
    weights = partial(followed, p, ever=p.ever_helped(), matching=matching)
    return compare(p, entries(p, [step], matching=matching), [outcome], weights)[outcome]


def test_only_the_first_admission_makes_an_entry() -> None:
    p = panel(3, 30)
    p.programme[2:5, 0] = ENGAGED
    p.programme[6:9, 0] = ENGAGED  # helped again: no second entry
    trials = entries(p, range(1, 6 + 1), matching=NOW)
    assert [list(trial.served) for trial in trials] == [[], [0], [], [], [], []]
    assert sorted(trials[1].other) == [1, 2]


def test_a_newcomer_in_a_helped_row_can_be_served_first() -> None:
    p = panel(2, 40)
    p.programme[1:3, 0] = ENGAGED
    p.generation[5:, 0] = 1
    p.programme[7:9, 0] = ENGAGED
    assert list(admissions(p, [7])[0].served) == [0]


def test_a_newcomer_in_a_place_that_is_helped_is_served_first_in_its_first_month() -> None:
    """The family before was helped up to the month before; whoever takes its place and is helped at once is served."""
    p = panel(2, 40)
    p.programme[1:9, 0] = ENGAGED
    p.generation[5:, 0] = 1
    assert [list(trial.served) for trial in admissions(p, range(1, 8))] == [[0], [], [], [], [0], [], []]


def test_families_are_compared_with_those_alike() -> None:
    """Served: 2 in crisis. Waiting: 1 in crisis, its child in care, and 1 stable: only the first counts, for two."""
    p = panel(4, 30)
    p.programme[1, :2] = ENGAGED
    p.hub[:, :3] = 2
    p.care[2:, 2] = LOOKED_AFTER
    found = found_in(p, 1, "looked_after")
    assert found.levels(LAST, first_events=False) == pytest.approx((0.0, 1.0), abs=NEARLY)
    assert found.served_people[0] == found.other_people[0] == pytest.approx(2.0)  # the one counts for two


def test_who_has_nobody_to_be_compared_with_counts_in_neither() -> None:
    """In the second month nobody is left; in the first the one who waits counts for the one who is helped."""
    p = panel(2, 30)
    p.programme[1:, 0] = ENGAGED
    p.programme[2, 1] = ENGAGED
    first, second = entries(p, [1, 2], matching=NOW)
    assert (list(first.served), list(first.other), list(first.weight)) == ([0], [1], [1.0])
    assert len(second.served) == len(second.other) == len(second.weight) == 0


def test_the_list_is_of_families_whom_the_programme_has_found_and_not_met() -> None:
    p = panel(4, 30)
    p.listed[:] = [False, True, False, False]
    p.programme[:] = [WAITING, WAITING, NONE, AFTERCARE]
    p.programme[1, 0] = ENGAGED
    assert list(entries(p, [1], matching=Matching("list", history=False))[0].other) == [1]
    assert list(entries(p, [1], matching=NOW)[0].other) == [1, 2]


def test_weighted_means_are_those_of_the_served_and_odds_are_those_of_a_score() -> None:
    """Two kinds in two months: weights are the served of a kind over the others of it, but for slopes that all share.

    With kinds alone, 30 and 10 served against 20 and 40 others in each month give weights of 1.5 and 0.25.
    """
    kind = np.repeat([1.0, 0.0], [20, 40])
    served = np.repeat([1.0, 0.0], [30, 10])
    month = np.repeat([0, 1], 60)
    twice = np.concatenate([kind, kind])[:, None]
    weight = balance(np.concatenate([served, served])[:, None], twice, month, np.array([40.0, 40.0]))
    assert weight[:60] == pytest.approx(np.where(kind == 1, 1.5, 0.25), rel=NEARLY)
    assert np.bincount(month, weight) == pytest.approx([40, 40])
    rng = np.random.default_rng(2)
    seen = rng.normal(size=(4000, 6))
    chosen = rng.random(4000) < 1 / (1 + np.exp(2 - seen[:, 0]))
    months = np.sort(rng.integers(0, 3, (~chosen).sum()))
    n = np.full(3, chosen.sum() / 3)
    weight = balance(seen[chosen], seen[~chosen], months, n)
    left = weight @ seen[~chosen] / weight.sum() - seen[chosen].mean(axis=0)
    assert abs(seen[chosen].mean(axis=0)[0] - seen[~chosen].mean(axis=0)[0]) > 0.5
    assert abs(left).max() < NEARLY
    assert np.bincount(months, weight) == pytest.approx(n)


def test_what_nobody_else_has_is_no_bar() -> None:
    """The served are acute and nobody who waits is: weights stay finite, and the rest is balanced as well as can be."""
    weight = balance(
        np.array([[1.0, 1.0]]), np.array([[0.0, 1.0], [0.0, 0.0], [0.0, 1.0]]), np.zeros(3, int), np.ones(1)
    )
    assert weight == pytest.approx([0.5, 0.0, 0.5], abs=NEARLY)


def test_blocks_add_up_to_the_product() -> None:
    rng = np.random.default_rng(1)
    x, weight, start = rng.random((300, 4)), rng.random(300), np.array([0, 140, 140, 300])
    sums, squares = moments(x, weight, start)
    assert squares == pytest.approx((x * weight[:, None]).T @ x)
    assert sums == pytest.approx(np.array([weight[:140] @ x[:140], np.zeros(4), weight[140:] @ x[140:]]))


@pytest.mark.parametrize(("reached", "expected"), [("kept", 0.5), ("stood_for", 0.5), ("dropped", 1 / 3)])
def test_what_becomes_of_those_whom_help_reaches(reached: str, expected: float) -> None:
    """Of four waiting alike two turn acute, and help reaches one of the two; both acute ones' children go into care.

    Half of the four are in care; dropping the one whom help has reached leaves one in three.
    """
    p = panel(5, 30)
    p.programme[1, 0] = ENGAGED
    p.hub[2:, 1:3] = 3
    p.programme[3, 1] = ENGAGED
    p.care[4:, 1:3] = LOOKED_AFTER
    found = found_in(p, 1, "looked_after", Matching(history=False, reached=reached))  # type: ignore[arg-type]
    assert found.levels(LAST, first_events=False)[1] == pytest.approx(expected, abs=1e-9)


def test_the_year_before_tells_families_apart_who_look_alike_today() -> None:
    """The served were in crisis for months, and so was one of two who wait; all are calm in the month of entry."""
    p = panel(3, 40)
    p.programme[12:, 0] = ENGAGED
    p.hub[2:9, :2] = 2
    p.care[13:, 1] = LOOKED_AFTER
    assert found_in(p, 12, "looked_after").levels(LAST, first_events=False)[1] == pytest.approx(0.5)
    level = found_in(p, 12, "looked_after", Matching()).levels(LAST, first_events=False)[1]
    assert level == pytest.approx(1.0, abs=NEARLY)
    p.generation[9:, 1:] = 1  # people who came in month 9 have no crisis behind them
    assert found_in(p, 12, "looked_after", Matching()).levels(LAST, first_events=False)[1] == pytest.approx(0.5)


def test_a_panel_that_begins_too_late_is_refused() -> None:
    with pytest.raises(ValueError, match="given an entry at step 3; the year before needs 12 steps"):
        entries(panel(2, 30), [3])


def test_a_design_that_knows_frailty_finds_1_where_frailty_is_all() -> None:
    """The frail are helped twice as often, and their children go into care four times as often; help does nothing.

    With frailty matched the level of the comparison is that of the served by standardisation: 1 within three standard
    errors of some 400 cases (5% each); without, the mix of frailty apart: 0.4 x 2/3 + 0.1 x 1/3 against 0.25 or less.
    """
    rng = np.random.default_rng(5)
    n = 6000
    p = panel(n, 40)
    frail = rng.integers(0, 2, n)
    p.traits["frailty"] = frail
    p.programme[12:, rng.random(n) < np.where(frail == 1, 0.4, 0.2)] = ENGAGED
    p.care[13:, rng.random(n) < np.where(frail == 1, 0.4, 0.1)] = LOOKED_AFTER
    ratios = []
    for knows in (True, False):
        served, other = found_in(p, 12, "looked_after", Matching(frailty=knows)).levels(LAST, first_events=False)
        ratios.append(served / other)
    assert ratios[0] == pytest.approx(1.0, abs=0.15)
    assert ratios[1] > 1.2


def test_the_month_of_help_moves_what_is_found_by_the_whole_of_what_help_did() -> None:
    """An impulse: all alike, help takes every child out of care from the month after entry; the comparison stays."""
    p = panel(6, 40)
    p.care[:] = LOOKED_AFTER
    p.programme[12:, :3] = ENGAGED
    p.care[13:, :3] = 0
    found = found_in(p, 12, "looked_after", Matching())
    assert found.levels((1, MONTHS), first_events=False) == pytest.approx((0.0, 1.0))
    assert [trial.weight.sum() for trial in matched(p, admissions(p, [12]))] == [3.0]


def test_first_events_follow_the_product_limit() -> None:
    """Four adults at risk; one goes to prison in month 1, one family leaves in month 2, one goes in month 3.

    1 - (1 - 1/4)(1 - 1/2) = 0.625; the second imprisonment of the first adult does not count.
    """
    p = panel(5, 30)
    p.programme[1, 4] = ENGAGED
    p.custody[2, 0] = p.custody[6, 0] = True
    p.generation[3:, 1] = 1
    p.custody[4, 2] = True
    found = found_in(p, 1, "adult_custody")
    assert found.levels((1, MONTHS), first_events=True)[1] == pytest.approx(0.625, abs=1e-12)


def test_young_people_are_at_risk_until_they_turn_18() -> None:
    p = panel(2, 30)
    p.programme[1, 0] = ENGAGED
    p.age[:, 1], p.age[10:, 1] = 17, 18
    found = found_in(p, 1, "youth_custody")
    assert list(found.other_people[:9]) == [1.0] * 8 + [0.0]


def test_who_is_old_enough_only_after_entry_is_never_at_risk() -> None:
    """Ages are those of the month of entry: a child of nine then is not at risk when it turns ten."""
    p = panel(2, 30)
    p.programme[1, 0] = ENGAGED
    low, _ = p.youth_ages
    p.age[:5, 1], p.age[5:, 1] = low - 1, low
    p.offending[8, 1] = 2
    found = found_in(p, 1, "youth_custody")
    assert found.other_people.tolist() == [0.0] * MONTHS
    assert found.other.tolist() == [0.0] * MONTHS


def test_the_twin_is_the_same_families_and_nothing_else() -> None:
    helped, alone = panel(3, 30), panel(3, 30)
    helped.programme[1, :2] = ENGAGED
    alone.care[2:, 0] = LOOKED_AFTER
    alone.care[2:, 2] = LOOKED_AFTER  # never served: no part of the truth about the served
    found = twin(helped, alone, admissions(helped, [1]), ["looked_after"])["looked_after"]
    assert found.levels(LAST, first_events=False) == (0.0, 0.5)


def test_absence_is_of_children_who_are_there() -> None:
    p = panel(2, 3)
    p.school[:, :] = 1
    p.here[1, 1] = False
    assert list(out_of_school(p, 1)) == [1, 0]
