"""The program can be cited and its parts reused: CITATION.cff is valid, every shipped file of data has a licence."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sim.config.schema.assurance import AssurancePart
from sim.config.text.source import plain, read
from sim.config.views.evidence import LICENCES, data_files, evidence_rows
from sim.studies.assure.origin import MOVED, moved_rows
from tests.places import CONFIGS, DOCS, ROOT
from tests.recording import KINDS, STATIC, Recorder, files_of_tests, kind_of, says

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CFF_KEYS = {
    "abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords",
    "license", "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact",
    "repository-code", "title", "type", "url", "version",
}  # fmt: skip
"""The keys of a citation file, schema 1.2.0."""
REFERENCE_TYPES = {"data", "report", "article", "book", "software", "generic"}
SPDX = {"MIT", "CC-BY-4.0", "OGL-UK-3.0", "Apache-2.0", "BSD-3-Clause"}
NOT_TEXT = (
    "csv", "tsv", "json", "jsonl", "nc", "parquet", "xlsx", "xls", "ods", "npz", "pkl", "xz", "gz", "zip", "png", "jpg",
    "jpeg", "gif", "webp", "svg", "pdf", "ico", "ttf", "otf", "woff", "woff2", "ipynb", "mplstyle",
)  # fmt: skip
"""Endings of data, figures and fonts."""
MADE_LATER = ("configs/assurance/*", "configs/draws/*", "configs/bridges/*")
"""What commands write into the library once they were run."""


def shipped() -> list[str]:
    """List the files under version control, or all but what tools leave where there is none."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
                          check=False)  # fmt: skip
    if done.returncode == 0:
        return done.stdout.splitlines()
    rooms = ("sim", "calibration", "configs", "docs", "tests", "notebooks")
    found = (path for room in rooms for path in sorted((ROOT / room).rglob("*")) if path.is_file())
    return [path.relative_to(ROOT).as_posix() for path in found]


def rows() -> list[tuple[list[str], str, str]]:
    """Read the table of licences: patterns, what they are, licence."""
    text = (DOCS / "licences.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| (`.+?`) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    return [(re.findall(r"`([^`]+)`", patterns), what, licence) for patterns, what, licence in found]


def licence_of(name: str) -> str:
    """Give the licence of a file: beside it, or in the table; nothing where it has none."""
    beside = (ROOT / name).with_suffix(".licence.txt")
    if beside.is_file():
        return next((one for one in LICENCES if one in beside.read_text(encoding="utf-8")), "")
    return next((licence for patterns, _, licence in rows() if any(fnmatch(name, one) for one in patterns)), "")


@pytest.mark.parametrize("name", [name for name in shipped() if name.rpartition(".")[2] in NOT_TEXT])
def test_every_file_of_data_figure_or_font_has_a_licence(name: str) -> None:
    assert licence_of(name), f"{name} needs NAME.licence.txt beside it, or a row in docs/licences.md"


def test_a_file_that_nobody_listed_has_none_and_no_row_is_of_nothing() -> None:
    assert licence_of("configs/costs/new.csv") == ""
    assert licence_of("docs/assets/letters.woff2") == ""
    names = [*shipped(), *MADE_LATER]
    for patterns, _, licence in rows():
        assert licence.startswith("MIT")
        for pattern in patterns:
            assert any(fnmatch(name, pattern) or pattern.startswith(name.rstrip("*")) for name in names), pattern


def test_the_data_log_reads_the_same_licences() -> None:
    found = data_files(CONFIGS)
    assert {f"configs/{file.name}" for file in found} == {name for name in shipped() if name.endswith(".csv") and
                                                           name.startswith("configs/")}  # fmt: skip
    assert all(file.licence == licence_of(f"configs/{file.name}") for file in found)


def citation() -> dict[str, Any]:
    return dict(YAML(typ="safe", pure=True).load((ROOT / "CITATION.cff").read_text(encoding="utf-8")))


def test_the_citation_file_has_what_its_schema_asks_for() -> None:
    held = citation()
    assert set(held) <= CFF_KEYS
    assert held["cff-version"] == "1.2.0"
    assert held["type"] == "software"
    assert all(str(held[key]).strip() for key in ("message", "title", "abstract", "version", "license"))
    assert all({"name"} <= set(one) or {"family-names", "given-names"} <= set(one) for one in held["authors"])
    assert len(held["keywords"]) == len(set(held["keywords"])) > 0
    for reference in held["references"]:
        assert {"type", "title", "authors"} <= set(reference)
        assert reference["type"] in REFERENCE_TYPES
        assert reference.get("license", "MIT") in SPDX
    assert held["license"] in SPDX


def test_the_citation_agrees_with_the_package_and_names_every_data_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    held = citation()
    assert (held["version"], held["license"]) == (project["version"], project["license"])
    noted = " ".join(str(one.get("notes", "")) for one in held["references"])
    assert all(f"configs/{file.name}" in noted for file in data_files(CONFIGS))


@pytest.mark.skipif(shutil.which("cffconvert") is None, reason="needs cffconvert, in an environment of its own")
def test_the_citation_file_is_valid() -> None:
    done = subprocess.run(["cffconvert", "--validate", "-i", "CITATION.cff"], cwd=ROOT, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_results_that_moved_stand_in_tables_that_packs_read() -> None:
    found = moved_rows(CHANGELOG)
    assert len(found) >= 10
    assert CHANGELOG.count(MOVED) >= 1
    for row in found:
        assert len(row) == 6, row
        assert all(str(cell).strip() for cell in row), row
        assert row[3] != row[4], f"this did not move: {row}"
    for said in re.findall(r"\*Results\*: (.{0,30})", CHANGELOG):
        assert said.startswith(("none moved", "unchanged", "in the table")), f"a row in the table instead of '{said}'"


def test_the_headline_of_the_readme_is_the_newest_in_the_changelog() -> None:
    """Whoever moves the price up to which help pays has to say so."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sentence = readme.partition("<!-- sentence -->")[2].partition("<!-- end")[0]
    prices = re.findall(r"up to\s+(£[\d,]+)", " ".join(sentence.replace("\n> ", " ").split()))
    asked = "price up to which help pays, a family, as measured, narrow"
    told = [next(str(row[4]) for row in moved_rows(CHANGELOG) if (row[1], row[2]) == (study, asked))
            for study in ("phase_two", "national")]  # fmt: skip
    assert prices == told


def test_the_evidence_page_is_read_row_by_row() -> None:
    found = evidence_rows()
    assert len(found) > 250
    assert (found["A1"].value, found["A1"].year) == ("120,000 (2011)", "2011")
    assert found["F8"].source == found["F7"].source  # 'same' stands for what is above it
    assert "Unit Cost Database v1.4" in found["G SS1.0"].source
    assert found["G SS1.0"].year == "2015"


def test_the_model_card_and_the_config_say_the_same() -> None:
    part = AssurancePart.model_validate(plain(read(CONFIGS / "assurance" / "intended_use.yaml"))["assurance"])
    card = (DOCS / "model_card.md").read_text(encoding="utf-8")
    assert [line.removeprefix("- ") for line in card.partition("## Not for")[2].partition("##")[0].split("\n")
            if line.startswith("- ")] == list(part.not_for)  # fmt: skip


def test_every_file_of_tests_belongs_to_one_kind_of_verification() -> None:
    kinds = {kind_of(file) for file in files_of_tests()}
    assert kinds == set(KINDS)
    assert all(says(file) for file in files_of_tests())
    with pytest.raises(LookupError, match="belongs to no kind"):
        kind_of("novelty/test_new.py")
    assert all(len(words) >= 1 for words in STATIC.values())


def test_a_run_of_the_tests_is_recorded_as_pytest_reports_it(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "record.json", static=False)
    where = "tests/money/test_bill.py::test_one"
    for when, outcome in (("setup", "passed"), ("call", "passed"), ("teardown", "passed")):
        recorder.pytest_runtest_logreport(report(where, when, outcome, [("largest gap", 1e-12)]))
    recorder.pytest_runtest_logreport(report(where, "setup", "skipped", []))
    recorder.pytest_runtest_logreport(report(where, "call", "failed", []))
    recorder.pytest_runtest_logreport(report("notebooks/01.ipynb::", "call", "passed", []))
    content = recorder.content("not slow")
    files = [file for held in content["kinds"].values() for file in held]
    (mine,) = (file for file in files if file["file"] == "tests/money/test_bill.py")
    assert (mine["passed"], mine["failed"], mine["skipped"], mine["figures"]) == (1, 1, 1, {"largest gap": 1e-12})
    assert sum(file["passed"] + file["failed"] for file in files) == 2
    assert [file["file"] for file in files if file not in (mine,)]
    assert content["selected"] == "not slow"
    assert len(content["source_sha256"]) == 64


def report(node: str, when: str, outcome: str, properties: list[tuple[str, object]]) -> pytest.TestReport:
    return pytest.TestReport(
        node, ("", None, ""), {}, outcome, None, when, duration=0.1, user_properties=properties,  # type: ignore[arg-type]
    )  # fmt: skip
