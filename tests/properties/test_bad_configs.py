"""A config that is changed in one way is still right, or refused: plainly, at a place, soon, and with nothing written.

Theory: whatever a file holds, ``check`` gives a report or a ``ModelError`` whose problems each say file, line and
column; no other exception, no NumPy warning, no more than some seconds. So does ``run`` from the command line: exit 2,
no traceback, no new file, within 1 GB. Seeds are fixed: each failure names the call of ``mutant`` that makes it again.
The share of mutants that are still right is bounded from above, so that the test cannot come to try nothing.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from sim.cli.check import check
from sim.errors import ModelError
from tests.places import ROOT
from tests.properties.mutants import IN_TEXT, IN_TREE, Mutant, mutants

SECONDS = 20
"""Processor time that a check may take on a slow machine; most take a tenth of a second."""
STILL_RIGHT = 0.25
"""Share of mutants that may be right, such as one with an optional key gone; of the first 300, 13% are."""
PLACE = re.compile(r"(^|/)mutant\.yaml:\d+:\d+$")


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Stop what takes more processor time."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def verdict(made: Mutant, folder: Path) -> str:
    """Check a mutant: ``right``, ``refused``, or what is wrong with how it was refused."""
    file = folder / "mutant.yaml"
    file.write_bytes(made.content)
    try:
        with warnings.catch_warnings(), at_most(SECONDS):
            warnings.simplefilter("error")
            check(file)
    except ModelError as error:
        lost = [str(problem) for problem in error.problems if not PLACE.search(problem.where) or not problem.message]
        return f"no place: {lost[0][:300]}" if lost else "refused"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    return "right"


def tried(n: int, folder: Path, first: int = 0) -> list[tuple[Mutant, str]]:
    """Check mutants; each must be right or refused well."""
    found = [(made, verdict(made, folder)) for made in mutants(n, first)]
    wrong = [f"{made}: {said}" for made, said in found if said not in ("right", "refused")]
    assert not wrong, f"{len(wrong)} of {n}\n" + "\n".join(wrong)
    assert sum(said == "right" for _, said in found) < STILL_RIGHT * n
    return found


def test_every_kind_of_mutant_is_made() -> None:
    assert {made.kind for made in mutants(300)} == {*IN_TREE, *IN_TEXT}


def test_bad_configs_are_refused_at_their_place(tmp_path: Path) -> None:
    tried(280, tmp_path)


@pytest.mark.slow
def test_many_bad_configs_are_refused_at_their_place(tmp_path: Path) -> None:
    for first in range(300, 3_000, 300):
        tried(300, tmp_path, first)


RUNS = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
from typer.testing import CliRunner
from sim.cli import add_installed, app
add_installed(app)
for file in sys.argv[1:]:
    result = CliRunner().invoke(app, ["run", file, "--out", file + ".out"])
    print(json.dumps([file, result.exit_code, result.output]))
"""


def test_from_the_command_line_nothing_is_written(tmp_path: Path) -> None:
    bad = [made for made, said in tried(40, tmp_path, 280) if said == "refused"][:20]
    (tmp_path / "mutant.yaml").unlink()
    for made in bad:
        (tmp_path / f"{made.number}.yaml").write_bytes(made.content)
    before = sorted(tmp_path.rglob("*"))
    command = [sys.executable, "-c", RUNS, *(f"{made.number}.yaml" for made in bad)]
    environment = {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(bad) == 20
    for made, (_, code, said) in zip(bad, lines, strict=True):
        assert code == 2, f"{made}: exit {code}: {said[:300]}"
        assert "Traceback" not in said, str(made)
        assert re.search(rf"{made.number}\.yaml:\d+:\d+: ", said), f"{made}: {said[:300]}"
    assert sorted(tmp_path.rglob("*")) == before
