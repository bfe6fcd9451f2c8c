"""Help is paid for: posts that are cut stay, and are paid, until the cases that they hold end, and let nobody in.

One service of 20 posts with 5 cases each in two areas, full from the start, in which help lasts 10 months on average;
its funding falls to 8 posts after a year and ends after two. Where nobody leaves a post what is checked is exact: in
every month posts are at least cases / 5, and exactly that while they are beyond funding.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sim
from sim.economics.cash.paid_help import paid_help
from sim.engine import kernels
from sim.errors import ModelError
from sim.model.handover import all_handed
from sim.model.spec import Scenario, Team
from sim.studies.optimise.levers import staffed

CONFIG = """
title: A service that ends
sources: optional
seed: 5
queues: {queues}
clock: {{step: month, steps: 48}}
units: {{family: {{size: {size}, warm_up: 12, areas: {{north: 0.5, south: 0.5}}}}}}
chains:
  need:
    states: [absent, present]
    start: {{present: 0.5}}
    rates: {{absent -> present: 1.0, present -> absent: 1.0}}
services:
  help:
    kind: discretionary
    refer: {{when: need == present, rate: 4}}
    assess: {{mean: 2 months}}
    engaged: {{mean: 10 months}}
    team:
      workers: {posts}
      caseload: 5
      turnover: {turnover}
      hire: 4 months
      funding: [{{from: 12, workers: {fewer}}}, {{from: 24, workers: 0}}]
  other:
    kind: discretionary
    refer: {{when: need == present, rate: 0.01}}
    engaged: {{mean: 6 months}}
    contact_hours: 4
    team: {{workers: 30, caseload: 10}}
costs:
  - {{name: staff, per: help.worker, price: {{value: 1, unit: gbp/month}}, payers: {{council: 1}}}}
regimes:
  usual: {{handover: {rule}}}
  again: {{start: 30, handover: finish, set: {{services.other.team.workers: 31}}}}
"""


def load(folder: Path, rule: str = "finish", queues: str = "teams", turnover: float = 0.0, times: int = 1) -> Scenario:
    path, sizes = folder / "ends.yaml", {"size": 600 * times, "posts": 20 * times, "fewer": 8 * times}
    text = CONFIG.format(rule=rule, queues=queues, turnover=turnover, **sizes)
    path.write_text(text, encoding="utf-8")
    return sim.load(path)


def series(ds: xr.Dataset, name: str) -> np.ndarray:
    """Of the service that ends, after each step, mean over replications."""
    return np.asarray(ds["team"].sel(regime="usual", service="help", team_series=name).values[0, 1:])


@pytest.fixture(scope="module", params=["teams", "per_family"])
def ds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    return sim.simulate(load(tmp_path_factory.mktemp("ends"), queues=request.param))


def test_posts_are_kept_for_the_cases_that_they_hold_and_no_longer(ds: xr.Dataset) -> None:
    cases, paid, kept = series(ds, "engaged")[:-1], series(ds, "paid")[1:], series(ds, "kept_on")[1:]
    funded = np.where(np.arange(1, 48) < 12, 20, np.where(np.arange(1, 48) < 24, 8, 0))
    assert np.all(cases <= 5 * paid + 1e-6)
    assert np.allclose(paid, np.maximum(funded, paid))
    assert np.allclose(paid - funded, kept)
    assert kept[11:14].min() > 0  # a full team of 20 has more cases than 8 posts hold
    assert kept[23:26].min() > 0
    held = series(ds, "engaged")[-1]
    assert series(ds, "paid")[-1] == pytest.approx(cases[-1] / 5)
    assert held <= cases[-1]


def test_nobody_is_let_in_for_posts_kept_on(ds: xr.Dataset) -> None:
    cases = series(ds, "engaged")
    assert np.all(np.diff(cases[23:]) <= 0)
    assert np.all(cases[12:24] <= np.maximum(40, cases[11:23]))


def test_nobody_is_referred_or_assessed_or_waits_when_no_post_will_come(ds: xr.Dataset) -> None:
    assessed, waiting = (
        ds["occupancy"].sel(regime="usual", state=f"help={name}").values[0] for name in ("identified", "waiting")
    )
    assert assessed[1:24].min() > 0
    assert np.all(assessed[25:] == 0)
    assert np.all(waiting[25:] == 0)
    flows = [str(flow) for flow in ds["flow"].values]
    at = flows.index("help: none -> identified")
    assert ds["flows"].values[0, 0, 25:, at].sum() == 0


def test_the_same_is_paid_and_counted(ds: xr.Dataset) -> None:
    found = next(one for one in paid_help(ds) if (one.service, one.world.regime) == ("help", "usual"))
    assert (found.caseload, found.overload) == (5, 0)
    assert found.beyond < 1e-6
    assert found.share == pytest.approx(1.0, abs=0.06)
    assert found.share < 1 + 1e-9
    assert found.posts == pytest.approx(series(ds, "paid")[1:].sum())
    money = float(ds["cost"].sel(regime="usual", line="staff").sum())
    assert money == pytest.approx(series(ds, "paid").sum())
    assert found.kept_on > 12


def test_plain_numpy_makes_the_same_to_the_last_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load(tmp_path, turnover=0.5)
    found = sim.simulate(scenario, rows=False)
    monkeypatch.setattr(kernels, "ON", False)
    assert np.array_equal(found["team"], sim.simulate(scenario, rows=False)["team"], equal_nan=True)
    assert paid_help(found)[0].overload > 0  # where staff leave


def test_the_closure_agrees(tmp_path: Path) -> None:
    """Posts and cases of large teams are near their expectation, within 3% of the most there are."""
    scenario = replace(load(tmp_path, turnover=0.2, times=10), replications=4)
    simulated, expected = sim.simulate(scenario, rows=False), sim.expect(scenario)
    assert expected.attrs["expected"] == "closure"
    for name, most in (("engaged", 1000), ("paid", 200), ("kept_on", 200), ("waiting", 6000)):
        assert np.abs(series(simulated, name) - series(expected, name)).max() < 0.03 * most, name


@pytest.mark.parametrize("rule", ["close", "{transfer: other}"])
def test_cases_that_end_or_go_elsewhere_need_no_posts(tmp_path: Path, rule: str) -> None:
    scenario = load(tmp_path, rule)
    ds = sim.simulate(scenario, rows=False)
    assert np.all(series(ds, "engaged")[24:] == 0)
    assert np.all(series(ds, "paid")[24:] == 0)
    other = ds["team"].sel(regime="usual", service="other", team_series="engaged").values[0, 1:]
    assert (other[24] - other[23] > 30) == (rule != "close")
    with pytest.raises(ModelError, match="hands cases over"):
        sim.expect(scenario)


def test_a_transfer_names_who_takes_families_in(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="the posts of help end at step 24 and no service has more"):
        load(tmp_path, "transfer")
    with pytest.raises(ModelError, match=r"othr.*other"):
        load(tmp_path, "{transfer: othr}")
    world = load(tmp_path, "{transfer: other}").worlds[0]
    assert {step: (dict(h.ending), h.receiving) for step, h in all_handed(world.model, world).items()} == {
        24: ({"help": frozenset({"north", "south"})}, ("other",))
    }


def test_the_end_of_posts_by_area() -> None:
    inf = float("inf")
    team = Team({"a": 2.0, "b": 3.0, "c": 0.0, "d": 0.0}, 6.0, funding=((10, {"a": 1.0}), (20, {"a": 1.0, "d": 1.0})))
    assert team.ends == {"a": inf, "b": 10, "c": -inf, "d": inf}


def test_a_service_whose_posts_a_lever_takes_away_refers_nobody(tmp_path: Path) -> None:
    scenario = load(tmp_path)
    bare = [replace(world, model=staffed(world.model, "other", 0.0)) for world in scenario.worlds]
    ds = sim.simulate(replace(scenario, worlds=tuple(bare)), rows=False)
    assert float(ds["queue"].sel(service="other", queue_count="referrals").sum()) == 0
    same = staffed(scenario.worlds[0].model, "other", 30.0)
    assert same.chain("other").transitions == scenario.worlds[0].model.chain("other").transitions
