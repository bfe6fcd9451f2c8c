"""Faults that long runs meet: kill -9, a full disk, flipped bits, two runs at once, Ctrl-C.

What is promised: results are whole or absent; finished replications are kept; going on gives the same bytes as a run
that was never stopped. If none of 100 kills at random moments leaves anything else, such moments are fewer than 3 in
100 of a run with 95% confidence.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from sim.errors import ResultError
from sim.results.folder.manifest import verify
from tests.runs.runs_to_kill import STUDY, contents, families, killed_and_resumed, said, start, timed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills and limits of processes as POSIX has them")
SIZES_OF_DISK = 20


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """Give the folder of a run that nothing happened to, and the seconds that it took."""
    return timed(tmp_path_factory.mktemp("whole"), *STUDY, "--quiet")


@pytest.fixture(scope="module")
def whole(known: tuple[Path, float]) -> Path:
    return known[0]


def until(condition, seconds: float = 120.0) -> None:
    """Wait until something holds."""
    last = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < last
        time.sleep(0.005)


def batches(folder: Path, out: str = "out") -> list[Path]:
    return sorted((folder / f".{out}.work").glob("batch-*.nc"))


def test_killed_at_random_moments_and_gone_on_with(tmp_path: Path, known: tuple[Path, float]) -> None:
    killed_and_resumed(tmp_path, 3, seed=1, known=known)


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "kills"), [("1", 60), ("2", 40)])
def test_killed_at_a_hundred_random_moments(tmp_path: Path, workers: str, kills: int) -> None:
    left = killed_and_resumed(tmp_path, kills, seed=int(workers), workers=workers)
    assert left["some replications"] > kills / 10, left  # else the moments were not what this is about


@pytest.mark.slow
def test_killed_while_figures_are_drawn(tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, 5, seed=9, figures=True)


def test_killed_while_a_kill_is_being_made_good(tmp_path: Path, whole: Path) -> None:
    """Killed again and again as soon as one more batch is on disk; the results it had replaced stay until the end."""
    done = 0
    while done < 3:
        process = start(tmp_path, "run", *STUDY, "--out", "out", "--resume", "--quiet")
        until(lambda: len(batches(tmp_path)) > done)  # noqa: B023 - called at once
        process.kill()
        process.join()
        assert not (tmp_path / "out").exists()
        done = len(batches(tmp_path))
    kept = {path.name for path in batches(tmp_path)}
    process = start(tmp_path, "run", *STUDY, "--out", "out", "--resume", "--quiet")
    until(lambda: len(batches(tmp_path)) > done or process.exitcode is not None)
    assert kept <= {path.name for path in batches(tmp_path)} or process.exitcode == 0
    process.join()
    assert contents(tmp_path / "out") == contents(whole)


def test_a_disk_that_is_full(tmp_path: Path, whole: Path) -> None:
    """A limit on the size of each file stands in for the disk: a write beyond it fails as on a full one."""
    largest = max(path.stat().st_size for path in whole.iterdir())
    _fill_up(tmp_path, whole, [int(largest * share) for share in (0.01, 0.8)])


@pytest.mark.slow
def test_a_disk_that_is_full_at_twenty_sizes(tmp_path: Path, whole: Path) -> None:
    """As above: a limit on the size of each file, not on their sum; the next test has a real disk where it may."""
    largest = max(path.stat().st_size for path in whole.iterdir())
    _fill_up(tmp_path, whole, [int(size) for size in np.linspace(0, 0.99 * largest, SIZES_OF_DISK)])


def _fill_up(folder: Path, whole: Path, limits: list[int]) -> None:
    for limit in limits:
        code, words = families(folder, "run", *STUDY, "--quiet", "--out", "out", file_limit=limit)
        _clean_failure(folder, code, words)
        code, words = families(folder, "run", *STUDY, "--quiet", "--out", "out", "--resume")
        assert code == 0, (limit, words)
        assert contents(folder / "out") == contents(whole)
        shutil.rmtree(folder / "out")


def _clean_failure(folder: Path, code: int, words: str) -> None:
    """Exit 1 with a plain line; nothing that looks whole, no half-written batch."""
    assert code == 1, words
    assert "Traceback" not in words
    assert not (folder / "out").exists()
    assert not list((folder / ".out.work").glob("*.part"))
    assert not (folder / ".out.work" / "staging").exists()


@pytest.mark.slow
def test_a_small_disk_at_twenty_sizes(tmp_path: Path, whole: Path) -> None:
    """On a real file system of a few hundred kilobytes; what it has no room for, a larger one goes on with."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mounted, capture_output=True, check=False).returncode:
        pytest.skip("THIS MACHINE DOES NOT ALLOW MOUNTING: only the limit on the size of a file was tested")
    try:
        for kilobytes in np.linspace(64, 1200, SIZES_OF_DISK, dtype=int):
            subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(disk)], check=True)
            code, words = families(disk, "run", *STUDY, "--quiet", "--out", "out")
            assert code == 2 or "No space left" in words or "could not be written" in words, words
            _clean_failure(disk, min(code, 1), words)
            subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
            code, words = families(disk, "run", *STUDY, "--quiet", "--out", "out", "--resume")
            assert code == 0, (kilobytes, words)
            assert contents(disk / "out") == contents(whole)
            shutil.rmtree(disk / "out")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_one_flipped_bit_in_each_stored_file_is_found_and_named(tmp_path: Path, whole: Path) -> None:
    """In finished results; batches are in ``test_shards``. Every bit is covered by a sha256, so one each shows it."""
    folder = shutil.copytree(whole, tmp_path / "out")
    rng = np.random.default_rng(3)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"):
        good = path.read_bytes()
        bad = bytearray(good)
        bad[rng.integers(len(good))] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad)
        with pytest.raises(ResultError, match=f"{path.name} was altered or damaged"):
            verify(folder)
        path.write_bytes(good)
    (folder / "sums.nc").write_bytes((folder / "sums.nc").read_bytes()[:-1])
    code, words = families(tmp_path, "run", *STUDY[:-1], "8", "--out", "out", "--resume")
    assert (code, "sums.nc was altered or damaged" in words) == (2, True)


def test_a_second_run_into_one_folder_is_refused(tmp_path: Path) -> None:
    first = start(tmp_path, "run", *STUDY[:-1], "500", "--out", "out", "--quiet")
    until(lambda: len(batches(tmp_path)) > 0)
    (tmp_path / "second").mkdir()
    for options in ([], ["--resume"], ["--force"]):
        code, words = families(tmp_path / "second", "run", *STUDY, "--out", str(tmp_path / "out"), *options)
        assert code == 2
        assert re.search(rf"another command is writing .*out \(process {first.pid} on \S+ since 20", words), words
    assert first.exitcode is None
    first.kill()
    first.join()
    assert (tmp_path / ".out.work" / "lock").exists()  # stale, and no hindrance
    code, words = families(tmp_path, "run", *STUDY, "--out", "out", "--force", "--quiet")
    assert code == 0, words


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_ctrl_c_ends_soon_and_says_how_to_go_on(tmp_path: Path, whole: Path, workers: str) -> None:
    """Of a run of 400; the first six of them are then what is asked for."""
    process = start(tmp_path, "run", *STUDY[:-1], "400", "--out", "out", "--quiet", "--workers", workers)
    until(lambda: len(batches(tmp_path)) > 0)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGINT)
    asked = time.monotonic()
    process.join(20)
    assert time.monotonic() - asked < 5
    assert process.exitcode == 130
    assert re.search(r"Stopped\. \d+ of 400 replications are kept .*--resume", said(tmp_path))
    assert not (tmp_path / "out").exists()
    refused = families(tmp_path, "run", *STUDY, "--out", "out")
    assert refused[0] == 2
    assert "go on with --resume, or start afresh with --force" in refused[1]
    assert families(tmp_path, "run", *STUDY, "--out", "out", "--resume", "--quiet")[0] == 0
    assert contents(tmp_path / "out") == contents(whole)
