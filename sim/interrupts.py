"""Ctrl-C is heard: the exception that it raises may be lost, and child processes may hear it too.

Python drops an exception that is raised while an object is freed or a library in C calls back, as happens while figures
are drawn. So each press is noted as well, and asked about where stopping is cheap.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_pressed = threading.Event()


@contextmanager
def heard() -> Iterator[None]:
    """Note each Ctrl-C besides raising it, for as long as a command runs; leaves a handler that is not Python's be."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or not _in_main_thread():
        yield
        return
    before = sys.unraisablehook
    signal.signal(signal.SIGINT, _note)
    sys.unraisablehook = lambda lost: None if lost.exc_type is KeyboardInterrupt else before(lost)
    try:
        yield
        stop_if_pressed()
    finally:
        _pressed.clear()
        sys.unraisablehook = before
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _note(number: int, frame: FrameType | None) -> None:
    _pressed.set()
    signal.default_int_handler(number, frame)


def stop_if_pressed() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed since the command began, whatever became of the exception."""
    if _pressed.is_set():
        raise KeyboardInterrupt


@contextmanager
def deaf_children() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C, which a terminal sends to all; whoever started them ends them.

    It waits meanwhile, and is heard here afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # lets Ctrl-C through when it is done, so it is started first
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
