"""A place's rates: recovered where they are known, refused where too little is published, and lived by families."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.config.loading import load, tree_of
from sim.config.text.merge import item_at
from sim.config.text.source import Tree
from sim.errors import ModelError
from sim.evaluation.england import fit as fitting
from sim.evaluation.england import writing
from sim.evaluation.england.answer import (
    OF_ENGLAND,
    OF_ENGLAND_HERE,
    OWN_FITTED,
    OWN_PUBLISHED,
    ahead_table,
    authority_table,
    whose,
)
from sim.evaluation.england.exhibits import write_authorities
from sim.evaluation.england.expecting import CHAIN, LEVELS, PER, CareCourse, CourseFigure, courses, england
from sim.evaluation.england.fit import FREE, FittedPlace, at, fit
from sim.evaluation.england.funding import NATIONAL_GBP, funding_of
from sim.evaluation.england.places import (
    ASYLUM_LEVEL_2024,
    ASYLUM_LEVEL_2025,
    ASYLUM_STARTED,
    FIRST_YEAR,
    READ,
    LocalPlace,
    PlaceTarget,
    low_income_shares,
    place_of,
)
from sim.evaluation.england.published import (
    ASYLUM,
    CARE,
    CARE_2024,
    CARE_CEASED,
    CARE_STARTED,
    CHILDREN,
    COLUMNS,
    Authority,
    authorities,
    authority,
)
from sim.evaluation.own_data.kept import OwnData
from sim.evaluation.own_data.rates import ALL, BEGAN, LEFT, LEVEL, LEVEL_BEFORE, STILL, OwnFigure
from sim.exhibits.numbers import fixed
from sim.model.spec import Scenario

TEN = (
    "Leicestershire", "Leicester", "Kent", "Hampshire", "Rutland", "Blackpool", "Middlesbrough", "Redbridge", "Essex",
    "Isle of Wight",
)  # fmt: skip
FIT = [one for one in authorities() if not one.refusal]


def unfitted(one: Authority) -> FittedPlace:
    """Give a place at the rates that a fit would begin with, nothing solved."""
    place = place_of(one)
    nothing = CareCourse(np.ones((2, 3)), np.ones((1, 3)))
    return FittedPlace(place, at(place, np.zeros(len(FREE))), nothing, dict.fromkeys(FREE, 0.1))


def written(one: Authority, folder: Path) -> Path:
    path = folder / "here.yaml"
    path.write_text(writing.study_text("here", one, unfitted(one)), encoding="utf-8")
    return path


@pytest.mark.slow
def test_rates_that_are_known_are_found_again() -> None:
    """Targets that the chain itself came to at other rates: each comes back within 0.5%, the rates within 5%.

    That is what stopping at a change of 1% of the sum of squares leaves: a tenth of what figures are doubted by.
    """
    truth = dict(zip(FREE, (0.95, 1.2, 0.9, 1.1, 0.9, 1.15, 0.95, 1.05, 1.1), strict=True))
    place = place_of(authority("Leicestershire"))
    of = england()
    there = {**place.given, **{name: of[name] * times for name, times in truth.items()}}
    course = courses([there])[0]
    targets = tuple(replace(one, value=one.of(course, there), se=0.001 * one.value) for one in place.targets)
    found = fit(LocalPlace("known", place.children, place.given, targets))
    assert np.abs(found.residuals).max() < 5
    for name in FREE[:6]:
        assert found.parameters[name] / there[name] == pytest.approx(1, abs=0.05), name


def test_ended_is_what_started_less_what_the_level_has_grown() -> None:
    course = CareCourse(np.array([[1.0, 2, 3], [2, 2, 1]]), np.array([[5.0, 1, 1]]))
    assert course.ended.tolist() == [[4, 1, 3]]


def test_asylum_seeking_children_add_up_to_englands() -> None:
    """All places together have England's: in Kent they pass through, others share what is left by level."""
    places = {one.name: place_of(one) for one in FIT}
    passing = [name for name, place in places.items() if place.passes_through]
    assert passing == ["Kent"]
    assert sum(place.asylum_started for place in places.values()) == pytest.approx(ASYLUM_STARTED, rel=1e-6)
    each = {
        name: place.asylum_started / authority(name).figures[ASYLUM]
        for name, place in places.items() if name != "Kent" and authority(name).figures[ASYLUM]
    }  # fmt: skip
    assert max(each.values()) == pytest.approx(min(each.values()))
    assert 0.5 < max(each.values()) < ASYLUM_STARTED / ASYLUM_LEVEL_2025
    assert abs(ASYLUM_STARTED - 7_100) < 1
    for column, england_has in ((CARE, ASYLUM_LEVEL_2025), (CARE_2024, ASYLUM_LEVEL_2024)):
        taken_out = sum(
            one.published - one.value * place.children / PER
            for place in places.values() for one in place.targets if one.reading == READ[column][0]
        )  # fmt: skip
        assert taken_out == pytest.approx(england_has, rel=0.02)


def test_of_two_rates_known_by_their_product_alone_each_is_as_unsure_as_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of two logarithms with a spread of 0.5 are told, differences not: each is left with 0.5 / sqrt(2)."""

    def product(points: list[dict[str, float]], years: int = 1, before: int | None = None) -> list[CareCourse]:
        of = england()
        told = ("need_since", "need_ends_times")
        rates = [np.prod([{**of, **one}[name] / of[name] for name in told]) for one in points]
        return [CareCourse(np.ones((years + 1, 3)), np.full((years, 3), rate)) for rate in rates]

    fitting.england_and_beside.cache_clear()
    monkeypatch.setattr(fitting, "courses", product)
    of = england()
    given = dict(of)
    for name, level in (("need", "in_need_level"), ("plan", "plan_level"), ("care", "care_level")):
        given[f"{name}_begins"] = of[level]
    told = PlaceTarget("", CourseFigure("started", 0, 0), 1.0, 1.0, 0.001, "")
    found = fit(LocalPlace("made up", 1e4, given, (told,)))
    fitting.england_and_beside.cache_clear()
    for name in ("need_since", "need_ends_times"):
        assert found.spread[name] == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)
    assert found.spread["care_since"] == pytest.approx(0.5)


def test_levels_ahead_begin_with_those_that_are_fitted() -> None:
    """Where levels go stands beside the 31 March of each: the first two are those of 2024 and 2025, as in the fit."""
    found = unfitted(authority("Leicestershire"))
    course, scale = courses([found.parameters])[0], found.place.children / PER
    rows = {str(row[0]): row[1:] for row in ahead_table(found).rows}
    for column, date in ((CARE_2024, "31 March 2024"), (CARE, "31 March 2025")):
        told = READ[column][0]
        assert rows[date][told.of] == fixed(course.read(told) * scale), date


def test_a_middling_authority_lies_in_the_middle_half() -> None:
    """Of each count half of all authorities, a child, lie between the two ends that the table gives."""
    table = authority_table(authority("Leicestershire"))
    for (_, _, each, middle, _), (column, about) in zip(table.rows, COLUMNS.items(), strict=True):
        if each:
            low, high = (float(end.replace(",", "")) for end in middle.split(" to "))
            rates = np.array([one.each(column) for one in authorities() if one.each(column) is not None])
            assert ((rates >= low) & (rates <= high)).mean() == pytest.approx(0.5, abs=0.06), about.words


@pytest.mark.parametrize("one", FIT, ids=lambda one: one.area)
def test_what_is_taken_out_leaves_children_of_families(one: Authority) -> None:
    """Every target is above 0, and the parts that the chain divides by are, too; no place is steeper than it can be."""
    place = place_of(one)
    assert all(target.value > 0 and target.se > 0 for target in place.targets)
    given = place.given
    home = PER * given["reach"] - sum(given[name] for name in (
        "known_level", "in_need_level", "plan_level", "care_level", "returned_level", "new_home_level"))  # fmt: skip
    of = england()
    assert home > 0
    assert given["referrals"] * (1 - of["rereferrals"]) / home < 0.9 * of["strain_begins"]
    assert given["need_starts"] < given["referrals"]
    assert given["care_starts"] * of["starts_from_plan"] < given["plan_starts"]


@pytest.mark.parametrize("name", ["City of London", "Isles of Scilly"])
def test_too_little_is_published(name: str) -> None:
    with pytest.raises(ModelError, match=r"too little is published of .*: .* are suppressed"):
        place_of(authority(name))


def test_figures_of_its_own_take_the_place_of_published_ones() -> None:
    one = authority("Leicestershire")
    rates = {LEVEL: 60.0, LEVEL_BEFORE: 50.0, BEGAN: 30.0, LEFT: 20.0}
    own = OwnData(one, 2025, (
        *(OwnFigure(name, ALL, value, "children per 10000") for name, value in rates.items()),
        OwnFigure(f"{STILL} after 12 months", ALL, 0.6, "share"),
    ))  # fmt: skip
    place = place_of(one, own)
    counts = {target.words: target.published for target in place.targets}
    children = one.figures[CHILDREN] / PER
    assert counts["looked after, 31 March 2025"] == pytest.approx(60 * children)
    assert counts["ceased to be looked after, 2024-25"] == pytest.approx(20 * children)
    stays = place.targets[-1]
    assert stays.reading == "care_ends_times"
    assert stays.value == pytest.approx((-np.log(0.6) - 1 / 18) / 0.43)
    with pytest.raises(ModelError, match="the figures are of Leicestershire"):
        place_of(authority("Kent"), own)
    with pytest.raises(ModelError, match="year to March 2024"):
        place_of(one, replace(own, year=2024))


def test_what_is_written_is_what_was_found_with_whose_it_is(tmp_path: Path) -> None:
    one = authority("Leicestershire")
    model = load(written(one, tmp_path)).worlds[0].model
    found = unfitted(one)
    for name, value in found.parameters.items():
        assert float(model.parameters[name].expression.text) == pytest.approx(value, rel=1e-4), name
    assert model.areas.names == (one.area,)
    assert model.root.size == round(147_439 * found.parameters["reach"] * 1_668_200 / 12_183_016 / 0.3)
    trait = next(trait for trait in model.traits if trait.name == "low_income")
    assert trait.shares == (0.848, 0.152)
    assert whose("need_since", found) == OWN_FITTED
    assert whose("plan_starts", found) == OWN_PUBLISHED
    assert whose("rereferrals", found) == OF_ENGLAND


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Richmond upon Thames", "reported with another council's"), ("Wandsworth", "England's price"),
        ("Kent", "SPREAD BY FORMULA"), ("Hampshire", "out of line"), ("Leicestershire", "1,671,000 pounds, published"),
        ("West Northamptonshire", "2,609,600"),
    ],
)  # fmt: skip
def test_what_is_not_its_own_is_said(name: str, said: str) -> None:
    one = authority(name)
    assert said in writing.study_text("here", one, unfitted(one))


def test_what_is_a_guess_is_not_said_to_be_published() -> None:
    """Kent's starts in care are England's for its level; most of Redbridge's are guessed; Hampshire lacks 2024."""
    kent, redbridge, hampshire = (unfitted(authority(name)) for name in ("Kent", "Redbridge", "Hampshire"))
    of_england = england()
    each = kent.parameters["care_starts"] / kent.parameters["care_level"]
    assert each == pytest.approx(of_england["care_starts"] / of_england["care_level"])
    assert whose("care_starts", kent) == OF_ENGLAND_HERE
    text = writing.study_text("here", authority("Kent"), kent)
    assert "source: assumption, why: \"England's, for the place's own level" in text
    assert whose("care_starts", redbridge) == f"{OWN_PUBLISHED}, less 54% taken to be asylum-seeking"
    target = redbridge.place.target(CARE_STARTED)
    assert target is not None
    line = next(one for one in writing.study_text("here", authority("Redbridge"), redbridge).splitlines()
                if one.startswith("  care_starts:"))  # fmt: skip
    low, high = (float(re.findall(rf"{end}: ([0-9.]+)", line)[0]) for end in ("low", "high"))
    assert low == pytest.approx(max(0.0, target.value - 1.96 * target.se), rel=1e-3)
    assert high == pytest.approx(target.value + 1.96 * target.se, rel=1e-3)
    assert high > 1.5 * target.value  # however exactly starts are counted
    assert whose("need_begins", hampshire) == f"{OWN_PUBLISHED}, of a year later"
    assert "since that of a year before is blank" in writing.study_text("here", authority("Hampshire"), hampshire)
    assert whose("need_begins", kent) == OWN_PUBLISHED


def test_social_workers_of_all_places_are_no_more_than_englands() -> None:
    """Posts of councils that report for themselves stand to England's as their workers do to its 36,186 (T-Q9)."""
    of_england = at_path(tree_of("today_alike"), "services.social_workers.team.workers.total")
    alone = [one for one in authorities() if one.of("sw_inpost_fte_2025") is not None and not one.refusal]
    posts = [float(re.findall(r"social_workers.team.workers: {total: ([0-9.]+)", text)[0])
             for text in ("\n".join(writing._staff(one)) for one in alone)]  # fmt: skip
    vacant = [1 - min(one.figures.get("sw_vacancy_rate_fte_2025", 14.2) / 100, 0.5) for one in alone]
    working = float(np.dot(posts, vacant))
    share = sum(one.figures["sw_inpost_fte_2025"] for one in alone) / 36_186
    assert working == pytest.approx(of_england * (1 - 0.142) * share, rel=1e-3)
    assert share < 1


@pytest.mark.parametrize("name", ["Richmond upon Thames", "Wandsworth"])
def test_every_kind_of_gap_makes_a_study_that_loads(name: str, tmp_path: Path) -> None:
    assert load(written(authority(name), tmp_path)).worlds


def test_shares_of_all_places_are_england(tmp_path: Path) -> None:
    """Children, posts and money of all places add up to England's, so that a place is a part of it and no more."""
    assert sum(writing.children_share(one) for one in authorities()) == pytest.approx(1)
    shares = sum(funding_of(one).gbp / NATIONAL_GBP for one in authorities())
    assert shares == pytest.approx(1)
    ours, all_ = tree_of(str(written(authority("Leicestershire"), tmp_path))), tree_of("today_alike")
    part = 1_671_000 / NATIONAL_GBP
    for path in ("services.early_help.team.workers.total",
                 'regimes.family_help.set."services.lead_practitioner.team.workers".total'):  # fmt: skip
        assert at_path(ours, path) == pytest.approx(at_path(all_, path) * part, abs=0.06), path
    plans = 'regimes.family_group_decisions.set."services.family_conference.team.workers".total'
    assert at_path(ours, plans) == pytest.approx(at_path(all_, plans) * 511 / 49_411, abs=0.06)
    leave = [item_at(all_, f"chains.care.rates.looked_after -> {state}.value") for state in ("returned", "new_home")]
    first = [re.search(r"([\d.]+) \* \(k < 12\)", str(text.value)) for text in leave if text is not None]
    assert sum(float(found.group(1)) for found in first if found) == pytest.approx(FIRST_YEAR)
    here, there = (item_at(tree, "tables.change_money.bands") for tree in (ours, all_))
    assert here is not None
    assert there is not None
    size, whole = (at_path(tree, "units.family.size") for tree in (ours, all_))
    for year, gbp in there.mapping.items():  # pounds of all families here are the place's part of England's
        mine = float(str(here.mapping[year].value))
        assert mine * size == pytest.approx(float(str(gbp.value)) * whole * part, rel=1e-3)


def at_path(tree: Tree, path: str) -> float:
    """Read a number of a config."""
    found = item_at(tree, path)
    assert found is not None, path
    return float(str(found.value))


def test_money_of_all_places_is_that_of_england() -> None:
    assert sum(funding_of(one).gbp for one in authorities()) == pytest.approx(NATIONAL_GBP)
    assert all(abs(sum(low_income_shares(one).values()) - 1) < 1e-9 for one in authorities())


@pytest.mark.slow
def test_rates_of_all_are_written_with_their_maps(tmp_path: Path) -> None:
    places = [unfitted(authority(name)) for name in ("Leicestershire", "Kent", "Essex")]
    write_authorities(tmp_path, places)
    rows = (tmp_path / "rates.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["authority", "Leicestershire", "Kent", "Essex"]
    assert (tmp_path / "figures" / "care_ends_times.svg").is_file()
    assert "times England" in (tmp_path / "authorities.html").read_text(encoding="utf-8")


def test_an_unknown_authority_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, said in (
        (["--authority", "Leicestershir"], "did you mean Leicestershire"),
        (["--authority", "City of London"], "too little is published"),
        (["--own", "own.csv"], "name it with --authority"),
        (["--authority", "Kent", "--from", "national"], "not both"),
    ):  # fmt: skip
        result = CliRunner().invoke(app, ["new", "here", *arguments])
        assert result.exit_code == 2
        assert said in " ".join(result.output.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("one", FIT, ids=lambda one: one.area)
def test_every_authority_is_fitted(one: Authority) -> None:
    """No residual is beyond three standard errors, none of need and plans, which nothing contradicts, beyond 1.5."""
    found = fit(place_of(one))
    residuals = dict(zip((target.words for target in found.place.targets), found.residuals, strict=True))
    assert max(map(abs, residuals.values())) < 3, residuals
    assert all(abs(r) < 1.5 for words, r in residuals.items() if "looked after" not in words), residuals
    assert all(0.2 < found.parameters[name] / england()[name] < 5 for name in FREE)


def simulated(scenario: Scenario) -> dict[str, float]:
    """Give levels at the start of a study, children, by one replication."""
    ds = sim.simulate(replace(scenario, replications=1, worlds=scenario.worlds[:1]))
    return {level: float(ds["occupancy"].sel(state=f"{CHAIN}={level}").isel(step=0).squeeze()) for level in LEVELS}


@pytest.mark.slow
@pytest.mark.parametrize("name", TEN)
def test_families_live_at_the_levels_that_were_solved_for(name: str, tmp_path: Path) -> None:
    """One replication: within five standard errors of a count of families of 1.7 children, and 3% of the closure."""
    one = authority(name)
    found = fit(place_of(one))
    path = tmp_path / "here.yaml"
    path.write_text(writing.study_text("here", one, found), encoding="utf-8")
    got = simulated(load(path, ["clock.steps=40"]))
    for level, expected in zip(LEVELS, found.course.levels[1] * found.place.children / PER, strict=True):
        assert abs(got[level] - expected) < 5 * np.sqrt(1.7 * expected) + 0.03 * expected, level


def test_published_flows_are_those_of_the_evidence() -> None:
    one = authority("Leicestershire")
    assert (one.of(CARE), one.of(CARE_STARTED), one.of(CARE_CEASED)) == (694, 299, 332)
