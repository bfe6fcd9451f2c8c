"""Workers that outnumber replications share each of them by areas; results, and what is gone on with, do not show it.

Theory: the record of a replication is the same to the last bit however it is cut (tests/properties/test_parts.py),
so that bytes of finished results must be equal too.
"""

from pathlib import Path

import pytest
import xarray as xr

import sim
from sim.engine.people.areas import AreaSpan
from sim.errors import ResultError
from sim.model.spec import Scenario
from sim.results.folder.batches import shards_in
from sim.results.summary import interval_kind
from sim.runs import ensemble, identity, pool
from sim.runs.ensemble import may_be_cut
from sim.runs.pool import Batch, parts_each, shared_out
from sim.runs.resume import at_work
from tests.places import TOY
from tests.runs.runs_to_kill import contents
from tests.runs.test_resume import finish, run

SETS = ["units.family.size=90", "clock.steps=15", "units.family.warm_up=1 month", "feedback=null", "replications=2"]
SCENARIO = sim.load(TOY, SETS)
N_AREAS = 3


@pytest.fixture(autouse=True)
def _worth_cutting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small populations be cut, and follow none of their rows, as for large ones."""
    monkeypatch.setattr(pool, "ROWS_OF_A_PART", 1)
    for module in (ensemble, identity):
        monkeypatch.setattr(module, "is_small", lambda _: False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Give the contents of results that one process made, replication by replication."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (ensemble, identity):
            patch.setattr(module, "is_small", lambda _: False)
        folder = tmp_path_factory.mktemp("whole") / "out"
        run(folder, SCENARIO)
    return contents(folder)


def batches(replications: int, workers: int, scenario: Scenario = SCENARIO) -> list[Batch]:
    return shared_out(scenario, range(replications), workers, cuttable=lambda number: True)


def test_workers_that_would_be_idle_share_replications() -> None:
    assert batches(2, 1) == batches(2, 2) == [Batch(0, 1), Batch(1, 1)]
    assert batches(1, 2) == [Batch(0, 1, AreaSpan(0, 0)), Batch(0, 1, AreaSpan(1, 2))]
    assert [str(batch) for batch in batches(2, 4)][:2] == ["replication 0 in area 1", "replication 0 in areas 2 to 3"]
    assert len(batches(3, 2)) == 6, "three whole ones would keep a worker idle for half of the time"


def test_what_gains_little_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of 90 families take F + 45, all of them F + 90: a tenth is saved up to F = 360."""
    monkeypatch.setattr(pool, "ROWS_OF_A_PART", 350)
    assert parts_each(SCENARIO, 1, 2) == 2
    monkeypatch.setattr(pool, "ROWS_OF_A_PART", 370)
    assert parts_each(SCENARIO, 1, 2) == 1


def test_what_cannot_be_cut_is_run_whole() -> None:
    assert batches(1, 8, sim.load(TOY, SETS[:3])) == [Batch(0, 1)], "feedback joins areas"
    assert may_be_cut(SCENARIO, True, 0)
    one = sim.load(TOY, [*SETS, "replications=1"])
    assert not may_be_cut(one, True, 0), "every family of the only replication is followed"
    assert may_be_cut(one, False, 0)


def test_only_what_is_missing_of_a_replication_is_run() -> None:
    begun = {1: [AreaSpan(0, 0), AreaSpan(2, 2)]}
    assert shared_out(SCENARIO, [0], 4, cuttable=lambda _: False, begun=begun) == [
        Batch(0, 1), Batch(1, 1, AreaSpan(0, 0)), Batch(1, 1, AreaSpan(2, 2)),
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [True, False])
def test_in_memory_the_same_arrays(rows: bool) -> None:
    ran: list[AreaSpan | None] = []
    real = ensemble.run_batch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble, "run_batch", lambda s, b, rows: ran.append(b.areas) or real(s, b, rows))
        patch.setattr(ensemble, "run_batches", lambda task, batches, *_: (task(batch) for batch in batches[::-1]))
        shared = sim.simulate(SCENARIO, workers=6, rows=rows)
    assert len(ran) == 4
    assert None not in ran
    xr.testing.assert_identical(sim.simulate(SCENARIO, rows=rows).drop_attrs(), shared.drop_attrs())


def test_processes_share_a_replication() -> None:
    whole, shared = (sim.simulate(SCENARIO, workers=workers, rows=False) for workers in (1, 3))
    xr.testing.assert_identical(whole.drop_attrs(), shared.drop_attrs())


@pytest.mark.parametrize("again", [1, 2, 6])
def test_a_killed_run_goes_on_with_its_parts(tmp_path: Path, whole: dict[str, object], again: int, monkeypatch) -> None:
    """Stopped after three parts of four, and gone on with by as many workers, fewer or more."""
    stop_after(tmp_path / "out", 3)
    left = [shard.areas for shard in shards_in(tmp_path / ".out.work")]
    assert left == [AreaSpan(0, 0), AreaSpan(1, 2), AreaSpan(0, 0)]
    with pytest.raises(ResultError, match="holds 3 finished parts of an interrupted run; go on with --resume"):
        run(tmp_path / "out", SCENARIO)
    with at_work(tmp_path / "out", SCENARIO, resume=True) as work:
        assert work.missing == [1]
        monkeypatch.setattr(sim.runs.resume, "run_batches", one_after_another)
        before = {shard.path.name for shard in shards_in(work.folder)}
        work.simulate(again)
        after = {shard.path.name for shard in shards_in(work.folder)}
        assert before < after
        finish(work)
    assert contents(tmp_path / "out") == whole


def one_after_another(task, batches, *_):
    """Run batches in this process, where what these tests change is changed."""
    yield from map(task, batches)


def stop_after(folder: Path, parts: int) -> None:
    """Run in parts, in this process, and stop it after some of them."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt) as raised:
        patch.setattr(sim.runs.resume, "run_batches", one_after_another)
        with at_work(folder, SCENARIO) as work:

            def stop(done: int, total: int) -> None:
                if len(shards_in(work.folder)) == parts:
                    raise KeyboardInterrupt

            work.simulate(4, stop)
    assert f"0 of 2 replications and {parts} parts are kept" in raised.value.__notes__[0]


def test_a_damaged_part_is_run_again(tmp_path: Path, whole: dict[str, object]) -> None:
    stop_after(tmp_path / "out", 3)
    first, second, _ = shards_in(tmp_path / ".out.work")
    first.path.write_bytes(first.path.read_bytes()[:-1] + b"x")
    second.path.rename(second.path.with_name(second.path.name.replace("areas-0001-0002", "areas-0000-0002")))
    told = run(tmp_path / "out", SCENARIO, resume=True)
    said = {line.split(";")[0].rsplit("nc ")[-1] for line in told}
    assert said == {"does not hold the areas that its name says", "was altered or damaged since it was written"}
    assert contents(tmp_path / "out") == whole


def test_areas_that_are_there_twice_count_once(tmp_path: Path, whole: dict[str, object]) -> None:
    """A part of another cut, such as a run of the same study elsewhere leaves, is left out where it overlaps."""
    from sim.engine.solvers.families import replicate
    from sim.results.folder.batches import write_shard

    stop_after(tmp_path / "out", 3)
    work = tmp_path / ".out.work"
    overlapping = AreaSpan(0, 1)
    write_shard(work, identity.Identity.of(SCENARIO).digest, [replicate(SCENARIO, 0, part=overlapping)], overlapping)
    assert run(tmp_path / "out", SCENARIO, resume=True) == []
    assert contents(tmp_path / "out") == whole


def test_the_only_replication_is_cut_when_its_families_are_not_followed(
    tmp_path: Path, whole: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = sim.load(TOY, [*SETS, "replications=1"])
    ran: list[AreaSpan | None] = []
    real = sim.runs.work_folder.run_batch
    monkeypatch.setattr(sim.runs.work_folder, "run_batch", lambda s, b, rows: ran.append(b.areas) or real(s, b, rows))
    monkeypatch.setattr(sim.runs.resume, "run_batches", one_after_another)
    told = run(tmp_path / "followed", one, workers=2)
    assert ran == [None]
    assert "every family is followed" in told[0]
    assert run(tmp_path / "out", one, workers=2, rows=False) == []
    assert ran == [None, AreaSpan(0, 0), AreaSpan(1, 2)]
    followed, totals = (xr.load_dataset(tmp_path / name / "results.nc") for name in ("followed", "out"))
    xr.testing.assert_identical(followed["meters"].drop_attrs(), totals["meters"].drop_attrs())
    assert totals["family_cost"].isnull().all()
    assert [interval_kind(ds) for ds in (followed, totals)] == ["between_family", "not_followed"]
    assert not followed["family_cost"].isnull().all()
    monkeypatch.setattr(sim.runs.work_folder, "run_batch", real)
    run(tmp_path / "out", SCENARIO, resume=True)
    assert contents(tmp_path / "out") == whole, "a replication of which no family was followed can be added to"
