"""Runs the model at points and keeps every answer as it comes, so that nothing already computed is lost.

The same replications, and so the same draws, are used at every point: what differs between points is not chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calibration.outputs import answers, output
from calibration.outputs.following import follow
from calibration.parameters import Base, Placed, scenario_at
from sim.arrays import FloatArray
from sim.config.text.writing import to_yaml
from sim.runs.identity import Rooms, digest_of_points
from sim.runs.points import Points, Store, Tell

OWN = Rooms(
    Path(__file__).resolve().parent,
    ("predicting.py", "outputs", "parameters.py", "problem.py", "schema.py"),
)
"""Source of this package on which an answer depends: this file and all that it imports here."""
Key = tuple[int, tuple[float, ...]]
"""A replication and the values of the parameters."""


@dataclass(frozen=True)
class Simulator:
    """Answers outputs at points of the parameters; sent to other processes as it is.

    Attributes
    ----------
    base
        The config of the model.
    placed
        Where the parameters go.
    outputs
        What is asked, as written.
    """

    base: Base
    placed: tuple[Placed, ...]
    outputs: tuple[str, ...]

    def __call__(self, points: Sequence[Key]) -> list[list[float]]:
        """Answer every output at each point, by one replication."""
        asked = [output(text) for text in self.outputs]
        return [
            answers(follow(scenario_at(self.base, self.placed, np.array(point)), replication), asked)
            for replication, point in points
        ]

    def store(self, path: Path) -> Store[Key, list[float]]:
        """Give the file in which answers are kept."""
        of_others = "answers of another model, of other targets or of another version of the program"
        said = (to_yaml(self.base.tree), repr(self.placed), repr(self.outputs))
        head = {"digest": digest_of_points(*said, further=(OWN,)), "outputs": self.outputs}
        return Store(path, head, _write, _read, of_others)


def _write(key: Key, values: list[float]) -> Mapping[str, object]:
    return {"replication": key[0], "point": key[1], "values": values}


def _read(line: Mapping[str, Any]) -> tuple[Key, list[float]]:
    return (int(line["replication"]), tuple(line["point"])), line["values"]


class Runner(Points[Key, list[float]]):
    """Answers points by the mean over replications, on several processes; answers are kept where a file is named."""

    def __init__(
        self, simulator: Simulator, keep: Path | None = None, workers: int = 1, replications: int = 1,
        tell: Tell | None = None,
    ) -> None:  # fmt: skip
        super().__init__(simulator, None if keep is None else simulator.store(keep), workers, tell=tell)
        self.replications, self.outputs = replications, len(simulator.outputs)

    def __call__(self, points: FloatArray) -> FloatArray:
        """Answer points, (point, parameter), as the mean over the replications, (point, output)."""
        return np.asarray(self.by_replication(points, range(self.replications)).mean(axis=0))

    def by_replication(self, points: FloatArray, replications: Sequence[int]) -> FloatArray:
        """Answer points by single replications, (replication, point, output)."""
        points = np.atleast_2d(np.asarray(points, dtype=np.float64))
        found = self.at([(r, tuple(map(float, point))) for r in replications for point in points])
        return np.array(found).reshape(len(replications), len(points), self.outputs)
