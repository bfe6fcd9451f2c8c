"""Rates of a census: counted by hand as published ones are, true of a world that is known, none on fewer than ten."""

from __future__ import annotations

from datetime import date
from math import exp, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from typer.testing import CliRunner

from sim.cli import app
from sim.errors import ModelError
from sim.evaluation.england.published import CHILDREN, authority
from sim.evaluation.own_data.census import NeedCensus, Spells, read_census
from sim.evaluation.own_data.kept import read_own
from sim.evaluation.own_data.need import (
    NEED_BEFORE,
    NEED_BEGAN,
    NEED_LEVEL,
    PLAN_BEFORE,
    PLAN_BEGAN,
    PLAN_LEVEL,
    REFERRED,
    STILL_IN_NEED,
    need_figures,
)
from sim.evaluation.own_data.question import SAMPLE, own_data, write_sample
from sim.evaluation.own_data.rates import ALL, BEGAN, LEAST, LEVEL, OwnFigure
from sim.evaluation.own_data.returns import OPEN
from sim.evaluation.own_data.sample_census import (
    CLOSE,
    NO_ACTION,
    NOT_IN_NEED,
    QUICK_DAYS,
    REFERRALS_A_YEAR,
    sample_census,
)
from tests.evaluation.own_data.making import census, child, element, episode, plan

NOW, BEFORE = date(2025, 3, 31).toordinal(), date(2024, 3, 31).toordinal()
COUNTED = (REFERRED, NEED_LEVEL, NEED_BEFORE, NEED_BEGAN, PLAN_LEVEL, PLAN_BEFORE, PLAN_BEGAN)


def value(found: tuple[OwnFigure, ...], figure: str) -> float | None:
    return next(one.value for one in found if (one.figure, one.age) == (figure, ALL))


def made(
    begun: ArrayLike, ended: ArrayLike, child: ArrayLike | None = None, without_action: ArrayLike = ()
) -> NeedCensus:
    """Make a census of children who are each in need once, or as ``child`` says, and others referred on some days."""
    start, end = np.array(begun, np.int64), np.array(ended, np.int64)
    who = np.arange(len(start)) if child is None else np.array(child, np.int64)
    nothing, days = np.zeros(0, np.int64), np.array(without_action, np.int64)
    others = Spells(len(start) + np.arange(len(days)), days, days)
    plans = Spells(nothing, nothing, nothing)
    return NeedCensus(2025, Spells(who, start, end), np.zeros(len(start), np.bool_), plans, others)


def test_levels_and_starts_by_hand(tmp_path: Path) -> None:
    """Of 10,000 children, by kind: who is in need and on a plan on either day, and what starts between.

    Fifteen are in need throughout, ten of them with a plan that begins. Twenty come, thirty go, of whom ten have a plan
    that ends, ten come, go and come again. Twenty-five are closed after assessment, ten of whom were in need before the
    year; forty are referred without further action; fifteen are not born yet.
    """
    old, mid, later, end = "2023-09-01", "2024-06-01", "2024-09-01", "2025-01-15"
    unborn = element("ExpectedPersonBirthDate", "2025-06-01")
    kinds = [
        (5, (episode(old),), {}), (10, (episode(old, plans=plan(mid)),), {}), (20, (episode(mid),), {}),
        (20, (episode(old, later, "RC7"),), {}), (10, (episode(old, later, "RC1", plans=plan(old, mid)),), {}),
        (10, (episode(mid, later, "RC7"), episode(end)), {}), (15, (episode(mid, later, "RC8"),), {}),
        (10, (episode("2024-03-20", later, "RC9"),), {}), (40, (episode(mid, flag="true"),), {}),
        (15, (episode(end),), {"born": unborn}),
    ]  # fmt: skip
    lines = [child(f"K{k}-{i}", *parts, **born) for k, (n, parts, born) in enumerate(kinds) for i in range(n)]
    (tmp_path / "c.xml").write_text(census(*lines), encoding="utf-8")
    found = need_figures(read_census(tmp_path / "c.xml"), 10_000)
    got = {name: value(found, name) for name in COUNTED}
    assert got == {
        REFERRED: 20 + 2 * 10 + 15 + 40 + 15,
        NEED_LEVEL: 5 + 10 + 20 + 10 + 15, NEED_BEFORE: 5 + 10 + 20 + 10 + 10, NEED_BEGAN: 20 + 2 * 10 + 15,
        PLAN_LEVEL: 10, PLAN_BEFORE: 10, PLAN_BEGAN: 10,
    }  # fmt: skip


def test_counts_are_rounded_to_five_before_a_rate_is_formed() -> None:
    for n, shown in ((12, 10), (13, 15), (22, 20), (23, 25)):
        assert value(need_figures(made(np.full(n, BEFORE + 9), np.full(n, OPEN)), 10_000), NEED_LEVEL) == shown


def test_a_child_counts_once_in_a_level_and_each_time_it_starts() -> None:
    begun = np.concatenate([np.full(20, BEFORE + 10), np.full(20, BEFORE + 100)])
    ended = np.concatenate([np.full(20, BEFORE + 50), np.full(20, OPEN)])
    found = need_figures(made(begun, ended, child=np.tile(np.arange(20), 2)), 10_000)
    assert (value(found, NEED_LEVEL), value(found, NEED_BEGAN)) == (20, 40)


EDGES = st.sampled_from([BEFORE - 40, BEFORE - 1, BEFORE, BEFORE + 1, NOW - 1, NOW])


@settings(max_examples=60)
@given(st.lists(st.tuples(EDGES, EDGES), min_size=3, max_size=8))
def test_levels_differ_by_who_began_less_who_was_closed(days: list[tuple[int, int]]) -> None:
    """Also of who begins or is closed on the very 31 March: ten children of each kind, each with one episode."""
    begun = np.repeat([min(pair) for pair in days], LEAST)
    ended = np.repeat([max(pair) for pair in days], LEAST)
    found = need_figures(made(begun, ended), 10_000)
    after, before, began = (value(found, name) or 0 for name in (NEED_LEVEL, NEED_BEFORE, NEED_BEGAN))
    assert after - before == began - ((ended > BEFORE) & (ended <= NOW)).sum()


def test_how_many_stay_without_censoring_is_the_share_itself() -> None:
    """100 are referred early in the year and the k-th is in need for 3k days: 91 days are over for 30, 182 for 60."""
    begun = np.full(100, BEFORE + 30)
    found = need_figures(made(begun, begun + np.arange(1, 101) * 3), 10_000)
    assert value(found, f"{STILL_IN_NEED} after 3 months") == pytest.approx(0.70)
    assert value(found, f"{STILL_IN_NEED} after 6 months") == pytest.approx(0.40)


SPELLS = st.lists(st.tuples(st.integers(-500, 364), st.integers(0, 700), st.booleans(), st.booleans()), max_size=60)


@settings(max_examples=60)
@given(SPELLS)
def test_no_figure_rests_on_fewer_than_ten(spells: list[tuple[int, int, bool, bool]]) -> None:
    """Whatever the census: of fewer than ten children nothing at all, and counts are multiples of five."""
    days = np.array([(BEFORE + a, BEFORE + a + n) for a, n, _, _ in spells], np.int64).reshape(-1, 2)
    begun, ended = days[:, 0], np.where(days[:, 1] > NOW, OPEN, days[:, 1])
    with_plan = np.array([has for _, _, has, _ in spells], np.bool_)
    who = np.arange(len(spells))
    one = NeedCensus(
        2025, Spells(who, begun, ended), np.array([out for *_, out in spells], np.bool_),
        Spells(who[with_plan], begun[with_plan], ended[with_plan]), made([], []).without_action,
    )  # fmt: skip
    found = need_figures(one, 50_000)
    for figure in found:
        if figure.value is not None and figure.unit.endswith("per 10000"):
            assert figure.value * 5 >= LEAST - 2.5
            assert figure.value * 5 % 5 == pytest.approx(0)
    if len(spells) < LEAST:
        assert all(figure.value is None for figure in found)
    for name, day in ((PLAN_LEVEL, NOW), (PLAN_BEFORE, BEFORE)):
        there = (begun <= day) & (ended > day)
        sides = (there & with_plan).sum(), (there & ~with_plan).sum()
        assert (value(found, name) is not None) == (min(sides) >= LEAST)


@pytest.mark.parametrize(("without", "referred"), [(9, None), (10, 40)])
def test_referrals_tell_of_no_fewer_than_ten_of_which_no_need_came(without: int, referred: float | None) -> None:
    """Thirty are in need, and starts are told: referrals less starts are those without further action."""
    census = made(np.full(30, BEFORE + 9), np.full(30, OPEN), without_action=np.full(without, BEFORE + 20))
    found = need_figures(census, 10_000)
    assert (value(found, NEED_BEGAN), value(found, REFERRED)) == (30, referred)


def test_a_referral_without_action_counts_in_its_year_alone_and_makes_no_level() -> None:
    days = np.repeat([BEFORE, BEFORE + 1, NOW, NOW + 1], LEAST)
    found = need_figures(made([], [], without_action=days), 10_000)
    assert value(found, REFERRED) == 2 * LEAST
    assert value(found, NEED_LEVEL) is None


def test_ten_starts_of_nine_children_are_left_out() -> None:
    begun = np.full(10, BEFORE + 10) + np.arange(10) // 9 * 60
    found = need_figures(made(begun, begun + 20, child=np.arange(10) % 9), 10_000)
    assert value(found, NEED_BEGAN) is None


def test_the_made_up_census_is_the_same_each_time_and_holds_the_rates_it_was_made_with(tmp_path: Path) -> None:
    """Starts are the referrals of a year less those without action and not in need, within four standard errors.

    Of some 2,500 that start 55% are still in need after 91 days: a standard error of 0.01, and five either side.
    """
    assert sample_census() == sample_census()
    write_sample(tmp_path)
    own = own_data(None, None, "Leicestershire", census=tmp_path / "census.xml")
    assert own.year == 2025
    rate = own.of(NEED_BEGAN, ALL)
    assert rate is not None
    expected = REFERRALS_A_YEAR * (1 - NO_ACTION - NOT_IN_NEED)
    each = authority("Leicestershire").figures[CHILDREN] / 10_000
    assert abs(rate * each - expected) < 4 * sqrt(expected)
    assert abs((own.of(REFERRED, ALL) or 0.0) * each - REFERRALS_A_YEAR) < 4 * sqrt(REFERRALS_A_YEAR)
    still = own.of(f"{STILL_IN_NEED} after 3 months", ALL)
    assert still is not None
    assert abs(still - exp(-CLOSE * QUICK_DAYS / 365.25)) < 0.05
    assert all(one.value is not None for one in own.figures)


def test_return_and_census_go_into_one_file_and_nothing_of_a_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each figure is what its source gives alone; no id and no day of the files is in what is written or said."""
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert run.invoke(app, ["import", "--sample", "s"]).exit_code == 0
    assert sorted(path.name for path in Path("s").iterdir()) == sorted(SAMPLE)
    care, need = ["--header", "s/header.csv", "--episodes", "s/episodes.csv"], ["--census", "s/census.xml"]
    found = {}
    for name, files in (("care", care), ("need", need), ("both", [*need, *care])):
        result = run.invoke(app, ["import", *files, "--authority", "Kent", "--out", f"{name}.csv"])
        assert result.exit_code == 0, result.output
        kept = Path(f"{name}.csv").read_text(encoding="utf-8-sig")
        for said in (kept, result.output):
            assert not any(text in said for text in ("SAMPLE", "2025-", "2024-", "/2025", "/2024"))
        found[name] = read_own(Path(f"{name}.csv"))
    assert found["both"].figures == found["care"].figures + found["need"].figures
    assert found["both"].of(LEVEL, ALL) == found["care"].of(LEVEL, ALL)
    assert found["need"].of(BEGAN, ALL) is None
    assert all(found["need"].of(name, ALL) for name in COUNTED)


@pytest.mark.parametrize(
    "arguments", [[], ["--header", "h.csv"], ["--census", "c.xml"], ["--header", "h.csv", "--census", "c.xml"]]
)
def test_what_is_needed_is_said(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = [] if arguments == ["--census", "c.xml"] else ["--authority", "Kent"]
    result = CliRunner().invoke(app, ["import", *arguments, *name])
    assert result.exit_code == 2
    assert "give --authority NAME with --header H.csv and --episodes E.csv, --census C.xml" in result.output
    assert not list(tmp_path.iterdir())
    with pytest.raises(ModelError, match="give header and episodes of a return, a census, or all three"):
        own_data(Path("h.csv"), None, "Kent")


def test_return_and_census_must_be_of_one_year(tmp_path: Path) -> None:
    write_sample(tmp_path)
    files = (tmp_path / "header.csv", tmp_path / "episodes.csv", "Kent")
    text = census(child("A", episode("2025-06-01"))).replace("855", "886").replace("2025-03-31", "2026-03-31")
    (tmp_path / "c.xml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="the year to 31 March 2026 is not whole"):
        own_data(*files, census=tmp_path / "c.xml")
    with pytest.raises(ModelError, match=r"c\.xml:3:56: ReferenceDate: the census is of the year to 31 March 2026"):
        own_data(*files, 2025, tmp_path / "c.xml")


def test_no_file_of_a_sample_is_written_where_one_is_there(tmp_path: Path) -> None:
    (tmp_path / "census.xml").touch()
    with pytest.raises(ModelError, match=r"census\.xml: this file is there already; choose another folder"):
        write_sample(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["census.xml"]
