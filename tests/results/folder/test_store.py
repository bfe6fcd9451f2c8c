"""A results folder is whole or absent: faults at any stage leave the earlier result, and altered files are found."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from sim.economics.summary import summarise
from sim.errors import ResultError
from sim.exhibits.csv import write_tables
from sim.results.dataset import to_dataset
from sim.results.folder.files import write_json
from sim.results.folder.manifest import verify
from sim.results.folder.run_record import run_record
from sim.results.folder.store import read_results, staged, write_results
from sim.results.tables import ledger_table, summary_table
from tests import synthetic

SCENARIO = synthetic.scenario()


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    made = to_dataset(SCENARIO, synthetic.layout(SCENARIO), synthetic.records(SCENARIO))
    return made.assign_attrs(peak_mb=100.0)


def save(folder: Path, ds: xr.Dataset, *, force: bool = False) -> None:
    with staged(folder, force=force) as fresh:
        write_results(fresh, ds, summarise(ds), run_record(SCENARIO))
        write_tables(fresh, [summary_table(ds, summarise(ds)), ledger_table(ds)])


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_round_trip(tmp_path: Path, ds: xr.Dataset) -> None:
    save(tmp_path / "a" / "b", ds)
    read, summary, run = read_results(tmp_path / "a" / "b")
    xr.testing.assert_identical(read.drop_attrs(), ds.drop_attrs())
    assert summarise(read) == summarise(ds) == summary
    assert run["config"] == SCENARIO.resolved
    assert os.listdir(tmp_path / "a") == ["b"]


def test_same_results_same_bytes(tmp_path: Path, ds: xr.Dataset) -> None:
    """Also when the engine took another time."""
    save(tmp_path / "a", ds)
    save(tmp_path / "b", ds.assign_attrs(engine_seconds=99.0, peak_mb=1.0))
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    for name in ("results.nc", "ledger.csv", "summary.csv"):
        assert a[name] == b[name]
    first, second = (json.loads(x["summary.json"]) for x in (a, b))
    assert first.pop("timing") != second.pop("timing")
    assert first == second


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_fault_leaves_nothing(tmp_path: Path, fault: type[BaseException]) -> None:
    with pytest.raises(fault), staged(tmp_path / "out") as folder:
        (folder / "half").write_text("written")
        raise fault
    assert list(tmp_path.iterdir()) == []


def test_a_fault_leaves_the_earlier_result(tmp_path: Path, ds: xr.Dataset) -> None:
    save(tmp_path / "out", ds)
    before = contents(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt), staged(tmp_path / "out", force=True) as folder:
        (folder / "half").write_text("written")
        raise KeyboardInterrupt
    assert contents(tmp_path / "out") == before
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("broken", [1, 2])
def test_a_failing_rename_brings_the_earlier_result_back(tmp_path: Path, ds, monkeypatch, broken: int) -> None:
    save(tmp_path / "out", ds)
    before, calls, real = contents(tmp_path / "out"), [0], Path.rename

    def rename(self: Path, target: Path) -> Path:
        calls[0] += 1
        if calls[0] == broken:
            raise OSError("no")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="no"):
        save(tmp_path / "out", ds, force=True)
    assert contents(tmp_path / "out") == before
    assert os.listdir(tmp_path) == ["out"]


def test_force_replaces(tmp_path: Path, ds: xr.Dataset) -> None:
    save(tmp_path / "out", ds)
    with pytest.raises(ResultError, match="already holds results; replace them with --force"):
        save(tmp_path / "out", ds)
    with staged(tmp_path / "out", force=True) as folder:
        (folder / "new").write_text("new")
    assert set(contents(tmp_path / "out")) == {"new", "manifest.json"}


def test_nobodys_other_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(ResultError, match="holds no finished results"), staged(tmp_path / "thesis", force=True):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultError, match="is a file"), staged(tmp_path / "file", force=True):
        pass
    assert contents(tmp_path) == {"thesis/chapter.txt": b"years of work", "file": b""}


def test_every_altered_file_is_found_and_named(tmp_path: Path, ds: xr.Dataset) -> None:
    save(tmp_path, ds)
    rng = np.random.default_rng(5)
    for name, good in contents(tmp_path).items():
        if name == "manifest.json":
            continue
        flipped = bytearray(good)
        flipped[rng.integers(len(good))] ^= 1 << int(rng.integers(8))
        for bad in (bytes(flipped), good[:-1]):
            (tmp_path / name).write_bytes(bad)
            with pytest.raises(ResultError, match=f"{name} was altered or damaged"):
                read_results(tmp_path)
        (tmp_path / name).unlink()
        with pytest.raises(ResultError, match=f"{name} is missing"):
            verify(tmp_path)
        (tmp_path / name).write_bytes(good)
    verify(tmp_path)


def test_a_folder_without_a_good_manifest_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="not a finished results folder"):
        verify(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ResultError, match="damaged and cannot be read"):
        verify(tmp_path)


def test_json_refuses_what_is_not_a_number(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"x": float("nan")})
