"""What a run keeps in the folder beside its results: whose replications there are, which, and taking them away."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sim.errors import ResultError
from sim.model.spec import Scenario
from sim.results.folder.batches import shards_in, write_shard
from sim.results.folder.files import flush, write_json
from sim.runs.ensemble import peak_memory_mb, run_batch
from sim.runs.identity import Identity
from sim.runs.pool import Batch

STUDY = "study.json"


def numbers_on_disk(folder: Path, first: int, end: int) -> set[int]:
    """Give the replications from ``first`` to before ``end`` that are on disk, by the names of the files."""
    spans = [(max(shard.first, first), min(shard.last + 1, end)) for shard in shards_in(folder)]
    return {number for start, stop in spans for number in range(start, stop)}


def count_on_disk(folder: Path) -> int:
    """Count the replications that are on disk, by the names of the files."""
    return sum(shard.last - shard.first + 1 for shard in shards_in(folder))


def read_study(folder: Path) -> Identity | None:
    """Read whose replications a work folder holds; None when there are none.

    Raises
    ------
    ResultError
        If the file is damaged.
    """
    path = folder / STUDY
    if not path.is_file():
        return None
    try:
        return Identity(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:  # a UnicodeDecodeError is a ValueError
        raise ResultError(f"{path} is damaged and cannot be read; start afresh with --force") from error


def write_study(folder: Path, identity: Identity) -> None:
    """Write whose replications a work folder holds, before the first of them."""
    part = folder / "study.part"
    write_json(part, asdict(identity))
    flush(part)
    part.replace(folder / STUDY)
    flush(folder)


def clear(folder: Path) -> None:
    """Take away what an earlier run left."""
    for shard in shards_in(folder):
        shard.path.unlink()
    (folder / STUDY).unlink(missing_ok=True)


@contextmanager
def tidied(folder: Path) -> Iterator[None]:
    """Take away at the end, still under the lock, what says whose the replications are when there are none."""
    try:
        yield
    finally:
        if not shards_in(folder):
            (folder / STUDY).unlink(missing_ok=True)


@dataclass(frozen=True)
class Written:
    """A batch that is on disk: its file's name, and the peak memory of the process that ran it."""

    name: str
    pid: int
    peak_mb: float


def run_to_disk(scenario: Scenario, folder: str, digest: str, batch: Batch) -> Written:
    """Run a batch, write its records and say where."""
    if Identity.of(scenario).digest != digest:
        raise ResultError("a worker has another version of the program or of NumPy, SciPy or SimPy than this machine")
    path = write_shard(Path(folder), digest, run_batch(scenario, batch))
    return Written(path.name, os.getpid(), peak_memory_mb())
