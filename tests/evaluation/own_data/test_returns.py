"""A return is read as periods of care: against histories that are known, and with every fault named where it stands."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import ModelError
from sim.evaluation.own_data.returns import OPEN, read_return
from sim.evaluation.own_data.sample import EPISODES, HEADER

DAY = date(2024, 4, 1).toordinal()
HEAD, EPISODE_HEAD = f"{HEADER}\n", f"{EPISODES}\n"
CHILD = "A1,1,05/05/2015,WBRI,,,\n"


def written(day: int) -> str:
    return date.fromordinal(day).strftime("%d/%m/%Y")


def episode(child: str, begun: str, reason: str, ended: str = "", left: str = "", legal: str = "C2") -> str:
    return f"{child},{begun},{reason},{legal},N1,U6,PR1,{ended},{left},,,,\n"


def read(folder: Path, header: str, episodes: str):  # type: ignore[no-untyped-def]
    (folder / "h.csv").write_text(HEAD + header, encoding="utf-8")
    (folder / "e.csv").write_text(EPISODE_HEAD + episodes, encoding="utf-8")
    return read_return(folder / "h.csv", folder / "e.csv")


PARTS = st.lists(st.integers(1, 200), min_size=1, max_size=3)
LENGTHS = st.lists(st.tuples(st.integers(0, 60), PARTS), min_size=1, max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(histories=st.lists(st.tuples(LENGTHS, st.booleans(), st.booleans()), min_size=1, max_size=5))
def test_episodes_are_joined_to_the_periods_that_they_were_made_of(
    histories: list[tuple[list[tuple[int, list[int]]], bool, bool]], tmp_path: Path
) -> None:
    """Each child has periods after gaps, each of several episodes; the last may be open and the first begun before."""
    header, lines, expected = "", [], []
    for i, (periods, is_open, began_before) in enumerate(histories):
        header += f"C{i},1,05/05/2015,WBRI,,,\n"
        day = DAY
        for p, (gap, parts) in enumerate(periods):
            day += gap + 1
            begun = day
            for j, length in enumerate(parts):
                last = p == len(periods) - 1 and j == len(parts) - 1
                reason = "S" if j == 0 and not (p == 0 and began_before) else "P"
                left = "X1" if j < len(parts) - 1 else "" if last and is_open else "E4A"
                lines.append(episode(f"C{i}", written(day), reason, written(day + length) if left else "", left))
                day += length
            ended = OPEN if p == len(periods) - 1 and is_open else day
            expected.append((i, begun, ended, not (p == 0 and began_before)))
    found = read(tmp_path, header, "".join(reversed(lines)))  # the order of lines does not matter
    numbers = {i: n for n, i in enumerate(dict.fromkeys(sorted((e[0] for e in expected), key=lambda i: -i)))}
    assert len(numbers) == len(set(found.child))
    got = sorted(zip(found.begun, found.ended, found.is_start_known, strict=True))
    assert got == sorted((begun, ended, known) for _, begun, ended, known in expected)
    assert np.all(found.born == date(2015, 5, 5).toordinal())


def test_short_breaks_are_left_out_and_counted(tmp_path: Path) -> None:
    both = episode("A1", "01/05/2024", "S", legal="V4") + episode("A1", "01/06/2024", "S")
    found = read(tmp_path, CHILD, both)
    assert (len(found.child), found.short_breaks) == (1, 1)


GOES_ON = episode("A1", "01/05/2024", "S", "01/06/2024", "X1")


@pytest.mark.parametrize(
    ("header", "episodes", "said"),
    [
        (CHILD, episode("A1", "31/02/2024", "S"), r"e\.csv:2:4: DECOM: must be a day"),
        (CHILD, episode("A1", "2024-05-01", "S"), r"e\.csv:2:4: DECOM: must be a day"),
        (CHILD, episode("B2", "01/05/2024", "S"), r"e\.csv:2:1: CHILD: this child has no line"),
        (CHILD, episode("A1", "01/05/2024", "Q"), r"e\.csv:2:15: RNE: must be one of S"),
        (CHILD, episode("A1", "01/05/2024", "S", legal="care"), r"e\.csv:2:17: LS: must be a code"),
        (CHILD, episode("A1", "01/05/2024", "S", "30/04/2024", "E4A"), r"e\.csv:2:30: DEC: lies before"),
        (CHILD, episode("A1", "01/05/2024", "S", "01/06/2024"), r"e\.csv:2:41: REC: must be X1"),
        (CHILD, episode("A1", "01/05/2024", "S", "", "E4A"), r"e\.csv:2:30: DEC: is blank"),
        (CHILD, episode("A1", "01/05/2037", "S"), r"e\.csv:2:4: DECOM: lies more than 21 years"),
        (CHILD, episode("A1", "01/05/2015", "S", "04/05/2015", "E4A"), r"e\.csv:2:4: DECOM: the episode ends before"),
        (CHILD + CHILD, GOES_ON, r"h\.csv:3:1: CHILD: this child stands at .*h\.csv:2:1"),
        ("A1,1,5 May,WBRI,,,\n", GOES_ON, r"h\.csv:2:6: DOB: must be a day"),
        (CHILD, GOES_ON, r"e\.csv:2:41: REC: care goes on"),
        (CHILD, GOES_ON + episode("A1", "02/06/2024", "P"), r"e\.csv:3:4: DECOM: care goes on"),
        (CHILD, GOES_ON + episode("A1", "01/06/2024", "S"), r"e\.csv:3:15: RNE: care goes on"),
        (CHILD, episode("A1", "01/05/2024", "S", "01/06/2024", "E4A") + episode("A1", "02/07/2024", "P"),
         r"e\.csv:3:15: RNE: must be S"),
        (CHILD, episode("A1", "01/05/2024", "S") + episode("A1", "01/06/2024", "S"), r"e\.csv:3:4: DECOM: begins"),
        (CHILD, episode("A1", "01/05/2024", "S", legal="V3"), "holds no episode but of short breaks"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_where_it_stands(tmp_path: Path, header: str, episodes: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        read(tmp_path, header, episodes)


def test_of_many_faults_twenty_are_listed_and_no_child_is_named(tmp_path: Path) -> None:
    lines = "".join(episode("SECRET", "01/05/2024", "S") for _ in range(50))
    with pytest.raises(ModelError, match="and 30 more like these") as caught:
        read(tmp_path, CHILD, lines)
    assert len(caught.value.problems) == 21
    assert "SECRET" not in str(caught.value)
