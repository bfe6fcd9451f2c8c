"""What differs by area: each area is lived as if it were alone, and tables that do not fit the areas are refused.

Theory: in a chain of two states that are left with chances q and r a step, who was in the second with chance p is there
n steps later with chance q / (q + r) (1 - (1 - q - r)^n) + p (1 - q - r)^n. Families are drawn apart, so that how
many of them are there is binomial.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sim
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.runs.ensemble import expect

AREAS = {"north": 0.5, "south": 0.3, "west": 0.2}
BEGINS, FIRST, ENDS = {"north": 0.4, "south": 1.5, "west": 0.0}, {"north": 0.5, "south": 0.1, "west": 0.2}, 1.0
CONFIG = """
title: Three places
sources: optional
seed: 7
replications: 1
clock: {{step: month, steps: 24, first: 0}}
count: end
units: {{family: {{size: 60000, areas: {areas}}}}}
tables:
  begins: {{by: area, values: {begins}}}
  first: {{by: area, values: {first}}}
  money: {{by: area, values: {{north: 1, south: 0, west: 3}}}}
parameters: {{often: "table(begins, area)"}}
chains:
  need: {{states: [none, some], start: {{some: "table(first, area)"}}, rates: {{none -> some: often, some -> none: 1}}}}
services:
  help:
    kind: discretionary
    refer: {{when: need == some, rate: 1}}
    engaged: {{mean: 3 months}}
    team: {{workers: {{total: 8}}, shared: money, caseload: 5, funding: [{{from: 12, workers: {{total: 4}}}}]}}
    priority: [wait desc]
outcomes: {{months: {{discount: 0}}}}
values: [{{while: need == some, months: 1}}]
"""


def flow(values: dict[str, float]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "}"


def config(folder: Path, text: str = CONFIG) -> Path:
    path = folder / "places.yaml"
    path.write_text(text.format(areas=flow(AREAS), begins=flow(BEGINS), first=flow(FIRST)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return sim.load(config(tmp_path_factory.mktemp("places")))


def in_need(area: str, n: np.ndarray) -> np.ndarray:
    """Give the chance that a family of an area is in need after so many months."""
    q, r = (-np.expm1(-rate / 12) for rate in (BEGINS[area], ENDS))
    return q / (q + r) * (1 - (1 - q - r) ** n) + FIRST[area] * (1 - q - r) ** n


def assert_lived(ds: xr.Dataset, areas: Iterable[str]) -> None:
    """Check the months in need of each area in each year, within 4.5 standard errors.

    These are at most those of families who are in need in all months of a year or in none.
    """
    assert ds["area"].values.tolist() == list(areas)
    for area in areas:
        families = 60_000 * AREAS[area]
        for year in (0, 1):
            p = in_need(area, np.arange(12 * year + 1, 12 * year + 13))
            found = float(ds["area_meters"].sel(area=area).isel(year=year, meter=0).squeeze())
            most = 12 * np.sqrt(families * (p * (1 - p)).max())
            assert found == pytest.approx(families * p.sum(), abs=4.5 * most), (area, year)


def test_each_area_has_its_own_start_and_rates(study: Scenario) -> None:
    assert_lived(sim.simulate(study), AREAS)


def test_a_table_says_what_a_comparison_of_areas_would(study: Scenario, tmp_path: Path) -> None:
    said = {
        name: " + ".join(f"{value} * (area == {area})" for area, value in values.items())
        for name, values in (("begins", BEGINS), ("first", FIRST))
    }
    sets = [f"parameters.often={said['begins']}", f"chains.need.start.some={said['first']}"]
    other = sim.load(config(tmp_path), sets)
    one, two = sim.simulate(study), sim.simulate(other)
    np.testing.assert_array_equal(one["area_meters"], two["area_meters"])
    np.testing.assert_array_equal(one["flows"], two["flows"])


def test_posts_are_shared_by_a_table(study: Scenario) -> None:
    team = next(chain.service.team for chain in study.worlds[0].model.chains if chain.service is not None)
    assert team is not None
    assert team.workers == {"north": 2.0, "south": 0.0, "west": 6.0}
    assert team.funding == ((12, {"north": 1.0, "south": 0.0, "west": 3.0}),)


def test_some_of_the_areas_keep_what_is_theirs(tmp_path: Path) -> None:
    """Of three the smallest and the largest are taken, with their families, rates and posts."""
    scenario = sim.load(config(tmp_path), ["areas_taken=2"])
    model = scenario.worlds[0].model
    assert model.areas.names == ("north", "west")
    assert model.tables["begins"].y == (BEGINS["north"], BEGINS["west"])
    assert model.units[0].size == 42_000
    assert_lived(sim.simulate(scenario), model.areas.names)


def test_expected_values_refuse_what_differs_by_area(study: Scenario, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="need differs by area"):
        expect(study)
    alike = ["parameters.often=0.4", "services=null", "tables.begins=null", "tables.money=null"]
    rate = sim.load(config(tmp_path), alike)
    with pytest.raises(ModelError, match="where need starts differs by area"):
        expect(rate)


REFUSED = {
    "unknown area": ("west: 0.0}", "wets: 0.0}", "places.yaml:10:55: tables.begins.values.wets: 'wets' is no area"),
    "missing area": ("south: 0.1, west: 0.2", "south: 0.1", "tables.first.values: has no value for west; each area"),
    "not by area": ("table(begins, area)", "table(begins, k)", "'begins' is by area: write table(begins, area)"),
    "no such posts": ("shared: money", "shared: monye", "'monye' is no table by area; there are begins, first, money"),
    "a negative part": ("south: 0, west: 3", "south: -1, west: 3", "'money' must be at least 0 everywhere"),
    "other values": ("{by: area, values: {north: 1, south: 0, west: 3}}", "{by: year, values: {north: 1}}",
                     "'values' are by area; by anything else give linear or bands"),
    "no values": ("values: {north: 1, south: 0, west: 3}", "bands: {1: 2}", "a table by area has 'values'"),
    "no share": ("south: 0.1", "south: 1.1", "a share at the start comes to 1.1"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_the_areas_is_refused_at_its_place(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = config(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        sim.simulate(sim.load(path))
    assert said in str(caught.value)
    assert "places.yaml:" in str(caught.value)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("services.help.team.caseload=5 * table(money, area)", "the caseload cannot read 'area'"),
        ("services.help.team.time_left=table(money, area)", "a team's time_left cannot read 'area'"),
    ],
)
def test_what_is_alike_in_all_areas_cannot_read_one(where: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=said):
        sim.load(config(tmp_path), [where])
