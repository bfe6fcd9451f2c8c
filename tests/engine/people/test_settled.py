"""A population that begins settled stays as it is: numbers and ages of children, and times spent in states."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import sim
from sim.engine.people.ages import Ages
from sim.engine.people.population import make_population
from sim.errors import ModelError
from sim.model.spec import Model, Scenario

CONFIG = """
title: Children who come and go
sources: optional
clock: {step: month, steps: 60, first: 0}
count: end
units:
  family: {size: 8000, leaves: {rate: 0.03, replace: true}}
  child: {of: family, number: children, age: {months: [0, 215]}, leaves: {age: 18 years}, births: 0.9, settled: true}
traits: {children: {1: 0.3, 3: 0.7}}
chains:
  care:
    of: child
    ages: [0, 18]
    states: [home, away]
    start: {away: 0.5}
    held: {away: 29 months}
    rates: {home -> away: 0.0, away -> home: 0.6 * (k < 12) + 0.3 * (k >= 12)}
regimes: {only: {}}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    path = tmp_path_factory.mktemp("settled") / "children.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return sim.load(str(path))


@pytest.fixture
def model(scenario: Scenario) -> Model:
    return scenario.worlds[0].model


def test_settled_ages_stay_as_they_are(model: Model) -> None:
    ages = Ages.of(model, "children")
    before = ages.present.copy()
    for _ in range(24):
        ages.advance(False)
    np.testing.assert_allclose(ages.present, before, atol=1e-7)
    # A place that a child left is empty for 1 / b months on average (b: the chance of a birth a month); families that
    # take others' places have nobody missing at first. So somewhat below the closed form for families who stay.
    b = -np.expm1(-0.9 / 12)
    of_who_stay = (1 / b) / (216 + 1 / b)
    missing = 1 - before.sum(axis=1) / ages.number
    assert 0.9 * of_who_stay < missing[1] < of_who_stay
    assert missing[0] < 0.01  # the only child comes of age: the family is replaced within two months


def _children(model: Model, months: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count children, and those of school age, at the start and after so many months."""
    population = make_population(model, 1, 0)
    rows = population.rows["child"]
    here, born = rows.active.copy(), rows.born.copy()
    counts = []
    for step in range(months + 1):
        age = (step - born[here]) / 12
        if step in (0, months):
            counts.append((here.sum(), ((age >= 5) & (age < 16)).sum(), (age < 1).sum()))
        renewal = population.renewals.get(step)
        if renewal is not None:
            here[renewal.leaving["child"]] = False
            here[renewal.entering["child"]] = True
            born[renewal.entering["child"]] = renewal.born["child"]
    return np.array(counts[0], np.float64), np.array(counts[1], np.float64)


def test_a_settled_population_keeps_its_children_and_their_ages(model: Model) -> None:
    first, last = _children(model, 59)
    assert np.all(np.abs(last - first) < 4 * np.sqrt(2 * first))


def test_times_in_a_state_are_geometric_and_both_solvers_agree(scenario: Scenario) -> None:
    simulated, expected = sim.simulate(scenario), sim.expect(scenario)
    away = [ds["occupancy"].sel(state="care=away").values.reshape(-1) for ds in (simulated, expected)]
    left = [1 - a[1:13] / a[:12] for a in away]
    # 12 months on, all who began there have been there a year; of the newborn nobody is away.
    stay = 29 / 30
    long = stay**12
    leaving = (1 - long) * -np.expm1(-0.6 / 12) + long * -np.expm1(-0.3 / 12)
    se = np.sqrt(leaving / away[0][0])
    assert np.all(np.abs(left[0] - left[1]) < 5 * se)
    # Coming of age and families that leave and are replaced (with half of their children away) are the rest.
    assert abs(left[1][0] - leaving) < 0.01
    assert np.all(np.abs(away[0] - away[1]) < 4 * np.sqrt(away[0][0]))


def test_what_cannot_settle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "children.yaml"
    path.write_text(CONFIG.replace(" births: 0.9,", "").replace("held: {away", "held: {gone"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"settled: .*'births'") as refused:
        sim.load(str(path))
    assert "'start'; these are away" in str(refused.value)
