"""Every textbook model by both solvers: ``simulate`` must agree with ``expect`` within Monte Carlo error.

Outcomes by Student's t over the replications, shares by the binomial standard error (4.4 of them), each at 1e-5:
about 500 comparisons, so one false alarm in 200 seeds; the seeds are fixed.
"""

from math import sqrt
from typing import Any

import pytest
from scipy import stats

import sim
from tests.places import TEXTBOOK

NAMES = sorted(p.stem for p in TEXTBOOK.glob("*.yaml") if not p.stem.startswith(("queue_", "dynamics_")))
"""Where rows compete for places or hazards read totals, means of few rows depart from expectations.

test_engine_queues.py and test_system_dynamics.py hold such models against theory of their own.
"""
FALSE_ALARM = 1e-5
LIMIT = float(stats.norm.isf(FALSE_ALARM / 2))


def both(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the summaries by ``simulate`` and by ``expect``."""
    scenario = sim.load(TEXTBOOK / f"{name}.yaml")
    return sim.summarise(sim.simulate(scenario)), sim.summarise(sim.expect(scenario))


def test_every_kind_of_case_is_here() -> None:
    """At least two published models and the closed forms are shipped."""
    published = {"hiv", "hip_replacement", "sick_sicker", "sick_sicker_age"}
    forms = {"absorbing", "regular", "sojourn", "annuity", "erlang", "coupled", "one_child", "competing"}
    assert (published | forms) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_simulate_agrees_with_expect(name: str) -> None:
    """Outcomes, and shares in each state a third, two thirds and all of the way, under every regime."""
    found, exact = both(name)
    rows, freedom = found["families"] * found["replications"], found["replications"] - 1
    ratio = float(stats.t.isf(FALSE_ALARM / 2, freedom) / stats.t.isf(0.025, freedom))
    points = {exact["steps"] // 3, 2 * exact["steps"] // 3, exact["steps"]}
    for regime, wanted in exact["regimes"].items():
        got = found["regimes"][regime]
        for outcome, value in wanted["outcomes"].items():
            mean, low, high = (got["outcomes"][outcome][key] for key in ("mean", "low", "high"))
            allowed = ratio * (high - low) / 2 + 1e-9 * abs(value["mean"])
            assert abs(mean - value["mean"]) <= allowed, f"{regime}: {outcome}"
        for chain, states in wanted["occupancy"].items():
            for state, series in states.items():
                for point in points:
                    error = share_error(series[point], rows)
                    share = got["occupancy"][chain][state][point]
                    at = f"{regime}: {chain} == {state} at {point}"
                    assert abs(share - series[point]) <= LIMIT * error, at


def share_error(share: float, rows: int) -> float:
    """Give the standard error of a share; two children of a family count as one (they are alike at worst).

    The share is taken as at least 20 rows' worth, where the normal approximation holds.
    """
    held = min(max(share, 20 / rows), 1 - 20 / rows)
    return sqrt(held * (1 - held) / rows)
