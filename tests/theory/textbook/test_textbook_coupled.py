"""Chains that affect each other: ``expect`` against matrices on the product space, written out by hand.

Chains move one after another; each reads what the earlier ones have become. So one step of the whole is the
product of one matrix per chain, and a child's matrix acts given its family's new state.
"""

from itertools import product
from math import exp
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import sim
from tests.places import TEXTBOOK

Matrix = npt.NDArray[np.float64]
ROUNDING = 1e-12  # relative; 48 products of matrices of at most 18 states in float64


def solve(name: str) -> dict[str, Any]:
    """Give the only regime's part of the summary by ``expect``."""
    summary: dict[str, Any] = sim.summarise(sim.expect(sim.load(TEXTBOOK / f"{name}.yaml")))
    return next(iter(summary["regimes"].values()))


def row(rates: dict[int, float], stay: int, size: int) -> list[float]:
    """Give one month's probabilities from yearly rates to other states: 1 - exp(-H / 12), shared by rate."""
    out, whole = [0.0] * size, sum(rates.values())
    for target, rate in rates.items():
        out[target] = rate / whole * (1 - exp(-whole / 12))
    out[stay] = exp(-whole / 12)
    return out


def run(start: Matrix, step: Matrix, steps: int) -> Matrix:
    """Give the distribution at each point."""
    points = [start]
    for _ in range(steps):
        points.append(points[-1] @ step)
    return np.array(points)


def test_two_chains_that_affect_each_other() -> None:
    """Need (2 states) moves given functioning; then functioning (3 states) moves given the new need."""
    pairs = list(product(range(2), range(3)))
    first, second = np.zeros((6, 6)), np.zeros((6, 6))
    for here, (need, functioning) in enumerate(pairs):
        arise, recover = 0.6 * (3 if functioning == 2 else 1), 1.2 * (0.5 if functioning >= 1 else 1)
        worse = 2 if need else 1
        need_row = row({1: arise}, 0, 2) if need == 0 else row({0: recover}, 1, 2)
        rates = [{1: 0.9 * worse}, {0: 1.5, 2: 0.8 * worse}, {1: 2.0}][functioning]
        functioning_row = row(rates, functioning, 3)
        for there, (new_need, new_functioning) in enumerate(pairs):
            first[here, there] = need_row[new_need] * (new_functioning == functioning)
            second[here, there] = functioning_row[new_functioning] * (new_need == need)
    points = run(np.outer([0.7, 0.3], [0.7, 0.2, 0.1]).ravel(), first @ second, 48).reshape(49, 2, 3)

    result = solve("coupled")
    assert result["occupancy"]["need"]["present"] == pytest.approx(points[:, 1, :].sum(axis=1), rel=ROUNDING)
    for number, state in enumerate(("stable", "strained", "crisis")):
        wanted = points[:, :, number].sum(axis=1)
        assert result["occupancy"]["functioning"][state] == pytest.approx(wanted, rel=ROUNDING)
    both = float(result["outcomes"]["months_of_both"]["mean"])
    assert both == pytest.approx(points[1:, 1, 2].sum(), rel=ROUNDING)


def test_one_child_and_its_family() -> None:
    """The child moves first, given the family; then the family, given the child."""
    cells = list(product(range(2), range(2)))  # family in crisis, child away
    child, family = np.zeros((4, 4)), np.zeros((4, 4))
    for here, (crisis, away) in enumerate(cells):
        child_row = row({0: 0.6}, 1, 2) if away else row({1: 0.3 * (4 if crisis else 1)}, 0, 2)
        family_row = row({0: 1.4 * (0.25 if away else 1)}, 1, 2) if crisis else row({1: 0.5}, 0, 2)
        for there, (new_crisis, new_away) in enumerate(cells):
            child[here, there] = child_row[new_away] * (new_crisis == crisis)
            family[here, there] = family_row[new_crisis] * (new_away == away)
    points = run(np.array([0.9, 0.1, 0.0, 0.0]), child @ family, 36)

    result = solve("one_child")
    assert result["occupancy"]["care"]["away"] == pytest.approx(points[:, 1] + points[:, 3], rel=ROUNDING)
    assert result["occupancy"]["crisis"]["crisis"] == pytest.approx(points[:, 2] + points[:, 3], rel=ROUNDING)
    months = float(result["outcomes"]["crisis_months"]["mean"])
    assert months == pytest.approx((points[1:, 2] + points[1:, 3]).sum(), rel=ROUNDING)


def family_step(children: int) -> tuple[list[tuple[int, ...]], Matrix]:
    """Give the cells (crisis, child 1, ...) and one step: the family, then each child given the family."""
    cells = [(crisis, *care) for crisis in range(2) for care in product(range(3), repeat=children)]
    family, kids = np.zeros((len(cells), len(cells))), np.zeros((len(cells), len(cells)))
    for here, (crisis, *care) in enumerate(cells):
        fall = 0.5 * (1.7 if 2 in care else 1) * (1.3 if 1 in care else 1) * (1.2 if care.count(1) >= 2 else 1)
        family_row = row({0: 1.4}, 1, 2) if crisis else row({1: fall}, 0, 2)
        harm = 2.5 if crisis else 1
        care_rows = [row([{1: 0.4 * harm}, {0: 1.1, 2: 0.3 * harm}, {0: 0.6}][state], state, 3) for state in care]
        for there, (new_crisis, *new_care) in enumerate(cells):
            family[here, there] = family_row[new_crisis] * (new_care == care)
            moves = [care_row[new] for care_row, new in zip(care_rows, new_care, strict=True)]
            kids[here, there] = np.prod(moves) * (new_crisis == crisis)
    return cells, family @ kids


def test_families_with_one_or_two_children() -> None:
    """40% of families have one child, 60% two: families and their 1.6 children add up exactly."""
    crisis, away = np.zeros(37), np.zeros(37)
    for children, share in ((1, 0.4), (2, 0.6)):
        cells, step = family_step(children)
        start = [
            (0.2 if cell[0] else 0.8) * float(np.prod([(0.85, 0.15, 0.0)[state] for state in cell[1:]]))
            for cell in cells
        ]
        points = run(np.array(start), step, 36)
        crisis += share * points @ np.array([float(cell[0]) for cell in cells])
        away += share * points @ np.array([float(cell[1:].count(2)) for cell in cells])

    result = solve("family_children")
    assert result["occupancy"]["crisis"]["crisis"] == pytest.approx(crisis, rel=ROUNDING)
    assert result["occupancy"]["care"]["away"] == pytest.approx(away / 1.6, rel=ROUNDING, abs=1e-15)
    months = float(result["outcomes"]["crisis_months"]["mean"])
    assert months == pytest.approx(crisis[1:].sum(), rel=ROUNDING)
