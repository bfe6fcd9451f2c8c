"""A study of some of its areas: those families and posts and no others, in a run as in a change to a loaded study."""

from __future__ import annotations

import json

import pytest

from sim.config.loading import changed, load, tree_of
from sim.config.sizes import FULL, TENTH, settings_of_size
from sim.config.translate.fewer_areas import with_areas
from sim.errors import ModelError
from sim.runs.fits import with_fits
from sim.runs.replications import scaled
from tests.places import APPLICATION, DOUBTFUL, TOY
from tests.plain_runs import run_plainly

FEW = ("effect_set=[works]", "replications=1", "clock.steps=40")


def test_areas_taken_are_those_that_draws_take():
    taken, fewer = load(DOUBTFUL, [*FEW, "areas_taken=2"]), with_areas(load(DOUBTFUL, FEW), 2)
    assert [world.model for world in taken.worlds] == [world.model for world in fewer.worlds]
    assert taken.worlds[0].model.root.size == 600


def test_a_change_to_a_regime_leaves_the_areas_taken_as_they_were():
    whole = load(DOUBTFUL, [*FEW, "areas_taken=2"])
    scenario = changed(whole, ['regimes.with_key_workers.set."parameters.kw_calm.value"=1'])
    sizes = {world.name: world.model.root.size for world in scenario.worlds}
    assert set(sizes.values()) == {600}


def test_more_areas_than_there_are_are_refused():
    with pytest.raises(ModelError, match="areas_taken: given 9; the study has 4"):
        load(DOUBTFUL, [*FEW, "areas_taken=9"])


def test_areas_are_taken_by_name():
    whole = load(DOUBTFUL, FEW)
    areas = whole.worlds[0].model.areas
    scenario = load(DOUBTFUL, [*FEW, f"areas_taken=[{areas.names[1]}]"])
    model = scenario.worlds[0].model
    assert model.areas.names == areas.names[1:2]
    assert model.root.size == round(whole.worlds[0].model.root.size * areas.weights[1] / sum(areas.weights))
    assert load(DOUBTFUL, [*FEW, f"areas_taken={areas.names[1]}"]).worlds[0].model == model


@pytest.mark.parametrize(
    ("taken", "why"), [("[nowhere]", "there is no area 'nowhere'"), ("[]", "names no area"), ("0", "must be 1 or more")]
)
def test_areas_that_are_not_there_are_refused_where_they_are_named(tmp_path, taken, why):
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {DOUBTFUL}\nareas_taken: {taken}\n", encoding="utf-8")
    with pytest.raises(ModelError, match=rf"mine.yaml:2:\d+: areas_taken: .*{why}"):
        load(file)


def test_a_study_of_named_areas_is_run_as_it_is(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {DOUBTFUL}\nset: {{areas_taken: [middle]}}\n", encoding="utf-8")
    assert settings_of_size(TENTH, tree_of(file)) == ()
    assert settings_of_size(TENTH, tree_of("national")) == settings_of_size(TENTH)


def test_of_a_study_of_few_areas_a_tenth_of_families_and_posts_is_run():
    assert settings_of_size(TENTH, tree_of(DOUBTFUL)) == ("families_taken=0.1", "replications=4")
    whole, some = load(DOUBTFUL, FEW), load(DOUBTFUL, [*FEW, "families_taken=0.1"])
    for one, other in zip(some.worlds, whole.worlds, strict=True):
        assert one.model.root.size == round(0.1 * other.model.root.size)
        for chain in one.model.chains:
            if chain.service is not None and chain.service.team is not None:
                team = other.model.chain(chain.name).service.team
                assert chain.service.team.workers == pytest.approx({a: 0.1 * n for a, n in team.workers.items()})
    assert scaled(whole, 0.1).worlds == some.worlds
    with pytest.raises(ModelError, match="families_taken: given 0; must be above 0"):
        load(DOUBTFUL, [*FEW, "families_taken=0"])


def test_a_share_that_cannot_be_taken_is_refused_where_it_is_asked_for(tmp_path):
    """Feedback stocks hang on how many families there are."""
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {TOY}\nfamilies_taken: 0.1\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"mine\.yaml:2:\d+: families_taken: .*stocks hang on") as caught:
        load(file)
    assert len(caught.value.problems) == 1


def test_a_size_that_is_set_alone_is_said_to_leave_posts_as_they_are():
    said = [note for note in load(DOUBTFUL, [*FEW, "units.family.size=100"]).notes if "posts" in note]
    assert len(said) == 1
    assert "units.family.size: posts of" in said[0]
    assert "'families_taken: 0.1' takes a tenth of both" in said[0]
    assert not [note for note in load(DOUBTFUL, FEW).notes if "posts" in note]


def test_sizes_by_name():
    assert settings_of_size(None) == settings_of_size(FULL) == ()
    assert "areas_taken=16" in settings_of_size(TENTH)
    with pytest.raises(ModelError, match="given 'half'; must be full or tenth"):
        settings_of_size("half")


def test_a_run_of_some_areas_says_so_in_its_config(tmp_path):
    sets = [f"--set={text}" for text in ("effect_set=[measured]", "replications=1", "clock.steps=24", "areas_taken=1")]
    out = ["--out", str(tmp_path / "some"), "--quiet", "--totals"]
    done = run_plainly(str(APPLICATION), *sets, *out)
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "some" / "summary.json").read_text())["families"] == 720
    assert "areas_taken: 1" in json.loads((tmp_path / "some" / "run.json").read_text())["config"]


def test_a_tenth_of_the_nation_has_digests_of_what_was_found_and_fitted() -> None:
    """A run of it says whether posts were searched for, and effects solved for, in the same model."""
    whole, tenth = (with_fits(load("national", sets)) for sets in ([], ["areas_taken=16"]))
    assert (whole.found_elsewhere, whole.not_refitted) == ((), ())
    assert tenth.found_elsewhere == ("best_use",)
    assert len(tenth.worlds[0].model.areas.left_out) == 152 - 16
