"""Points of a study: each is run once, on several processes, and kept as it comes, so that nothing found is lost.

A point is what the study numbers or names it by: a draw, a coalition, a setting of levers, values of parameters. What
is found at it does not depend on how many processes there are, nor on which other points are run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from sim.arrays import FloatArray
from sim.errors import ResultError
from sim.runs.pool import run_batches

Point = TypeVar("Point", bound=Hashable)
Found = TypeVar("Found")
Solve = Callable[[Sequence[Point]], Sequence[Found]]
"""Runs some points and gives what was found, in their order; sent once to each process."""
Tell = Callable[[int, int], None]
"""Called with points done and wanted."""


@dataclass(frozen=True)
class Store(Generic[Point, Found]):
    """A file of what was found, a line of JSON a point; the first line says what the points are of.

    Attributes
    ----------
    path
        The file.
    head
        The first line: a strict ``digest``, and whatever else a reader may like to know.
    write, read
        From a point and what was found there to what stands on its line, and back.
    of_others
        What a file with another digest is said to hold.
    """

    path: Path
    head: Mapping[str, object]
    write: Callable[[Point, Found], Mapping[str, object]]
    read: Callable[[Mapping[str, Any]], tuple[Point, Found]]
    of_others: str

    def known(self) -> dict[Point, Found]:
        """Read what is there; a damaged line, or a last one cut short by an interruption, does not count.

        Raises
        ------
        ResultError
            If the points are of something else or of another version of the program.
        """
        if not self.path.exists():
            return {}
        lines = self.path.read_text(encoding="utf-8").split("\n")
        if _json(lines[0]).get("digest") != self.head["digest"]:
            raise ResultError(f"{self.path} holds {self.of_others}; give another --out, or remove the file")
        found: dict[Point, Found] = {}
        for line in lines[1:-1]:
            try:
                point, there = self.read(_json(line))
            except (ValueError, KeyError, TypeError):
                continue
            found[point] = there
        return found

    def add(self, found: Mapping[Point, Found]) -> None:
        """Write points down and wait until they are on disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        begun = self.path.exists()
        if begun:
            self._mend()
        with self.path.open("a", encoding="utf-8") as file:
            lines = [self.write(point, there) for point, there in found.items()]
            for line in lines if begun else [self.head, *lines]:
                file.write(json.dumps(line, allow_nan=True) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _mend(self) -> None:
        """Take away a last line that was cut short."""
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            self.path.write_bytes(whole)


def _json(line: str) -> Mapping[str, Any]:
    """Read a line; nothing where it is damaged."""
    try:
        held = json.loads(line)
    except ValueError:
        return {}
    return held if isinstance(held, dict) else {}


@dataclass
class Points(Generic[Point, Found]):
    """Gives what is found at points, running those that are not known.

    Attributes
    ----------
    solve
        Runs some.
    store
        Where they are kept; None keeps them in memory alone.
    workers
        Processes.
    together
        Points that a process runs before it hands them over.
    tell
        Called as points are done.
    known
        What was found so far, or was there from before.
    runs
        Points run by this object.
    """

    solve: Solve[Point, Found]
    store: Store[Point, Found] | None = None
    workers: int = 1
    together: int = 1
    tell: Tell | None = None
    known: dict[Point, Found] = field(init=False)
    runs: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Read what is kept; raises as ``Store.known``."""
        self.known = self.store.known() if self.store is not None else {}

    def at(self, points: Sequence[Point]) -> list[Found]:
        """Give what is found at points, in their order."""
        wanted = list(dict.fromkeys(points))
        missing = [point for point in wanted if point not in self.known]
        groups = [_Group(tuple(missing[i : i + self.together])) for i in range(0, len(missing), self.together)]
        done = len(wanted) - len(missing)
        if self.tell is not None:
            self.tell(done, len(wanted))
        with closing(run_batches(partial(_solved, self.solve), groups, self.workers)) as answers:
            for found in answers:
                self.known |= found
                self.runs += len(found)
                done += len(found)
                if self.store is not None:
                    self.store.add(found)
                if self.tell is not None:
                    self.tell(done, len(wanted))
        return [self.known[point] for point in points]


@dataclass(frozen=True)
class _Group(Generic[Point]):
    """Points that are run together."""

    points: tuple[Point, ...]

    def __str__(self) -> str:
        """Name them."""
        more = len(self.points) - 1
        return f"point {self.points[0]}" + (f" and {more} more" if more else "")


def _solved(solve: Solve[Point, Found], group: _Group[Point]) -> dict[Point, Found]:
    """Run the points of a group."""
    return dict(zip(group.points, solve(group.points), strict=True))


@contextmanager
def kept_in(path: Path | None) -> Iterator[None]:
    """Let whoever stops the work with Ctrl-C know where the points are kept, if any are."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if path is not None and path.exists():
            stop.add_note(f"Runs are kept in {path}; the same command goes on from there.")
        raise


@dataclass(frozen=True)
class Solved:
    """What one numbered point came to: ``values`` by output, ``errors`` their Monte Carlo standard errors.

    Errors are 0 if expected, and NaN of a single replication. ``redrawn`` counts the draws before it in its place that
    made no model.
    """

    draw: int
    effect_set: str
    inputs: FloatArray
    values: dict[str, float]
    errors: dict[str, float]
    redrawn: int = 0


def store_of_solved(path: Path | None, digest: Callable[[], str]) -> Store[int, Solved] | None:
    """Give the store of numbered points; None for no path."""
    of_others = "draws of another config or program version"
    return None if path is None else Store(path, {"digest": digest()}, _plain, _read, of_others)


def numbered_points(
    solve: Solve[int, Mapping[str, Any]], wanted: int, folder: Path | None, name: str, digest: str, workers: int,
    tell: Tell,
) -> list[Mapping[str, Any]]:  # fmt: skip
    """Give the plain data found at the first so many numbers, kept in a folder under their digest if there is one."""
    path = None if folder is None else folder / f"{name}_{digest[:12]}.jsonl"
    head, of_others = {"digest": digest}, "runs of another study or program version"
    store = None if path is None else Store(path, head, lambda k, found: {"number": k, **found}, _numbered, of_others)
    with kept_in(path):
        return Points(solve, store, workers, tell=tell).at(range(wanted))


def _numbered(line: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    return line["number"], {key: value for key, value in line.items() if key != "number"}


def _plain(number: int, solved: Solved) -> Mapping[str, object]:
    return {
        "draw": number, "effect_set": solved.effect_set, "inputs": solved.inputs.tolist(), "values": solved.values,
        "errors": solved.errors, "redrawn": solved.redrawn,
    }  # fmt: skip


def _read(line: Mapping[str, Any]) -> tuple[int, Solved]:
    return line["draw"], Solved(**{**line, "inputs": np.array(line["inputs"])})
