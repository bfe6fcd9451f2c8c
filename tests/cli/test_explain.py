"""What ``families explain`` says of a figure is what stands in the config and in the results, and nothing else."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.config.loading import load
from sim.config.views.explained import explain
from sim.config.views.register import register
from sim.errors import ModelError
from sim.exhibits.numbers import pounds
from sim.exhibits.terminal import PAGE
from tests.plain_runs import run_plainly


@pytest.fixture(scope="module", autouse=True)
def _loaded_once() -> Iterator[None]:
    """Translate each config once; it takes most of what a question takes, and is the same for all."""
    loaded = functools.cache(load)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.config.views.explained.load", lambda path, sets: loaded(path, tuple(sets)))
        yield


def said(*words: str) -> str:
    """Give what the program prints, its lines joined."""
    result = CliRunner().invoke(app, ["explain", *words])
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines())) <= PAGE
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a small run with another caseload."""
    place = tmp_path_factory.mktemp("finished") / "out"
    words = ["demo", "--set", "units.family.size=300", "--set", "parameters.kw_caseload.value=8"]
    made = run_plainly(*words, "--replications", "1", "--totals", "--quiet", "--out", str(place))
    assert made.exit_code == 0, made.output
    return place


def test_a_figure_is_told_as_the_register_has_it() -> None:
    entry = next(one for one in register("national") if one.path == "parameters.kw_caseload.value")
    told = said("kw_caseload")
    assert f"value {entry.written} {entry.unit} range 5 to 12 {entry.unit} source {entry.source}" in told
    assert f"set in {entry.origin}" in told or "configs/model/services.yaml" in told


def test_what_it_moves_is_what_names_it_also_through_other_parameters() -> None:
    """Held against the compiled model: every effect that reads the caseload, or what is worked out of it."""
    found = explain("national", "kw_caseload")
    model = found.scenario.worlds[0].model
    names = {"kw_caseload"}
    while more := {p.name for p in model.parameters.values() if p.expression.names & names} - names:
        names |= more
    assert set(found.through) == names - {"kw_caseload"}
    expected = {e.name for e in model.effects if (e.times.names | e.when.names) & names}
    assert set(found.moves["effects"]) == expected
    assert "keyworker (team.caseload)" in found.moves["services"]
    assert "care: in_need -> looked_after" in found.moves["steps between states"]


def test_readings_and_regimes_that_set_it_otherwise_are_named() -> None:
    found = explain("national", "kw_care")
    assert set(found.readings) == {"measured", "measured_face_value"}
    assert "as measured, 2015-20: " in said("kw_care")


def test_the_whole_path_and_a_part_of_it_are_the_same() -> None:
    whole = explain("national", "services.keyworker.engaged.mean")
    assert explain("national", "keyworker.engaged") == whole
    assert whole.moves == {"services": ("keyworker (engaged)", "keyworker (engaged.stages)")}


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    said = "no figure 'kw_caselod' with a source, a range or a reason; did you mean 'kw_caseload'"
    with pytest.raises(ModelError, match=said):
        explain("national", "kw_caselod")


def test_several_are_all_listed() -> None:
    with pytest.raises(ModelError) as refused:
        explain("national", "children looked after")
    text = str(refused.value)
    assert "is in 2 figures" in text
    assert all(f"costs.children looked after.{part}.value: " in text for part in ("price", "times"))


def test_results_say_what_the_run_had_and_no_more(finished: Path) -> None:
    told = said("kw_caseload", "demo", "--results", str(finished))
    assert "value 8 families (here 6 families; from --set parameters.kw_caseload.value=8)" in told
    assert "no result of this run says what it does alone" in told


def test_a_price_reaches_its_line_of_the_ledger(finished: Path) -> None:
    line = "children looked after"
    with (finished / "ledger.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if (row["line"], row["ledger"], row["regime"]) == (line, "narrow", "siloed")
        ]
    total = sum(float(row["mean"]) for row in rows)
    told = said("children looked after.price", "demo", "--results", str(finished))
    assert f"{line}, today's services (as measured, 2015-20): {pounds(total)} over the run" in told
    assert "(as here; " in told


def test_a_run_without_the_figure_says_so(finished: Path) -> None:
    assert "the run has no such figure" in said("kits watched.price", "telecare", "--results", str(finished))
