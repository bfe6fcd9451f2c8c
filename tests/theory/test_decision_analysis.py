"""Value of information, frontiers, Shapley shares, Sobol indices and transfers against closed forms and axioms.

Linear-normal: with one option at 0 and one at m + sum(b_i x_i), x_i standard normal, knowing a set of inputs with
s^2 = sum(b_i^2) is worth s phi(m / s) - |m| Phi(-|m| / s) (Raiffa and Schlaifer 1961, the unit normal loss).
"""

from __future__ import annotations

import time
import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import norm, sobol_indices, uniform

from sim.economics import voi
from sim.economics.cash.pooling import NotEnoughError, contributions, losers, smallest_transfers
from sim.economics.frontier import acceptability, icer_table, net_benefit, probability_above
from sim.economics.sensitivity import sobol, tornado
from sim.economics.shapley import AdditiveError, shapley
from sim.economics.voi import evpi, evppi, evppi_table, evsi, expected_loss

MEAN, SLOPES = 0.4, np.array([1.0, 0.5, 0.1])


def unit_normal_loss(mean: float, spread: float) -> float:
    return spread * norm.pdf(mean / spread) - abs(mean) * norm.cdf(-abs(mean) / spread)


def linear_normal(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    inputs = np.random.Generator(np.random.PCG64(seed)).standard_normal((n, 3))
    return np.stack([np.zeros(n), MEAN + inputs @ SLOPES], axis=1), inputs


def test_perfect_information_in_the_linear_normal_model():
    samples, _ = linear_normal(200_000)
    found = evpi(samples)
    assert found.value == pytest.approx(
        unit_normal_loss(MEAN, np.sqrt((SLOPES**2).sum())), abs=4 * found.standard_error
    )
    assert expected_loss(samples).min() == pytest.approx(found.value)


@pytest.mark.parametrize("group", [[0], [1], [0, 1], [0, 1, 2]])
def test_partial_information_in_the_linear_normal_model(group: list[int]):
    """The regression is exact here, so that only the draws' own noise is left (four standard errors)."""
    samples, inputs = linear_normal(50_000)
    found = evppi(samples, inputs[:, group])
    assert found.value == pytest.approx(
        unit_normal_loss(MEAN, np.sqrt((SLOPES[group] ** 2).sum())), abs=4 * found.standard_error + 1e-3
    )


def test_partial_information_about_a_bend():
    """f(x) = x^2 - 1 for normal x: E max(x^2 - 1, 0) = 2 phi(1), and a straight line would find nothing."""
    rng = np.random.Generator(np.random.PCG64(5))
    x = rng.standard_normal(40_000)
    samples = np.stack([np.zeros_like(x), x**2 - 1.0 + rng.standard_normal(len(x))], axis=1)
    assert evppi(samples, x).value == pytest.approx(2 * norm.pdf(1.0), rel=0.05)


def test_a_group_is_worth_no_less_than_its_parts():
    samples, inputs = linear_normal(2_000)
    named = {"a": inputs[:, 0], "b": inputs[:, 1], "c": inputs[:, 2]}
    found = evppi_table(samples, named, {"ab": ["a", "b"], "abc": ["a", "b", "c"]})
    assert (
        max(found["a"].value, found["b"].value) <= found["ab"].value <= found["abc"].value <= evpi(samples).value * 1.1
    )


def test_a_fit_that_would_follow_the_noise_is_refused():
    samples, inputs = linear_normal(100)
    with pytest.raises(ValueError, match="would follow the noise"):
        evppi(samples, inputs)


def test_a_trial_is_worth_what_the_preposterior_spread_is_worth():
    samples, inputs = linear_normal(100_000)
    n, n0 = 300, 100
    spread = SLOPES[0] * np.sqrt(n / (n + n0))
    found = evsi(samples, inputs[:, 0], n, n0)
    assert found.value == pytest.approx(unit_normal_loss(MEAN, spread), abs=4 * found.standard_error + 1e-3)
    assert evsi(samples, inputs[:, 0], 0, n0).value == pytest.approx(0.0, abs=1e-9)


def test_twenty_parameters_over_a_thousand_draws_take_seconds():
    rng = np.random.Generator(np.random.PCG64(9))
    inputs = {f"p{i}": rng.standard_normal(1_000) for i in range(20)}
    samples = np.stack([np.zeros(1_000), sum(inputs.values())], axis=1)
    started = time.process_time()
    assert len(evppi_table(samples, inputs)) == 20
    assert time.process_time() - started < 10


def test_a_frontier_with_ties_dominance_and_extended_dominance():
    """Worked by hand: A (0, 0), B (10, 1), C (40, 2), D (50, 4): C is off the line B-D, whose slope is 40 / 3."""
    table = {o.name: o for o in icer_table([0, 10, 40, 50, 60, 10], [0, 1, 2, 4, 3, 1], list("ABCDEF"))}
    assert [table[n].standing for n in "ABCDEF"] == [
        "on the frontier", "on the frontier", "extendedly dominated", "on the frontier", "dominated", "tied",
    ]  # fmt: skip
    assert table["A"].icer is None
    assert table["B"].icer == pytest.approx(10.0)
    assert table["D"].icer == pytest.approx(40.0 / 3.0)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=12))
def test_ratios_rise_along_the_frontier_and_its_options_are_best_somewhere(points: list[tuple[int, int]]):
    costs, effects = [float(c) for c, _ in points], [float(e) for _, e in points]
    front = [o for o in icer_table(costs, effects) if o.standing == "on the frontier"]
    ratios = [o.icer for o in front[1:]]
    assert ratios == sorted(ratios)
    for worth in (0.0, 0.5, 3.0, 100.0):
        best = max(worth * e - c for c, e in points)
        assert max(worth * o.effect - o.cost for o in front) == pytest.approx(best)


def test_acceptability_adds_up_and_ties_share():
    costs, effects = np.array([[0.0, 1.0, 1.0], [0.0, 5.0, 5.0]]), np.array([[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    found = acceptability(costs, effects, [0.5, 3.0])
    assert found.tolist() == [[1.0, 0.0, 0.0], [0.5, 0.25, 0.25]]
    assert net_benefit(costs, effects, 2.0)[0].tolist() == [0.0, 1.0, 1.0]
    assert probability_above(np.array([-1.0, 1.0, 2.0, 3.0]), 0.0) == 0.75


def joint(coalition: frozenset[str]) -> float:
    """Three can build a bridge only together; d is useless; a and b are alike."""
    return 90.0 * ({"a", "b", "c"} <= coalition) + 10.0 * ("c" in coalition)


def test_shapley_axioms():
    shares = {share.player: share.value for share in shapley(joint, "abcd")}
    assert sum(shares.values()) == pytest.approx(joint(frozenset("abcd")))  # efficiency
    assert shares["a"] == pytest.approx(shares["b"])  # symmetry
    assert shares["d"] == pytest.approx(0.0)  # null player
    assert shares["c"] == pytest.approx(40.0)  # additivity: 30 of the bridge, 10 of its own


def test_sampled_shapley_agrees_with_exact_within_its_error():
    weights = {name: i + 1.0 for i, name in enumerate("abcdefghij")}

    def v(coalition: frozenset[str]) -> float:
        return float(sum(weights[p] for p in coalition) ** 2)

    whole = sum(weights.values())
    for share in shapley(v, "abcdefghij", orders=400):  # of a square of a sum: w x whole
        assert share.value == pytest.approx(weights[share.player] * whole, abs=5 * share.standard_error + 1e-9)


def test_sampled_orders_of_a_game_of_threes_are_orders_of_their_own():
    """Nine players in threes, each three worth 9 when whole: 3 each, which no single order gives anybody but by chance.

    Five standard errors; were all orders the same one, the middle of a three would get 0 and no error would be stated.
    """
    threes = [{"a", "b", "c"}, {"d", "e", "f"}, {"g", "h", "i"}]
    found = shapley(lambda some: 9.0 * sum(three <= some for three in threes), "abcdefghi", orders=400)
    for share in found:
        assert share.standard_error > 0
        assert abs(share.value - 3.0) < 5 * share.standard_error
    assert sum(share.value for share in found) == pytest.approx(27.0)


def test_an_additive_value_is_refused():
    with pytest.raises(AdditiveError, match="own gain"):
        shapley(lambda some: 3.0 * len(some), "abc")


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))


def test_sobol_indices_of_ishigami():
    """Ishigami and Homma 1990 with a = 7, b = 0.1: first 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437."""
    found = sobol(ishigami, dict.fromkeys("xyz", (-np.pi, np.pi)), n=4096)
    for index, first, total in zip(found, (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437), strict=True):
        assert index.first == pytest.approx(first, abs=0.02)
        assert index.total == pytest.approx(total, abs=0.02)
        assert index.first_low <= first + 0.01
        assert index.first_high >= first - 0.01


def test_sobol_estimates_are_those_of_scipy():
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(7)))
    dists = [uniform(-np.pi, 2 * np.pi)] * 3
    theirs = sobol_indices(func=ishigami, n=512, dists=dists, random_state=generator)
    ours = sobol(ishigami, dict.fromkeys("xyz", (-np.pi, np.pi)), n=512, seed=7)
    for i, index in enumerate(ours):
        assert index.first == pytest.approx(max(theirs.first_order[i], 0.0), abs=1e-12)
        assert index.total == pytest.approx(theirs.total_order[i], abs=1e-12)


def test_sobol_intervals_are_seeded_and_hold_the_truth_as_often_as_they_say():
    """X + 2 y of unit ranges: first and total 1/5 and 4/5; 40 seeds, at least 85% of whose 95% intervals hold it.

    Scrambled Sobol points are more even than the random points that a bootstrap takes them for: its intervals are wide.
    """
    given = {"x": (0.0, 1.0), "y": (0.0, 1.0)}
    first = sobol(lambda x: x[0] + 2.0 * x[1], given, n=128, seed=3)
    assert first == sobol(lambda x: x[0] + 2.0 * x[1], given, n=128, seed=3)
    assert first != sobol(lambda x: x[0] + 2.0 * x[1], given, n=128, seed=4)
    held = [
        index.first_low <= truth <= index.first_high and index.total_low <= truth <= index.total_high
        for seed in range(40)
        for index, truth in zip(sobol(lambda x: x[0] + 2.0 * x[1], given, 128, seed), (0.2, 0.8), strict=True)
    ]
    assert np.mean(held) >= 0.85


def test_one_input_has_all_of_the_variance_and_a_constant_none():
    (index,) = sobol(lambda x: x[0] ** 2, {"x": (0.0, 1.0)}, n=16)
    assert index.says == "100% (100% to 100%)"
    assert sobol(lambda x: 0.1 + 0.0 * x[0], {"x": (0.0, 1.0)}, n=16)[0].says == "zero within error"
    assert {index.total for index in sobol(lambda x: 1e9 + 0.0 * x[0], {"x": (0.0, 1.0), "y": (0.0, 1.0)})} == {0.0}


def test_sobol_takes_memory_in_proportion_to_its_points():
    """Twice 8,192 points take at most three times the memory of 8,192; a jackknife would take four times."""
    peaks = []
    for n in (8192, 16384):
        tracemalloc.start()
        sobol(lambda x: x[0] + x[1], {"x": (0.0, 1.0), "y": (0.0, 1.0)}, n=n)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 3 * peaks[0]
    assert peaks[1] < 100e6


def test_an_input_that_does_nothing_is_zero_within_error():
    found = sobol(lambda x: x[0] + 0.0 * x[1], {"does": (0.0, 1.0), "does nothing": (0.0, 1.0)}, n=256)
    assert found[1].says == "zero within error"
    assert found[1].first >= 0.0


def test_a_tornado_is_ordered_by_width():
    swings = tornado(lambda p: 3 * p["a"] - p["b"], {"a": 1.0, "b": 1.0}, {"b": (0.0, 2.0), "a": (0.0, 2.0)})
    assert [(s.name, s.width) for s in swings] == [("a", 6.0), ("b", 2.0)]


def test_smallest_transfers_leave_nobody_worse_off():
    gains = {"council": -30.0, "police": 50.0, "nhs": -10.0, "dwp": 5.0}
    transfers = smallest_transfers(gains)
    after = dict(gains)
    for t in transfers:
        after[t.giver] -= t.pounds
        after[t.taker] += t.pounds
    assert min(after.values()) >= -0.01
    assert sum(t.pounds for t in transfers) == pytest.approx(40.0)
    assert losers(gains) == ["council", "nhs"]
    with pytest.raises(NotEnoughError, match="together lose"):
        smallest_transfers({"council": -30.0, "police": 20.0})


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(-(10**9), 10**9), min_size=2))
def test_the_least_total_is_that_of_the_linear_programme(gains: dict[str, int]):
    names, n = list(gains), len(gains)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    pays = np.array([[float(k == i) - float(k == j) for i, j in pairs] for k in range(n)])
    scale = max(*(abs(gain) for gain in gains.values()), 1)
    solved = linprog(np.ones(len(pairs)), pays, np.array([gains[name] for name in names]) / scale, method="highs")
    if sum(gains.values()) < 0:
        assert not solved.success or -sum(gains.values()) < 1e-6 * scale
        return
    assert sum(t.pounds for t in smallest_transfers(gains)) == pytest.approx(solved.fun * scale, abs=1e-5 * scale)


def test_contributions_follow_their_rule():
    assert contributions(100.0, {"a": 3.0, "b": 1.0, "c": -5.0}) == {"a": 75.0, "b": 25.0, "c": 0.0}
    with pytest.raises(ValueError, match="nothing to share"):
        contributions(100.0, {"a": -1.0})


def test_every_pair_of_coalitions_is_asked_once():
    asked: list[frozenset[str]] = []

    def v(some: frozenset[str]) -> float:
        asked.append(some)
        return float(len(some) ** 2)

    shapley(v, "abcde")
    assert len(asked) == len(set(asked)) == 2**5
    assert all(frozenset(pair) in asked for pair in combinations("abcde", 2))


def test_the_terms_of_a_fit_are_counted_as_they_are_made():
    """A group that is cut down to what the draws bear is never refused: the count is that of the columns."""
    rng = np.random.Generator(np.random.PCG64(4))
    for parameters in (1, 2, 3, 4):
        inputs = rng.standard_normal((400, parameters))
        assert 1 + sum(part.shape[1] for part in voi._terms(inputs)) == voi.terms_of_fit(parameters)
