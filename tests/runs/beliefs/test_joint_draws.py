"""Figures drawn together, against theory: Gaussian copula (rank correlation, marginals) and Dirichlet (moments, sum).

Sampling errors: a rank correlation of n draws has a standard error below 1 / sqrt(n), a mean sd / sqrt(n), a variance
ratio about sqrt(2 / n) (more in heavy tails); tolerances are four of them or more.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.errors import ModelError
from sim.runs.beliefs.distributions import belief, dirichlet
from sim.runs.beliefs.draws import Uncertain, drawn, uniforms
from sim.runs.beliefs.joint_draws import SharedRow, copula, row_size, triangle
from sim.studies.uncertainty.inputs import study
from sim.studies.uncertainty.question import scenario_of_draw
from tests.places import AGREEMENT

CONFIG = AGREEMENT
MANY = range(20_000)
THREE = [
    Uncertain("a", belief(1.0, 0.5, 1.5)), Uncertain("b", belief(2.0, 1.0, 4.5)),
    Uncertain("c", belief(0.3, 0.2, 0.5, "share")),
]  # fmt: skip
RANKS = {("a", "b"): 0.7, ("a", "c"): -0.4}


def test_rank_correlations_are_those_asked_for():
    values = drawn(THREE, 5, MANY, [copula("abc", RANKS)])
    found = stats.spearmanr(values).statistic
    wanted = np.array([[1, 0.7, -0.4], [0.7, 1, 0], [-0.4, 0, 1]])
    np.testing.assert_allclose(found, wanted, atol=4 / np.sqrt(len(MANY)))


@pytest.mark.parametrize("rank", [-0.9, -0.5, 0.3, 0.7])
def test_scores_are_correlated_as_their_ranks_ask(rank: float):
    """Theory: ranks of normal scores with correlation s correlate by 6 / pi arcsin(s / 2)."""
    factor = copula("ab", {("a", "b"): rank}).factor
    assert 6 / np.pi * np.arcsin((factor @ factor.T)[0, 1] / 2) == pytest.approx(rank, abs=1e-12)


def test_each_figure_is_distributed_as_if_it_were_alone():
    """Kolmogorov and Smirnov's distance of n draws exceeds 1.95 / sqrt(n) with a chance of 0.1%."""
    values = drawn(THREE, 5, MANY, [copula("abc", RANKS)])
    for one, column in zip(THREE, values.T, strict=True):
        assert stats.kstest(column, one.belief.cumulative).statistic < 1.95 / np.sqrt(len(MANY))


def test_what_is_not_correlated_keeps_its_draws_to_the_last_bit():
    alone = drawn(THREE, 5, range(50))
    tied = drawn(THREE, 5, range(50), [copula("ab", {("a", "b"): 0.7})])
    assert np.array_equal(tied[:, 2], alone[:, 2])
    assert np.array_equal(tied[:, 0], alone[:, 0])  # the first of a copula as well
    assert not np.array_equal(tied[:, 1], alone[:, 1])
    assert np.array_equal(drawn(THREE, 5, [7], [copula("ab", {("a", "b"): 0.7})])[0], tied[7])


def test_no_correlation_and_full_correlation():
    """Rank 0 gives the draws of figures alone (to rounding); rank 1 one and the same quantile of both."""
    alone = drawn(THREE, 5, range(50))
    np.testing.assert_allclose(drawn(THREE, 5, range(50), [copula("ab", {("a", "b"): 0.0})]), alone, rtol=1e-9)
    both = drawn(THREE, 5, range(50), [copula("ab", {("a", "b"): 1.0})])
    u = uniforms(5, "a", range(50))
    np.testing.assert_allclose(both[:, 1], THREE[1].belief.quantile(u), rtol=1e-6)


def test_impossible_correlations_are_refused_with_the_pair_at_odds():
    """When a goes with b and with c, b and c cannot go against each other."""
    with pytest.raises(ValueError, match=r"-0\.9 between 'b' and 'c' is at odds"):
        copula("abc", {("a", "b"): 0.8, ("a", "c"): 0.8, ("b", "c"): -0.9})


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_the_triangle_gives_the_matrix_back_also_where_it_is_singular(size: int, seed: int):
    made = np.random.Generator(np.random.PCG64(seed)).standard_normal((size, max(size - 1, 1)))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    matrix = made @ made.T
    lower = triangle(matrix)
    np.testing.assert_allclose(lower @ lower.T, matrix, atol=1e-5)
    assert np.array_equal(lower, np.tril(lower))


def test_moments_of_a_row_are_those_of_a_dirichlet():
    """Mean p, variance p (1 - p) / (size + 1), covariance -p q / (size + 1)."""
    shares, size = (0.5, 0.3, 0.15), 40.0
    row = SharedRow("row", ("a", "b", "c"), shares, size)
    values = drawn(THREE, 11, MANY, [row])
    p = np.array(shares)
    wanted = (np.diag(p) - np.outer(p, p)) / (size + 1)
    np.testing.assert_allclose(values.mean(axis=0), p, atol=4 * np.sqrt(wanted.diagonal().max() / len(MANY)))
    np.testing.assert_allclose(np.cov(values.T), wanted, atol=0.05 * wanted.diagonal().max())
    assert values.sum(axis=1).max() < 1.0  # the rest of 5% takes part


@given(st.lists(st.floats(0.01, 5.0), min_size=2, max_size=7), st.floats(1.0, 1e4), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_shares_without_a_rest_sum_to_exactly_one(weights: list[float], size: float, seed: int):
    shares = np.array(weights) / sum(weights)
    u = np.random.Generator(np.random.PCG64(seed)).uniform(1e-12, 1 - 1e-12, (20, len(weights)))
    values = dirichlet(shares, size, u)
    for row in values.tolist():
        total = 0.0
        for share in row:
            total += share
        assert total == 1.0
    assert values.min() >= 0.0


def test_a_share_of_nothing_stays_nothing():
    values = dirichlet(np.array([0.4, 0.0, 0.6]), 10.0, np.full((3, 3), 0.4))
    assert np.array_equal(values[:, 1], np.zeros(3))
    assert np.array_equal(values.sum(axis=1), np.ones(3))


def test_the_sample_that_intervals_are_worth():
    """Intervals of a Dirichlet of 200 cases, mean +- 1.96 standard deviations, give 200 back."""
    p = np.array([0.2, 0.3, 0.5])
    half = stats.norm.isf(0.025) * np.sqrt(p * (1 - p) / 201)
    assert row_size([belief(m, m - h, m + h) for m, h in zip(p, half, strict=True)]) == pytest.approx(200)
    with pytest.raises(ValueError, match="as wide as those of"):
        row_size([belief(0.1, 0.0, 0.9)])


SETS = ["costs.care.price={value: 50000, low: 40000, high: 60000}"]
ROW = "uncertainty.rows.start={of: [chains.home.start], sample: 50}"


def told(*more: str) -> str:
    with pytest.raises(ModelError) as error:
        study(CONFIG, [*SETS, *more])
    return " ".join(map(str, error.value.problems))


def test_a_config_ties_figures_together():
    free = study(CONFIG, SETS)
    assert free.joint == ()
    names = [one.name for one in free.uncertain]
    first, second = names[:2]
    tied = study(CONFIG, [*SETS, f"uncertainty.correlations.both={{among: [{first}, {second}], rank: 0.9}}"])
    a, b = free.drawn(range(400)), tied.drawn(range(400))
    assert np.array_equal(a[:, 0], b[:, 0])
    assert np.array_equal(a[:, 2:], b[:, 2:])
    assert stats.spearmanr(b[:, 0], b[:, 1]).statistic == pytest.approx(0.9, abs=0.04)


def test_a_config_draws_a_row_of_bare_shares():
    """Shares of a trait, which have no interval of their own, are drawn by their sample and make a model."""
    made = study("national", [
        "effect_set=[measured]", "units.family.size=2000",
        "uncertainty.rows.children={of: [traits.children.shares], sample: 400}",
    ])  # fmt: skip
    at = [i for i, one in enumerate(made.uncertain) if one.name.startswith("traits.children.shares.")]
    assert len(at) == 5
    values = made.drawn([3])[0]
    assert sum(values[at].tolist()) == pytest.approx(1.0, abs=1e-12)  # Python 3.12 adds floats otherwise than 3.11
    scenario = scenario_of_draw(made, values, "measured")
    trait = next(one for one in scenario.worlds[0].model.traits if one.name == "children")
    assert trait.shares == pytest.approx(values[at])
    free = study("national", ["effect_set=[measured]", "units.family.size=2000"])
    assert np.array_equal(np.delete(values, at), free.drawn([3])[0])


def test_what_cannot_be_tied_is_told_with_its_place():
    assert "begins with 'costs.nothing'" in told("uncertainty.correlations.x={among: [costs.nothing], rank: 0.5}")
    assert "is the only figure" in told("uncertainty.correlations.x={among: [costs.care], rank: 0.5}")
    assert "given 2; must be at most 1" in told("uncertainty.correlations.x={among: [costs], rank: 2}")
    assert "there is nothing at 'chains.nothing'" in told("uncertainty.rows.x={of: [chains.nothing], sample: 9}")
    assert "is no number" in told("uncertainty.rows.x={of: [clock], sample: 9}")
