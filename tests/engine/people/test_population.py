"""Who there is: sizes, traits, areas, children, ages, births, birthdays and departures, the same for every world.

Theory: shares are binomial unless they are dealt out evenly, when they are right to a few rows; a birth or a departure
at rate r a year happens in a step of d years with P = 1 - exp(-r d). Statistical limits are at 1e-6, ten in all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sim.engine.people.population import BLOCK, CHILD_ROOM, Population, make_population
from sim.model.spec import Areas, Clock, Model, Trait, Unit
from tests.strategies import make_chain, make_model

SIZE = 20_000
CHILDREN = Trait("children", (1.0, 2.0, 3.0), (0.5, 0.3, 0.2))
FRAILTY = Trait("frailty", (0.5, 1.0, 1.5), (0.2, 0.5, 0.3), stratify=True)


def model(size: int = SIZE, root: dict[str, object] | None = None, child: dict[str, object] | None = None) -> Model:
    """Families with one to three children of 0 to 17 years, in two areas, by the month."""
    units = (
        Unit("family", size, **(root or {})),
        Unit("child", of="family", number="children", age_steps=(0, 215), **(child or {})),
    )
    areas = Areas(("north", "south"), (0.7, 0.3), (False, False))
    return make_model(
        [make_chain("need", "no yes", {"no -> yes": 0.1})],
        size,
        24,
        1 / 12,
        units=units,
        traits=(CHILDREN, FRAILTY),
        areas=areas,
    )


def assert_binomial(count: int, n: int, p: float) -> None:
    assert stats.binom.cdf(count, n, p) > 5e-7
    assert stats.binom.sf(count - 1, n, p) > 5e-7


@pytest.fixture(scope="module")
def people() -> Population:
    return make_population(model(), seed=1, replication=0)


def test_every_family_has_one_row_and_every_child_a_family(people: Population):
    root, child = people.rows["family"], people.rows["child"]
    assert sorted(root.ids[root.active].tolist()) == list(range(SIZE))
    number = np.array(CHILDREN.values, int)[root.traits["children"]]
    assert np.array_equal(np.bincount(child.parent[child.active], minlength=root.n), np.where(root.active, number, 0))
    assert np.array_equal(child.ids[child.active] // CHILD_ROOM, root.ids[child.parent[child.active]])
    assert len(np.unique(child.ids[child.active])) == child.active.sum()
    for name in ("frailty", "children"):
        assert np.array_equal(child.traits[name][child.active], root.traits[name][child.parent[child.active]])
    assert np.array_equal(child.area[child.active], root.area[child.parent[child.active]])


def test_children_are_found_from_their_parents(people: Population):
    root, child = people.rows["family"], people.rows["child"]
    families = np.flatnonzero(root.active)[[5, 17, 4000, 19_999]]
    rows, owner = root.children_of(families)
    expected = [r for family in families for r in np.flatnonzero(child.active & (child.parent == family))]
    assert rows.tolist() == expected
    assert np.array_equal(child.parent[rows], families[owner])


def test_blocks_are_of_one_stratum(people: Population):
    for rows in people.rows.values():
        assert rows.n % BLOCK == 0
        mixed = rows.traits["frailty"].reshape(-1, BLOCK)
        for block, stratum in enumerate(rows.stratum):
            real = rows.ids.reshape(-1, BLOCK)[block] >= 0
            assert np.all(mixed[block][real] == stratum)
        assert len(np.unique(rows.block_ids)) == len(rows.block_ids)


def test_shares_are_what_was_asked_for(people: Population):
    """A drawn trait is binomial; what is dealt out (strata, areas) is right to a few rows of 20,000."""
    root = people.rows["family"]
    for value, share in enumerate(CHILDREN.shares):
        assert_binomial(int((root.traits["children"][root.active] == value).sum()), SIZE, share)
    for value, share in enumerate(FRAILTY.shares):
        assert abs((root.traits["frailty"][root.active] == value).sum() - SIZE * share) < 8
    assert abs((root.area[root.active] == 0).sum() - 0.7 * SIZE) < 8
    table = np.bincount(root.traits["frailty"][root.active] * 2 + root.area[root.active], minlength=6)
    assert np.allclose(table / SIZE, np.outer(FRAILTY.shares, (0.7, 0.3)).ravel(), atol=0.005)


def test_ages_are_even(people: Population):
    child = people.rows["child"]
    ages = -child.born[child.active]
    counts = np.bincount(ages, minlength=216)
    assert counts.size == 216
    expected = ages.size / 216
    assert ((counts - expected) ** 2 / expected).sum() < stats.chi2.isf(1e-6, 215)


def test_families_more_come_at_the_end():
    few, more = (make_population(model(size), seed=1, replication=0) for size in (5000, 9000))
    for unit in ("family", "child"):
        a, b = few.rows[unit], more.rows[unit]
        place = {int(i): p for p, i in enumerate(b.ids) if i >= 0}
        where = np.array([place[int(i)] for i in a.ids[a.active]])
        assert np.array_equal(a.area[a.active], b.area[where])
        assert np.array_equal(a.born[a.active], b.born[where])
        assert np.array_equal(a.traits["frailty"][a.active], b.traits["frailty"][where])


def test_a_population_depends_on_seed_and_replication():
    base, again = (make_population(model(2000), 1, 0) for _ in range(2))
    assert np.array_equal(base.rows["child"].born, again.rows["child"].born)
    for seed, replication in ((2, 0), (1, 1)):
        other = make_population(model(2000), seed, replication)
        assert not np.array_equal(base.rows["family"].traits["children"], other.rows["family"].traits["children"])


def present(made: Population, unit: str) -> list[np.ndarray]:
    """Follow who is there through the timetable, checking that nobody leaves twice or enters an occupied place."""
    here = made.rows[unit].active.copy()
    seen = [here.copy()]
    for step in range(24):
        renewal = made.renewals.get(step)
        if renewal is not None:
            leaving, entering = renewal.leaving.get(unit, []), renewal.entering.get(unit, [])
            assert len(np.unique(leaving)) == len(leaving)
            assert len(np.unique(entering)) == len(entering)
            assert np.all(here[leaving]), "somebody leaves who is not there"
            assert not len(np.intersect1d(leaving, entering)), "a place is both left and taken over"
            here[leaving] = False
            here[entering] = True
        seen.append(here.copy())
    return seen


@pytest.mark.parametrize("replaced", [False, True])
def test_departures_and_replacements(replaced: bool):
    made = make_population(model(root={"leaves_rate": 0.6, "replace": replaced}), 3, 0)
    here = present(made, "family")
    gone = 1 - np.exp(-0.6 / 12)
    if replaced:
        assert all(np.array_equal(step, here[0]) for step in here)
        assert_binomial(sum(len(r.entering["family"]) for r in made.renewals.values()), 24 * SIZE, gone)
    else:
        assert_binomial(int(here[-1].sum()), SIZE, np.exp(-0.6 * 2))
        children = present(made, "child")[-1]
        assert np.all(here[-1][made.rows["child"].parent[children]]), "children go with their family"


def test_who_comes_of_age_leaves_and_births_take_empty_places():
    """Each month those who turn 216 months leave; with births at 2 a year a place left empty is taken with P(2 d)."""
    found = [
        births_of(make_population(model(child={"leaves_age_steps": 216, "births_rate": 2.0}), 3, r)) for r in range(4)
    ]
    births, chances = np.sum(found, axis=0).tolist()
    assert_binomial(births, chances, 1 - np.exp(-2.0 / 12))
    assert births > 4000


def births_of(made: Population) -> tuple[int, int]:
    """Check who leaves in each step; give the births and the places that could have been taken."""
    child, here = made.rows["child"], present(made, "child")
    born = child.born.copy()
    births = chances = 0
    for step in range(1, 24):
        assert np.all(step - born[here[step]] <= 216)
        renewal = made.renewals[step]
        aged = here[step] & (born == step - 216)
        newborn = renewal.entering["child"][renewal.born["child"] == step]
        assert set(np.flatnonzero(aged)) == set(renewal.leaving["child"])
        families = np.bincount(child.parent[here[step]], minlength=made.rows["family"].n)
        settled = (child.ids >= 0) & ~here[step] & (families[child.parent] > 0)
        chances += int(settled.sum())
        births += int(settled[newborn].sum())
        born[renewal.entering["child"]] = renewal.born["child"]
    return births, chances


def test_arrivals_are_poisson_in_number_and_place():
    """Numbers a step: mean and variance 4 (z at 1e-6); places: binomial, and each whatever the one before was."""
    base = model(0, root={"arrivals_per_step": 4.0})
    queue = replace(base, units=base.units[:1], traits=(), clock=Clock(5000, 1 / 12))
    made = make_population(queue, 1, 0)
    counts = np.array([len(made.renewals[s].entering["family"]) if s in made.renewals else 0 for s in range(5000)])
    z = stats.norm.isf(5e-7)
    assert abs(counts.mean() - 4.0) < z * np.sqrt(4.0 / 5000)
    assert abs(counts.var() - 4.0) < z * np.sqrt((4.0 + 2 * 16.0) / 5000)
    rows = made.rows["family"]
    in_order = rows.area[np.argsort(np.where(rows.ids < 0, 1 << 40, rows.ids))][: counts.sum()]
    assert_binomial(int((in_order == 0).sum()), counts.sum(), 0.7)
    pairs = np.bincount(in_order[:-1] * 2 + in_order[1:], minlength=4)
    assert_binomial(int(pairs[3]), int(pairs[2] + pairs[3]), 0.3)
