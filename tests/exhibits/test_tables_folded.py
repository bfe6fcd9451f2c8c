"""Tables that are wider than a page are folded: every cell is there, no line is longer, rows keep their names."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sim.exhibits.terminal import PAGE, folded, gathered, print_table, width
from sim.table import Table

NUMBERS = st.integers(-(10**9), 10**9).map("{:,}".format)
WORD = st.text("abcdefghij", min_size=1, max_size=12)


def printed(table: Table, *, columns: int = PAGE) -> str:
    text = StringIO()
    print_table(Console(file=text, width=columns, highlight=False), table)
    return text.getvalue()


@st.composite
def wide_tables(draw: st.DrawFn) -> Table:
    n = draw(st.integers(2, 14))
    headings = tuple(" ".join(draw(st.lists(WORD, min_size=1, max_size=4))) for _ in range(n))
    names = [f"row {i}" for i in range(draw(st.integers(1, 5)))]
    return Table("A title", headings, [(name, *(draw(NUMBERS) for _ in range(n - 1))) for name in names], "A note.")


@given(wide_tables())
def test_every_cell_is_there_whole_and_no_line_is_too_long(table: Table) -> None:
    text = printed(table)
    assert max(map(len, text.splitlines())) <= PAGE
    words = text.split()
    for row in table.rows:
        assert all(cell in words for cell in row[1:])
    assert text.count("A title") == text.count("A note.") == 1


@given(wide_tables())
def test_parts_hold_all_columns_once_beside_those_that_name_rows(table: Table) -> None:
    parts = folded(table)
    if width(table) <= PAGE:
        assert parts == [table]
        return
    assert [column for part in parts for column in part.columns[1:]] == list(table.columns[1:])
    for part in parts:
        assert [row[0] for row in part.rows] == [row[0] for row in table.rows]


def test_as_many_columns_as_tell_rows_apart_begin_each_part() -> None:
    rows = [(regime, by, *("123,456,789",) * 6) for regime in ("siloed", "integrated") for by in ("narrow", "wide")]
    parts = folded(Table("", ("regime", "ledger", *("a heading of words",) * 6), rows))
    assert len(parts) > 1
    assert all(part.columns[:2] == ("regime", "ledger") for part in parts)


def test_long_text_wraps_by_words() -> None:
    text = "words that go on and on " * 8
    shown = printed(Table("", ("what", "why", "more"), [("one", text, text)]))
    assert max(map(len, shown.splitlines())) <= PAGE
    assert shown.split().count("words") == 16


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_terminal_of_another_width(columns: int) -> None:
    rows = [(f"row {i}", *("123,456,789",) * 12) for i in range(3)]
    text = printed(Table("t", ("name", *("heading",) * 12), rows), columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    assert text.count("123,456,789") == 36


def test_what_repeats_is_said_once() -> None:
    rows = [("one", "a", "1"), ("one", "b", "2"), ("two", "a", "3")]
    table = Table("Costs", ("regime", "line", "£"), rows)
    made = gathered(table)
    assert list(made.rows) == [("one:", ""), ("  a", "1"), ("  b", "2"), ("two:", ""), ("  a", "3")]
    emptied = Table("Costs", ("regime", "line", "£"), [rows[0], ("", "b", "2"), rows[2]])
    assert gathered(emptied) == made
    alone = gathered(Table("Costs", ("regime", "line", "£"), rows[:2]))
    assert (alone.title, alone.columns, list(alone.rows)) == ("Costs: one", ("line", "£"), [("a", "1"), ("b", "2")])
    mixed = Table("Costs", ("regime", "line", "£"), [*rows, ("one", "c", "4")])
    assert gathered(mixed) == mixed


def test_long_names_are_wrapped_before_columns_are_parted() -> None:
    rows = [("a name of a regime that is rather long", "1,000 ± 100", "2,000 ± 200", "3,000 ± 300", "4,000 ± 400")]
    text = printed(Table("", ("", "first", "second", "third", "fourth"), rows))
    assert max(map(len, text.splitlines())) <= PAGE
    assert any("1,000" in one and "4,000" in one for one in text.splitlines())
