"""Boxes and break-even surfaces on draws whose box and line are known.

Theory: of n even draws the largest gap that a limit can miss by is of the order of log(n) / n of the range, beside the
slice of 5% that is moved at a time; a plane is a polynomial of second degree, so that its fit is exact.
"""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from sim.economics.boxes import DENSITY, PEEL, find_box
from sim.economics.surface import break_even_surface

N = 600
DRAWS = np.random.default_rng(7).random((N, 5))
INPUTS = {name: DRAWS[:, i] for i, name in enumerate("abcde")}


def test_a_known_box_in_two_inputs_is_found_among_five() -> None:
    holds = (INPUTS["b"] < 0.4) & (INPUTS["d"] > 0.5)
    box = find_box(INPUTS, holds)
    assert box is not None
    ends = {limit.input: (limit.low, limit.high) for limit in box.limits}
    assert set(ends) == {"b", "d"}
    assert ends["b"][0] is None
    assert ends["d"][1] is None
    assert ends["b"][1] == pytest.approx(0.4, abs=PEEL)
    assert ends["d"][0] == pytest.approx(0.5, abs=PEEL)
    assert box.density >= DENSITY
    assert box.coverage > 0.95
    assert box.elsewhere > 0.7
    assert all(limit.chance < 1e-6 for limit in box.limits)
    inside = (INPUTS["b"] <= ends["b"][1]) & (INPUTS["d"] >= ends["d"][0])
    assert box.density == pytest.approx(holds[inside].mean())
    assert box.coverage == pytest.approx(holds[inside].sum() / holds.sum())
    assert box.support == pytest.approx(inside.mean())


def test_one_input_is_named_where_one_is_enough() -> None:
    box = find_box(INPUTS, INPUTS["c"] > 0.7)
    assert box is not None
    assert [limit.input for limit in box.limits] == ["c"]
    assert box.limits[0].high is None
    assert box.limits[0].low is not None
    assert box.limits[0].low == pytest.approx(0.7, abs=PEEL)


def test_the_chance_of_a_limit_is_that_of_as_many_hits_or_more() -> None:
    """P(X >= hits) of a binomial with the share that holds without the limit, added up term by term."""
    box = find_box(INPUTS, INPUTS["c"] > 0.7)
    assert box is not None
    (limit,) = box.limits
    inside, share = INPUTS["c"] >= limit.low, float((INPUTS["c"] > 0.7).mean())
    n, hits = int(inside.sum()), int((inside & (INPUTS["c"] > 0.7)).sum())
    exact = sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(hits, n + 1))
    assert limit.chance == pytest.approx(exact, rel=1e-6, abs=0)


def test_elsewhere_is_what_each_half_says_of_the_other() -> None:
    """Limits that one half of the draws gives, counted in the other half; in their own they hold more often."""
    chance = np.random.default_rng(13).random(N)
    holds = np.where((INPUTS["b"] < 0.4) & (INPUTS["d"] > 0.5), chance < 0.85, chance < 0.1)
    found = find_box(INPUTS, holds)
    assert found is not None
    hits = {True: 0, False: 0}
    number = {True: 0, False: 0}
    for half in (np.arange(N) % 2 == 0, np.arange(N) % 2 == 1):
        box = find_box({name: values[half] for name, values in INPUTS.items()}, holds[half])
        assert box is not None
        inside = np.ones(N, np.bool_)
        for one in box.limits:
            low, high = -np.inf if one.low is None else one.low, np.inf if one.high is None else one.high
            inside &= (INPUTS[one.input] >= low) & (INPUTS[one.input] <= high)
        for own in (True, False):
            there = inside & (half if own else ~half)
            hits[own], number[own] = hits[own] + holds[there].sum(), number[own] + there.sum()
    assert found.elsewhere == pytest.approx(hits[False] / number[False])
    assert found.elsewhere < hits[True] / number[True]


@pytest.mark.parametrize(("never", "named"), [(0.05, ["c"]), (0.12, ["a", "c"])])
def test_a_further_input_is_named_where_it_covers_a_twentieth_more(never: float, named: list[str]) -> None:
    """Below ``never`` of the first it does not hold at all: to leave that out covers 2% more, or is needed."""
    a, c, chance = np.random.default_rng(7).random((3, 3000))
    often = np.where(c > 0.7, 0.95, np.where(c > 0.6, 0.45, 0.0))
    box = find_box({"a": a, "c": c}, chance < np.where(a < never, 0.0, often))
    assert box is not None
    assert [limit.input for limit in box.limits] == named


def test_what_holds_by_chance_has_no_box() -> None:
    holds = np.random.default_rng(11).random(N) < 0.3  # of no input
    assert find_box(INPUTS, holds) is None
    assert find_box(INPUTS, np.zeros(N, np.bool_)) is None


def test_what_holds_nearly_everywhere_needs_no_limits() -> None:
    holds = np.arange(N) % 10 > 0
    box = find_box(INPUTS, holds)
    assert box is not None
    assert (box.limits, box.coverage, box.support) == ((), 1.0, 1.0)
    assert box.density == pytest.approx(0.9)


def test_inputs_of_a_few_values_are_cut_between_them() -> None:
    steps = np.floor(5 * INPUTS["a"])
    box = find_box({"steps": steps, "b": INPUTS["b"]}, steps >= 3)
    assert box is not None
    assert [(one.input, one.low, one.high) for one in box.limits] == [("steps", 3.0, None)]
    assert box.density == box.coverage == 1.0


def test_break_even_line_of_a_plane_is_exact() -> None:
    x, y = 2.0 + INPUTS["a"], 10.0 * INPUTS["b"]
    noise = 0.3 * (INPUTS["c"] - 0.5)
    found = break_even_surface(("x", "y"), np.stack([x, y], axis=1), 3.0 * x - 0.8 * y - 3.5)
    assert found.explained == pytest.approx(1.0)
    for told, drawn in ((found.x, x), (found.y, y)):  # told between their 2.5% and 97.5% points, and no further
        assert (told[0], told[-1]) == pytest.approx(tuple(np.quantile(drawn, (0.025, 0.975))))
    for at, crossing in zip(found.x, found.crossing, strict=True):
        assert crossing == pytest.approx((3.0 * at - 3.5) / 0.8, abs=1e-9)
    for row, at_y in zip(found.value, found.y, strict=True):
        assert row == pytest.approx([3.0 * at - 0.8 * at_y - 3.5 for at in found.x], abs=1e-9)
    # What other inputs do averages out: the line is met within three standard errors of the fit.
    rough = break_even_surface(("x", "y"), np.stack([x, y], axis=1), 3.0 * x - 0.8 * y - 3.5 + noise)
    assert rough.crossing == pytest.approx(found.crossing, abs=3 * noise.std() * (6 / N) ** 0.5 * 2 / 0.8)
    assert rough.explained < 1.0


def test_a_surface_of_one_sign_has_no_line() -> None:
    found = break_even_surface(("x", "y"), DRAWS[:, :2], 5.0 + DRAWS[:, 0])
    assert found.crossing == (None,) * len(found.x)
    with pytest.raises(ValueError, match="two of 60 or more"):
        break_even_surface(("x", "y"), DRAWS[:20, :2], DRAWS[:20, 2])
    with pytest.raises(ValueError, match="y is the same in all draws"):
        break_even_surface(("x", "y"), np.stack([DRAWS[:, 0], np.ones(N)], axis=1), DRAWS[:, 2])
