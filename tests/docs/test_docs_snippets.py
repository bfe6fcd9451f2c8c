"""Whatever a page of docs/ tells readers to type works: Python, configs and commands, in the order of the page.

What is quick is run by ``make test``, all of it by ``make test-all``; every command is at least read by the program's
own parser, so that an option that is renamed is noticed at once. Large studies are run with few families.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.docs.snippets import DOCS, PAGES, ROOT, Snippet, options, run, smaller, snippets, understood

ALL = {page: found for page in PAGES if (found := snippets(page))}
QUICK = [page for page, found in ALL.items() if any(s.quick or s.quick_commands for s in found)]
SLOW = [page for page, found in ALL.items() if not all(s.quick or s.mark == "not run" for s in found)]


BESIDE = ("tests/studies", "tests/configs", "benchmarks")
"""Folders whose configs pages name, beside the library."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with what a reader's checkout has, and work there."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    for path in (found for place in BESIDE for found in ROOT.glob(f"{place}/*.yaml")):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_is_something_to_run() -> None:
    assert len(ALL) >= 20
    kinds = {s.kind for found in ALL.values() for s in found}
    assert kinds == {"python", "yaml", "commands"}


@pytest.mark.parametrize("page", sorted(ALL))
def test_the_program_reads_every_command(page: str) -> None:
    for snippet in ALL[page]:
        for command in snippet.commands:
            if command.startswith("families "):
                understood(command)
        for form in snippet.forms:
            _, name, *rest = form.split()
            assert set(re.findall(r"--[a-z-]+", " ".join(rest))) <= options(name), f"docs/{page}: {form}"


@pytest.mark.parametrize("page", QUICK)
def test_what_is_quick_works(folder: Path, page: str) -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    for snippet in ALL[page]:
        run(snippet, names, quickly=True)


@pytest.mark.slow
@pytest.mark.parametrize("page", SLOW)
def test_the_whole_page_works(folder: Path, page: str) -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    for snippet in ALL[page]:
        run(snippet, names)


@pytest.mark.parametrize("page", sorted(ALL))
def test_what_is_not_run_has_a_reason(page: str) -> None:
    for snippet in ALL[page]:
        if snippet.mark in ("not run", "file"):
            assert snippet.said, f"docs/{page}:{snippet.line}"


def test_a_block_is_found_with_its_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.md").write_text(
        "Text.\n\n<!-- file: a.yaml -->\n```yaml\nx: 1\n```\n\n    families check a.yaml   # a remark\n\n"
        "<!-- slow -->\n```\nfamilies run a.yaml\n```\n\n    x = y\n\n```math\nfamilies\n```\n"
    )
    monkeypatch.setattr("tests.docs.snippets.DOCS", tmp_path)
    found = snippets("page.md")
    assert [(s.kind, s.mark, s.said, s.line) for s in found] == [
        ("yaml", "file", "a.yaml", 4), ("commands", "", "", 8), ("commands", "slow", "", 11),
    ]  # fmt: skip
    assert found[1].commands == ["families check a.yaml"]
    assert [s.quick for s in found] == [True, True, False]


def test_a_command_that_fails_is_noticed(folder: Path) -> None:
    """The mechanism is worth as much as what it catches."""
    with pytest.raises(AssertionError, match=r"docs/x\.md:1: families check nowhere"):
        run(Snippet("x.md", 1, "commands", "families check nowhere\n"), {})
    with pytest.raises(AssertionError, match="not run: reason"):
        run(Snippet("x.md", 1, "commands", "pip install x\n"), {})
    with pytest.raises(ZeroDivisionError):
        run(Snippet("x.md", 1, "python", "1 / 0\n"), {})


def test_a_large_study_is_made_small() -> None:
    assert smaller(["run", "into_work", "--replications", "1000"]) == [
        "run", "into_work", "--replications", "6", "--set", "units.adult.size=300",
    ]  # fmt: skip
    assert smaller(["run", "demo"]) == ["run", "demo"]


def test_every_page_begins_with_one_title() -> None:
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", (DOCS / page).read_text(encoding="utf-8"), flags=re.M | re.S)
        assert re.findall(r"^# ", text, flags=re.M) == ["# "], page
