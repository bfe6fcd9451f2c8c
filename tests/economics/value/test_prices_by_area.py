"""A price by area says what a cost line for each area would, in every total, account and family's bill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sim
from sim.engine import kernels
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.runs.ensemble import expect
from tests.economics.value.test_accounts import TOY_SETS
from tests.places import TOY

PRICE, TIMES = 52676.0, {"north": 2.0, "south": 0.5, "synthetic_1": 1.25}
TWO = """
title: Two places
sources: optional
clock: {step: month, steps: 24, first: 0}
count: end
units: {family: {size: 1000, areas: {north: 0.5, south: 0.5}}}
tables: {dear: {by: area, values: {north: 1, south: 1}}}
chains: {need: {states: [none, some], start: {some: 0.2}, rates: {none -> some: 0.5, some -> none: 1}}}
costs: [{name: need, while: need == some, price: {value: 100, unit: gbp/month}, by_area: dear, payers: {all: 1}}]
"""


def study(costs: str, times: Mapping[str, float] = TIMES, more: Sequence[str] = ()) -> Scenario:
    """The study of the accounts with other cost lines, and a table of how dear each area is."""
    sets = [one for one in TOY_SETS if not one.startswith("costs=") and "setting_up" not in one]
    values = ", ".join(f"{area}: {value}" for area, value in times.items())
    tables = [f"tables.dear={{by: area, values: {{{values}}}}}"] if times else []
    return sim.load(TOY, [*sets, *tables, f"costs=[{costs}]", *more])


def care(name: str = "care", price: float = PRICE, where: str = "", more: str = "") -> str:
    """Write a line of care, and what else it says."""
    counted = f"while: care == looked_after{where}"
    return f"{{name: {name}, {counted}, price: {{value: {price}, unit: gbp/year}}, payers: {{council: 1}}{more}}}"


POSTS = "{name: key workers, per: keyworker.worker, price: {value: 3800, unit: gbp/month}, payers: {council: 1}}"
BY_TABLE = f"{care(more=', by_area: dear')}, {POSTS}"
NAMES = {"north": "care", "south": "care in the south", "synthetic_1": "care elsewhere"}
BY_LINES = ", ".join([*(care(NAMES[a], PRICE * x, f" and area == {a}") for a, x in TIMES.items()), POSTS])


def of_care(ds: xr.Dataset, name: str) -> xr.DataArray:
    return ds[name].sel(line=[line for line in ds["line"].values if line in NAMES.values()]).sum("line")


@pytest.mark.parametrize("compiled", [False, True])
def test_a_table_says_what_a_line_for_each_area_would(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of the same pounds in another order: 1e-9 of them, in each step, year, area, class and month of a cohort."""
    if compiled:
        pytest.importorskip("numba")
    monkeypatch.setattr(kernels, "ON", compiled)
    one, other = (sim.simulate(one) for one in (study(BY_TABLE), study(BY_LINES, {})))
    for name in ("cost", "area_cost", "class_value", "cohort_saved"):
        mine, theirs = of_care(one, name), of_care(other, name)
        assert abs(mine).max() > 0, name
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-6, err_msg=name)
    assert (one["family_cost"] > 0).any()
    np.testing.assert_allclose(one["family_cost"], other["family_cost"], rtol=1e-9)
    np.testing.assert_array_equal(one["flows"], other["flows"])


def test_a_table_of_ones_changes_no_bill() -> None:
    ones = dict.fromkeys(TIMES, 1.0)
    plain, alike = (
        sim.simulate(one, rows=False) for one in (study(f"{care()}, {POSTS}", {}), study(BY_TABLE, ones))
    )
    np.testing.assert_allclose(alike["cost"], plain["cost"], rtol=1e-12)


def test_expected_values_take_areas_to_be_alike(tmp_path: Path) -> None:
    """Half of the families are in the north at twice the price, half in the south at none: the mean is the price.

    Who needs help is a chain of two states with chances q and r a step, begun at 0.2.
    """
    path = tmp_path / "two.yaml"
    path.write_text(TWO, encoding="utf-8")
    q, r, n = -np.expm1(-0.5 / 12), -np.expm1(-1.0 / 12), np.arange(1, 25)
    there = q / (q + r) * (1 - (1 - q - r) ** n) + 0.2 * (1 - q - r) ** n
    for times, north in (({"north": 2, "south": 0}, 1.0), ({"north": 3, "south": 1}, 0.75)):
        ds = expect(sim.load(path, [f"tables.dear.values={{north: {times['north']}, south: {times['south']}}}"]))
        mean = sum(times.values()) / 2
        np.testing.assert_allclose(ds["cost"].sum(), 1000 * mean * 100.0 * there.sum(), rtol=1e-9)
        np.testing.assert_allclose(ds["area_cost"].sel(area="north").sum(), north * ds["cost"].sum(), rtol=1e-9)


REFUSED = {
    "a move": ("{name: acute, on: \"crisis: any -> acute\", price: {value: 9, unit: gbp}, by_area: dear}", 1.0,
               "needs 'while': moves, posts and the like are counted alike in all areas"),
    "posts": ("{name: keys, per: keyworker.worker, price: {value: 9, unit: gbp/month}, by_area: dear}", 1.0,
              "needs 'while'"),
    "no table": (care(more=", by_area: deer"), 1.0, "'deer' is no table by area; there are dear"),
    "another table": (care(more=", by_area: trend"), 1.0, "'trend' is no table by area"),
    "below nothing": (care(more=", by_area: dear"), -1.0, "it multiplies a price and must be from 0 to 1,000,000"),
    "without end": (care(more=", by_area: dear"), 1e308, "it multiplies a price and must be from 0"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "north", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_weighed_is_refused(line: str, north: float, said: str) -> None:
    with pytest.raises(ModelError, match=r"by_area|tables\.dear\.values\.north") as caught:
        study(line, {**TIMES, "north": north})
    assert said in str(caught.value)


def test_all_regimes_share_how_dear_areas_are() -> None:
    """Else a dearer area would be taken for more people; the price itself may differ."""
    sets = [f'regimes.integrated.set."tables.dear.values"={{{", ".join(f"{a}: 1" for a in TIMES)}}}']
    with pytest.raises(ModelError, match=r"regimes\.integrated: changes 'dear', how many times a price each area pays"):
        study(BY_TABLE, TIMES, sets)


ONE = """
title: One area
sources: optional
replications: 2
clock: {step: month, steps: 24, start: 2011-04}
units: {family: {size: 300, areas: {only: 1}}}
tables: {dear: {by: area, values: {only: 3}}}
parameters: {p: 400, r: 0.6}
chains: {care: {states: [home, away], start: {away: 0.3}, rates: {home -> away: r, away -> home: 1}}}
costs: [{name: care, while: care == away, price: {value: p, unit: gbp/month}, by_area: dear, payers: {all: 1}}]
appraisal: {cashability: {care: {lines: [care], capacity: {value: 10}, lag: {value: 3}}}}
regimes: {now: {}, less: {set: {parameters.r: 0.3}}}
"""


def test_whole_units_of_capacity_are_of_rows_and_not_of_pounds(tmp_path: Path) -> None:
    """Ten children close a home, whether a month is written as £400 three times over or as £1,200."""
    path = tmp_path / "one.yaml"
    path.write_text(ONE, encoding="utf-8")
    found = []
    for price, times in ((400, 3), (1200, 1), (4, 300)):
        ds = sim.simulate(sim.load(path, [f"parameters.p={price}", f"tables.dear.values.only={times}"]))
        view = sim.appraise(ds).of("less").view("narrow", "fiscal")
        found.append(view.cashable.amount)
        assert view.gross.amount.min() > view.cashable.amount.max() > 0
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)
    np.testing.assert_allclose(found[2], found[1], rtol=1e-9)
