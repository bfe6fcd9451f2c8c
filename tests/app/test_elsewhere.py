"""One area, and prices of another year: the saved config says the same to the last digit, and nothing is priced twice.

Theory: with counts unchanged, what posts cost goes up by the deflator alone, from the year in which their price is
written to that of the study, whatever that is; and is in proportion to the lever there as here.
"""

from __future__ import annotations

import json

import pytest

from sim.app.levers.elsewhere import Studies
from sim.app.levers.position import Position, as_sets, to_yaml
from sim.app.levers.study import open_study, place
from sim.app.pages.house import of_bench
from sim.app.work.bench import Bench
from sim.app.work.job import Job
from sim.config.loading import load, tree_of
from sim.config.sizes import TENTH, settings_of_size
from sim.economics.summary import summarise
from sim.errors import ModelError
from sim.runs.ensemble import simulate
from sim.table import all_plain
from tests.places import APPLICATION

LATER = "of_2024_25"


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """The small nation, whose northern area is a real place."""
    folder = tmp_path_factory.mktemp("places")
    file = folder / "places.yaml"
    file.write_text(f"extends: {APPLICATION}\nset: {{units.family.areas.north.synthetic: false}}\n", encoding="utf-8")
    return Studies(open_study(str(file), folder), folder)


@pytest.fixture(scope="module")
def bench(studies):
    return Bench(of_bench(studies.opened))


def job_of(studies, query: str) -> Job:
    study, at = studies.at(query)
    sets = as_sets(at.settings(studies.levers(study), but=("reading", "area")))
    return Job("figures", "measured", tuple(sets), elsewhere=of_bench(study))


@pytest.mark.parametrize(
    "query", ["area=north&caseload=8", f"post_price=4500&prices={LATER}", f"prices={LATER}&area=north"]
)
def test_a_run_of_the_saved_config_gives_the_same_figures(studies, bench, tmp_path, query):
    done = bench.do(job_of(studies, query))
    assert done.why == ""
    study, at = studies.at(query)
    saved = tmp_path / "saved.yaml"
    saved.write_text(to_yaml(study.extends, "moved", studies.levers(study), at), encoding="utf-8")
    size = settings_of_size(TENTH, tree_of(saved)) if study.area else study.quick
    summary = summarise(simulate(load(saved, [*size, "effect_set=[measured]"]), rows=False))
    assert json.dumps(all_plain(done.found.answer), sort_keys=True) == json.dumps(
        summary["answer"][study.world("measured")], sort_keys=True
    )


def test_an_area_has_its_own_families_and_its_share_of_posts(studies):
    whole, there = studies.opened, studies.at("area=north")[0]
    posts = [
        next(lever for lever in studies.levers(one) if lever.name == "posts").default for one in (whole, there)
    ]  # fmt: skip
    assert posts[1] == pytest.approx(0.6 * posts[0])
    assert [study.of_all for study in (whole, there)] == [1.0, 0.6]
    assert "south" not in whole.areas  # it is made up, and stands for no place
    settings = studies.at("area=north&posts=18")[1].settings(studies.levers(there))
    assert settings['regimes.integrated.set."services.keyworker.team.workers"'] == {"total": pytest.approx(15.0)}


def test_prices_of_another_year_take_counts_as_they_were(studies, bench):
    bench.do(job_of(studies, ""))
    done = bench.do(job_of(studies, f"prices={LATER}"))
    assert "simulated" not in done.how
    assert done.found.price_year == "2024/25"


def test_posts_are_brought_forward_once(studies, bench):
    """From 2013/14, in which their price is written, by each study's own deflators; and they follow the lever."""

    def posts(query: str) -> float:
        return bench.do(job_of(studies, query)).found.money("cost_per_family_helped")["posts"]

    def forward(query: str) -> float:
        study = studies.at(query)[0]
        scenario = load(study.file)
        return scenario.deflators[scenario.price_year] / scenario.deflators["2013/14"]

    later = f"prices={LATER}"
    assert posts(later) / posts("") == pytest.approx(forward(later) / forward(""), rel=1e-9)
    assert posts(f"{later}&post_price=7850") == pytest.approx(2 * posts(later), rel=1e-9)
    own, other = (
        next(one for one in studies.levers(studies.at(query)[0]) if one.name == "post_price") for query in ("", later)
    )
    assert (own.price_year, own.default, own.low) == (other.price_year, other.default, other.low)
    assert own.price_year == "2013/14"


def test_what_another_study_has_not_is_put_back_and_said(studies):
    study, at, problem = studies.nearest(f"discount=green_book_2026&caseload=8&prices={LATER}")
    assert (study.price_year, at.values, problem) == ("2024/25", {"caseload": 8.0, "prices": LATER}, "")
    study, at, problem = studies.nearest("discount=green_book_2026&caseload=8")
    assert at.values == {"caseload": 8.0}
    assert "discount: must be one of" in problem
    assert studies.nearest("area=../../etc")[:2] == (studies.opened, Position())
    for query in ("area=south", "prices=1999", "prices=../today"):
        with pytest.raises(ModelError, match="must be one of"):
            studies.at(query)


def test_names_of_places():
    assert place("kingston_upon_hull_city_of") == "Kingston upon Hull City of"
