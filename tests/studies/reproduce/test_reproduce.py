"""A run made again: gaps of a known size are found where they are, with what differs in the making.

Folders of a small run are copied and one number is changed by a known amount: every expected gap is arithmetic.
The command itself runs a study in a process of its own, which is slow.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.config.views.recorded import made_differences
from sim.economics.summary import summarise
from sim.results.folder.beside import PACK, REPRODUCED, Reproduced
from sim.results.folder.files import write_json
from sim.results.folder.manifest import MANIFEST, seal, verify
from sim.results.folder.run_record import FURTHER, PACKAGES, flags_of, requirements, run_record, versions
from sim.results.folder.store import staged, write_dataset, write_results
from sim.studies.reproduce.answer import ROUNDING, Reproduction, hold_against
from sim.studies.reproduce.exhibits import gaps_table, made_table, sentences
from sim.studies.reproduce.question import keep, recorded, reproduce
from tests.places import ROOT, TOY

LEDGER = "line,mean,low\nposts,4000,3900\nmeetings,2,\n"
"""A table with a large and a small number, and a figure that is not known."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a results folder of a small run, without pictures."""
    folder = tmp_path_factory.mktemp("first") / "made"
    scenario = sim.load(TOY, ["replications=3"])
    ds = sim.simulate(scenario)
    with staged(folder) as fresh:
        write_results(fresh, ds, summarise(ds), run_record(scenario, "a" * 64, "b" * 64))
        (fresh / "ledger.csv").write_text(LEDGER, encoding="utf-8-sig")
    return folder


@pytest.fixture
def second(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first, tmp_path / "second"))


def record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "run.json").read_text(encoding="utf-8")))


def held(first: Path, second: Path) -> Reproduction:
    """Seal a folder that was changed and hold it against the first."""
    (second / MANIFEST).unlink()
    seal(second)
    a, b = record(first), record(second)
    return hold_against(first, second, a, b, tuple(made_differences(a, b)))


def changed_array(folder: Path, times: float) -> tuple[str, float, float]:
    """Multiply the largest number of an array; gives the array's name, and the number before and after."""
    with xr.open_dataset(folder / "results.nc", engine="netcdf4") as opened:
        ds = opened.load()
    name = max((str(n) for n in ds.data_vars if ds[n].dtype.kind == "f" and ds[n].size), key=lambda n: ds[n].size)
    values = ds[name].values.copy()
    at = np.unravel_index(np.argmax(np.abs(values)), values.shape)
    before = float(values[at])
    values[at] = before * times
    (folder / "results.nc").unlink()
    write_dataset(folder / "results.nc", ds.assign({name: (ds[name].dims, values)}))
    return name, before, float(values[at])


def test_a_copy_is_the_same_to_the_last_bit(first: Path, second: Path) -> None:
    found = held(first, second)
    assert found.verdict == "same"
    assert set(found.identical) == set(found.compared) >= {"results.nc", "summary.json", "ledger.csv"}
    assert found.gaps == found.made == ()
    assert next(sentences(found)).startswith("The same results, to the last bit")


def test_how_long_it_took_is_no_result(first: Path, second: Path) -> None:
    summary = json.loads((second / "summary.json").read_text(encoding="utf-8"))
    write_json(second / "summary.json", {**summary, "timing": {**summary["timing"], "engine_seconds": 1e6}})
    found = held(first, second)
    assert found.verdict == "same"
    assert "summary.json" not in found.identical


@pytest.mark.parametrize(("times", "verdict"), [(1 + 1e-12, "rounding"), (1 + 1e-6, "other"), (1.5, "other")])
def test_a_gap_in_an_array_has_its_place_and_its_size(first: Path, second: Path, times: float, verdict: str) -> None:
    name, before, after = changed_array(second, times)
    found = held(first, second)
    assert found.verdict == verdict
    (gap,) = found.gaps
    assert (gap.file, gap.part, gap.then, gap.now) == ("results.nc", name, before, after)
    assert gap.share == pytest.approx((times - 1) / times, rel=1e-3)  # of the larger of both, here the changed number
    assert (gap.share <= ROUNDING) == (verdict == "rounding")


def test_a_gap_in_a_column_is_a_share_of_its_largest_number(first: Path, second: Path) -> None:
    """Half a pound in a line of a few pounds is little beside the largest line of the column."""
    (second / "ledger.csv").write_text(LEDGER.replace("meetings,2,", "meetings,2.5,"), encoding="utf-8-sig")
    (gap,) = held(first, second).gaps
    assert (gap.file, gap.part, gap.then, gap.now, gap.share) == ("ledger.csv", "mean", 2.0, 2.5, 0.5 / 4000)
    (second / "ledger.csv").write_text(LEDGER.replace("meetings,2,", "meetings,2,1"), encoding="utf-8-sig")
    (gap,) = held(first, second).gaps
    assert (gap.part, gap.what) == ("low", "other figures are not known")


def test_other_rows_and_a_missing_file_are_other_results(first: Path, second: Path) -> None:
    text = (second / "ledger.csv").read_text(encoding="utf-8-sig")
    (second / "ledger.csv").write_text("\n".join(text.splitlines()[:-1]), encoding="utf-8-sig")
    (second / "sums.nc").unlink(missing_ok=True)
    (second / "new.csv").write_text("a\n1\n", encoding="utf-8")
    found = held(first, second)
    assert found.verdict == "other"
    assert {gap.file: gap.what.split()[0] for gap in found.gaps} == {"ledger.csv": "has", "new.csv": "was"}


def test_what_differs_in_the_making_is_named(first: Path, second: Path) -> None:
    run = record(second)
    write_json(second / "run.json", {**run, "versions": {**run["versions"], "numpy": "1.0"}, "platform": "elsewhere"})
    found = held(first, second)
    assert {what: now for what, _, now in found.made} == {"version of numpy": "1.0", "platform": "elsewhere"}
    assert found.verdict == "same"
    assert "it made no difference" in " ".join(sentences(found))
    assert len(made_table(found).rows) == 2


def test_a_gap_without_a_cause_is_called_a_fault(first: Path, second: Path) -> None:
    changed_array(second, 1.1)
    found = held(first, second)
    assert "fault of the program" in " ".join(sentences(found))
    assert gaps_table(found).rows[0][3] == "9.09%"  # 0.1 of 1.1


def test_some_replications_are_held_against_theirs(first: Path, tmp_path: Path) -> None:
    """A replication does not depend on how many there are: two of three give its numbers, and a change is found."""
    scenario = sim.load(TOY, ["replications=2"])
    ds = sim.simulate(scenario)
    with staged(tmp_path / "two") as fresh:
        write_results(fresh, ds, summarise(ds), run_record(scenario))
    found = hold_against(first, tmp_path / "two", record(first), record(tmp_path / "two"))
    assert (found.verdict, found.replications, found.of, found.compared) == ("same", 2, 3, ("results.nc",))
    with xr.open_dataset(tmp_path / "two" / "results.nc", engine="netcdf4") as opened:
        made = opened.load()
    name = next(str(n) for n in made.data_vars if "replication" in made[n].dims and made[n].dtype.kind == "f")
    (tmp_path / "two" / "results.nc").unlink()
    write_dataset(tmp_path / "two" / "results.nc", made.assign({name: made[name] + 1.0}))
    assert hold_against(first, tmp_path / "two", record(first), record(tmp_path / "two")).verdict == "other"


def test_what_was_found_is_kept_beside_the_results_and_the_pack_goes(first: Path, second: Path) -> None:
    for name in PACK:
        (second / name).write_text("of before", encoding="utf-8")
    found = held(first, second)
    assert keep(second / "run.json", found, record(second)) == second
    verify(second)
    assert not any((second / name).exists() for name in PACK)
    kept = json.loads((second / REPRODUCED).read_text(encoding="utf-8"))
    assert Reproduced.from_dict(kept) == found.record(record(second))
    assert (kept["verdict"], kept["largest"], kept["files"]) == ("same", 0.0, len(found.compared))


@pytest.mark.parametrize("left_out", ["config", "versions"])
def test_a_record_that_lacks_something_is_refused(second: Path, left_out: str) -> None:
    run = record(second)
    del run[left_out]
    write_json(second / "run.json", run)
    (second / MANIFEST).unlink()
    with pytest.raises(sim.errors.ResultError, match="there are no results to hold a new run against"):
        recorded(second / "run.json")
    seal(second)
    with pytest.raises(sim.errors.ResultError, match=left_out):
        recorded(second)


def test_more_replications_than_there_are_is_refused_before_any_work(first: Path) -> None:
    result = CliRunner().invoke(app, ["reproduce", str(first), "--replications", "4"])
    assert result.exit_code == 2
    assert "has 3 replications; 4 cannot be held against it" in result.stderr


def test_what_the_program_requires_is_listed_where_it_is_not_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {re.split(r"[<>=!\[ ]", line)[0].lower() for line in project["dependencies"]}
    assert {name.lower() for name in (*PACKAGES, *FURTHER)} - {"family-trajectories", "numba"} == required


def test_the_program_is_told_by_its_commit_where_it_has_no_version() -> None:
    a = {"commit": "x", "versions": {"family-trajectories": "1", "numpy": "2"}}
    assert made_differences(a, {**a, "versions": {"family-trajectories": None, "numpy": "2"}}) == []
    assert made_differences(a, {**a, "versions": {"family-trajectories": "2", "numpy": "2"}}) == [
        ("version of family-trajectories", "1", "2")
    ]


def test_versions_are_frozen_to_the_last_library() -> None:
    """What a library requires is there too, each once, in the form that pip reads; options stand in the record."""
    found = versions()
    assert {"numpy", "pandas", "pydantic_core"} <= set(found)  # pandas is what xarray requires
    assert list(found)[:2] == ["family-trajectories", "numpy"]
    assert versions(["nothing-of-this-name"]) == {"nothing-of-this-name": None}
    run = {"versions": {"python": "3.11.1", **found}, "platform": "here", "commit": "abc", "options": {"totals": True}}
    lines = [line for line in requirements(run).splitlines() if not line.startswith("#")]
    assert f"numpy=={np.__version__}" in lines
    assert all(line.count("==") == 1 for line in lines)
    assert len(lines) == len(set(lines)) == sum(v is not None for name, v in found.items() if "family" not in name)
    assert flags_of(run) == ["--totals"]
    assert flags_of({"options": {"draws": 500}}) == ["--draws", "500"]


@pytest.mark.slow
def test_the_command_makes_a_run_again_in_a_process_of_its_own(tmp_path: Path) -> None:
    made = tmp_path / "made"
    assert CliRunner().invoke(app, ["run", str(TOY), "--out", str(made), "--quiet", "--totals"]).exit_code == 0
    assert (made / "requirements.txt").is_file()
    found, again = reproduce(made, tmp_path / "again")
    assert found.verdict == "same"
    assert again["options"]["totals"] is True
    said = CliRunner().invoke(app, ["reproduce", str(made), "--replications", "1", "--keep", "--quiet"])
    assert said.exit_code == 0
    assert "the arrays of 1 of 2 replications" in " ".join(said.stdout.split())
