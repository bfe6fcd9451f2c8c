"""The folder beside a run under way: whose replications it holds, what is there, and taking it away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from sim.errors import ResultError
from sim.results.folder.batches import shards_in
from sim.results.folder.store import REPLACED, flush, write_json
from sim.runs.identity import Identity

STUDY, LOCK = "study.json", "lock"


def numbers_on_disk(folder: Path) -> set[int]:
    """Give the replications that are on disk, by the names of the files."""
    return {number for shard in shards_in(folder) for number in range(shard.first, shard.last + 1)}


def read_study(path: Path) -> Identity | None:
    """Read whose replications a work folder holds; None when there are none.

    Raises
    ------
    ResultError
        If the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        return Identity(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:  # a UnicodeDecodeError is a ValueError
        raise ResultError(f"{path} is damaged and cannot be read; start afresh with --force") from error


def write_study(path: Path, identity: Identity) -> None:
    """Write whose replications a work folder holds, before the first of them."""
    part = path.with_suffix(".part")
    write_json(part, asdict(identity))
    flush(part)
    part.replace(path)
    flush(path.parent)


def clear(folder: Path) -> None:
    """Take away what an earlier run left."""
    for shard in shards_in(folder):
        shard.path.unlink()
    (folder / STUDY).unlink(missing_ok=True)


def bring_back(folder: Path, destination: Path) -> None:
    """Put results back that a run was about to replace when it was killed."""
    aside = folder / REPLACED
    if aside.exists():
        if destination.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(destination)


@contextmanager
def tidied(folder: Path) -> Iterator[None]:
    """Take away at the end, still under the lock, what says whose the replications are when there are none."""
    try:
        yield
    finally:
        if not shards_in(folder):
            (folder / STUDY).unlink(missing_ok=True)


@contextmanager
def cleaned(folder: Path) -> Iterator[None]:
    """Take the work folder away at the end, and those made for it, when nothing is in them."""
    made = [folder, *(parent for parent in folder.parents if not parent.exists())]
    try:
        yield
    finally:
        with suppress(OSError):
            for each in made:
                each.rmdir()  # which fails when there is anything in it, such as another run's lock
