"""A results folder that is whole or absent: staged beside its place, flushed, sealed by a manifest, then renamed.

What is in the files is made by ``dataset`` and ``summary``; the caller adds tables, figures and the report while the
folder is staged.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import xarray as xr

from sim.errors import ResultError
from sim.results.facts import set_named
from sim.results.summary import Summary

MANIFEST = "manifest.json"
STAGING, REPLACED = "staging", "replaced"
NOT_KEPT = ("engine_seconds", "peak_mb")
"""Attributes that differ from run to run and are kept in the timing of summary.json instead."""


def check_destination(destination: Path, *, force: bool) -> None:
    """Refuse a destination before any work is done.

    Raises
    ------
    ResultError
        If it is a file, a folder that is no finished result, or a finished one and ``force`` is not given.
    """
    if not destination.exists():
        return
    if not destination.is_dir():
        raise ResultError(f"{destination} is a file; choose another folder with --out")
    if (destination / MANIFEST).is_file():
        if not force:
            raise ResultError(f"{destination} already holds results; replace them with --force, or choose an --out")
    elif any(destination.iterdir()):
        raise ResultError(f"{destination} is not empty and holds no finished results; choose another folder with --out")


@contextmanager
def staged(destination: Path, *, force: bool = False, within: Path | None = None) -> Iterator[Path]:
    """Give a folder to write into; at the end it takes the place of ``destination``, unless something went wrong.

    It stands in ``within``, on the same disk, or else beside ``destination``; so does what is replaced, for a moment.

    Raises
    ------
    ResultError
        As ``check_destination``.
    """
    check_destination(destination, force=force)
    destination = destination.resolve()
    destination.parent.mkdir(parents=True, exist_ok=True)
    folder = within.resolve() / STAGING if within else destination.parent / f".{destination.name}.{STAGING}-{_unique()}"
    folder.mkdir()
    try:
        yield folder
        _seal(folder)
        check_destination(destination, force=force)
        _put(folder, destination)
    except BaseException:  # Ctrl-C too must leave nothing behind
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _seal(folder: Path) -> None:
    """Flush every file to disk, then write the manifest of their sha256 sums, last."""
    sums = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        flush(path)
        sums[path.relative_to(folder).as_posix()] = _sha256(path)
    write_json(folder / MANIFEST, {"files": sums})
    flush(folder / MANIFEST)
    flush(folder)


def _put(folder: Path, destination: Path) -> None:
    """Rename into place; an earlier result is moved aside first and brought back if that fails."""
    aside = folder.with_name(folder.name.replace(STAGING, REPLACED))
    if destination.exists():
        destination.rename(aside)
    try:
        folder.rename(destination)
    except BaseException:
        if aside.exists():
            aside.rename(destination)
        raise
    flush(destination.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _unique() -> str:
    """Give a name that no other run has."""
    return uuid4().hex[:12]


def flush(path: Path) -> None:
    """Ask the system to put a file or folder on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    """Give the sha256 of a file in hexadecimal."""
    return sha256(path.read_bytes()).hexdigest()


def verify(folder: Path) -> None:
    """Check a results folder against its manifest.

    Raises
    ------
    ResultError
        If the folder or its manifest is missing or unreadable, or a file is missing or altered; names the file.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise ResultError(f"{folder} is not a finished results folder: it has no {MANIFEST}")
    try:
        sums = dict(json.loads(manifest.read_text(encoding="utf-8"))["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise ResultError(f"{manifest} is damaged and cannot be read; run the config again") from error
    for name, expected in sums.items():
        path = folder / name
        if not path.is_file():
            raise ResultError(f"{path} is missing; run the config again")
        if _sha256(path) != expected:
            raise ResultError(f"{path} was altered or damaged since it was written; run the config again")


def write_results(folder: Path, ds: xr.Dataset, summary: Summary, run: dict[str, Any]) -> None:
    """Write results.nc (unless it is there), summary.json and run.json into a staged folder."""
    if not (folder / "results.nc").exists():
        write_dataset(folder / "results.nc", ds)
    write_json(folder / "summary.json", summary)
    write_json(folder / "run.json", run)


def write_dataset(path: Path, ds: xr.Dataset) -> None:
    """Write netCDF, the same bytes for the same arrays; nothing that differs from run to run is kept."""
    kept = without_timing(ds)
    packing = {name: {"zlib": True, "complevel": 1} for name, array in kept.data_vars.items() if array.size > 1000}
    kept.to_netcdf(path, engine="netcdf4", encoding=packing)


def without_timing(ds: xr.Dataset) -> xr.Dataset:
    """Leave out the attributes that differ from run to run."""
    return ds.drop_attrs(deep=False).assign_attrs({k: v for k, v in ds.attrs.items() if k not in NOT_KEPT})


def read_results(folder: Path) -> tuple[xr.Dataset, Summary, dict[str, Any]]:
    """Read a results folder after checking it against its manifest: Dataset, summary and run.

    Raises
    ------
    ResultError
        As ``verify``.
    """
    verify(folder)
    ds = xr.load_dataset(folder / "results.nc", engine="netcdf4")
    ds = ds.assign_coords(effect_set=[set_named(str(name)) for name in ds["effect_set"].values])
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return ds.assign_attrs(timing_of(summary)), summary, run


def timing_of(summary: Summary) -> dict[str, float]:
    """Give the timing of a summary that is known, as the attributes of a Dataset."""
    return {name: summary["timing"][name] for name in NOT_KEPT if summary["timing"].get(name) is not None}


def write_json(path: Path, content: Any) -> None:
    """Write JSON with every digit; refuses NaN."""
    path.write_text(json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")
