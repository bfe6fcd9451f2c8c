"""Check the prices of 2024/25: each is observed or marked as uprated, and agrees with what it cites.

The theory is bookkeeping: a price equals its published figure, and the ratio of an observed price to the old one
brought forward is that of the two published figures at one series of deflators.
"""

from __future__ import annotations

import csv
from functools import cache

import pytest

from sim.config.loading import load, tree_of
from sim.config.text.source import plain, read
from sim.config.views.register import register
from sim.model.spec import CostLine, Quantity
from sim.units import WEEKS_PER_YEAR
from tests.config.check.test_evidence_ids import cost_lines, registered_ids
from tests.places import ROOT

TODAY = ROOT / "configs" / "costs_2025"
LINES = ("observed", "uprated")
RATIOS = {
    "children looked after": ("G SS1.0", 51_080, "2013/14", 1.57),
    "residential care": ("G SS3.0", 2_995, "2013/14", 1.80),
    "foster care": ("G SS2.0", 700, "2013/14", 0.80),
    "adult prison": ("G CR3.0", 33_785, "2013/14", 1.22),
}
"""Line -> the old price: id, pounds, year; and how the observed price stands to it, brought forward (T-U5, T-U9)."""
MEASURE = {
    "children looked after": "looked-after GBP per week", "foster care": "fostering GBP per week",
    "residential care": "residential GBP per week",
}  # fmt: skip


@cache
def prices() -> dict[str, Quantity]:
    """Prices of the nation and of the edge of care at prices of 2024/25, by line."""
    found: dict[str, Quantity] = {}
    for name in ("national_2025_prices", str(ROOT / "tests" / "configs" / "edge_of_care_2025_prices.yaml")):
        found |= {line.name: line.quantity for line in lines_of(name)}
    return found


def lines_of(name: str) -> tuple[CostLine, ...]:
    return load(name).worlds[0].model.costs


@cache
def index() -> dict[str, float]:
    return dict(plain(read(ROOT / "configs" / "costs" / "deflators_2026.yaml"))["deflators"]["values"])


def yearly(price: Quantity, value: float) -> float:
    return value * {"gbp/week": WEEKS_PER_YEAR, "gbp/month": 12, "gbp/year": 1}[price.unit]


def spending(measure: str, period: str = "2024-25") -> float:
    with (TODAY / "england_spending_lait.csv").open(encoding="utf-8", newline="") as file:
        held = {(row["measure"], row["period"]): float(row["value"]) for row in csv.DictReader(file)}
    return held[measure, period]


def test_every_price_has_a_source_a_year_and_a_mark() -> None:
    assert len(prices()) > 60
    known = set(registered_ids()) | {"assumption"}
    for name, price in prices().items():
        assert price.status in ("observed", "uprated"), name
        assert price.source in known, name
        assert price.price_year in index(), name
        assert (price.status == "observed") == str(price.source).startswith("T-"), name
        assert price.why or price.status == "uprated", name


def test_the_overlay_names_each_cost_line_of_families_once() -> None:
    named = [item["name"] for file in LINES for item in plain(read(TODAY / f"{file}.yaml"))["costs"]]
    assert sorted(named) == sorted(line["name"] for line in cost_lines())


def test_an_uprated_price_is_the_old_one_and_its_range_too() -> None:
    """What was observed of other lines says nothing of these: neither value nor range nor quantity moves."""
    old = {line.name: line for line in lines_of("national")}
    for line in lines_of("national_2025_prices"):
        if line.quantity.status == "uprated":
            was = old[line.name].quantity
            assert {**vars(was), "status": "uprated"} == vars(line.quantity), line.name
            assert str(old[line.name].price.text) == str(line.price.text), line.name


def test_the_overlay_changes_nothing_but_pounds() -> None:
    """Each key that differs is a price, a series or a schedule."""
    old, new = (plain(tree_of(name)) for name in ("national", "national_2025_prices"))
    money = ("costs", "deflators", "discount", "price_year", "title")
    assert {key: value for key, value in old.items() if key not in money} == {
        key: value for key, value in new.items() if key not in money
    }
    for was, now in zip(old["costs"], new["costs"], strict=True):
        assert {k: v for k, v in was.items() if k not in ("price", "times")} == {
            k: v for k, v in now.items() if k not in ("price", "times")
        }


@pytest.mark.parametrize(("line", "of"), RATIOS.items())
def test_known_ratios_are_recomputed_and_bound_the_line_that_they_are_of(
    line: str, of: tuple[str, float, str, float]
) -> None:
    _, old, year, ratio = of
    price = prices()[line]
    assert price.price_year is not None
    per_year = WEEKS_PER_YEAR if line in ("residential care", "foster care") else 1
    brought = old * per_year * index()[price.price_year] / index()[year]
    assert yearly(price, price.value) / brought == pytest.approx(ratio, abs=0.005)
    end = price.low if ratio > 1 else price.high
    assert end is not None
    assert yearly(price, end) == pytest.approx(brought, rel=1e-3)


def test_no_other_line_has_a_range_from_such_a_ratio() -> None:
    """An uprated price keeps the range of its old file (above); an observed one of another thing has 10% or 25%.

    The one other end is the lower of temporary accommodation: the price less the average award of housing benefit.
    """
    award = 86.02 / index()["2014/15"] * index()["2024/25"]
    for name, price in prices().items():
        if name in RATIOS or price.status == "uprated" or not price.value:
            continue
        assert price.low is not None
        assert price.high is not None
        below, above = 1 - price.low / price.value, price.high / price.value - 1
        if name == "temporary accommodation":
            assert price.low == pytest.approx(price.value - award, abs=0.5)
        else:
            assert below == pytest.approx(above, abs=1e-3), name
        assert min(abs(above - 0.10), abs(above - 0.25)) < 2e-3, name


@pytest.mark.parametrize(("line", "measure"), MEASURE.items())
def test_weekly_costs_of_care_are_those_of_the_data_file(line: str, measure: str) -> None:
    assert prices()[line].value == spending(measure)
    assert (prices()[line].unit, prices()[line].price_year) == ("gbp/week", "2024/25")


def test_social_work_is_spending_over_children_in_need_and_its_parts_are_not_counted_twice() -> None:
    """Of both years that T-U6 was read of, the same division rounds to it: 117 to 115 and 171 to 170, by fives."""
    each = spending("safeguarding gross GBP") / 402_400
    assert prices()["children in need case work"].value == pytest.approx(each, abs=0.5)
    for period, children, published in (("2018-19", 399_510, 115), ("2024-25", 402_400, 170)):
        weekly = spending("safeguarding gross GBP", period) / children / (365 / 7)
        assert 5 * round(weekly / 5) == published
    whole = {"children in need case work", "child protection case work"}
    parts = {line for line in prices() if line.startswith(("children in need ", "child protection "))} - whole
    assert len(parts) == 6
    for line in parts:
        assert (prices()[line].value, prices()[line].high, prices()[line].status) == (0, 0, "observed")


def test_traps_of_the_definitions_are_said_where_they_bind() -> None:
    said = {
        "children looked after": "special guardianship", "foster care": "another definition, no fall in price",
        "residential care": "11%", "adult prison": "men's open prisons",
        "temporary accommodation": "gross of housing benefit",
    }  # fmt: skip
    for line, words in said.items():
        assert words in str(prices()[line].why), line
    assert prices()["children looked after"].high == prices()["children looked after"].value


def test_the_register_says_which_prices_are_uprated() -> None:
    told = {one.path: one.standing for one in register("national_2025_prices")}
    assert told["costs.eviction.price.value"] == "uprated, not observed"
    assert told["costs.adult prison.price.value"] == "observed"
    assert {one.standing for one in register("national")} == {""}


@pytest.mark.parametrize("name", ["costs/gdp_deflator_2026_03", "costs_2025/england_spending_lait"])
def test_a_data_file_has_its_licence_beside_it(name: str) -> None:
    path = ROOT / "configs" / name
    text = path.with_suffix(".licence.txt").read_text(encoding="utf-8")
    assert path.with_suffix(".csv").is_file()
    assert "Open Government Licence v3.0" in text
    assert "Changes:" in text
