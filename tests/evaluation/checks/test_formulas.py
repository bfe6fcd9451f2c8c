"""Formulas of the sanity checks on inputs that can be worked out by hand."""

from dataclasses import replace
from math import exp
from pathlib import Path

import numpy as np
import pytest

from sim.config.loading import load
from sim.errors import ModelError
from sim.evaluation.checks.beside import panel as panel_of_checks
from sim.evaluation.checks.drift import drift
from sim.evaluation.checks.identities import episode_cost, posts_for, starts_a_year
from sim.evaluation.checks.judging import Range, in_prices, judge
from sim.evaluation.checks.question import ranges_of
from sim.evaluation.checks.rows import (
    care_reentry,
    entrants,
    first_helped,
    most_complex,
    relapse,
    savings,
    turned_around,
)
from sim.evaluation.checks.sanity import sanity, table
from sim.evaluation.checks.totals import bridge_values, saved_values, world_of, yearly
from sim.evaluation.trial.trial import admissions
from sim.intervals import Estimate
from sim.results.folder.beside import Bridge, Station
from sim.runs.ensemble import simulate
from tests.economics.value.test_accounts import FACTOR, FAMILIES, LEAVES, PRICE, account, steady
from tests.evaluation.trial.small_panels import AFTERCARE, ENGAGED, LOOKED_AFTER, panel


def test_six_families_at_nine_hours_do_not_fit_in_one_post() -> None:
    assert posts_for(6, 9) == pytest.approx(54 / 37)
    with pytest.raises(ValueError, match="more than 0"):
        posts_for(6, 9, 0)


def test_staff_and_episode_identities() -> None:
    assert starts_a_year(6000, 6, 0.9, 10) == pytest.approx(38_880)
    # The worked table of the evidence register: 3,925 a month, caseload 6, 12 months, 90%: 8,722; 10 and 10: 4,361.
    assert episode_cost(3925, 12, 6, 0.9) == pytest.approx(8722, abs=1)
    assert episode_cost(3925, 10, 10, 0.9) == pytest.approx(4361, abs=1)
    assert episode_cost(3925, 10, 10, 0.9, 853) == pytest.approx(5214, abs=1)
    assert episode_cost(3925, 9, 6, 0.9) > 5214  # the contradiction


def test_values_are_judged_and_nothing_is_hidden() -> None:
    ranges = {
        "a": Range(1, "inside", "gbp", 1.0, 3.0, "C13"), "b": Range(1, "above", "gbp", None, 3.0, "C13"),
        "c": Range(2, "not there", "gbp", 1.0, None, "C2"), "d": Range(2, "not a number", "gbp", 1.0, None, "C2"),
    }  # fmt: skip
    checks = judge(ranges, {"a": (3.0, "why"), "b": (3.01, ""), "d": (float("nan"), "nobody")}, {"c": "no machinery"})
    assert [check.status for check in checks] == ["pass", "fail", "not evaluated", "not evaluated"]
    assert [check.why for check in checks] == ["why", "", "no machinery", "nobody"]
    text = table(checks)
    assert text.startswith("outside their range: 1\n")
    assert "no machinery" in text


def test_every_check_has_ranges_with_sources() -> None:
    ranges, published = ranges_of()
    assert {r.number for r in ranges.values()} == set(range(1, 20))
    assert all(r.source and (r.low is not None or r.high is not None or r.scored_in == "none") for r in ranges.values())
    assert published.looked_after.value > published.care_entries.value > 0


def test_pounds_are_compared_in_the_price_year_of_the_range() -> None:
    scenario = load("tenth")
    cost = Range(1, "cost", "gbp", 23000, 29000, "C13", price_year="2013/14")
    ranges = {"a": cost, "b": Range(1, "b", "", 0, 1, "C2")}
    found = in_prices(ranges, {"a": (29500.0, ""), "b": (1.0, "x"), "c": (2.0, "")}, scenario)
    assert found["a"] == (pytest.approx(29500 * 190.03 / 195.97), "prices of 2013/14")
    assert found["b"] == (1.0, "x")
    assert judge(ranges, found, {})[0].status == "pass"  # 28,606 is within, though 29,500 would not be
    with pytest.raises(ModelError, match=r"no deflator; the table has 2002/03, "):
        in_prices({"a": replace(cost, price_year="1990/91")}, {"a": (1.0, "")}, scenario)


def test_what_is_scored_elsewhere_or_not_built_or_never_comes_says_so() -> None:
    ranges = {
        "a": Range(4, "elsewhere", "share", 0.02, 0.03, "F4", scored_in="phase_two"),
        "b": Range(8, "nowhere", "gbp", None, None, "assumption", scored_in="none"),
        "c": Range(19, "later", "ratio", None, 1.0, "F8"),
        "d": Range(14, "payback", "months", 24.0, None, "assumption"),
    }  # fmt: skip
    values = {"a": (0.05, ""), "b": (1e6, ""), "d": (np.inf, "none within the run of 108 months")}
    checks = judge(ranges, values, {"c": "no bridge is kept of this study"})
    assert [check.status for check in checks] == ["reported", "reported", "not evaluated", "pass"]
    assert [check.why for check in checks] == [
        "scored in the regime 'phase_two' alone", "not scored", "no bridge is kept of this study",
        "none within the run of 108 months",
    ]  # fmt: skip
    assert judge(ranges, values, {}, {"phase_two"})[0].status == "fail"
    assert "pass: none; from 24" in table(checks)
    assert "108 months; " not in table(checks)
    lines = {line.name: line for line in panel_of_checks(checks)}
    assert lines["14. payback"].value == "none"
    assert lines["8. nowhere"].verdict == "reported"


def test_the_most_complex_quarter_is_by_problems_and_ties_count_alike() -> None:
    cost = np.array([1.0, 100.0, 10.0, 20.0, 40.0, 5.0, 6.0, 7.0])
    problems = np.array([9, 1, 4, 4, 4, 0, 0, 0])  # a quarter: the first family and one of three tied
    assert most_complex(cost, problems, 0.25) == pytest.approx((1.0 + 70.0 / 3) / 2)
    assert most_complex(cost, problems, 1.0) == pytest.approx(cost.mean())
    assert np.isnan(most_complex(np.zeros(0), np.zeros(0, np.int64), 0.25))


def test_a_drift_is_found_where_there_is_one_and_trends_are_off(tmp_path: Path) -> None:
    config = """
title: Two chains
sources: optional
clock: {start: 2011-04, step: month, steps: 12, first: 0}
units: {family: {size: 3000}}
tables: {trend: {by: year, bands: {2000: 1.0, 2012.25: 40.0}}}
chains:
  still: {states: [a, b], start: {b: 0.5}, rates: {a -> b: "0.5 * table(trend, year)", b -> a: 0.5}}
  moving: {states: [a, b], start: {b: START}, rates: {a -> b: 0.5, b -> a: 0.5}}
regimes: {only: {}}
"""
    path = tmp_path / "two.yaml"
    path.write_text(config.replace("START", "0.5"), encoding="utf-8")
    assert drift(load(str(path)))[0] < 1.0
    path.write_text(config.replace("START", "0.3"), encoding="utf-8")
    over, where = drift(load(str(path)))
    assert over > 5.0
    assert where.startswith("moving=")


def test_entrants_cost_in_the_year_before() -> None:
    p = panel(4, 60)
    p.programme[15, :] = ENGAGED
    bill = np.zeros((60, 4))
    bill[:15] = [1, 2, 3, 10]
    bill[15:] = 1e6  # what comes after entry is not of the year before
    p.bills["narrow"] = bill
    found = entrants(p, first_helped(p))
    assert found == {"entrants_narrow": 12 * 4.0, "entrants_quarter": 12 * 4.0}  # all with as many problems
    p.needs[15, 1] = 3
    assert entrants(p, first_helped(p))["entrants_quarter"] == 24.0


def test_savings_stop_when_a_family_leaves() -> None:
    helped, alone = panel(2, 90), panel(2, 90)
    helped.programme[15, :] = ENGAGED
    for p, gross in ((helped, 4.0), (alone, 5.0)):
        p.bills = {"gross": np.full((90, 2), gross), "wide": np.full((90, 2), 10 * gross)}
    helped.generation[16 + 10 :, 1] = 1
    found = savings(helped, alone, first_helped(helped))
    assert found["gross_24"] == pytest.approx((24 + 10) / 2)
    assert found["gross_60"] == pytest.approx((60 + 10) / 2)
    assert found["saving_beyond_cost"] == pytest.approx(0.2)


def test_the_saving_of_the_checks_is_that_of_the_answer() -> None:
    """One episode: as the account has it, and by month 24 a sum of two geometric series (see test_accounts)."""
    ds = simulate(steady(), rows=False)
    world = world_of(ds, "helped", "as_written")
    found = saved_values(ds, world)
    stays, helped = exp(-LEAVES / 12), exp(-LEAVES * FACTOR / 12)
    months = np.arange(24)
    expected = PRICE * (stays ** (months + 1) - stays * helped**months).sum()
    assert found["gross_24"][0] == pytest.approx(expected, abs=4 * PRICE * 24 / 4 / (3 * FAMILIES) ** 0.5)
    assert found["gross_60"][0] == account(ds, "one_episode").worth["narrow"].saved.mean
    assert found["gross_60"][1].endswith("24 months: the answer")


@pytest.mark.parametrize(("off", "gap"), [(1.0, 0.0), (1.01, 0.01)])
def test_both_orders_of_a_bridge_lead_to_the_same_pounds(off: float, gap: float) -> None:
    def at(saved: float, cost: float) -> Station:
        return Station("", Estimate(saved), Estimate(cost), Estimate(saved / cost))

    ends = at(100.0, 200.0), at(300.0, 250.0)
    bridge = Bridge(
        "helped", "siloed", "narrow", "2015/16", 2, (ends[0], at(150.0, 250.0), ends[1]),
        (ends[0], at(200.0, 200.0), at(300.0 * off, 250.0)), 1.51, "F8", "its families",
    )  # fmt: skip
    value, said = bridge_values(bridge)["bridge"]
    assert value == pytest.approx(gap)
    assert said == "£1.20 here, £0.31 to the published £1.51: its families"


def test_relapse_is_of_those_who_completed() -> None:
    p = panel(3, 30)
    p.programme[1:4, :] = ENGAGED
    p.programme[4:, :2] = AFTERCARE  # the third drops out
    p.hub[16, :] = [2, 1, 3]
    assert relapse(p) == 0.5


def test_reentry_is_of_children_who_left_care_and_are_there() -> None:
    p = panel(4, 30)
    p.care[:5, :] = LOOKED_AFTER
    p.care[5:, :3] = p.care_states.index("returned")  # the fourth leaves, but does not go home
    p.care[10:, 0] = LOOKED_AFTER  # back within a year
    p.here[9:, 2] = False  # came of age: neither
    assert care_reentry(p) == 0.5


def test_turned_around_needs_six_months_in_a_row() -> None:
    p = panel(3, 30)
    p.programme[1, :2] = ENGAGED
    p.hub[2:, 0] = np.where(np.arange(28) % 6 == 5, 2, 0)  # five months of calm at most
    p.hub[2:, 1] = np.where(np.arange(28) < 20, 2, 0)
    p.hub[1] = 0
    assert turned_around(p, admissions(p, [1])) == 0.0
    p.hub[2:, 1] = np.where(np.arange(28) < 18, 2, 0)
    assert turned_around(p, admissions(p, [1])) == 0.5


def test_years_are_whole() -> None:
    assert list(yearly(np.arange(30.0))) == [sum(range(12)), sum(range(12, 24))]


def test_a_study_that_is_not_of_families_with_children_is_refused_and_not_looked_up() -> None:
    """One unit of rows has no children to follow: that is said before anything is run."""
    with pytest.raises(ModelError, match=r"an evaluation follows families through .*, which the model does not have"):
        sanity(load("textbook/hiv"), *ranges_of(), replications=1)
