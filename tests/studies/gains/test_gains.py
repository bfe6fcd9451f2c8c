"""Groups partition families, so their changes average to the whole; with no effect nobody gains and nobody loses."""

import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes

import sim
from sim.engine.solvers.families import layout as layout_of
from sim.exhibits.titles import titles_of
from sim.model.appraisal import IncomeWeight, Ranged
from sim.report.page.equity import equity_tables, one_by_one
from sim.results.folder.beside import PLAIN, WAITING, WEIGHTED, Equity, Gain
from sim.runs.follow import beside
from sim.runs.follow.beside import of_first_reading, some_families
from sim.runs.follow.families import follow
from sim.runs.follow.rows import looks_at
from sim.studies.gains.answer import _deciles, gains_by_group, gains_of
from sim.studies.gains.exhibits import gains_tables, plot_gains
from sim.studies.gains.question import groups_in_a_run, who_gains
from tests.clear_text import faults_of
from tests.places import VALID

SMALL = ["units.family.size=300", "clock.steps=25", "effect_set=[measured, no_effect]"]


@pytest.fixture(scope="module")
def scenario():
    return sim.load("demo", SMALL)


@pytest.fixture(scope="module")
def both(scenario):
    return who_gains(scenario)


@pytest.fixture(scope="module")
def gains(both):
    return [g for g in both if g.world == "integrated/measured"]


def test_each_grouping_covers_every_family_once(gains) -> None:
    whole = {g.measure: g for g in gains if g.by == "all"}
    assert WAITING in whole
    for by in {g.by for g in gains}:
        for measure, everybody in whole.items():
            parts = [g for g in gains if (g.by, g.measure) == (by, measure)]
            sizes = np.array([g.families for g in parts])
            assert sizes.sum() == everybody.families
            for value in (lambda g: g.difference.mean, lambda g: g.baseline, lambda g: g.less, lambda g: g.more):
                mean = (sizes * [value(g) for g in parts]).sum() / sizes.sum()
                assert mean == pytest.approx(value(everybody), abs=1e-6)


def test_groupings_are_those_that_were_promised(gains) -> None:
    expected = {"all", "lone_parent", "children", "frailty", "youngest child", "severity before the start", "helped",
                "needs at the start"}  # fmt: skip
    assert {g.by for g in gains} == expected
    assert {g.group for g in gains if g.by == "helped"} == {"by keyworker", "not by keyworker"}
    assert len({g.group for g in gains if g.by.startswith("severity")}) == 10


def test_no_effect_changes_no_family(both) -> None:
    """Outcomes are the same to the last family; what help costs and waits does change."""
    found = [g for g in both if g.world == "integrated/no_effect"]
    outcomes = [g for g in found if g.measure.startswith("months_")]
    assert outcomes
    assert all(g.difference.mean == 0 and g.less == 0 and g.more == 0 for g in outcomes)
    assert any(g.difference.mean != 0 for g in found if g.measure.startswith("cost"))


def test_deciles_are_tenths_in_order() -> None:
    made = _deciles(np.arange(100.0)[::-1])
    assert np.bincount(made.astype(int)).tolist() == [10] * 10
    assert (np.diff(made) <= 0).all()
    assert _deciles(np.zeros(0)).size == 0


def test_table_rows_and_figure(gains, scenario) -> None:
    tables = gains_tables(gains, titles_of(scenario), 12.0)
    assert [table.title for table in tables] == ["Who gains: months in crisis or worse", "Who gains: months waiting"]
    assert all(len(table.rows) == len({(g.by, g.group) for g in gains}) for table in tables)
    assert all(row[0] == "one key worker (as measured, 2015-20)" for table in tables for row in table.rows)
    assert "Evidence ends at month 12." in tables[-1].note


def test_groups_are_named_in_words(gains) -> None:
    named = {g.by: [one.group for one in gains if (one.by, one.measure) == (g.by, g.measure)] for g in gains}
    assert named["lone_parent"] == ["no", "yes"]
    assert named["children"] == ["1", "2", "3", "4", "5"]
    assert named["frailty"] == ["lowest of 5", "2 of 5", "3 of 5", "4 of 5", "highest of 5"]
    assert not any("(0." in group for groups in named.values() for group in groups)


def test_the_file_and_the_figure(gains, scenario) -> None:
    made = gains_by_group(gains, scenario.worlds)
    assert all(len(row) == len(made.names) for row in made.rows)
    assert not any("/" in str(cell) for row in made.rows for cell in row[:2])
    assert isinstance(plot_gains(gains), Axes)
    drawn = plot_gains(gains, titles=scenario.titles, evidence_months=12.0).get_xlabel().replace("\n", " ")
    assert "evidence ends at month 12" in drawn
    assert "one key worker (as measured, 2015-20)" in drawn
    assert faults_of(plot_gains, gains) == []
    with pytest.raises(ValueError, match="no gains of 'luck'"):
        plot_gains(gains, measure="luck")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"replications": 0}, "at least 1"), ({"ledger": "deep"}, "no ledger 'deep'"), ({"worlds": ["x"]}, "no regime x")],
)
def test_nonsense_is_refused(scenario, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        who_gains(scenario, **options)


def test_waits_of_services_add_up(gains) -> None:
    """Of each group: months in all queues are those in each."""
    told = {(g.by, g.group, g.measure): g for g in gains}
    for (by, group, measure), whole in told.items():
        each = [g for (b, n, m), g in told.items() if (b, n) == (by, group) and m.startswith(f"{WAITING}, ")]
        assert len(each) > 5
        if measure == WAITING:
            assert sum(g.baseline for g in each) == pytest.approx(whole.baseline)
            assert sum(g.difference.mean for g in each) == pytest.approx(whole.difference.mean, abs=1e-9)


@pytest.mark.parametrize(
    ("months", "band"), [(59, "0 to 4"), (60, "5 to 10"), (131, "5 to 10"), (132, "11 to 17"), (215, "11 to 17")]
)
def test_a_family_is_in_the_band_of_its_youngest_childs_last_birthday(months: int, band: str) -> None:
    """All children of one age when the regime begins, which is in month 12."""
    at_first = f"{{months: [{months - 12}, {months - 12}]}}"
    followed = follow(sim.load(VALID, [f"units.child.age={at_first}"]))
    labels, place = followed.groups["youngest child"]
    assert {labels[int(i)] for i in place[followed.stayed]} == {band}


def test_needs_at_the_start_order_families(gains) -> None:
    """More chains in trouble at the start mean more months in crisis afterwards: crisis is driven by needs."""
    found = [g for g in gains if g.by == "needs at the start" and g.measure == gains[0].measure]
    assert [g.group for g in found] == ["none or one", "two", "three", "four or more"]
    assert [g.baseline for g in found] == sorted(g.baseline for g in found)


def test_weights_count_benefits_alone_and_stand_beside_the_plain_figure() -> None:
    """With a weight w a cost is the plain one less (w - 1) x benefits, level and change, by group; at 1 it is plain.

    Levels are looked at too: so few families in so short a time have the same benefits under both regimes.
    """
    scenario = sim.load("demo", ["units.family.size=120", "clock.steps=25"])
    followed, layout = follow(scenario), layout_of(scenario)
    made = {}
    for weight in (1.0, 2.5):
        income = IncomeWeight(apply=True, weight=Ranged(weight, weight, weight))
        weighed = replace(scenario, appraisal=replace(scenario.appraisal, income_weight=income))
        found = gains_of(weighed, layout, [followed], "integrated", 0)
        made[weight] = {
            (of, g.by, g.group, g.measure.partition(", narrow")[0]): value
            for g in found for of, value in (("level", g.baseline), ("change", g.difference.mean))
        }  # fmt: skip
    assert not any(WEIGHTED in g.measure for g in gains_of(scenario, layout, [followed], "integrated", 0))
    groups = {one[:-1] for one in made[1.0]}
    benefits = {one: made[2.5][*one, "cost"] - made[2.5][*one, PLAIN] for one in groups}
    assert benefits["level", "all", "all families"] > 1000
    for one in groups:
        plain = made[2.5][*one, PLAIN]
        assert made[1.0][*one, WEIGHTED] == pytest.approx(plain, abs=1e-6)
        assert made[2.5][*one, WEIGHTED] == pytest.approx(plain - 1.5 * benefits[one], abs=1e-6)


def test_gains_are_kept_and_read_back_and_told_in_three_tables(both, scenario) -> None:
    kept = [Gain.from_dict(json.loads(json.dumps(one.to_dict()))) for one in both]
    assert kept == list(both)
    equity = Equity("measured", "narrow", 300, 2, 12, tuple(both))
    held = json.loads(json.dumps(equity.to_dict()))
    assert {one["measure"] for one in held["gains"]} == {
        g.measure for g in both if not g.measure.startswith("months waiting,")
    }
    summary = {
        "answer": {}, "differences": {"integrated/measured": {}, "integrated/no_effect": {}}, "baseline": "siloed",
        "regimes": {"siloed/measured": {}, "integrated/measured": {}}, "titles": {},
        "appraisal": {"terms": {"income_weight": None},
                      "comparisons": [{"name": "integrated/measured", "against_regime": "siloed"}]},
        "equity": held,
    }  # fmt: skip
    tables = equity_tables(summary)
    assert [table.title.partition(":")[0] for table in tables] == [
        "Who is better or worse off", "Who waits longest", "What each group costs",
    ]  # fmt: skip
    waits = [g for g in kept if (g.measure, g.world) == (WAITING, "integrated/measured") and g.by != "all"]
    longest = max(waits, key=lambda g: g.baseline + g.difference.mean)
    assert longest.group in tables[1].rows[1][0]
    assert "300 families in 2 of 12 areas" in tables[0].note
    assert "families of all 12 areas (families report DIR --families)" in one_by_one(summary)
    del summary["equity"]
    assert equity_tables(summary) == ()
    assert "who is better or worse off (families report DIR --families)" in one_by_one(summary)


def test_a_run_follows_whole_areas_up_to_a_limit_and_nobody_where_none_can_be_taken(scenario, monkeypatch) -> None:
    """Each area keeps its own families and posts; at the limit itself the study is followed as it is."""
    first = of_first_reading(scenario)
    assert {w.effect_set for w in first.worlds} == {"measured"}
    monkeypatch.setattr(beside, "LOOKS", looks_at(first))
    assert some_families(scenario) == first
    monkeypatch.setattr(beside, "LOOKS", looks_at(first) / 2)
    few, names = some_families(scenario), scenario.worlds[0].model.areas.names
    assert len(names) == 2
    assert few is not None
    for whole, part in zip(first.worlds, few.worlds, strict=True):
        (area,) = part.model.areas.names
        share = whole.model.areas.weights[names.index(area)] / sum(whole.model.areas.weights)
        assert part.model.root.size == round(share * whole.model.root.size)
        for before, after in zip(whole.model.chains, part.model.chains, strict=True):
            team = before.service and before.service.team
            assert not team or after.service.team.workers[area] == team.workers[area]
    monkeypatch.setattr(beside, "LOOKS", looks_at(first) / 3)
    assert some_families(scenario) is None
    assert groups_in_a_run(scenario) is None


def test_expected_values_and_a_regime_alone_have_no_groups(scenario) -> None:
    assert groups_in_a_run(replace(scenario, solver="expect")) is None
    alone = tuple(w for w in scenario.worlds if w.regime == scenario.baseline)
    assert groups_in_a_run(replace(scenario, worlds=alone)) is None


@pytest.mark.parametrize(
    ("config", "sets"),
    [("one_area", ["clock.steps=25", "units.family.size=60"]), ("demo", ["queues=per_family", *SMALL])],
)
def test_nobody_is_followed_step_by_step_who_lives_between_steps(config: str, sets: list[str]) -> None:
    """A run of such a study has no gains by group, and ends all the same."""
    lived = sim.load(config, sets)
    assert {world.model.queues for world in lived.worlds} == {"per_family"}
    assert some_families(lived) is None
    assert groups_in_a_run(lived) is None
