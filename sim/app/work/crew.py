"""Two worker processes and who works on what: the newest position of a lever supersedes one that waits.

A worker that dies is replaced and its job is given to the new one once; jobs of a page that is gone are dropped.
"""

from __future__ import annotations

import multiprocessing
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock, Thread

from sim.app.work.job import BenchStudy, Job, JobResult
from sim.interrupts import deaf_children

Tell = Callable[[JobResult], None]
DIED = "the worker that ran this was ended from outside; move a lever to try again"


@dataclass(frozen=True)
class _Wanted:
    """A job with who wants it."""

    job: Job
    tell: Tell
    tries: int = 2


def at_a_bench(source: BenchStudy, jobs: Connection) -> None:
    """Do jobs at a bench of one's own: what simulates is read by workers alone, so that the address is soon there."""
    from sim.app.work.bench import serve

    serve(source, jobs)


class Desk:
    """A worker process with the jobs that wait for it, one for each key, the oldest key first.

    Parameters
    ----------
    source
        What its jobs are of.
    work
        What the process does: takes the source and its end of a pipe.
    """

    def __init__(self, source: BenchStudy, work: Callable[[BenchStudy, Connection], None] = at_a_bench) -> None:
        self._source, self._work = source, work
        self._context = multiprocessing.get_context("spawn")
        self._lock = Lock()
        self._waiting: OrderedDict[tuple[str, str], _Wanted] = OrderedDict()
        self._later: OrderedDict[tuple[str, str], _Wanted] = OrderedDict()
        self._at: tuple[tuple[str, str], _Wanted] | None = None
        self._closed = False
        self._start()

    @property
    def pid(self) -> int | None:
        """The number of its process."""
        return self._process.pid

    def _start(self) -> None:
        """Start a process and a thread that waits for what it sends."""
        mine, its = self._context.Pipe()
        self._jobs: Connection = mine
        self._process: BaseProcess = self._context.Process(
            target=self._work, args=(self._source, its), name="families app", daemon=True
        )
        with deaf_children():  # Ctrl-C ends the server, which ends its workers
            self._process.start()
        its.close()
        Thread(target=self._listen, args=(mine,), name="desk", daemon=True).start()

    def want(
        self, page: str, slot: str, job: Job, tell: Tell, *, first: bool = False, later: bool = False
    ) -> None:  # fmt: skip
        """Ask for a job; it takes the place of one that waits in the same slot of the same page.

        ``first`` puts it before all that waits; what is for ``later`` is done while nothing else waits.
        """
        with self._lock:
            (self._later if later else self._waiting)[page, slot] = _Wanted(job, tell)
            if first:
                self._waiting.move_to_end((page, slot), last=False)
            self._next()

    def forget(self, page: str, slot: str | None = None) -> None:
        """Drop what waits for a page, or for one of its slots."""
        with self._lock:
            for held in (self._waiting, self._later):
                for key in [key for key in held if key[0] == page and slot in (None, key[1])]:
                    del held[key]

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            self._later.clear()
        self._process.terminate()
        self._process.join(5)
        self._jobs.close()

    def _next(self) -> None:
        """Give the process its next job, if it has none; the lock is held."""
        held = self._waiting or self._later
        if self._at is not None or not held or self._closed:
            return
        self._at = held.popitem(last=False)
        with suppress(OSError):  # the listener sees the same end and starts anew
            self._jobs.send(self._at[1].job)

    def _listen(self, jobs: Connection) -> None:
        """Hand over what comes of jobs until the process ends; then start another one."""
        while True:
            try:
                done = jobs.recv()
            except (EOFError, OSError):
                self._replace()
                return
            with self._lock:
                at, self._at = self._at, None
                self._next()
            if at is not None:
                at[1].tell(done)

    def _replace(self) -> None:
        """Start another process after one has died, and give it the job of the dead one."""
        with self._lock:
            if self._closed:
                return
            at, self._at = self._at, None
            self._start()
            if at is not None and at[1].tries > 1:
                key, wanted = at
                self._waiting.setdefault(key, _Wanted(wanted.job, wanted.tell, wanted.tries - 1))
                self._waiting.move_to_end(key, last=False)
            self._next()
        if at is not None and at[1].tries <= 1:
            at[1].tell(JobResult(at[1].job, None, DIED))


class Crew:
    """The two desks of the application: what is in hand, and what is beside it."""

    def __init__(self, source: BenchStudy) -> None:
        self.in_hand, self.beside = Desk(source), Desk(source)

    def forget(self, page: str) -> None:
        """Drop what waits for a page."""
        for desk in (self.in_hand, self.beside):
            desk.forget(page)

    def close(self) -> None:
        """End both processes."""
        for desk in (self.in_hand, self.beside):
            desk.close()
