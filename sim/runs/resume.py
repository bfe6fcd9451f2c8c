"""A run that can be stopped at any moment and gone on with: what is done, what is missing, and putting it together.

Beside the results folder DIR stands ``.DIR.work`` while a run is under way: a lock, ``study.json``, one file for each
finished batch, and at the end the staged results. It is taken away once DIR is in place.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import xarray as xr

from sim.engine.counts.record import Layout, Record
from sim.engine.solvers import families as engine
from sim.errors import ResultError
from sim.model.spec import Scenario
from sim.results.collect import Collected
from sim.results.folder.batches import Shard, checked, read_shard, shard_at, shards_in, write_shard
from sim.results.folder.lock import locked
from sim.results.folder.store import (
    MANIFEST,
    STAGING,
    check_destination,
    staged,
    timing_of,
    verify,
)
from sim.results.folder.stream import opened_lazily, write_streamed
from sim.results.folder.sums import SUMS, read_sums, write_sums
from sim.runs.disk import batch_size, check_disk
from sim.runs.ensemble import PeakMemory, Progress, expect, peak_memory_mb, run_batch
from sim.runs.identity import Identity
from sim.runs.pool import Batch, batches_of, run_batches
from sim.runs.work_folder import (
    LOCK,
    STUDY,
    bring_back,
    cleaned,
    clear,
    numbers_on_disk,
    read_study,
    tidied,
    write_study,
)

Tell = Callable[[str], None]


@dataclass
class Work:
    """A run under way; see ``at_work``."""

    scenario: Scenario
    destination: Path
    folder: Path
    identity: Identity
    force: bool
    tell: Tell
    earlier: int = 0
    """Replications that the finished results there already have."""
    shards: dict[int, Shard] = field(default_factory=dict)
    """Of each finished replication, the file that it is in."""
    memory: PeakMemory = field(default_factory=PeakMemory)

    @property
    def missing(self) -> list[int]:
        """Replications still to be run."""
        return [n for n in range(self.earlier, self.scenario.replications) if n not in self.shards]

    @property
    def is_finished(self) -> bool:
        """Whether the results in place are what was asked for."""
        return self.earlier == self.scenario.replications

    def simulate(
        self,
        workers: int = 1,
        progress: Progress | None = None,
        *,
        cluster: str | None = None,
        batch: int | None = None,
    ) -> None:
        """Run what is missing; every finished batch is on disk at once. ``expect`` is left to ``assembled``.

        Parameters
        ----------
        workers, progress, cluster, batch
            As for ``sim.runs.ensemble.simulate``; the results depend on none of them.

        Raises
        ------
        ResultError
            If the disk has too little room for the rest.
        """
        if self.scenario.solver == "expect":
            return
        missing, total = self.missing, self.scenario.replications
        layout = engine.layout(self.scenario)
        size = batch or batch_size(self.scenario, layout, len(missing), workers)
        check_disk(self.folder, layout, total, len(missing), size)
        task = partial(_shard_of, self.scenario, str(self.folder.resolve()), self.identity.digest)
        done = run_batches(task, batches_of(missing, size), workers, cluster)
        if progress is not None:
            progress(total - len(missing), total)
        with closing(done):
            for one in done:
                if not (self.folder / one.name).is_file():
                    raise ResultError(
                        f"a worker of the cluster wrote {one.name}, which is not to be seen in {self.folder}: the "
                        "results folder must be on a disk that all machines share"
                    )
                self.memory.note(one.pid, one.peak_mb)
                self._take_in([shard_at(self.folder / one.name)])
                if progress is not None:
                    progress(total - len(self.missing), total)

    def _take_in(self, shards: Iterable[Shard | None]) -> None:
        """List what is finished."""
        for shard in shards:
            if shard is not None:
                self.shards |= {n: shard for n in range(shard.first, shard.last + 1) if n not in self.shards}

    def check_shards(self) -> None:
        """Read what an interrupted run left; what is damaged or of another study is told, removed and run again."""
        for shard in shards_in(self.folder):
            try:
                checked(shard, self.identity.digest)
            except ResultError as error:
                self.tell(f"{error}; its replications are run again")
                shard.path.unlink()
        self._take_in(shards_in(self.folder))

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """Give a folder that takes the place of the destination at the end; see ``sim.results.folder.store.staged``."""
        with staged(self.destination, force=self.force or self.earlier > 0, within=self.folder) as folder:
            yield folder

    @contextmanager
    def assembled(self, folder: Path) -> Iterator[xr.Dataset]:
        """Write results.nc and sums.nc into a folder and give the Dataset, its large arrays still in the file.

        Raises
        ------
        ResultError
            If a batch was damaged since it was written; names the file.
        """
        if self.scenario.solver == "expect":
            yield expect(self.scenario)
            return
        earlier, seconds = self._earlier()
        path, layout = folder / "results.nc", engine.layout(self.scenario)
        collected, took = write_streamed(path, self.scenario, layout, self._records(layout), earlier)
        write_sums(folder / SUMS, collected, asdict(self.identity))
        with opened_lazily(path) as ds:
            yield ds.assign_attrs(engine_seconds=seconds + took, peak_mb=self.memory.total_mb())

    def _earlier(self) -> tuple[tuple[Path, Collected] | None, float]:
        """Give the finished results that are added to, and the engine's CPU seconds for them."""
        if not self.earlier:
            return None, 0.0
        collected, _, _ = read_sums(self.destination / SUMS)
        summary = json.loads((self.destination / "summary.json").read_text(encoding="utf-8"))
        return (self.destination / "results.nc", collected), timing_of(summary).get("engine_seconds", 0.0)

    def _records(self, layout: Layout) -> Iterator[Record]:
        """Read the records of all replications that are not among the earlier ones, in their order."""
        following, total = self.earlier, self.scenario.replications
        while following < total:
            shard = self.shards[following]
            for record in read_shard(shard, self.identity.digest):
                if record.replication == following < total:  # a batch of a longer run may reach beyond the last
                    yield record
                    following += 1

    def kept(self) -> str:
        """Say what an interrupted run leaves behind."""
        done = len(numbers_on_disk(self.folder) & set(range(self.earlier, self.scenario.replications)))
        if not done:
            return "Nothing was written."
        return (
            f"{done} of {self.scenario.replications - self.earlier} replications are kept in {self.folder}; "
            "go on with the same command and --resume"
        )


@contextmanager
def at_work(
    destination: Path, scenario: Scenario, *, resume: bool = False, force: bool = False, tell: Tell = print
) -> Iterator[Work]:
    """Hold a results folder while a study is run into it.

    Parameters
    ----------
    destination
        The results folder.
    scenario
        What is run.
    resume
        Go on with what an interrupted run, or a finished one of fewer replications, left.
    force
        Replace finished results, and throw away what an interrupted run left unless ``resume`` is given.
    tell
        Called with a line that a user should read.

    Yields
    ------
        The run; whatever is raised carries a note about what is kept.

    Raises
    ------
    ResultError
        If another run is writing there, or what is there may not be replaced or gone on with.
    """
    folder = destination.parent / f".{destination.name}.work"
    with cleaned(folder), locked(folder / LOCK, destination), tidied(folder):
        bring_back(folder, destination)
        check_destination(destination, force=force or resume)
        work = Work(scenario, destination, folder, Identity.of(scenario), force, tell)
        _settle(work, resume=resume)
        try:
            yield work
        except (Exception, KeyboardInterrupt) as error:
            error.add_note(work.kept())
            raise
        clear(folder)


def _settle(work: Work, *, resume: bool) -> None:
    """Find out what may be gone on with; clear away what may not."""
    here = read_study(work.folder / STUDY)
    if resume and not work.force and here is not None and here != work.identity:
        raise ResultError(
            f"{work.folder} holds an interrupted run of {here.differs(work.identity)}; "
            "start afresh with --force, or choose another --out"
        )
    if not resume and not work.force and (done := len(numbers_on_disk(work.folder))):
        raise ResultError(
            f"{work.folder} holds {done} finished replications of an interrupted run; go on with --resume, "
            "or start afresh with --force"
        )
    if resume:
        work.earlier = _finished_there(work)
    if not resume or here != work.identity:
        clear(work.folder)
    for part in work.folder.glob("*.part"):
        part.unlink()
    shutil.rmtree(work.folder / STAGING, ignore_errors=True)
    work.check_shards()
    if not work.is_finished:
        write_study(work.folder / STUDY, work.identity)


def _finished_there(work: Work) -> int:
    """Count the replications of the finished results there that may be kept; 0 when there are none."""
    there = work.destination
    if not (there / MANIFEST).is_file():
        return 0
    verify(there)
    if work.scenario.solver == "expect":
        return _expected_there(work)
    if not (there / SUMS).is_file():
        if work.force:
            return 0
        raise ResultError(f"{there} has no {SUMS}, so nothing can be added to it; replace it with --force")
    _, n, marks = read_sums(there / SUMS)
    before = Identity(**marks)
    if n == 1 and before.config == work.identity.config and before.followed != work.identity.followed:
        work.tell(f"the one replication in {there} followed every family; it is run again")
        work.force = True
        return 0
    if before == work.identity and n <= work.scenario.replications:
        return n
    if work.force:
        return 0
    what = f"holds results of {before.differs(work.identity)}"
    if before == work.identity:
        what = f"has {n} replications, more than the {work.scenario.replications} asked for"
    raise ResultError(f"{there} {what}; replace it with --force, or choose another --out")


def _expected_there(work: Work) -> int:
    """Give all replications when the results there are of this very config, which ``expect`` answers at once."""
    run = json.loads((work.destination / "run.json").read_text(encoding="utf-8"))
    if run["config"] == work.scenario.resolved:
        return work.scenario.replications
    if work.force:
        return 0
    raise ResultError(f"{work.destination} holds results of another config; replace them with --force")


@dataclass(frozen=True)
class _Written:
    """A batch that is on disk: its file's name, and the peak memory of the process that ran it."""

    name: str
    pid: int
    peak_mb: float


def _shard_of(scenario: Scenario, folder: str, digest: str, batch: Batch) -> _Written:
    """Run a batch, write its records and say where."""
    if Identity.of(scenario).digest != digest:
        raise ResultError("a worker has another version of the program or of NumPy, SciPy or SimPy than this machine")
    path = write_shard(Path(folder), digest, run_batch(scenario, batch))
    return _Written(path.name, os.getpid(), peak_memory_mb())
