"""The house stays one that can be held in mind: small folders, unique class names, pages that cite what exists."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from tests.places import DOCS, ROOT

MOST_FILES = 15
SOURCES = [path for room in ("sim", "calibration") for path in sorted((ROOT / room).rglob("*.py"))]
FOLDERS = sorted({path.parent for room in ("sim", "calibration", "tests") for path in (ROOT / room).rglob("*.py")})
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
CITED = re.compile(r"(?<![\w/.-])((?:sim|calibration|configs|tests|benchmarks|notebooks|docs|\.ci)/[\w./*-]*[\w*])")
"""A path of the repository, or a pattern of some, as a page writes it."""
ELSEWHERE = {"tests/testthat/test_dmhee.R", "sim/studies/NAME", "notebooks/index.md",
             "configs/assurance/verification.json", "configs/draws/*.json", "configs/bridges/*.json"}  # fmt: skip
"""A path in another project's repository, one whose last part stands for any, and what the site and commands make."""


def test_a_folder_holds_few_files() -> None:
    counts = {folder: sum(path.name != "__init__.py" for path in folder.glob("*.py")) for folder in FOLDERS}
    assert {folder: n for folder, n in counts.items() if n > MOST_FILES} == {}


def test_a_class_name_has_one_meaning() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_tests_mirror_the_tree() -> None:
    apart = {"architecture", "benchmarks", "calibration", "configs", "docs", "properties", "regression", "theory"}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        room = path.relative_to(ROOT / "tests").parent
        if room.parts and room.parts[0] not in apart:
            assert (ROOT / "sim" / room).is_dir(), path
        elif room.parts and room.parts[0] == "calibration":
            assert (ROOT / room).is_dir(), path


def test_every_path_that_a_page_cites_exists() -> None:
    missing = set()
    for page in PAGES:
        text = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"))  # a mark names a file that a reader makes
        missing |= {
            (page.name, path)
            for path in CITED.findall(text)
            if path not in ELSEWHERE and not any(ROOT.glob(path)) and not any(ROOT.glob(f"{path}.*"))
        }
    assert missing == set()
