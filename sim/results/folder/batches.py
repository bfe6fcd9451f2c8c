"""Batches of replications on disk, one netCDF file each: staged, flushed, renamed, with the sha256 in its name.

A file is made in memory first, so that a full disk is met while plain bytes are written and nowhere else. Leaves out
which batches there should be (``resume``) and what is made of them (``sim.results.folder.stream``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import numpy as np

from sim.arrays import FloatArray
from sim.engine.counts.record import Record
from sim.engine.people.areas import AreaSpan
from sim.errors import ResultError
from sim.results.folder.files import flush
from sim.results.folder.netcdf import Mark, NamedArrays, as_list, from_bytes, marks_of, to_bytes

_NAME = re.compile(r"batch-(\d{6,})-(\d{6,})-(?:areas-(\d{4,})-(\d{4,})-)?([0-9a-f]{64})\.nc")
UNREADABLE = (OSError, RuntimeError)
"""What the netCDF library raises."""
_PLAIN = ("replication", "engine_seconds", "final_states")
"""Fields of a record that are no arrays of counts; final states are not kept."""


@dataclass(frozen=True)
class Shard:
    """A file with the records of replications ``first`` .. ``last``, and the sha256 that its name states.

    ``areas`` are those of a part of one replication; None where the records are of all.
    """

    path: Path
    first: int
    last: int
    sha256: str
    areas: AreaSpan | None = None


class OtherStudyError(ResultError):
    """A file with replications of another study, or made by another version of the program."""


def write_shard(folder: Path, digest: str, records: Sequence[Record], areas: AreaSpan | None = None) -> Path:
    """Write the records of consecutive replications as one file; it is there whole or not at all.

    Parameters
    ----------
    folder
        Where.
    digest
        Says which study and which program the records belong to.
    records
        In the order of their replications.
    areas
        Those of a part of one replication.

    Returns
    -------
        The file.

    Raises
    ------
    OSError
        If it cannot be written, for instance because the disk is full; nothing is left then.
    """
    content = _encode(digest, records, areas)
    of = f"areas-{areas.first:04d}-{areas.last:04d}-" if areas is not None else ""
    numbers = f"{records[0].replication:06d}-{records[-1].replication:06d}"
    name = f"batch-{numbers}-{of}{sha256(content).hexdigest()}.nc"
    part = folder / f"{uuid4().hex}.part"
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / name)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    flush(folder)
    return folder / name


def shards_in(folder: Path) -> list[Shard]:
    """List the shards of a folder by their names, ordered by replication; their content is not looked at."""
    found = (shard_at(path) for path in folder.glob("batch-*.nc"))
    shards = [shard for shard in found if shard is not None]
    return sorted(shards, key=lambda shard: (shard.first, shard.last, _ends(shard.areas), shard.sha256))


def shard_at(path: Path) -> Shard | None:
    """Read the name of a shard; None when it is none."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    areas = AreaSpan(int(found[3]), int(found[4])) if found[3] is not None else None
    return Shard(path, int(found[1]), int(found[2]), found[5], areas)


def read_shard(shard: Shard, digest: str) -> Iterator[Record]:
    """Give the records of a shard.

    Raises
    ------
    ResultError
        If the file was altered or damaged, holds other replications than its name says, or belongs to another study or
        program (``OtherStudyError``); names it.
    """
    content = checked(shard, digest)
    try:
        named = from_bytes(content)
        at = {name: {number: i for i, number in enumerate(of)} for name, of in named.marks_of.items()}
        numbers, seconds = (as_list(named.marks[name]) for name in ("replications", "engine_seconds"))
        records = []
        for number, took in zip(map(int, numbers), seconds, strict=True):
            mine = {name: array[at[name][number]] for name, array in named.arrays.items() if number in at[name]}
            records.append(Record(**mine, replication=number, engine_seconds=took))
    except (*UNREADABLE, IndexError, KeyError, TypeError, ValueError) as error:
        raise ResultError(f"{shard.path} does not hold whole replications ({error})") from error
    yield from records


def checked(shard: Shard, digest: str) -> bytes:
    """Give the content of a shard.

    Raises
    ------
    ResultError
        As ``read_shard``.
    """
    content = shard.path.read_bytes()
    if sha256(content).hexdigest() != shard.sha256:
        raise ResultError(f"{shard.path} was altered or damaged since it was written")
    try:
        marks = marks_of(content)
    except UNREADABLE as error:
        raise ResultError(f"{shard.path} is no file of replications ({error})") from error
    if marks.get("digest") != digest:
        raise OtherStudyError(f"{shard.path} belongs to another study or to another version of the program")
    numbers = as_list(marks.get("replications", []))
    if len(numbers) != shard.last - shard.first + 1 or numbers != list(range(shard.first, shard.last + 1)):
        raise ResultError(f"{shard.path} does not hold the replications that its name says")
    if as_list(marks.get("areas", [])) != _ends(shard.areas):
        raise ResultError(f"{shard.path} does not hold the areas that its name says")
    return content


def _ends(areas: AreaSpan | None) -> list[int]:
    """Give the first and the last area of a part; nothing for all areas."""
    return [] if areas is None else [areas.first, areas.last]


def _encode(digest: str, records: Sequence[Record], areas: AreaSpan | None) -> bytes:
    """Make the bytes of a shard; records that lack an array, such as the variance of rows, are left out of it."""
    arrays: dict[str, FloatArray] = {}
    of: dict[str, list[int]] = {}
    for name in (field.name for field in fields(Record) if field.name not in _PLAIN):
        having = [record for record in records if getattr(record, name) is not None]
        if having:
            arrays[name] = np.stack([getattr(record, name) for record in having])
            of[name] = [record.replication for record in having]
    numbers, seconds = [record.replication for record in records], [record.engine_seconds for record in records]
    marks: dict[str, Mark] = {"digest": digest, "replications": numbers, "engine_seconds": seconds}
    if areas is not None:
        marks["areas"] = _ends(areas)
    return to_bytes(NamedArrays(arrays, marks, of, alike=1))  # of what a batch has, worlds are most alike
