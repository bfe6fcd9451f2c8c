"""Batches on disk come back to the last bit, are whole or absent, and say what they belong to.

The file's name holds the sha256 of its content, so that any flipped bit shows (a change goes unseen with a chance of
2^-256). The streamed results hold the arrays of the Dataset made in memory, and the same bytes however replications
came in batches, because moments are added in the order of replications and written in blocks of fixed size.
"""

from dataclasses import fields, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from sim.economics.summary import summarise
from sim.engine.counts.record import Layout, Record
from sim.errors import ResultError
from sim.model.spec import Scenario
from sim.results.dataset import to_dataset
from sim.results.folder import batches as shards
from sim.results.folder.batches import read_shard, shards_in, write_shard
from sim.results.folder.netcdf import NamedArrays, from_bytes, to_bytes
from sim.results.folder.store import write_dataset
from sim.results.folder.stream import TOGETHER, opened_lazily, write_streamed
from sim.results.folder.sums import read_sums, write_sums
from tests.runs import synthetic_many


def study() -> tuple[Scenario, Layout, list[Record]]:
    """Give more records than are written together."""
    return synthetic_many.study(TOGETHER + 5)


@pytest.fixture(scope="module")
def made() -> list[Record]:
    return study()[2]


def same(a: Record, b: Record) -> bool:
    """Whether two records agree to the last bit."""
    for name in (field.name for field in fields(Record)):
        one, other = getattr(a, name), getattr(b, name)
        if isinstance(one, np.ndarray):
            if one.shape != other.shape or np.asarray(one, float).tobytes() != np.asarray(other, float).tobytes():
                return False
        elif one != other:
            return False
    return True


@pytest.mark.parametrize("count", [1, 2, 5])
def test_records_come_back_to_the_last_bit(made: list[Record], tmp_path: Path, count: int) -> None:
    """Also where only the first has the variance between rows, and where an array is empty."""
    records = [replace(r, levels=np.zeros((len(study()[0].worlds), 1, 0))) for r in made[:count]]
    records[1:] = [replace(record, outcome_variance=None) for record in records[1:]]
    write_shard(tmp_path, "study", records)
    (shard,) = shards_in(tmp_path)
    assert (shard.first, shard.last) == (0, count - 1)
    assert all(same(a, b) for a, b in zip(records, read_shard(shard, "study"), strict=True))


def test_odd_numbers_come_back_to_the_last_bit() -> None:
    """Whole numbers are packed into 32 bits only where nothing is lost: not minus nought, NaN or 2^31."""
    odd = {"a": [-0.0, 1.0], "b": [np.nan, 2.0], "c": [2.0**31, 1.0], "d": [0.1], "e": [-7.0, 2.0**31 - 1], "f": []}
    arrays = {name: np.array(values) for name, values in odd.items()}
    back = from_bytes(to_bytes(NamedArrays(arrays))).arrays
    assert {name: array.tobytes() for name, array in back.items()} == {n: a.tobytes() for n, a in arrays.items()}


def test_every_flipped_bit_is_found_and_the_file_named(made: list[Record], tmp_path: Path) -> None:
    path = write_shard(tmp_path, "study", made[:2])
    (shard,) = shards_in(tmp_path)
    good, rng = path.read_bytes(), np.random.default_rng(1)
    for place in rng.choice(len(good), 100, replace=False):
        bad = bytearray(good)
        bad[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad)
        with pytest.raises(ResultError, match=f"{path.name} was altered or damaged"):
            next(read_shard(shard, "study"))
    for short in (b"", good[:-1]):
        path.write_bytes(short)
        with pytest.raises(ResultError, match="was altered or damaged"):
            next(read_shard(shard, "study"))


def test_batches_of_another_study_are_not_used(made: list[Record], tmp_path: Path) -> None:
    write_shard(tmp_path, "study", made[:1])
    with pytest.raises(ResultError, match="belongs to another study or to another version"):
        next(read_shard(shards_in(tmp_path)[0], "other"))


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_batch_is_there_whole_or_not_at_all(made: list[Record], tmp_path: Path, monkeypatch, broken: str) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shards.os if broken == "fsync" else Path, broken, fail)
    with pytest.raises(OSError, match="No space left"):
        write_shard(tmp_path, "study", made[:1])
    assert list(tmp_path.iterdir()) == []


def test_streamed_results_hold_the_arrays_of_the_dataset_in_memory(tmp_path: Path) -> None:
    scenario, layout, records = study()
    plain = to_dataset(scenario, layout, records)
    write_dataset(tmp_path / "plain.nc", plain)
    _, seconds = write_streamed(tmp_path / "streamed.nc", scenario, layout, iter(records))
    assert seconds == plain.attrs["engine_seconds"]
    xr.testing.assert_identical(xr.load_dataset(tmp_path / "plain.nc"), xr.load_dataset(tmp_path / "streamed.nc"))
    with opened_lazily(tmp_path / "streamed.nc") as ds:
        timed = {"engine_seconds": seconds, "peak_mb": 1.0}
        assert summarise(ds.assign_attrs(timed)) == summarise(plain.assign_attrs(timed))


@pytest.mark.parametrize("first", [1, TOGETHER + 1, *(pytest.param(n, marks=pytest.mark.slow) for n in (7, TOGETHER))])
def test_results_that_grow_have_the_bytes_of_those_made_at_once(tmp_path: Path, first: int) -> None:
    scenario, layout, made = study()
    collected, _ = write_streamed(tmp_path / "whole.nc", scenario, layout, iter(made))
    write_sums(tmp_path / "whole_sums.nc", collected, {"study": "a"})
    records = iter(made)
    collected, _ = write_streamed(tmp_path / "part.nc", scenario, layout, islice(records, first))
    write_sums(tmp_path / "part_sums.nc", collected, {"study": "a"})
    earlier, n, marks = read_sums(tmp_path / "part_sums.nc")
    assert (n, marks) == (first, {"study": "a"})
    collected, _ = write_streamed(tmp_path / "grown.nc", scenario, layout, records, (tmp_path / "part.nc", earlier))
    write_sums(tmp_path / "grown_sums.nc", collected, {"study": "a"})
    for name in ("", "_sums"):
        assert (tmp_path / f"grown{name}.nc").read_bytes() == (tmp_path / f"whole{name}.nc").read_bytes()
