"""Named arrays as one netCDF file, which gives them back to the last bit; on disk, or as bytes in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from sim.arrays import FloatArray
from sim.results.folder.files import why_not_written

Stored = np.ndarray[Any, np.dtype[np.int32 | np.float64]]
Mark = str | int | list[int] | list[float]


@dataclass(frozen=True)
class NamedArrays:
    """Arrays by name, each with what is said of it, and what is said of all; ``list`` marks come back as lists."""

    arrays: Mapping[str, FloatArray]
    marks: Mapping[str, Mark] = field(default_factory=dict)
    marks_of: Mapping[str, list[int]] = field(default_factory=dict)
    """A list of whole numbers for an array, such as the replications that it is of."""
    alike: int | None = None
    """An axis along which arrays are much alike, such as that of worlds: kept as what differs from the first there."""


def to_bytes(named: NamedArrays) -> bytes:
    """Make the file in memory, so that a full disk is met while plain bytes are written; it holds the time of day."""
    file = netCDF4.Dataset("arrays", "w", memory=1 << 16)
    _fill(file, named)
    return _without_padding(bytes(file.close()))


def _without_padding(content: bytes) -> bytes:
    """Cut off what memory was reserved beyond the end that the file itself states (HDF5, superblocks 2 and 3)."""
    if content[8] not in (2, 3) or content[9] != 8:
        return content
    return content[: int.from_bytes(content[28:36], "little")]


def to_file(path: Path, named: NamedArrays) -> None:
    """Make the file on disk: the same bytes for the same arrays and marks.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    try:
        with netCDF4.Dataset(path, "w") as file:
            _fill(file, named)
    except (OSError, RuntimeError) as error:
        raise why_not_written(path, error) from error


def _fill(file: netCDF4.Dataset, named: NamedArrays) -> None:
    """Write everything, in the order of the names."""
    file.setncatts(dict(sorted(named.marks.items())))
    for name, array in sorted(named.arrays.items()):
        _put(file, name, array, named.marks_of.get(name, []), named.alike)


def from_bytes(content: bytes) -> NamedArrays:
    """Read what ``to_bytes`` made; the arrays come back to the last bit."""
    arrays: dict[str, FloatArray] = {}
    marks_of: dict[str, list[int]] = {}
    with netCDF4.Dataset("arrays", memory=content) as file:
        marks = {name: _plain(file.getncattr(name)) for name in file.ncattrs()}
        for name, variable in file.variables.items():
            variable.set_auto_maskandscale(False)
            is_empty = "empty" in variable.ncattrs()
            array = np.zeros(tuple(np.atleast_1d(variable.empty))) if is_empty else variable[:]
            if "alike" in variable.ncattrs():
                array = _differing(array, int(variable.alike))
            arrays[name] = np.asarray(array, dtype=np.float64)
            if "of" in variable.ncattrs():
                marks_of[name] = [int(number) for number in np.atleast_1d(variable.of)]
    return NamedArrays(arrays, marks, marks_of)


def marks_of(content: bytes) -> dict[str, Mark]:
    """Read the marks alone."""
    with netCDF4.Dataset("arrays", memory=content) as file:
        return {name: _plain(file.getncattr(name)) for name in file.ncattrs()}


def as_list(mark: Mark) -> list[float]:
    """Give a mark of numbers as a list; a list of one comes back from the file as the number."""
    return [float(number) for number in np.atleast_1d(np.asarray(mark, dtype=np.float64))]


def _plain(mark: object) -> Mark:
    """Turn what netCDF gives into plain Python."""
    if isinstance(mark, np.ndarray | np.generic):
        plain: Mark = mark.tolist()
        return plain
    return str(mark)


def _put(file: netCDF4.Dataset, name: str, array: FloatArray, of: list[int], alike: int | None) -> None:
    """Write one array; an empty one by its shape alone, as a dimension of 0 would be unlimited."""
    stored = _as_whole_numbers(array)
    dims = [f"{name}_{axis}" for axis in range(stored.ndim)] if stored.size else []
    for dim, size in zip(dims, stored.shape, strict=False):
        file.createDimension(dim, size)
    chunks = stored.shape if dims else None
    variable = file.createVariable(name, stored.dtype, dims, zlib=bool(dims), complevel=4, chunksizes=chunks)
    if of:
        variable.of = of
    if stored.size:
        if alike is not None and alike < stored.ndim:
            variable.alike = alike
            stored = _differing(stored, alike)
        variable[:] = stored
    else:
        variable.empty = stored.shape


def _differing(array: Stored, axis: int) -> Stored:
    """Turn the bits of all but the first along an axis into those that differ from the first's; and back again."""
    bits: np.ndarray[Any, np.dtype[Any]] = np.array(array, order="C").view(f"u{array.dtype.itemsize}")
    along = np.moveaxis(bits, axis, 0)
    np.bitwise_xor(along[1:], along[:1], out=along[1:])
    return bits.view(array.dtype)


def _as_whole_numbers(array: FloatArray) -> Stored:
    """Give an array as 32-bit integers when it comes back to the last bit, else as it is: a third of the disk less."""
    array = np.asarray(array, dtype=np.float64)
    if not np.all(np.abs(array) < 2**31):  # NaN too
        return array
    whole = array.astype(np.int32)
    return whole if whole.astype(np.float64).tobytes() == array.tobytes() else array
