"""A run that can be stopped at any moment and gone on with: what is done, what is missing, and putting it together.

Beside the results folder DIR stands ``.DIR.work`` while a run is under way: a lock, ``study.json``, one file for each
finished batch, and at the end the staged results. It is taken away once DIR is in place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path

import xarray as xr

from sim.engine.solvers import families as engine
from sim.errors import ResultError
from sim.model.spec import Scenario
from sim.results.collect import Collected
from sim.results.folder.batches import OtherStudyError, checked, shard_at, shards_in
from sim.results.folder.held import held
from sim.results.folder.manifest import MANIFEST, verify
from sim.results.folder.run_record import PROGRAM
from sim.results.folder.store import check_destination, staged_in, timing_of
from sim.results.folder.stream import opened_lazily, write_streamed
from sim.results.folder.sums import SUMS, read_sums, write_sums
from sim.runs.beliefs.doubt import with_doubt
from sim.runs.disk import batch_size, check_disk
from sim.runs.ensemble import PeakMemory, Progress, expect, may_be_cut, why_not_cut
from sim.runs.fits import with_fits
from sim.runs.identity import Identity, config_digest
from sim.runs.pool import run_batches, shared_out
from sim.runs.work_folder import (
    Finished,
    clear,
    numbers_on_disk,
    parts_on_disk,
    read_study,
    run_to_disk,
    said_on_disk,
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
    rows: bool = True
    """Whether the only replication, or the first of a small study, follows every row."""
    earlier: int = 0
    """Replications that the finished results there already have."""
    memory: PeakMemory = field(default_factory=PeakMemory)

    @cached_property
    def finished(self) -> Finished:
        """What of the replications is on disk."""
        return Finished(self.identity.digest, len(self.scenario.worlds[0].model.areas.names))

    @property
    def missing(self) -> list[int]:
        """Replications still to be run, or to be run in some areas."""
        return [n for n in range(self.earlier, self.scenario.replications) if self.finished.gaps(n)]

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
        cuttable = partial(may_be_cut, self.scenario, self.rows)
        begun = {n: self.finished.gaps(n) for n in missing if n in self.finished.parts}
        anew = [n for n in missing if n not in begun]
        batches = shared_out(self.scenario, anew, workers, size, cuttable=cuttable, begun=begun)
        idle = why_not_cut(self.scenario, len(missing), workers, self.rows)
        if missing and idle:
            self.tell(f"note: {workers} workers, {len(missing)} to run, and none can be cut into parts: {idle}")
        check_disk(self.folder, layout, total, sum(one.count for one in batches), size)
        task = partial(run_to_disk, self.scenario, str(self.folder.resolve()), self.identity.digest, self.rows)
        done = run_batches(task, batches, workers, cluster)
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
                self.finished.take_in([shard_at(self.folder / one.name)])
                if progress is not None:
                    progress(total - len(self.missing), total)

    def check_shards(self, *, claimed: bool) -> None:
        """Read what an interrupted run left; what is damaged or of another study is told, removed and run again.

        Parameters
        ----------
        claimed
            Whether the folder says that its replications are of this study, or the user gave up all others.

        Raises
        ------
        ResultError
            If replications are of another study and nothing says that they may go.
        """
        for shard in shards_in(self.folder):
            try:
                checked(shard, self.identity.digest)
            except ResultError as error:
                if isinstance(error, OtherStudyError) and not claimed:
                    raise ResultError(f"{error}; start afresh with --force, or choose another --out") from None
                self.tell(f"{error}; its replications are run again")
                shard.path.unlink()
        self.finished.take_in(shards_in(self.folder))

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """Give a folder that takes the place of the destination at the end; see ``sim.results.folder.store``."""
        with staged_in(self.folder, self.destination, force=self.force or self.earlier > 0) as folder:
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
        collected, took = write_streamed(
            path, self.scenario, layout, self.finished.records(self.earlier, self.scenario.replications), earlier
        )
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

    def kept(self) -> str:
        """Say what an interrupted run leaves behind."""
        done = len(numbers_on_disk(self.folder, self.earlier, self.scenario.replications))
        parts = parts_on_disk(self.folder)
        if not done and not parts:
            return "Nothing was written."
        and_parts = f" and {parts} parts" if parts else ""
        return (
            f"{done} of {self.scenario.replications - self.earlier} replications{and_parts} are kept in {self.folder}; "
            "go on with the same command and --resume"
        )


@contextmanager
def at_work(
    destination: Path,
    scenario: Scenario,
    *,
    resume: bool = False,
    force: bool = False,
    rows: bool = True,
    tell: Tell = print,
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
    rows
        As for ``sim.runs.ensemble.simulate``.
    tell
        Called with a line that a user should read.

    Yields
    ------
        The run; whatever is raised carries a note about what is kept.

    Raises
    ------
    ResultError
        If another command is writing there, or what is there may not be replaced or gone on with.
    """
    with held(destination) as folder, tidied(folder):
        check_destination(destination, force=force or resume)
        noted = with_doubt(with_fits(scenario))
        work = Work(noted, destination, folder, Identity.of(scenario, rows), force, tell, rows)
        _settle(work, resume=resume)
        try:
            yield work
        except (Exception, KeyboardInterrupt) as error:
            error.add_note(work.kept())
            raise
        clear(folder)


def _settle(work: Work, *, resume: bool) -> None:
    """Find out what may be gone on with; clear away what may not."""
    done = said_on_disk(work.folder)
    if not resume and not work.force and done:
        raise ResultError(
            f"{work.folder} holds {done} of an interrupted run; go on with --resume, or start afresh with --force"
        )
    try:
        here = read_study(work.folder)
    except ResultError:
        if not work.force:
            raise
        here = None
    if resume and not work.force and here is not None and here != work.identity:
        raise ResultError(
            f"{work.folder} holds an interrupted run of {here.differs(work.identity)}; "
            "start afresh with --force, or choose another --out"
        )
    if resume:
        work.earlier = _finished_there(work)
    if not resume or here not in (None, work.identity):
        if done:
            what = "" if here in (None, work.identity) else f" of {here.differs(work.identity)}"
            work.tell(f"{done} of an interrupted run{what} are thrown away")
        clear(work.folder)
    work.check_shards(claimed=here is not None or work.force)
    if not work.is_finished:
        write_study(work.folder, work.identity)


def _finished_there(work: Work) -> int:
    """Count the replications of the finished results there that may be kept; 0 when there are none."""
    there = work.destination
    if not (there / MANIFEST).is_file():
        return 0
    verify(there)
    if work.scenario.solver == "expect":
        return _expected_there(work)
    if not (there / SUMS).is_file():
        return _replaced(work, f"has no {SUMS}, so nothing can be added to it")
    _, n, marks = read_sums(there / SUMS)
    before = Identity(**marks)
    if n == 1 and before.config == work.identity.config and before.followed != work.identity.followed:
        work.tell(f"the one replication in {there} followed every family; it is run again")
        work.force = True
        return 0
    if before == work.identity and n <= work.scenario.replications:
        return n
    what = f"holds results of {before.differs(work.identity)}"
    if before == work.identity:
        what = f"has {n} replications, more than the {work.scenario.replications} asked for"
    return _replaced(work, what)


def _replaced(work: Work, what: str) -> int:
    """Refuse to replace results that nothing can be added to, or say that they are replaced where that was asked."""
    if not work.force:
        raise ResultError(f"{work.destination} {what}; replace it with --force, or choose another --out")
    work.tell(f"{work.destination} {what}; it is replaced at the end")
    return 0


def _expected_there(work: Work) -> int:
    """Give all replications when this very study and program made the results there, as for those that were drawn."""
    run = json.loads((work.destination / "run.json").read_text(encoding="utf-8"))
    before = Identity(config_digest(run["config"]), run.get(PROGRAM, ""), work.identity.followed)
    if before == work.identity:
        return work.scenario.replications
    return _replaced(work, f"holds results of {before.differs(work.identity)}")
