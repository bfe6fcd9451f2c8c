"""The assurance pack holds what a run and its surroundings say, number by number, and calls missing what is not there.

A run made by hand lacks nothing; taking away one thing must bring exactly its own lack, and a reason must take it away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.config.schema.assurance import AssurancePart, PartOfPack
from sim.economics.summary import summarise
from sim.errors import ModelError
from sim.report.extras import Extras
from sim.results.folder.beside import PACK
from sim.results.folder.manifest import verify
from sim.results.folder.run_record import run_record
from sim.results.folder.store import staged, write_results
from sim.studies.assure.answer import Pack, PackPart
from sim.studies.assure.assumptions import GRADES, grade
from sim.studies.assure.contents import pack_of
from sim.studies.assure.exhibits import complete, standing, write_page, write_workbook
from sim.studies.assure.finished import FinishedRun, finished_run
from sim.studies.assure.origin import moved_rows
from sim.table import Table
from tests.places import TOY
from tests.studies.assure import made

WITHOUT: dict[str, Callable[[FinishedRun], FinishedRun]] = {
    "purpose": lambda run: of(run, purpose=None),
    "roles": lambda run: of(run, approver=None),
    "review": lambda run: of(run, review_by=None),
    "sources": lambda run: replace(run, register=(made.entry("a.b.value", source=""),), moves=({},)),
    "licences": lambda run: replace(run, files=(replace(run.files[0], licence=""),)),
    "tests": lambda run: replace(run, verified=None),
    "checks": lambda run: replace(run, extras=replace(run.extras, checks=())),
    "bridge": lambda run: replace(run, extras=replace(run.extras, bridge=None)),
    "calibration": lambda run: replace(run, calibration={**made.CALIBRATION, "targets_sha256": "another"}),
    "backtest": lambda run: replace(run, backtest=None),
    "controls": lambda run: replace(run, extras=replace(run.extras, answers=())),
    "draws": lambda run: replace(run, summary={**made.told(), "answer": made.summary()["answer"]}),
    "program": lambda run: replace(run, run={**run.run, "uncommitted": True}),
    "reproduction": lambda run: replace(run, reproduced=None),
}
"""What takes away one thing, by the key of the lack."""


def of(run: FinishedRun, **changed: Any) -> FinishedRun:
    """Change what the study says of itself."""
    return replace(run, part=run.part.model_copy(update=changed))


def part(pack: Pack, name: str) -> PackPart:
    return next(one for one in pack.parts if one.name == name)


def table(pack: Pack, name: str, title: str) -> Table:
    held = part(pack, name)
    return next(one for one in (*held.tables, *held.in_workbook) if one.title == title)


def column(found: Table, name: str) -> list[Any]:
    return [row[found.names.index(name)] for row in found.rows]


def test_a_whole_run_lacks_nothing() -> None:
    pack = pack_of(made.run())
    assert pack.left_out == ()
    assert "Every part is here" in standing(pack)
    assert set(column(complete(pack), "state")) == {"here"}


def test_everything_that_can_be_missing_is_tried() -> None:
    assert set(WITHOUT) == set(get_args(PartOfPack))


@pytest.mark.parametrize("key", WITHOUT)
def test_taking_one_thing_away_brings_its_own_lack_and_a_reason_takes_it_away(key: str) -> None:
    run = WITHOUT[key](made.run())
    pack = pack_of(run)
    also = {"backtest"} if key == "calibration" else set()  # a backtest of another calibration is none of this one
    assert {lack.key for _, lack in pack.lacking} == {key} | also
    assert "nobody should rely" in standing(pack)
    excused = pack_of(of(run, without=dict.fromkeys((key, *also), "the risk is small")))
    assert excused.lacking == ()
    assert [row[2] for row in complete(excused).rows if "missing" in row[1]] == [
        "left out on purpose: the risk is small"
    ] * (1 + len(also))


def test_tests_of_another_program_or_that_failed_are_lacking() -> None:
    same = made.run(verified=made.verified(program_sha256="x"))
    assert not pack_of(same).lacking  # the same source, with other libraries
    assert "the very source" in part(pack_of(same), "verification").lines[0]
    other = made.run(verified=made.verified(program_sha256="x", source_sha256="y"))
    assert "another version" in pack_of(other).lacking[0][1].text
    record = made.verified(static={"types": False})
    record["kinds"]["Queues"][0].update(failed=2, passed=0)
    record["kinds"]["Nothing"] = []
    said = " ".join(lack.text for _, lack in pack_of(made.run(verified=record)).lacking)
    assert all(text in said for text in ("2 tests failed", "does not pass: types", "no test was run of: Nothing"))


def test_verification_counts_what_the_tests_reported() -> None:
    pack = pack_of(made.run())
    rows = table(pack, "verification", "Tests by kind").rows
    assert rows[-1] == ("All", "2", "7", "0", "1")
    assert column(table(pack, "verification", "Figures that tests measured"), "found") == ["less than 0.000000001"]
    kinds = dict((row[0] + row[1], row[2]) for row in table(pack, "validation", "Validation by kind").rows)
    assert kinds["cross-modelpublished models reproduced by the same engine, and closed forms"] == (
        "5 tests passed, 0 failed"
    )


def test_validation_says_what_was_found() -> None:
    pack = pack_of(made.run())
    found = [row[2] for row in table(pack, "validation", "Validation by kind").rows]
    assert found[0] == "1 within"  # the check whose range is a judgement
    assert "£1.50 for each £1, published £1.51 (F8)" in found
    assert "1 within, 1 outside" in found
    assert "calibrated by a calibration (posterior); 1 of 2 figures lie in the 95% range found for them" in found
    assert "1 of 1 figures lie in the 95% range found for them" in found
    assert "is furthest off with 1.04 (in care)" in found[-1]
    assert column(table(pack, "validation", "Checks"), "verdict") == ["outside", "within", "within"]
    bare = Extras((replace(made.CHECKS[1], note=""),), None, made.controls(), made.bridge())
    assert "outside their range without a word: 2. two" in pack_of(made.run(extras=bare)).lacking[0][1].text


def test_each_source_of_doubt_has_its_size() -> None:
    rows = {row[0]: row[1] for row in table(pack_of(made.run()), "uncertainty", "Sources of doubt").rows}
    clean = {name: str(size).replace("\N{WORD JOINER}", "") for name, size in rows.items()}
    assert clean["The answer"] == "£7,000 a family"
    assert clean["Chance in the simulation"] == "£6,950 to £7,050"
    assert clean["All drawn inputs together"] == "£6,900 to £7,100"
    assert clean["kept, alone"] == "£6,000 to £8,000 a family, at 0.25 to 0.75"
    assert clean["Reading of the evidence: help changes nothing (2016)"] == "−£1,000"
    assert clean["Dose capped"] == "£6,500"
    assert clean["Figures with a range that were not drawn"] == "0 figures"
    assert clean["Judgements without a range"] == "1 figures"


def test_the_register_has_every_figure_with_its_grade_date_and_size() -> None:
    pack = pack_of(made.run())
    sheet = next(one for one in part(pack, "assumptions").in_workbook if one.keys)
    assert len(sheet.rows) == len(made.REGISTER) == sum(len(t.rows) for t in part(pack, "assumptions").tables[1:])
    assert column(sheet, "grade") == ["D", "E", "A", "C", "B"]
    assert column(sheet, "date") == ["–", "–", "2015", "–", "2015"]
    assert column(sheet, "size") == ["£6,000 to £8,000 a family, at 0.25 to 0.75", *["not drawn"] * 4]
    assert column(sheet, "moves")[0] == "services: key worker (team.caseload)"
    assert set(column(sheet, "owner")) == {""}
    scale = table(pack, "assumptions", "Quality grades")
    assert [(row[0], row[2]) for row in scale.rows] == list(zip("ABCDEF", "111110", strict=True))


QUALITY = st.sampled_from(["", "green", "G", "amber", "red", "low", "high", "medium"])


SOURCES = st.sampled_from(["", "assumption", "calibration", "D6"])


@given(SOURCES, QUALITY, st.booleans(), st.sampled_from(["", "uprated"]))
def test_a_grade_is_never_better_for_knowing_less(source: str, quality: str, ranged: bool, status: str) -> None:
    """A range never worsens a grade; a judgement is never graded above what is published, nor that above no source."""
    low, high = (0.0, 2.0) if ranged else (None, None)
    one = made.entry("a.b.value", source=source, quality=quality, low=low, high=high, status=status)
    bare = replace(one, low=None, high=None)
    judged, nobodys = (replace(one, source=other) for other in ("assumption", ""))
    assert grade(one) in GRADES
    assert grade(one) <= grade(bare)
    if source:
        assert grade(one) <= grade(judged) < grade(nobodys) == "F"


def test_hashes_names_and_forms_are_those_of_the_run() -> None:
    pack = pack_of(made.run())
    assert dict(table(pack, "reproduction", "Hashes of results").rows) == made.run().sums
    facts = dict(table(pack, "reproduction", "How it was made").rows)
    assert facts["Made again"].startswith("the same to the last bit: 16 files compared, 10 of 10 replications")
    assert column(table(pack, "roles", "Roles"), "name") == list(made.PEOPLE.values())
    stages = [one for one in part(pack, "roles").tables if one.title.startswith("Sign-off")]
    assert len(stages) == 4
    assert all(len(stage.rows) == 4 and set(column(stage, "signature")) == {""} for stage in stages)
    names = {one.name for one in pack.parts}
    assert names == {"scope", "roles", "checklist", "uncertainty", "validation", "verification", "left_out", "changes",
                     "reproduction", "data", "assumptions"}  # fmt: skip


def test_results_that_moved_are_read_from_the_changelog_the_own_first() -> None:
    rows = table(pack_of(made.run()), "changes", "Results that moved").rows
    own, other = ("1.1", "mine, more", "price", "£3", "£4", "another"), ("1.1", "other", "price", "£1", "£2", "a mend")
    assert rows == [own, other]
    assert moved_rows("") == []


class Shown(HTMLParser):
    """Collects headings by level, ids, and what links point to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.levels += [int(tag[1])] if re.fullmatch(r"h\d", tag) else []
        self.ids += [given["id"]] if given.get("id") else []  # type: ignore[list-item]
        self.links += [given["href"] or ""] if tag == "a" else []


def test_the_page_has_an_outline_escapes_text_and_shows_no_identifiers(tmp_path: Path) -> None:
    write_page(tmp_path / "pack.html", pack_of(WITHOUT["draws"](made.run())))
    text = (tmp_path / "pack.html").read_text(encoding="utf-8")
    shown = Shown(text)
    assert shown.levels[0] == 1
    assert shown.levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(shown.levels, shown.levels[1:], strict=False))
    assert len(shown.ids) == len(set(shown.ids))
    assert {link.removeprefix("#") for link in shown.links} <= set(shown.ids)
    assert "ranking &lt;councils&gt;" in text
    seen = re.sub(r"<[^>]+>", " ", text[text.index("<body>") :])
    assert not re.findall(r"\b(?:no_effect|one_episode|left_out|break_even|in_need|with_unitemised)\b", seen)
    assert "1 thing is missing." in seen


def test_the_workbook_has_a_sheet_for_each_table(tmp_path: Path) -> None:
    pack = pack_of(made.run())
    write_workbook(tmp_path / "pack.xlsx", pack)
    first = (tmp_path / "pack.xlsx").read_bytes()
    write_workbook(tmp_path / "pack.xlsx", pack)
    assert (tmp_path / "pack.xlsx").read_bytes() == first
    book = openpyxl.load_workbook(tmp_path / "pack.xlsx")
    wanted = [one.title.partition(":")[0] for p in pack.parts for one in p.in_workbook if one.rows]
    assert book.sheetnames == ["Cover", "Contents", "What is here", *wanted]
    assert book["Assumptions register"].max_row == 4 + len(made.REGISTER)


def test_who_analyses_does_not_assure() -> None:
    with pytest.raises(ValueError, match="the assurer must be somebody else"):
        AssurancePart(analyst="A", assurer="A")
    with pytest.raises(ValueError, match="write a day as 2027-03-31"):
        AssurancePart(review_by="31 March")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a results folder of a small run, without pictures."""
    place = tmp_path_factory.mktemp("run") / "made"
    scenario = sim.load(TOY, ["replications=1", "assurance.purpose=What is it"])
    ds = sim.simulate(scenario)
    with staged(place) as fresh:
        write_results(fresh, ds, summarise(ds), run_record(scenario, inputs={"a.yaml": "b"}))
    return place


def test_the_command_writes_a_pack_and_checks_a_study_for_decision(folder: Path) -> None:
    def assure(*words: str) -> tuple[int, str]:
        said = CliRunner().invoke(app, ["assure", str(folder), *words])
        return said.exit_code, " ".join(said.output.split())

    code, said = assure("--check")
    assert code == 0
    assert "Not a study for decision." in said
    assert not (folder / PACK[0]).exists()
    code, said = assure("--check", "--set", "assurance.decision=whether to")
    assert code == 1
    assert "nobody has made the results again; families reproduce DIR --keep" in said
    excused = ", ".join(f"{key}: small" for key in get_args(PartOfPack))
    decides = ("--check", "--set", "assurance.decision=whether to")
    assert assure(*decides, "--set", f"assurance.without={{{excused}}}")[0] == 0
    assert assure("--set", "assurance.analyst=A. Analyst")[0] == 0
    verify(folder)
    page = (folder / PACK[0]).read_text(encoding="utf-8")
    assert "A. Analyst" in page
    sums = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert sums["results.nc"] in page
    assert assure("--set", "replications=2")[0] == 2
    assert assure("--set", "assurance.without={nothing: small}")[0] == 2
    assert assure("--calibration", str(folder.parent))[0] == 2


def test_a_pack_does_not_hash_itself_and_people_can_be_named_after_the_run(folder: Path) -> None:
    run = finished_run(folder, ["assurance.approver=D"])
    assert run.part.approver == "D"
    assert not set(PACK) & set(run.sums)
    assert len(run.register) == len(run.moves)
    with pytest.raises(ModelError, match="only 'assurance' can be set after a run"):
        finished_run(folder, ["seed=2"])
