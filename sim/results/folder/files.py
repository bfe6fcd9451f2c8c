"""One file at a time: JSON with every digit, on disk before anything relies on it."""

from __future__ import annotations

import json
import os
from errno import EACCES, EDQUOT, ENOSPC
from hashlib import sha256
from pathlib import Path
from typing import Any

PROBED_BYTES = 1 << 16


def write_json(path: Path, content: Any) -> None:
    """Write JSON with every digit; refuses NaN."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")


def flush(path: Path) -> None:
    """Ask the system to put a file or folder on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Give the sha256 of a file in hexadecimal."""
    return sha256(path.read_bytes()).hexdigest()


def why_not_written(path: Path, error: Exception) -> OSError:
    """Say why a library could not write a file: netCDF calls a full disk "permission denied" or "HDF error".

    Parameters
    ----------
    path
        The file.
    error
        What the library raised.

    Returns
    -------
        What the system said, if it was the system; else what it says when plain bytes are written beside it; where it
        takes them, what the library said.
    """
    if isinstance(error, OSError) and (error.errno or 0) > 0 and error.errno != EACCES:  # netCDF's own are below 0
        return error
    beside = path.with_name(f"{path.name}.tried")
    try:
        with beside.open("xb") as file:
            file.write(bytes(PROBED_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as real:
        return real
    finally:
        beside.unlink(missing_ok=True)
    return OSError(f"{path} could not be written ({error})")


def is_full(error: BaseException | None) -> bool:
    """Whether an exception says, itself or within, that a disk has no space left."""
    while error is not None:
        inner = [error, *(arg for arg in error.args if isinstance(arg, OSError))]
        if any(isinstance(e, OSError) and e.errno in (ENOSPC, EDQUOT) for e in inner):
            return True
        error = error.__cause__
    return False
