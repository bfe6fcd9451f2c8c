"""Two digests: the strict one knows every line that makes results, that of meaning what the program does with a model.

Copies of the source are changed, one room at a time, and digests compared; some run in an interpreter of their own.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest
import scipy
import simpy

from calibration.predicting import OWN
from sim.engine.solvers.families import layout, replicate
from sim.language.evaluate import number, parse
from sim.model.spec import Model, Parameter, Quantity
from sim.places import PACKAGE
from sim.runs import identity, meaning
from sim.runs.identity import KERNELS, PRESENTING, RESULTS, Rooms, code_version, digest_of_source
from sim.runs.meaning import counts_of, digest_of_meaning, said
from sim.runs.probe import probe

ROOMS = sorted(path.name for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the package."""
    return Path(shutil.copytree(PACKAGE, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__", "library")))


def strict(root: Path) -> str:
    return digest_of_source((Rooms(root, but=(*PRESENTING, KERNELS)),))


def add_comment(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")


def imported(path: Path, root: Path) -> Iterator[Path]:
    """Give the files of a package that a file of it imports, at the top or in a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            there = root.parent.joinpath(*name.split("."))
            yield from (file for file in (there.with_suffix(".py"), there / "__init__.py") if file.is_file())


def ours(path: Path, root: Path) -> set[Path]:
    return {file for file in imported(path, root) if file.is_relative_to(root)}


@pytest.mark.parametrize("room", ROOMS)
def test_a_changed_file_of_any_room_that_makes_results_is_another_version(copy: Path, room: str) -> None:
    before = strict(copy)
    assert before == code_version()  # wherever the package lies
    shown = set(Rooms(copy, (*PRESENTING, KERNELS)).files())
    files = set(Rooms(copy, (room,)).files())
    for file in sorted(files & shown):
        add_comment(file)
    assert strict(copy) == before
    if room not in PRESENTING:
        add_comment(min(files - shown))
        assert strict(copy) != before


def test_a_new_room_and_a_moved_file_count(copy: Path) -> None:
    before = strict(copy)
    (copy / "novelty").mkdir()
    (copy / "novelty" / "one.py").write_text("", encoding="utf-8")
    after = strict(copy)
    assert after != before
    (copy / "novelty" / "one.py").rename(copy / "novelty" / "other.py")
    assert strict(copy) not in (before, after)


@pytest.mark.parametrize("room", ["economics", "config", "units.py", "results"])
def test_what_makes_money_counts(room: str) -> None:
    """Net present values are kept under the strict digest."""
    assert set(Rooms(PACKAGE, (room,), PRESENTING).files()) < set(RESULTS.files())


@pytest.mark.parametrize("rooms", [{"rooms": ("engine", "economy")}, {"but": ("economy",)}])
def test_a_room_that_does_not_exist_is_an_error(rooms: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(FileNotFoundError, match="the package 'sim' has no source in 'economy'"):
        digest_of_source((Rooms(PACKAGE, **rooms),))


def test_a_room_without_source_is_an_error(copy: Path) -> None:
    (copy / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no source in 'empty'"):
        Rooms(copy, ("empty",)).files()


def test_nothing_that_counts_imports_what_does_not() -> None:
    counted = set(RESULTS.files())
    assert counted > {PACKAGE / "economics/value/present_value.py", PACKAGE / "studies/uncertainty/question.py"}
    for file in counted:
        assert ours(file, PACKAGE) <= counted | {PACKAGE / KERNELS}, file
    assert ours(PACKAGE / KERNELS, PACKAGE) <= counted  # and kernels stand on nothing that counts for nothing


def test_the_source_of_answers_is_closed_under_imports() -> None:
    counted = set(OWN.files())
    for file in counted:
        assert ours(file, OWN.root) - {OWN.root / "__init__.py"} <= counted, file


@pytest.mark.parametrize("library", [scipy, simpy, identity.np])
def test_other_versions_of_the_libraries_are_another_version(library: object, monkeypatch) -> None:
    before = digest_of_source((RESULTS,))
    monkeypatch.setattr(library, "__version__", "0.0")
    assert digest_of_source((RESULTS,)) != before


def test_further_source_counts_as_well(tmp_path: Path) -> None:
    root = Path(shutil.copytree(OWN.root, tmp_path / "calibration"))
    assert code_version(OWN) not in (code_version(), digest_of_source((OWN,)))
    assert digest_of_source((RESULTS, replace(OWN, root=root))) == code_version(OWN)
    add_comment(root / "report" / "page.py")
    assert digest_of_source((RESULTS, replace(OWN, root=root))) == code_version(OWN)
    add_comment(root / "outputs" / "evaluation.py")
    assert digest_of_source((RESULTS, replace(OWN, root=root))) != code_version(OWN)


def digests_by(copy: Path) -> list[str]:
    """Give the strict digest and that of the meaning of a text by a copy of the program."""
    script = (
        "from sim.runs.identity import code_version; from sim.runs.meaning import digest_of_meaning; "
        "print(code_version(), digest_of_meaning('a text'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=copy.parent, env=environment
    )
    return done.stdout.split()


def test_meaning_moves_with_what_the_program_does_alone(copy: Path) -> None:
    here = [code_version(), digest_of_meaning("a text")]
    for file in ("engine/moves/step.py", "economics/value/terms.py", "model/spec.py"):
        add_comment(copy / file)
    commented = digests_by(copy)
    assert commented[0] != here[0]
    assert commented[1] == here[1]
    gate = copy / "engine" / "teams" / "admission.py"
    gate.write_text(gate.read_text(encoding="utf-8") + HALF, encoding="utf-8")
    assert digests_by(copy)[1] != here[1]


HALF = """

_open = admit


def admit(*args, **options):
    chosen = _open(*args, **options)
    return chosen[: len(chosen) // 2]
"""
"""Lets in half of those who have a place."""


def test_meaning_moves_with_the_version_of_results_and_with_the_probe(monkeypatch) -> None:
    before = digest_of_meaning(probe().worlds)
    with monkeypatch.context() as changed:
        changed.setattr(meaning, "RESULTS_VERSION", meaning.RESULTS_VERSION + 1)
        assert digest_of_meaning(probe().worlds) != before
    with monkeypatch.context() as changed:
        changed.setattr(meaning, "probed", lambda: "other counts")
        assert digest_of_meaning(probe().worlds) != before
    assert digest_of_meaning(probe().worlds) == before


def test_meaning_moves_with_a_model_and_not_with_its_provenance() -> None:
    model = probe().worlds[0].model
    before = digest_of_meaning(model)
    assert digest_of_meaning(replace(model, services_inert=True)) != before
    assert digest_of_meaning(replace(model, parameters={"helped": Parameter("helped", parse("0.6"))})) != before
    sourced = Parameter("helped", parse("0.5"), Quantity(0.5, low=0.3, high=1.0, source="F4"))
    assert digest_of_meaning(replace(model, parameters={"helped": sourced})) == before


@dataclass(frozen=True)
class LaterModel(Model):
    """A model with an option that came later."""

    novelty: str = ""


def test_a_new_field_at_its_default_does_not_move_the_meaning() -> None:
    model = probe().worlds[0].model
    later = LaterModel(**{field.name: getattr(model, field.name) for field in fields(model)})
    assert digest_of_meaning(later) == digest_of_meaning(model)
    assert digest_of_meaning(replace(later, novelty="on")) != digest_of_meaning(model)


def test_last_bits_say_nothing() -> None:
    rate = 0.1 + 0.2
    assert said(Parameter("rate", parse(f"{rate!r} * frailty"))) == said(Parameter("rate", parse("0.3 * frailty")))
    assert said(Parameter("rate", number(rate))) != said(Parameter("rate", number(0.3001)))
    assert said([rate, {"a": (1, None, "text", True)}]) == ["0.3", {"a": [1, None, "text", True]}]


def test_the_probe_counts_whole_numbers_and_makes_nearly_every_move() -> None:
    scenario = probe()
    record, axes = replicate(scenario, 0), layout(scenario)
    assert all((values % 1 == 0).all() for values in (record.stocks, record.flows, record.waits))
    counts = counts_of(axes, record)
    assert {name for name in counts if "waits" in name} >= {"usual: waits keyworker", "joined: waits advice"}
    assert counts["usual: waits keyworker"] != counts["joined: waits keyworker"]
    assert counts != counts_of(axes, replicate(scenario, 1))
    moves = [f"{w}: {' > '.join(flow)}" for w in axes.worlds for flow in axes.flows]
    assert sum(move in counts for move in moves) > 0.8 * len(moves)
