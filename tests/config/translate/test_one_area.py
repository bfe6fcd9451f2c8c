"""One authority, family by family: the config is a hundredth of the nation, and runs like any other; so is the tenth.

The share of posts is exact arithmetic; the run is a short one, whose waits by the day must be the waits by the month.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sim
from sim.model.spec import Scenario
from tests.places import SCENARIOS

SHARES = {"one_area": 1200 / 120000, "tenth": 12000 / 120000}


def posts(scenario: Scenario, regime: str) -> dict[str, list[float]]:
    """Give the posts of each service, and those that are funded later."""
    model = next(world.model for world in scenario.worlds if world.regime == regime)
    teams = {chain.name: chain.service.team for chain in model.chains if chain.service and chain.service.team}
    return {
        name: [sum(level.values()) for level in (team.workers, *(workers for _, workers in team.funding))]
        for name, team in teams.items()
    }


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("regime", ["siloed", "integrated"])
def test_the_area_has_its_share_of_the_nations_posts(regime: str, name: str) -> None:
    """Every service, and every later level of funding."""
    area = sim.load(SCENARIOS / f"{name}.yaml", ["effect_set=measured"])
    nation = sim.load(SCENARIOS / "national.yaml", ["effect_set=measured"])
    mine, theirs = posts(area, regime), posts(nation, regime)
    assert mine.keys() == theirs.keys()
    for service, levels in mine.items():
        assert levels == pytest.approx([level * SHARES[name] for level in theirs[service]]), service


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    """Run two years of a quarter of the families, both regimes."""
    short = ["units.family.size=300", "units.family.warm_up=6 months", "clock.steps=26", "replications=2"]
    return sim.simulate(sim.load(SCENARIOS / "one_area.yaml", short))


def test_it_runs_like_any_other_and_knows_waits_to_the_day(run: xr.Dataset) -> None:
    """Waits in the summary are made of times; those in whole months are of the same people."""
    summary = sim.summarise(run)
    for regime in ("siloed", "integrated"):
        figures = summary["regimes"][regime]
        assert figures["cost_per_family_year"]["narrow"]["mean"] > 0
        times = run["wait_times"].sel(regime=regime).squeeze("effect_set").values
        months = run["waits"].sel(regime=regime).squeeze("effect_set").values
        assert np.array_equal(times.sum(axis=1), months.sum(axis=1))
        assert times.sum() > 0
    wait = summary["regimes"]["integrated"]["wait_months"]["keyworker"]
    here = run.sel(regime="integrated", service="keyworker").squeeze("effect_set")
    edges = np.concatenate([[0.0], here["wait_edge"].values])
    times, admitted = here["wait_times"].values, float(here["waits"].sum())
    low, high = (float((edge * times).sum() / admitted) for edge in (edges[:-1], edges[1:]))
    assert low < wait["mean"] < high  # the mean is exact, the bins are 2% wide
    assert wait["waited_share"] == pytest.approx(1.0 - times[0] / admitted)


def test_the_dataset_can_be_stored(run: xr.Dataset, tmp_path: Path) -> None:
    """With waits as times."""
    run.to_netcdf(tmp_path / "run.nc")
    with xr.open_dataset(tmp_path / "run.nc") as again:
        assert again["wait_times"].equals(run["wait_times"])
