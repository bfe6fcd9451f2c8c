"""Runs that go on until a figure is known closely enough: the bytes of a run of so many, and what they refuse.

The reason is that of ``test_resume``: a replication hangs on the seed and its number alone, so that a run that
looked at its results on the way is the run of as many replications; only the record of the rule tells them apart.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.economics.summary import summarise
from sim.economics.value.accounts import answers
from sim.economics.value.terms import terms_of
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.report.page.replications import reached
from sim.results.facts import facts_of, written
from sim.results.folder.run_record import run_record
from sim.results.folder.store import write_results
from sim.runs.resume import Work, at_work
from sim.runs.until.rule import rule_of
from sim.runs.until.running import Look, Reached, run_until
from sim.runs.until.stopping import Limits
from tests.places import KEY_WORKERS

SETS = [
    "units.family.size=60", "clock.steps=22", "appraisal.answer={at: 12, follow_up: 12, entry: 3}",
    "regimes.with_key_workers.set.\"services.keyworker.team.workers\"={total: 2}",
]  # fmt: skip
CLOSE, HOPELESS = "saved_per_family_helped within 35%", "bcr within 0.0001%"


def of(replications: int) -> Scenario:
    return sim.load(KEY_WORKERS, [*SETS, f"replications={replications}"])


def write(work: Work) -> dict[str, Any]:
    with work.staged() as folder, work.assembled(folder) as ds:
        summary = summarise(ds)
        write_results(folder, ds, summary, run_record(work.scenario, work.identity.code))
    return summary


def until(
    folder: Path, *rules: str, most: int = 40, resume: bool = False, workers: int = 1
) -> tuple[Reached, dict[str, Any] | None]:
    """Run until the rules are met, as the command does."""
    scenario = of(most)
    with at_work(folder, scenario, resume=resume, rows=False, tell=lambda _: None) as work:
        found = run_until(
            work, [rule_of(rule, scenario) for rule in rules], Limits(10, most), partial(work.simulate, workers),
            lambda _: None,
        )  # fmt: skip
        if work.is_finished:
            return found, None
        work.scenario = replace(work.scenario, resolved=of(found.replications).resolved, until=found.records())
        return found, write(work)


def once(folder: Path, replications: int) -> None:
    with at_work(folder, of(replications), rows=False, tell=lambda _: None) as work:
        work.simulate()
        write(work)


def assert_same_but_for_the_rule(one: Path, other: Path) -> None:
    assert (one / "sums.nc").read_bytes() == (other / "sums.nc").read_bytes()
    tables = [xr.load_dataset(folder / "results.nc") for folder in (one, other)]
    assert "until" in tables[0].attrs
    assert "until" not in tables[1].attrs
    del tables[0].attrs["until"]
    xr.testing.assert_identical(*tables)
    summaries = [json.loads((folder / "summary.json").read_text()) for folder in (one, other)]
    for summary in summaries:
        summary.pop("until", None)
        summary.pop("timing")
    assert summaries[0] == summaries[1]
    records = [json.loads((folder / "run.json").read_text()) for folder in (one, other)]
    assert records[0]["config"] == records[1]["config"]
    assert records[0]["replications"] == records[1]["replications"]


def test_run_that_stops_when_it_knows_enough_is_the_run_of_as_many(tmp_path: Path) -> None:
    found, summary = until(tmp_path / "until", CLOSE)
    assert found.looks[-1][0].is_enough
    assert 10 < found.replications < 40  # more than one look, or this would show little
    once(tmp_path / "once", found.replications)
    assert_same_but_for_the_rule(tmp_path / "until", tmp_path / "once")
    assert summary is not None
    record = summary["until"][0]
    told = summary["answer"]["with_key_workers/as_is"]["one_episode"]["saved_per_family_helped"]["narrow"]
    assert record["mean"] == told["mean"]
    assert record["half_width"] == pytest.approx(told["high"] - told["mean"])
    assert record["half_width"] <= 0.35 / 1.35 * abs(told["mean"])
    assert [look["replications"] for look in record["looks"]] == [look[0].replications for look in found.looks]
    assert "Known closely enough" in reached(summary)[0]
    assert "after " + str(found.replications) in reached(summary)[0]


@pytest.mark.slow
def test_finished_results_are_kept_and_grow_to_the_same(tmp_path: Path) -> None:
    once(tmp_path / "grown", 12)
    found, summary = until(tmp_path / "grown", HOPELESS, most=16, resume=True, workers=2)
    assert found.kept == found.looks[0][0].replications == 12
    assert found.replications == 16
    assert not found.looks[-1][0].is_enough
    once(tmp_path / "once", 16)
    assert_same_but_for_the_rule(tmp_path / "grown", tmp_path / "once")
    assert summary is not None
    assert summary["until"][0]["reached"] is False
    assert "Not known closely enough" in reached(summary)[0]
    assert until(tmp_path / "once", "saved_per_family_helped within £1,000,000", resume=True)[1] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("saved_per_family_helped", "write FIGURE within AMOUNT"),
        ("saved_per_family_helped within £2%", "no width above 0"),
        ("saved_per_family_helped within 0%", "no width above 0"),
        ("looked_after_per_1000 within 2%", "names no figure that has an interval"),
        ("nowhere.bcr within 2%", "names 'nowhere'; there is with_key_workers/as_is"),
        ("bcr.wide within 2%", "names 'wide'; there is narrow"),
        ("a.b.c.bcr within 2%", "names no figure"),
    ],
)
def test_rules_that_name_nothing_are_refused(text: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        rule_of(text, of(20))


def test_parts_of_a_rule_that_are_left_out_are_the_headlines() -> None:
    short = rule_of("break_even_price within £1,200.50", of(20))
    full = rule_of("with_key_workers/as_is.one_episode.break_even_price.narrow within 1200.5", of(20))
    assert replace(short, text="") == replace(full, text="")
    assert rule_of("programme.bcr within 5%", of(20)).account == "programme"
    with pytest.raises(ModelError, match=r"no answer to hold it to: the config has no appraisal\.answer"):
        rule_of(CLOSE, sim.load(KEY_WORKERS))


def test_what_is_known_closely_is_known_on_its_wider_side_against_chance_alone() -> None:
    """A ratio's interval reaches further on one side; draws of the inputs say nothing of the replications needed."""
    scenario = of(6)
    ds = sim.simulate(scenario, rows=False)
    rule = rule_of("bcr within 5%", scenario)
    account = answers(ds, terms_of(ds))[0].accounts[0]
    bcr = account.worth["narrow"].bcr
    assert bcr.low is not None
    assert bcr.high is not None
    sides = bcr.mean - bcr.low, bcr.high - bcr.mean
    assert max(sides) > 1.02 * min(sides)
    assert rule.found(ds) == pytest.approx((bcr.mean, max(sides)))
    drawn = {"low": bcr.mean - 9, "high": bcr.mean + 9, "mean": bcr.mean, "central": bcr.mean}
    told = {"figures": {"bcr": {"narrow": drawn}}, "turns_on": {}, "evpi": {}, "beside": {}}
    doubt = {rule.world: {"made": {}, "accounts": {account.name: told}}}
    doubtful = ds.assign_attrs(written(replace(facts_of(ds), doubt=doubt)))
    assert rule.found(doubtful) == rule.found(ds)


@pytest.mark.parametrize(
    ("text", "within", "wanted"),
    [("bcr within 5%", 0.1, 2 * 0.05 / 1.05), ("programme.break_even_price within £200", 200.0, 200.0)],
)
def test_what_is_kept_of_a_rule_says_how_close_it_asks_for(text: str, within: float, wanted: float) -> None:
    """Of a figure of -2: a share of its size, or pounds as they stand."""
    look = Look(rule_of(text, of(20)), 20, -2.0, 0.5)
    (record,) = Reached(((look,),), Limits(10, 40), 0).records()
    assert (record["within"], record["wanted"]) == pytest.approx((within, wanted))


def test_options_that_do_not_go_together_are_refused_with_nothing_written(tmp_path: Path) -> None:
    command = ["run", str(KEY_WORKERS), "--out", str(tmp_path / "out")]
    for more, said in (
        (["--until", CLOSE, "--replications", "4"], "leave out --replications"),
        (["--at-least", "30"], "go with --until"),
        (["--until", CLOSE, "--solver", "expect"], "no chance in them"),
        (["--until", CLOSE, "--at-most", "5"], "below --at-least"),
    ):
        done = CliRunner().invoke(app, [*command, *more])
        assert done.exit_code == 2
        assert said in done.output
    assert not (tmp_path / "out").exists()
