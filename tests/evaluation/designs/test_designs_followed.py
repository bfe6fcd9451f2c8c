"""Designs on families followed through a small run of the default model, by referral rule, and what is written of them.

Theory: where nothing helps the truth is exactly 0 whatever a design reports; a rule moves the order of one queue and
nothing else; first come, first served admits nobody who joined after somebody who still waits; and lots drawn afresh
depend on the replication alone.
"""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import sim
from sim.console.errors import plainly
from sim.engine.people.population import make_population
from sim.errors import ModelError
from sim.evaluation.designs.answer import Evaluated, evaluate_designs
from sim.evaluation.designs.bias import REGRESSION
from sim.evaluation.designs.command import command
from sim.evaluation.designs.controls import ASKED, CONTROLS
from sim.evaluation.designs.designs import DESIGNS
from sim.evaluation.designs.exhibits import plot_causes, plot_designs, write_evaluated
from sim.evaluation.designs.question import run, run_controls, window_of
from sim.evaluation.designs.words import because, control_tables, verdict_tables
from sim.evaluation.trial.matching import Matching
from sim.evaluation.trial.panel import follow
from sim.evaluation.trial.referral import CONFIGURED, LONGEST_WAIT, RANDOM, Lottery, with_rule
from sim.model.spec import Scenario
from sim.model.titles import Titles
from sim.runs.replications import pared
from tests.clear_text import faults_of

SETS = ["clock.steps=48", "effect_set=[no_effect]"]
WORLD = "integrated/no_effect"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return pared(sim.load("demo", SETS), ("siloed", "integrated"), ("no_effect",), 26)


@pytest.fixture(scope="module")
def found() -> Evaluated:
    return run("demo", SETS, outcomes=["in_crisis", "looked_after"], rules=[CONFIGURED, RANDOM], replications=1)


def test_where_nothing_helps_the_truth_is_nothing_and_before_and_after_says_otherwise(found: Evaluated) -> None:
    assert len(found.verdicts) == 2 * 2 * len(DESIGNS)
    for one in found.verdicts:
        assert one.truth.mean == 0.0
        if np.isfinite(one.bias.mean):
            assert sum(part.mean for part in one.causes.values()) == pytest.approx(one.bias.mean, abs=1e-12)
    crisis = [v for v in found.verdicts if (v.outcome, v.design) == ("in_crisis", "before_after")]
    for one in crisis:  # families are chosen in crisis, and crises pass
        assert one.causes[REGRESSION].mean < -0.05
        assert "regression to the mean" in because(one)


def test_lots_take_on_less_frail_families_than_crisis_first(found: Evaluated) -> None:
    """By lot they are as frail as the list; some 550 of each, with a deviation of 0.65: two errors are about 0.08."""
    frail = {v.rule: v.frailty_served.mean for v in found.verdicts if v.design == "before_after"}
    assert frail[CONFIGURED] > frail[RANDOM] > 1.1
    lists = {v.rule: v for v in found.verdicts if (v.outcome, v.design) == ("in_crisis", "changes")}
    assert abs(lists[RANDOM].frailty_served.mean - lists[RANDOM].frailty_other.mean) < 0.12


def test_a_rule_changes_the_order_of_one_queue_and_nothing_else(scenario: Scenario) -> None:
    """The baseline's families and everybody before the start live the same lives; nobody is admitted out of turn."""
    panels = {
        rule: follow(with_rule(scenario, WORLD, rule, 0), 0, [WORLD, "siloed/no_effect"], 0, 26)
        for rule in (CONFIGURED, LONGEST_WAIT)
    }
    for name in ("hub", "care", "generation"):
        same = [getattr(panels[rule]["siloed/no_effect"], name) for rule in panels]
        assert np.array_equal(*same), name
    one, other = (panels[rule][WORLD].programme for rule in panels)
    assert not np.array_equal(one, other)
    model = scenario.worlds[0].model
    waits = next(c for c in model.chains if c.name == "keyworker").states.index("waiting")
    root = make_population(model, scenario.seed, 0).rows["family"]
    area = root.area[np.flatnonzero(root.ids >= 0)]
    assert _out_of_turn(panels[LONGEST_WAIT][WORLD], waits, area) == 0
    assert _out_of_turn(panels[CONFIGURED][WORLD], waits, area) > 0


def _out_of_turn(panel: sim.evaluation.trial.panel.Panel, waits: int, area: np.ndarray) -> int:
    """Count those admitted in a month who joined after somebody of their area who still waits."""
    on_list, before = panel.programme == waits, 0
    joined = np.zeros(on_list.shape[1], int)
    for t in range(1, len(on_list)):
        joined = np.where(on_list[t] & ~on_list[t - 1], t, joined)
        admitted = on_list[t - 1] & panel.helped[t]
        for place in np.unique(area):
            waiting = joined[on_list[t] & (area == place)]
            if len(waiting):
                before += int((joined[admitted & (area == place)] > waiting.min()).sum())
    return before


def test_lots_are_drawn_afresh_and_depend_on_the_replication_alone() -> None:
    waiting = {"crisis": np.zeros(4000, np.int64)}
    lottery = Lottery(stream=5)
    first, second = lottery(waiting), lottery(waiting)
    assert np.array_equal(first, Lottery(stream=5)(waiting))
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(4000)
    assert abs(np.mean(first) / 1023 - 0.5) < 4 * np.sqrt(1 / 12 / 4000)


def test_what_cannot_be_asked_is_refused(scenario: Scenario) -> None:
    with pytest.raises(ModelError, match="the referral rule 'by letter'; it may be one of: configured"):
        with_rule(scenario, WORLD, "by letter")
    for given, message in (
        ({"outcomes": ["joy"]}, "the outcome 'joy'; it may be: in_crisis"),
        ({"outcomes": []}, "the outcome ''; it may be: in_crisis"),
        ({"rules": ["by letter"]}, "the referral rule 'by letter'; it may be: configured"),
        ({"regime": "siloed"}, "is the baseline, in which nobody is helped"),
        ({"effect_sets": ["hope"]}, "under the evidence set 'hope'"),
        ({"months": (24, 13)}, "given months 24 to 13 after entry; they run from 1 to 24"),
        ({}, r"clock\.steps is 26; following families for 24 months needs 48"),
    ):
        with pytest.raises(ModelError, match=message):
            evaluate_designs(scenario, **{"regime": "integrated", "effect_sets": ["no_effect"], **given})
    with pytest.raises(ModelError, match="no regime 'utopia'; the study has siloed"):
        run("demo", SETS, regime="utopia")
    with pytest.raises(ModelError, match="such as 13-24"):
        window_of("the second year")


def test_the_folder_holds_a_page_of_its_own_and_every_digit(found: Evaluated, tmp_path: Path) -> None:
    write_evaluated(tmp_path, found)
    with (tmp_path / "evaluate.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.verdicts)
    assert float(rows[0]["reported"]) == found.verdicts[0].reported.mean
    kept = json.loads((tmp_path / "evaluate.json").read_text(encoding="utf-8"))
    assert kept["verdicts"][0]["design"] == "before_after"
    page = (tmp_path / "evaluate.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 4  # two pictures, each for a desk and for a phone
    one_rule = [verdict for verdict in found.verdicts if verdict.rule == found.verdicts[0].rule]
    assert faults_of(plot_designs, found.verdicts) + faults_of(plot_causes, one_rule) == []
    assert "src=" not in page
    assert "regression to the mean" in page
    again = tmp_path / "again"
    write_evaluated(again, found)
    for name in ("evaluate.csv", "evaluate.html", "evaluate.json"):
        assert (again / name).read_bytes() == (tmp_path / name).read_bytes()


def test_controls_are_one_change_apart_and_each_changes_what_it_says() -> None:
    """What becomes of those whom help reaches changes no weight; knowing frailty takes its difference away."""
    made = run_controls("demo", SETS, replications=1)["no_effect"]
    of = dict(zip(CONTROLS.values(), made, strict=True))
    now = Matching("everybody", history=False)
    alike = {now: of[now], Matching(): of[Matching()]}
    for matching, one in of.items():
        kept = alike.get(replace(matching, reached="kept"), one)
        assert (one.reached.mean, one.families.mean) == (kept.reached.mean, kept.families.mean)
        assert 0 < one.reached.mean < 1
    assert abs(of[Matching("everybody", frailty=True)].frailty.mean) < 0.002 < abs(of[now].frailty.mean)
    assert of[now].found != of[replace(now, reached="dropped")].found
    titles = Titles(sets={"no_effect": "help changes nothing (2016)"})
    ratios, comparisons = control_tables(made, "no_effect", 1, titles)
    assert ratios.title == "Ratios that each design finds (help changes nothing, 2016)"
    assert len(ratios.rows) == len(CONTROLS) * len(ASKED)
    assert [row[0] for row in comparisons.rows] == list(CONTROLS)


def test_tables_and_figures_say_every_design(found: Evaluated) -> None:
    tables = verdict_tables(found)
    assert [table.title for table in tables] == [
        "Families in crisis (help changes nothing, 2016), points",
        "Children looked after (help changes nothing, 2016), points",
    ]  # fmt: skip
    assert [row[1] for row in tables[0].rows[:5]] == [design.title for design in DESIGNS]
    assert len(plot_designs(found.verdicts).axes) == 2
    with pytest.raises(ValueError, match="no evidence set"):
        plot_designs([])


def test_the_command_refuses_in_plain_words(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(plainly(command))
    said = CliRunner().invoke(app, ["demo", "--rule", "by letter", "--out", str(tmp_path)])
    assert said.exit_code == 2
    assert "it may be: configured, longest_wait, random" in said.output
    said = CliRunner().invoke(app, ["demo", "--controls", "--rule", "random"])
    assert said.exit_code == 2
    assert "leave out --outcome, --rule and --months" in " ".join(said.output.split())
    (tmp_path / "evaluate.csv").write_text("x")
    said = CliRunner().invoke(app, ["demo", "--out", str(tmp_path)])
    assert said.exit_code == 2
    assert "--force" in said.output
    assert (tmp_path / "evaluate.csv").read_text() == "x"
