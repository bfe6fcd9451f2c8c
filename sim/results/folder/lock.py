"""One command at a time for each results folder; the system lets go of a lock when its holder is gone."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from errno import EISDIR, ELOOP
from pathlib import Path
from typing import IO

from sim.errors import ResultError


@contextmanager
def locked(path: Path, destination: Path) -> Iterator[None]:
    """Hold a lock file, which says who holds it and since when; it is taken away at the end.

    A file that a killed command left behind is no lock: what counts is the system's lock on it.

    Raises
    ------
    ResultError
        If another command holds it; names process, machine and time. Or if the file is a link or no plain file, which
        somebody else put there.
    """
    file = _taken(path)
    if file is None:
        raise ResultError(
            f"another command is writing {destination} ({_holder(path)}); wait for it, stop it, or choose another --out"
        )
    try:
        file.truncate(0)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(f"process {os.getpid()} on {socket.gethostname()} since {now}\n")
        file.flush()
        yield
    finally:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # a full disk may refuse the last byte; nothing of worth is lost
            file.close()


def _taken(path: Path) -> IO[str] | None:
    """Open and lock the file; None when another process has it."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _opened(path)
        if not _lock(file):
            file.close()
            return None
        with suppress(OSError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()  # its holder took the file away between our opening and locking it


def _opened(path: Path) -> IO[str]:
    """Open the file, or make it, without following a link, so that nothing else can be overwritten in its name."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    except OSError as error:
        if error.errno not in (ELOOP, EISDIR):
            raise
        raise ResultError(f"{path} is no plain file, as a lock of this program is; take it away") from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(handle)
        raise ResultError(f"{path} is no plain file, as a lock of this program is; take it away")
    return os.fdopen(handle, "r+", encoding="utf-8")


def _lock(file: IO[str]) -> bool:
    """Lock an open file without waiting; False when another process holds it."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    """Say who holds a lock, as far as it is known."""
    with suppress(OSError):
        return path.read_text(encoding="utf-8").strip() or "just started"
    return "just started"
