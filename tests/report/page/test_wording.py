"""Tables of the page: names in words, and nothing wider than the page."""

from sim.exhibits.html import MOST_BESIDE, pieces
from sim.report.page.wording import in_words, ledger_words, years_words
from sim.table import Table
from tests.report.page.made import summary


def test_worlds_regimes_and_ledgers_are_said_in_words() -> None:
    table = Table("", ("regime", "against", "ledger", "saved, with_unitemised, £"), [
        ("one/found", "today", "with_unitemised", "1"), ("one/claimed", "today/claimed", "narrow", "one/found"),
    ])  # fmt: skip
    said = in_words(table, summary())
    assert said.columns == ("regime", "against", "ledger", "saved, with unitemised, £")
    assert list(said.rows) == [
        ("one key worker (as found)", "today's services", "wide ledger and what is not itemised", "1"),
        ("one key worker (claimed) (effects not refitted)", "today's services", "narrow ledger", "one/found"),
    ]  # fmt: skip


def test_a_wide_table_is_cut_and_every_piece_keeps_what_tells_its_rows_apart() -> None:
    names = tuple("abcdefghij")
    table = Table("wide", names, [("x", 1, *range(8)), ("x", 2, *range(8))], "a note")
    made = pieces(table)
    assert all(len(piece.columns) <= MOST_BESIDE and piece.columns[:2] == ("a", "b") for piece in made)
    assert [column for piece in made for column in piece.columns[2:]] == list(names[2:])
    assert [piece.note for piece in made] == ["", "a note"]
    for piece in made:
        for row, whole in zip(piece.rows, table.rows, strict=True):
            assert row == tuple(whole[names.index(str(column))] for column in piece.columns)
    narrow = Table("", names[:6], [tuple(range(6))])
    assert pieces(narrow) == [narrow]


def test_years_and_ledgers() -> None:
    assert [years_words(m) for m in (60.0, 12.0, 30.0)] == ["five years", "one year", "2.5 years"]
    assert ledger_words("health_only") == "health only ledger"
