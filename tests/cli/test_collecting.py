"""Commands are found by their folders: each has examples that parse, a new folder is enough, and help stays light."""

from __future__ import annotations

import ast
import shlex
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import sim.studies
from sim.cli import add_installed, app
from sim.cli.collecting import GROUP, ORDER, add_found
from sim.places import PACKAGE

MODULES = sorted([*PACKAGE.glob("studies/*/command.py"), *PACKAGE.glob("evaluation/*/command.py")])
NOVELTY = '''"""The command ``families novelty``."""

import typer

EXAMPLES = ("families novelty --loud",)


def command(loud: bool = False) -> None:
    """Say something new."""
    typer.echo("new" + "!" * loud)
'''


@pytest.fixture
def novelty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """Give an application of a package that has one more study, in a folder of its own."""
    folder = tmp_path / "novelty"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "command.py").write_text(NOVELTY)
    monkeypatch.setattr(sim.studies, "__path__", [*sim.studies.__path__, str(tmp_path)])
    to = typer.Typer()
    add_found(to)
    yield to
    for name in ("sim.studies.novelty.command", "sim.studies.novelty"):
        sys.modules.pop(name, None)


def test_a_study_is_found_by_its_folder_alone_and_comes_last(novelty: typer.Typer) -> None:
    assert [command.name for command in novelty.registered_commands][-1] == "novelty"
    assert CliRunner().invoke(novelty, ["novelty", "--loud"]).output == "new!\n"
    shown = CliRunner().invoke(novelty, ["--help"]).output
    assert shown.index("optimise") < shown.index("novelty") < shown.index("Say something new.")
    assert "families novelty --loud" in CliRunner().invoke(novelty, ["novelty", "--help"]).output


def test_the_help_lists_every_command_in_its_order() -> None:
    to = typer.Typer()
    add_found(to)
    add_installed(to)
    assert [command.name for command in to.registered_commands] == list(ORDER)


def test_an_installed_command_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    broken = EntryPoint("broken", "no_such_package.command:broken", GROUP)
    monkeypatch.setattr("sim.cli.collecting.entry_points", lambda group: [broken])
    to = typer.Typer()
    add_installed(to)
    assert not to.registered_commands
    assert "The command 'broken' (no_such_package.command:broken) could not be loaded" in capsys.readouterr().err


def test_every_command_has_examples_and_its_options_exist() -> None:
    """Each example is parsed by the command that it is an example of."""
    add_installed(app)
    found = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(found) >= set(ORDER)
    for name, command in found.items():
        heading, *examples = (command.epilog or "").split("\n\n")
        assert heading == "Examples:"
        assert examples, f"{name}: a command without examples under its help"
        for example in examples:
            program, called, *words = shlex.split(example.partition(">")[0])
            assert (program, called) == ("families", name)
            command.make_context(name, words)


def test_help_ends_with_examples() -> None:
    shown = CliRunner().invoke(app, ["run", "--help"]).output
    assert "Examples:" in shown
    assert "families run national" in shown


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.parent.name)
def test_a_command_imports_the_console_alone_at_its_top(path: Path) -> None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        name = node.module if isinstance(node, ast.ImportFrom) else None
        if name is not None and name.split(".")[0] not in {*sys.stdlib_module_names, "typer"}:
            assert name.startswith("sim.console.") or name == "sim.errors"
