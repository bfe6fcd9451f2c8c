"""A map of what is saved by local authority: only where all areas are authorities, and each family counts once."""

import json

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes

from sim.economics.value.terms import terms_of
from sim.exhibits.maps.tiles import tiles
from sim.report.figures.areas.saved import (
    FIGURE,
    areas_saved_finding,
    areas_saved_table,
    placed_areas,
    plot_areas_saved,
    saved_by_area,
)
from sim.results.costs import chosen_lines, cost_of_areas
from sim.results.dataset import to_dataset
from sim.results.facts import facts_of
from sim.results.worlds import of_world, world_names
from tests import synthetic
from tests.clear_text import faults_of


def named(ds: xr.Dataset, names: list[str]) -> xr.Dataset:
    """Give a run as many areas of those names, the two that it has by turns, all of one size."""
    found = ds.isel(area=[i % 2 for i in range(len(names))]).assign_coords(area=names)
    return found.assign_attrs(area_shares=json.dumps([1 / len(names)] * len(names)))


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    made = synthetic.scenario()
    return to_dataset(made, synthetic.layout(made), synthetic.records(made))


@pytest.fixture(scope="module")
def england(ds: xr.Dataset) -> xr.Dataset:
    return named(ds, list(tiles()))


def test_only_a_run_whose_areas_are_all_authorities_has_a_map(ds: xr.Dataset, england: xr.Dataset) -> None:
    names = list(tiles())
    assert FIGURE.applies(england)
    assert placed_areas(ds) == []
    assert not FIGURE.applies(ds)
    assert placed_areas(named(ds, [*names[:60], "nowhere"])) == []
    assert not FIGURE.applies(named(ds, names[:16]))
    assert not FIGURE.applies(england.assign_attrs(solver="expect"))


def test_savings_of_areas_add_up_to_what_areas_cost_less(ds: xr.Dataset) -> None:
    """Families x saved a family, over areas, is the baseline's cost less the regime's in each replication."""
    two = named(ds, list(tiles())[:2])
    ledger, worlds = terms_of(two).ledger, {world.name: world for world in world_names(two)}
    cost = []
    for world in (worlds["siloed/measured"], worlds["integrated/measured"]):
        counts = of_world(two, world, "area_meters").transpose("replication", "area", "year", "meter").values
        cost.append(cost_of_areas(two, world, counts)[..., chosen_lines(two, ledger)].sum(axis=(1, 2, 3)))
    whole = saved_by_area(two).sum(axis=0) * facts_of(two).rows / 2
    assert whole == pytest.approx(cost[0] - cost[1])
    assert np.ptp(whole) > 0


def test_the_map_its_table_and_its_sentence(england: xr.Dataset) -> None:
    assert isinstance(plot_areas_saved(england), Axes)
    assert faults_of(plot_areas_saved, england) == []
    table = areas_saved_table(england)
    assert len(table.rows) == len(tiles())
    assert all(low and high for *_, low, high in table.rows)
    assert "half of 153 authorities lie between" in areas_saved_finding(england)
    assert all(row[3:] == ("", "") for row in areas_saved_table(england.isel(replication=[0])).rows)
