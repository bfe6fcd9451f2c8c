"""The Dataset against sums done by hand: what was counted is where it belongs, and money closes to the penny."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from sim.errors import ModelError
from sim.language.evaluate import parse
from sim.model.spec import Meter, Value
from sim.money.prices import deflator, over_steps
from sim.results.costs import cost_by_step, cost_of_ledger, is_of_services
from sim.results.dataset import to_dataset
from sim.results.summary import agency_cost_per_family_year, cost_per_family_year
from sim.results.worlds import world_names
from tests import synthetic

SCENARIO = synthetic.scenario(sets=("measured", "claimed"))
RECORDS = synthetic.records(SCENARIO)
PENNY = 0.01


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    return to_dataset(SCENARIO, synthetic.layout(SCENARIO), iter(RECORDS))


def test_dimensions_are_flat_and_always_there(ds: xr.Dataset) -> None:
    assert dict(ds.sizes) | {"regime": 2, "effect_set": 2, "step": 31, "replication": 4} == dict(ds.sizes)
    assert str(ds["state"].values[2]) == "crisis=crisis"
    assert str(ds["flow"].values[1]) == "crisis: crisis -> acute"
    assert str(ds["date"].values[12])[:7] == "2012-04"
    assert ds["financial_year"].values[[0, 12, 13]].tolist() == [2011, 2011, 2012]


def test_a_world_that_does_not_exist_is_nan(ds: xr.Dataset) -> None:
    missing = ds.sel(regime="integrated", effect_set="claimed")
    assert np.isnan(missing["occupancy"]).all()
    assert np.isnan(missing["cost"]).all()
    assert not np.isnan(ds["cost"].sel(regime="siloed")).any()


def test_counts_are_kept_or_averaged(ds: xr.Dataset) -> None:
    one = ds.sel(regime="integrated", effect_set="measured")
    meters = np.stack([record.meters[1] for record in RECORDS])
    assert np.array_equal(one["meters"].values[:, 1:], meters)
    assert one["meters"].values[0, 0].tolist() == [200.0, 0.0, 0.0]
    stocks = np.stack([record.stocks[1] for record in RECORDS])
    # Sums around the first replication differ from NumPy's by rounding alone.
    np.testing.assert_allclose(one["occupancy"], stocks.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(one["occupancy_var"], stocks.var(axis=0, ddof=1), rtol=1e-12)
    assert (one["flows"].values[0] == 0).all()
    assert np.array_equal(one["waits"].values, sum(record.waits[1] for record in RECORDS))


def test_variance_is_not_known_with_one_replication() -> None:
    scenario = synthetic.scenario(replications=1)
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    assert np.isnan(ds["occupancy_var"]).all()


def test_cost_of_each_line_is_count_times_price(ds: xr.Dataset) -> None:
    one = ds.sel(regime="integrated", effect_set="measured", replication=2)
    counts = RECORDS[2].meters[1]
    dearer = np.where(np.arange(30) >= 12, 1.1, 1.0)
    calls = [(counts[y : y + 12, 1] * 150 * dearer[y : y + 12]).sum() for y in (0, 12, 24)]
    np.testing.assert_allclose(one["cost"].sel(line="police callouts"), calls, atol=PENNY)
    workers = [counts[y : y + 12, 2].sum() * 3000 * 195.97 / 190.03 for y in (0, 12, 24)]
    np.testing.assert_allclose(one["cost"].sel(line="key workers"), workers, atol=PENNY)
    benefits = [counts[y : y + 12, 0].sum() * 6000 / 12 for y in (0, 12, 24)]
    np.testing.assert_allclose(one["cost"].sel(line="benefits"), benefits, atol=PENNY)


def test_every_sum_of_the_ledger_is_its_total(ds: xr.Dataset) -> None:
    for world in world_names(ds):
        for ledger in ("narrow", "wide"):
            steps = cost_by_step(ds, world, ledger).sum(axis=1)
            years = cost_of_ledger(ds, ledger).sel(regime=world.regime, effect_set=world.effect_set).sum("year")
            np.testing.assert_allclose(steps, years, atol=PENNY)
            agencies = agency_cost_per_family_year(ds, world, ledger).sum(axis=1)
            np.testing.assert_allclose(agencies, cost_per_family_year(ds, world, ledger), rtol=1e-12)
            parts = [cost_per_family_year(ds, world, ledger, programme=part) for part in (True, False)]
            np.testing.assert_allclose(parts[0] + parts[1], cost_per_family_year(ds, world, ledger), rtol=1e-12)
    present = ds.sel(regime="siloed")
    np.testing.assert_allclose(present["area_cost"].sum("area"), present["cost"].mean("replication"), atol=PENNY)


def test_programme_spend_is_what_services_do_and_nothing_of_how_families_fare() -> None:
    model = synthetic.model()
    meters = {
        "workers": (Meter("a", "per", "family", chain="keyworker", what="worker"), True),
        "rows": (Meter("b", "per", "family", what="row"), False),
        "assessments": (Meter("c", "on", "family", chain="keyworker", moves=(("none", "waiting"),)), True),
        "worsening": (Meter("d", "on", "family", chain="crisis", moves=(("stable", "strained"),)), False),
        "helped": (Meter("e", "while", "family", parse("keyworker == engaged")), True),
        "helped in crisis": (Meter("f", "while", "family", parse("keyworker == engaged and crisis >= acute")), False),
        "set up": (Meter("g", "while", "family", parse("callout == 150")), True),
        "always": (Meter("h", "while", "family", parse("always")), False),
        "everyone": (Meter("i", "while", "family"), False),
    }
    for name, (meter, expected) in meters.items():
        assert is_of_services(model, meter) is expected, name


def test_doubling_every_price_doubles_every_total(ds: xr.Dataset) -> None:
    worlds = []
    for world in SCENARIO.worlds:
        costs = tuple(replace(line, per_step=2 * line.per_step) for line in world.model.costs)
        worlds.append(replace(world, model=replace(world.model, costs=costs)))
    scenario = replace(SCENARIO, worlds=tuple(worlds))
    doubled = to_dataset(scenario, synthetic.layout(scenario), RECORDS)
    assert np.array_equal(doubled["cost"].values, 2 * ds["cost"].values, equal_nan=True)
    assert np.array_equal(doubled["area_cost"].values, 2 * ds["area_cost"].values, equal_nan=True)


def test_a_price_may_read_the_clock_and_nothing_that_a_row_carries() -> None:
    model = synthetic.model()
    assert over_steps(parse("10 + cycle"), model, [0, 5]).tolist() == [10.0, 15.0]
    with pytest.raises(ModelError, match="reads crisis; prices and values may read parameters and the clock alone"):
        over_steps(parse("10 * (crisis >= acute)"), model, [0])


def test_prices_and_values_are_the_baselines_until_a_regime_begins() -> None:
    """The integrated regime begins at point 6 with dearer callouts and another value of a month in crisis."""
    worlds = list(SCENARIO.worlds)
    model = synthetic.model(police=900.0)
    model = replace(model, values=(Value("in crisis", {"crisis_months": parse("5")}),))
    worlds[1] = replace(worlds[1], model=model)
    scenario = replace(SCENARIO, worlds=tuple(worlds))
    ds = to_dataset(scenario, synthetic.layout(scenario), RECORDS).sel(effect_set="measured")
    price = ds["price"].sel(line="police callouts")
    assert (price.sel(regime="integrated")[1:7] == price.sel(regime="siloed")[1:7]).all()
    np.testing.assert_allclose(price.sel(regime="integrated")[7:], 6 * price.sel(regime="siloed")[7:], rtol=1e-14)
    months = np.stack([np.append(r.start_meters[1, 0], r.meters[1, :, 0]) for r in RECORDS])
    factor = 1.015 ** -(np.arange(31) / 12) * np.array([0.5, *[1.0] * 6, *[5.0] * 23, 2.5])
    expected = (months * factor).sum(axis=1) / synthetic.ROWS
    np.testing.assert_allclose(ds["outcomes"].sel(regime="integrated").values[:, 0], expected, rtol=1e-12)


def test_a_missing_deflator_is_refused() -> None:
    line = synthetic.cost("x", "calls", parse("1"), 1.0, {"council": 1.0}, ("narrow",), price_year="1999/00")
    with pytest.raises(ModelError, match=r"costs\.x: there is no deflator for 1999/00; the table has 2015/16"):
        deflator(line, {"2015/16": 100.0}, "2015/16")


def test_nothing_to_put_together_is_an_error() -> None:
    with pytest.raises(ValueError, match="no replication"):
        to_dataset(SCENARIO, synthetic.layout(SCENARIO), [])
