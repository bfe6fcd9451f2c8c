"""The register of published figures, docs/evidence.md, read as rows by id; and the data files of the library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sim.places import EVIDENCE, installed_configs, page_of

LICENCES = ("Open Government Licence v3.0", "CC BY 4.0", "MIT", "CC0")
"""Licences that a data file may have, as its note names them."""
DATA = ("*.csv", "*.parquet", "*.nc", "*.xlsx")
_ANCHORED = re.compile(r'^\| <a id="[^"]+"></a>')
_HEADING = re.compile(r"^#+ +(.+)$")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_BAR = re.compile(r"\|")
_MARKUP = re.compile(r"\*\*\*?|`|</?a\b[^>]*>")


@dataclass(frozen=True)
class EvidenceRow:
    """A row of the register: what it is, its value, who published it (or the section), how it was seen.

    ``year`` is the last that its publication names, else the last in the whole row; empty where none is named.
    """

    id: str
    what: str
    value: str
    source: str
    seen: str
    year: str


def evidence_rows() -> dict[str, EvidenceRow]:
    """Read the register that travels with the program, by id; nothing where it is not there."""
    page = page_of(EVIDENCE)
    return {row.id: row for row in _rows(page.read_text(encoding="utf-8"))} if page.is_file() else {}


def _rows(text: str) -> Iterator[EvidenceRow]:
    """Read the tables of the register, each with its own columns."""
    section, before, columns = "", "", list[str]()
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            section, before = heading[1].split(". ", 1)[-1], ""
        elif line.startswith("All from "):
            section = line.removeprefix("All from ").split(". ")[0]
        elif line.startswith("| id |"):
            columns = [cell.split(" (")[0] for cell in cells(line)]
        elif _ANCHORED.match(line):
            held = dict(zip(columns, cells(line), strict=False))
            before = before if held.get("source") in DITTO else held.get("source") or section
            yield _row(held, before or section)


DITTO = ("same", '"')
"""What a cell says that holds what stands above it."""


def cells(line: str) -> list[str]:
    """Give the cells of a row of a table in Markdown, without what marks them up."""
    return [_MARKUP.sub("", cell).strip() for cell in _BAR.split(line.strip().strip("|"))]


def _row(held: dict[str, str], source: str) -> EvidenceRow:
    """Make a row of its cells by heading."""
    named = ("value", "base value /month", "status and anchor", "original", "price year")
    value = "; ".join(held[key] for key in named if held.get(key))
    years = _YEAR.findall(source) or _YEAR.findall(" ".join(held.values()))
    what = next((held[key] for key in ("quantity", "what", "transition") if key in held), "")
    seen = held.get("seen") or held.get("confidence", "")
    return EvidenceRow(held["id"], what, value, source, seen, max(years, default=""))


@dataclass(frozen=True)
class DataFile:
    """A data file of the library: its name, sha256, the licence that its note names, and the note; empty without."""

    name: str
    sha256: str
    licence: str
    note: str


def data_files(root: Path | None = None) -> list[DataFile]:
    """List the data files of a library of configs with the licence beside each, ``NAME.licence.txt``."""
    folder = root or installed_configs()
    found = []
    for path in sorted(path for pattern in DATA for path in folder.rglob(pattern)):
        beside = path.with_suffix(".licence.txt")
        note = beside.read_text(encoding="utf-8").strip() if beside.is_file() else ""
        licence = next((name for name in LICENCES if name in note), "")
        digest = sha256(path.read_bytes()).hexdigest()
        found.append(DataFile(path.relative_to(folder).as_posix(), digest, licence, note))
    return found
