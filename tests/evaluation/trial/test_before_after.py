"""Naive comparison of before and after on hand-worked bills, and how replications are put together.

Theory: a cost that rises at crisis and falls back gives a rise when families are picked at its onset and a fall when
they are picked for what they have accumulated, though nothing was done to anybody (regression to the mean).
"""

import numpy as np
import pytest

from sim.evaluation.trial.evaluation import REFERRAL_RULES, before_and_after, contrast, referred
from sim.evaluation.trial.trial import OutcomeCounts
from tests.evaluation.trial.small_panels import panel


def a_spell() -> tuple[np.ndarray, np.ndarray]:
    """One family whose crisis lasts months 20 to 31 of 60 and costs 100 a month."""
    p = panel(1, 60)
    p.hub[20:32, 0] = 2
    memory = np.array([p.hub[max(0, t - 11) : t + 1, 0].astype(bool).sum() for t in range(60)])
    p.history[:, 0] = memory
    return p, np.where(p.hub >= 2, 100.0, 0.0)


def test_the_sign_turns_with_the_referral_rule() -> None:
    p, bill = a_spell()
    falls = {}
    for rule in REFERRAL_RULES:
        before, after = before_and_after(bill, p.generation, referred(p, rule, months=10))
        falls[rule] = before - after
    # At the onset nothing has been spent yet and eleven of the twelve months of crisis follow.
    assert falls["at the onset of crisis"] == -1100.0
    # Months 29 to 34 have ten or more of the last twelve in crisis: before them 9, 10, 11, 12, 11, 10 months of cost
    # and after them 2, 1, 0, 0, 0, 0.
    assert falls["accumulated crisis"] == pytest.approx(100 * (63 - 3) / 6)


def test_families_who_leave_are_in_neither_mean() -> None:
    bill = np.full((40, 2), 10.0)
    generation = np.zeros((40, 2), np.uint8)
    generation[25:, 1] = 1
    chosen = np.zeros((40, 2), np.bool_)
    chosen[20] = True
    bill[:, 1] = 1e9
    assert before_and_after(bill, generation, chosen) == (120.0, 120.0)
    assert all(np.isnan(before_and_after(bill, generation, np.zeros_like(chosen))))


def test_the_months_after_are_brought_to_a_year() -> None:
    bill, generation = np.full((60, 1), 10.0), np.zeros((60, 1), np.uint8)
    chosen = np.zeros((60, 1), np.bool_)
    chosen[15] = True
    assert before_and_after(bill, generation, chosen, after=24) == (120.0, 120.0)


def test_an_unknown_rule_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="accumulated crisis"):
        referred(panel(1, 2), "by letter")


def test_ratio_of_means_and_t_intervals() -> None:
    made = contrast([(0.02, 0.04), (0.03, 0.04)])
    assert made.ratio == pytest.approx(0.625)
    assert made.difference == pytest.approx(-0.015)
    # Two differences -0.02 and -0.01: standard error 0.005, t of one degree of freedom 12.706.
    assert made.difference_low == pytest.approx(-0.015 - 12.7062047 * 0.005)
    single = contrast([(0.02, 0.04)])
    assert (single.ratio, single.ratio_low, single.difference_low) == (0.5, None, None)


def test_counts_add_up_over_entry_months() -> None:
    counts = OutcomeCounts(*(np.full(24, float(i)) for i in (1, 10, 2, 10)))
    assert (counts + counts).levels((1, 24), first_events=False) == (0.1, 0.2)


@pytest.mark.parametrize("after", [12, 24])
def test_a_bill_of_a_single_month_counts_on_its_side_of_entry_alone(after: int) -> None:
    """Impulses: the twelve months up to the one before entry, and those after it; entry itself is in neither."""
    entry = 20
    for offset in range(-14, after + 3):
        bill, generation = np.zeros((entry + after + 3, 1)), np.zeros((entry + after + 3, 1), np.uint8)
        chosen = generation.astype(bool)
        chosen[entry], bill[entry + offset] = True, 12.0 * after
        expected = (12.0 * after * (-12 <= offset <= -1), 144.0 * (1 <= offset <= after))
        assert before_and_after(bill, generation, chosen, after) == pytest.approx(expected), offset


def test_the_first_and_the_last_month_with_a_year_on_both_sides_are_looked_at() -> None:
    for step, counts in ((11, False), (12, True), (27, True), (28, False)):
        chosen = np.zeros((40, 1), np.bool_)
        chosen[step] = True
        found = before_and_after(np.ones((40, 1)), np.zeros((40, 1), np.uint8), chosen)
        assert found == (12.0, 12.0) if counts else np.isnan(found).all(), step
