"""The examples of CONTRIBUTING.md, followed in a copy of the program: what it says is enough is enough."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from calibration.targets import read_targets
from tests.places import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^<!-- (file|into): (\S+)(?: before: (.+?))? -->\n```\w+\n(.*?)^```$", re.M | re.S)
SMALL = ["--set", "units.family.size=60", "--set", "units.family.warm_up=1 month"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the program and follow every example."""
    root = tmp_path_factory.mktemp("copy")
    for room in ("sim", "calibration", "configs"):
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    for kind, name, before, block in BLOCK.findall(PAGE):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path.read_text(encoding="utf-8") if kind == "into" else ""
        at = there.rindex("\n", 0, there.index(before)) + 1 if there else 0
        path.write_text(there[:at] + block + there[at:], encoding="utf-8")
    return root


def python(root: Path, *words: str) -> str:
    command = [sys.executable, *words]
    environment = {**os.environ, "PYTHONPATH": str(root), "FAMILIES_KERNELS": "0"}  # a copy would compile them anew
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def families(root: Path, *words: str) -> str:
    return python(root, "-m", "sim.cli", *words)


def test_every_kind_of_thing_has_an_example() -> None:
    assert len(BLOCK.findall(PAGE)) == 6


def test_a_service_an_outcome_a_function_and_a_figure_are_known(copy: Path) -> None:
    """What the page of a run is made of, of a short run, without drawing all of it."""
    sets = [*SMALL[1::2], "replications=1", "clock.steps=26"]
    said = python(copy, "-c", f"""
import json, sim, sim.report
ds = sim.simulate(sim.load("mine.yaml", {sets}))
print(json.dumps([list(ds.outcome.values), list(ds.service.values), len(sim.report.plot_joined(ds).patches)]))
""")  # fmt: skip
    outcomes, services, bars = json.loads(said)
    assert "months_truant" in outcomes
    assert "money_advice" in services
    assert bars == len(services)


@pytest.mark.slow
def test_a_service_an_outcome_a_function_and_a_figure_reach_the_results(copy: Path) -> None:
    families(copy, "run", "mine.yaml", "--out", "out", "--replications", "1", "--quiet", *SMALL)
    summary = json.loads((copy / "out" / "summary.json").read_text(encoding="utf-8"))
    for figures in summary["regimes"].values():
        assert "months_truant" in figures["outcomes"]
        assert "money_advice" in figures["wait_months"]
    assert (copy / "out" / "figures" / "joined.svg").is_file()
    assert "Who joins a queue" in (copy / "out" / "report.html").read_text(encoding="utf-8")


def test_a_study_is_found_by_its_folder(copy: Path) -> None:
    assert "heads" in families(copy, "--help")
    assert families(copy, "heads", "demo").splitlines()[0] == "family: 2,000"


def test_a_target_is_read(copy: Path) -> None:
    listed = read_targets([copy / "configs" / "targets" / "mine.yaml"])
    assert list(listed.targets) == ["worried_more"]
