"""The checks of a national run, with its figures; only what must hold by construction or by its source is asserted.

The rest is a prediction: a figure outside its range is a result to report, shown by `families sanity`.
"""

import pytest

import sim
from sim.evaluation.checks.drift import drift
from sim.evaluation.checks.judging import Check
from sim.evaluation.checks.question import ranges_of
from sim.evaluation.checks.sanity import sanity
from sim.evaluation.checks.sanity import table as checks_table
from sim.evaluation.trial.evaluation import evaluate
from sim.evaluation.trial.matching import EVALUATOR, Matching

pytestmark = pytest.mark.slow

MUST_HOLD = (
    "no_effect_truth", "ledger", "savings_by_agency", "saving_beyond_cost", "staff_identity", "hours_of_six",
    "episode_contradiction", "naive_sign", "consent", "lost_first_year", "left_after_ten", "looked_after_stock",
    "narrow_below_entrants", "payback", "drift",
)  # fmt: skip


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    ranges, published = ranges_of()
    return sanity(sim.load("national"), ranges, published, replications=1, workers=1)


def test_all_are_looked_at_and_what_must_hold_holds(checks: list[Check]) -> None:
    print(checks_table(checks))  # shown when it fails, and with -s
    assert {check.number for check in checks} == set(range(1, 20))
    by_key = {check.key: check for check in checks}
    assert [key for key in MUST_HOLD if by_key[key].status != "pass"] == []
    assert all(check.why for check in checks if check.status == "not evaluated")


def test_nothing_drifts_by_itself_in_a_tenth_of_the_nation() -> None:
    over, where = drift(sim.load("tenth"), replications=4)
    assert over <= 1.0, where


def test_an_evaluation_that_drops_whom_help_reaches_is_biased() -> None:
    """Under no_effect the truth is exactly 1. Dropping comparison families when help reaches them leaves the calm ones.

    Children of those still waiting after 19 months go to school more often (ratio below 1); keeping them mends it.
    Sizes are for two replications of the nation, where the ratio's standard error is about 0.01.
    """
    scenario = sim.load("national")
    dropped, kept = (
        {f.question.outcome: f for f in evaluate(scenario, "no_effect", replications=2, matching=matching)}
        for matching in (Matching(reached="dropped"), EVALUATOR)
    )
    print({outcome: (f.evaluated.ratio, f.true.ratio) for outcome, f in kept.items()})
    assert all(f.true.ratio == 1.0 for f in (*dropped.values(), *kept.values()))
    assert dropped["attending"].evaluated.ratio < 0.93
    assert dropped["attending"].evaluated.ratio < kept["attending"].evaluated.ratio
    assert kept["attending"].evaluated.ratio == pytest.approx(1.0, abs=0.03)
