"""Verification: what a run of the tests found of this program, as its own record has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.exhibits.numbers import MISSING, digits
from sim.results.folder.run_record import PROGRAM, SOURCE
from sim.studies.assure.answer import Lack, PackPart
from sim.studies.assure.finished import FinishedRun
from sim.table import Column, Row, Table

BRINGS = "make verification, which runs every test and keeps what it found"
OUTCOMES = ("passed", "failed", "skipped")


def verification(run: FinishedRun) -> PackPart:
    """Say which tests were run on which program, and what they came to."""
    record = run.verified
    if record is None:
        lack = Lack("tests", "no run of the tests of this program is recorded", BRINGS)
        return PackPart("verification", "Verification", (), (), (lack,))
    return PackPart(
        "verification", "Verification", (_of_which(run, record),),
        (_by_kind(record), *_static(record), _figures(record), _modules(record)), tuple(_lacking(run, record)),
    )  # fmt: skip


def _of_which(run: FinishedRun, record: Mapping[str, Any]) -> str:
    """Say of which program the record is."""
    left = f" Tests marked “{record['selected']}” alone were run." if record["selected"] else ""
    of = f"commit {record['commit'][:12]}, " if record.get("commit") else ""
    libraries = ", ".join(f"{name} {record['versions'][name]}" for name in ("python", "numpy", "scipy", "simpy"))
    return (
        f"The tests were run on {record['made'][:10]} ({of}{libraries}, {record['platform']}): "
        f"{STANDING[standing(run, record)]}.{left} Numbers below are those that this run of the tests reported."
    )


STANDING = {
    "same": "the very program, libraries and kind of machine that made these results",
    "source": "the very source that made these results, with other libraries or on another kind of machine",
    "other": "another version of the program than the one that made these results",
}


def standing(run: FinishedRun, record: Mapping[str, Any]) -> str:
    """Say whether the record is of the program that made the results: ``same``, its ``source`` alone, or ``other``."""
    for word, key in (("same", PROGRAM), ("source", SOURCE)):
        if record.get(key) and record[key] == run.run.get(key):
            return word
    return "other"


def _lacking(run: FinishedRun, record: Mapping[str, Any]) -> list[Lack]:
    """Say what the record lacks."""
    totals, idle = totals_of(record), [kind for kind, files in record["kinds"].items() if not _ran(files)]
    lacks = []
    if standing(run, record) == "other":
        lacks.append(Lack("tests", "the tests that are recorded were run on another version of the program", BRINGS))
    if totals["failed"]:
        lacks.append(Lack("tests", f"{totals['failed']:,} tests failed", "mending what they show"))
    if wrong := [name for name, passes in record["static"].items() if not passes]:
        lacks.append(Lack("tests", f"the source does not pass: {', '.join(wrong)}", "make lint"))
    if idle:
        lacks.append(Lack("tests", f"no test was run of: {'; '.join(idle)}", BRINGS))
    return lacks


def _ran(files: Sequence[Mapping[str, Any]]) -> int:
    """Count the tests of some files that came to an end."""
    return sum(file["passed"] + file["failed"] for file in files)


def totals_of(record: Mapping[str, Any], kind: str = "") -> dict[str, int]:
    """Add up outcomes over all kinds of verification, or of one."""
    chosen = [record["kinds"].get(kind, [])] if kind else record["kinds"].values()
    return {outcome: sum(file[outcome] for files in chosen for file in files) for outcome in OUTCOMES}


def _by_kind(record: Mapping[str, Any]) -> Table:
    """Count tests by kind of verification."""
    rows: list[Row] = []
    for kind, files in record["kinds"].items():
        found = totals_of(record, kind)
        rows.append((kind, str(len(files)), *(f"{found[outcome]:,}" for outcome in OUTCOMES)))
    total = totals_of(record)
    rows.append(("All", str(sum(map(len, record["kinds"].values()))), *(f"{total[name]:,}" for name in OUTCOMES)))
    columns = (Column("kind", "kind of verification", 50), *(Column(name, name, 14) for name in ("files", *OUTCOMES)))
    note = "A test is skipped where the machine lacks what it needs, such as a browser."
    return Table("Tests by kind", columns, rows, note)


def _static(record: Mapping[str, Any]) -> list[Table]:
    """List checks of the source before it is run; nothing where none were made."""
    rows = [(name, "passes" if passes else "does not pass") for name, passes in record["static"].items()]
    return [Table("Checks of the source", ("check", "found"), rows)] if rows else []


def _figures(record: Mapping[str, Any]) -> Table:
    """List what tests measured and recorded."""
    rows = [
        (plainly(file["says"]), name, digits(value) if isinstance(value, int | float) else str(value))
        for files in record["kinds"].values() for file in files for name, value in file["figures"].items()
    ]  # fmt: skip
    columns = (Column("what", "test", 60, "wrapped"), Column("name", "what was measured", 50, "wrapped"), "found")
    return Table("Figures that tests measured", columns, rows)


def plainly(text: str) -> str:
    """Give what a docstring says without the signs that mark code."""
    return text.replace("`", "")


def _modules(record: Mapping[str, Any]) -> Table:
    """List every file of tests: what it shows and what it came to."""
    rows: list[Row] = []
    for kind, files in record["kinds"].items():
        for file in files:
            found = ", ".join(f"{file[name]:,} {name}" for name in OUTCOMES if file[name]) or "not run"
            rows.append((plainly(file["says"]) or MISSING, kind, found, file["file"]))
    columns = (
        Column("says", "what the tests of a file show", 70, "wrapped"), Column("kind", "kind", 40, "wrapped"),
        Column("found", "found", 24, "wrapped"), Column("file", "file", 50, "wrapped"),
    )  # fmt: skip
    return Table("Files of tests", columns, rows)
