"""Outputs answer what they say: held to closed forms of chains of constant rates, and to sums that must hold.

A chain that leaves a state at rate r a year leaves it with chance p = 1 - exp(-r / 12) in a month, so that exits over
time spent are 12 p a year, and 1 - (1 - p)^n of the spells end within n months. Tolerances are four standard errors of
2,000 families over two years, from the spread over replications.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.outputs import output
from calibration.outputs.following import WorldHistory, follow
from calibration.predicting import Runner
from calibration.study import measured_noise, study
from sim.config import load
from sim.errors import ModelError, ResultError
from tests.places import CALIBRATION, ROOT

TOY = CALIBRATION
LEAVING = 1 - math.exp(-1.2 / 12)
SMALL = ["units.family.size=2000", "units.family.warm_up=3 months", "services.keyworker.team.funding=null",
         "services.keyworker.team.workers={total: 100}"]  # fmt: skip


@pytest.fixture(scope="module")
def toy() -> WorldHistory:
    return follow(load(TOY / "model.yaml", ["units.family.size=20000"]))


@pytest.fixture(scope="module")
def families() -> WorldHistory:
    return follow(load(ROOT / "configs" / "calibration" / "observed.yaml", SMALL))


def of(text: str, history: WorldHistory) -> float:
    """Work out an output."""
    return output(text).of(history)


def test_rates_and_spells_have_their_closed_forms(toy: WorldHistory) -> None:
    assert of("exit_rate(worry, worried)", toy) == pytest.approx(12 * LEAVING, rel=0.02)
    assert of("ended_within(worry, worried, 6)", toy) == pytest.approx(1 - (1 - LEAVING) ** 6, rel=0.02)
    assert of("episode_years(worry, worried)", toy) == pytest.approx(1 / (12 * LEAVING), rel=0.1)


@pytest.mark.parametrize("step", [1, 11, 12, 13, 23])
def test_what_happens_in_one_month_counts_in_its_year_alone(toy: WorldHistory, step: int) -> None:
    """Everybody becomes worried at one step: year 1 is steps 0 to 11 (the first shows no move), year 2 the next 12."""
    states = np.zeros_like(toy.states["worry"])
    states[step:] = 1
    jump = replace(toy, states={**toy.states, "worry": states})
    for year, moves_seen in ((1, 11), (2, 12)):
        mine = step // 12 + 1 == year
        for text in (f"moves_into(worry, worried, {year})", f"first_moves(worry, {year})"):
            assert of(text, jump) == pytest.approx(1000.0 * 12 / moves_seen if mine else 0.0)


@pytest.mark.parametrize("step", [0, 11, 12])
def test_what_holds_in_one_month_counts_in_the_first_year_alone(toy: WorldHistory, step: int) -> None:
    """All are worried at one step, and one family costs £1,200 in it; the first year is steps 0 to 11."""
    states, bills = np.zeros_like(toy.states["worry"]), np.zeros_like(toy.bills["narrow"])
    states[step], bills[step, 0] = 1, 1200.0
    once = replace(toy, states={**toy.states, "worry": states}, bills={**toy.bills, "narrow": bills})
    counts = float(step < 12)
    for text in ("share(worry, worried)", "share_from(worry, worried)"):
        assert of(text, once) == pytest.approx(counts / 12)
    assert of("stock(worry, worried)", once) == pytest.approx(1000 * counts / 12)
    assert of("cost(narrow)", once) == pytest.approx(1200 * counts / bills.shape[1])
    assert of("largest_cost(narrow)", once) == pytest.approx(1200 * counts)
    assert of(f"top_cost(narrow, {1 / bills.shape[1]})", once) == pytest.approx(1200 * counts)


def test_those_who_leave_soon_are_a_geometric_share(toy: WorldHistory) -> None:
    """Of leavers seen after half a year, 1 - (1 - p)^6 have spells of up to six months, once flows have settled."""
    assert of("leavers_within(worry, worried, 6)", toy) == pytest.approx(1 - (1 - LEAVING) ** 6, rel=0.06)


def test_shares_sum_to_one_and_agree_with_stocks_and_costs(toy: WorldHistory) -> None:
    calm, worried = of("share(worry, calm)", toy), of("share(worry, worried)", toy)
    assert calm + worried == pytest.approx(1.0)
    assert of("share_from(worry, worried)", toy) == worried
    assert of("stock(worry, worried)", toy) == pytest.approx(1000 * worried)
    trouble = of("share(trouble, present)", toy)
    assert of("cost(narrow)", toy) == pytest.approx(12 * 1000 * 1.04 * trouble, rel=1e-5)  # £1,000 a month, deflated


def test_the_dearest_cost_at_least_the_mean_and_at_most_the_largest(toy: WorldHistory) -> None:
    costs = [of(text, toy) for text in ("cost(narrow)", "top_cost(narrow, 0.25)", "largest_cost(narrow)")]
    assert costs == sorted(costs)
    assert costs[-1] <= 12 * 1000 * 1.04 * (1 + 1e-6)
    assert of("top_cost(narrow, 1)", toy) == pytest.approx(costs[0], rel=1e-5)


@pytest.mark.parametrize("chain", ["school", "offending"])
def test_children_count_from_the_first_of_a_chains_ages_to_before_the_last(families: WorldHistory, chain: str) -> None:
    """All of one age: of those at the upper end, who are out of the chain, nothing is said."""
    low, high = next(c.ages_steps for c in families.model.chains if c.name == chain)
    state, found = families.chain_states(chain)[0], []
    for years in (low // 12 - 1, low // 12, high // 12 - 1, high // 12):
        ages = {**families.age, "child": np.full_like(families.age["child"], years)}
        found.append(of(f"any_after({chain}, {state}, 6)", replace(families, age=ages)))
    assert [math.isnan(share) for share in found] == [True, False, False, True]


def test_what_follows_entry_in_the_families_of_england_holds_together(families: WorldHistory) -> None:
    assert families.entries
    worse, better = of("at_entry(care, in_need)", families), of("at_entry(care, plan)", families)
    assert 1 >= worse >= better >= 0
    assert of("before_entry(housing, at_risk, 6)", families) >= of("before_entry(housing, at_risk, 1)", families)
    fall = of("entrants_cost(narrow)", families)
    assert of("entrants_top(narrow, 0.25)", families) > fall > of("cost(narrow)", families)
    assert of("entrants_largest(narrow)", families) >= of("entrants_top(narrow, 0.01)", families)
    assert of("starts_by(24)", families) >= of("starts_by(12)", families) > 0
    assert of("any_after(custody, custody, 24)", families) >= of("any_after(custody, custody, 12)", families)
    assert 0 < of("lower_share(gross, 6)", families) < 1


def test_consent_and_completion_are_those_of_the_model(families: WorldHistory) -> None:
    """Consent is 0.78 by config; three stages of 1/3 year against drop-out at 0.38 a year: (1 / (1 + 0.38 / 3))^3."""
    asked = families.flows["identified -> waiting"] + families.flows["identified -> refused"]
    assert of("consent", families) == pytest.approx(0.78, abs=4 * math.sqrt(0.78 * 0.22 / asked))
    assert of("completion", families) == pytest.approx((1 / (1 + 0.38 / 3)) ** 3, abs=0.05)
    assert of("caseload", families) == 6
    assert of("turnover", families) == 0.15


def test_everybody_entered_once_and_was_there_the_year_before(families: WorldHistory) -> None:
    seen = np.concatenate([rows for _, rows in families.entries])
    assert len(np.unique(seen)) == len(seen)
    for step, rows in families.entries:
        assert families.engaged[step, rows].all()
        assert not families.engaged[:step, rows].any(axis=0).any()


@pytest.mark.parametrize("text", ["nothing(a)", "share(worry)", "consent(1)", "share worry", ""])
def test_an_output_that_is_none_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(ModelError, match=r"takes \(|no output of this name; there are"):
        output(text)


def test_an_output_checks_what_it_names_against_the_model(toy: WorldHistory) -> None:
    for text, said in (
        ("share(wory, calm)", "did you mean 'worry'"), ("share(worry, glad)", "which has calm, worried"),
        ("cost(wide)", "is no ledger"), ("trait_at_entry(age)", "is no trait"), ("consent", "no chain 'keyworker'"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=said):
            output(text).check(toy.model)


def test_answers_are_kept_and_the_same_whatever_the_number_of_workers(tmp_path: Path) -> None:
    made = study(TOY / "toy.yaml")
    points = np.array([[0.6, 1.0], [0.9, 1.25], [1.1, 0.8]])
    one = Runner(made.simulator(made.targets), tmp_path / "points.jsonl")
    first = one(points[:2])
    two = Runner(made.simulator(made.targets), tmp_path / "points.jsonl", workers=2)
    both = two(points)
    assert two.runs == 1
    assert (both[:2] == first).all()
    assert (Runner(made.simulator(made.targets))(points[2:]) == both[2:]).all()


def test_a_line_cut_short_is_run_again_and_another_model_is_refused(tmp_path: Path) -> None:
    made, path = study(TOY / "toy.yaml"), tmp_path / "points.jsonl"
    points = np.array([[0.6, 1.0], [0.9, 1.25]])
    first = Runner(made.simulator(made.targets), path)(points)
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    again = Runner(made.simulator(made.targets), path)
    assert (again(points) == first).all()
    assert again.runs == 1
    assert [len(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()] == [2, 3, 3]
    other = study(TOY / "toy.yaml", ["units.family.size=1999"])
    with pytest.raises(ResultError, match="another model"):
        Runner(other.simulator(other.targets), path)


def test_chance_is_measured_and_falls_with_the_root_of_the_families(tmp_path: Path) -> None:
    """Standard deviations fall as 1 / sqrt(n): nine times the families, a third.

    Each is from 4 replications (known to 40%), four figures are averaged: the ratio is known to some 30%.
    """
    small, large = (study(TOY / "toy.yaml", [f"units.family.size={n}"]) for n in (500, 4500))
    found = [measured_noise(replaced, Runner(replaced.simulator(replaced.targets))) for replaced in (small, large)]
    ratio = np.exp(np.mean(np.log(found[0] / found[1])))
    assert 1.5 < ratio < 6
