"""Records what a run of the tests found, for assurance packs: ``python -m pytest -p tests.recording --record FILE``.

Each file of tests belongs to one kind of verification, by where it lies; a file that belongs to none is an error. What
a file shows is the first sentence of its docstring. Nothing is counted by hand: outcomes are those that pytest reports,
and a figure that a test measures is recorded with its own ``record_property``.
"""

from __future__ import annotations

import ast
import json
import platform
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from sim.results.folder.run_record import run_facts
from sim.runs.identity import code_version, source_version
from tests.places import ROOT, TESTS

KINDS = {
    "Published models and closed forms": ("theory/textbook/*",),
    "Queues against queueing theory": ("theory/queues/*",),
    "Solvers held to each other": (
        "properties/test_simulate_against_expect.py", "theory/test_closure*.py", "studies/agree/*", "engine/solvers/*",
    ),
    "The same bits whatever runs them": (
        "properties/test_bit_identity.py", "properties/test_parts.py", "properties/test_per_family_codes.py",
        "properties/test_codes_afresh.py", "properties/test_split_tables.py", "engine/test_kernels.py",
        "engine/test_history.py", "runs/test_parts_of_runs.py", "runs/test_resume.py", "runs/test_accounts_resumed.py",
        "runs/test_kept.py", "runs/test_points.py", "results/folder/*",
    ),
    "The engine against theory and invariants": ("theory/*", "properties/*", "engine/*", "model/*", "language/*"),
    "Money by hand, by law and against published factors": ("economics/*", "money/*"),
    "Evaluations, with negative controls": ("evaluation/*",),
    "Calibration against a known truth": ("calibration/*",),
    "Wrong input is refused where it stands": ("config/*",),
    "Runs: killed, resumed, spread over processes": ("runs/*", "results/*"),
    "Studies of many runs": ("studies/*",),
    "What people read says what was found": ("report/*", "exhibits/*", "app/*", "cli/*", "console/*", "docs/*"),
    "The program keeps to its plan": ("architecture/*", "benchmarks/*"),
}  # fmt: skip
"""Kinds of verification, with the tests that belong to each; the first that fits."""
STATIC = {
    "Style and common faults (ruff)": ("ruff", "check", "."),
    "Types (mypy --strict)": ("mypy",),
    "What may import what (import-linter)": ("lint-imports",),
}
"""Checks of the source before it is run."""


def kind_of(file: str) -> str:
    """Name the kind of verification that a file of tests belongs to, by its path within tests/.

    Raises
    ------
    LookupError
        When it belongs to none.
    """
    found = next((kind for kind, patterns in KINDS.items() if any(fnmatch(file, one) for one in patterns)), None)
    if found is None:
        raise LookupError(f"tests/{file} belongs to no kind of verification; tests/recording.py lists them")
    return found


def files_of_tests() -> list[str]:
    """List the files of tests, within tests/."""
    return sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))


def says(file: str) -> str:
    """Give the first sentence of what a file of tests says that it shows."""
    text = ast.get_docstring(ast.parse((TESTS / file).read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


class Recorder:
    """Takes in what each test came to, and writes the record at the end."""

    def __init__(self, path: Path, *, static: bool) -> None:
        self.path, self.static = path, static
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self.seconds: Counter[str] = Counter()
        self.figures: dict[str, dict[str, Any]] = defaultdict(dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test where it was called, or where it did not come to that."""
        file = Path(report.nodeid.partition("::")[0])
        if file.parts[0] != "tests":
            return
        name = Path(*file.parts[1:]).as_posix()
        self.seconds[name] += report.duration
        self.figures[name] |= dict(report.user_properties)
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[name][report.outcome] += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the record."""
        if hasattr(session.config, "workerinput"):  # a process of its own that hands on what it finds
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        selected = str(session.config.option.markexpr or "")
        text = json.dumps(self.content(selected), indent=1, ensure_ascii=False)
        self.path.write_text(text + "\n", encoding="utf-8")

    def content(self, selected: str) -> dict[str, Any]:
        """Give the record: of which program, and by kind what each file of tests shows and came to."""
        kinds: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        for file in files_of_tests():
            held = self.outcomes[file]
            kinds[kind_of(file)].append({
                "file": f"tests/{file}", "says": says(file), "passed": held["passed"], "failed": held["failed"],
                "skipped": held["skipped"], "seconds": round(self.seconds[file], 1), "figures": self.figures[file],
            })  # fmt: skip
        return {
            "made": datetime.now(UTC).isoformat(timespec="seconds"), "program_sha256": code_version(),
            "source_sha256": source_version(), "machine": platform.machine(), "selected": selected, **run_facts(),
            "static": {name: _passes(words) for name, words in STATIC.items()} if self.static else {}, "kinds": kinds,
        }  # fmt: skip


def _passes(words: tuple[str, ...]) -> bool:
    """Whether a check of the source finds nothing wrong; its program stands beside the interpreter."""
    beside = Path(sys.executable).with_name(words[0])
    command = [str(beside) if beside.is_file() else words[0], *words[1:]]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--record", metavar="FILE", help="write what the tests found for the assurance pack")
    parser.addoption("--record-static", action="store_true", help="check the source as well, for the record")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to record where that is asked for."""
    if config.getoption("--record"):
        static = bool(config.getoption("--record-static"))
        config.pluginmanager.register(Recorder(Path(config.getoption("--record")), static=static), "recorder")
