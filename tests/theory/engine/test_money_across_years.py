"""Money of a step that crosses 1 April is shared by months between financial years; counts stay where the step ends.

By hand: 100 families in one state at £1,000 a year each cost £100,000 a year in every step, whatever the clock.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sim
from sim.cli.run import command as run
from sim.config import load
from sim.money.bill import by_year, shares_of_counted, whole_steps
from sim.results.folder.store import read_results
from sim.units import financial_year_shares

MODEL = """
title: Steady
sources: optional
clock: {{start: {start}, step: {step}, steps: {steps}}}
units: {{family: {{size: 100, areas: {{north: 0.5, south: 0.5}}}}}}
parameters: {{price: 1000}}
chains: {{c: {{states: [a, b], start: {{a: 1}}, rates: {{a -> b: 0, b -> a: 0}}}}}}
costs:
  - {{name: rent, while: c == a, price: {{value: price, unit: gbp/year, price_year: 2011/12}}, payers: {{council: 1}}}}
deflators: {{values: {{2010/11: 96, 2011/12: 100, 2012/13: 102, 2013/14: 104, 2014/15: 106}}}}
price_year: 2011/12
regimes: {{usual: {{}}, dear: {{set: {{parameters.price: 1500}}}}}}
"""


def written(folder: Path, start: str, step: str, steps: int) -> Path:
    path = folder / "steady.yaml"
    path.write_text(MODEL.format(start=start, step=step, steps=steps), encoding="utf-8")
    return path


def costs(path: Path) -> xr.DataArray:
    """Give the cost of the usual regime by year, (year,)."""
    ds = sim.simulate(load(path))
    return ds["cost"].sel(regime="usual").sum("line").isel(effect_set=0, replication=0)


@pytest.mark.parametrize(
    ("start", "step", "steps", "by_hand"),
    [
        # A year from January: three months in the year before 1 April, nine after it.
        ("2012-01", "year", 2, {2011: 25_000, 2012: 75_000 + 25_000, 2013: 75_000}),
        ("2012-01", "year", 1, {2011: 25_000, 2012: 75_000}),
        ("2012-04", "year", 2, {2012: 100_000, 2013: 100_000}),
        # A quarter from February crosses each April: two months before it, one after.
        ("2012-02", "quarter", 4, {2011: 25_000 * 2 / 3, 2012: 25_000 / 3 + 75_000}),
        ("2012-01", "month", 12, {2011: 25_000, 2012: 75_000}),
    ],
)  # fmt: skip
def test_money_by_hand(start: str, step: str, steps: int, by_hand: dict[int, float], tmp_path: Path) -> None:
    found = costs(written(tmp_path, start, step, steps))
    assert found["year"].values.tolist() == list(by_hand)
    np.testing.assert_allclose(found.values, list(by_hand.values()), rtol=0, atol=0.005)


def test_counts_stay_with_the_year_in_which_the_step_ends(tmp_path: Path) -> None:
    ds = sim.simulate(load(written(tmp_path, "2012-01", "year", 2)))
    assert ds["financial_year"].values.tolist() == [2012, 2012, 2013]
    counts = ds["area_meters"].sel(regime="usual").isel(effect_set=0, replication=0).sum(["area", "meter"])
    assert dict(zip(counts["year"].values.tolist(), counts.values.tolist(), strict=True)) == {
        2011: 0.0, 2012: 100.0, 2013: 100.0,
    }  # fmt: skip
    area = ds["area_cost"].sel(regime="usual").isel(effect_set=0).sum(["area", "line"])
    np.testing.assert_allclose(area.values, [25_000, 100_000, 75_000], rtol=0, atol=0.005)


def test_tables_close_to_the_penny(tmp_path: Path) -> None:
    # The dear regime costs £50,000 a year more: £12,500 of the first step in 2011/12, £37,500 in 2012/13.
    run(str(written(tmp_path, "2012-01", "year", 2)), tmp_path / "out", workers=1, quiet=True)
    with (tmp_path / "out" / "ledger_monthly.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["account"] == "council"]
    by_year: dict[str, float] = {}
    for row in rows:
        by_year[row["financial_year"]] = by_year.get(row["financial_year"], 0.0) + float(row["pays_more"])
    assert {year: round(amount, 2) for year, amount in by_year.items()} == {
        "2011/12": 12_500.0, "2012/13": 50_000.0, "2013/14": 37_500.0,
    }  # fmt: skip
    assert round(sum(by_year.values()), 2) == 100_000.0
    ds, _, _ = read_results(tmp_path / "out")
    assert float(ds["cost"].sum()) == pytest.approx(200_000 + 300_000, abs=0.005)


def test_shares_of_a_step_sum_to_1_and_a_month_lies_in_one_year() -> None:
    for step in range(240):
        assert list(financial_year_shares((2011, 1), 1 / 12, step).values()) == [1.0]
        week = financial_year_shares((2011, 1), 7 / 365.25, step)
        assert sum(week.values()) == pytest.approx(1.0, abs=1e-12)
        assert all(0 < share <= 1 for share in week.values())
    assert financial_year_shares((2012, 1), 3.0, 0) == pytest.approx(
        {2011: 1 / 12, 2012: 1 / 3, 2013: 1 / 3, 2014: 1 / 4}
    )


def test_steps_within_years_are_summed_as_they_were() -> None:
    steps = np.random.default_rng(3).normal(size=(2, 30, 4))
    years = np.repeat([0, 1, 2], 10)
    whole = whole_steps(years, 3)
    by_hand = np.zeros((2, 3, 4))
    for step, year in enumerate(years):
        by_hand[:, year] += steps[:, step]
    assert np.array_equal(by_year(steps, whole), by_hand)  # to the last bit: a share of 1 changes nothing
    assert np.array_equal(shares_of_counted(whole, years), np.eye(3))
