"""Runs batches in processes of its own and survives the death of any of them; answers as they come.

A Dask cluster is in ``cluster``. Pools of the standard library were tried: when one process of a pool is killed, the
work of all of them is lost.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, Generic, TypeVar

from sim.errors import RunError
from sim.interrupts import deaf_children, stop_if_pressed

Work = TypeVar("Work")
Answer = TypeVar("Answer")
Task = Callable[[Work], Answer]

ATTEMPTS = 3
"""Times that a batch is tried when the process that runs it is killed."""


def run_on_processes(task: Task[Work, Answer], batches: Iterable[Work], workers: int) -> Iterator[Answer]:
    """Run batches on processes; one that is killed is replaced and its batch tried again.

    Parameters
    ----------
    task
        What to do with a batch; sent once to each process.
    batches
        In the order in which they are begun.
    workers
        Processes at most.

    Yields
    ------
        Answers as they come.

    Raises
    ------
    RunError
        If a batch's process was killed each of ``ATTEMPTS`` times.
    Exception
        What a task raised.
    """
    waiting, killed = deque(batches), Counter[Work]()
    crew: list[_Worker[Work, Answer]] = []
    try:
        while waiting or any(worker.batch is not None for worker in crew):
            while len(crew) < workers and len(crew) < len(waiting) + sum(w.batch is not None for w in crew):
                crew.append(_Worker(task))
            for worker in crew:
                if waiting and worker.batch is None:
                    worker.give(waiting.popleft())
            ready = wait([worker.connection for worker in crew if worker.batch is not None], timeout=1)
            stop_if_pressed()
            for worker in [worker for worker in crew if worker.connection in ready]:
                batch, answered, answer = worker.take()
                if answered:
                    yield answer
                    continue
                crew.remove(worker)
                killed[batch] += 1
                if killed[batch] == ATTEMPTS:
                    raise RunError(
                        f"the process that ran {batch} was killed {ATTEMPTS} times, perhaps for want of memory, or "
                        "could not begin; try fewer --workers"
                    )
                waiting.appendleft(batch)
    finally:
        for worker in crew:
            worker.end()


class _Worker(Generic[Work, Answer]):
    """A process that runs one batch at a time, as seen from here."""

    def __init__(self, task: Task[Work, Answer]) -> None:
        # Never `fork`: it copies locks of threads that do not exist in the child.
        context: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, task), daemon=True)
        with deaf_children():
            self.process.start()
        theirs.close()  # so that the death of the process closes the pipe
        self.batch: Work | None = None

    def give(self, batch: Work) -> None:
        """Send a batch; a process that has died meanwhile is noticed when its answer is taken."""
        self.batch = batch
        with suppress(OSError):
            self.connection.send(batch)

    def take(self) -> tuple[Work, bool, Answer]:
        """Give the batch, whether it was answered and the answer; raises what the task raised."""
        assert self.batch is not None
        batch, self.batch = self.batch, None
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            self.end()
            return batch, False, None  # type: ignore[return-value]
        if isinstance(answer, BaseException):
            raise answer
        return batch, True, answer

    def end(self) -> None:
        """End the process, whatever it does."""
        self.connection.close()
        self.process.terminate()
        self.process.join(2)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _serve(connection: Connection, task: Task[Work, Answer]) -> None:
    """Answer batches until the pipe closes; Ctrl-C is for the main process, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # of libraries, as in the main process; tests make them errors there
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            batch = connection.recv()
        except EOFError:
            return
        answer: Answer | BaseException
        try:
            answer = task(batch)
        except Exception as error:
            answer = _that_travels(error)
        connection.send(answer)


def _end_with_parent() -> None:
    """End this process when the main one is gone, even by kill -9; nobody would hear the answer."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _that_travels(error: Exception) -> Exception:
    """Give an exception that can be sent to another process."""
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:
        return RunError(f"{type(error).__name__}: {error}")
    return error
