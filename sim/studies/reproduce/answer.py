"""Two results folders of one study held against each other: which files are the same, how far numbers are apart.

Pictures, pages and the workbook show results and are not compared. A gap is taken as a share of the largest number of
its column or array, so that rounding in a figure that is next to nothing beside its neighbours does not look large.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.results.folder.beside import Reproduced
from sim.results.folder.manifest import sums_of

Verdict = Literal["same", "rounding", "other"]
ROUNDING = 1e-9
"""The largest gap that other versions of a library, or another processor, may make by adding up in another order."""
COMPARED = ("results.nc", "sums.nc", "*.csv", "summary.json")
NOT_RESULTS = ("timing", "until")
"""Of summary.json: how long a run took, and for which figures replications were added."""


@dataclass(frozen=True)
class Gap:
    """The largest gap in one column or array of a file: both numbers, and the gap as a share of the largest there.

    ``what`` says what else differs, where it is not a number: then the share is infinite.
    """

    file: str
    part: str
    then: float = math.nan
    now: float = math.nan
    share: float = math.inf
    what: str = ""


@dataclass(frozen=True)
class Reproduction:
    """What making a run again has found: files with the same bytes, gaps, and what differs in how both were made.

    ``replications`` were compared of ``of``; where they are fewer, arrays that hold a number for each replication
    alone are compared.
    """

    identical: tuple[str, ...]
    compared: tuple[str, ...]
    gaps: tuple[Gap, ...]
    made: tuple[tuple[str, str | None, str | None], ...]
    replications: int
    of: int

    @property
    def largest(self) -> float:
        """The largest gap, as a share."""
        return max((gap.share for gap in self.gaps), default=0.0)

    @property
    def verdict(self) -> Verdict:
        """Whether these are the same results."""
        return "same" if not self.gaps else "rounding" if self.largest <= ROUNDING else "other"

    def record(self, run: Mapping[str, Any]) -> Reproduced:
        """Give what is kept beside the results; ``run`` is the record of the run that was made again."""
        return Reproduced(
            self.verdict, self.largest if math.isfinite(self.largest) else None, len(self.identical),
            len(self.compared), self.replications, self.of, self.made, str(run["commit"] or ""), str(run["platform"]),
            str(run["versions"]["python"]), str(run["time"]),
        )  # fmt: skip


Made = tuple[tuple[str, str | None, str | None], ...]
"""What differs in how two runs were made: what, then, now."""


def hold_against(
    then: Path, now: Path, a: Mapping[str, Any], b: Mapping[str, Any], made: Made = ()
) -> Reproduction:  # fmt: skip
    """Hold the results of a run made again against those of the first.

    Parameters
    ----------
    then, now
        Results folders.
    a, b
        Their records, run.json.
    made
        What differs in how they were made.
    """
    old, new = sums_of(then), sums_of(now)
    whole = a["replications"] == b["replications"]
    names = [name for name in sorted(old.keys() | new.keys()) if _counts(name, whole=whole)]
    identical = tuple(name for name in names if old.get(name) == new.get(name))
    gaps: list[Gap] = []
    for name in names:
        if name in identical:
            continue
        if name not in old or name not in new:
            gaps.append(Gap(name, "", what="was not there" if name not in old else "is no longer there"))
        elif name.endswith(".nc"):
            gaps += _of_arrays(name, then / name, now / name, whole=whole)
        elif name.endswith(".csv"):
            gaps += _of_tables(name, then / name, now / name)
        else:
            gaps += _of_json(name, then / name, now / name)
    return Reproduction(identical, tuple(names), tuple(gaps), made, int(b["replications"]), int(a["replications"]))


def _counts(name: str, *, whole: bool) -> bool:
    """Whether a file holds results that can be compared; of some of the replications only their arrays can."""
    return any(fnmatch(name, pattern) for pattern in (COMPARED if whole else COMPARED[:1])) and "/" not in name


def _of_arrays(name: str, then: Path, now: Path, *, whole: bool) -> Iterator[Gap]:
    """Compare every array; of fewer replications those that hold each replication, and what neither has is nothing."""
    with xr.open_dataset(then, engine="netcdf4") as a, xr.open_dataset(now, engine="netcdf4") as b:
        for key in sorted({str(key) for key in (*a.data_vars, *b.data_vars)}):
            if not whole and not ("replication" in a.get(key, a).dims and "replication" in b.get(key, b).dims):
                continue
            if key not in a or key not in b:
                yield Gap(name, key, what="was not there" if key not in a else "is no longer there")
                continue
            old, new = a[key].load(), b[key].load()
            if not whole:
                old, new = xr.align(old.sel(replication=new["replication"]), new, join="outer", fill_value=0)
            if old.shape != new.shape or any(not old[dim].equals(new[dim]) for dim in old.coords if dim in new.coords):
                yield Gap(name, key, what=f"has another shape: {old.shape}, {new.shape}")
            elif np.issubdtype(old.dtype, np.number):
                yield from _gap(name, key, np.asarray(old, float).ravel(), np.asarray(new, float).ravel())
            elif not old.equals(new):
                yield Gap(name, key, what="holds other text")


def _of_tables(name: str, then: Path, now: Path) -> Iterator[Gap]:
    """Compare every column of a CSV file; columns of text must be the same."""
    (head, *old), (other, *new) = (_rows(path) for path in (then, now))
    if head != other or len(old) != len(new):
        yield Gap(name, "", what=f"has other columns or rows: {len(old):,} rows, {len(new):,}")
        return
    for i, column in enumerate(head):
        a, b = [row[i] for row in old], [row[i] for row in new]
        if a != b:
            yield from _of_values(name, column, a, b)


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _of_values(name: str, part: str, a: Sequence[str], b: Sequence[str]) -> Iterator[Gap]:
    """Compare texts that may be numbers; an empty cell is a figure that is not known."""
    try:
        old, new = (np.array([float(x) if x else math.nan for x in values]) for values in (a, b))
    except ValueError:
        yield Gap(name, part, what="holds other text")
        return
    yield from _gap(name, part, old, new)


def _of_json(name: str, then: Path, now: Path) -> Iterator[Gap]:
    """Compare the numbers of summary.json by its topmost keys, and all else as it stands."""
    a, b = (json.loads(path.read_text(encoding="utf-8")) for path in (then, now))
    for key in dict.fromkeys([*a, *b]):
        if key in NOT_RESULTS or (key in a and key in b and a[key] == b[key]):
            continue
        old, new = dict(_numbers(a.get(key))), dict(_numbers(b.get(key)))
        if old.keys() != new.keys() or _without(a.get(key)) != _without(b.get(key)):
            yield Gap(name, key, what="says something else")
        else:
            yield from _gap(name, key, np.array(list(old.values())), np.array(list(new.values())))


def _numbers(content: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """List the numbers in nested content by their place."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from _numbers(value, f"{path}/{key}")
    elif isinstance(content, list):
        for i, value in enumerate(content):
            yield from _numbers(value, f"{path}/{i}")
    elif isinstance(content, int | float) and not isinstance(content, bool):
        yield path, float(content)


def _without(content: Any) -> Any:
    """Give nested content without its numbers."""
    if isinstance(content, Mapping):
        return {key: _without(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_without(value) for value in content]
    return None if isinstance(content, int | float) and not isinstance(content, bool) else content


def _gap(name: str, part: str, old: FloatArray, new: FloatArray) -> Iterator[Gap]:
    """Give the largest gap of two arrays of one size; nothing where they are the same."""
    if np.array_equal(old, new, equal_nan=True):
        return
    if not np.array_equal(np.isnan(old), np.isnan(new)):
        yield Gap(name, part, what="other figures are not known")
        return
    known = ~np.isnan(old)
    with np.errstate(invalid="ignore"):
        gap = np.where(known & (old != new), np.abs(new - old), 0.0)
    at = int(np.argmax(gap))
    size = float(max(np.abs(old[known]).max(), np.abs(new[known]).max()))
    yield Gap(name, part, float(old[at]), float(new[at]), float(gap[at]) / size if math.isfinite(size) else math.inf)
