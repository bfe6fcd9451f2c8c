"""A bridge from a study to a published ratio: both orders lead to one place, and every change is told."""

import re
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.cli.check import check
from sim.config.views.recorded import names_bridge
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.report.extras import read_extras
from sim.report.figures.evidence.bridge import bridge_rows, bridge_table, plot_bridge
from sim.results.folder.beside import BRIDGE, Bridge
from sim.results.folder.files import write_json
from sim.results.folder.manifest import MANIFEST
from sim.studies.bridge import keeping, question
from sim.studies.bridge.keeping import keep, kept, lay_beside
from sim.studies.bridge.question import bridge, cross, named_way
from tests.clear_text import faults_of

TOY = """
title: A toy with a bridge
extends: [demo, appraisal/answer]
sources: optional
effect_set: [measured, no_effect]
replications: 2
clock: {steps: 40}
units: {family: {size: 60, warm_up: 1 month}}
appraisal:
  bridge:
    start: {title: the programme, account: programme, effect_set: measured}
    steps:
      - {title: one episode, account: one_episode}
      - {title: assessed once, set: {parameters.assessments_each: 0.1}}
      - {title: nothing helps, effect_set: no_effect}
    published: {value: 1.51, source: F8}
    remains: what this toy does not hold
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bridge") / "toy.yaml"
    path.write_text(TOY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def found(config: Path) -> Bridge:
    return bridge(config)


def test_both_orders_begin_and_end_in_the_same_place_and_close_with_what_remains(found: Bridge) -> None:
    assert found.forwards[0] == found.backwards[0]
    ends = [(one.saved, one.cost, one.ratio) for one in (found.forwards[-1], found.backwards[-1])]
    assert ends[0] == ends[1]
    assert [one.title for one in found.forwards[1:]] == [one.title for one in found.backwards[:0:-1]]
    rows = bridge_rows(found)
    change, way = rows.columns.index("change"), rows.columns.index("order")
    for order, stations in (("forwards", found.forwards), ("backwards", found.backwards)):
        changes = [row[change] for row in rows.rows if row[way] == order and row[change] is not None]
        assert stations[0].ratio.mean + sum(changes) == pytest.approx(found.published, abs=1e-12)


def test_each_station_is_what_a_run_of_its_own_says(found: Bridge, config: Path) -> None:
    sets = ["parameters.assessments_each=0.1", "effect_set=[measured]"]
    answer = sim.summarise(sim.simulate(sim.load(config, sets)))["answer"]["integrated/measured"]["one_episode"]
    told = found.forwards[2]
    assert told.saved.mean == answer["saved_per_family_helped"]["narrow"]["mean"]
    assert told.cost.mean == answer["cost_per_family_helped"]["narrow"]["mean"]
    assert told.ratio.mean == answer["bcr"]["narrow"]["mean"]


def test_where_nothing_helps_nothing_is_saved(found: Bridge) -> None:
    assert found.forwards[-1].saved.mean == 0
    assert found.backwards[1].title == "nothing helps"
    assert found.backwards[1].ratio.mean == 0
    assert found.unexplained == 1.51


def test_the_table_the_figure_and_the_report_tell_it(found: Bridge, tmp_path: Path) -> None:
    table = bridge_table(found)
    assert len(table.rows) == 2 * (len(found.forwards) + 1)
    assert len(plot_bridge(found).axes) == 2
    assert faults_of(plot_bridge, found) == []
    write_json(tmp_path / BRIDGE, found.to_dict())
    assert read_extras(tmp_path).bridge == found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("account: one_episode", "account: one_year", "toy.yaml:13:39: appraisal.bridge.steps.0.account"),
        ("title: nothing helps, effect_set: no_effect", "title: nothing helps", "changes nothing"),
        ("title: nothing helps, effect_set: no_effect", "title: x, account: all_help", "changes 'account' as step 1"),
        ("value: 1.51, source: F8", "value: 1.51", "needs its 'source'"),
        ("{parameters.assessments_each: 0.1}", "{parameters.asessments_each: 0.1}", "did you mean"),
        ("effect_set: no_effect}\n    pub", "effect_set: no_efect}\n    pub", "no_efect"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_before_any_run(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TOY
    path = tmp_path / "toy.yaml"
    path.write_text(TOY.replace(old, new), encoding="utf-8")
    with pytest.raises(ModelError, match=r"toy\.yaml:1") as refused:
        bridge(path)
    assert said in str(refused.value)
    with pytest.raises(ModelError, match=re.escape(str(refused.value))):
        check(path)


def test_a_config_without_a_bridge_is_refused() -> None:
    with pytest.raises(ModelError, match=r"no 'appraisal\.bridge'"):
        bridge("demo")


@pytest.fixture(scope="module")
def ran(config: Path) -> tuple[Scenario, xr.Dataset]:
    scenario = sim.load(config)
    return scenario, question.simulate(scenario, rows=False)


def test_a_state_that_the_study_has_already_is_read_and_not_run(
    config: Path, found: Bridge, ran: tuple[Scenario, xr.Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toy's own run has two of its four states; the others are one run, both readings beside each other."""
    asked = []
    simulate = question.simulate

    def counted(scenario: Scenario, *args: Any, **kwargs: Any) -> xr.Dataset:
        asked.append(sorted({world.effect_set for world in scenario.worlds}))
        return simulate(scenario, *args, **kwargs)

    monkeypatch.setattr(question, "simulate", counted)
    assert cross(named_way(config), ran[1]) == found
    assert asked == [["measured", "no_effect"]]


def test_what_is_kept_is_taken_by_the_same_study_and_by_no_other(
    config: Path, found: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "configs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert kept(named_way(config)) is None
    assert keep(named_way(config), found) == Path("configs/bridges/toy.json")
    assert kept(named_way(config)) == found
    assert kept(named_way(config, ["replications=3", "seed=2"])) == found  # more of the same, as with draws
    for change in ("units.family.size=61", "parameters.assessments_each.value=0.7", "appraisal.bridge.remains=nothing"):
        assert kept(named_way(config, [change])) is None, change


def test_a_small_study_has_it_beside_its_results_without_being_asked(
    found: Bridge, ran: tuple[Scenario, xr.Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lay_beside(tmp_path, *ran, whatever_it_takes=False) == found
    assert read_extras(tmp_path).bridge == found
    monkeypatch.setattr(keeping, "is_small", lambda scenario: False)
    monkeypatch.setattr(keeping, "cross", lambda *args: found)
    (tmp_path / BRIDGE).unlink()
    assert lay_beside(tmp_path, *ran, whatever_it_takes=False) is None
    assert not (tmp_path / BRIDGE).exists()
    assert lay_beside(tmp_path, *ran, whatever_it_takes=True) == found
    assert read_extras(tmp_path).bridge == found


def test_a_report_without_it_gives_the_command() -> None:
    assert names_bridge({"config": TOY})
    assert not names_bridge({"config": "title: none"})
    assert not names_bridge({"config": "appraisal: {horizon: 3}"})


@pytest.mark.slow
def test_the_report_of_a_run_shows_it_or_says_how(
    config: Path, found: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> dict[str, str]:
        made = CliRunner().invoke(app, ["run", str(config), "--out", str(tmp_path / "out"), "--quiet", "--force"])
        assert made.exit_code == 0, made.output
        return {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.[hjc]*")}

    made, title = run(), bridge_table(found).title
    assert "bridge.csv" in made[MANIFEST]
    assert len(made["bridge.csv"].splitlines()) == 1 + len(bridge_rows(found).rows)
    assert title in made["report.html"]
    monkeypatch.setattr(keeping, "is_small", lambda scenario: False)
    made = run()
    assert BRIDGE not in made
    assert title not in made["report.html"]
    assert "families report DIR --bridge" in made["report.html"]
