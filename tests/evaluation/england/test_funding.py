"""Money by authority: sums are kept, what is set aside is not seen, the error stated is the one measured."""

from __future__ import annotations

import numpy as np
import pytest

from sim.evaluation.england import funding
from sim.evaluation.england.funding import NATIONAL_GBP, error_range, funding_of, score, spread
from sim.evaluation.england.published import FUNDED, authorities, authority

WEIGHTS = np.array([2.0, 1.0, 4.0, 2.0, 1.0, 1.0])
LONDON = np.array([True, False, True, False, False, False])
PUBLISHED = np.array([60e6, 20e6, np.nan, np.nan, np.nan, np.nan])
TOGETHER = [(np.array([False, False, False, False, True, True]), 10e6)]


def test_three_authorities_by_hand() -> None:
    """London has 30 for each unit of weight and the others 20, so that its weight counts 1.5 times."""
    left = NATIONAL_GBP - 90e6
    expected = [60e6, 20e6, left * 6 / 8, left * 2 / 8, 5e6, 5e6]
    assert spread(WEIGHTS, LONDON, PUBLISHED, TOGETHER) == pytest.approx(expected)


@pytest.mark.parametrize("scale", [1e-3, 7.0])
def test_the_unit_of_weights_does_not_matter_and_the_sum_stays(scale: float) -> None:
    one, other = (spread(w, LONDON, PUBLISHED, TOGETHER) for w in (WEIGHTS, scale * WEIGHTS))
    assert other == pytest.approx(one)
    assert one.sum() == pytest.approx(NATIONAL_GBP)


def test_all_of_england_adds_up_and_published_lines_stand() -> None:
    found = {one.name: funding_of(one) for one in authorities()}
    assert sum(one.gbp for one in found.values()) == pytest.approx(NATIONAL_GBP)
    assert found["Leicestershire"].gbp == 1_671_000
    assert sum(one.is_published for one in found.values()) == 40
    two = [found[f"{side} Northamptonshire"] for side in ("North", "West")]
    assert sum(one.gbp for one in two) == pytest.approx(2_609_600)
    assert all(not one.is_published and one.high <= 2_609_600 for one in two)


def test_a_line_that_is_set_aside_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were Leicestershire's line ten times what it is, what is said of it unseen would be the same."""
    said = {line.authority.name: line.said for line in score()}
    of = tuple(
        one if one.name != "Leicestershire" else type(one)(
            one.name, one.dfe_code, one.ons_code, one.region, {**one.figures, FUNDED: 10 * one.figures[FUNDED]}
        )
        for one in authorities()
    )  # fmt: skip
    monkeypatch.setattr(funding, "authorities", lambda: of)
    again = {line.authority.name: line.said for line in score()}
    assert again["Leicestershire"] == pytest.approx(said["Leicestershire"])
    assert again["Essex"] != pytest.approx(said["Essex"])


def test_the_stated_error_is_that_of_lines_unseen() -> None:
    """40 lines, of which 95% lie within; without London's own factor they would be off by half as much again."""
    low, high, n = error_range()
    ratios = np.array([line.ratio for line in score()])
    assert n == len(ratios) == 40
    assert ((ratios < low) | (ratios > high)).sum() == 2
    off = np.sqrt(np.mean(np.log(ratios) ** 2))
    assert 0.2 < off < 0.3
    assert abs(np.mean(np.log(ratios))) < 0.02


def test_what_is_spread_says_so_with_its_range() -> None:
    kent = funding_of(authority("Kent"))
    assert kent.low < kent.gbp < kent.high
    assert kent.how.startswith("spread by formula")
    assert "40 published lines" in kent.how
