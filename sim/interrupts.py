"""Ctrl-C is heard: the exception that it raises may be lost, and child processes may hear it too.

Python drops an exception that is raised while an object is freed or a library in C calls back, as happens while figures
are drawn. So each press is noted as well, and asked about where stopping is cheap. Other code breaks when it is raised
there: a library half imported cannot be imported again, and a lock of xarray's that is half taken is never let go, so
that its file cannot be closed. A press in such code is raised as soon as that code is done; a server that listens
itself asks whether one came before it did.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_pressed = threading.Event()
_UNBREAKABLE = ("<frozen importlib", f"xarray{os.sep}backends{os.sep}", f"{os.sep}asyncio{os.sep}")
"""In the file names of code that must not be broken off."""
_SOON = 0.02
"""Seconds after which a press in such code is tried again."""


class _Listening:
    """Whether a command runs that presses stop: the frame that runs it."""

    command: FrameType | None = None


@contextmanager
def noted() -> Iterator[None]:
    """Note each Ctrl-C until there is a command that hears it; leaves a handler that is not Python's be."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or not _in_main_thread():
        yield
        return
    before = sys.unraisablehook
    alarm = signal.signal(signal.SIGALRM, _note) if _HAS_ALARM else None
    signal.signal(signal.SIGINT, _note)
    sys.unraisablehook = lambda lost: None if lost.exc_type is KeyboardInterrupt else before(lost)
    try:
        yield
    finally:
        _try_again_in(0)
        _pressed.clear()
        sys.unraisablehook = before
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if _HAS_ALARM:
            signal.signal(signal.SIGALRM, alarm)


@contextmanager
def heard() -> Iterator[None]:
    """Raise each Ctrl-C, besides noting it, for as long as a command runs, and first of all one noted before it."""
    with noted():
        if signal.getsignal(signal.SIGINT) is not _note or _Listening.command is not None:
            yield
            return
        _Listening.command = sys._getframe(2)
        try:
            stop_if_pressed()
            yield
            stop_if_pressed()
        finally:
            _Listening.command = None


def _note(number: int, frame: FrameType | None) -> None:
    _pressed.set()
    if _Listening.command is None:  # it is raised when a command begins
        return
    if _is_unbreakable(frame, _Listening.command):
        _try_again_in(_SOON)
    else:
        signal.default_int_handler(number, frame)


_HAS_ALARM = hasattr(signal, "setitimer")  # Windows has none: there such a press is raised when it is next asked about


def _try_again_in(seconds: float) -> None:
    """Come back to a press after some time; never, for 0."""
    if _HAS_ALARM:
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _is_unbreakable(frame: FrameType | None, command: FrameType) -> bool:
    """Whether what a command is at was called, by whatever way, from code that must not be broken off."""
    while frame is not None and frame is not command:
        if any(part in frame.f_code.co_filename for part in _UNBREAKABLE):
            return True
        frame = frame.f_back
    return False


def is_pressed() -> bool:
    """Whether Ctrl-C was pressed since the command began."""
    return _pressed.is_set()


def stop_if_pressed() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed since the command began, whatever became of the exception."""
    if is_pressed():
        _try_again_in(0)
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
