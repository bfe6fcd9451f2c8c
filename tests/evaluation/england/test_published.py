"""What is published of authorities adds up to England's, and a file that was altered is refused by line and column."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ModelError
from sim.evaluation.england.cells import read_cells
from sim.evaluation.england.published import (
    ASYLUM,
    CARE,
    CARE_CEASED,
    CARE_STARTED,
    CHILDREN,
    FOLDER,
    NEED,
    NEED_STARTED,
    PLAN,
    PLAN_STARTED,
    authorities,
    authority,
    read_authorities,
)
from sim.places import installed_configs

DATA = installed_configs() / FOLDER


@pytest.mark.parametrize(
    ("column", "england", "suppressed"),
    [
        (CARE, 81_770, 10), (CARE_STARTED, 32_270, 10), (CARE_CEASED, 34_450, 10), (ASYLUM, 6_540, 20),
        (NEED, 402_400, 10), (NEED_STARTED, 396_870, 10), (PLAN, 49_420, 20), (PLAN_STARTED, 61_840, 10),
        (CHILDREN, 12_183_016, 0),
    ],
)  # fmt: skip
def test_authorities_add_up_to_england(column: str, england: int, suppressed: int) -> None:
    """England's counts are rounded to ten, and few children are in the two that are suppressed."""
    assert abs(sum(one.of(column) or 0.0 for one in authorities()) - england) <= suppressed


def test_there_are_153_and_two_are_refused_with_the_reason() -> None:
    refused = {one.name: one.refusal for one in authorities() if one.refusal}
    assert len(authorities()) == 153
    assert set(refused) == {"City of London", "Isles of Scilly"}
    assert all("looked after, 31 March 2025" in why for why in refused.values())


def test_notes_name_the_traps() -> None:
    noted = {one.name for one in authorities() if one.notes}
    assert {"Kent", "Hampshire", "Wandsworth", "Middlesbrough", "Kingston upon Thames", "Westminster"} <= noted
    assert all(source.startswith("T-") for one in authorities() for _, source in one.notes)
    for one in authorities():  # whoever has no staff of its own is noted, and so is who has no spending
        if not one.refusal and (one.of("sw_inpost_fte_2025") is None or one.of("csc_gross_gbp_2024_25") is None):
            assert one.notes, one.name


@pytest.mark.parametrize(
    ("given_name", "found"),
    [
        ("leicestershire", "Leicestershire"), ("Bristol", "Bristol, City of"), ("City of Bristol", "Bristol, City of"),
        ("st helens", "St. Helens"), ("855", "Leicestershire"), ("E10000018", "Leicestershire"),
        ("Bath & North East Somerset", "Bath and North East Somerset"),
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_is_written(given_name: str, found: str) -> None:
    assert authority(given_name).name == found


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("Leicestershir", "Leicestershire"), ("Northamptonshire", "North Northamptonshire or West Northamptonshire"),
     ("kingston", "Kingston upon Hull, City of or Kingston upon Thames"),
     ("Hull", "Kingston upon Hull"), ("zzzz", "families authorities lists all")],
)  # fmt: skip
def test_an_unknown_name_is_answered_with_near_ones(wrong: str, near: str) -> None:
    with pytest.raises(ModelError, match=near):
        authority(wrong)


def altered(folder: Path, row: int, column: str, text: str) -> tuple[Path, int]:
    """Write the library's file with one cell changed; give it and the column at which that cell begins."""
    rows = list(csv.reader(io.StringIO((DATA / "authorities.csv").read_text(encoding="utf-8"))))
    at = rows[0].index(column)
    rows[row][at] = text
    path = folder / "authorities.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    before = io.StringIO()
    csv.writer(before, lineterminator="").writerow(rows[row][:at])
    return path, len(before.getvalue()) + 2 if at else 1


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        (CARE, "-3", "must be a whole number"), (CARE, "3.5", "must be a whole number"),
        (CHILDREN, "0", "must be a whole number"), (CARE, "nan", "must be"), (CARE, "many", "given 'many'"),
        ("sw_vacancy_rate_fte_2025", "101", "from 0 to 100"), (PLAN, "999999", "is more than children in need"),
        ("dfe_code", "302", "stands at"), ("la_name", "", "is blank"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_is_refused_where_it_stands(tmp_path: Path, column: str, text: str, said: str) -> None:
    path, place = altered(tmp_path, 3, column, text)
    with pytest.raises(ModelError, match=said) as caught:
        read_authorities(path, DATA / "notes.csv")
    assert f"{path}:4:{place}" in str(caught.value)


def test_a_note_about_nobody_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("la_name,note,source\nAtlantis,sunk,T-L1\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"notes\.csv:2:1: la_name: no authority is called 'Atlantis'"):
        read_authorities(DATA / "authorities.csv", tmp_path / "notes.csv")


BREAKS = "\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\ufeff"
CELLS = st.text(st.characters(exclude_characters=BREAKS, codec="utf-8"), max_size=8)


@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=4))
def test_what_was_written_is_read_and_stands_where_it_says(
    rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Read after write is what was written, without spaces around; each place is where the cell begins in its line."""
    path = tmp_path_factory.mktemp("cells") / "cells.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    lines = path.read_text(encoding="utf-8").split("\n")
    read = read_cells(path, ("b", "a"))
    assert [[row["a"].text, row["b"].text] for row in read] == [[cell.strip() for cell in row] for row in rows]
    for row in read:
        for cell in row.values():
            _, line, column = cell.where.rsplit(":", 2)
            assert lines[int(line) - 1][int(column) - 1] == '"'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"), (b"a,b\n1\n", ":2:1: has 1 cells"), (b"a\n1\n", "lacks the column b"),
        (b"a,b,a\n", "has the column a twice"), (b'a,b\n"x,y\n', ":2:1: a quotation mark"),
        (b'a,b\nx,"y"z\n', ":2:3: a quotation mark"), (b"a,b\nx,\xff\n", ":2:3: is no UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=said):
        read_cells(path, ("a", "b"))
