"""Tables of the documents are those of the runs: every cell is held against summary.json, read by itself."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.exhibits.numbers import interval, share, signed
from sim.report.answer import answer
from sim.report.markdown.findings import LADDER, STUDIES, findings
from sim.results.shown import looked_after
from tests.plain_runs import run_plainly

QUICK = ["--set", "units.family.size=300", "--replications", "2", "--quiet"]
ANSWER = "appraisal.answer={after: 0, entry: 12, follow_up: 12}"
PARTS = "".join(f"<!-- {name} -->\nold\n<!-- end -->\n" for name in ("sentence", "answer", "headline", "ladder"))
PAGE = f"before\n{PARTS}after\n"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give results of the two studies, small and the same; the ladder was not run."""
    folder = tmp_path_factory.mktemp("results")
    first, *others = STUDIES
    sets = ["effect_set=[measured, no_effect]", ANSWER, "sources=optional"]
    words = ["demo", *QUICK, *(word for one in sets for word in ("--set", one))]
    made = run_plainly(*words, "--totals", "--out", str(folder / first))
    assert made.exit_code == 0, made.output
    for other in others:
        copytree(folder / first, folder / other)
    return folder


@pytest.fixture(scope="module")
def summary(results: Path) -> dict[str, Any]:
    return json.loads((results / "national" / "summary.json").read_text(encoding="utf-8"))


def cells(text: str) -> list[list[str]]:
    """Give the rows of a table in Markdown."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]


def test_each_part_is_put_where_its_marker_stands(results: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    told = CliRunner().invoke(app, ["list", "--results", str(results), "--into", str(page)])
    assert told.exit_code == 0, told.output
    assert f"Wrote into {page}: sentence, answer, headline" in told.output
    assert f"are not in {results}: {LADDER}" in told.output
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- sentence -->\n> **A small demonstration.** ")
    assert text.endswith("<!-- ladder -->\nold\n<!-- end -->\nafter\n")
    assert "old" not in text.partition("<!-- answer -->")[0]


def test_the_sentence_is_the_reports(results: Path, summary: dict[str, Any]) -> None:
    told = " ".join((findings(results)["sentence"]() or "").replace(">", "").split())
    assert told.count(" ".join(answer(summary)[0].split())) == 2


def test_every_cell_of_the_headline(results: Path, summary: dict[str, Any]) -> None:
    rows = cells(findings(results)["headline"]() or "")
    titles = summary["titles"]
    assert len(rows) == len(summary["regimes"]) == 4
    for row, (world, figures) in zip(rows, summary["regimes"].items(), strict=True):
        regime, _, reading = world.partition("/")
        assert row[:2] == [titles["effect_sets"][reading], titles["regimes"][regime]]
        assert row[2] == interval(figures["cost_per_family_year"]["narrow"])
        change = summary["differences"].get(world, {}).get("cost_per_family_year", {})
        for ledger, cell in zip(("narrow", "wide"), row[3:5], strict=True):
            saved = f"{signed(-change[ledger]['mean'])} (" if change else ""
            assert cell.startswith(saved)
            assert bool(cell) == bool(change)
        assert row[5] == share(looked_after(figures))


def test_every_answer_has_its_row(results: Path, summary: dict[str, Any]) -> None:
    rows = cells(findings(results)["answer"]() or "")
    accounts = [one["one_episode"] for one in summary["answer"].values()]
    assert len(rows) == 2 * len(accounts) > 0
    for row, one in zip(rows[len(accounts) :], accounts, strict=True):
        assert row[2] == interval(one["saved_per_family_helped"]["narrow"])
        assert row[6] == interval(one["break_even_price"]["narrow"])


def test_what_was_not_run_is_none(tmp_path: Path) -> None:
    assert all(make() is None for make in findings(tmp_path).values())
    assert share(None) == "–"
