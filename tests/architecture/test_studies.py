"""A study is one folder: its command, with the same names in each for what is asked, found and shown."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sim.places import PACKAGE

STUDIES = sorted(path.parent for path in PACKAGE.glob("studies/*/__init__.py"))
COMMANDS = sorted(PACKAGE.rglob("command.py"))
NAMES = {"__init__", "question", "answer", "exhibits", "command"}
BESIDE = {
    "agree": {"waits"},
    "assure": {
        "assumptions", "contents", "data_log", "doubts", "finished", "origin", "scope", "validation", "verification",
    },
    "best_use": {"keeping", "runs"},
    "bridge": {"keeping"},
    "optimise": {"capacity", "levers", "workbook"},
    "shapley": {"joining", "rewriting"},
    "uncertainty": {"conditions", "decision", "figures", "inputs", "keeping", "kept", "taken", "workbook"},
}
"""Parts of an answer, of a question or of what is shown that fill a file of their own."""


def imported(path: Path) -> set[str]:
    """Name the modules of the package that a file imports anywhere."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {f"{node.module}.{alias.name}" for node in nodes for alias in node.names} | {str(n.module) for n in nodes}


def test_there_are_thirteen_studies() -> None:
    assert len(STUDIES) == 13
    assert set(BESIDE) <= {folder.name for folder in STUDIES}


@pytest.mark.parametrize("folder", STUDIES, ids=lambda folder: folder.name)
def test_a_study_has_a_command_and_the_same_names_as_the_others(folder: Path) -> None:
    there = {path.stem for path in folder.glob("*.py")}
    assert "command" in there
    assert there & {"question", "answer"}
    assert there - NAMES == BESIDE.get(folder.name, set())


def test_nobody_imports_a_command() -> None:
    """They are found, not named; what two of them share is in the console."""
    own = {f"sim.cli.{name.stem}" for name in (PACKAGE / "cli").glob("*.py")} - {"sim.cli.collecting"}
    commands = {".".join(("sim", *file.relative_to(PACKAGE).with_suffix("").parts)) for file in COMMANDS} | own
    found = {str(path): imported(path) & commands for path in sorted(PACKAGE.rglob("*.py"))}
    assert {path: named for path, named in found.items() if named} == {}


@pytest.mark.parametrize("folder", STUDIES, ids=lambda folder: folder.name)
def test_what_is_asked_draws_no_pictures_and_parses_no_arguments(folder: Path) -> None:
    question = folder / "question.py"
    if question.exists():
        apart = (
            "typer",
            "matplotlib",
            "sim.exhibits",
            "sim.report",
            "sim.console",
            f"sim.studies.{folder.name}.exhibits",
        )
        assert not [name for name in imported(question) if name.startswith(apart)]
