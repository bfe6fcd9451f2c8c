"""The command line: plain errors and exit codes, nothing written unless whole, the same results however it is run."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr
from typer.testing import CliRunner

from sim.cli import app
from sim.results.folder.manifest import verify
from tests.places import ROOT

ANNUITY = str(ROOT / "configs" / "textbook" / "annuity.yaml")
QUICK = ["--set", "units.person.size=200", "--replications", "2"]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def families(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def start(*arguments: str) -> "subprocess.Popen[str]":
    """Start the command in a process of its own, which hears Ctrl-C even when the tests run in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "sim.cli", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a finished run, for tests to copy."""
    folder = tmp_path_factory.mktemp("finished") / "a"
    assert families("run", ANNUITY, *QUICK, "--quiet", "--out", str(folder)).exit_code == 0
    return folder


def written() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def test_a_run_writes_a_whole_folder_and_says_where() -> None:
    result = families("run", ANNUITY, *QUICK)
    assert result.exit_code == 0, result.output
    folder = Path("results/annuity")
    verify(folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "results.nc", "sums.nc", "summary.json", "summary.csv", "ledger.csv", "report.html", "run.json", "figures",
        "manifest.json", "workbook.xlsx", "requirements.txt",
    }  # fmt: skip
    assert "Results are in results/annuity" in result.output
    assert "life years" in result.output
    assert json.loads((folder / "summary.json").read_text())["families"] == 200


def test_json_alone_goes_to_stdout() -> None:
    result = families("run", ANNUITY, *QUICK, "--json", "--quiet", "--out", "a")
    assert json.loads(result.stdout) == json.loads(Path("a/summary.json").read_text())


def test_quiet_says_nothing() -> None:
    result = families("run", ANNUITY, *QUICK, "--quiet", "--out", "a")
    assert (result.exit_code, result.output) == (0, "")


def test_finished_results_are_replaced_only_with_force(finished: Path) -> None:
    shutil.copytree(finished, "a")
    before = Path("a/manifest.json").read_bytes()
    refused = families("run", ANNUITY, *QUICK, "--out", "a", "--seed", "9")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert Path("a/manifest.json").read_bytes() == before
    assert families("run", ANNUITY, *QUICK, "--quiet", "--out", "a", "--seed", "9", "--force").exit_code == 0
    assert json.loads(Path("a/run.json").read_text())["seed"] == 9
    assert written() == ["a"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "no_such_config"], "no_such_config"),
        (["run", ANNUITY, "--set", "clock.stepps=3"], "stepps"),
        (["run", ANNUITY, "--set", "parameters.death=wrong +"], "parameters.death"),
        (["run", ANNUITY, "--replications", "0"], "replications"),
        (["run", ANNUITY, "--solver", "guess"], "solver"),
        (["run", ANNUITY, "--workers", "0"], "workers"),
        (["check", "no_such_config"], "no_such_config"),
        (["new", "a/b"], "letters"),
        (["report", "nowhere"], "not a finished results folder"),
    ],
)
def test_bad_input_is_exit_2_and_nothing_written(arguments: list[str], words: str) -> None:
    result = families(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert written() == []


def test_something_else_is_exit_1_with_a_plain_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("sim.runs.ensemble.one_replication", broken)
    result = families("run", ANNUITY)
    assert result.exit_code == 1
    assert "ZeroDivisionError: by nought" in result.stderr
    assert "report it" in result.stderr
    assert "Traceback" not in result.output
    assert written() == []


@pytest.mark.parametrize("error", [RuntimeError("cannot draw"), OSError(28, "No space left on device")])
def test_a_fault_while_writing_leaves_no_results(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("sim.report.presentation.draw_all", broken)
        result = families("run", ANNUITY, *QUICK, "--out", "a")
    assert result.exit_code == 1
    assert "2 of 2 replications are kept in .a.work; go on with the same command and --resume" in result.stderr
    assert written() == [".a.work"]
    assert families("run", ANNUITY, *QUICK, "--out", "a", "--resume").exit_code == 0
    assert written() == ["a"]


def test_report_is_rebuilt_to_the_same_figures(finished: Path) -> None:
    shutil.copytree(finished, "a")
    before = {path.name: path.read_bytes() for path in Path("a").rglob("*") if path.is_file()}
    result = families("report", "a")
    assert result.exit_code == 0, result.output
    verify(Path("a"))
    assert {path.name: path.read_bytes() for path in Path("a").rglob("*") if path.is_file()} == before


def test_an_altered_result_is_not_reported_on(finished: Path) -> None:
    shutil.copytree(finished, "a")
    with Path("a/ledger.csv").open("a") as file:
        file.write("more\n")
    result = families("report", "a")
    assert result.exit_code == 2
    assert "ledger.csv was altered" in result.stderr


def test_commands_about_configs() -> None:
    assert "nothing wrong" in families("check", ANNUITY).stdout
    assert "file" not in families("show", ANNUITY, "--as", "text").stderr
    assert "alive -> dead" in families("show", ANNUITY, "--as", "text").stdout
    assert families("show", ANNUITY).exit_code == 0
    assert json.loads(families("schema").stdout)["type"] == "object"
    assert "textbook/annuity" in families("list").stdout
    assert families("new", "mine").exit_code == 0
    assert families("check", "mine.yaml").exit_code == 0
    assert families("new", "mine").exit_code == 2


def test_two_workers_write_the_same_files() -> None:
    for workers in ("1", "2"):
        process = start("run", ANNUITY, *QUICK, "--quiet", "--workers", workers, "--out", f"w{workers}")
        assert process.communicate()[1] == ""
        assert process.returncode == 0
    drawn = ("figures/states.svg", "figures/states.png")
    for name in ("results.nc", "summary.csv", "ledger.csv", "workbook.xlsx", *drawn):
        assert Path("w1", name).read_bytes() == Path("w2", name).read_bytes()
    summaries = [json.loads(Path(folder, "summary.json").read_text()) for folder in ("w1", "w2")]
    assert [summary.pop("timing")["engine_seconds"] > 0 for summary in summaries] == [True, True]
    assert summaries[0] == summaries[1]
    xr.testing.assert_identical(*(xr.load_dataset(Path(folder, "results.nc")) for folder in ("w1", "w2")))


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_leaves_no_results(workers: str) -> None:
    """Nor a work folder when no replication was finished; see test_faults for what is kept."""
    process = start("run", ANNUITY, "--replications", "5000", "--workers", workers, "--out", "a")
    time.sleep(3.0)  # well into the run, which would take minutes
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Stopped. " in errors
    assert "Traceback" not in errors
    assert written() in ([], [".a.work"])
