"""A results folder DIR in one hand at a time, and made good after a kill.

Beside it stands ``.DIR.work`` while any command writes: the lock, what is staged, for a moment what is replaced, and
the finished replications of a run. Whoever holds DIR next finds what a killed command left there and puts it right.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sim.errors import ResultError
from sim.results.folder.files import is_full
from sim.results.folder.lock import locked
from sim.results.folder.manifest import MANIFEST, others_in

LOCK, STAGING, REPLACED, DISCARDED, LOOK = "lock", "staging", "replaced", "discarded", "look"
TRIES, WAIT_SECONDS = 100, 0.05
"""Of a reader, while another process puts new results in place."""
Found = TypeVar("Found")


def work_folder(destination: Path) -> Path:
    """Give the hidden folder beside a results folder, on the same disk: that of where it is, if DIR is a link."""
    if destination.is_symlink() or destination.name in ("", ".."):
        destination = destination.resolve()
    return destination.parent / f".{destination.name}.work"


@contextmanager
def held(destination: Path) -> Iterator[Path]:
    """Hold a results folder while it is written, after making good what a killed command left; gives the work folder.

    Raises
    ------
    ResultError
        If another command holds it, or something in the work folder is a link, which could lead anywhere.
    OSError
        What went wrong inside; a full disk is called that, whatever the library that met it said.
    """
    folder = work_folder(destination)
    if folder.is_symlink():
        raise _linked(folder)
    try:
        with _cleaned(folder), locked(folder / LOCK, destination):
            for path in folder.iterdir():
                if path.is_symlink():
                    raise _linked(path)
            _make_good(folder, destination)
            yield folder
    except Exception as error:
        if not is_full(error):
            raise
        full = OSError(f"no space is left on the disk of {destination}; make room, or choose another --out")
        full.__notes__ = list(getattr(error, "__notes__", []))
        raise full from error


def _linked(path: Path) -> ResultError:
    return ResultError(f"{path} is a link, which this program never makes; take it away")


@contextmanager
def _cleaned(folder: Path) -> Iterator[None]:
    """Take the work folder away at the end, and those made for it, when nothing is in them."""
    made = [folder, *(parent for parent in folder.parents if not parent.exists())]
    try:
        yield
    finally:
        with suppress(OSError):
            for each in made:
                each.rmdir()  # which fails when there is anything in it, such as another command's lock


def _make_good(folder: Path, destination: Path) -> None:
    """Put right what a killed command left, under the lock."""
    aside = folder / REPLACED
    if aside.exists():
        if destination.is_dir() and not any(destination.iterdir()):
            destination.rmdir()
        if not destination.exists():
            aside.rename(destination.resolve())  # a link may lead there
        elif (destination / MANIFEST).is_file():
            let_go(aside, destination)
        else:
            raise ResultError(f"{destination} holds no results, and earlier results lie in {aside}; move one of them")
    for name in (STAGING, DISCARDED, LOOK):
        shutil.rmtree(folder / name, ignore_errors=True)
    for part in folder.glob("*.part"):
        part.unlink()


def let_go(aside: Path, destination: Path) -> None:
    """Hand a user's own files among replaced results over to those in their place, then take the rest away.

    Raises
    ------
    ResultError
        If there is a file of that name; nothing is lost.
    """
    for path in others_in(aside):
        to = destination / path.relative_to(aside)
        if to.exists() or to.is_symlink():
            raise ResultError(f"{path} is your own, and {to} is there too; move one of them")
        to.parent.mkdir(parents=True, exist_ok=True)
        path.rename(to)
    gone = aside.rename(aside.with_name(DISCARDED))  # from here on nothing in it is anybody's
    shutil.rmtree(gone, ignore_errors=True)


def is_there(destination: Path) -> bool:
    """Whether a results folder is there, after bringing back what a command killed while replacing it set aside."""
    if not destination.exists() and (work_folder(destination) / REPLACED).exists():
        with suppress(ResultError), held(destination):  # or another command is just putting new results in place
            pass
    return destination.exists()


def steadily(folder: Path, read: Callable[[Path], Found]) -> Found:
    """Read a results folder that another process may be replacing: all that is read is of one version.

    Parameters
    ----------
    folder
        The results folder.
    read
        Reads it; done again when new results took its place meanwhile.

    Raises
    ------
    ResultError
        If it is replaced again and again; else what ``read`` raises.
    """
    for _ in range(TRIES):
        before = _version(folder)
        if before is None and not is_there(folder) and (work_folder(folder) / REPLACED).exists():
            time.sleep(WAIT_SECONDS)
            continue
        try:
            found = read(folder)
        except Exception:
            if before == _version(folder):
                raise
            continue
        if before == _version(folder):
            return found
    raise ResultError(f"{folder} was replaced again and again while it was read; try again later")


def _version(folder: Path) -> tuple[int, int, int] | None:
    """Tell one version of a results folder from another; None when there is none."""
    try:
        found = (folder / MANIFEST).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns
