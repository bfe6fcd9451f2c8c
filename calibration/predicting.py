"""Runs the model at points and keeps every answer as it comes, so that nothing already computed is lost.

The same replications, and so the same draws, are used at every point: what differs between points is not chance.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from calibration.outputs import answers, output
from calibration.outputs.following import follow
from calibration.parameters import Base, Placed, scenario_at
from sim.arrays import FloatArray
from sim.config.text.writing import to_yaml
from sim.errors import ResultError
from sim.runs.ensemble import run_batches
from sim.runs.executors import Batch
from sim.runs.identity import Rooms, code_version

Tell = Callable[[int, int], None]
"""Called with points done and wanted."""


@dataclass(frozen=True)
class Simulator:
    """Answers outputs at points of the parameters; sent to other processes as the place of the model.

    Attributes
    ----------
    model, sets, folder
        The config as for ``parameters.Base.of``.
    placed
        Where the parameters go.
    outputs
        What is asked, as written.
    """

    model: str
    sets: tuple[str, ...]
    folder: Path
    placed: tuple[Placed, ...]
    outputs: tuple[str, ...]

    def base(self) -> Base:
        """Read the config, once in a process."""
        key = (self.model, self.sets, str(self.folder))
        if not _READ or _READ[0][0] != key:
            _READ[:] = [(key, Base.of(self.model, self.sets, self.folder))]
        return _READ[0][1]

    def one(self, point: FloatArray, replication: int) -> list[float]:
        """Answer every output at a point, by one replication."""
        history = follow(scenario_at(self.base(), self.placed, point), replication)
        return answers(history, [output(text) for text in self.outputs])

    @property
    def digest(self) -> str:
        """Say what answers are of: the model, where parameters go, what is asked, and the program."""
        told = [to_yaml(self.base().tree), repr(self.placed), repr(self.outputs), code_version(OWN)]
        return sha256("\n".join(told).encode()).hexdigest()


_READ: list[tuple[tuple[str, tuple[str, ...], str], Base]] = []
OWN = Rooms(
    Path(__file__).resolve().parent,
    ("__init__.py", "predicting.py", "outputs", "parameters.py", "problem.py", "schema.py"),
)
"""Source of this package on which an answer depends: this file and all that it imports here."""


@dataclass(frozen=True)
class _Task:
    """Answers one of a list of points and replications; the batch says which."""

    simulator: Simulator
    points: tuple[tuple[float, ...], ...]
    replications: tuple[int, ...]

    def __call__(self, batch: Batch) -> list[tuple[int, list[float]]]:
        """Answer consecutive ones."""
        numbers = range(batch.first, batch.first + batch.count)
        return [(i, self.simulator.one(np.array(self.points[i]), self.replications[i])) for i in numbers]


Key = tuple[int, tuple[float, ...]]


@dataclass
class Runner:
    """Runs points on several processes and keeps the answers in a file, a line of JSON each.

    Attributes
    ----------
    simulator
        What runs.
    keep
        The file; None keeps answers in memory alone.
    workers
        Processes; the answers do not depend on it.
    replications
        Replications whose mean is the answer.
    tell
        Called as points are done.
    """

    simulator: Simulator
    keep: Path | None = None
    workers: int = 1
    replications: int = 1
    tell: Tell | None = None
    known: dict[Key, list[float]] = field(default_factory=dict)
    runs: int = 0
    """Runs of the model made by this object."""

    def __post_init__(self) -> None:
        """Read what is kept.

        Raises
        ------
        ResultError
            When the file holds answers of another model or program.
        """
        if self.keep is not None and self.keep.exists():
            self.known |= _read(self.keep, self.simulator.digest)

    def __call__(self, points: FloatArray) -> FloatArray:
        """Answer points, (point, parameter), as the mean over the replications, (point, output)."""
        return np.asarray(self.by_replication(points, range(self.replications)).mean(axis=0))

    def by_replication(self, points: FloatArray, replications: Sequence[int]) -> FloatArray:
        """Answer points by single replications, (replication, point, output)."""
        points = np.atleast_2d(np.asarray(points, dtype=np.float64))
        asked = [(r, tuple(map(float, point))) for r in replications for point in points]
        missing = [key for key in dict.fromkeys(asked) if key not in self.known]
        if missing:
            self._run(missing)
        found = np.array([self.known[key] for key in asked])
        return found.reshape(len(replications), len(points), len(self.simulator.outputs))

    def _run(self, missing: Sequence[Key]) -> None:
        """Run what is missing, writing each answer down as it comes."""
        task = _Task(self.simulator, tuple(point for _, point in missing), tuple(r for r, _ in missing))
        done = 0
        for answered in run_batches(task, [Batch(i, 1) for i in range(len(missing))], self.workers):
            for i, values in answered:
                self.known[missing[i]] = values
                self._write(missing[i], values)
                done, self.runs = done + 1, self.runs + 1
            if self.tell is not None:
                self.tell(done, len(missing))

    def _write(self, key: Key, values: Sequence[float]) -> None:
        """Add an answer to the file and wait until it is on disk."""
        if self.keep is None:
            return
        self.keep.parent.mkdir(parents=True, exist_ok=True)
        begun = self.keep.exists()
        if begun:
            _mend(self.keep)
        with self.keep.open("a", encoding="utf-8") as file:
            if not begun:
                file.write(json.dumps({"digest": self.simulator.digest, "outputs": self.simulator.outputs}) + "\n")
            file.write(json.dumps({"replication": key[0], "point": key[1], "values": values}, allow_nan=True) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _mend(path: Path) -> None:
    """Take away a last line that was cut short."""
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) < len(text):
        path.write_bytes(whole)


def _read(path: Path, digest: str) -> dict[Key, list[float]]:
    """Read the answers in a file; a last line cut short by an interruption does not count."""
    lines = path.read_text(encoding="utf-8").split("\n")
    try:
        of = json.loads(lines[0]).get("digest")
    except ValueError:
        of = None
    if of != digest:
        raise ResultError(
            f"{path} holds answers of another model, of other targets or of another version of the program; give "
            "another --out, or remove the file"
        )
    known: dict[Key, list[float]] = {}
    for line in lines[1:-1]:
        try:
            told = json.loads(line)
            known[int(told["replication"]), tuple(told["point"])] = told["values"]
        except (ValueError, KeyError, TypeError):
            continue
    return known
