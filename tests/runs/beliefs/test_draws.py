"""Draws are keyed: each number by a stream of its own, each evidence set by its weight."""

from __future__ import annotations

import pytest

from sim.runs.beliefs.distributions import belief
from sim.runs.beliefs.draws import Uncertain, chosen_set, drawn, uniforms


def test_adding_parameters_or_draws_moves_no_draw():
    one, two = Uncertain("a", belief(1.0, 0.5, 1.5)), Uncertain("b", belief(1.0, 0.5, 1.5))
    assert drawn([one, two], 7, range(5))[:3, 0].tolist() == drawn([one], 7, range(3))[:, 0].tolist()
    assert drawn([one], 7, [4]).item() == drawn([one], 7, range(9))[4, 0]
    assert uniforms(7, "a", [0]).item() != uniforms(7, "b", [0]).item()


def test_evidence_sets_are_mixed_by_weight():
    """Binomial: 10,000 draws at 0.3 have a standard error of 0.46%; five of them."""
    sets = [chosen_set({"measured": 3.0, "no_effect": 7.0}, 1, draw) for draw in range(10_000)]
    assert sets.count("measured") / 10_000 == pytest.approx(0.3, abs=0.023)
    assert chosen_set({"only": 1.0, "never": 0.0}, 1, 3) == "only"
    with pytest.raises(ValueError, match="not all 0"):
        chosen_set({"measured": 0.0}, 1, 0)
