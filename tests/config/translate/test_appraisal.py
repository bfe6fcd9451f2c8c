"""The terms of appraisal in a config: what is written is what holds, and mistakes are refused in words."""

from __future__ import annotations

import pytest

import sim
from sim.config import load
from sim.errors import ModelError
from sim.model.appraisal import AppraisalSpec, CardItem, CashRule, Period, Ranged
from tests.places import VALID


def test_a_config_that_says_nothing_has_the_defaults() -> None:
    spec = load(VALID).appraisal
    assert spec == AppraisalSpec()
    assert (spec.horizon_years, spec.evidence_months, spec.timing, spec.optimism_bias.apply) == (
        5.0,
        24.0,
        "year",
        False,
    )


def test_terms_are_read_as_written() -> None:
    spec = load(
        VALID,
        [
            "appraisal.horizon=3", "appraisal.timing=step", "appraisal.growth.away=0.02",
            "appraisal.inflation={value: 0.02, low: 0.01, high: 0.04}",
            "appraisal.cashability.beds={lines: [away], capacity: {value: 3, low: 1, high: 5}, lag: 2, where: area}",
            "appraisal.periods.first={first: 2011/12, last: 2014/15}",
            "appraisal.card.away={title: Months away, averted: [{while: care == away}]}",
            "appraisal.card.moves={title: Moves, averted: [{on: 'care: home -> away'}, {per: keyworker.start}]}",
        ],
    ).appraisal  # fmt: skip
    assert (spec.horizon_years, spec.timing, spec.growth) == (3.0, "step", {"away": 0.02})
    assert spec.inflation == Ranged(0.02, 0.01, 0.04)
    assert spec.cashability == (CashRule("beds", ("away",), Ranged(3, 1, 5), Ranged(2, 2, 2), by_area=True),)
    assert spec.periods == (Period("first", 2011, 2014),)
    assert spec.card == (
        CardItem("away", "Months away", ("care == away",), "averted", True),
        CardItem("moves", "Moves", ("care: home -> away", "keyworker.start"), "averted", False),
    )


def test_what_the_card_counts_is_metered_in_every_world() -> None:
    made = load(VALID, ["appraisal.card.strain={title: Strain, averted: [{while: crisis >= strained}]}"])
    for world in made.worlds:
        assert "crisis >= strained" in {meter.name for meter in world.model.meters}


@pytest.mark.parametrize(
    ("setting", "key", "fragment"),
    [
        ("appraisal.horizon=0", "appraisal.horizon", "must be a number above 0"),
        ("appraisal.horizon=many", "appraisal.horizon", "must be a number above 0"),
        ("appraisal.evidence_ends=-1", "appraisal.evidence_ends", "must be a number at least 0"),
        ("appraisal.ledger=deep", "appraisal.ledger", ""),
        ("appraisal.timing=week", "appraisal.timing", "week"),
        ("appraisal.horizont=5", "appraisal.horizont", "is no key here"),
        ("appraisal.growth.awy=0.1", "appraisal.growth.awy", "'awy' is no cost line; did you mean 'away'"),
        ("appraisal.growth.away=7", "appraisal.growth.away", "at most 1"),
        ("appraisal.cashability.a={lines: []}", "appraisal.cashability.a.lines", ""),
        ("appraisal.cashability.a={lines: [nothing]}", "appraisal.cashability.a.lines.0", "'nothing' is no cost line"),
        ("appraisal.cashability.a={lines: [away, away]}", "appraisal.cashability.a.lines.1", "already in the rule 'a'"),
        ("appraisal.cashability.a={lines: [away], never: true, lag: 3}", "", "'never' leaves no room"),
        ("appraisal.periods.a={first: 2011, last: 2014/15}", "appraisal.periods.a.first", "must be a financial year"),
        ("appraisal.periods.a={first: 2014/15, last: 2011/12}", "appraisal.periods.a.last", "is before 2014/15"),
        ("appraisal.card.a={title: A}", "", "exactly one of gained, averted"),
        ("appraisal.card.a={title: A, averted: [{while: nobody == home}]}", "", "nobody"),
        (
            "appraisal.card.a={title: A, averted: [{while: care == away}, {on: 'care: home -> away'}]}",
            "appraisal.card.a.averted", "one or the other",
        ),
        ("appraisal.optimism_bias.apply=true", "appraisal.optimism_bias", "must name one of the table: none"),
        ("appraisal.wellby=13000", "appraisal.wellby", "'price_year' is missing"),
        ("appraisal.valued_elsewhere.x={social: true}", "appraisal.valued_elsewhere.x", "'x' is no cost line"),
    ],
)  # fmt: skip
def test_mistakes_are_refused(setting: str, key: str, fragment: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(VALID, [setting])
    assert any(fragment in problem.message and problem.key.startswith(key) for problem in caught.value.problems), str(
        caught.value
    )


def test_periods_may_not_overlap() -> None:
    with pytest.raises(ModelError, match="overlaps 'a'"):
        load(
            VALID,
            [
                "appraisal.periods.a={first: 2011/12, last: 2014/15}",
                "appraisal.periods.b={first: 2014/15, last: 2014/15}",
            ],
        )


def test_the_national_terms_name_every_saving_line_once() -> None:
    """Each line beside services themselves is in one rule of cashability, so that none is forgotten."""
    scenario = sim.load("national", ["units.family.size=1000"])
    ruled = [line for rule in scenario.appraisal.cashability for line in rule.lines]
    assert len(ruled) == len(set(ruled))
    kinds = {meter.name: meter.kind for meter in scenario.worlds[0].model.meters}
    lines = {
        line.name for line in scenario.worlds[0].model.costs if kinds[line.meter] != "per" or line.meter == "always"
    }
    own = {name for name in lines if name.endswith("assessments") or name.startswith("setting up")}
    assert lines - own - set(ruled) == set()
    assert scenario.appraisal.ledger == "narrow"
    assert set(scenario.appraisal.valued_elsewhere) <= lines
    months = {item.name: item.in_months for item in scenario.appraisal.card}
    assert months["care_entries"] is False
    assert months["custody_months"] is True
