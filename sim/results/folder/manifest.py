"""The manifest of a results folder: the sha256 of each file that the program wrote; all else is the user's own."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from sim.errors import ResultError
from sim.results.folder.files import flush, sha256_of, write_json

MANIFEST = "manifest.json"


def seal(folder: Path) -> None:
    """Flush every file to disk, then write the manifest of their sha256 sums, last."""
    sums = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        flush(path)
        sums[path.relative_to(folder).as_posix()] = sha256_of(path)
    write_json(folder / MANIFEST, {"files": sums})
    flush(folder / MANIFEST)
    flush(folder)


def sums_of(folder: Path) -> dict[str, str]:
    """Read the manifest: the sha256 of each file by its path within the folder.

    Raises
    ------
    ResultError
        If there is none, it cannot be read, or it names what cannot lie in the folder.
    """
    manifest = folder / MANIFEST
    if manifest.is_symlink() or not manifest.is_file():
        raise ResultError(f"{folder} is not a finished results folder: it has no {MANIFEST}")
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        sums = {str(name): str(total) for name, total in listed.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultError(f"{manifest} is damaged and cannot be read; run the config into another folder") from error
    for name in sums:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise ResultError(f"{manifest} names '{name}', which does not lie in the folder")
    return sums


def verify(folder: Path) -> None:
    """Check a results folder against its manifest.

    Raises
    ------
    ResultError
        If the folder or its manifest is missing or unreadable, or a file is missing, altered or a link; names the file.
    """
    for name, expected in sums_of(folder).items():
        path = folder / name
        above = [folder / parent for parent in PurePosixPath(name).parents][:-1]
        if any(part.is_symlink() for part in (path, *above)):
            raise ResultError(f"{path} is reached by a link, and results are files of their own; run the config again")
        if not path.is_file():
            raise ResultError(f"{path} is missing; run the config again")
        if sha256_of(path) != expected:
            raise ResultError(f"{path} was altered or damaged since it was written; run the config again")


def others_in(folder: Path) -> list[Path]:
    """List what the manifest does not name, a user's own, each by the topmost path that holds nothing else.

    Raises
    ------
    ResultError
        As ``sums_of``, unless there is no manifest: then everything is the user's.
    """
    names: set[str] = {MANIFEST, *sums_of(folder)} if (folder / MANIFEST).is_file() else set()
    folders = {parent.as_posix() for name in names for parent in PurePosixPath(name).parents}

    def below(at: Path) -> list[Path]:
        found: list[Path] = []
        for path in sorted(at.iterdir()):
            name = path.relative_to(folder).as_posix()
            if name in folders and path.is_dir() and not path.is_symlink():
                found += below(path)
            elif name not in names:
                found.append(path)
        return found

    return below(folder)
