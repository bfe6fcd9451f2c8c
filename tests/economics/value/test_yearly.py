"""Yearly undiscounted sums: discounted and priced again they are what the program finds when it is run on those terms.

The studies that they are held against are simulated afresh with another schedule, horizon, follow-up or price.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
import xarray as xr

import sim
from sim.economics.report import FullAppraisal, full_appraisal
from sim.economics.value.yearly import (
    BEFORE,
    CARE,
    SAVINGS,
    Stretches,
    care_year_price,
    episode_price,
    yearly_sums,
)
from sim.money.discounting import factors
from sim.results.accounts import POSTS
from tests.economics.value.test_accounts import TOY_SETS
from tests.places import TOY

DISCOUNTED = [*TOY_SETS, "discount={treasury: {0: 0.035, 2: 0.02}}"]
Worth = dict[tuple[str, str, str, str], float]


def study(*sets: str) -> tuple[xr.Dataset, FullAppraisal]:
    ds = sim.simulate(sim.load(TOY, [*DISCOUNTED, *sets]), rows=False)
    return ds, full_appraisal(ds)


@pytest.fixture(scope="module")
def run() -> tuple[xr.Dataset, FullAppraisal]:
    return study()


def priced_again(
    run: tuple[xr.Dataset, FullAppraisal], rate: float | None = None, horizon: float | None = None, care: float = 1.0
) -> Worth:
    """Give savings and costs by account, view, ledger and side, from the yearly sums alone."""
    ds, full = run
    terms, stretches, found = full.terms, Stretches.of(*(ds, full.terms)), defaultdict(float)
    factor = factors(terms.rates if rate is None else ((0.0, rate),), stretches.times)
    for one in yearly_sums(ds, full.answers, terms):
        limit = horizon or (stretches.horizon if one.account == "programme" else stretches.followed)
        within = factor if one.part == BEFORE else factor * (stretches.ends <= limit + 1e-9)
        side = "saved" if one.part in SAVINGS else "cost"
        found[one.account, one.view, one.ledger, side] += float(one.pounds @ within) * (
            care if one.part == CARE else 1.0
        )
    return dict(found)


def of_the_program(full: FullAppraisal) -> Worth:
    """Give the same from the accounts and the appraisal."""
    found: Worth = {}
    for account in full.answers[0].accounts[:-1]:
        for ledger, worth in account.worth.items():
            found[account.name, "fiscal", ledger, "saved"] = worth.saved.mean
            found[account.name, "fiscal", ledger, "cost"] = worth.cost.mean
    for view in full.appraisal.of("integrated").views:
        found["programme", view.view, view.ledger, "saved"] = float(view.gross.amount.mean())
        found["programme", view.view, view.ledger, "cost"] = float(view.intervention.amount.mean())
    return found


def test_families_whom_some_replication_does_not_have_are_in_no_sum(run) -> None:
    """As the accounts themselves: a mean over the replications that have some would be of other families."""
    ds, full = run
    accounts = {one.account for one in yearly_sums(ds, full.answers, full.terms)}
    assert accounts == {"one_episode", "all_help", "programme"}
    none = ds.copy(deep=True)
    none["cohort_families"][{"replication": 0}] = 0
    none["cohort_saved"][:] = np.nan  # as collected of such replications
    found = full_appraisal(none)
    sums = list(yearly_sums(none, found.answers, found.terms))
    assert {one.account for one in sums} == {"programme"}
    assert all(np.isfinite(one.pounds).all() for one in sums)


def test_stretches_are_years_cut_where_horizon_and_follow_up_end(run) -> None:
    ds, full = run
    made = Stretches.of(ds, full.terms)
    assert made.followed == 2.25
    assert made.horizon == full.terms.horizon_years == 3.25
    np.testing.assert_allclose(made.ends, [1, 2, 2.25, 3, 3.25])
    assert made.times.tolist() == [0, 1, 2, 2, 3]
    assert (made.of_step.sum(axis=1) == 1).all()


def test_the_sums_give_the_figures_of_the_run(run) -> None:
    assert priced_again(run) == pytest.approx(of_the_program(run[1]), rel=1e-10)


def test_another_rate_and_another_price_of_care_are_what_a_run_on_them_finds(run) -> None:
    other = study("discount.treasury={0: 0.1, 2: 0.1}")[1]
    assert priced_again(run, rate=0.1) == pytest.approx(of_the_program(other), rel=1e-10)
    assert care_year_price(run[0], run[1].answers[0].world, run[1].terms) == pytest.approx(52676, rel=1e-9)
    dearer = study("costs.care.price.value=79014")[1]
    assert priced_again(run, care=1.5) == pytest.approx(of_the_program(dearer), rel=1e-10)


def test_another_horizon_is_what_a_run_with_it_finds(run) -> None:
    """Of the programme a shorter appraisal, of families helped a shorter follow-up; what is spent before stays."""
    shorter = of_the_program(study("appraisal.horizon=2", "appraisal.answer.follow_up=24")[1])
    made = priced_again(run, horizon=2.0)
    follow = of_the_program(study("appraisal.answer.follow_up=24")[1])
    for key, value in made.items():
        if key[0] == "programme":
            assert value == pytest.approx(shorter[key], rel=1e-10)
        elif key[0] == "one_episode":
            assert value == pytest.approx(follow[key], rel=1e-10)


def test_posts_are_the_price_of_an_episode(run) -> None:
    found = run[1].answers[0]
    assert episode_price(found, "narrow") == found.accounts[0].worth["narrow"].spent[POSTS].mean > 0
    assert episode_price(None, "narrow") is None


def test_a_study_that_discounts_by_step_has_a_stretch_for_each(run) -> None:
    by_step = study("appraisal.timing=step")
    made = Stretches.of(by_step[0], by_step[1].terms)
    assert len(made.ends) == by_step[1].terms.all_steps
    np.testing.assert_allclose(made.times, made.ends)
    assert priced_again(by_step) == pytest.approx(of_the_program(by_step[1]), rel=1e-10)


def test_optimism_bias_and_income_weights_are_in_the_sums(run) -> None:
    bias = "appraisal.optimism_bias={apply: true, grade: g, table: {g: {costs: 0.2, benefits: 0.15}}}"
    ds, full = study(bias)
    assert priced_again((ds, full)) == pytest.approx(of_the_program(full), rel=1e-10)
    assert of_the_program(full)["programme", "fiscal", "wide", "saved"] != pytest.approx(
        of_the_program(run[1])["programme", "fiscal", "wide", "saved"]
    )
