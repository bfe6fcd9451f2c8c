"""Ctrl-C in any long command: exit code 130, one line, nothing that looks finished, and the same command goes on.

In most commands Ctrl-C is pressed where a stage begins, which is heard as anywhere else; in studies of many points and
in runs made again it is sent to a process at work, once something is kept. At last it is sent to commands of each kind
at moments spread over all that they do. Runs are in ``tests/runs/test_faults.py``.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.console.progress import Progress
from tests.app.browser import served
from tests.cli.test_examples import LONG, SMALLER, words_of
from tests.places import AGREEMENT, CALIBRATION, STUDIES
from tests.runs.runs_to_kill import STUDY, families, said, start

OF_EACH = {words_of(example)[0]: example for example in reversed(SMALLER) if words_of(example)[0] in LONG}
"""An example of each long command."""


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(set(OF_EACH) - {"report"}))
def test_where_a_stage_begins(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(self: Progress, name: str, total: int | None = None) -> None:
        begin(self, name, total)
        if name != "Reading the config":
            raise KeyboardInterrupt

    begin = Progress.stage
    monkeypatch.setattr(Progress, "stage", pressed)
    monkeypatch.chdir(tmp_path)
    out = [] if "--out" in OF_EACH[command] or command not in ("run", "uncertainty", "backtest") else ["--out", "out"]
    done = CliRunner().invoke(app, [*words_of(OF_EACH[command], SMALLER[OF_EACH[command]]), *out])
    assert done.exit_code == 130, done.output
    assert [line for line in done.stderr.splitlines() if "Stopped." in line] == done.stderr.splitlines()[-1:]
    assert "Traceback" not in done.output
    finished = (path for pattern in ("*.html", "*.xlsx", "manifest.json") for path in tmp_path.rglob(pattern))
    assert not list(finished)


def stopped(folder: Path, words: list[str], begun: Callable[[], bool]) -> str:
    """Start a command, press Ctrl-C once it has begun, and give what it says."""
    process = start(folder, *words)
    last = time.monotonic() + 600
    while not begun():
        assert time.monotonic() < last
        assert process.exitcode is None, said(folder)
        time.sleep(0.02)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 130, said(folder)
    return said(folder)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_study_of_many_points_keeps_them(tmp_path: Path, workers: str) -> None:
    def kept() -> int:
        file = tmp_path / "out" / "draws.jsonl"
        return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0

    study = ["uncertainty", str(AGREEMENT), "--set", "units.family.size=100", "--set", "clock.steps=6",
             "--set", "regimes.better.start=2011-06",
             "--set", "costs.care.price={value: 50000, low: 40000, high: 60000}"]  # fmt: skip
    asked = [*study, "--out", "out", "--workers", workers, "--quiet", "--draws"]
    words = stopped(tmp_path, [*asked, "2000"], lambda: kept() > 3)
    assert words == "Stopped. Runs are kept in out/draws.jsonl; the same command goes on from there.\n"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["draws.jsonl"]
    before = kept()
    code, words = families(tmp_path, *asked, str(before - 1))
    assert code == 0, words
    assert kept() == before  # nothing was run again


@pytest.mark.slow
def test_a_run_that_is_made_again_goes_on(tmp_path: Path) -> None:
    """The run in a process of its own does not speak, and is gone."""
    code, words = families(tmp_path, "run", *STUDY[:-1], "20", "--out", "first", "--quiet")
    assert code == 0, words
    again = shlex.split("reproduce first --out again --quiet")
    work = tmp_path / ".again.work"
    words = stopped(tmp_path, again, lambda: any(work.glob("batch-*.nc")))
    assert words == "Stopped. Runs are kept in .again.work; the same command goes on from there.\n"
    kept = {path.name for path in work.glob("batch-*.nc")}
    time.sleep(1.0)
    assert {path.name for path in work.glob("batch-*.nc")} == kept
    assert not (tmp_path / "again").exists()


MOMENTS = 5
AT_WORK = {
    "run": ["run", *STUDY, "--out", "new"],
    "report": ["report", "done"],
    "best-use": ["best-use", "study.yaml", "--share", "1", "--replications", "2"],
    "calibrate": ["calibrate", str(CALIBRATION / "toy.yaml"), "--out", "new"],
    "fit-effects": words_of("families fit-effects phase_two --share 0.02 --replications 2 --dry-run"),
    "authorities": words_of("families authorities --fit --out new"),
}
"""A command of each kind: what it does takes seconds; ``done`` is a finished run."""
MAY_STAY = {"points.jsonl", "points_60.jsonl", "draws.jsonl", "lock"}
"""What commands that go on leave in a folder that is not finished."""


@pytest.mark.slow
@pytest.mark.parametrize("command", AT_WORK)
def test_at_any_moment(command: str, tmp_path: Path) -> None:
    """Five moments of the first twenty seconds, or of all that it does; what was finished before is as it was."""
    code, words = families(tmp_path, "run", *STUDY, "--out", "done", "--quiet", figures=command == "report")
    assert code == 0, words
    study = Path(shutil.copy(STUDIES / "best_use.yaml", tmp_path / "study.yaml"))  # keeps what is found
    before = {path: path.read_bytes() for path in (study, *(tmp_path / "done").rglob("*.*"))}
    stops = 0
    for moment in range(MOMENTS):
        process = start(tmp_path, *AT_WORK[command], figures=True)
        while not (tmp_path / "said.txt").exists():
            assert process.exitcode is None
            process.join(0.02)
        process.join(20 * (moment / MOMENTS) ** 2)
        if process.exitcode is not None:  # done already
            break
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        process.join(60)
        words = said(tmp_path)
        assert process.exitcode == 130, (moment, process.exitcode, words)
        assert "Traceback" not in words
        assert [line for line in words.splitlines() if line.startswith("Stopped.")] == words.splitlines()[-1:], words
        left = {path.name for path in (tmp_path / "new").rglob("*") if path.is_file()}
        assert left <= MAY_STAY, (moment, left)
        assert {path: path.read_bytes() for path in (study, *(tmp_path / "done").rglob("*.*"))} == before
        shutil.rmtree(tmp_path / ".new.work", ignore_errors=True)
        stops += 1
    assert stops > 1  # else the moments were not what this is about


@pytest.mark.slow
def test_the_application_ends_with_its_workers(tmp_path: Path) -> None:
    """A terminal sends Ctrl-C to all of them, here while the workers still start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background may be deaf
    try:
        with served(str(STUDIES / "application.yaml"), tmp_path, start_new_session=True) as app:
            os.killpg(app.process.pid, signal.SIGINT)
            assert app.process.stdout is not None
            words = app.process.stdout.read()
            app.process.wait(60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert app.process.returncode == 130, words
    assert words.strip().splitlines()[-1:] == ["Stopped."], words
    assert "Traceback" not in words
