"""A run in full in the background: it says where it stands, its folder is whole or not there; names are no paths."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from queue import Queue

import pytest

from sim.app.work.full import FAILED, STARTED, STOPPED, FullRun, safe_name, save
from sim.errors import ModelError
from tests.places import APPLICATION, ROOT

LONG_SECONDS = 240


@pytest.fixture
def working(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.mark.slow
def test_a_run_that_is_stopped_leaves_no_results(working):
    config = save(f"extends: {APPLICATION}\nreplications: 1000\n", "long")
    came: Queue[tuple[str, str]] = Queue()
    run = FullRun(config, Path("results") / "long", lambda *told: came.put(told))
    assert came.get(timeout=LONG_SECONDS)[0] == STARTED
    while "Replications" not in came.get(timeout=LONG_SECONDS)[1]:
        pass
    run.stop()
    assert not run.is_running
    state = STARTED
    while state == STARTED:
        state = came.get(timeout=LONG_SECONDS)[0]
    assert state == STOPPED
    assert not (working / "results" / "long").exists()


def test_a_run_that_fails_says_why(working):
    came: Queue[tuple[str, str]] = Queue()
    run = FullRun(save("extends: no_such_study\n", "wrong"), Path("results") / "wrong", lambda *told: came.put(told))
    found = [came.get(timeout=LONG_SECONDS)]
    while found[-1][0] == STARTED:
        found.append(came.get(timeout=LONG_SECONDS))
    assert found[-1][0] == FAILED
    assert "no_such_study" in found[-1][1]
    assert not run.is_running
    assert not run.log.exists()


@pytest.mark.slow
def test_a_run_goes_on_when_the_application_ends(working):
    """Whoever started it is gone in the middle; it ends as if they were there, and its log says where it stands."""
    save(f"extends: {APPLICATION}\nreplications: 2\n", "long")
    start = """
from pathlib import Path
from sim.app.work.full import FullRun
run = FullRun(Path("long.yaml"), Path("results") / "long", lambda state, line: None)
print(run.pid, run.log)
"""
    said = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=True).stdout.split()
    assert said[1] == "results/long.log"
    os.kill(int(said[0]), 0)  # it lives
    ends = time.monotonic() + LONG_SECONDS
    while not (working / "results" / "long" / "summary.json").is_file() and time.monotonic() < ends:
        time.sleep(0.5)
    assert (working / "results" / "long" / "report.html").is_file()
    assert re.search(r"\d seconds gone", (working / "results" / "long.log").read_text(encoding="utf-8"))


def test_a_saved_file_replaces_none(working):
    first, second = save("title: one\n", "mine"), save("title: two\n", "mine")
    assert (first, second) == (Path("mine.yaml"), Path("mine_2.yaml"))
    assert first.read_text() == "title: one\n"
    os.symlink("/nowhere/at/all", "linked.yaml")
    assert save("title: three\n", "linked") == Path("linked_2.yaml")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "", "-x", ".hidden", "a.yaml", "x" * 61, "a\0", "C:x"])
def test_names_that_are_paths_are_refused(name):
    with pytest.raises(ModelError, match="a name has letters"):
        safe_name(name)


def test_a_name_is_made_plain():
    assert safe_name("  My Position 2 ") == "my_position_2"
