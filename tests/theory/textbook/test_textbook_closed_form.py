"""Small models whose answers are formulas: ``expect`` must give the formula's number, to rounding error.

Tolerance 1e-12 (relative, a few hundred float64 operations) unless a test states another and why.
"""

from collections.abc import Callable
from math import comb, exp, log
from typing import Any

import numpy as np
import pytest

import sim
from tests.places import TEXTBOOK

ROUNDING = 1e-12


def solve(name: str) -> dict[str, Any]:
    """Give the only regime's part of the summary by ``expect``."""
    summary: dict[str, Any] = sim.summarise(sim.expect(sim.load(TEXTBOOK / f"{name}.yaml")))
    return next(iter(summary["regimes"].values()))


def total(result: dict[str, Any], outcome: str) -> float:
    """Give the discounted total per row."""
    return float(result["outcomes"][outcome]["mean"])


def shares(result: dict[str, Any], chain: str, state: str) -> list[float]:
    """Give the share in a state at each point."""
    return [float(share) for share in result["occupancy"][chain][state]]


def test_absorbing_chain_against_fundamental_matrix(record_property: Callable[..., None]) -> None:
    """Visits are a row of (I - Q)^-1, ends that row times R; 0.78^400 < 1e-42 is still inside at the end."""
    passing = np.array([[0.4, 0.5, 0.0], [0.0, 0.5, 0.3], [0.0, 0.4, 0.35]])
    ends = np.array([[0.1, 0.0], [0.2, 0.0], [0.0, 0.25]])
    visits = np.linalg.inv(np.eye(3) - passing)[0]
    result = solve("absorbing")
    found = [total(result, f"in_{name}") for name in ("new", "open", "review")]
    record_property("visits: largest gap to the fundamental matrix, relative", float(np.max(abs(found / visits - 1))))
    assert found == pytest.approx(visits, rel=ROUNDING)
    assert [total(result, f"ends_{name}") for name in ("well", "badly")] == pytest.approx(visits @ ends, rel=ROUNDING)
    assert shares(result, "path", "closed")[-1] == pytest.approx((visits @ ends)[0], rel=ROUNDING)


def test_regular_chain_reaches_its_limit() -> None:
    """Balance across cuts: 0.2 left = 0.1 middle, 0.3 middle = 0.2 right; next eigenvalue 0.8^240 < 1e-23."""
    result = solve("regular")
    limit = [shares(result, "place", state)[-1] for state in ("left", "middle", "right")]
    assert limit == pytest.approx([1 / 6, 1 / 3, 1 / 2], rel=ROUNDING)
    assert shares(result, "place", "right")[0] == 0.25


def test_chain_begun_in_its_limit_stays_there() -> None:
    """``start: stationary`` is the limit, so every point shows it."""
    result = solve("stationary_start")
    for state, share in (("left", 1 / 6), ("middle", 1 / 3), ("right", 1 / 2)):
        assert shares(result, "place", state) == pytest.approx([share] * 13, rel=1e-10)


def test_geometric_stay() -> None:
    """Mean 1 / p = 4, mean square (2 - p) / p^2 = 28 (0.75^200 < 1e-24 is cut off); 0.75^t are inside."""
    result = solve("sojourn")
    assert total(result, "length") == pytest.approx(4, rel=ROUNDING)
    assert total(result, "squared") == pytest.approx(28, rel=ROUNDING)
    assert shares(result, "stay", "inside") == pytest.approx([0.75**t for t in range(201)], rel=ROUNDING)


def test_stay_that_remembers_is_a_renewal_process() -> None:
    """Entries: u(n) = u(n - 2) / 2 + u(n - 3) / 2, u(0) = 1; whoever is outside now enters next step."""
    entries = [1.0, 0.0, 0.5]
    while len(entries) < 62:
        entries.append(entries[-2] / 2 + entries[-3] / 2)
    outside = shares(solve("sojourn_memory"), "stay", "outside")
    assert outside == pytest.approx([0.0, *entries[2:]], rel=ROUNDING)
    assert outside[-1] == pytest.approx(0.4, abs=0.75**30)


def discounted_survival(interest: float, years: int = 20) -> list[float]:
    """Give x^t, the value of one pound in t years if alive, for each point."""
    return [(0.9 / (1 + interest)) ** t for t in range(years + 1)]


def simpson_weights(steps: int) -> list[float]:
    """Give 1/3, 4/3, 2/3, ..., 4/3, 1/3."""
    return [1 / 3, *([4 / 3, 2 / 3] * (steps // 2))[:-1], 1 / 3]


COUNTS = {
    "annuity": [1.0] * 20 + [0.0],
    "annuity_end": [0.0] + [1.0] * 20,
    "annuity_half_cycle": [0.5] + [1.0] * 19 + [0.5],
    "annuity_simpson": simpson_weights(20),
    "annuity_weights": [0.0] * 5 + [1.0] + [0.0] * 14 + [2.5],
}


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_annuity_under_each_way_of_counting(name: str) -> None:
    """Payments are weighted at their points; a death in the move p -> p + 1 has the weight of p + 1."""
    weights, result = COUNTS[name], solve(name)
    for outcome, interest in (("cost", 0.06), ("life_years", 0.015)):
        pay = discounted_survival(interest)
        assert total(result, outcome) == pytest.approx(np.dot(weights, pay), rel=ROUNDING)
    deaths = [0.1 / 1.06 * pay for pay in discounted_survival(0.06)[:-1]]
    assert total(result, "at_death") == pytest.approx(np.dot(weights[1:], deaths), rel=ROUNDING)


def test_annuity_closed_forms() -> None:
    """Due: (1 - x^n) / (1 - x); in arrear: x times that; half-cycle: their mean; each rate its own x."""
    for outcome, interest in (("cost", 0.06), ("life_years", 0.015)):
        x = 0.9 / (1 + interest)
        due = (1 - x**20) / (1 - x)
        found = [total(solve(name), outcome) for name in ("annuity", "annuity_end", "annuity_half_cycle")]
        assert found == pytest.approx([due, x * due, (due + x * due) / 2], rel=ROUNDING)


def test_insurance_and_annuity_add_up() -> None:
    """A pound now buys interest while alive and a pound at death or the end: A = 1 - d a, d = r / (1 + r)."""
    due, insurance = total(solve("annuity"), "cost"), total(solve("annuity_end"), "at_death")
    assert insurance + (0.9 / 1.06) ** 20 == pytest.approx(1 - 0.06 / 1.06 * due, rel=ROUNDING)


def test_monthly_annuity_against_the_integral() -> None:
    """Simpson's rule over a smooth integrand errs by at most (b - a) / 180 h^4 max|f''''| = 3.9e-9 here."""
    force = log(1.06) - log(0.9)
    bound = 20 / 180 * (1 / 12) ** 4 * force**4
    assert total(solve("annuity_monthly"), "cost") == pytest.approx((1 - exp(-20 * force)) / force, abs=bound)


def test_stay_in_stages_has_its_mean_exactly() -> None:
    """Mean 9, mean square 99; still there after t steps: fewer than 3 of t trials succeeded."""
    result = solve("erlang")
    assert total(result, "months") == pytest.approx(9, rel=ROUNDING)
    assert total(result, "squared") == pytest.approx(99, rel=ROUNDING)
    tail = [sum(comb(t, j) * (1 / 3) ** j * (2 / 3) ** (t - j) for j in range(min(t, 2) + 1)) for t in range(60)]
    over = shares(result, "help", "over")
    assert [1 - share for share in over[:60]] == pytest.approx(tail, abs=ROUNDING)


@pytest.mark.parametrize(("name", "points"), [("competing", (1, 12, 36)), ("competing_yearly", (1, 2, 3))])
def test_competing_hazards_share_what_leaves(name: str, points: tuple[int, ...]) -> None:
    """Each end holds h / H of 1 - exp(-H t), so that by year 3 it does not matter how long the step was."""
    hazards = {"recovered": 0.4, "moved": 0.15, "worsened": 0.25}
    result = solve(name)
    for point in points:
        left = 1 - exp(-0.8 * point / (12 if name == "competing" else 1))
        found = [shares(result, "case", state)[point] for state in hazards]
        assert found == pytest.approx([hazard / 0.8 * left for hazard in hazards.values()], rel=ROUNDING)


def test_tables_by_age() -> None:
    """Bands: ten years each at 0.01, 0.05, 0.2. Lines: 0.01 to 55, 0.01 more each year, 0.21 from 75."""
    result = solve("lifetable")
    banded, joined = shares(result, "one", "alive"), shares(result, "two", "alive")
    assert [banded[t] for t in (10, 20, 25, 30)] == pytest.approx([exp(-h) for h in (0.1, 0.6, 1.6, 2.6)], rel=ROUNDING)
    met = (0.06, 0.05 + 2.10, 0.05 + 2.31, 0.05 + 2.31 + 4 * 0.21)  # 1 + ... + 20 = 210, + 21 = 231
    assert [joined[t] for t in (6, 25, 26, 30)] == pytest.approx([exp(-h) for h in met], rel=ROUNDING)


def test_effects_on_rate_probability_and_odds() -> None:
    """From 0.2: twice the rate is 1 - 0.8^2, twice the probability 0.4, three times the odds 3/7."""
    result = solve("scales")
    found = [shares(result, chain, "after")[1] for chain in ("by_rate", "by_probability", "by_odds")]
    assert found == pytest.approx([0.36, 0.4, 3 / 7], rel=ROUNDING)
