"""A replication in parts is the replication: some areas at a time, however cut, add up to it to the last bit.

Theory: every draw hangs on a family's own number, teams and meetings belong to areas, and what is counted are whole
numbers and whole units of posts, whose sums are exact in any order. So equality is of bytes, with no tolerance. What
does join areas (totals, feedback, teams that go by them) is refused, and a cut that forgot it would be seen here: a
need that is catching is cut on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.engine.counts.record import Record
from sim.engine.people.areas import AreaSpan
from sim.engine.people.population import make_population
from sim.engine.solvers import parts
from sim.engine.solvers.families import replicate
from sim.engine.solvers.parts import added_up, cut, why_whole
from sim.errors import ModelError
from sim.model.spec import Areas, Model, Scenario, Team
from tests.places import TOY

ARRAYS = [f.name for f in fields(Record) if f.name not in ("engine_seconds", "replication", "final_states")]
AREAS = {
    "north": 0.3,
    "south": 0.3,
    "hamlet": 0.001,
    "east": 0.2,
    "west": 0.15,
    "synthetic_1": 0.029,
    "synthetic_2": 0.02,
}
"""So many that there is a last slot that several share; one of them has a family or two."""
POSTS = {"north": 2.4, "south": 2.3, "hamlet": 0.1, "east": 1.7, "west": 1.1, "synthetic_1": 0.3, "synthetic_2": 0.7}
"""Part-time posts, whose sums are no whole numbers."""

RATES = "chains.need.rates={absent -> present: 0.001 * total(need == present), present -> absent: 1}"
"""A need that is catching, from area to area."""


def with_areas(*sets: str, keep: str = "feedback=null") -> list[str]:
    """Give the toy seven areas, part-time posts and no feedback, and make two kinds of staff cost money."""
    teams = [f"services.{name}.team.workers={_flow(POSTS)}" for name in ("keyworker", "need_service")]
    more = {area: 2.7 * posts for area, posts in POSTS.items()}
    teams += [f'regimes.integrated.set."services.keyworker.team.workers"={_flow(more)}', "outcomes=null", "values=null"]
    price = "price: {value: 3000, unit: gbp/month}, payers: {council: 1}, ledger: [wide]"
    counted = {
        "key workers": "per: keyworker.worker", "others": "per: need_service.worker", "places": "per: keyworker.place",
        "care": "while: care == looked_after", "both": "while: crisis >= crisis and need == present",
    }  # fmt: skip
    costs = [f"{{name: {name}, {what}, {price}}}" for name, what in counted.items()]
    sizes = ["units.family.size=900", f"units.family.areas={_flow(AREAS)}", f"costs=[{', '.join(costs)}]"]
    return [*sizes, *teams, *([keep] if keep else []), *sets]


def _flow(mapping: dict[str, float]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in mapping.items()) + "}"


@cache
def toy(*sets: str) -> Scenario:
    return sim.load(TOY, with_areas(*sets))


@cache
def whole(*sets: str) -> Record:
    return replicate(toy(*sets), 0)


@cache
def of_part(first: int, last: int) -> Record:
    return replicate(toy(), 0, part=AreaSpan(first, last))


def assert_same(one: Record, other: Record) -> None:
    """Compare records bit for bit."""
    for name in ARRAYS:
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None), name
        assert a is None or a.tobytes() == b.tobytes(), name


def sizes_of(scenario: Scenario) -> tuple[float, ...]:
    return scenario.worlds[0].model.areas.weights


def test_the_toy_has_what_could_go_wrong():
    """Births, admissions, brokering and staff whose sums are no whole numbers take place, in every area but one."""
    record = whole()
    assert record.queue[..., 3].min() > 20
    assert record.team[..., 0].max() % 1 != 0
    assert (record.flows.sum(axis=(0, 1)) > 0).mean() > 0.8
    assert record.row_counts[0, :, 1].std() > 0, "children are born and come of age"
    assert np.count_nonzero(record.meters.sum(axis=(0, 1)) % 1) == 2, "two kinds of staff"


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_any_number_of_parts_gives_the_same_record(n: int):
    cuts = cut(sizes_of(toy()), n)
    assert (cuts[0].first, cuts[-1].last) == (0, len(AREAS) - 1)
    assert_same(whole(), added_up([of_part(part.first, part.last) for part in cuts]))


def test_one_part_an_area_gives_the_same_record_in_any_order():
    singles = [of_part(area, area) for area in range(len(AREAS))]
    assert_same(whole(), added_up(singles))
    assert_same(whole(), added_up(singles[::-1]))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.sets(st.integers(1, len(AREAS) - 1)))
def test_any_cut_gives_the_same_record(ends: set[int]):
    starts = [0, *sorted(ends)]
    cuts = [AreaSpan(a, b - 1) for a, b in zip(starts, [*starts[1:], len(AREAS)], strict=True)]
    assert_same(whole(), added_up([of_part(part.first, part.last) for part in cuts]))


@pytest.mark.parametrize(
    "sets",
    [
        ("units.family.leaves.replace=false",),
        ("units.family.leaves=null", "units.child.births=0"),
        ("queues=open",),
        ("units.family.warm_up=1 month", "clock.steps=15"),
    ],
    ids=["families leave", "nobody comes or goes", "no queues", "a short run"],
)
def test_other_models_in_parts(sets: tuple[str, ...]):
    scenario = toy(*sets)
    assert not why_whole(scenario)
    cuts = cut(sizes_of(scenario), 3)
    assert_same(whole(*sets), added_up([replicate(scenario, 0, part=part) for part in cuts]))


@pytest.mark.parametrize("scheme", ["bytes", "plain"])
def test_a_part_that_looks_at_everybody_is_the_same(scheme: str):
    assert_same(of_part(1, 3), replicate(toy(), 0, scheme, part=AreaSpan(1, 3)))


def test_arrivals_from_outside_in_parts():
    scenario = sim.load("queue_patience", ["queues=teams", "clock.steps=300"])
    model = scenario.worlds[0].model
    areas = replace(model.areas, names=("a", "b", "c"), weights=(0.5, 0.3, 0.2), synthetic=(False, True, True))
    team = next(c.service.team for c in model.chains if c.service and c.service.team)
    posts = sum(team.workers.values())
    chains = tuple(
        replace(c, service=replace(c.service, team=replace(team, workers={"a": posts, "b": 1.0, "c": 2.0})))
        if c.service else c for c in model.chains
    )  # fmt: skip
    world = replace(scenario.worlds[0], model=replace(model, areas=areas, chains=chains))
    scenario = replace(scenario, worlds=(world,))
    record = replicate(scenario, 0)
    assert record.queue[0, 0, 3] > 20
    assert_same(record, added_up([replicate(scenario, 0, part=AreaSpan(a, a)) for a in range(3)]))


def test_a_slice_of_the_nation_in_parts():
    scenario = sim.load(
        "national", ["units.family.size=1500", "clock.steps=25", "units.family.warm_up=3", "effect_set=[measured]"]
    )
    record = replicate(scenario, 0)
    for n in (2, 5):
        found = [replicate(scenario, 0, part=part) for part in cut(sizes_of(scenario), n)]
        assert len(found) == n
        assert_same(record, added_up(found))


def test_rows_of_a_part_are_those_of_the_whole():
    """Who they are, when they are born, come and go, and what they draw."""
    from sim.engine.fate.uniforms import draw

    model = toy().worlds[0].model
    part = AreaSpan(1, 3)
    everyone, some = make_population(model, 7, 0), make_population(model, 7, 0, part)
    for unit, rows in some.rows.items():
        all_rows = everyone.rows[unit]
        there = all_rows.active & part.holds(all_rows.area)
        at = {int(i): p for p, i in enumerate(all_rows.ids) if there[p]}
        assert set(at) == set(rows.ids[rows.active].tolist())
        mine = rows.active.nonzero()[0]
        theirs = np.array([at[int(i)] for i in rows.ids[mine]])
        assert np.all(np.diff(theirs) > 0), "the same order"
        one, other = draw(rows, 99, 5), draw(all_rows, 99, 5)
        assert np.array_equal(one.uniforms(mine), other.uniforms(theirs))
        assert np.array_equal(one.bytes[mine], other.bytes[theirs])
        for name in ("born", "area", "n_children"):
            a, b = getattr(rows, name), getattr(all_rows, name)
            assert len(a) == 0 or np.array_equal(a[mine], b[theirs]), name
    rows, children = some.rows["family"], some.rows["child"]
    first = rows.first_child[rows.active]
    assert np.array_equal(children.parent[first], rows.active.nonzero()[0])


def test_a_part_holds_its_own_rows_alone(monkeypatch: pytest.MonkeyPatch):
    """Arrays are as long as the part: at most seven rows of padding, and rows of others are dealt out bit by bit."""
    from sim.engine.people import population

    model = toy("units.family.size=30000").worlds[0].model
    everyone = make_population(model, 7, 0)
    monkeypatch.setattr(population, "DEALT_AT_ONCE", 1000)
    for part in (AreaSpan(0, 0), AreaSpan(2, 2), AreaSpan(3, 6)):
        for unit, rows in make_population(model, 7, 0, part).rows.items():
            n = int((everyone.rows[unit].active & part.holds(everyone.rows[unit].area)).sum())
            assert max(n, 1) <= rows.n < n + 8 + 1
            assert int(rows.active.sum()) == n


def test_cuts_are_as_even_as_neighbours_allow():
    assert cut([1, 1, 1, 1], 2) == [AreaSpan(0, 1), AreaSpan(2, 3)]
    assert cut([5, 1, 1, 1, 2], 2) == [AreaSpan(0, 0), AreaSpan(1, 4)]
    assert cut([1, 1, 1], 9, first=4) == [AreaSpan(4, 4), AreaSpan(5, 5), AreaSpan(6, 6)]
    assert cut([0.0, 0.0], 1) == [AreaSpan(0, 1)]


def test_what_joins_areas_is_not_cut_and_says_why():
    reasons = {
        "feedback 'overload'": with_areas(keep=""),
        "total(": with_areas(RATES),
        "the team of keyworker": with_areas("services.keyworker.team.turnover_times=1 + 0 * total(need == present)"),
        "expected values": with_areas("solver=expect"),
    }
    for reason, sets in reasons.items():
        scenario = sim.load(TOY, sets)
        assert reason in why_whole(scenario), (reason, why_whole(scenario))
        with pytest.raises(ModelError, match="cannot be run in parts"):
            parts.check_part(scenario, AreaSpan(0, 0))


def test_what_only_python_can_say_is_not_cut_either():
    def given(change: Callable[[Model], Model]) -> str:
        return why_whole(replace(toy(), worlds=tuple(replace(w, model=change(w.model)) for w in toy().worlds)))

    def ranked(model: Model) -> Model:
        chains = [replace(c, service=replace(c.service, priority=len)) if c.service else c for c in model.chains]
        return replace(model, chains=tuple(chains))

    def staffed(model: Model) -> Model:
        many = Team(dict.fromkeys(AREAS, 9e5), 10.0)
        chains = [replace(c, service=replace(c.service, team=many)) if c.service else c for c in model.chains]
        return replace(model, chains=tuple(chains))

    assert given(lambda model: model) == ""
    assert "has more than 4,194,304 posts" in given(staffed)
    assert "there is one area" in given(lambda model: replace(model, areas=Areas()))
    assert "one clock" in given(lambda model: replace(model, queues="per_family"))
    assert "a function that may look at everybody" in given(ranked)


def test_areas_that_there_are_not_are_refused():
    with pytest.raises(ModelError, match="areas 7 to 9: there are 7 areas"):
        replicate(toy(), 0, part=AreaSpan(6, 8))


def test_what_differs_between_rows_does_not_add_up():
    record = of_part(0, 3)
    other = of_part(4, 6)
    with pytest.raises(ValueError, match="several replications"):
        added_up([record, replace(other, replication=1)])
    with pytest.raises(ValueError, match="between rows"):
        added_up([record, replace(other, outcome_variance=np.zeros(1))])


def test_a_cut_of_what_areas_share_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    """The comparison is one that can fail: where totals are read, parts do not add up to the whole."""
    scenario = sim.load(TOY, with_areas(RATES))
    monkeypatch.setattr(parts, "why_whole", lambda scenario: "")
    found = added_up([replicate(scenario, 0, part=part) for part in cut(sizes_of(scenario), 2)])
    assert not np.array_equal(found.flows, replicate(scenario, 0).flows)
