"""What the pages of docs/ tell readers to type, found in their text, and a way to do it on a small version.

Blocks of Python and YAML are those between fences; commands are lines that begin with ``families``, ``make`` and the
like, indented or between fences. A comment before a block says what is special about it: ``<!-- file: NAME -->``
(readers save it), ``<!-- slow -->``, ``<!-- quick -->``, ``<!-- not run: reason -->``.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer.main
from click.testing import Result
from ruamel.yaml import YAML
from typer.testing import CliRunner

import sim
from sim.cli import add_installed, app
from tests.places import ROOT

add_installed(app)
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
PROGRAMS = ("families", "make", "python", "pip", "dask")
CHEAP = ("check", "show", "new", "list", "schema")
"""Commands that read configs alone: quick unless a page says otherwise."""
OF_RESULTS = ("assure",)
"""Commands that read a results folder, so that there is nothing to make smaller."""
LARGE, FEW = 5000, 300
"""Configs with more rows are run with few."""
LONG = 36
"""Steps of a config from which studies that run it many times are cut."""
MARK = re.compile(r"<!-- (file|slow|quick|not run)(?:: (.+))? -->$")
CAPS = {"--replications": 6, "--draws": 4, "--workers": 1, "--runs": 3}


@dataclass(frozen=True)
class Snippet:
    """A block of a page: where it is, its kind (python, yaml or commands), its text, and its mark with what it says."""

    page: str
    line: int
    kind: str
    text: str
    mark: str = ""
    said: str = ""

    @property
    def commands(self) -> list[str]:
        """Give its commands without remarks; a line that shows the form of a command is none."""
        if self.kind != "commands":
            return []
        lines = [re.sub(r"\s{2,}#.*$", "", line).strip() for line in self.text.splitlines()]
        return [line for line in lines if line.startswith(PROGRAMS) and " [" not in line]

    @property
    def forms(self) -> list[str]:
        """Give the lines that show the form of a command, such as ``families sanity [CONFIG]``."""
        if self.kind != "commands":
            return []
        return [line.strip() for line in self.text.splitlines() if " [" in line and line.strip().startswith(PROGRAMS)]

    @property
    def quick(self) -> bool:
        """Whether all of it is run whenever tests are."""
        return self.mark not in ("slow", "not run") and self.quick_commands == self.commands

    @property
    def quick_commands(self) -> list[str]:
        """Give the commands that are run whenever tests are."""
        if self.mark in ("slow", "quick", "not run"):
            return self.commands if self.mark == "quick" else []
        return [line for line in self.commands if line.startswith("make ") or shlex.split(line)[1] in CHEAP]


def snippets(page: str) -> list[Snippet]:
    """Find what a page tells readers to type, in order."""
    found: list[Snippet] = []
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    mark, said, at = "", "", 0
    while at < len(lines):
        text = lines[at]
        special = MARK.match(text)
        block, kind, after = _block(lines, at)
        if special:
            mark, said = special[1], special[2] or ""
        elif kind:
            found.append(Snippet(page, at + 1, kind, "\n".join(block) + "\n", mark, said))
            mark = said = ""
        at = after
    return found


def _block(lines: list[str], at: int) -> tuple[list[str], str, int]:
    """Give the block that begins on a line, its kind ('' for none) and the line after it."""
    end = at + 1
    if lines[at].startswith("```"):
        while end < len(lines) and not lines[end].startswith("```"):
            end += 1
        block, language = lines[at + 1 : end], lines[at][3:].strip()
        is_command = language in ("", "sh", "bash") and any(line.startswith(PROGRAMS) for line in block)
        kind = language if language in ("python", "yaml") else "commands" if is_command else ""
        return block, kind, end + 1
    if lines[at].startswith("    ") and lines[at].strip().startswith(tuple(f"{name} " for name in PROGRAMS)):
        while end < len(lines) and lines[end].startswith("    "):
            end += 1
        return [line[4:] for line in lines[at:end]], "commands", end
    return [], "", end


def run(snippet: Snippet, names: dict[str, Any], *, quickly: bool = False) -> None:
    """Do what a block says, or what is quick of it, in the working folder; ``names`` are what Python has defined."""
    where = f"docs/{snippet.page}:{snippet.line}"
    if snippet.mark == "file":
        path = Path(snippet.said)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(snippet.text, encoding="utf-8")
    if snippet.mark == "not run" or (quickly and snippet.mark == "slow"):
        return
    if snippet.kind == "python" and snippet.mark != "file":
        exec(compile(snippet.text, where, "exec"), names)
    elif snippet.kind == "yaml":
        assert YAML(typ="safe", pure=True).load(snippet.text), where
    for command in snippet.quick_commands if quickly else snippet.commands:
        _do(command, where)


def _do(command: str, where: str) -> None:
    """Run a command, on a small version where its study is large."""
    words = shlex.split(command)
    if words[0] == "make":
        done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{where}: {command}\n{done.stderr}"
        return
    assert words[0] == "families", f"{where}: '{words[0]}' is not ours to run; put <!-- not run: reason --> before it"
    result = invoke(smaller(words[1:]))
    assert result.exit_code == 0, f"{where}: {command}\n{result.output}"


def invoke(words: list[str]) -> Result:
    """Run the program as the terminal would."""
    return CliRunner().invoke(app, words, catch_exceptions=False)


def parser(name: str) -> Any:
    """Give what reads the options of a command of the program."""
    return typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]


def options(name: str) -> set[str]:
    """List the options of a command of the program."""
    return {option for parameter in parser(name).params for option in parameter.opts}


def understood(command: str) -> None:
    """Have the program read a command and its options without doing it; raises what it would say."""
    name, *words = shlex.split(command)[1:]
    parser(name).make_context(name, words)


def smaller(words: list[str]) -> list[str]:
    """Give the words of a command that does the same on fewer rows, replications and draws."""
    if words[0] in (*CHEAP, *OF_RESULTS) or "--set" not in options(words[0]):
        return words
    made = list(words)
    for i, word in enumerate(words[:-1]):
        if word in CAPS:
            made[i + 1] = str(min(int(words[i + 1]), CAPS[word]))
    configs = [word for word in words[1:2] if not word.startswith("-")]
    model = sim.load(configs[0] if configs else "national").worlds[0].model
    unit, once = model.units[0], words[0] == "run"
    if unit.size > (LARGE if once else FEW):
        made += ["--set", f"units.{unit.name}.size={FEW}"]
    if not once:
        made += ["--set", "replications=2"]
        if "--draws" in options(words[0]) and "--draws" not in words:
            made += ["--draws", str(CAPS["--draws"])]
        made += ["--set", "clock.steps=24", "--set", f"units.{unit.name}.warm_up=6"] if model.clock.steps > LONG else []
    if once and unit.size > LARGE and "--replications" not in words:
        made += ["--replications", "2"]
    return made
