"""Rows whose effects were solved for in another model say so: in the Dataset, on the terminal, in tables of the report.

The digest of a fit is that of the models without what no family notices: another title, price or length of run is the
same model, another number of posts is another one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import sim
from sim.model.price_series import PriceSeries
from sim.model.spec import Scenario
from sim.report.page.wording import in_words
from sim.report.tables import costs
from sim.report.terminal import headline_tables
from sim.results.facts import facts_of
from sim.runs.beliefs.doubt import model_digest
from sim.runs.fits import fit_digest, found_digest, with_fits

CONFIG = """
title: Effects from elsewhere
sources: optional
solver: expect
clock: {{step: month, steps: {steps}, start: 2011-04}}
units: {{row: {{size: 100}}}}
parameters: {{posts: {posts}, helped: 1.0}}
chains:
  crisis: {{states: [calm, crisis], start: {{crisis: 0.5}}, rates: {{crisis -> calm: posts * helped}}}}
costs:
  - {{name: crises, while: crisis == crisis, price: {{value: 1, unit: gbp/month}}, payers: {{council: 1}}}}
effect_sets:
  fitted:
    estimands:
      crises: {{quantity: in crisis, ratio: 0.5, months: [1, 12], low: 0, high: 5, parameter: parameters.helped}}
    set: {{parameters.helped: 2}}
    fit: {{digest: "{digest}", regime: joined}}
  plain: {{set: {{}}}}
effect_set: {sets}
baseline: siloed
regimes: {{siloed: {{}}, joined: {{start: 6, set: {{parameters.posts: 2}}}}}}
"""


def load(folder: Path, digest: str = "", sets: str = "[fitted, plain]", steps: int = 12, posts: int = 1) -> Scenario:
    path = folder / "fits.yaml"
    path.write_text(CONFIG.format(digest=digest, sets=sets, steps=steps, posts=posts), encoding="utf-8")
    return sim.load(path)


@pytest.fixture
def digest(tmp_path: Path) -> str:
    scenario = load(tmp_path)
    return fit_digest(scenario, scenario.world("joined/fitted"), ["helped"])


def test_the_name_of_the_series_of_prices_is_in_no_digest(tmp_path: Path) -> None:
    """Which vintage the deflators are is said beside them; their numbers count where they did before."""
    scenario = load(tmp_path)
    world = scenario.world("joined/fitted")
    named = replace(scenario, price_series=PriceSeries("GDP deflator", "March 2026", forecast=("2025/26",)))
    other = replace(scenario, deflators={"2024/25": 100.0})
    for digest_of in (lambda one: model_digest(one, world), lambda one: found_digest(one, world, world)):
        assert digest_of(named) == digest_of(scenario) != digest_of(other)
    assert fit_digest(named, world, ["helped"]) == fit_digest(scenario, world, ["helped"])


def test_a_fit_is_at_home_in_its_own_model_alone(tmp_path: Path, digest: str) -> None:
    assert with_fits(load(tmp_path, digest)).not_refitted == ()
    assert with_fits(load(tmp_path, digest, steps=24)).not_refitted == ()
    assert with_fits(load(tmp_path, digest, posts=3)).not_refitted == ("fitted",)
    assert with_fits(load(tmp_path)).not_refitted == ("fitted",)  # never solved for
    assert with_fits(load(tmp_path, sets="[plain]")).not_refitted == ()


def test_every_row_says_so(tmp_path: Path, digest: str) -> None:
    ds = sim.expect(load(tmp_path, digest, posts=3))
    assert facts_of(ds).not_refitted == ["fitted"]
    summary = sim.summarise(ds)
    assert summary["not_refitted"] == ["joined/fitted"]
    names = [row[0] for row in in_words(costs(summary), summary).rows]
    assert "joined (fitted) (effects not refitted)" in names
    assert {"siloed (fitted)", "siloed (plain)", "joined (plain)"} <= set(names)
    told = [row[0] for row in headline_tables(summary)[0].rows]
    assert told == ["fitted:", "effects not refitted", "  siloed", "  joined", "plain:", "  siloed", "  joined"]


def test_a_study_of_one_set_says_so_beside_the_regime(tmp_path: Path, digest: str) -> None:
    summary = sim.summarise(sim.expect(load(tmp_path, digest, sets="fitted", posts=3)))
    assert [row[0] for row in headline_tables(summary)[0].rows] == ["siloed", "joined (effects not refitted)"]
    at_home = sim.summarise(sim.expect(load(tmp_path, digest, sets="fitted")))
    assert [row[0] for row in headline_tables(at_home)[0].rows] == ["siloed", "joined"]
    assert [row[0] for row in in_words(costs(at_home), at_home).rows] == [row[0] for row in costs(at_home).rows]


@pytest.mark.parametrize(
    ("sets", "at_home"),
    [
        ([], True),
        (["parameters.kw_caseload=10"], True),  # the same ratio in each month of help, whatever the caseload
        (["parameters.aftercare_share.value=0.25"], False),
        (["parameters.dose=in_proportion"], False),
    ],
)
def test_effects_of_another_study_are_at_home_where_they_act_as_they_did_there(sets: list[str], at_home: bool) -> None:
    found = with_fits(sim.load("tenth", sets)).not_refitted
    assert ("measured" not in found) is at_home
    assert ("measured_face_value" not in found) is at_home
