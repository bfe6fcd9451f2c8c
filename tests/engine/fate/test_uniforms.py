"""How rows are drawn: who leaves, where to, that nobody is passed over, and that nobody hears of a hazard elsewhere.

Theory: a row with hazard h a step leaves with P = 1 - exp(-h), to each destination in proportion to its hazard. Most
rows are ruled out by the first byte of their draw; looking at everybody in full (``plain``) must give the same moves.
Counts are exactly multinomial given the rows, so each level is one chi-square test; each limit is at 1e-6, some 120
tests in all, so one seed in 8,000 would alarm; seeds are fixed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sim.engine.solvers.families import replicate
from sim.model.spec import Model, Scenario, Trait, Unit
from tests.strategies import make_chain, make_model, make_scenario

HAZARDS = (0.001, 0.005, 0.02, 0.1, 0.15, 0.156, 0.157, 0.2, 0.4, 1.0, 2.0, 5.0)
"""Hazards a step, from one row in a thousand to nearly all."""
SHARES = (0.05, 0.25, 0.1, 0.6)
"""Of the hazard: to best, good, bad and worst from the middle."""
FALSE_ALARM = 1e-6
ROWS = 300_000


def star(levels: tuple[float, ...] = HAZARDS, stratify: bool = False, size: int = ROWS, steps: int = 1) -> Model:
    """Everyone starts in the middle of five states and leaves with the hazard of their trait."""
    states = "best good middle bad worst"
    targets = ("best", "good", "bad", "worst")
    moves = {f"middle -> {to}": f"level * {share}" for to, share in zip(targets, SHARES, strict=True)}
    chain = make_chain("place", states, moves, {"middle": 1.0})
    n = len(levels)
    trait = Trait("level", levels, (1 / n,) * n, stratify=stratify)
    return make_model([chain], size, steps, traits=(trait,))


def counts_of(scenario: Scenario, scheme: str = "bytes", replication: int = 0) -> np.ndarray:
    """Run it and count final states by level, (level, state)."""
    found: list[np.ndarray] = []

    def look(step: int, line) -> None:
        root = line.world.root
        code = root.traits["level"][root.active] * 5 + line.world.state["place"][root.active]
        found[:] = [np.bincount(code, minlength=len(HAZARDS) * 5).reshape(-1, 5)]

    replicate(scenario, replication, scheme=scheme, observe=look)
    return found[0]


def exact(hazard: float, steps: int = 1) -> np.ndarray:
    """Give the probabilities of best, good, middle, bad, worst."""
    leave = 1 - np.exp(-hazard * steps)
    best, good, bad, worst = (leave * share for share in SHARES)
    return np.array([best, good, 1 - leave, bad, worst])


def assert_multinomial(counts: np.ndarray, p: np.ndarray, alarm: float = FALSE_ALARM) -> None:
    """Chi-square test of counts against exact probabilities; cells that expect under 5 are put together."""
    expected = counts.sum() * p
    rare = expected < 5
    observed, expected = (np.append(x[~rare], x[rare].sum()) for x in (counts, expected))
    keep = expected > 0
    statistic = ((observed[keep] - expected[keep]) ** 2 / expected[keep]).sum()
    assert observed[~keep].sum() == 0
    assert statistic < stats.chi2.isf(alarm, keep.sum() - 1), (counts, p)


@pytest.mark.parametrize("scheme", ["bytes", "plain"])
@pytest.mark.parametrize("stratify", [False, True])
def test_leaving_and_competing_shares_are_exact(scheme: str, stratify: bool):
    counts = counts_of(make_scenario(star(stratify=stratify), seed=11), scheme)
    assert counts.sum() == ROWS
    for level, row in zip(HAZARDS, counts, strict=True):
        assert_multinomial(row, exact(level))


@pytest.mark.parametrize("stratify", [False, True])
def test_two_runs_have_one_distribution(stratify: bool):
    """Two samples, cell by cell, from other seeds: |z| under the Bonferroni limit of 60 cells."""
    one, other = (
        counts_of(make_scenario(star(stratify=stratify), seed=seed), scheme)
        for seed, scheme in ((21, "bytes"), (22, "plain"))
    )
    n, m = one.sum(axis=1, keepdims=True), other.sum(axis=1, keepdims=True)
    pooled = (one + other) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    seen = one + other >= 20
    z = ((one / n - other / m)[seen]) / error[seen]
    assert seen.sum() >= 50
    assert np.abs(z).max() < stats.norm.isf(FALSE_ALARM / 2 / seen.sum())


def test_steps_are_independent():
    """Ten steps in absorbing ends: leaving by then has P = 1 - exp(-10 h), the shares as in one step."""
    counts = counts_of(make_scenario(star(steps=10), seed=31))
    for level, row in zip(HAZARDS, counts, strict=True):
        assert_multinomial(row, exact(level, 10))


@pytest.mark.parametrize("stratify", [False, True])
def test_nobody_is_passed_over(stratify: bool):
    """Looking at everybody in full gives the same moves, to the last row."""
    scenario = make_scenario(star(stratify=stratify, size=50_000, steps=3), seed=51)
    quick, full = (replicate(scenario, 0, scheme=scheme, keep_states=True) for scheme in ("bytes", "plain"))
    assert np.array_equal(quick.final_states[0, "place"], full.final_states[0, "place"])
    assert np.array_equal(quick.flows, full.flows)


def test_neighbours_move_independently():
    """Eight rows next to each other share a word of random bits, yet two of them leave with P squared."""
    model = star(levels=(0.3,) * len(HAZARDS), size=200_000)
    states = replicate(make_scenario(model, seed=41), 0, keep_states=True).final_states[0, "place"][:200_000]
    left = states != 2
    pairs = np.bincount(left[0::2] * 2 + left[1::2], minlength=4)
    p = 1 - np.exp(-0.3)
    assert_multinomial(pairs, np.array([(1 - p) ** 2, p * (1 - p), p * (1 - p), p * p]))


def run_pairs(low: tuple[float, ...], high: tuple[float, ...], steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give each row's level number and final states under two sets of hazards."""
    seen = []
    for levels in (low, high):
        held = {}

        def look(step: int, line, held=held) -> None:
            held["level"], held["state"] = line.world.root.traits["level"], line.world.state["place"].copy()

        replicate(make_scenario(star(levels, size=40_000, steps=steps), seed=5), 0, observe=look)
        seen.append(held)
    return seen[0]["level"], seen[0]["state"], seen[1]["state"]


@pytest.mark.parametrize("higher", [0.1, 0.3, 4.0])
def test_a_higher_hazard_elsewhere_moves_nobody(higher: float):
    """One class of rows gets a higher hazard, and with it other bounds: every other row does the same."""
    level, before, after = run_pairs((0.01, 0.02, 0.05, 0.3), (higher, 0.02, 0.05, 0.3), steps=5)
    assert np.array_equal(before[level > 0], after[level > 0])
    assert not np.array_equal(before[level == 0], after[level == 0])


def test_a_higher_bound_in_another_regime_moves_nobody():
    """Worlds share draws: what one world needs is not seen by another."""
    low, high = star((0.02, 0.3), size=20_000, steps=4), star((1.0, 5.0), size=20_000, steps=4)
    alone = replicate(make_scenario(low, seed=3), 0, keep_states=True)
    paired = replicate(make_scenario(low, seed=3, other=high), 0, keep_states=True)
    assert np.array_equal(alone.final_states[0, "place"], paired.final_states[0, "place"])
    assert np.array_equal(alone.stocks[0], paired.stocks[0])


@pytest.mark.parametrize(("low", "high"), [(0.02, 0.05), (0.05, 0.25), (0.2, 0.3), (0.4, 3.0)])
def test_a_higher_hazard_keeps_whoever_left(low: float, high: float):
    """With one way out, whoever leaves at a low hazard leaves at a higher one: effects are felt, not redrawn."""
    left = []
    for rate in (low, high):
        model = make_model([make_chain("place", "here gone", {"here -> gone": rate})], 50_000, 1)
        left.append(replicate(make_scenario(model, seed=6), 0, keep_states=True).final_states[0, "place"] == 1)
    assert np.all(left[0] <= left[1])
    gone = int(left[0].sum())
    assert_multinomial(np.array([50_000 - gone, gone]), np.array([np.exp(-low), 1 - np.exp(-low)]))
    assert left[1].sum() > left[0].sum()


def test_children_have_draws_of_their_own():
    """Children of one family leave independently of each other and of their parent under the same hazards."""
    family = make_chain("place", "here gone", {"here -> gone": 0.25})
    child = replace(family, name="pupil", unit="child")
    number = Trait("children", (2.0,), (1.0,))
    units = (Unit("family", 60_000), Unit("child", of="family", number="children"))
    seen = {}

    def look(step: int, line) -> None:
        world, root = line.world, line.world.root
        rows = np.flatnonzero(root.active)
        first = root.first_child[rows]
        seen["code"] = (
            world.state["place"][rows] * 4 + world.state["pupil"][first] * 2 + world.state["pupil"][first + 1]
        )

    model = make_model([family, child], 60_000, 1, units=units, traits=(number,))
    replicate(make_scenario(model, seed=9), 0, observe=look)
    p = 1 - np.exp(-0.25)
    exact8 = [p ** bin(code).count("1") * (1 - p) ** (3 - bin(code).count("1")) for code in range(8)]
    assert_multinomial(np.bincount(seen["code"], minlength=8), np.array(exact8))


def test_the_check_catches_a_hazard_two_percent_off():
    """A negative control: the counts of 300,000 rows rule out a hazard of 1.02 where it is 1."""
    counts = counts_of(make_scenario(star(levels=(1.0,) * len(HAZARDS)), seed=13)).sum(axis=0)
    assert_multinomial(counts, exact(1.0))
    with pytest.raises(AssertionError):
        assert_multinomial(counts, exact(1.02))


def test_a_scheme_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no scheme 'points'; there are bytes and plain"):
        replicate(make_scenario(star(size=10)), 0, scheme="points")
