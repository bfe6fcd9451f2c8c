"""Shapley shares of runs: the axioms on exact runs, partial joining, ladders, resuming.

`agencies.yaml` is solved exactly, so that shares are exact up to rounding: 1e-9 of the whole where arithmetic alone
stands between two sides.
"""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes

import sim
from sim.config.loading import find, load, tree_of
from sim.economics.shapley import shapley
from sim.errors import ModelError, ResultError
from sim.studies.shapley.answer import coalitions_needed, number_of
from sim.studies.shapley.exhibits import plot_shares, shares_table, write_sharing
from sim.studies.shapley.joining import coalition_scenario, joined, joint_regime
from sim.studies.shapley.question import Coalitions, share
from tests.clear_text import faults_of
from tests.places import AGENCIES

CONFIG = AGENCIES
ALIKE = [
    "services.patrol.refer.rate=2", "services.patrol.consent=0.7", "services.patrol.engaged=4 months",
    "effects.patrol calms.times=exp(2 * face)", "costs.patrol cases.price.value=700",
]  # fmt: skip


@pytest.fixture(scope="module")
def agencies():
    return share(CONFIG)


def net(regime: str, sets: tuple[str, ...] = ()) -> float:
    made = sim.appraise(sim.simulate(load(CONFIG, sets))).of(f"{regime}/as_is")
    return float(made.view("narrow", "fiscal").net.amount[0])


def test_shares_sum_to_what_the_regime_saves(agencies):
    assert agencies.players == ("council", "health", "police")
    assert sum(one.share for one in agencies.shares) == pytest.approx(net("together"), rel=1e-9, abs=1e-6)
    assert agencies.values[frozenset()] == pytest.approx(0.0, abs=1e-9)
    assert {one.simulation_error for one in agencies.shares} == {0.0}


def test_agencies_that_do_the_same_share_alike():
    found = {one.player: one.share for one in share(CONFIG, ALIKE).shares}
    assert found["health"] == pytest.approx(found["police"], rel=1e-9)
    assert found["council"] != pytest.approx(found["police"], rel=1e-3)


def test_an_agency_that_changes_nothing_has_no_share():
    still = ["effects.patrol calms.times=exp(0 * face)", "costs.hub.price.value=0"]
    found = {one.player: one for one in share(CONFIG, still).shares}
    assert found["police"].share == pytest.approx(0.0, abs=1e-9 * abs(found["council"].share))


def test_what_only_adds_up_is_refused():
    """Without effects each agency's own bill is all there is: shares would restate it."""
    alone = [f"effects.{name} calms.times=1 + 0 * face" for name in ("advice", "clinic", "patrol")]
    with pytest.raises(ModelError, match="own gain"):
        share(CONFIG, alone)


def test_some_join_and_the_others_stay_as_they_were():
    scenario = load(CONFIG)
    joint = joint_regime(scenario, "together")
    assert joint.services == {"council": ("advice",), "health": ("clinic",), "police": ("patrol",)}
    assert joined(joint, []) is joint.base.model
    assert joined(joint, joint.agencies) is joint.full.model
    made = joined(joint, ["council"])
    times = {effect.name: effect.times.text for effect in made.effects}
    assert times["advice calms"] == "exp(help_council__joined)"
    assert times["clinic calms"] == "exp(2 * face)"
    assert made.parameters["help_council__joined"].expression.text == "face__joined * 2"
    assert made.parameters["face"].expression == joint.base.model.parameters["face"].expression
    price = {line.name: line.price.text for line in made.costs}
    assert price["hub"].endswith("* 0.3333333333333333")
    with pytest.raises(ValueError, match="cannot join"):
        joined(joint, ["navy"])


PRICED = """
title: Two services and a price
sources: optional
replications: 1
clock: {step: month, steps: 12, start: 2012-04}
units: {family: {size: 400}}
tables: {speed: {by: year, bands: {2000: 1}}}
parameters: {p: 100, often: "table(speed, year)"}
chains: {need: {states: [none, some], start: {some: 1}, rates: {none -> some: 0, some -> none: 0}}}
services:
  one: {agency: council, refer: {when: need == some, rate: 1}, HELP}
  two: {agency: nhs, refer: {when: need == some, rate: often}, HELP}
agencies: {council: Council, nhs: NHS}
costs:
  - {name: care, while: need == some, price: {value: p, unit: gbp/month}, payers: {council: 1}}
regimes: {now: {}, both: {set: {services.one.team.workers: 3, services.two.team.workers: 3, parameters.p: 110}}}
""".replace("HELP", "kind: discretionary, engaged: {mean: 3 months}, team: {workers: 2, caseload: 3}")


def test_a_price_goes_from_the_old_one_to_the_new(tmp_path):
    """400 families in need for twelve months at £100, £105 with one of two services and £110 with both."""
    path = tmp_path / "priced.yaml"
    path.write_text(PRICED, encoding="utf-8")
    scenario = load(path)
    joint = joint_regime(scenario, "both")
    for members, price in (([], 100.0), (["council"], 105.0), (["nhs"], 105.0), (["council", "nhs"], 110.0)):
        study = coalition_scenario(scenario, joint, {"some": members})
        cost = sim.simulate(study)["cost"].sel(regime="some", line="care").sum()
        assert float(cost) == pytest.approx(400 * 12 * price), members


def test_a_table_that_a_regime_changes_is_nobodys_in_particular(tmp_path):
    path = tmp_path / "priced.yaml"
    path.write_text(PRICED, encoding="utf-8")
    with pytest.raises(ModelError, match="'both' changes the table speed, of which nobody can tell who joined"):
        share(path, ["regimes.both.set.tables.speed.bands={2000: 4}"])


def test_a_ladder_shares_among_its_rungs():
    """The mechanisms of the first two rungs together are the second rung itself."""
    found = share(CONFIG, over="mechanisms")
    assert found.players == ("quicker", "closer", "together")
    both = found.values[frozenset({"quicker", "closer"})]
    assert both == pytest.approx(net("closer"), rel=1e-9)
    assert sum(one.share for one in found.shares) == pytest.approx(net("together"), rel=1e-9, abs=1e-6)
    hub = next(one for one in found.shares if one.player == "together")
    assert hub.share == pytest.approx(-60_000.0, rel=1e-9)  # £60 a family-year, 1,000 families, one year


def test_the_national_ladder_has_a_mechanism_for_each_rung():
    rungs = ("siloed_same_money", "smaller_caseloads", "one_assessment", "one_queue", "several_needs", "integrated")
    made = Coalitions(find("ladder"), tree_of("ladder"), "mechanisms", rungs).mechanisms()
    assert [one.name for one in made] == list(rungs)
    by_name = {one.name: one for one in made}
    assert set(by_name["several_needs"].sets) == {"parameters.one_at_a_time.value", "parameters.pillar_to_post.value"}
    assert not by_name["one_queue"].drops
    assert "services.jobcentre.team.workers" in by_name["integrated"].drops


def test_eight_agencies_run_the_nation():
    joint = joint_regime(load("one_area", ["queues=teams"]), "integrated")
    assert len(joint.agencies) == 8
    assert joint.services["local_authority"] == ("family_support", "keyworker")
    made = joined(joint, ["local_authority", "dh_nhs"])
    brokers = made.chain("keyworker").service.brokers
    assert set(brokers) == {"substance_treatment", "adult_mental_health"}


def test_a_stopped_study_goes_on(agencies, tmp_path):
    keep = tmp_path / "coalitions.jsonl"
    share(CONFIG, keep=keep)
    lines = keep.read_text(encoding="utf-8").splitlines(keepends=True)
    keep.write_text("".join(lines[:4]) + lines[4][:20], encoding="utf-8")
    again = share(CONFIG, keep=keep)
    assert again.shares == agencies.shares
    assert sorted(keep.read_text(encoding="utf-8").splitlines()) == sorted(line.strip() for line in lines)
    with pytest.raises(ResultError, match="another config"):
        share(CONFIG, ["parameters.keen=1.5"], keep=keep)


def test_chance_in_the_simulation_gives_an_error():
    """The same shares within five standard errors of the exact ones."""
    exact = {one.player: one.share for one in share(CONFIG, ["clock.steps=12"]).shares}
    found = share(CONFIG, ["clock.steps=12", "solver=simulate", "replications=6"])
    for one in found.shares:
        assert one.simulation_error > 0
        assert abs(one.share - exact[one.player]) < 5 * one.simulation_error


def test_sampled_orders_ask_for_no_other_coalition():
    """Ten players: every coalition that sampling asks for is listed; numbers tell them apart."""
    players = [f"agency_{i}" for i in range(10)]
    needed = coalitions_needed(players, 6, 1)
    asked = []

    def value(coalition):
        asked.append(coalition)
        return float(len(coalition)) ** 2

    shapley(value, players, 6, 1)
    assert set(asked) <= set(needed)
    assert len(needed) < 2**10
    assert len({number_of(one, players) for one in needed}) == len(needed)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"over": "families"}, "over agencies or mechanisms"),
        ({"regimes": ["nowhere"]}, "no regime 'nowhere'"),
        ({"regimes": ["apart"]}, "no regime 'apart'"),
        ({"regimes": ["closer", "together"]}, "join one regime"),
        ({"view": "private"}, "no view 'private'"),
        ({"regimes": ["quicker"]}, "at least two"),
        ({"over": "mechanisms", "regimes": ["quicker"]}, "at least 2"),
    ],
)
def test_nonsense_is_refused(options, message):
    with pytest.raises(ModelError, match=message):
        share(CONFIG, **options)


def test_figure_table_and_page(agencies, tmp_path):
    assert isinstance(plot_shares(agencies), Axes)
    assert faults_of(plot_shares, agencies) == []
    table = shares_table(agencies)
    assert [row[0] for row in table.rows] == ["council", "health", "police", "all of them"]
    assert "2015/16 prices" in table.note
    write_sharing(tmp_path, agencies)
    assert (tmp_path / "shapley.html").stat().st_size > 10_000
    rows = (tmp_path / "coalitions.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 2**3
    assert np.isfinite([one.share for one in agencies.shares]).all()
