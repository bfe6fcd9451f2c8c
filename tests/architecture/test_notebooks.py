"""Notebooks as they are kept: run from top to bottom, small, free of marks of a machine, and written with public names.

That they run at all is tested by nbmake, which pytest applies to the folder ``notebooks`` itself.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sim
import sim.report
from tests.places import ROOT

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 300_000
MARKS = re.compile(r"(/work|/tmp|/root|/home|/Users|[A-Z]:\\\\|site-packages|0x[0-9a-f]{6,})")
"""Paths of a machine, and addresses in its memory, which differ from run to run."""
PACKAGES = ("sim", "calibration")


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def code_of(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def outputs_of(path: Path) -> list[dict[str, Any]]:
    return [output for cell in code_of(path) for output in cell["outputs"]]


def tree_of(path: Path) -> ast.Module:
    lines = "\n".join("".join(cell["source"]) for cell in code_of(path)).splitlines()
    return ast.parse("\n".join(line for line in lines if not line.startswith("%")))


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Give every module of ours with every name that is taken from it; the name is empty for a plain import."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] in PACKAGES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            yield from ((node.module or "", alias.name) for alias in node.names)


def test_there_are_ten_in_order_and_all_are_listed() -> None:
    assert [path.name[:3] for path in NOTEBOOKS] == [f"{number:02d}_" for number in range(1, 11)]
    listed = re.findall(r"\]\((\d\d_\w+\.ipynb)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert listed == [path.name for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_those_of_one_run_from_top_to_bottom(path: Path) -> None:
    cells = code_of(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for output in outputs_of(path):
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr"
    assert any("image/png" in output.get("data", {}) for output in outputs_of(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_kept_is_small_and_says_nothing_of_the_machine(path: Path) -> None:
    assert path.stat().st_size < LARGEST
    notebook = read(path)
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    for number, cell in enumerate(notebook["cells"], start=1):
        assert cell["metadata"] == {}
        assert cell["id"] == f"cell-{number:02d}"
        texts = ["".join(cell["source"])]
        for output in cell.get("outputs", []):
            kinds = {kind: text for kind, text in output.get("data", {}).items() if kind != "image/png"}
            texts += ["".join(text) for text in (output.get("text", ""), *kinds.values())]
        assert not MARKS.search("\n".join(texts))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_public_names_are_used(path: Path) -> None:
    for module, name in imported(path):
        assert not any(part.startswith("_") for part in (*module.split("."), name))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_") or node.attr == "__name__"
            owner = ast.unparse(node.value)
            if owner == "sim":
                assert node.attr in {*sim.__all__, "report"}
            elif owner == "sim.report":
                assert node.attr in sim.report.__all__


def test_every_public_name_is_there() -> None:
    assert dir(sim) == list(sim.__all__)
    for name in sim.__all__:
        assert callable(getattr(sim, name)), name
