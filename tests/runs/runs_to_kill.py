"""Runs of the command in processes of their own, which tests kill, starve of disk or interrupt, and what they leave."""

import json
import os
import random
import resource
import signal
import sys
import time
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from sim.interrupts import noted
from tests.places import TOY

STUDY = [
    str(TOY), "--set", "units.family.size=100", "--set", "clock.steps=15", "--set", "units.family.warm_up=1 month",
    "--replications", "6",
]  # fmt: skip
"""Several worlds, queues, areas, children: a run takes about a second, half of it replications."""
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["sim.cli", "sim.config.loading", "sim.runs.resume", "sim.economics.summary"])


def start(folder: Path, *arguments: str, file_limit: int | None = None, figures: bool = False) -> BaseProcess:
    """Start ``families`` in a folder; what it says is in ``said.txt`` there. Without figures it is much quicker."""
    (folder / "said.txt").unlink(missing_ok=True)
    process = CONTEXT.Process(target=_families, args=(str(folder), list(arguments), file_limit, figures))
    process.start()
    return process


def families(folder: Path, *arguments: str, file_limit: int | None = None, figures: bool = False) -> tuple[int, str]:
    """Run ``families`` in a folder to its end: exit code and what it said."""
    process = start(folder, *arguments, file_limit=file_limit, figures=figures)
    process.join(600)  # a busy machine
    assert process.exitcode is not None
    return process.exitcode, said(folder)


def timed(folder: Path, *arguments: str, figures: bool = False) -> tuple[Path, float]:
    """Run a study in a folder to its end: where it is, and the seconds that it took."""
    begun = time.monotonic()
    code, words = families(folder, "run", *arguments, "--out", "whole", figures=figures)
    assert code == 0, words
    return folder / "whole", time.monotonic() - begun


def said(folder: Path) -> str:
    """Read what the last command in a folder said."""
    return (folder / "said.txt").read_text(encoding="utf-8")


def _families(folder: str, arguments: list[str], file_limit: int | None, figures: bool) -> None:
    """Run the command in a fresh process; once ``said.txt`` is there, Ctrl-C is heard as a user's is."""
    from sim.cli import main

    if not figures:
        import sim.report.presentation

        sim.report.presentation.present = lambda folder, *_: (folder / "report.html").write_text("no figures here\n")  # type: ignore[assignment]
    os.chdir(folder)
    sys.argv = ["families", *arguments]
    if file_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
    handle = os.open("said.part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(handle, stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # a server of processes that tests share may block it
    with noted():
        os.replace("said.part", "said.txt")
        main()


def contents(folder: Path) -> dict[str, object]:
    """Read a results folder as what must be the same for the same study: all but times."""
    found: dict[str, object] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"):
        name = path.relative_to(folder).as_posix()
        found[name] = path.read_bytes()
        if name in ("summary.json", "run.json", "report.html"):
            found[name] = _timeless(path)
    return found


def _timeless(path: Path) -> object:
    """Leave out when, and how long it took; the report shows both."""
    if path.suffix == ".html":
        return len(path.read_bytes()) > 0
    content = json.loads(path.read_text(encoding="utf-8"))
    return {key: value for key, value in content.items() if key not in ("timing", "time", "commit")}


def killed_and_resumed(
    folder: Path, kills: int, seed: int, *, workers: str = "1", figures: bool = False,
    known: tuple[Path, float] | None = None,
) -> dict[str, int]:  # fmt: skip
    """Kill a run at random moments, each time going on until it is whole; count what each kill left.

    Each round starts afresh; raises AssertionError where a resumed run differs from one that was never stopped, which
    may be ``known`` with the seconds that it took.
    """
    options = ["--quiet", "--workers", workers]
    whole, lasts = known or timed(folder, *STUDY, *options, figures=figures)
    expected = contents(whole)
    draw = random.Random(seed)
    left = {"nothing": 0, "some replications": 0, "all": 0}
    for kill in range(kills):
        out = f"run{kill}"
        process = start(folder, "run", *STUDY, *options, "--out", out, figures=figures)
        time.sleep(draw.uniform(0.2, 1.05) * lasts)
        process.kill()
        process.join()
        kept = len(list((folder / f".{out}.work").glob("batch-*.nc")))
        done = (folder / out).exists()
        left["all" if done else "some replications" if kept else "nothing"] += 1
        code, words = families(folder, "run", *STUDY, *options, "--out", out, "--resume", figures=figures)
        assert code == 0, words
        assert contents(folder / out) == expected
        assert not (folder / f".{out}.work").exists()
    return left
