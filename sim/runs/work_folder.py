"""What a run keeps in the folder beside its results: whose replications there are, which, and taking them away."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import reduce
from pathlib import Path

from sim.engine.counts.record import Record
from sim.engine.people.areas import AreaSpan
from sim.engine.solvers.parts import added_up
from sim.errors import ResultError
from sim.model.spec import Scenario
from sim.results.folder.batches import Shard, read_shard, shards_in, write_shard
from sim.results.folder.files import flush, write_json
from sim.runs.ensemble import peak_memory_mb, run_batch
from sim.runs.identity import Identity
from sim.runs.pool import Batch

STUDY = "study.json"


@dataclass
class Finished:
    """The replications of a run, and the parts of others, that are on disk.

    Attributes
    ----------
    digest
        Whose they are.
    n_areas
        How many areas the parts of a replication have together.
    shards
        Of each replication that was run at once, the file that it is in.
    parts
        Of each that was run in parts, the files of those that are finished, none with areas of another.
    """

    digest: str
    n_areas: int
    shards: dict[int, Shard] = field(default_factory=dict)
    parts: dict[int, dict[AreaSpan, Shard]] = field(default_factory=dict)

    def take_in(self, shards: Iterable[Shard | None]) -> None:
        """List what is finished; of files that hold the same one is enough."""
        for shard in shards:
            if shard is not None and shard.areas is not None:
                others = self.parts.setdefault(shard.first, {})
                if all(shard.areas.apart(other) for other in others):
                    others[shard.areas] = shard
            elif shard is not None:
                self.shards |= {n: shard for n in range(shard.first, shard.last + 1) if n not in self.shards}

    def gaps(self, number: int) -> list[AreaSpan]:
        """List the areas in which a replication is still to be run; none where it is finished."""
        if number in self.shards:
            return []
        gaps, start = [], 0
        for areas in sorted(self.parts.get(number, {})):
            if start < areas.first:
                gaps.append(AreaSpan(start, areas.first - 1))
            start = areas.last + 1
        return [*gaps, AreaSpan(start, self.n_areas - 1)] if start < self.n_areas else gaps

    def records(self, first: int, end: int) -> Iterator[Record]:
        """Read the records of the replications from ``first`` to before ``end``, in their order.

        Raises
        ------
        ResultError
            If a file was damaged since it was written; names it.
        """
        following = first
        while following < end:
            shard, before = self.shards.get(following), following
            if shard is None:
                parts = self.parts[following].values()
                yield reduce(_together, (record for part in parts for record in read_shard(part, self.digest)))
                following += 1
                continue
            for record in read_shard(shard, self.digest):
                if record.replication == following < end:  # a batch of a longer run may reach beyond the last
                    yield record
                    following += 1
            if following == before:
                raise ResultError(f"{shard.path} does not hold replication {following}, as its name says")


def _together(one: Record, other: Record) -> Record:
    """Add up two parts of a replication."""
    return added_up([one, other])


def numbers_on_disk(folder: Path, first: int, end: int) -> set[int]:
    """Give the replications from ``first`` to before ``end`` that are whole on disk, by the names of the files."""
    whole = [shard for shard in shards_in(folder) if shard.areas is None]
    spans = [(max(shard.first, first), min(shard.last + 1, end)) for shard in whole]
    return {number for start, stop in spans for number in range(start, stop)}


def parts_on_disk(folder: Path) -> int:
    """Count the parts of replications that are on disk, by the names of the files."""
    return sum(shard.areas is not None for shard in shards_in(folder))


def said_on_disk(folder: Path) -> str:
    """Say how many replications, and parts of others, are on disk, by the names of the files; nothing for none."""
    whole = sum(shard.last - shard.first + 1 for shard in shards_in(folder) if shard.areas is None)
    parts = parts_on_disk(folder)
    said = [f"{whole} finished replications"] if whole else []
    return " and ".join([*said, f"{parts} finished parts"] if parts else said)


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


def run_to_disk(scenario: Scenario, folder: str, digest: str, rows: bool, batch: Batch) -> Written:
    """Run a batch, write its records and say where."""
    if Identity.of(scenario, rows).digest != digest:
        raise ResultError("a worker has another version of the program or of NumPy, SciPy or SimPy than this machine")
    path = write_shard(Path(folder), digest, run_batch(scenario, batch, rows), batch.areas)
    return Written(path.name, os.getpid(), peak_memory_mb())
