"""Every command and snippet of the README runs: on a small version of the same config, in an empty folder."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from sim.cli import app
from sim.report.markdown.markers import END, marked
from tests.places import ROOT
from tests.plain_runs import run_plainly

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (families .*?)(?:\s{2,}#.*)?$", README, flags=re.M)
TARGETS = re.findall(r"^    make ([a-z-]+)", README, flags=re.M)
SNIPPETS = re.findall(r"```python\n(.*?)```", README, flags=re.S)
NATIONAL = "configs/scenarios/national.yaml"
SMALL = ["--set", "units.family.size=300", "--set", "clock.steps=26", "--set", "effect_set=measured"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder that holds the configs, and work there."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a small run that is done."""
    place = tmp_path_factory.mktemp("finished") / "out"
    demo = str(ROOT / "configs" / "scenarios" / "demo.yaml")
    result = run_plainly(demo, "--out", str(place), "--replications", "1", "--totals", "--quiet", *SMALL)
    assert result.exit_code == 0, result.output
    return place


def run(command: str) -> Result:
    """Run a command of the README, made small."""
    words = shlex.split(command)[1:]
    words = ["configs/scenarios/demo.yaml" if word == "CONFIG" else word for word in words]
    if words[0] == "run":
        words = [*("2" if word == "20" else word for word in words), *SMALL]
    return CliRunner().invoke(app, words)


def test_there_is_something_to_check() -> None:
    """The README has commands, targets and Python."""
    assert len(COMMANDS) >= 5
    assert set(TARGETS) >= {"run", "test"}
    assert SNIPPETS


@pytest.mark.parametrize("command", COMMANDS)
def test_command(folder: Path, finished: Path, command: str) -> None:
    """The command ends well; one that reads a finished run finds a small one."""
    for name in {"DIR", "A", "B"} & set(command.split()):
        shutil.copytree(finished, folder / name)
    result = run(command)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("target", sorted(set(TARGETS)))
def test_make_target(target: str) -> None:
    """Make knows the target and what it would do."""
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_snippet(folder: Path, snippet: str) -> None:
    """The Python runs, on the small version."""
    sets = [SMALL[i] for i in range(1, len(SMALL), 2)]
    small = snippet.replace(f'sim.load("{NATIONAL}")', f'sim.load("{NATIONAL}", {[*sets, "replications=2"]!r})')
    assert small != snippet
    names: dict[str, object] = {}
    exec(compile(small.replace("workers=2", "workers=1"), "README.md", "exec"), names)
    assert names


def test_the_readme_is_short_and_its_front_comes_first() -> None:
    """What it is, what was found, one picture and how to start, on the first screen; tables are in the docs."""
    assert len(README.splitlines()) < 120
    assert README.index("<!-- sentence -->") < README.index("![") < README.index("    make run") < README.index("|---")
    assert README.count("![") == 1


def test_what_is_made_of_runs_stands_between_markers() -> None:
    """So that `make scenarios` finds it: each part once, in the page where it belongs."""
    places = {"sentence": "README.md", "answer": "docs/results.md", "headline": "docs/results.md",
              "ladder": "docs/results.md", "scenarios": "docs/scenarios/README.md"}  # fmt: skip
    for name, place in places.items():
        text = (ROOT / place).read_text(encoding="utf-8")
        assert text.count(marked(name)) == 1, name
        assert END in text.partition(marked(name))[2], name
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"for page in {' '.join(dict.fromkeys(places.values()))};" in makefile


def test_every_scenario_is_in_the_table() -> None:
    """The table that `make scenarios` rebuilds has a row for each config of the library, with its status."""
    page = (ROOT / "docs" / "scenarios" / "README.md").read_text(encoding="utf-8")
    table = page[page.index("<!-- scenarios -->") :]
    rows = table[: table.index("<!-- end -->")].splitlines()
    for config in sorted((ROOT / "configs" / "scenarios").glob("*.yaml")):
        row = next(row for row in rows if row.startswith(f"| `{config.stem}`"))
        assert row.split("|")[-2].strip()
