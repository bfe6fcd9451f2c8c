"""The data log: which published sources went in, where each figure was seen, and the data files with their licences."""

from __future__ import annotations

from collections import Counter

from sim.config.views.register import ASSUMPTION
from sim.exhibits.numbers import MISSING
from sim.studies.assure.answer import Lack, PackPart
from sim.studies.assure.finished import FinishedRun
from sim.table import Column, Row, Table


def data_log(run: FinishedRun) -> PackPart:
    """Make the log of sources and of data files."""
    bare = [file.name for file in run.files if not file.licence]
    lacks = [Lack("licences", f"no licence is beside {', '.join(bare)}", "a NAME.licence.txt beside the file")]
    lines = (
        "Published figures are quoted with their source; no file of a source is part of the program but those below, "
        "each with its licence. No record of a real family is used.",
    )
    return PackPart("data", "Data log", lines, (_sources(run), _files(run)), tuple(lacks if bare else ()))


def _sources(run: FinishedRun) -> Table:
    """List the rows of the evidence that the run cites, in their order, with how many of its figures rest on each."""
    cited = Counter(entry.source for entry in run.register if entry.source not in ("", ASSUMPTION))
    rows: list[Row] = []
    for name in sorted(cited):
        row = run.evidence.get(name)
        own = (MISSING, MISSING, "a source that the evidence page does not list", MISSING)
        told = own if row is None else (row.what, row.value, row.source, row.seen)
        rows.append((name, *told, str(cited[name])))
    columns = (
        Column("id", "row", 10), Column("what", "what it is", 36, "wrapped"),
        Column("value", "as published", 36, "wrapped"),
        Column("source", "published in", 40, "wrapped"), Column("seen", "how it was seen, or its grade", 34, "wrapped"),
        Column("figures", "figures that rest on it", 12),
    )  # fmt: skip
    return Table("Sources", columns, rows, "Rows of the evidence page of the docs (docs/evidence.md).", keys=1)


def _files(run: FinishedRun) -> Table:
    """List the data files of the library."""
    columns = (
        Column("file", "file", 34), Column("licence", "licence", 26, "wrapped"),
        Column("note", "what it is, where it is from, what was changed", 80, "wrapped"),
        Column("sha256", "sha256", 66, "wrapped"),
    )  # fmt: skip
    rows = [(file.name, file.licence or MISSING, " ".join(file.note.split()), file.sha256) for file in run.files]
    return Table("Data files", columns, rows)
