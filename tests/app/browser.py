"""A server of the application and a browser for tests: one process each, on free ports, in a folder of the test's."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tests.places import ROOT

CHROMIUM = Path("/usr/bin/chromium")
WHY_NONE = f"there is no {CHROMIUM} here"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
PATIENT = 240_000
"""Milliseconds that a page may take on a busy machine."""


@dataclass(frozen=True)
class Served:
    """A server: its process, the address with its token, and the folder in which it was started."""

    process: subprocess.Popen[str]
    address: str
    folder: Path

    @property
    def port(self) -> int:
        """Where it is."""
        return int(urlsplit(self.address).port or 0)

    @property
    def cookie(self) -> str:
        """What its pages hold."""
        return f"families_app_{self.port}={urlsplit(self.address).query.partition('=')[2]}"


@contextmanager
def served(what: str, folder: Path, *, start_new_session: bool = False) -> Iterator[Served]:
    """Serve a study until the test is over, then end it as Ctrl-C does; perhaps as a group of processes of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sim.cli", "app", what, "--no-browser"], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=start_new_session,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found is not None, line + process.stdout.read()
    try:
        yield Served(process, found.group(0), folder)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            process.stdout.close()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Give a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
