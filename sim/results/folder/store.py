"""A results folder that is whole or absent: staged beside its place, flushed, sealed by a manifest, then renamed.

What is in the files is made by ``dataset`` and ``summary``; the caller adds tables, figures and the report while the
folder is staged.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray as xr

from sim.errors import ResultError
from sim.interrupts import stop_if_pressed
from sim.results.facts import set_named
from sim.results.folder.files import flush, why_not_written, write_json
from sim.results.folder.held import REPLACED, STAGING, held, let_go, steadily
from sim.results.folder.manifest import MANIFEST, others_in, seal, sums_of, verify
from sim.results.folder.run_record import write_requirements
from sim.results.summary import Summary

NOT_KEPT = ("engine_seconds", "peak_mb")
"""Attributes that differ from run to run and are kept in the timing of summary.json instead."""


def check_destination(destination: Path, *, force: bool) -> None:
    """Refuse a destination before any work is done.

    Raises
    ------
    ResultError
        If it is a file or would lie in one, a folder that is no finished result, or a finished one and ``force`` is not
        given; or if its manifest is damaged, so that nothing says which files there are a user's own.
    """
    above = next((one for one in destination.absolute().parents if one.exists()), None)
    if above is not None and not above.is_dir():
        raise ResultError(f"{above} is a file, so that no folder can lie in it; choose another one with --out")
    if not destination.exists():
        return
    if not destination.is_dir():
        raise ResultError(f"{destination} is a file; choose another folder with --out")
    if (destination / MANIFEST).is_file():
        sums_of(destination)
        if not force:
            raise ResultError(f"{destination} already holds results; replace them with --force, or choose an --out")
    elif any(destination.iterdir()):
        raise ResultError(f"{destination} is not empty and holds no finished results; choose another folder with --out")


@contextmanager
def staged(destination: Path, *, force: bool = False) -> Iterator[Path]:
    """Hold a results folder and give a folder to write into; see ``staged_in``."""
    check_destination(destination, force=force)
    with held(destination) as work, staged_in(work, destination, force=force) as folder:
        yield folder


@contextmanager
def staged_in(work: Path, destination: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a folder to write into; at the end it takes the place of ``destination``, unless something went wrong.

    A user's own files in what is replaced, those that its manifest does not name, are carried over.

    Parameters
    ----------
    work
        As ``held`` gives it for this destination.
    destination
        The results folder.
    force
        Replace earlier results.

    Raises
    ------
    ResultError
        As ``check_destination``, and if what was written has the name of a user's own file.
    """
    check_destination(destination, force=force)
    destination, folder = destination.resolve(), work.resolve() / STAGING
    folder.mkdir()
    try:
        yield folder
        stop_if_pressed()
        seal(folder)
        check_destination(destination, force=force)
        _put(folder, destination)
    except BaseException:  # Ctrl-C too must leave nothing behind
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _put(folder: Path, destination: Path) -> None:
    """Rename into place; an earlier result is moved aside first and brought back if that fails."""
    aside = folder.with_name(REPLACED)
    if destination.exists():
        for path in others_in(destination):
            if (folder / path.relative_to(destination)).exists():
                raise ResultError(f"{path} is your own, and a file of that name would take its place; move it")
        destination.rename(aside)
    try:
        folder.rename(destination)
    except BaseException:
        if aside.exists():
            aside.rename(destination)
        raise
    flush(destination.parent)
    if aside.exists():
        let_go(aside, destination)


def copy_results(source: Path, to: Path, *, but: Sequence[str] = ()) -> None:
    """Copy the files that the manifest of a results folder names, and no others.

    Parameters
    ----------
    source
        A results folder, as ``verify`` found it.
    to
        A staged folder.
    but
        Files, and folders with all that is in them, to leave out.
    """
    for name in sums_of(source):
        if name.split("/")[0] not in but:
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, to / name)


def write_results(folder: Path, ds: xr.Dataset, summary: Summary, run: dict[str, Any]) -> None:
    """Write results.nc (unless it is there), summary.json, run.json and requirements.txt into a staged folder."""
    if not (folder / "results.nc").exists():
        write_dataset(folder / "results.nc", ds)
    write_json(folder / "summary.json", summary)
    write_json(folder / "run.json", run)
    write_requirements(folder, run)


def write_dataset(path: Path, ds: xr.Dataset) -> None:
    """Write netCDF, the same bytes for the same arrays; nothing that differs from run to run is kept."""
    kept = without_timing(ds)
    packing = {name: {"zlib": True, "complevel": 1} for name, array in kept.data_vars.items() if array.size > 1000}
    try:
        kept.to_netcdf(path, engine="netcdf4", encoding=packing)
    except (OSError, RuntimeError) as error:
        raise why_not_written(path, error) from error


def without_timing(ds: xr.Dataset) -> xr.Dataset:
    """Leave out the attributes that differ from run to run."""
    return ds.drop_attrs(deep=False).assign_attrs({k: v for k, v in ds.attrs.items() if k not in NOT_KEPT})


def read_results(folder: Path) -> tuple[xr.Dataset, Summary, dict[str, Any]]:
    """Read a results folder after checking it against its manifest: Dataset, summary and run, all of one version.

    Raises
    ------
    ResultError
        As ``verify``.
    """
    return steadily(folder, _read)


def _read(folder: Path) -> tuple[xr.Dataset, Summary, dict[str, Any]]:
    verify(folder)
    ds = xr.load_dataset(folder / "results.nc", engine="netcdf4")
    ds = ds.assign_coords(effect_set=[set_named(str(name)) for name in ds["effect_set"].values])
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return ds.assign_attrs(timing_of(summary)), summary, run


def timing_of(summary: Summary) -> dict[str, float]:
    """Give the timing of a summary that is known, as the attributes of a Dataset."""
    return {name: summary["timing"][name] for name in NOT_KEPT if summary["timing"].get(name) is not None}
