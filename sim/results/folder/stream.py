"""Writes results.nc a few replications at a time, so that memory does not grow with their number; reads it likewise.

The arrays are those of ``dataset.to_dataset``; the bytes do not depend on how replications came in batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Literal

import netCDF4
import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.engine.counts.record import Layout, Record
from sim.errors import ResultError
from sim.model.spec import Scenario
from sim.results.accounts import account_pricer
from sim.results.collect import Collected, collect
from sim.results.costs import area_pricer
from sim.results.dataset import dataset_of
from sim.results.folder.files import why_not_written
from sim.results.folder.store import without_timing

TOGETHER = 16
"""Replications that are written, and lie in the file, together."""
LARGE = 2_000_000
"""Numbers of a variable from which it is read only as far as it is asked for, and never kept in memory."""
Parts = dict[str, FloatArray]


def write_streamed(
    path: Path,
    scenario: Scenario,
    layout: Layout,
    records: Iterator[Record],
    earlier: tuple[Path, Collected] | None = None,
) -> tuple[Collected, float]:
    """Write the Dataset of a study from its records, read one at a time.

    Parameters
    ----------
    path
        The netCDF file.
    scenario, layout
        What was run, and the axes of its records.
    records
        In the order of their replications; at least one.
    earlier
        A results.nc with the replications before those, and what was collected of them.

    Returns
    -------
        What was collected of all replications, and the CPU seconds of the engine for the records.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    pricer, accounts = area_pricer(scenario, layout), account_pricer(scenario, layout)
    collected = collect(_some(records), pricer, earlier[1] if earlier else None, accounts)
    first = dataset_of(scenario, layout, collected)
    streamed = [name for name, variable in first.data_vars.items() if "replication" in variable.dims]
    axes = {str(name): first[name].dims.index("replication") for name in (*streamed, "replication")}
    before = _parts_of_file(earlier[0], axes) if earlier else iter(())
    last = collected

    def parts() -> Iterator[Parts]:
        nonlocal last
        yield _parts(first, axes)
        while following := _some(records):
            last = collect(following, pricer, last, accounts)
            yield _parts(dataset_of(scenario, layout, last), axes)

    try:
        _begin(path, first[streamed], axes)
        with netCDF4.Dataset(path, "a") as file:
            file.set_auto_maskandscale(False)
            _append(file, chain(before, parts()), axes)
        whole = first if last is collected else dataset_of(scenario, layout, last)
        rest = whole.drop_dims("replication")
        _write(path, without_timing(rest), mode="a")
    except (OSError, RuntimeError) as error:
        raise why_not_written(path, error) from error
    return last, last.engine_seconds


def _some(records: Iterator[Record]) -> list[Record]:
    """Take the next few records."""
    return [record for _, record in zip(range(TOGETHER), records, strict=False)]


def _parts(ds: xr.Dataset, axes: dict[str, int]) -> Parts:
    """Give the arrays that go on with each replication."""
    return {name: ds[name].values for name in axes}


def _parts_of_file(path: Path, axes: dict[str, int]) -> Iterator[Parts]:
    """Give the arrays of an earlier file, a few replications at a time."""
    with xr.open_dataset(path, engine="netcdf4", cache=False) as ds:
        for start in range(0, ds.sizes["replication"], TOGETHER):
            yield _parts(ds.isel(replication=slice(start, start + TOGETHER)), axes)


def _begin(path: Path, first: xr.Dataset, axes: dict[str, int]) -> None:
    """Make the file with every array that goes on, none of them filled."""
    empty = without_timing(first).isel(replication=slice(0, 0))
    _write(path, empty, unlimited=("replication",), shapes={name: first[name].shape for name in axes}, axes=axes)


def _write(
    path: Path, ds: xr.Dataset, *, mode: Literal["w", "a"] = "w", unlimited: tuple[str, ...] = (),
    shapes: dict[str, tuple[int, ...]] | None = None, axes: dict[str, int] | None = None,
) -> None:  # fmt: skip
    """Write a Dataset; arrays that will go on lie in chunks of one world and ``TOGETHER`` replications."""
    encoding: dict[str, dict[str, object]] = {}
    for name, shape in (shapes or {}).items():
        axis = (axes or {})[name]
        inner = (*(1 for _ in shape[:axis]), TOGETHER, *shape[axis + 1 :])
        if 0 not in inner:
            encoding[name] = {"zlib": True, "complevel": 4, "chunksizes": inner}
    for each, variable in ds.data_vars.items():
        if not shapes and variable.size > 1000:
            encoding[str(each)] = {"zlib": True, "complevel": 1}
    ds.to_netcdf(path, mode=mode, engine="netcdf4", encoding=encoding, unlimited_dims=unlimited)


def _append(file: netCDF4.Dataset, parts: Iterator[Parts], axes: dict[str, int]) -> None:
    """Write arrays in blocks of ``TOGETHER`` replications, whatever the size of the parts that come."""
    held: Parts = {}
    written = 0
    for part in parts:
        held = {name: np.concatenate([held[name], part[name]], axis) if held else part[name]
                for name, axis in axes.items()}  # fmt: skip
        while held["replication"].size >= TOGETHER:
            written = _put(file, {n: _cut(held[n], axes[n], 0, TOGETHER) for n in axes}, axes, written)
            held = {name: _cut(held[name], axes[name], TOGETHER, None) for name in axes}
    if held and held["replication"].size:
        _put(file, held, axes, written)


def _cut(array: FloatArray, axis: int, start: int, stop: int | None) -> FloatArray:
    """Cut an array along an axis."""
    return array[(slice(None),) * axis + (slice(start, stop),)]


def _put(file: netCDF4.Dataset, block: Parts, axes: dict[str, int], start: int) -> int:
    """Write a block of replications from a place on; give the place after it."""
    stop = start + block["replication"].size
    for name, axis in axes.items():
        if block[name].size or name == "replication":
            file[name][(slice(None),) * axis + (slice(start, stop),)] = block[name]
    return stop


@contextmanager
def opened_lazily(path: Path) -> Iterator[xr.Dataset]:
    """Give a Dataset whose large arrays stay in the file.

    Raises
    ------
    ResultError
        If it is no results file.
    """
    try:
        opened = xr.open_dataset(path, engine="netcdf4", cache=False)
    except (OSError, ValueError) as error:
        raise ResultError(f"{path} cannot be read: {error}") from error
    with opened as ds:
        plain = {name: a.item() if isinstance(a, np.generic) else a for name, a in ds.attrs.items()}
        yield ds.assign({name: v.load() for name, v in ds.data_vars.items() if v.size < LARGE}).assign_attrs(plain)
