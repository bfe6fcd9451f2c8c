"""In every scenario and service months of help are at most those that the posts paid hold, but for a stated overload.

Scenarios of families are run as one area of 1,500 with their share of the posts, so that places are as scarce as in the
scenario. Places are cut from capacity to whole ones without bias, so that a place may be over: the only slack.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import xarray as xr

import sim
from sim.economics.cash.paid_help import PaidHelp, paid_help
from sim.model.pathway import DOOR
from sim.model.spec import Areas, Model, Scenario, Team
from sim.results.worlds import of_world
from tests.config.test_scenarios import CONFIGS, FAMILIES, SMALL, small

SIZE, STEPS = 1_500, 60
ENDING = ("leicestershire", "life")
"""Where posts become fewer within the run."""
SHRINKING = ("ladder", "loops")
"""Where caseloads, or the time left for them, become smaller, so that earlier cases are beyond for some months."""


def scaled(scenario: Scenario) -> Scenario:
    """Give a scenario in one area of so many families, with the same posts a family."""
    return replace(scenario, worlds=tuple(replace(world, model=_scaled(world.model)) for world in scenario.worlds))


def _scaled(model: Model) -> Model:
    share = min(SIZE / model.root.size, 1.0)
    size = round(model.root.size * share)

    def team(full: Team) -> Team:
        levels = tuple((step, {"all": sum(workers.values()) * share}) for step, workers in full.funding)
        return replace(full, workers={"all": sum(full.workers.values()) * share}, funding=levels)

    chains = tuple(
        replace(chain, service=replace(chain.service, team=team(chain.service.team)))
        if chain.service is not None and chain.service.team is not None
        else chain
        for chain in model.chains
    )
    units = (replace(model.root, size=size), *model.units[1:])
    return replace(model, units=units, areas=Areas(("all",), (float(size),), (True,)), chains=chains)


def run(name: str) -> xr.Dataset:
    """Simulate a scenario of families small and short."""
    sets = ["effect_set=measured", f"clock.steps={STEPS}", "units.family.warm_up=12 months", "replications=1"]
    return sim.simulate(scaled(sim.load(CONFIGS / f"{name}.yaml", sets)), rows=False)


def check(ds: xr.Dataset, name: str) -> list[PaidHelp]:
    """Hold every service in every world to what is paid, and its door to being shut where it has no posts to come."""
    found = paid_help(ds)
    months = ds.sizes["step"] - 1
    for one in found:
        assert one.engaged <= one.paid_for + one.overload + one.beyond + 1e-6, one
        if name not in SHRINKING:
            assert one.beyond <= months, one
        states = [f"{one.service}={state}" for state in DOOR]
        door = of_world(ds, one.world, "occupancy").sel(state=[s for s in states if s in ds["state"].values])
        team = of_world(ds, one.world, "team").sel(service=one.service)
        if float(team.sel(team_series="posts")[-1] - team.sel(team_series="kept_on")[-1]) == 0:
            assert float(door[-1].sum()) == 0, f"{one.service} in {one.world.name} has no posts and a queue"
    return found


@pytest.mark.parametrize("name", SMALL)
def test_other_populations(name: str) -> None:
    check(small(name), name)


@pytest.mark.parametrize("name", [ENDING[0], *(pytest.param(name, marks=pytest.mark.slow) for name in ENDING[1:])])
def test_where_posts_end_they_are_kept_on_until_help_does(name: str) -> None:
    found = check(run(name), name)
    assert any(one.kept_on > 0 for one in found)
    if name == "leicestershire":  # 775 families: £3.4m for workers at £44,592, what is kept on inside and not on top
        mine = next(one for one in found if (one.service, one.world.regime) == ("keyworker", "integrated"))
        assert mine.posts <= 76.2 * 12


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in ENDING])
def test_scenarios_of_families(name: str) -> None:
    check(run(name), name)
