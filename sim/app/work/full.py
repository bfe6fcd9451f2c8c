"""A run of a position in full: ``families run`` in a process of its own, with where it stands, and a way to stop it.

What it says goes to a file beside its folder, so that it goes on when the application ends, and can be watched then.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from sim.errors import ModelError

SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
GRACE_SECONDS = 10.0
LOOK_SECONDS = 0.2
STARTED, FINISHED, STOPPED, FAILED = "started", "finished", "stopped", "failed"
Tell = Callable[[str, str], None]
"""Told the state of a run, and a line about it."""


def safe_name(name: object) -> str:
    """Give a name from outside as that of a file in the working folder, and of no path.

    Raises
    ------
    ModelError
        When it is none.
    """
    text = str(name).strip().lower().replace(" ", "_")
    if not SAFE_NAME.fullmatch(text):
        raise ModelError("a name has letters from a to z, digits, - and _, at most 60")
    return text


def save(text: str, name: str) -> Path:
    """Write a config into the working folder under a name that nothing there has; gives the file."""
    for number in range(1, 1000):
        path = Path(f"{name}.yaml" if number == 1 else f"{name}_{number}.yaml")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        return path
    raise ModelError(f"there are a thousand files named {name} here; choose another name")


class FullRun:
    """A run in the background.

    Parameters
    ----------
    config
        The saved position.
    out
        Its folder under results; ``log``, beside it, holds what the run says until it is done.
    tell
        Told where it stands, from a thread of its own.
    """

    def __init__(self, config: Path, out: Path, tell: Tell) -> None:
        self.config, self.out, self._tell, self._stopping = config, out, tell, False
        self.log = out.with_name(f"{out.name}.log")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "sim.cli", "run", str(config), "--out", str(out), "--workers", "1", "--totals"]
        with self.log.open("w", encoding="utf-8") as lines:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=lines, start_new_session=True
            )
        tell(STARTED, "started; the first estimate of the time left comes after ten seconds")
        Thread(target=self._watch, name="full run", daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def _watch(self) -> None:
        """Hand on each line, and how it ended."""
        last = ""
        with self.log.open(encoding="utf-8") as lines:
            while True:
                is_over, said = not self.is_running, lines.read()  # in this order: what it says last is read
                if told := [line.strip() for line in said.splitlines() if line.strip()]:
                    last = told[-1]
                    self._tell(STARTED, last)
                if is_over:
                    break
                time.sleep(LOOK_SECONDS)
        self.log.unlink(missing_ok=True)
        code = self._process.wait()
        if self._stopping:
            self._tell(STOPPED, "stopped; nothing was written")
        elif code:
            self._tell(FAILED, last or f"ended with code {code}")
        else:
            self._tell(FINISHED, f"finished: {self.out}")

    def stop(self) -> None:
        """Stop it: as Ctrl-C would, and for good if it does not listen."""
        self._stopping = True
        if not self.is_running:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
