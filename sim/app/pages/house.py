"""What all open pages share: the study, its levers, the workers, what they have done, and one run in full."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from sim.app.levers.elsewhere import Studies
from sim.app.levers.lever import AS_IT_IS
from sim.app.levers.listed import levers
from sim.app.levers.position import as_sets
from sim.app.levers.study import OpenStudy
from sim.app.work.crew import Crew
from sim.app.work.full import FINISHED, STARTED, FullRun
from sim.app.work.job import BenchStudy, Job, JobResult

MOST_DONE = 400
FORGET_SECONDS = 60.0
"""How long work goes on for a page that was closed."""


class DoneJobs:
    """What was done, the newest kept."""

    def __init__(self) -> None:
        self._held: OrderedDict[Job, JobResult] = OrderedDict()

    def get(self, job: Job) -> JobResult | None:
        """Give what came of a job."""
        return self._held.get(job)

    def keep(self, done: JobResult) -> None:
        """Keep what came of a job, unless a worker died over it."""
        if done.found is not None or done.job.what == "draw":
            self._held[done.job] = done
            self._held.move_to_end(done.job)
            while len(self._held) > MOST_DONE:
                self._held.popitem(last=False)


def of_bench(study: OpenStudy) -> BenchStudy:
    """Give a study as a bench takes it."""
    lines = tuple(lever.line for lever in levers(study) if lever.line)
    return BenchStudy(study.file, study.quick, study.regime, study.of_whole, study.claims, lines)


def _key(study: OpenStudy, settings: Mapping[str, object]) -> tuple[str, ...]:
    """Name a position of one of the studies among finished folders."""
    return (study.stands_at, study.area, *as_sets(settings))


class House:
    """The application behind its pages.

    Attributes
    ----------
    state, line
        Where the run in full stands, in a word and in a line.
    news
        Counts up whenever that changes.
    """

    def __init__(self, study: OpenStudy, scratch: Path) -> None:
        self.study, self.done = study, DoneJobs()
        self.studies = Studies(study, scratch)
        self.crew = Crew(of_bench(study))
        self.state, self.line, self.news = "", "", 0
        self._full: FullRun | None = None
        self._folders: dict[tuple[str, ...], Path] = {}
        if study.folder is not None:
            self._folders[_key(study, {})] = study.folder.resolve()
        self._pages: set[str] = set()

    def elsewhere(self, study: OpenStudy) -> BenchStudy | None:
        """Give a study as a bench takes it; None for the one that was opened."""
        return None if (study.area, study.stands_at) == (AS_IT_IS, AS_IT_IS) else of_bench(study)

    def folder_of(self, study: OpenStudy, settings: Mapping[str, object]) -> Path | None:
        """Give the finished folder of a position, if there is one."""
        return self._folders.get(_key(study, settings))

    def run_in_full(self, config: Path, study: OpenStudy, settings: Mapping[str, object]) -> None:
        """Start a run of a saved position."""
        out = Path("results") / config.stem
        key = _key(study, settings)

        def tell(state: str, line: str) -> None:
            if state == FINISHED:
                self._folders[key] = out.resolve()
            self.state, self.line = state, line
            self.news += 1

        self.state = STARTED
        self._full = FullRun(config, out, tell)

    def stop(self) -> None:
        """Stop the run in full."""
        if self._full is not None:
            asyncio.get_running_loop().run_in_executor(None, self._full.stop)

    def arrived(self, page: str) -> None:
        """Take in a page."""
        self._pages.add(page)

    def left(self, page: str) -> None:
        """Let a page go; a minute later its work is dropped."""
        self._pages.discard(page)
        asyncio.get_running_loop().call_later(FORGET_SECONDS, self.crew.forget, page)

    def close(self) -> str:
        """End all work but a run in full, which goes on; says so where one does."""
        self.crew.close()
        full = self._full
        if full is None or not full.is_running:
            return ""
        return (
            f"The run in full goes on: {full.out} when it is done, {full.log} says where it stands; "
            f"kill -INT {full.pid} stops it."
        )
