"""Check that a study's deflators are of one vintage, that forecasts are known, and that a schedule fits the horizon.

The theory is bookkeeping: a factor is a ratio of two years of one series, so that years of two series give no factor.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sim.config.loading import load
from sim.config.text.source import plain, read
from sim.errors import ModelError
from sim.model.price_series import PriceSeries, prices_of
from tests.places import ROOT

COSTS = ROOT / "configs" / "costs"
FACTORS = {"2005/06": 1.630, "2008/09": 1.496, "2010/11": 1.452, "2013/14": 1.369, "2014/15": 1.350, "2015/16": 1.341}
"""To 2024/25 prices, as T-D3 of the register has them."""
STUDY = """
title: One price
sources: optional
extends: {extends}
clock: {{start: 2011-04, step: year, steps: {steps}}}
units: {{person: {{size: 10}}}}
chains: {{care: {{states: [home, away], rates: {{home -> away: 0.1}}}}}}
costs: [{{name: care, while: care == away, price: {{value: 100, unit: gbp/year, price_year: {price_year}}}}}]
price_year: {price_year}
"""


def study(
    folder: Path, *more: str, extends: str = "costs/deflators_2026", price_year: str = "2013/14", steps: int = 5
) -> Path:
    """Write a study with one price."""
    path = folder / "study.yaml"
    text = STUDY.format(extends=extends, price_year=price_year, steps=steps)
    path.write_text(text + "\n".join(more) + "\n", encoding="utf-8")
    return path


def problems(path: Path, *sets: str) -> list[str]:
    with pytest.raises(ModelError) as refused:
        load(path, sets)
    return [str(problem) for problem in refused.value.problems]


def test_the_series_of_2026_is_the_published_file() -> None:
    series = plain(read(COSTS / "deflators_2026.yaml"))["deflators"]
    with (COSTS / "gdp_deflator_2026_03.csv").open(encoding="utf-8", newline="") as file:
        published = list(csv.DictReader(file))
    assert series["values"] == {row["fiscal_year"]: float(row["gdp_deflator_2024_25_100"]) for row in published}
    assert series["forecast"] == [row["fiscal_year"] for row in published if row["forecast"] == "1"]
    assert (next(iter(series["values"])), series["forecast"][0]) == ("2000/01", "2025/26")


@pytest.mark.parametrize(("year", "factor"), FACTORS.items())
def test_factors_to_2024_25_are_those_of_the_register(year: str, factor: float, tmp_path: Path) -> None:
    index = load(study(tmp_path)).deflators
    assert index["2024/25"] / index[year] == pytest.approx(factor, abs=5e-4)
    assert f"{year[2:]} {factor:.3f}" in (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")


def test_the_two_vintages_differ_so_that_they_are_never_mixed(tmp_path: Path) -> None:
    old = load(study(tmp_path, extends="costs/deflators")).deflators
    new = load(study(tmp_path)).deflators
    assert old["2015/16"] / old["2005/06"] == pytest.approx(1.2445, abs=5e-5)
    assert new["2015/16"] / new["2005/06"] == pytest.approx(1.2155, abs=5e-5)


@pytest.mark.parametrize("year", [f"{y}/{(y + 1) % 100:02d}" for y in range(2000, 2026)])
def test_any_price_year_from_2000_to_2025_works(year: str, tmp_path: Path) -> None:
    scenario = load(study(tmp_path, price_year=year))
    assert scenario.price_year == year
    assert scenario.price_series.stated(year)["price_forecast"] == (year == "2025/26")


@pytest.mark.parametrize(("first", "last"), [("deflators", "deflators_2026"), ("deflators_2026", "deflators")])
def test_a_series_takes_the_place_of_another_whole(first: str, last: str, tmp_path: Path) -> None:
    """Whichever comes last: no year, forecast or derived year of the other stays."""
    mixed, alone = (
        load(study(tmp_path, extends=one)) for one in (f"[costs/{first}, costs/{last}]", f"costs/{last}")
    )  # fmt: skip
    assert (mixed.deflators, mixed.price_series) == (alone.deflators, alone.price_series)


def test_a_year_laid_into_a_series_is_refused_with_its_place(tmp_path: Path) -> None:
    path = study(tmp_path, "deflators: {values: {2024/25: 100}}", extends="costs/deflators")
    line = len(path.read_text(encoding="utf-8").splitlines())
    (problem,) = problems(path)
    assert problem.startswith(f"{path}:{line}:22: deflators.values.2024/25: 2024/25 is laid into the series of ")
    assert "(GDP deflator, 1989/90 = 100, named at " in problem
    assert "costs/deflators_2026 has 2024/25: write a study of your own that ends its 'extends' with it" in problem


@pytest.mark.parametrize("sets", ["deflators.values.2015/16=75", "deflators.forecast=[2013/14]"])
def test_a_setting_mixes_no_series_either(sets: str, tmp_path: Path) -> None:
    (problem,) = problems(study(tmp_path), sets)
    assert problem.startswith("--set deflators.")
    assert "of one vintage from end to end" in problem


def test_a_series_of_ones_own_is_one_file_with_its_index(tmp_path: Path) -> None:
    own = "deflators: {index: {name: CPIH, vintage: May 2026, base: 2015 = 100}, values: {2013/14: 98, 2026/27: 140}}"
    scenario = load(study(tmp_path, own))
    assert scenario.deflators == {"2013/14": 98, "2026/27": 140}
    assert scenario.price_series.title == "CPIH of May 2026 (2015 = 100)"


def test_a_year_without_a_deflator_is_refused_with_the_file_that_has_it(tmp_path: Path) -> None:
    path = study(tmp_path, extends="costs/deflators", price_year="2024/25")
    found = problems(path)
    assert [problem.split(": ")[1] for problem in found] == ["price_year", "costs.0.price.price_year"]
    assert all("costs/deflators_2026 has 2024/25: write a study" in problem for problem in found)
    (nowhere,) = problems(study(tmp_path), "price_year=1980/81")
    assert "2030/31" in nowhere
    assert "extends" not in nowhere


def test_a_forecast_year_is_marked_where_people_read_it() -> None:
    series = PriceSeries("GDP deflator", "March 2026", "2024/25 = 100", "T-D1", ("2025/26",))
    assert series.title == "GDP deflator of March 2026 (2024/25 = 100, T-D1)"
    assert prices_of(series.stated("2024/25")) == "2024/25 prices"
    assert prices_of(series.stated("2025/26")) == "2025/26 prices (a forecast)"
    assert prices_of(series.stated("")) == "prices of no stated year"
    assert PriceSeries().title == ""


SCHEDULES = "[costs/deflators_2026, costs/discount, costs/discount_2026]"
LONG = "appraisal: {horizon: {value: 60, unit: years, source: assumption, why: a test}}"


def test_the_standard_schedule_of_2026_has_the_rates_of_before(tmp_path: Path) -> None:
    discount = load(study(tmp_path, extends=SCHEDULES)).discount
    assert next(iter(discount)) == "green_book_2026"
    assert discount["green_book_2026"] == discount["green_book"] == ((0.0, 0.035), (30.0, 0.03), (75.0, 0.025))
    assert discount["health_2026"] == ((0.0, 0.015), (30.0, 0.0129), (75.0, 0.0107))


def test_the_sensitivity_is_there_only_beyond_fifty_years(tmp_path: Path) -> None:
    """50 years are not beyond 50; a horizon is at most the run."""
    kept = {
        (steps, years): "long_term_2026" in load(
            study(tmp_path, LONG.replace("60", str(years)), extends=SCHEDULES, steps=steps)
        ).discount
        for steps, years in ((5, 60), (60, 5), (60, 50), (60, 51))
    }  # fmt: skip
    assert kept == {(5, 60): False, (60, 5): False, (60, 50): False, (60, 51): True}


def test_the_sensitivity_is_refused_by_name_within_fifty_years(tmp_path: Path) -> None:
    named = ("discount: {default: long_term_2026}", "outcomes: {away: {discount: long_term_2026}}",
             "values: [{while: care == away, away: 1}]")  # fmt: skip
    found = problems(study(tmp_path, *named, extends=SCHEDULES))
    assert [problem.split(": ")[1] for problem in found] == ["discount.default", "outcomes.away.discount"]
    assert all("only for horizons above 50 years, and 5 are counted here" in problem for problem in found)
    long = load(study(tmp_path, LONG, *named, extends=SCHEDULES, steps=60))
    assert long.discount["long_term_2026"] == ((0.0, 0.03), (30.0, 0.0257), (75.0, 0.0214))
