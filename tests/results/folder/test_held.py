"""A results folder in one hand at a time: killed at any call to the system, it is whole once anybody asks for it.

A process that replaces results kills itself at its Nth rename, removal or flush, for every N until it comes through.
"""

import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.errors import ResultError
from sim.results.folder.files import flush, is_full, why_not_written
from sim.results.folder.held import held, is_there, steadily
from sim.results.folder.manifest import others_in, sums_of, verify
from sim.results.folder.store import copy_results, staged

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills and links as POSIX has them")
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["sim.results.folder.store"])
CALLS = ("rename", "replace", "unlink", "rmdir", "mkdir", "fsync")
FILES = ("results.nc", "figures/one.svg")


def put(out: Path, content: str) -> None:
    """Put results in place whose files all say the same."""
    with staged(out, force=True) as folder:
        (folder / "figures").mkdir()
        for name in FILES:
            (folder / name).write_text(content)


def said(out: Path) -> str:
    """Read results, all of whose files must say the same."""

    def read(folder: Path) -> set[str]:
        verify(folder)
        return {(folder / name).read_text() for name in FILES}

    (content,) = steadily(out, read)
    return content


def _killed_at(out: Path, number: int) -> None:
    """Put new results in place, and kill this process at a call to the system."""
    calls = 0

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal calls
            calls += 1
            if calls == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return call

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))
    put(out, "new")


def test_killed_at_every_call_to_the_system(tmp_path: Path) -> None:
    out, notes = tmp_path / "out", tmp_path / "out" / "figures" / "notes.txt"
    codes, found = [], []
    while 0 not in codes:
        put(out, "old")
        notes.write_text("mine")
        process = CONTEXT.Process(target=_killed_at, args=(out, len(codes) + 1))
        process.start()
        process.join(60)
        codes.append(process.exitcode)
        found.append((out.exists(), said(out)))  # a reader alone makes it whole
        with held(out):
            assert said(out) in ("old", "new")
        assert notes.read_text() == "mine"
        assert sums_of(out).keys() == set(FILES)
        assert os.listdir(tmp_path) == ["out"]
    assert set(codes[:-1]) == {-signal.SIGKILL}
    assert {(False, "old"), (True, "old"), (True, "new")} <= set(found)  # before, between and after the renames


def test_a_reader_sees_one_version(tmp_path: Path) -> None:
    out, stop = tmp_path / "out", threading.Event()
    put(out, "0")

    def replace() -> None:
        for number in range(1, 40):
            put(out, str(number))
        stop.set()

    writer = threading.Thread(target=replace)
    writer.start()
    seen = set()
    while not stop.is_set():
        seen.add(said(out))
    writer.join()
    assert len(seen) > 1
    assert said(out) == "39"


def test_only_one_command_writes_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "out", "old")
    with held(tmp_path / "out"):
        for command in (["report"], ["run", "demo", "--resume", "--out"]):
            result = CliRunner().invoke(app, [*command, str(tmp_path / "out")])
            assert result.exit_code == 2
            assert f"another command is writing {tmp_path / 'out'} (process {os.getpid()}" in result.stderr
        assert said(tmp_path / "out") == "old"


def test_files_of_the_user_are_known_and_kept(tmp_path: Path) -> None:
    put(tmp_path, "old")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("a")
    (tmp_path / "figures" / "b.txt").symlink_to("/etc/hostname")
    own = [tmp_path / "figures" / "b.txt", tmp_path / "mine"]
    assert others_in(tmp_path) == own
    put(tmp_path, "new")
    assert others_in(tmp_path) == own
    assert own[0].is_symlink()  # carried over as the link that it is, neither followed nor sealed
    assert sums_of(tmp_path).keys() == set(FILES)
    (tmp_path / "copy").mkdir()
    copy_results(tmp_path, tmp_path / "copy", but=("figures",))
    assert os.listdir(tmp_path / "copy") == ["results.nc"]


def test_a_file_of_the_user_is_not_overwritten(tmp_path: Path) -> None:
    put(tmp_path / "out", "old")
    (tmp_path / "out" / "checks.json").write_text("mine")
    with (
        pytest.raises(ResultError, match=r"checks.json is your own, and a file of that name would take its place"),
        staged(tmp_path / "out", force=True) as folder,
    ):
        (folder / "checks.json").write_text("the program's")
    assert (tmp_path / "out" / "checks.json").read_text() == "mine"
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("planted", ["lock", "staging", "study.json", "replaced", "batch-x.nc"])
def test_links_beside_results_are_not_followed(tmp_path: Path, planted: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / ".out.work").mkdir()
    (tmp_path / ".out.work" / planted).symlink_to(victim)
    with pytest.raises(ResultError, match=rf"{planted} is (a link|no plain file), .*take it away"):
        put(tmp_path / "out", "new")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "out").exists()


def test_what_else_is_no_lock(tmp_path: Path) -> None:
    """A second name of another's file, a pipe, a folder; and a link in place of the whole work folder."""
    lock, victim = tmp_path / ".out.work" / "lock", tmp_path / "victim"
    victim.write_text("precious")
    lock.parent.mkdir()
    for plant in (lambda: lock.hardlink_to(victim), lambda: os.mkfifo(lock), lock.mkdir):
        plant()
        with pytest.raises(ResultError, match="is no plain file"):
            put(tmp_path / "out", "new")
        lock.rmdir() if lock.is_dir() else lock.unlink()
    lock.parent.rmdir()
    (tmp_path / "elsewhere").mkdir()
    lock.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ResultError, match=r"\.out\.work is a link"):
        put(tmp_path / "out", "new")
    assert victim.read_text() == "precious"


def test_a_link_to_a_results_folder_is_that_folder(tmp_path: Path) -> None:
    """As where results lie on a larger disk: the link stays, and work is done beside where it leads."""
    (tmp_path / "disk").mkdir()
    put(tmp_path / "disk" / "out", "old")
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "out")
    put(tmp_path / "out", "new")
    assert (tmp_path / "out").is_symlink()
    assert said(tmp_path / "disk" / "out") == "new"
    assert sorted(os.listdir(tmp_path)) == ["disk", "out"]
    assert os.listdir(tmp_path / "disk") == ["out"]


@pytest.mark.parametrize("name", ["results.nc", "figures", "manifest.json"])
def test_links_among_results_are_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path / "out", "old")
    (tmp_path / "out" / name).rename(tmp_path / "moved")
    (tmp_path / "out" / name).symlink_to(tmp_path / "moved")
    with pytest.raises(ResultError, match=r"is reached by a link|is not a finished results folder"):
        verify(tmp_path / "out")


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "a/../../b"])
def test_a_manifest_names_nothing_outside_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "manifest.json").write_text(f'{{"files": {{"{name}": ""}}}}')
    with pytest.raises(ResultError, match="does not lie in the folder"):
        verify(tmp_path)


def test_results_are_not_replaced_where_nothing_says_what_is_the_users(tmp_path: Path) -> None:
    put(tmp_path / "out", "old")
    (tmp_path / "out" / "manifest.json").write_text("{")
    with pytest.raises(ResultError, match="damaged and cannot be read"):
        put(tmp_path / "out", "new")


def test_an_empty_folder_in_the_place_of_what_was_set_aside(tmp_path: Path) -> None:
    """Killed between two renames; then the user makes the folder that is missing."""
    put(tmp_path / "out", "old")
    (tmp_path / ".out.work").mkdir()
    (tmp_path / "out").rename(tmp_path / ".out.work" / "replaced")
    (tmp_path / "out").mkdir()
    with held(tmp_path / "out"):
        assert said(tmp_path / "out") == "old"
    (tmp_path / ".out.work").mkdir()
    (tmp_path / "out").rename(tmp_path / ".out.work" / "replaced")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(ResultError, match="holds no results, and earlier results lie in"), held(tmp_path / "out"):
        pass
    assert is_there(tmp_path / "out")


def test_a_full_disk_is_called_so(tmp_path: Path, monkeypatch) -> None:
    """Also where a library said something else: netCDF says "permission denied", XlsxWriter wraps what it met."""

    class WrappedError(Exception):
        pass

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for error in (OSError(28, "No space left"), WrappedError(OSError(28, "No space left"))):
        said_plainly = rf"no space is left on the disk of {tmp_path / 'out'}; make room"
        with pytest.raises(OSError, match=said_plainly), staged(tmp_path / "out"):
            raise error
    denied = PermissionError(13, "Permission denied")
    assert "Permission denied" in str(why_not_written(tmp_path / "results.nc", denied))
    monkeypatch.setattr(os, "fsync", full)
    assert is_full(why_not_written(tmp_path / "results.nc", denied))
    with pytest.raises(OSError, match="No space left"):
        flush(tmp_path)
    assert os.listdir(tmp_path) == []
