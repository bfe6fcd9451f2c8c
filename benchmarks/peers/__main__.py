"""Measures this program beside its peers and writes the tables and the figure of docs/benchmarks.md.

``python -m benchmarks.peers [--rounds N] [--only FORM ...] [--again]``. Every run is a process of its own; rounds go
through all forms, each second round backwards, and ratios are taken within rounds, in CPU seconds, so that other work
on the machine touches them little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers import table
from benchmarks.peers.environments import ROOT, cache, interpreter
from benchmarks.peers.listing import FORMS, QUEUE_FORMS, SHRINKING, TOO_LARGE, Form
from benchmarks.peers.queue_job import MONTHS, PLACES, REQUESTS

DOCS = ROOT / "docs" / "benchmarks.md"
FIGURE = ROOT / "docs" / "images" / "peers.svg"


def once(form: Form, sizes: Sequence[int], seed: int) -> dict[str, object]:
    """Measure a form in a process of its own.

    Raises
    ------
    RuntimeError
        When it fails: with its own last words.
    """
    command = [str(interpreter(form.environment)), "-m", "benchmarks.peers.measure", form.name]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, *map(str, sizes), str(seed)], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{form.name} failed:\n{done.stderr[-2000:]}")
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def plan(only: Sequence[str]) -> list[tuple[str, Form, tuple[int, ...]]]:
    """List what is to be measured: its key, its form and its sizes."""
    jobs: list[tuple[str, Form, tuple[int, ...]]] = [(form.name, form, form.size) for form in FORMS]
    for form in QUEUE_FORMS:
        for k in SHRINKING:
            if (form.name, k) not in TOO_LARGE:
                jobs.append((f"{form.name}/{k}", form, (REQUESTS // k, PLACES // k, MONTHS)))
    unknown = set(only) - {form.name for _, form, _ in jobs}
    if unknown:
        raise SystemExit(f"no form {', '.join(sorted(unknown))}; there are {', '.join(f.name for _, f, _ in jobs)}")
    return [job for job in jobs if not only or job[1].name in only]


def measure(rounds: int, only: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    """Measure everything in turn; a form that cannot be installed or fails is left out, and said to be."""
    jobs = plan(only)
    found: dict[str, list[dict[str, object]]] = {}
    failed: set[str] = set()
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        for name, form, sizes in jobs if number % 2 == 0 else reversed(jobs):
            if name in failed:
                continue
            try:
                found.setdefault(name, []).append(once(form, sizes, number))
            except RuntimeError as problem:
                print(f"left out: {problem}", flush=True)
                failed.add(name)
                found.pop(name, None)
    return found


def write_between(path: Path, marker: str, text: str) -> None:
    """Put text between two comments of a page.

    Raises
    ------
    ValueError
        When the page has no such comments.
    """
    start, end = f"<!-- {marker} -->", f"<!-- end of {marker} -->"
    page = path.read_text(encoding="utf-8")
    if page.count(start) != 1 or page.count(end) != 1:
        raise ValueError(f"{path.name} needs one `{start}` and one `{end}`")
    before, rest = page.split(start)
    path.write_text(f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")


def main() -> None:
    """Measure, keep what was found, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[], metavar="FORM", help="measure these alone; writes no page")
    parser.add_argument("--again", action="store_true", help="write the page from what was measured last")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"--rounds is {arguments.rounds}; it must be at least 1")
    kept = cache() / "measured.json"
    if not arguments.again:
        found = measure(arguments.rounds, arguments.only)
        if arguments.only:
            for name, reports in found.items():
                print(name, *(f"{report['cpu']:.3f}" for report in reports))
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"machine": platform.machine(), "measured": found}), encoding="utf-8")
    measured = json.loads(kept.read_text(encoding="utf-8"))["measured"]
    write_between(DOCS, "reference job", table.job_table(measured))
    write_between(DOCS, "queue", table.queue_table(measured))
    table.draw(measured, FIGURE)
    print(f"wrote {DOCS.relative_to(ROOT)} and {FIGURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
