"""Payment by results: with no effect everybody counted would have counted anyway; thresholds by hand; fees add up."""

from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.model.appraisal import PaymentByResults
from sim.runs.follow.track import Track
from sim.studies.fees.answer import (
    NEVER,
    counted_anyway,
    fees_by_year,
    turned_around,
)
from sim.studies.fees.exhibits import fees_table
from sim.studies.fees.question import payment_by_results

RULES = PaymentByResults("keyworker", "crisis_months", 2, 2, 4, 4000.0, (0.8, 0.5), 0.5)
SMALL = ["units.family.size=400", "clock.steps=36", "replications=1"]


@pytest.fixture(scope="module")
def scenario():
    return sim.load("demo", [*SMALL, "effect_set=no_effect"])


def lives(scenario, memory: list[list[int]], newcomers: list[list[int]] | None = None, gone: int | None = None):
    """Make the track of families who remember so many months, (step, family), and come and go."""
    remembered = np.array(memory)
    here = np.ones(remembered.shape, bool)
    if gone is not None:
        here[gone:, -1] = False
    generation = np.cumsum(np.zeros_like(remembered) if newcomers is None else newcomers, axis=0)
    known = {"memory": {"crisis_months": remembered}, "here": {"family": here}, "generation": {"family": generation}}
    unknown = {part: {} for part in ("states", "age", "traits", "bills")}
    return Track(scenario, scenario.worlds[0], 0, parent=np.zeros(0, int), record=None, **known, **unknown)


def test_the_first_month_in_the_window_that_meets_the_threshold_counts(scenario) -> None:
    """Looked at 2 to 4 steps after attachment at step 1, threshold 2; columns are families."""
    memory = [
        [9] * 5,
        [1, 9, 9, 9, 1],
        [1, 9, 9, 9, 1],
        [9, 2, 9, 9, 1],
        [9, 1, 9, 9, 1],
        [9, 9, 2, 9, 1],
        [1, 1, 1, 1, 1],
    ]
    attached = np.array([1, 1, 1, 1, NEVER])
    assert turned_around(lives(scenario, memory), attached, RULES).tolist() == [NEVER, 3, 5, NEVER, NEVER]


def test_a_family_that_moves_away_is_followed_no_further(scenario) -> None:
    """Whether another takes its place, in step 1, or nobody does."""
    memory, attached = [[1, 1]] * 4, np.array([0, 0])
    newcomers = [[0, 0], [0, 1], [0, 0], [0, 0]]
    assert turned_around(lives(scenario, memory, newcomers), attached, RULES).tolist() == [2, NEVER]
    assert turned_around(lives(scenario, memory, gone=1), attached, RULES).tolist() == [2, NEVER]


@pytest.fixture(scope="module")
def years(scenario):
    return payment_by_results(scenario)


def test_with_no_effect_all_who_count_would_have_counted_anyway(scenario, years) -> None:
    assert sum(y.attached for y in years) > 50
    assert counted_anyway(years, "integrated", "siloed") == 1.0
    for year in years:
        assert year.under["integrated"] == year.under["siloed"] <= year.attached
    assert "100% of those ever counted would have been counted anyway" in fees_table(years, scenario).note


def test_fees_are_shares_of_the_maximum(scenario, years) -> None:
    """Attachment: 4,000 x 5/6 x 80% in the first year, 60% in the second; each result pays what its year left."""
    rules = scenario.appraisal.payment_by_results
    paid = rules.maximum * rules.paid_share
    for year, share in zip(years, (0.8, 0.6), strict=True):
        assert year.attachment_fees == pytest.approx(paid * share * year.attached, rel=1e-12)
    results = sum(y.turned_around for y in years)
    assert 0.2 * paid * results <= sum(y.result_fees for y in years) <= 0.4 * paid * results
    assert results == sum(y.under["integrated"] for y in years), "within the run every family counts once"


def test_a_threshold_that_nobody_can_miss_counts_everybody_still_there(scenario) -> None:
    rules = replace(scenario.appraisal.payment_by_results, at_most=64, after_months=0)
    made = payment_by_results(scenario, rules)
    assert sum(y.turned_around for y in made) == sum(y.attached for y in made)


def test_rows_have_a_cell_for_each_column(years, scenario) -> None:
    made = fees_by_year(years, scenario.worlds)
    assert all(len(row) == len(made.names) for row in made.rows)
    assert not any("/" in str(cell) for row in made.rows for cell in row[:2])


def test_nonsense_is_refused(scenario) -> None:
    none = replace(scenario, appraisal=replace(scenario.appraisal, payment_by_results=None))
    with pytest.raises(ValueError, match=r"the config has no 'appraisal\.payment_by_results'"):
        payment_by_results(none)
    with pytest.raises(ValueError, match="follows happiness, which the model does not have"):
        payment_by_results(scenario, replace(RULES, remembered="happiness"))
    with pytest.raises(ValueError, match="at least 1"):
        payment_by_results(scenario, replications=0)
