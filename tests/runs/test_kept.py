"""A study run again after a change: what a fresh run gives, to the last bit, and no more simulated than must be.

Theory: until its regime starts a world is its baseline's history, and counts do not depend on prices. So a change of a
regime alone needs its own months, one of a price none, and one of the baseline everything of its set.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import xarray as xr

import sim
from sim.config.loading import changed
from sim.errors import ModelError
from sim.language.evaluate import parse
from sim.model.spec import Scenario
from sim.runs import kept as module
from tests.places import TOY

SETS = ("replications=2", "units.family.size=500", "clock.steps=20")
ALL = ("siloed", "integrated", "handed_over")


@pytest.fixture(scope="module")
def study() -> sim.Kept:
    return sim.keep(sim.load(TOY, SETS))


def same(one: xr.Dataset, other: xr.Dataset) -> None:
    assert set(one.data_vars) == set(other.data_vars)
    assert all(one[name].equals(other[name]) for name in other.data_vars)


def fresh(scenario: Scenario) -> xr.Dataset:
    return sim.simulate(scenario, rows=False)


def test_what_is_kept_is_what_a_run_gives(study):
    same(study.ds, fresh(study.scenario))


@pytest.mark.parametrize(
    ("changes", "from_start", "whole"),
    [
        ({"regimes.integrated.set": {"parameters.helped": 0.1}}, ("integrated",), ()),
        ({"regimes.integrated.set": {"services.keyworker.team.workers": {"north": 20}}}, ("integrated",), ()),
        ({"regimes.handed_over.set": {"chains.need.rates.absent -> present": 2.0}}, ("handed_over",), ()),
        ({"parameters.helped": 0.2}, (), ALL),  # its baseline has key workers too
        ({"clock.steps": 22}, (), ALL),
        ({"units.family.size": 400}, (), ALL),
        ({"seed": 8}, (), ALL),
        ({"regimes.handed_over.start": "2012-03"}, (), ALL),
        ({"costs.care.price": {"value": 1.0, "unit": "gbp/year"}}, (), ()),
        ({"costs.care.payers.council": 0.5, "costs.care.payers.courts": 0.5}, (), ()),
        ({"replications": 3}, (), ()),
        ({"regimes.integrated.set": {"parameters.helped": 0.1}, "parameters.helped": 0.2}, (), ALL),
    ],
)
def test_a_change_gives_what_a_fresh_run_gives_and_says_what_was_simulated(study, changes, from_start, whole):
    again = sim.again(study, changes)
    same(again.ds, fresh(again.kept.scenario))
    assert (again.from_start, again.whole) == (from_start, whole)
    assert again.reused == tuple(name for name in ALL if name not in from_start + whole)
    assert bool(again.because) == bool(whole)
    assert all(name in str(again) for name in ALL)


def test_a_change_of_a_change_starts_from_it(study):
    """First one regime, then the other; then the baseline, after which both regimes start from the new one."""
    one = sim.again(study, {"regimes.integrated.set": {"parameters.helped": 0.1}})
    two = sim.again(one.kept, {"regimes.handed_over.set": {"parameters.helped": 0.9}})
    assert (two.reused, two.from_start) == (("siloed", "integrated"), ("handed_over",))
    three = sim.again(two.kept, {"chains.need.rates.present -> absent": 0.9})
    assert three.whole == ALL
    four = sim.again(three.kept, {"regimes.integrated.set": {"parameters.helped": 0.4}})
    assert four.from_start == ("integrated",)
    for again in (two, three, four):
        same(again.ds, fresh(again.kept.scenario))


def test_regimes_of_several_sets_start_from_the_baseline_of_their_own():
    """`no_effect` parts from the other set at the first step; each set's regimes go on from its own baseline."""
    sets = ("effect_sets={usual: {}, no_effect: {services_inert: true}}", "effect_set=[usual, no_effect]")
    study = sim.keep(sim.load(TOY, (*SETS, *sets)))
    again = sim.again(study, {"regimes.integrated.set": {"services.keyworker.team.workers": {"north": 20}}})
    assert again.from_start == ("integrated/usual", "integrated/no_effect")
    same(again.ds, fresh(again.kept.scenario))


def test_a_model_made_in_python_is_changed_in_python(study):
    bare = replace(study.scenario, resolved="")
    kept = sim.keep(bare)
    with pytest.raises(ModelError, match="made in Python"):
        sim.again(kept, {"seed": 1})
    worlds = tuple(
        replace(w, model=replace(w.model, parameters={**w.model.parameters, "helped": replace(
            w.model.parameters["helped"], expression=parse("0.2"))})) if w.regime == "integrated" else w
        for w in bare.worlds
    )  # fmt: skip
    again = sim.again(kept, replace(bare, worlds=worlds))
    assert again.from_start == ("integrated",)
    same(again.ds, fresh(again.kept.scenario))


def test_no_more_is_kept_than_the_limit_allows(study):
    """With room for one replication the second keeps its counts alone, and is run whole after a change."""
    room = study.replications[0].size_mb() + study.replications[1].bare("").size_mb()
    tight = sim.keep(study.scenario, limit_mb=room + 0.01)
    assert [bool(one.standing) for one in tight.replications] == [True, False]
    assert tight.size_mb <= room + 0.01
    again = sim.again(tight, {"regimes.integrated.set": {"parameters.helped": 0.1}})
    assert (again.whole, again.because) == (("integrated",), "kept parts would take more than limit_mb")
    same(again.ds, fresh(again.kept.scenario))


def test_teams_that_read_totals_are_run_whole():
    """What teams were told in the warm-up hangs on families, so such a world is never taken up half-way."""
    sets = (*SETS, "services.keyworker.team.turnover_times=1 + overload")
    study = sim.keep(sim.load(TOY, sets))
    again = sim.again(study, {"regimes.integrated.set": {"parameters.helped": 0.1}})
    assert (again.whole, again.because) == (("integrated",), "teams read what became of families")
    same(again.ds, fresh(again.kept.scenario))


def test_one_scenario_after_another_takes_the_baseline_as_it_was(study, monkeypatch):
    """As searches run them: a value of one regime, one that the baseline reads too, and back."""
    of_regime, of_all = {"regimes.integrated.set": {"parameters.helped": 0.1}}, {"parameters.helped": 0.2}
    scenarios = [study.scenario] + [changed(study.scenario, [f"{k}={json.dumps(v)}" for k, v in change.items()])
                                    for change in (of_regime, of_all, of_regime)]  # fmt: skip
    told: list[tuple[str, ...]] = []

    def noted(kept, scenario, progress=None):
        found = again(kept, scenario, progress=progress)
        told.append(found.reused)
        return found

    again = module.again
    monkeypatch.setattr(module, "again", noted)
    run = module.Successive()
    for scenario in scenarios:
        same(run(scenario), fresh(scenario))
    assert told == [("siloed", "handed_over"), (), ()]


@pytest.mark.parametrize("setting", ["solver=expect", "queues=per_family"])
def test_what_keeps_nothing_is_refused(study, setting):
    scenario = changed(study.scenario, [setting])
    with pytest.raises(ModelError, match="can be kept"):
        sim.keep(scenario)
    with pytest.raises(ModelError, match="can be kept"):
        sim.again(study, scenario)


def test_progress_is_told(study):
    told: list[tuple[int, int]] = []
    sim.again(study, {"replications": 3}, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert study.size_mb < module.LIMIT_MB
