"""How often the interval of a run that stops when it is narrow enough holds the truth, on streams whose mean is known.

Theory: with a number of replications fixed beforehand Student's interval of normal streams holds the mean in 95% of
runs. Stopping when the interval is narrow prefers runs whose replications are alike, so that it holds it less often;
with normal streams and an absolute width the chance is E[2 F(h_N) - 1], since mean and spread are independent (Basu).
The rule's loss is held to a point and a half there, and to what is documented for skewed streams. What was asked,
"within", is a wider claim than the interval, and holds at 95% or more with normal streams.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.special import ndtri

from sim.arrays import FloatArray
from sim.errors import ModelError
from sim.intervals import UPPER_TAIL, over_replications
from sim.runs.until.stopping import CEILING, FLOOR, GROWTH, Limits, Precision, needed, next_look

RUNS = 3000
SE = math.sqrt(0.95 * 0.05 / RUNS)
"""Standard error of a share of runs, 0.004; bounds below allow three of it."""
LIMITS = Limits()


def stopped(stream: FloatArray, precision: Precision, limits: Limits = LIMITS) -> tuple[int, float, float]:
    """Follow the rule along a stream: how many were taken, their mean, and half of their interval."""
    n = limits.floor
    while True:
        estimate = over_replications(stream[:n])
        assert estimate.high is not None
        half, wanted = estimate.high - estimate.mean, precision.half_width(estimate.mean)
        if half <= wanted or n == limits.ceiling:
            return n, estimate.mean, half
        n = next_look(n, needed(n, half, wanted), limits)


@cache
def covered(kind: str, ideal: int) -> tuple[float, float, float]:
    """Give how often the interval, and the width that was asked, hold the mean; and replications over the ideal.

    The ideal is what a run of a known standard deviation would take.
    """
    z = np.random.default_rng([ideal, len(kind)]).standard_normal((RUNS, 8 * ideal + 4 * FLOOR))
    spread = 0.5
    draws, mean, sd = {
        "normal": (z, 0.0, 1.0),
        "normal, relative": (1.0 + 0.3 * z, 1.0, 0.3),
        "lognormal, relative": (
            np.exp(spread * z), math.exp(spread**2 / 2),
            math.exp(spread**2 / 2) * math.sqrt(math.exp(spread**2) - 1.0),
        ),
    }[kind]  # fmt: skip
    width = float(ndtri(UPPER_TAIL)) * sd / math.sqrt(ideal)
    is_relative = "relative" in kind
    precision = Precision(width / mean if is_relative else width, is_relative)
    found = np.array([stopped(stream, precision) for stream in draws])
    error = np.abs(found[:, 1] - mean)
    asked = precision.amount * np.abs(found[:, 1]) if is_relative else width
    return float((error <= found[:, 2]).mean()), float((error <= asked).mean()), float(found[:, 0].mean() / ideal)


@pytest.mark.parametrize("ideal", [10, 24, 40, 150])
@pytest.mark.parametrize("kind", ["normal", "normal, relative"])
def test_interval_of_a_stopped_run_covers_nearly_as_often_as_it_says(kind: str, ideal: int) -> None:
    interval, asked, cost = covered(kind, ideal)
    assert interval >= 0.935 - 3 * SE
    assert asked >= 0.95 - 3 * SE
    assert cost <= max(1.6, 2.3 * FLOOR / ideal)


@pytest.mark.parametrize("ideal", [40, 150])
def test_skewed_streams_lose_no_more_than_is_documented(ideal: int) -> None:
    interval, asked, _ = covered("lognormal, relative", ideal)  # of a fixed 20 it is 0.925: skewness alone loses that
    assert interval >= 0.92 - 3 * SE
    assert asked >= 0.95 - 3 * SE


def test_stopping_at_once_when_narrow_would_lose_much_more() -> None:
    # The test above would be no test if it could not see the loss: looking after each replication from the third on.
    z = np.random.default_rng(5).standard_normal((RUNS, 200))
    count = np.arange(1, z.shape[1] + 1)
    sums, squares = z.cumsum(axis=1), (z * z).cumsum(axis=1)
    variance = np.maximum(squares - sums**2 / count, 0.0)[:, 2:] / (count[2:] - 1)
    half = float(ndtri(UPPER_TAIL)) * np.sqrt(variance / count[2:])
    at = (half <= float(ndtri(UPPER_TAIL)) / math.sqrt(24)).argmax(axis=1)
    rows = np.arange(RUNS)
    naive = float((np.abs(sums[rows, at + 2] / (at + 3)) <= half[rows, at]).mean())
    assert naive < 0.91
    assert covered("normal", 24)[0] > naive + 0.02


def test_looks_grow_by_a_quarter_at_least_and_end_at_the_ceiling() -> None:
    n, seen = FLOOR, [FLOOR]
    while n < CEILING:
        following = next_look(n, needed(n, 1.0, 0.01), LIMITS)
        assert GROWTH * n <= following <= 2 * n or following == CEILING
        n = following
        seen.append(n)
    assert next_look(CEILING, math.inf, LIMITS) == CEILING
    assert len(seen) == 7  # 20, 40, ..., 640, 1000


def test_replications_needed_go_with_the_square_of_the_width() -> None:
    assert needed(20, 2.0, 1.0) == 80.0
    assert needed(20, 0.0, 0.0) == 20.0
    assert needed(20, 1.0, 0.0) == math.inf
    assert Precision(0.02, is_relative=True).half_width(-102.0) == pytest.approx(2.0)
    assert Precision(200.0, is_relative=False).half_width(3.0) == 200.0


def test_limits_without_sense_are_refused() -> None:
    with pytest.raises(ModelError, match="must be 10 or more"):
        Limits(floor=3)
    with pytest.raises(ModelError, match="below --at-least"):
        Limits(ceiling=15)
