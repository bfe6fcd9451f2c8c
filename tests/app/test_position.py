"""A position is what was moved and nothing else: it goes to an address and to a config and comes back the same."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.app.levers.listed import levers
from sim.app.levers.position import LONGEST_ADDRESS, Position, as_sets, from_address, position, to_yaml
from sim.app.levers.study import open_study
from sim.config.loading import changed, load
from sim.config.text.source import parse, plain
from sim.errors import ModelError
from tests.places import APPLICATION
from tests.strategies import FIXED


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return open_study(str(APPLICATION), tmp_path_factory.mktemp("scratch"))


def anywhere(of):
    """Draw a position of some levers, each somewhere on its track."""
    places = {
        one.name: st.sampled_from(sorted(one.choices)) if one.is_choice else st.floats(*one.ends) for one in levers(of)
    }
    return st.fixed_dictionaries({}, optional=places).map(lambda values: position(levers(of), values))


@FIXED
@given(data=st.data())
def test_an_address_comes_back(study, data):
    at = data.draw(anywhere(study))
    assert from_address(levers(study), at.address()) == at


@FIXED
@given(data=st.data())
def test_a_saved_config_says_what_the_address_says(study, data):
    at = data.draw(anywhere(study))
    saved = plain(parse(to_yaml(study.extends, "a title: 'with' \"signs\" # and lines\n", levers(study), at), "saved"))
    settings = at.settings(levers(study))
    order = settings.pop("effect_set", None)
    assert saved.get("set", {}) == settings
    assert saved.get("effect_set") == order
    assert [saved["extends"]] == list(study.extends)


def test_a_saved_config_is_the_study_with_what_was_moved(study, tmp_path):
    """The file, loaded, says to the last letter what the settings say that the application runs."""
    moved = {"caseload": 8, "posts": 45, "effect": "50", "post_price": 4500, "reading": "no_effect"}
    at = position(levers(study), moved)
    file = tmp_path / "saved.yaml"
    file.write_text(to_yaml(study.extends, study.title, levers(study), at), encoding="utf-8")
    loaded = load(file)
    same = changed(load(APPLICATION), as_sets(at.settings(levers(study))))
    assert [(world.name, world.model) for world in loaded.worlds] == [(w.name, w.model) for w in same.worlds]
    assert loaded.worlds[0].effect_set == "no_effect"


@FIXED
@given(text=st.text(string.printable, max_size=200))
def test_any_text_is_a_position_or_refused(study, text):
    try:
        at = from_address(levers(study), text)
    except ModelError:
        return
    assert set(at.values) <= {one.name for one in levers(study)}


@pytest.mark.parametrize(
    "query",
    [
        "caseload=nan", "caseload=inf", "caseload=1e9", "caseload=-1", "caseload=", "caseload=__import__('os')",
        "reading=../../etc/passwd", "reading=measured%00", "nothing=1", "extends=/etc/passwd", "ledger=<script>",
        "set=costs", "caseload=8&x=1", "a=" * LONGEST_ADDRESS,
    ],
)  # fmt: skip
def test_hostile_addresses_are_refused_in_words(study, query):
    with pytest.raises(ModelError, match="the address"):
        from_address(levers(study), query)


def test_a_value_at_its_default_is_not_moved(study):
    assert from_address(levers(study), "caseload=6&reading=measured") == Position()
    assert Position().address() == ""
