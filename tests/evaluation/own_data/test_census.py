"""A census is read as spells in need and on plans: as they were made, each fault where it stands, never held whole."""

from __future__ import annotations

import tracemalloc
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sim.cli import app
from sim.errors import ModelError
from sim.evaluation.own_data.census import NeedCensus, read_census
from sim.evaluation.own_data.groups import MOST_TEXT
from sim.evaluation.own_data.returns import OPEN
from tests.evaluation.own_data.making import BORN, CENSUS_HEAD, CENSUS_TAIL, census, child, element, episode, iso, plan

FIRST, LAST = date(2024, 4, 1).toordinal(), date(2025, 3, 31).toordinal()
ID, DAY = "Q7Z-913", "2024-06-03"
"""An id and a day that no message may repeat."""
WHOLE = child(ID, episode(DAY))


def read(folder: Path, text: str) -> NeedCensus:
    (folder / "c.xml").write_text(text, encoding="utf-8")
    return read_census(folder / "c.xml", "855")


GAPS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 50), st.booleans()), min_size=1, max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(histories=st.lists(st.tuples(GAPS, st.booleans(), st.integers(0, 3)), min_size=1, max_size=5))
def test_spells_are_those_that_were_written(
    histories: list[tuple[list[tuple[int, int, bool]], bool, int]], tmp_path: Path
) -> None:
    """Episodes after gaps, some closed after assessment, the last of some open; a plan in some; NFA is none of them."""
    lines, need, plans = [], set(), set()
    for i, (parts, is_open, with_plan) in enumerate(histories, start=1):
        day, episodes = FIRST, []
        for j, (gap, length, is_out) in enumerate(parts):
            begun, ended = day + gap, day + gap + length
            last = is_open and j == len(parts) - 1
            inside = ""
            if with_plan == j:
                plans.add((i, begun, OPEN if last else ended))
                inside = plan(iso(begun), "" if last else iso(ended))
            closing = ("", "") if last else (iso(ended), "RC8" if is_out else "RC7")
            episodes.append(episode(iso(begun), *closing, plans=inside))
            need.add((i, begun, OPEN if last else ended, is_out and not last))
            day = ended
        lines.append(child(f"C{i}", episode(iso(FIRST), flag="true"), *reversed(episodes)))
    found = read(tmp_path, census(*lines))
    spells = zip(found.need.child, found.need.begun, found.need.ended, found.after_assessment, strict=True)
    assert {tuple(map(int, one)) for one in spells} == need
    spells = zip(found.plans.child, found.plans.begun, found.plans.ended, strict=True)
    assert {tuple(map(int, one)) for one in spells} == plans
    assert found.without_action.child.tolist() == list(range(1, len(histories) + 1))
    assert set(found.without_action.begun.tolist()) == {FIRST}
    assert found.year == 2025


def test_an_unborn_child_and_all_else_of_the_format_are_read(tmp_path: Path) -> None:
    """Comments, other elements, entities of XML itself, spaces around a text, and no code of an authority."""
    expected = element("ExpectedPersonBirthDate", "2025-08-01")
    unborn = child("A&amp;B", episode(" 2025-03-01 "), born=expected)
    both, nowhere = child("C", episode("2024-05-02"), born=BORN + expected), child("D", episode(DAY, flag="1"), born="")
    other = episode("2024-05-01<!-- a note -->", plans="<Assessments><X>é</X></Assessments>")
    text = census(unborn, child("B", other), both, nowhere).replace("<Source><LEA>855</LEA></Source>", "")
    found = read(tmp_path, text)
    days = ((2025, 3, 1), (2024, 5, 1), (2024, 5, 2))
    assert found.need.begun.tolist() == [date(*day).toordinal() for day in days]


def test_other_encodings_are_read_as_they_say(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_text(census(WHOLE).replace("utf-8", "utf-16"), encoding="utf-16")
    assert len(read_census(tmp_path / "c.xml").need.child) == 1


IN_PLAN = "2024-06-10"
HEADLESS = census(WHOLE).replace("Header", "Footer")
OTHER = census(WHOLE).replace
LAUGHS = OTHER("<Message>", '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n<Message>')
OUTSIDE = OTHER("<Message>", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n<Message>')
DEEP = census("<Child>" + "<a>" * 40 + "</a>" * 40 + "</Child>")
REFERRED, CLOSED, WHY, FLAG = "<CINreferralDate>", "<CINclosureDate>", "<ReasonForClosure>", "<ReferralNFA>"
STARTS, ENDS = "<CPPstartDate>", "<CPPendDate>"


def of(*days: str, flag: str = "0", born: str = BORN) -> str:
    """Write a census of a child with one episode: its referral, closure and the reason for it."""
    return census(child(ID, episode(*days, flag=flag), born=born))


def with_plan(*days: str, closed: str = "", why: str = "", flag: str = "0") -> str:
    return census(child(ID, episode(DAY, closed, why, flag, plan(*days))))


BAD = {
    "another document": ("<html><body/></html>", "<html>", "its first element must be Message"),
    "cut short": (CENSUS_HEAD + "<Child>", "", "is not well-formed XML: no element found"),
    "mismatched": (census("<Child></Kid>"), "Kid>", "is not well-formed XML: mismatched tag"),
    "an unknown entity": (census(child("&a;", episode(DAY))), "&a;", "is not well-formed XML: undefined entity"),
    "too deep": (DEEP, DEEP[DEEP.index("<a>") + 29 * 3 :], "more than 32 elements"),
    "another census": (OTHER("CIN<", "SSDA903<"), "<Collection>", "Collection: must be CIN"),
    "another day": (OTHER("2025-03-31", "2025-01-16"), "<ReferenceDate>", "ReferenceDate: must be a 31 March"),
    "another authority": (OTHER("855", "330"), "<LEA>", "LEA: must be 855"),
    "no header": (HEADLESS, "<Child>", "Child: stands before CollectionDetails"),
    "no id": (census(child("", episode(DAY))), "<LAchildID>", "LAchildID: is missing or blank"),
    "an element in an id": (census(child("<a/>", episode(DAY))), "<LAchildID>", "LAchildID: must hold text alone"),
    "a long id": (census(child("x" * (MOST_TEXT + 1))), "<LAchildID>", "LAchildID: is longer than 200"),
    "two ids": (census(child(f"{ID}</LAchildID> <LAchildID>")), "<LAchildID></LA", "stands at .*:26 already"),
    "no identifiers": (census(element("Child", episode(DAY))), "<Child>", "Child: has no groups ChildIdentifiers"),
    "a child twice": (census(child("A", episode(DAY)), WHOLE, WHOLE), "", "LAchildID: this child .*c.xml:7:26 already"),
    "no birth": (of(DAY, born=""), "<ChildIdentifiers>", "PersonBirthDate: is missing or blank, and so is Exp"),
    "a birth that is none": (of(DAY, born=BORN.replace("05-05", "02-30")), BORN[:17], "PersonBirthDate: must be a day"),
    "an expected birth that is none": (of(DAY, born=element("ExpectedPersonBirthDate", "June")),
                                       "<ExpectedPersonBirthDate>", "ExpectedPersonBirthDate: must be a day"),
    "long before birth": (of(DAY, born=BORN.replace("2015", "2025")), REFERRED, "CINreferralDate: lies 280 days"),
    "no referral": (of(""), "<CINdetails>", "CINreferralDate: is missing or blank"),
    "a British date": (of("03/06/2024"), REFERRED, "CINreferralDate: must be a day of the calendar"),
    "no such day": (of("2024-06-31"), REFERRED, "CINreferralDate: must be a day of the calendar"),
    "after the year": (of("2025-04-01"), REFERRED, "CINreferralDate: lies after the ReferenceDate"),
    "no flag": (of(DAY, flag=""), "<CINdetails>", "ReferralNFA: must be 1, 0, true or false"),
    "another flag": (of(DAY, flag="N"), FLAG, "ReferralNFA: must be 1, 0, true or false"),
    "closed before": (of(DAY, "2024-06-02", "RC7"), CLOSED, "CINclosureDate: lies before CINreferralDate"),
    "closed last year": (of("2024-01-03", "2024-03-31", "RC7"), CLOSED, "CINclosureDate: does not lie in the year"),
    "closed later": (of(DAY, "2025-04-01", "RC7"), CLOSED, "CINclosureDate: does not lie in the year"),
    "closed for no reason": (of(DAY, DAY), "<CINdetails>", "ReasonForClosure: is missing"),
    "a reason and not closed": (of(DAY, "", "RC1"), "<CINdetails>", "CINclosureDate: is missing"),
    "another reason": (of(DAY, DAY, "RC0"), WHY, "ReasonForClosure: must be RC1 to RC9"),
    "open, and another": (census(child(ID, episode("2024-05-01"), episode(DAY))), f"{REFERRED}{DAY}", "begins before"),
    "overlapping": (census(child(ID, episode(DAY), episode("2024-05-01", "2024-06-04", "RC7"))), f"{REFERRED}{DAY}",
                    "CINreferralDate: begins before that at .*c.xml:6:.* has ended"),
    "a plan without start": (with_plan("", IN_PLAN), "<ChildProtectionPlans>", "CPPstartDate: is missing or blank"),
    "a plan that ends before": (with_plan(IN_PLAN, DAY), ENDS, "CPPendDate: lies before CPPstartDate"),
    "a plan before its episode": (with_plan("2024-06-02"), STARTS, "CPPstartDate: lies before CINreferralDate"),
    "a plan after it": (with_plan(IN_PLAN, "2024-09-01", closed="2024-08-31", why="RC7"), STARTS, "plan ends later"),
    "an open plan": (with_plan(IN_PLAN, closed="2024-08-31", why="RC7"), STARTS, "this plan has not ended"),
    "a plan of no action": (with_plan(IN_PLAN, flag="1"), STARTS, "this plan is of a referral without further action"),
    "plans that overlap": (census(child(ID, episode(DAY, plans=plan(IN_PLAN, "2024-09-01") + plan("2024-08-31")))),
                           f"{STARTS}2024-08-31", "CPPstartDate: begins before that at"),
}  # fmt: skip
"""A file by what is wrong with it, what stands where that is (nothing: the end of the file) and what is said."""


def place(text: str, stands: str) -> str:
    """Give line and column, from 1 on, of where something stands first in a text; of nothing, its end."""
    before = text[: text.index(stands)] if stands else text
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_is_named_where_it_stands(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command as well: exit code 2, nothing written, and no id or day of the file in what is said."""
    text, stands, said = BAD[what]
    if what == "a child twice":
        stands = text[text.rindex("<LAchildID>") :]
    with pytest.raises(ModelError, match=rf"c\.xml:{place(text, stands)}: .*{said}") as raised:
        read(tmp_path, text)
    assert ID not in str(raised.value)
    assert not any(day in str(raised.value) for day in (DAY, IN_PLAN, "2015", "/06/"))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["import", "--census", "c.xml", "--authority", "Leicestershire"])
    assert result.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["c.xml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"c\.xml:1:1: is not well-formed XML: no element found"),
        ("CHILD,DOB\n", r"c\.xml:1:1: is not well-formed XML"),
        ("<Message/>", r"c\.xml: has no CollectionDetails, which says the year"),
        (of(DAY, flag="1"), r"c\.xml: holds no child in need"),
        (OTHER("utf-8", "klingon"), r"c\.xml:1:\d+: (is in an encoding that is not known|is not well-formed)"),
        (LAUGHS, r"c\.xml:2:\d+: has a document type"),
        (OUTSIDE, r"c\.xml:2:\d+: has a document type"),
    ],
)  # fmt: skip
def test_what_is_no_census_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        read(tmp_path, text)


def test_all_that_is_wrong_is_said_at_once_up_to_twenty(tmp_path: Path) -> None:
    children = [child(f"C{i}", episode("2024-06-31")) for i in range(30)]
    with pytest.raises(ModelError, match="and 10 more like these") as raised:
        read(tmp_path, census(*children))
    assert len(raised.value.problems) == 21


def test_a_file_that_is_not_there_and_another_year_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.xml: cannot be read"):
        read_census(tmp_path / "none.xml")
    read(tmp_path, census(WHOLE))
    with pytest.raises(ModelError, match=r"c\.xml:3:56: ReferenceDate: the census is of the year to .* 2025, not 2024"):
        read_census(tmp_path / "c.xml", "855", 2024)


def write_large(path: Path, children: int, others: int) -> None:
    """Write a census of so many children, each with so many elements that are not read."""
    others_text = element("Assessments", element("AssessmentFactors", "1A") * others)
    with path.open("w", encoding="utf-8") as file:
        file.write(CENSUS_HEAD)
        file.writelines(
            child(f"C{i:06d}", episode(iso(FIRST + i % 300), plans=others_text)) for i in range(children)
        )  # fmt: skip
        file.write(CENSUS_TAIL)


def peak_of(path: Path, children: int) -> int:
    """Give the most bytes that are held while a census is read."""
    tracemalloc.start()
    found = read_census(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(np.unique(found.need.child)) == children
    return peak


def test_what_is_not_read_is_not_held(tmp_path: Path) -> None:
    """A file ten times as large with the same children takes no more memory, but for a tenth."""
    peaks = []
    for others in (2, 80):
        write_large(tmp_path / "c.xml", 600, others)
        peaks.append(peak_of(tmp_path / "c.xml", 600))
    assert (tmp_path / "c.xml").stat().st_size > 2_000_000
    assert peaks[1] < 1.1 * peaks[0]


@pytest.mark.slow
def test_a_county_is_read_within_a_few_hundred_bytes_a_child(tmp_path: Path) -> None:
    """20,000 children: held are their spells, ids and where these stood, 450 bytes a child."""
    write_large(tmp_path / "c.xml", 20_000, 10)
    assert peak_of(tmp_path / "c.xml", 20_000) < 450 * 20_000
