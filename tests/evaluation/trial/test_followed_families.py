"""Families followed through a small run of the default model: bills against the run's own accounts, and the truth.

Theory: an observer changes nothing; what families cost must add up to what the run says it cost; with services inert
nobody's life differs between regimes, so that the true effect is exactly 0 whatever an evaluation finds.
"""

from functools import partial

import numpy as np
import pytest

import sim
from sim.engine.solvers.families import layout, replicate
from sim.errors import ModelError
from sim.evaluation.checks.rows import demography, no_effect_once
from sim.evaluation.trial.evaluation import evaluate_once, evaluation_scenario, helped_world
from sim.evaluation.trial.panel import Panel, follow
from sim.model.spec import Scenario
from sim.results.costs import cost_by_step
from sim.results.dataset import to_dataset
from sim.results.worlds import world_names
from sim.runs.replications import over_replications, pared

FIRST, LAST = 0, 48
WORLD = "integrated/no_effect"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    made = sim.load("demo", ["clock.steps=50", "effect_set=[no_effect]"])
    return pared(made, ("siloed", "integrated"), ("no_effect",), 50, priced=True)


@pytest.fixture(scope="module")
def panels(scenario: Scenario) -> dict[str, Panel]:
    return follow(scenario, 0, [w.name for w in scenario.worlds], FIRST, LAST, bills=True)


def test_bills_of_families_add_up_to_the_cost_of_the_run(scenario: Scenario, panels: dict[str, Panel]) -> None:
    """Within 0.5% a month: a newcomer's moves in the very month of coming are on nobody's bill."""
    ds = to_dataset(scenario, layout(scenario), [replicate(scenario, 0)])
    for world in world_names(ds):
        for ledger in ("narrow", "wide"):
            accounts = cost_by_step(ds, world, ledger)[0, FIRST + 1 : LAST + 1]
            bills = panels[world.name].bills[ledger].sum(axis=1, dtype=np.float64)
            # A post without a single case is on nobody's bill either: the key workers' first months.
            served = panels[world.name].helped.any(axis=1) | (np.arange(FIRST, LAST) < 12)
            if world.regime == "siloed":
                served[:] = True
            assert bills[served] == pytest.approx(accounts[served], rel=0.005)


def test_nobodys_life_differs_where_nothing_helps(panels: dict[str, Panel]) -> None:
    siloed, integrated = panels["siloed/no_effect"], panels[WORLD]
    for name in ("hub", "needs", "custody", "well", "care", "school", "offending", "generation", "here", "age"):
        assert np.array_equal(getattr(siloed, name), getattr(integrated, name)), name
    assert integrated.helped.any()
    assert not siloed.helped.any()


def test_the_true_effect_is_nothing_and_naive_comparisons_say_otherwise(scenario: Scenario) -> None:
    """The sign of the naive fall turns with the referral rule; sizes are checked on the nation."""
    found, _ = no_effect_once(scenario, 0, world=WORLD)
    assert found["no_effect_truth"] == 0.0
    assert found["naive_onset"] < found["naive_accumulated"]
    assert found["naive_onset"] < 0
    assert 0.4 < found["turned_around"] < 0.95


def test_a_pared_scenario_has_the_same_families(scenario: Scenario, panels: dict[str, Panel]) -> None:
    short = pared(scenario, ("siloed", "integrated"), ("no_effect",), 30)
    again = follow(short, 0, [WORLD], FIRST, 30)[WORLD]
    for name in ("hub", "programme", "care", "age"):
        assert np.array_equal(getattr(again, name), getattr(panels[WORLD], name)[:30]), name


def test_an_evaluation_is_the_same_on_one_and_two_workers(scenario: Scenario) -> None:
    short = evaluation_scenario(scenario, "integrated", "no_effect")
    task = partial(evaluate_once, world=WORLD)
    one, two = over_replications(task, short, 2, 1), over_replications(task, short, 2, 2)
    for (found, true), (found_2, true_2) in zip(one, two, strict=True):
        for results, others in ((found, found_2), (true, true_2)):
            for outcome, counts in results.items():
                assert np.array_equal(counts.other, others[outcome].other)
                assert np.array_equal(counts.served, others[outcome].served)


def test_what_cannot_be_followed_is_refused(scenario: Scenario) -> None:
    with pytest.raises(ModelError, match=r"clock\.steps is 50; following families to the end needs 60"):
        follow(scenario, 0, [WORLD], 0, 60)
    with pytest.raises(ModelError, match="there is no world 'utopia'; the scenario has siloed/no_effect"):
        follow(scenario, 0, ["utopia"], 0, 48)
    with pytest.raises(ModelError, match="no regime 'utopia' under the evidence set 'no_effect'"):
        helped_world(scenario, "utopia", "no_effect")
    with pytest.raises(ModelError, match=r"follows families through keyworker, crisis, .* does not have"):
        follow(sim.load("textbook/sojourn"), 0, [], 0, 1)
    with pytest.raises(ValueError, match="replications is 0"):
        over_replications(partial(evaluate_once, world=WORLD), scenario, 0)


def test_children_leave_with_time() -> None:
    """A share 1/18 turn 18 in a year and three families in a hundred leave: about 8.4%; most have left after ten."""
    found = demography(sim.load("demo"))
    assert found["lost_first_year"] == pytest.approx(1 - (17 / 18) * np.exp(-0.03), abs=0.015)
    assert found["left_after_ten"] == pytest.approx((8 / 18) * np.exp(-0.3), abs=0.04)
