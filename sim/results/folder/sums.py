"""Sums over replications as a small file of the results folder, from which more replications can be added exactly."""

from __future__ import annotations

from pathlib import Path

from sim.arrays import FloatArray
from sim.results.collect import Collected, Moments
from sim.results.folder.netcdf import NamedArrays, as_list, from_bytes, to_file

SUMS = "sums.nc"
_MOMENTS = ("first", "total", "squares")


def write_sums(path: Path, collected: Collected, marks: dict[str, str]) -> None:
    """Write the moments and sums of what was collected, the same bytes for the same sums.

    Parameters
    ----------
    path
        The file.
    collected
        Of all replications; what it keeps of each is not written, as results.nc has it.
    marks
        Text to find again, such as the digest of the study.
    """
    arrays: dict[str, FloatArray] = {f"pooled.{name}": array for name, array in collected.pooled.items()}
    n = 0
    for name, moments in collected.averaged.items():
        n = moments.n
        arrays |= {f"averaged.{name}.{part}": getattr(moments, part) for part in _MOMENTS}
    to_file(path, NamedArrays(arrays, {"replications": n, **marks}))


def read_sums(path: Path) -> tuple[Collected, int, dict[str, str]]:
    """Read what ``write_sums`` wrote: the moments and sums, the number of replications and the marks."""
    named = from_bytes(path.read_bytes())
    marks = dict(named.marks)
    n = int(as_list(marks.pop("replications"))[0])
    collected = Collected()
    parts: dict[str, dict[str, FloatArray]] = {}
    for full, array in named.arrays.items():
        kind, *names = full.split(".")
        if kind == "averaged":
            parts.setdefault(names[0], {})[names[1]] = array
        else:
            collected.pooled[names[0]] = array
    collected.averaged = {name: Moments(**found, n=n) for name, found in parts.items()}
    return collected, n, {name: str(mark) for name, mark in marks.items()}
