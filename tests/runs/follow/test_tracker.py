"""Tracks of a small run: who is there is the same in every world, bills add up, and only what is asked for is kept."""

from __future__ import annotations

import numpy as np
import pytest

import sim
from sim.engine.solvers.families import layout, replicate
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.results.costs import cost_by_step
from sim.results.dataset import to_dataset
from sim.results.worlds import world_names
from sim.runs.follow.tracker import track
from tests.runs.follow.test_rows import COMMON, PRICED

STEPS = 24
PER_CHILD = f"  - {{name: schooling, per: child, price: 100, {COMMON}}}\nregimes"


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    path = tmp_path_factory.mktemp("priced") / "priced.yaml"
    path.write_text(PRICED.replace("COMMON", COMMON).replace("regimes", PER_CHILD), encoding="utf-8")
    return sim.load(path)


def test_bills_of_rows_are_what_the_run_counted(scenario: Scenario) -> None:
    """Lines on states, moves and conditions within 0.5% (newcomers' moves are on no bill); a line per child exactly."""
    tracks = track(scenario, 0, ["base", "other"], 0, STEPS, bills=True)
    ds = to_dataset(scenario, layout(scenario), [replicate(scenario, 0)])
    for world in world_names(ds):
        bills, here = tracks[world.name].bills, tracks[world.name].here["child"]
        whole = cost_by_step(ds, world, "narrow").sum()
        assert bills["narrow"].sum(dtype=np.float64) == pytest.approx(whole, rel=0.005)
        schooling = (bills["narrow"] - bills["gross"]).sum(axis=1, dtype=np.float64)
        assert schooling == pytest.approx(100 / 12 * here.sum(axis=1), rel=1e-6), "per child: no part of gross"


def test_who_is_there_is_the_same_in_every_world_and_kept_once(scenario: Scenario) -> None:
    tracks = track(scenario, 0, ["base", "other"], 0, STEPS)
    base, other = tracks["base"], tracks["other"]
    for unit in ("family", "child"):
        assert base.here[unit] is other.here[unit]
        assert base.generation[unit] is other.generation[unit]
    assert np.array_equal(base.states["need"][:6], other.states["need"][:6]), "regimes part in month 6"
    assert not np.array_equal(base.states["need"], other.states["need"])
    assert (np.diff(base.generation["family"].astype(int), axis=0) >= 0).all()
    assert base.bills == {}


def test_a_track_starts_anywhere_and_follows_children_for_a_shorter_time(scenario: Scenario) -> None:
    whole = track(scenario, 0, ["other"], 0, STEPS, bills=True)["other"]
    part = track(scenario, 0, ["other"], 8, 12, roots_until=20, only={"need", "care"}, bills=True)["other"]
    assert (part.first, part.n_steps) == (8, 12)
    assert np.array_equal(part.states["need"], whole.states["need"][8:20])
    assert np.array_equal(part.states["care"], whole.states["care"][8:12])
    assert np.array_equal(part.bills["narrow"], whole.bills["narrow"][8:20])
    assert set(track(scenario, 0, ["base"], 0, 1, only={"need"})["base"].states) == {"need"}


def test_what_is_not_there_is_refused(scenario: Scenario) -> None:
    found = track(scenario, 0, ["base"], 0, 1)["base"]
    with pytest.raises(ModelError, match="given 'wealth', which is no chain of the model; it has need, care"):
        found.chain_states("wealth")
    with pytest.raises(ModelError, match="given 'rich', which is no state of 'need'; it has absent, present"):
        found.state("need", "rich")
    with pytest.raises(ModelError, match=r"clock\.steps is 24; following families to the end needs 30"):
        track(scenario, 0, ["base"], 0, 12, roots_until=30)
    with pytest.raises(ModelError, match="there is no world 'utopia'; the scenario has base, other"):
        track(scenario, 0, ["utopia"], 0, 12)
