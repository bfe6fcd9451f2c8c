"""The page that prints alone: sums that add up, posts from the staffing plan, and what is not cash."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.economics.cash.budget import READINGS, BudgetImpact
from sim.economics.report import Found, full_appraisal
from sim.model.price_series import PriceSeries
from sim.report.page.submission import affordability, submission
from sim.results.dataset import to_dataset
from sim.results.facts import WorldName
from tests import synthetic
from tests.report.page.made import summary

CONTROLS = ("AME", "local", "DEL")


def found(amount: np.ndarray) -> Found:
    """What is found of a comparison whose extra cash is given, (replication, year, agency, control)."""
    budgets = tuple(
        BudgetImpact(WorldName("one", "one", "x"), WorldName("today", "today", "x"), "narrow", reading, (2012, 2013),
                     ("a", "b"), CONTROLS, amount * factor, amount[:, :, :, 0])
        for reading, factor in zip(READINGS, (0.5, 1.0), strict=True)
    )  # fmt: skip
    made = object.__new__(Found)
    object.__setattr__(made, "budgets", budgets)
    return made


def test_money_by_year_and_kind_adds_up_and_what_is_freed_is_positive() -> None:
    amount = np.zeros((2, 2, 2, 3))
    amount[:, 0, 0, 2], amount[:, 1, 1, 1], amount[:, 1, 0, 0] = 30e6, -8e6, 1e6
    table = affordability(found(amount), {"2012/13": 40.0, "2013/14": -3.0}, PriceSeries(forecast=("2013/14",)))
    assert table.columns == (
        "financial year", "departments (DEL), £m", "benefits (AME), £m", "councils (local), £m", "together, £m",
        "posts to recruit",
    )  # fmt: skip
    assert list(table.rows) == [
        ("2012/13", "−30", "0.0", "0.0", "−30", "40"), ("2013/14*", "0.0", "−1.0", "+8.0", "+7.0", "0"),
        ("all years", "−30", "−1.0", "+8.0", "−23", "37"),
    ]  # fmt: skip
    assert "If every saving were cash: −12 £m in all. A star: the level of prices was a forecast." in table.note


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    columns = ("regime", "effect_set", "area", "period", "recruits")
    rows = [
        ("one", "found", "all areas", "2012/13 Q1", 30), ("one", "found", "all areas", "2012/13 Q2", 20),
        ("today", "found", "all areas", "2012/13 Q1", 5), ("one", "found", "north", "2012/13", 99),
        ("one", "claimed", "all areas", "2012/13 Q1", 99),
    ]  # fmt: skip
    with (tmp_path / "staffing.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return tmp_path


def test_facts_say_posts_cash_and_what_the_effect_rests_on(folder: Path) -> None:
    scenario = synthetic.scenario()
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    full = replace(full_appraisal(ds), why_no_cash="")
    made = submission(ds, summary(found=(1.33, 1.2, 1.5)), full, folder, (), "one evaluation")
    assert made is not None
    facts = dict(made.facts)
    assert facts["Posts to recruit"] == "45 in all, 45 of them in 2012/13; leavers are made up"
    assert facts["Not cash"].startswith("75% of the saving is not cash")
    assert facts["The effect rests on"] == "one evaluation"
    assert facts["Narrow ledger"].startswith(
        "pays for itself: £7,000 (£6,900 to £7,100) a family may be paid for posts"
    )
    assert "help changes nothing (2016): −£6,000; claimed: +£24,000" in facts["Other readings"]
    assert "month 24" in facts["Not known"]


def test_a_run_without_accounts_has_no_such_page(folder: Path) -> None:
    scenario = synthetic.scenario()
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    assert submission(ds, summary() | {"answer": None}, full_appraisal(ds), folder, (), "") is None
