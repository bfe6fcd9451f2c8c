"""Published cohort models, reproduced to every digit printed.

Every expected figure is typed from the publication named beside it, as text, so that the number of digits is
the publication's. ``expect`` must print the same digits; ``simulate`` must agree within Monte Carlo error.
"""

from collections.abc import Callable
from typing import Any

import pytest
from scipy import stats

import sim
from tests.places import TEXTBOOK

# Briggs, Claxton and Sculpher (2006), Decision Modelling for Health Economic Evaluation, exercise 2.5 (HIV,
# chapter 2) and its online workbook; digits as typed in the tests of the R package heemod 1.1.0
# (tests/testthat/test_dmhee.R, "exactly match HIV model").
HIV = {
    "one_drug": {"cost": "44663.4535637", "life_years": "7.9912066"},
    "two_drugs": {"cost": "50601.6513312", "life_years": "8.9373889"},
}
HIV_POUNDS_PER_LIFE_YEAR = "6275.95560"

# heemod 1.1.0, article "Simple Markov Models (Homogeneous)", "Result interpretation", column life_year;
# printed as 8585.843 and 17256.937 per 1,000 people (life-table method, that is half-cycle, 50 cycles).
HIV_HALF_CYCLE = {"one_drug": "8.585843", "two_drugs": "17.256937"}

# Briggs, Claxton and Sculpher (2006), exercise 3.5 and its online workbook; digits as typed in the tests of
# heemod 1.1.0 (tests/testthat/test_dmhee.R, "Exactly match THR model"): totals, and shares in years 1 to 8
# (well, revision, revised, dead).
HIP = {
    "standard": {"cost": "512.434658", "qalys": "14.6531896"},
    "np1": {"cost": "610.311818", "qalys": "14.69770986"},
}
HIP_POUNDS_PER_QALY = "2198.486665"
HIP_SHARES = {
    "standard": """
        0.98000000 0.0000000  0.0000000  0.0200000
        0.97265720 0.0007768  0.0000000  0.02656600
        0.96516548 0.00097491 0.00075606 0.03310354
        0.95757109 0.00115802 0.00166964 0.03960125
        0.93783561 0.00132115 0.00268314 0.05816010
        0.91838963 0.00145307 0.00379326 0.07636404
        0.89924305 0.00157339 0.00496429 0.09421927
        0.88040225 0.00168398 0.00618146 0.11173231""",
    "np1": """
        0.98000000 0.00000000 0.00000000 0.02000000
        0.97323145 0.00020255 0.00000000 0.02656600
        0.96645641 0.00025438 0.00019715 0.03309206
        0.95968665 0.00030239 0.00043553 0.03957543
        0.94083683 0.00034529 0.00070021 0.05811767
        0.92232657 0.00038012 0.00099040 0.07630291
        0.90415327 0.00041201 0.00129686 0.09413786
        0.88631355 0.00044144 0.00161577 0.11162924""",
}

# Alarid-Escudero et al. (2023), An Introductory Tutorial on Cohort State-Transition Models in R Using a
# Cost-Effectiveness Analysis Example, Medical Decision Making 43(1):3-20. Tables by the authors' manuscript:
# table 3 (page 12, shares), table 4 (page 17, totals), table 5 (page 18, increments and ratios).
SICK_SICKER = {
    "standard_of_care": {"cost": "151,580", "qalys": "20.711"},
    "strategy_a": {"cost": "284,805", "qalys": "21.499"},
    "strategy_b": {"cost": "259,100", "qalys": "22.184"},
    "strategy_ab": {"cost": "378,875", "qalys": "23.137"},
}
SICK_SICKER_STEPS = [
    ("standard_of_care", "strategy_b", "107,521", "1.473", "72,988"),
    ("strategy_b", "strategy_ab", "119,775", "0.952", "125,764"),
]
SICK_SICKER_SHARES = """
    1.000 0.000 0.000 0.000
    0.859 0.139 0.000 0.002
    0.792 0.189 0.014 0.005
    0.755 0.206 0.032 0.008
    0.729 0.208 0.052 0.011
    0.707 0.206 0.072 0.015"""

# Alarid-Escudero et al. (2023), A Tutorial on Time-Dependent Cohort State-Transition Models in R Using a
# Cost-Effectiveness Analysis Example, Medical Decision Making 43(1):21-41, table 3 (page 19 of the authors'
# manuscript).
SICK_SICKER_AGE = {
    "standard_of_care": {"cost": "116,374", "qalys": "18.879"},
    "strategy_a": {"cost": "218,789", "qalys": "19.636"},
    "strategy_b": {"cost": "202,536", "qalys": "20.199"},
    "strategy_ab": {"cost": "296,300", "qalys": "21.097"},
}
SICK_SICKER_AGE_STEPS = [
    ("standard_of_care", "strategy_b", "86,162", "1.320", "65,288"),
    ("strategy_b", "strategy_ab", "93,764", "0.898", "104,461"),
]

TOTALS = {
    "hiv": HIV,
    "hiv_half_cycle": {regime: {"life_years": text} for regime, text in HIV_HALF_CYCLE.items()},
    "hip_replacement": HIP,
    "sick_sicker": SICK_SICKER,
    "sick_sicker_age": SICK_SICKER_AGE,
}
ONE_BY_ONE = [
    (name, regime, outcome, text)
    for name, regimes in TOTALS.items()
    for regime, outcomes in regimes.items()
    for outcome, text in outcomes.items()
]


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """Solve each published model once with ``expect``: name -> regime -> its part of the summary."""
    return {name: sim.summarise(sim.expect(sim.load(TEXTBOOK / f"{name}.yaml")))["regimes"] for name in TOTALS}


def printed(value: float, like: str) -> str:
    """Print a value with as many decimals (and thousands commas) as the publication did."""
    decimals = len(like.partition(".")[2])
    return f"{value:,.{decimals}f}" if "," in like else f"{value:.{decimals}f}"


def total(summary: dict[str, Any], regime: str, outcome: str) -> float:
    """Give the discounted total per person."""
    return float(summary[regime]["outcomes"][outcome]["mean"])


def compare_shares(summary: dict[str, Any], chain: str, states: list[str], rows: str, first_point: int) -> None:
    """Compare a printed table (one row a point, one column a state) with the occupancy."""
    for point, row in enumerate(rows.split("\n")[1:], start=first_point):
        for state, text in zip(states, row.split(), strict=True):
            share = float(summary["occupancy"][chain][state][point])
            assert printed(share, text) == text, f"{state} at point {point}"


@pytest.mark.parametrize(("name", "regime", "outcome", "text"), ONE_BY_ONE)
def test_published_total_to_every_digit(
    expected: dict[str, Any], name: str, regime: str, outcome: str, text: str, record_property: Callable[..., None]
) -> None:
    """``expect`` prints the publication's own digits."""
    found = printed(total(expected[name], regime, outcome), text)
    said = f"{name}, {regime}, {outcome}".replace("_", " ")
    record_property(f"{said}; printed in the publication: {text}", found)
    assert found == text


@pytest.mark.parametrize(
    ("name", "base", "new", "effect", "text"),
    [
        ("hiv", "one_drug", "two_drugs", "life_years", HIV_POUNDS_PER_LIFE_YEAR),
        ("hip_replacement", "standard", "np1", "qalys", HIP_POUNDS_PER_QALY),
    ],
)
def test_published_cost_effectiveness_ratio(
    expected: dict[str, Any], name: str, base: str, new: str, effect: str, text: str
) -> None:
    """The extra cost per unit of effect, which multiplies any small error, has the printed digits too."""
    costs = total(expected[name], new, "cost") - total(expected[name], base, "cost")
    effects = total(expected[name], new, effect) - total(expected[name], base, effect)
    assert printed(costs / effects, text) == text


@pytest.mark.parametrize(
    ("name", "base", "new", "cost", "qalys", "ratio"),
    [("sick_sicker", *row) for row in SICK_SICKER_STEPS] + [("sick_sicker_age", *row) for row in SICK_SICKER_AGE_STEPS],
)
def test_published_increments(
    expected: dict[str, Any], name: str, base: str, new: str, cost: str, qalys: str, ratio: str
) -> None:
    """Increments along the frontier, taken before rounding, have the printed digits."""
    costs = total(expected[name], new, "cost") - total(expected[name], base, "cost")
    effects = total(expected[name], new, "qalys") - total(expected[name], base, "qalys")
    assert [printed(costs, cost), printed(effects, qalys), printed(costs / effects, ratio)] == [
        cost,
        qalys,
        ratio,
    ]


@pytest.mark.parametrize("regime", ["standard", "np1"])
def test_hip_replacement_shares_by_year(expected: dict[str, Any], regime: str) -> None:
    """Weibull revision by time since the operation, and mortality by age band, year by year."""
    states = ["well", "revision", "revised", "dead"]
    compare_shares(expected["hip_replacement"][regime], "hip", states, HIP_SHARES[regime], first_point=1)


@pytest.mark.parametrize("regime", ["standard_of_care", "strategy_a"])
def test_sick_sicker_shares_by_cycle(expected: dict[str, Any], regime: str) -> None:
    """The printed shares of cycles 0 to 5; treatment A changes nobody's course."""
    states = ["healthy", "sick", "sicker", "dead"]
    compare_shares(expected["sick_sicker"][regime], "course", states, SICK_SICKER_SHARES, first_point=0)


@pytest.mark.parametrize("name", sorted(TOTALS))
def test_simulate_reaches_the_published_totals(name: str) -> None:
    """Simulated means are as near to the printed totals as Student's t over 20 replications allows.

    26 totals at 1e-5 each (5.8 standard errors): a false alarm in one seed out of 4,000. Half a unit of the last
    printed digit is allowed for.
    """
    summary = sim.summarise(sim.simulate(sim.load(TEXTBOOK / f"{name}.yaml")))
    freedom = summary["replications"] - 1
    ratio = float(stats.t.isf(0.5e-5, freedom) / stats.t.isf(0.025, freedom))
    for regime, outcomes in TOTALS[name].items():
        for outcome, text in outcomes.items():
            found = summary["regimes"][regime]["outcomes"][outcome]
            rounding = 0.5 * 10.0 ** -len(text.partition(".")[2])
            allowed = ratio * (found["high"] - found["low"]) / 2 + rounding
            assert found["low"] < found["high"]
            assert abs(found["mean"] - float(text.replace(",", ""))) < allowed, f"{regime}, {outcome}"
