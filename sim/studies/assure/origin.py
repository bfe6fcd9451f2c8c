"""How results moved between versions, what made these, the hashes of all of it, and whether it was made again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sim.config.views.evidence import cells
from sim.exhibits.numbers import MISSING
from sim.report.html import commands
from sim.results.folder.run_record import PROGRAM, REQUIREMENTS, SOURCE
from sim.studies.assure.answer import Lack, PackPart
from sim.studies.assure.finished import FinishedRun
from sim.table import Column, Row, Table

VERSION = re.compile(r"^## (.+)$")
MOVED = "| study | figure | was | is | why |"
"""The head of the tables of the changelog that list results that moved."""
NATURE = {"same": "the same to the last bit", "rounding": "the same but for rounding", "other": "other results"}


def changes(run: FinishedRun) -> PackPart:
    """List the results that moved between versions, those of the study at hand first."""
    own = str(run.run["name"])
    rows = sorted(moved_rows(run.changes), key=lambda row: own not in str(row[1]).split(", "))
    columns = (
        Column("version", "version", 16), Column("study", "study", 24, "wrapped"),
        Column("figure", "figure", 44, "wrapped"),
        Column("was", "was", 14), Column("is", "is", 14), Column("why", "why", 60, "wrapped"),
    )  # fmt: skip
    lines = (
        "Headline figures that moved from one version of the program to the next, as the changelog lists them; rows of "
        "this study come first. Two runs of one study are held against each other by families compare.",
    )
    table = Table("Results that moved", columns, rows)
    return PackPart("changes", "Results that moved between versions", lines, (table,))


def moved_rows(text: str) -> list[Row]:
    """Read the tables of results that moved out of the changelog: version, study, figure, was, is, why."""
    rows: list[Row] = []
    version, inside = "", False
    for line in text.splitlines():
        if found := VERSION.match(line):
            version = found[1]
        inside = line == MOVED or (inside and line.startswith("|"))
        if inside and line != MOVED and not line.startswith("|---"):
            rows.append((version, *cells(line)))
    return rows


def reproduction(run: FinishedRun) -> PackPart:
    """Give the hashes of code, config, inputs and results, the command that makes them again, and whether it did."""
    lacks = tuple(_lacking(run))
    hashes = (
        Column("file", "file", 44, "wrapped"), Column("sha256", "sha256", 66, "wrapped"),
    )  # fmt: skip
    inputs = [(path, total) for path, total in run.run.get("inputs", {}).items()]
    versions = [(name, version or MISSING) for name, version in run.run.get("versions", {}).items()]
    tables = [
        Table("How it was made", ("", "what is recorded"), list(_made(run))),
        Table("Hashes of results", hashes, list(run.sums.items()), "As manifest.json has them, but for this pack."),
        Table("Hashes of inputs", hashes, inputs, "Files that the config was read from."),
        Table("Versions", ("library", "version"), versions, f"In {REQUIREMENTS} for pip install -r."),
    ]
    if run.reproduced is not None and run.reproduced.made:
        rows = [(what, then or MISSING, now or MISSING) for what, then, now in run.reproduced.made]
        tables.insert(1, Table("What differed", ("", "then", "when made again"), rows))
    return PackPart("reproduction", "Reproduction and hashes", (), tuple(one for one in tables if one.rows), lacks)


def _lacking(run: FinishedRun) -> Iterator[Lack]:
    """Say what speaks against making it again."""
    record, again = run.run, run.reproduced
    if not record.get("commit"):
        yield Lack("program", "no commit says which program made it", "a run from a checkout under version control")
    elif record.get("uncommitted"):
        text = "the program or its library had changes that no commit holds"
        yield Lack("program", text, "commit, then run it again")
    if again is None:
        yield Lack("reproduction", "nobody has made the results again", "families reproduce DIR --keep")
    elif again.verdict == "other":
        yield Lack("reproduction", "made again, the results were others", "families reproduce DIR --fresh --keep")


def _made(run: FinishedRun) -> Iterator[Row]:
    """List what made the run, and the commands that make it again."""
    record, again = run.run, run.reproduced
    yield "Command", commands(record).splitlines()[0]
    yield "Make it again, and see what differs", "families reproduce DIR, DIR being the results folder"
    yield "The same in an environment of its own", "families reproduce DIR --fresh"
    yield "Made again", MISSING if again is None else (
        f"{NATURE[again.verdict]}: {again.files} files compared, {again.replications} of {again.of} replications, on "
        f"{again.time[:10]}, Python {again.python}, {again.platform}, commit {again.commit[:12] or MISSING}"
    )
    yield "Results made", str(record.get("time", MISSING))
    yield "Program, commit", f"{record.get('commit') or MISSING}{' with changes' if record.get('uncommitted') else ''}"
    yield "Program and libraries (sha256)", record.get(PROGRAM) or MISSING
    yield "Source of the program alone (sha256)", record.get(SOURCE) or MISSING
    yield "Config (sha256)", str(record.get("config_sha256", MISSING))
    yield "Seed and replications", f"{record['seed']}; {record['replications']}"
    yield "Platform", str(record.get("platform", MISSING))
