"""Runs the recorded config of a results folder again, here or in an environment of the versions that made it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.config.views.recorded import made_differences
from sim.errors import ResultError, RunError
from sim.interrupts import deaf_children
from sim.places import CHECKOUT, is_checkout
from sim.results.folder.beside import PACK, REPRODUCED
from sim.results.folder.files import write_json
from sim.results.folder.held import held, work_folder
from sim.results.folder.manifest import MANIFEST, verify
from sim.results.folder.run_record import flags_of, requirements
from sim.results.folder.store import check_destination, copy_results, staged_in
from sim.runs.points import kept_in
from sim.studies.reproduce.answer import Reproduction, hold_against

RECORD = "run.json"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Interpreter:
    """With what a run is made again: an interpreter, the source of the program, and the folder in which it runs.

    ``is_recorded`` says that the source is that of the recorded commit.
    """

    python: str = sys.executable
    source: Path = CHECKOUT
    folder: Path | None = None
    is_recorded: bool = False


def recorded(path: Path) -> tuple[dict[str, Any], Path]:
    """Read the record of a run: of a results folder, or of its run.json; gives the folder of its results too.

    Raises
    ------
    ResultError
        If there is no such record, or no results that belong to it.
    """
    file = path / RECORD if path.is_dir() else path
    if not file.is_file():
        raise ResultError(f"{path} is neither a results folder nor its {RECORD}")
    if not (file.parent / MANIFEST).is_file():
        raise ResultError(f"beside {file} there are no results to hold a new run against: {MANIFEST} is missing")
    verify(file.parent)
    try:
        run = dict(json.loads(file.read_text(encoding="utf-8")))
        lacking = [key for key in ("config", "name", "replications", "versions", "platform") if key not in run]
    except (ValueError, TypeError) as error:
        raise ResultError(f"{file} cannot be read ({error})") from error
    if lacking or not run["config"]:
        raise ResultError(f"{file} does not hold what a run is made again from: {', '.join(lacking or ['config'])}")
    return run, file.parent


def reproduce(
    path: Path, out: Path | None = None, *, replications: int | None = None, workers: int = 1, fresh: bool = False,
    tell: Tell | None = None,
) -> tuple[Reproduction, dict[str, Any]]:  # fmt: skip
    """Make a run again and hold it against its results.

    Parameters
    ----------
    path
        A results folder or its run.json.
    out
        Where the new results are kept; nowhere by default.
    replications
        How many replications are made again; all of them by default. A replication does not depend on how many there
        are, so that the arrays of some can be compared number by number.
    workers
        Processes; the result does not depend on it.
    fresh
        In an environment of its own with the recorded versions, by the program of the recorded commit where this
        checkout has it.
    tell
        Told what is done; without it the run keeps where it stands to itself.

    Returns
    -------
        What was found, and the record of the new run.

    Raises
    ------
    ResultError
        As ``recorded``; if there are fewer replications than asked for.
    RunError
        If the environment cannot be made or the run fails.
    """
    run, folder = recorded(path)
    if replications is not None and replications > run["replications"]:
        raise ResultError(f"{folder} has {run['replications']} replications; {replications} cannot be held against it")
    if out is not None:
        check_destination(out, force=False)
    with TemporaryDirectory() as temporary, kept_in(None if out is None else work_folder(out)):
        place = Path(temporary)
        program = fresh_program(place / "environment", run, tell) if fresh else Interpreter()
        config = place / f"{run['name']}.yaml"
        config.write_text(run["config"], encoding="utf-8")
        made = (out or place / "made").resolve()
        asked = [] if replications is None else ["--replications", str(replications)]
        # -P: the program of this source, and not one that lies in the working folder
        command = ["-P", "-m", "sim.cli", "run", str(config), "--out", str(made), "--workers", str(workers), "--resume"]
        words = [program.python, *command, *asked, *flags_of(run)]
        _done(words, "the run failed", program, quiet=tell is None)
        again = json.loads((made / RECORD).read_text(encoding="utf-8"))
        if program.is_recorded:  # source that was taken out of a commit no longer knows which
            again["commit"] = run["commit"]
        return hold_against(folder, made, run, again, tuple(made_differences(run, again))), again


def keep(path: Path, found: Reproduction, again: Mapping[str, Any]) -> Path:
    """Keep what was found beside the results, for the assurance pack; gives the folder."""
    _, folder = recorded(path)
    with held(folder) as work, staged_in(work, folder, force=True) as staged:
        copy_results(folder, staged, but=(REPRODUCED, *PACK))
        write_json(staged / REPRODUCED, found.record(again).to_dict())
    return folder


def fresh_program(folder: Path, run: Mapping[str, Any], tell: Tell | None = None) -> Interpreter:
    """Make an environment of the recorded versions, with the program of the recorded commit.

    Raises
    ------
    RunError
        If this is no source checkout, or a version cannot be had.
    """
    if not is_checkout():
        raise RunError("--fresh takes the program from a source checkout, and this is none; make an environment with "
                       "pip install -r requirements.txt and run families reproduce there")  # fmt: skip
    if tell is not None:
        tell("Making an environment of the recorded versions ...")
    folder.mkdir(parents=True)
    listed = folder / "requirements.txt"
    listed.write_text(requirements(run), encoding="utf-8")
    _done([sys.executable, "-m", "venv", str(folder / "venv")], "no environment could be made")
    python = next(one for one in (folder / "venv/bin/python", folder / "venv/Scripts/python.exe") if one.exists())
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(listed)]
    _done([str(python), *install], "a recorded version cannot be had here")
    source = _source(folder / "source", run)
    return Interpreter(str(python), source or CHECKOUT, folder, is_recorded=source is not None)


def _source(folder: Path, run: Mapping[str, Any]) -> Path | None:
    """Take the source of the recorded commit out of the checkout; None where it has no such commit."""
    if not run.get("commit"):
        return None
    command = ["git", "-C", str(CHECKOUT), "archive", str(run["commit"]), "sim", "calibration", "configs"]
    packed = subprocess.run(command, capture_output=True, check=False)
    if packed.returncode:
        return None
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _done(
    command: Sequence[str], why: str, program: Interpreter | None = None, *, quiet: bool = True
) -> None:  # fmt: skip
    """Run a program to its end; what it prints goes nowhere, and where it stands to stderr unless ``quiet``.

    It does not hear Ctrl-C, and ends when whoever started it does.
    """
    program = program or Interpreter()
    further = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") and program.folder is None else []
    with deaf_children():
        started = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE if quiet else None, text=True,
            cwd=program.folder, env={**os.environ, "PYTHONPATH": os.pathsep.join([str(program.source), *further])},
        )  # fmt: skip
    try:
        said = started.communicate()[1]
    finally:
        started.kill()
        started.wait()
    if started.returncode:
        raise RunError(f"{why} (exit code {started.returncode}){f': {said.strip()[-500:]}' if said else ''}")
