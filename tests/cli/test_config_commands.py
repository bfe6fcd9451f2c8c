"""What check, show, new, schema and list say; and the estimate that refuses the absurd before anything is allocated.

Expected sizes follow the formula in sim/config/check/limits.py: every one is proportional to replications and worlds.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sim.cli.check import check
from sim.cli.list import listing
from sim.cli.new import new
from sim.cli.show import show
from sim.config import load
from sim.config.views.causal_loops import causal_graph, loops_of
from sim.config.views.drawing import as_mermaid
from sim.errors import ModelError


def test_check_says_what_there_is_and_what_a_run_needs(valid: Path) -> None:
    report = check(valid)
    assert "nothing wrong was found" in report
    assert "rows: 100 of family in 2 areas" in report
    assert "from 2011-04, points counted: end, first cycle 0" in report
    assert "today (step 0, finish), more (step 12, finish); baseline today" in report
    assert re.search(
        r"a run needs about [\d.]+ seconds on one core, \d+ MB of memory and [\d.]+ MB of disk\n"
        r"of it [\d.]+ seconds? simulating, [\d.]+ seconds? tables and figures\n",
        report,
    )


def test_check_says_how_replications_are_shared_out(valid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(config: str | Path, *sets: str, cores: int = 4) -> str:
        monkeypatch.setattr(os, "cpu_count", lambda: cores)
        return next(line for line in check(config, sets).splitlines() if line.startswith("--workers"))

    large = ("units.family.size=3000000", "replications=2")
    assert re.fullmatch(
        r"--workers 4: each replication is cut by areas into 2 parts, [\d.]+ [MG]B each at most", said(valid, *large)
    )
    assert "run whole" in said(valid, *large, cores=2)
    assert "parts would save less than a tenth" in said(valid, "replications=2")
    assert "see --totals" in said(valid, "units.family.size=3000000", "replications=1")
    assert "(there is one area)" in said("one_area", "queues=teams", "replications=2")
    of_each = [re.findall(r"([\d.]+) ([MG])B each", said(valid, *large, cores=n))[0] for n in (2, 4)]
    memory = [float(size) * {"M": 1.0, "G": 1000.0}[unit] for size, unit in of_each]
    assert memory[1] < memory[0]


def test_check_notes_what_may_be_an_oversight(valid: Path) -> None:
    report = check(valid, ["services.keyworker.team=null"])
    assert "note: nothing uses: parameters.doubled" in report
    assert "note: service 'keyworker' has no team, so its places have no limit" in report


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("caseload: 6", "caseload: doubled"),
        ("contact_hours: 3", "contact_hours: doubled"),
        ("north: 0.5, south: 0.5", "north: 1 - doubled, south: doubled"),
        ("absent -> present: 0.2", "absent -> present: doubled"),
        ("today: {}", "today: {set: {services.keyworker.team.caseload: doubled}}"),
    ],
)
def test_a_parameter_that_becomes_a_number_is_used(tmp_path: Path, valid: Path, written: str, instead: str) -> None:
    """Where a number is needed the parameter is worked out once, and the model knows its name no more."""
    text = valid.read_text(encoding="utf-8").replace("priority:", "contact_hours: 3\n    priority:")
    assert written in text
    path = tmp_path / "used.yaml"
    path.write_text(text.replace(written, instead), encoding="utf-8")
    assert not load(path).cautions


def test_a_parameter_that_only_an_unused_one_reads_is_not_used(tmp_path: Path, valid: Path) -> None:
    path = tmp_path / "unused.yaml"
    text = valid.read_text(encoding="utf-8").replace("  doubled: worsening * 2\n", "  one: 1\n  two: one * 2\n")
    path.write_text(f"{text}seed: 2\n", encoding="utf-8")
    top = tmp_path / "top.yaml"
    top.write_text("extends: unused.yaml\n", encoding="utf-8")
    assert load(top).cautions == ("nothing uses: parameters.one, parameters.two",)


def test_show_says_where_each_value_came_from(valid: Path) -> None:
    text = show(valid, ["seed=7"])
    assert "seed: 7  # from --set seed=7" in text
    assert "steps: 24  # from tests/config/valid.yaml:3:45" in text or "valid.yaml:3:45" in text


def test_show_draws_chains_effects_and_loops(valid: Path) -> None:
    looped = ["effects=[{name: back, on: need.any, when: crisis == acute, times: 2}]"]
    text = show(valid, looped, "text")
    assert "need (each family; rates a year): absent | present" in text
    assert "  away -> home: 0.2" in text
    assert "need hurts: crisis (2 moves) x 1.8 while need == present" in text
    model = load(valid, ["effects.need hurts.on=[crisis.worsen]"]).worlds[0].model
    assert not any("need" in loop.names for loop in loops_of(causal_graph(model)))
    mermaid = as_mermaid(model)
    assert mermaid.startswith("flowchart LR\n  subgraph need\n    need_absent[absent]")
    assert 'need -. "+ need hurts" .-> crisis' in mermaid


def test_loops_are_found(tmp_path: Path, valid: Path) -> None:
    top = tmp_path / "loop.yaml"
    top.write_text(
        f"extends: {valid.resolve()}\neffects: [{{name: back, on: need.any, when: crisis == acute, times: 2}}]\n",
        "utf-8",
    )
    loops = loops_of(causal_graph(load(top).worlds[0].model))
    assert any(loop.names == ("need", "crisis", "need") for loop in loops)


def test_new_writes_a_starter_that_loads_and_never_overwrites(tmp_path: Path) -> None:
    path = new("my_model", tmp_path)
    assert [world.name for world in load(path).worlds] == ["today", "more_workers"]
    before = path.read_bytes()
    with pytest.raises(ModelError, match="this file is there already"):
        new("my_model", tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-x", "a b", "x" * 5000])
def test_new_refuses_names_that_are_no_file_names(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        new(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_library_is_listed() -> None:
    listed = dict(listing())
    assert listed["textbook/regular"] == "Regular chain"


def test_a_name_is_found_in_the_configs_of_the_working_folder_first(
    tmp_path: Path, valid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "configs" / "scenarios").mkdir(parents=True)
    own = valid.read_text(encoding="utf-8").replace("A model with everything", "My own nation")
    (tmp_path / "configs" / "scenarios" / "national.yaml").write_text(own, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load("national").title.startswith("My own nation")


def test_the_absurd_is_refused_with_time_and_memory(valid: Path) -> None:
    with pytest.raises(
        ModelError, match=r"this study needs about .* years on one core, .* GB of memory and .* of disk"
    ):
        load(valid, ["units.family.size=1e9", "clock.steps=1e6", "replications=1000"])
