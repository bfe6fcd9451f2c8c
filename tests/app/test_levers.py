"""The levers of the nation stand on its own figures, and each of them moves what it says, once.

Theory: a lever at its default sets what the study says, so that nothing changes; away from it the resolved config does.
"""

from __future__ import annotations

import pytest

from sim.app.levers.lever import PRICES, SHOWN, StudyLever
from sim.app.levers.listed import levers
from sim.app.levers.position import as_sets, position
from sim.app.levers.study import OpenStudy, open_study
from sim.config.loading import changed, load
from sim.errors import ModelError
from tests.places import APPLICATION, SCENARIOS, TOY

OTHER = {
    "reading": "no_effect", "effect": 50.0, "lasting": 12.0, "dose": "in_proportion",
    "caseload": 8.0, "posts": 45.0, "post_price": 4500.0,
    "care_price": 0.5, "horizon": 3.0, "discount": "none", "ledger": "wide", "bias": "on", "cash_lag": 12.0,
    "cash_unit": 4.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> OpenStudy:
    return open_study(str(APPLICATION), tmp_path_factory.mktemp("scratch"))


@pytest.fixture(scope="module")
def scenario():
    return load(APPLICATION, ["replications=1", "effect_set=[measured]"])


def lever(study: OpenStudy, name: str) -> StudyLever:
    return next(one for one in levers(study) if one.name == name)


def test_the_nation_has_every_lever_with_its_range_from_the_config(tmp_path):
    nation = open_study("national", tmp_path)
    found = {one.name: one for one in levers(nation)}
    assert list(found) == ["reading", "effect", "lasting", "dose", "caseload", "posts", "post_price", "care_price",
                           "against", "horizon", "discount", "ledger", "bias", "cash_lag", "cash_unit", "area",
                           "prices"]  # fmt: skip
    for name, path in (("caseload", "parameters.kw_caseload.value"), ("lasting", "services.keyworker.aftercare.mean"),
                       ("post_price", "costs.keyworker staff.price.value")):  # fmt: skip
        entry = nation.figures[path]
        assert (found[name].default, found[name].low, found[name].high) == (entry.number, entry.low, entry.high)
        assert found[name].is_assumed == (entry.source == "assumption")
    assert nation.extends == ("national",)
    assert sorted(found["area"].choices)[:3] == ["", "birmingham", "bristol"]  # made-up authorities are no places
    assert nation.is_tenth
    assert 0.09 < nation.of_whole < 0.11
    assert all(len(one.text.split()) >= 20 for one in found.values())


@pytest.mark.parametrize("name", OTHER)
def test_a_moved_lever_changes_the_config_and_its_default_does_not(study, scenario, name):
    one = lever(study, name)
    moved = position(levers(study), {name: OTHER[name]})
    assert moved.value(one) == OTHER[name] != one.default
    if name == "reading":
        settings = moved.settings(levers(study))
        assert settings == {"effect_set": ["no_effect", "measured"]}
        return
    now = changed(scenario, as_sets(moved.settings(levers(study))))
    assert now.resolved != scenario.resolved
    models = [(a.model, b.model) for a, b in zip(scenario.worlds, now.worlds, strict=True) if a.regime == "siloed"]
    if one.kind not in (PRICES, SHOWN):
        assert all(before == after for before, after in models)  # what came before the regime is not run again
        assert now.world("integrated/measured").model != scenario.world("integrated/measured").model
    assert not position(levers(study), {name: one.default}).moved


def test_posts_are_moved_in_proportion(study):
    settings = lever(study, "posts").settings(45.0)
    later = [{"from": "2012-10", "workers": {"total": 36.0}}, {"from": "2013-04", "workers": {"total": 45.0}}]
    assert list(settings.values()) == [{"total": 22.5}, later]


def test_beyond_its_range_there_is_no_evidence(study):
    caseload = lever(study, "caseload")
    assert [caseload.is_beyond(value) for value in (4.5, 5.0, 12.0, 12.5)] == [True, False, False, True]
    assert not lever(study, "posts").is_beyond(1e6)  # nobody has published a range


def test_what_has_no_answer_is_refused(tmp_path):
    with pytest.raises(ModelError, match="what each family helped saves, and there is nothing"):
        open_study(str(TOY), tmp_path)
    with pytest.raises(ModelError, match="no such file or library name"):
        open_study("nothing_of_that_name", tmp_path)
    assert (SCENARIOS / "national.yaml").is_file()
