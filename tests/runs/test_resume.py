"""Runs that are gone on with, and results that grow, give the bytes of a run made at once, however it is run.

The reason is arithmetic: a replication depends on the seed and its number alone, and sums are taken in the order of
replications, so that neither processes nor batches nor interruptions can be seen in the result.
"""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
import xarray as xr

import sim
from sim.economics.summary import summarise
from sim.errors import ModelError, ResultError, RunError
from sim.model.spec import Scenario
from sim.results.folder.batches import shards_in
from sim.results.folder.lock import locked
from sim.results.folder.run_record import run_record
from sim.results.folder.store import write_results
from sim.runs import disk, ensemble, identity
from sim.runs.ensemble import one_replication
from sim.runs.executors import ATTEMPTS, run_on_processes
from sim.runs.pool import Batch, batches_of, run_batches
from sim.runs.replications import run_named
from sim.runs.resume import Work, at_work
from tests.runs.runs_to_kill import contents
from tests.runs.synthetic_many import SETS, TOY

SLOW = partial(pytest.param, marks=pytest.mark.slow)
SCENARIO = sim.load(TOY, [*SETS, "replications=5"])


def of(replications: int, *sets: str) -> Scenario:
    """The same study with another number of replications."""
    return sim.load(TOY, [*SETS, f"replications={replications}", *sets])


def run(folder: Path, scenario: Scenario = SCENARIO, **options: object) -> list[str]:
    """Run a study into a folder; give what a user is told."""
    told: list[str] = []
    settings = {name: options.pop(name) for name in ("resume", "force", "rows") if name in options}
    with at_work(folder, scenario, tell=told.append, **settings) as work:  # type: ignore[arg-type]
        if not work.is_finished:
            work.simulate(**options)  # type: ignore[arg-type]
            finish(work)
    return told


def finish(work: Work) -> None:
    """Put together what was run."""
    with work.staged() as folder, work.assembled(folder) as ds:
        write_results(folder, ds, summarise(ds), run_record(work.scenario, work.identity.code))


def stopped(folder: Path, after: int, scenario: Scenario = SCENARIO, **settings: bool) -> None:
    """Run a study and stop it after some replications."""

    def stop(done: int, total: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as raised, at_work(folder, scenario, **settings) as work:
        work.simulate(1, stop, batch=1)
    assert any("--resume" in note for note in raised.value.__notes__)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Give the contents of results that were made at once."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    run(folder)
    assert not (folder.parent / ".out.work").exists()
    return contents(folder)


@pytest.mark.parametrize(("workers", "batch"), [SLOW(1, 2), SLOW(3, 1), (2, 2)])
def test_any_processes_and_batches_give_the_same_bytes(tmp_path: Path, whole, workers: int, batch: int) -> None:
    run(tmp_path / "out", workers=workers, batch=batch)
    assert contents(tmp_path / "out") == whole


def test_in_memory_the_same_arrays(tmp_path: Path) -> None:
    run(tmp_path / "out")
    there = xr.load_dataset(tmp_path / "out" / "results.nc")
    in_memory = sim.simulate(SCENARIO, workers=2, batch=2)
    xr.testing.assert_identical(in_memory.drop_attrs(), there.drop_attrs())


@pytest.mark.parametrize("after", [1, SLOW(4)])
def test_an_interrupted_run_goes_on(tmp_path: Path, whole, after: int) -> None:
    stopped(tmp_path / "out", after)
    begun = {path.name for path in (tmp_path / ".out.work").glob("batch-*")}
    with at_work(tmp_path / "out", SCENARIO, resume=True) as work:
        assert work.missing == list(range(after, 5))
        work.simulate()
        assert begun < {path.name for path in (tmp_path / ".out.work").glob("batch-*")}
        finish(work)
    assert contents(tmp_path / "out") == whole
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("first", [2, SLOW(4)])
def test_results_grow(tmp_path: Path, whole, monkeypatch, first: int) -> None:
    """The first replications are kept, not run again; also when growing is itself interrupted."""
    run(tmp_path / "out", of(first))
    ran: list[int] = []
    real = one_replication
    monkeypatch.setattr(
        ensemble, "one_replication", lambda s, number, **kw: ran.append(number) or real(s, number, **kw)
    )
    if first == 2:
        stopped(tmp_path / "out", 3, resume=True)
    run(tmp_path / "out", resume=True)
    assert ran == list(range(first, 5))
    assert contents(tmp_path / "out") == whole


def test_what_is_finished_is_left_alone(tmp_path: Path) -> None:
    run(tmp_path / "out", of(2))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    run(tmp_path / "out", of(2), resume=True)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before
    with pytest.raises(ResultError, match="has 2 replications, more than the 1 asked for"):
        run(tmp_path / "out", of(1), resume=True)
    with pytest.raises(ResultError, match="already holds results"):
        run(tmp_path / "out", of(2))


def test_nothing_there_is_a_start(tmp_path: Path, whole) -> None:
    run(tmp_path / "out", resume=True)
    assert contents(tmp_path / "out") == whole


@pytest.mark.parametrize("finished", [SLOW(False), True])
def test_another_study_is_not_gone_on_with(tmp_path: Path, finished: bool, monkeypatch) -> None:
    if finished:
        run(tmp_path / "out", of(2))
    else:
        stopped(tmp_path / "out", 1, of(2))
    with pytest.raises(ResultError, match=r"of another config; .*--force"):
        run(tmp_path / "out", of(3, "seed=8"), resume=True)
    monkeypatch.setattr(identity, "code_version", lambda: "newer")
    with pytest.raises(ResultError, match="of another version of the program or of NumPy"):
        run(tmp_path / "out", of(3), resume=True)
    told = run(tmp_path / "out", of(3), resume=True, force=True)
    assert len(told) == 1
    assert ("it is replaced at the end" if finished else "are thrown away") in told[0]
    assert xr.load_dataset(tmp_path / "out" / "results.nc").sizes["replication"] == 3


def test_an_interrupted_run_is_not_thrown_away_unasked(tmp_path: Path, whole) -> None:
    stopped(tmp_path / "out", 2)
    with pytest.raises(ResultError, match="holds 2 finished replications of an interrupted run; go on with --resume"):
        run(tmp_path / "out")
    run(tmp_path / "out", force=True)
    assert contents(tmp_path / "out") == whole


def test_a_damaged_batch_is_named_and_run_again(tmp_path: Path, whole) -> None:
    stopped(tmp_path / "out", 3)
    path = sorted((tmp_path / ".out.work").glob("batch-*"))[1]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    (tmp_path / ".out.work" / "half.part").write_bytes(b"of a killed run")
    told = run(tmp_path / "out", resume=True)
    assert told == [f"{path} was altered or damaged since it was written; its replications are run again"]
    assert contents(tmp_path / "out") == whole


def test_a_batch_damaged_while_the_run_goes_on_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(ResultError, match=r"batch-000000.* was altered or damaged") as raised,
        at_work(tmp_path / "out", SCENARIO) as work,
    ):
        work.simulate()
        next((tmp_path / ".out.work").glob("batch-000000*")).write_bytes(b"")
        finish(work)
    assert "--resume" in raised.value.__notes__[0]
    assert not (tmp_path / "out").exists()


def resealed(path: Path, first: int, last: int, content: bytes) -> None:
    """Write a batch with a name that is right for its content but for the replications that it claims."""
    path.with_name(f"batch-{first:06d}-{last:06d}-{sha256(content).hexdigest()}.nc").write_bytes(content)


@pytest.mark.parametrize(
    ("claims", "why"),
    [((0, 4), "does not hold the replications"), ((1, 1), "does not hold the replications"),
     ((0, 999_999_999_999), "does not hold the replications"), (None, "is no file of replications")],
)  # fmt: skip
def test_a_batch_that_claims_what_it_does_not_hold_is_run_again(tmp_path: Path, whole, claims, why: str) -> None:
    stopped(tmp_path / "out", 2)
    path = sorted((tmp_path / ".out.work").glob("batch-*"))[0]
    content = path.read_bytes() if claims else b"no netCDF at all"
    path.unlink()
    resealed(path, *(claims or (0, 0)), content)
    (told,) = run(tmp_path / "out", resume=True)
    assert why in told
    assert told.endswith("its replications are run again")
    assert contents(tmp_path / "out") == whole


def test_replications_that_are_there_twice_count_once(tmp_path: Path, whole) -> None:
    stopped(tmp_path / "out", 3)
    with at_work(tmp_path / "twice", SCENARIO) as work:
        work.simulate(batch=2)
        for shard in shards_in(work.folder):
            shutil.copy(shard.path, tmp_path / ".out.work")
        finish(work)
    assert run(tmp_path / "out", resume=True) == []
    assert contents(tmp_path / "out") == whole


def test_a_batch_of_another_study_is_run_again(tmp_path: Path, whole) -> None:
    stopped(tmp_path / "out", 1)
    stopped(tmp_path / "other", 2, of(5, "seed=8"))
    for shard in shards_in(tmp_path / ".other.work"):
        shutil.copy(shard.path, tmp_path / ".out.work")
    told = run(tmp_path / "out", resume=True)
    assert len(told) == 2
    assert all("belongs to another study" in line for line in told)
    assert contents(tmp_path / "out") == whole


def test_replications_whose_study_file_is_gone_are_kept(tmp_path: Path, whole) -> None:
    """Each says itself whose it is; those of another study are not thrown away unasked."""
    stopped(tmp_path / "out", 2)
    (tmp_path / ".out.work" / "study.json").unlink()
    with pytest.raises(ResultError, match=r"belongs to another study .*; start afresh with --force"):
        run(tmp_path / "out", of(5, "seed=8"), resume=True)
    with at_work(tmp_path / "out", SCENARIO, resume=True) as work:
        assert work.missing == [2, 3, 4]
        work.simulate()
        finish(work)
    assert contents(tmp_path / "out") == whole


def test_files_of_the_user_stay_when_results_grow(tmp_path: Path, whole) -> None:
    run(tmp_path / "out", of(2))
    (tmp_path / "out" / "notes.txt").write_text("mine")
    (tmp_path / "out" / "letters").mkdir()
    (tmp_path / "out" / "letters" / "reply.txt").write_text("mine too")
    run(tmp_path / "out", resume=True)
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    assert (tmp_path / "out" / "letters" / "reply.txt").read_text() == "mine too"
    run(tmp_path / "out", force=True)
    there = contents(tmp_path / "out")
    assert {name: there.pop(name) for name in ("notes.txt", "letters/reply.txt")}.keys()
    assert there == whole


@pytest.mark.parametrize("damage", ["{", '{"config": "x"}', "\udcff"])
def test_a_damaged_study_file_is_named(tmp_path: Path, damage: str) -> None:
    stopped(tmp_path / "out", 1)
    (tmp_path / ".out.work" / "study.json").write_text(damage, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ResultError, match=r"study.json is damaged and cannot be read"):
        run(tmp_path / "out", resume=True)
    (told,) = run(tmp_path / "out", force=True)
    assert told == "1 finished replications of an interrupted run are thrown away"


def test_results_without_sums_cannot_grow(tmp_path: Path) -> None:
    with sim.results.folder.store.staged(tmp_path / "out") as folder:
        (folder / "results.nc").write_bytes(b"of an earlier version")
    with pytest.raises(ResultError, match=r"has no sums.nc, so nothing can be added to it; replace it with --force"):
        run(tmp_path / "out", resume=True)


def test_results_set_aside_by_a_killed_run_come_back(tmp_path: Path) -> None:
    """Killed between the two renames that replace results: the earlier ones are there, under another name."""
    run(tmp_path / "out", of(2))
    (tmp_path / ".out.work").mkdir()
    (tmp_path / "out").rename(tmp_path / ".out.work" / "replaced")
    with pytest.raises(ResultError, match="already holds results"):
        run(tmp_path / "out", of(2))
    sim.results.folder.store.verify(tmp_path / "out")


def test_one_followed_replication_is_run_again(tmp_path: Path, monkeypatch) -> None:
    """A large study follows every family when it has one replication, which costs too much when it has several."""
    monkeypatch.setattr(identity, "is_small", lambda _: False)
    monkeypatch.setattr(ensemble, "is_small", lambda _: False)
    run(tmp_path / "out", of(1))
    told = run(tmp_path / "out", of(2), resume=True)
    assert "the one replication in" in told[0]
    assert xr.load_dataset(tmp_path / "out" / "results.nc")["family_cost"].isnull().all() or told


def test_expected_values_need_no_batches(tmp_path: Path, monkeypatch) -> None:
    exact = sim.load("textbook/annuity", ["solver=expect"])
    run(tmp_path / "out", exact)
    before = (tmp_path / "out" / "manifest.json").stat().st_mtime_ns
    run(tmp_path / "out", exact, resume=True)
    assert (tmp_path / "out" / "manifest.json").stat().st_mtime_ns == before
    with pytest.raises(ResultError, match="of another config"):
        run(tmp_path / "out", sim.load("textbook/annuity", ["solver=expect", "seed=3"]), resume=True)
    monkeypatch.setattr(identity, "code_version", lambda: "newer")
    with pytest.raises(ResultError, match="of another version of the program"):
        run(tmp_path / "out", exact, resume=True)
    run(tmp_path / "out", exact, resume=True, force=True)
    assert json.loads((tmp_path / "out" / "run.json").read_text())["program_sha256"] == "newer"


def test_a_study_made_in_python_has_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"made in Python cannot be gone on with later"):
        run(tmp_path / "out", replace(SCENARIO, resolved=""))
    assert os.listdir(tmp_path) == []


def test_a_disk_without_room_is_seen_beforehand(tmp_path: Path, monkeypatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    with pytest.raises(ResultError, match=r"needs about \d+ MB of disk at .*, which has 10 MB left"):
        run(tmp_path / "out")
    assert os.listdir(tmp_path) == []


def test_the_disk_a_run_needs_is_not_told_too_low(tmp_path: Path) -> None:
    """And not ten times too high: what is there just before the batches are taken away, tables and report apart."""
    layout = sim.engine.solvers.families.layout(SCENARIO)
    with at_work(tmp_path / "out", SCENARIO) as work:
        work.simulate(batch=1)
        with work.staged() as folder, work.assembled(folder) as ds:
            used = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
            assert ds.sizes["replication"] == 5
    told = disk.needed_bytes(layout, 5, 5, 1) - disk.BYTES_OF_REPORT
    assert used < told < 10 * used


def test_batches() -> None:
    assert batches_of([0, 1, 2, 5, 6, 9], 2) == [Batch(0, 2), Batch(2, 1), Batch(5, 2), Batch(9, 1)]
    with pytest.raises(ValueError, match="batch is 0; it must be at least 1"):
        batches_of([1], 0)


def test_only_one_run_holds_a_folder(tmp_path: Path) -> None:
    with locked(tmp_path / "work" / "lock", tmp_path / "out"):
        held = rf"another command is writing .*out \(process {os.getpid()} on "
        with pytest.raises(ResultError, match=held), locked(tmp_path / "work" / "lock", tmp_path / "out"):
            pass
        assert (tmp_path / "work" / "lock").exists()
    (tmp_path / "work" / "lock").write_text("process 1 on another machine\n")  # left by a kill: nobody holds it
    with locked(tmp_path / "work" / "lock", tmp_path / "out"):
        pass


def _killed_at_first(folder: Path, times: int, batch: Batch) -> tuple[int, int]:
    """Kill this process the first times that batch 2 is run; else say which batch this process ran."""
    with (folder / f"tried{batch.first}").open("a") as file:
        file.write("x")
    if batch.first == 2 and len((folder / f"tried{batch.first}").read_text()) <= times:
        os.kill(os.getpid(), 9)
    return batch.first, os.getpid()


def test_a_killed_process_costs_its_batch_alone(tmp_path: Path) -> None:
    task = partial(_killed_at_first, tmp_path, ATTEMPTS - 1)
    answers = sorted(run_on_processes(task, batches_of(range(6), 1), 2))
    assert [number for number, _ in answers] == [0, 1, 2, 3, 4, 5]
    tried = {n: len((tmp_path / f"tried{n}").read_text()) for n in range(6)}
    assert tried == {0: 1, 1: 1, 2: ATTEMPTS, 3: 1, 4: 1, 5: 1}


def test_a_batch_that_always_kills_is_given_up(tmp_path: Path) -> None:
    task = partial(_killed_at_first, tmp_path, ATTEMPTS)
    with pytest.raises(RunError, match=f"ran replication 2 was killed {ATTEMPTS} times, perhaps for want of memory"):
        list(run_on_processes(task, batches_of(range(6), 1), 2))


def _poisoned(scenario: Scenario, number: int) -> None:
    """Fail in replication 3 where a certain world is run."""
    if number == 3 and any(world.regime == "integrated" for world in scenario.worlds):
        raise ZeroDivisionError("by nought")


def _poisoned_batch(batch: Batch) -> None:
    run_named(_poisoned, SCENARIO, batch.first)  # type: ignore[arg-type]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_poison_task_names_its_replication_and_world(workers: int) -> None:
    with pytest.raises(ZeroDivisionError, match="by nought") as raised:
        list(run_batches(_poisoned_batch, batches_of(range(6), 1), workers))
    assert raised.value.__notes__[0].startswith("in replication 3, world integrated")


class _Stubborn(Exception):
    """Cannot be sent to another process."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def _stubborn(batch: Batch) -> Iterator[None]:
    raise _Stubborn("cannot ", "travel")


def test_an_exception_that_cannot_be_sent_is_told_in_words() -> None:
    with pytest.raises(RunError, match="_Stubborn: cannot travel"):
        list(run_on_processes(_stubborn, batches_of(range(2), 1), 2))
