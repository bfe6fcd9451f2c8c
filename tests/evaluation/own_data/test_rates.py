"""Rates of a return: counted by hand, true of a world that is known, and none on fewer than ten children."""

from __future__ import annotations

from datetime import date
from math import exp
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sim.arrays import IntArray
from sim.cli import app
from sim.errors import ModelError
from sim.evaluation.own_data.kept import read_own
from sim.evaluation.own_data.question import own_data, write_sample
from sim.evaluation.own_data.rates import (
    ALL,
    BANDS,
    BEGAN,
    LEAST,
    LEAVING,
    LEFT,
    LEVEL,
    LEVEL_BEFORE,
    SHARE_OF_AGE,
    STILL,
    OwnFigure,
    covered_from,
    own_figures,
)
from sim.evaluation.own_data.returns import OPEN, CarePeriods
from sim.evaluation.own_data.sample import LEAVE, sample_return

NOW, BEFORE = date(2025, 3, 31).toordinal(), date(2024, 3, 31).toordinal()


def periods(begun: IntArray, ended: IntArray, age_years: float = 7.0, child: IntArray | None = None) -> CarePeriods:
    """Make periods of children of one age at the start."""
    n = len(begun)
    child = np.arange(n) if child is None else child
    return CarePeriods(child, begun - round(age_years * 365.25), begun, ended, np.ones(n, np.bool_), 0)


def value(found: tuple[OwnFigure, ...], figure: str, age: str = ALL) -> float | None:
    return next(one.value for one in found if (one.figure, one.age) == (figure, age))


def test_levels_and_flows_by_hand() -> None:
    """40 stay throughout, 20 leave, 30 come and 10 come and leave: 70 there, 60 before, 40 began, 30 left."""
    long, mid = BEFORE - 400, BEFORE + 100
    begun = np.concatenate([np.full(40, long), np.full(20, long), np.full(30, mid), np.full(10, mid)])
    ended = np.concatenate([np.full(40, OPEN), np.full(20, mid), np.full(30, OPEN), np.full(10, mid + 50)])
    found = own_figures(periods(begun, ended), 2025, 10_000)
    got = [value(found, name) for name in (LEVEL, LEVEL_BEFORE, BEGAN, LEFT)]
    assert got == [70, 60, 40, 30]
    years = (40 * 365 + 20 * 100 + 30 * 265 + 10 * 50) / 365.25
    assert value(found, LEAVING) == round(30 / years, 2)


def test_a_child_that_comes_twice_counts_once() -> None:
    begun = np.concatenate([np.full(20, BEFORE + 10), np.full(20, BEFORE + 100)])
    ended = np.concatenate([np.full(20, BEFORE + 50), np.full(20, BEFORE + 150)])
    found = own_figures(periods(begun, ended, child=np.tile(np.arange(20), 2)), 2025, 10_000)
    assert [value(found, name) for name in (BEGAN, LEFT)] == [20, 20]
    assert value(found, LEAVING) == round(40 / (20 * (40 + 50) / 365.25), 2)  # but 40 times somebody left


EDGES = st.sampled_from([BEFORE - 40, BEFORE - 1, BEFORE, BEFORE + 1, NOW - 1, NOW, NOW + 1])


@settings(max_examples=60)
@given(st.lists(st.tuples(EDGES, EDGES), min_size=3, max_size=8))
def test_levels_differ_by_who_began_less_who_left(days: list[tuple[int, int]]) -> None:
    """Also of who begins or leaves on the very 31 March: ten children of each kind, each with one period."""
    begun = np.repeat([min(pair) for pair in days], LEAST)
    ended = np.repeat([max(pair) + (pair[0] == pair[1]) for pair in days], LEAST)
    found = own_figures(periods(begun, ended), 2025, 10_000)
    after, before, began, left = (value(found, name) or 0 for name in (LEVEL, LEVEL_BEFORE, BEGAN, LEFT))
    assert after - before == began - left


@pytest.mark.parametrize("first", [date(2023, 4, 1), date(2023, 12, 31), date(2024, 3, 31)])
def test_files_hold_who_left_since_the_april_before_the_first_end(first: date) -> None:
    ended = np.array([first.toordinal(), first.toordinal() + 40, OPEN])
    assert covered_from(periods(ended - 10, ended)) == date(2023, 4, 1).toordinal()


def test_how_many_stay_without_censoring_is_the_share_itself() -> None:
    """100 begin 300 days before the end and the k-th stays k days: 91 of 100 for more than three months (91.3 days)."""
    begun = np.full(100, BEFORE + 30)
    found = own_figures(periods(begun, begun + np.arange(1, 101) * 3), 2025, 10_000)
    assert value(found, f"{STILL} after 3 months") == pytest.approx(0.70)
    assert value(found, f"{STILL} after 6 months") == pytest.approx(0.40)


@settings(max_examples=40)
@given(
    n=st.integers(0, 60), lengths=st.lists(st.integers(1, 700), min_size=60, max_size=60),
    begins=st.lists(st.integers(-500, 364), min_size=60, max_size=60),
)  # fmt: skip
def test_no_figure_rests_on_fewer_than_ten(n: int, lengths: list[int], begins: list[int]) -> None:
    """Whatever the return: with fewer than ten children nothing at all, and counts are multiples of five."""
    begun = BEFORE + np.array(begins[:n], np.int64)
    ended = begun + np.array(lengths[:n], np.int64)
    ended = np.where(ended > NOW, OPEN, ended)
    found = own_figures(periods(begun, ended), 2025, 50_000) if n else ()
    if n < LEAST:
        assert all(one.value is None for one in found)
    for one in found:
        if one.value is not None and one.unit == "children per 10000":
            assert one.value * 5 >= LEAST - 2.5
            assert one.value * 5 % 5 == pytest.approx(0)


def test_a_band_left_out_alone_takes_another_with_it() -> None:
    """Shares add up to 1: one that is left out alone could be had from the others."""
    begun = np.full(95, NOW - 100)
    ages = np.repeat([0.3, 3.0, 7.0, 12.0, 16.5], [5, 20, 30, 25, 15])
    made = CarePeriods(np.arange(95), begun - np.round(ages * 365.25).astype(int), begun, np.full(95, OPEN),
                       np.ones(95, np.bool_), 0)  # fmt: skip
    found = own_figures(made, 2025, 10_000)
    assert [value(found, SHARE_OF_AGE, band) is None for band, _, _ in BANDS] == [True, False, False, False, True]


def test_the_made_up_return_is_the_same_each_time_and_holds_the_rates_it_was_made_with(tmp_path: Path) -> None:
    """0.6 a year leave in the first year, and 1/17.5 of those who begin turn 18 in it: 0.55 and a little less are left.

    About 190 children began in the two years: a standard error of 0.04, and four of them either side.
    """
    assert sample_return() == sample_return()
    write_sample(tmp_path)
    own = own_data(tmp_path / "header.csv", tmp_path / "episodes.csv", "Leicestershire")
    assert own.year == 2025
    for months in (3, 6, 12):
        got = own.of(f"{STILL} after {months} months", ALL)
        assert got is not None
        assert abs(got - exp(-(LEAVE + 1 / 17.5) * months / 12)) < 0.16


def test_the_command_writes_rates_and_nothing_of_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert run.invoke(app, ["import", "--sample", "s"]).exit_code == 0
    arguments = ["import", "--header", "s/header.csv", "--episodes", "s/episodes.csv", "--authority", "Leicestershire"]
    result = run.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    kept = Path("own.csv").read_text(encoding="utf-8-sig")
    rows = Path("s/episodes.csv").read_text(encoding="utf-8").splitlines()[1:]
    for said in (kept, result.output):
        assert "SAMPLE" not in said
        assert not any(row.split(",")[1] in said for row in rows)
    own = read_own(Path("own.csv"))
    assert own.authority.name == "Leicestershire"
    assert all(one.value is not None for one in own.figures)
    again = run.invoke(app, arguments)
    assert again.exit_code == 2
    assert "there already" in again.output
    assert run.invoke(app, ["import", "--sample", "s"]).exit_code == 2
    assert run.invoke(app, ["import"]).exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.csv", "s"]


def test_a_bad_return_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_sample(tmp_path)
    text = Path("episodes.csv").read_text(encoding="utf-8").replace("/04/2024", "/13/2024")
    Path("episodes.csv").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(
        app, ["import", "--header", "header.csv", "--episodes", "episodes.csv", "--authority", "Kent"]
    )
    assert result.exit_code == 2
    assert "episodes.csv:" in result.output
    assert not Path("own.csv").exists()


COLUMNS_OF_OWN = "authority,year,figure,age,value,unit\n"
LINE = "Kent,2025,started,all ages,1,share\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "holds no figure"),
        (LINE.replace(",1,", ",-1,"), ":2:28: value: given '-1'"),
        (LINE + LINE.replace("Kent", "Essex").replace("started", "ceased"), ":3:1: authority"),
        (LINE + LINE.replace("2025", "2024").replace("started", "ceased"), ":3:6: year"),
        (LINE + LINE, "stands twice"),
        (LINE.replace("started", "startd"), ":2:11: figure: 'startd, all ages' is no figure that families import"),
        (LINE.replace("all ages", "ten"), ":2:11: figure: 'started, ten' is no figure"),
        (LINE.replace("Kent", "Knet"), "did you mean Kent"),
    ],
)  # fmt: skip
def test_a_file_of_figures_that_was_altered_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "own.csv").write_text(COLUMNS_OF_OWN + lines, encoding="utf-8")
    with pytest.raises(ModelError, match=said):
        read_own(tmp_path / "own.csv")


def test_a_year_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    write_sample(tmp_path)
    with pytest.raises(ModelError, match="the year to 31 March 2026 is not whole; give --year 2025"):
        own_data(tmp_path / "header.csv", tmp_path / "episodes.csv", "Kent", 2026)
