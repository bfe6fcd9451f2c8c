"""Times that are counted in whole steps fall on steps, or are refused: none is rounded away without a word.

Where a step is a month or shorter, rounding moves a time by half a month at most; steps of a year would make 2.5 years
two, and a lag of six months none.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from sim.config.check.draft import is_near_a_step
from sim.config.loading import load
from sim.errors import ModelError

MODEL = """
title: Times
sources: optional
clock: {{step: {step}, steps: 40}}
units: {{person: {{size: 10, age: {{years: 0}}}}}}
chains: {{life: {{states: [well, ill], ages: {ages}, rates: {{well -> ill: 0.1}}}}}}
feedback: {{late: {{{stock}}}}}
appraisal: {{horizon: {horizon}, evidence_ends: {evidence}, cashability: {{places: {{lines: [beds], lag: {lag}}}}}}}
costs: [{{name: beds, while: life == ill, price: 100}}]
"""
RIGHT = {
    "step": "year", "ages": "[5, 16]", "stock": "delay: total(life == ill), over: 3 years", "horizon": "3",
    "evidence": "24", "lag": "12",
}  # fmt: skip


def study(tmp_path: Path, **other: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(MODEL.format(**{**RIGHT, **other}), encoding="utf-8")
    load(path)


@pytest.mark.parametrize("step", ["year", "quarter", "month", "week", "day"])
def test_times_on_steps_are_right(step: str, tmp_path: Path) -> None:
    stock = f"delay: total(life == ill), over: 2 {step}s"
    study(tmp_path, step=step, stock=stock)
    study(tmp_path, stock="smooth: total(life == ill), over: 1.5 years")


@pytest.mark.parametrize(
    ("wrong", "key", "message"),
    [({"ages": "[5, 16.5]"}, "chains.life.ages", "must fall on steps"),
     ({"step": "5 years", "ages": "[0, 18]", "stock": "delay: total(life == ill), over: 5 years", "horizon": "5",
       "evidence": "60", "lag": "60"}, "chains.life.ages", "must fall on steps"),
     ({"stock": "delay: total(life == ill), over: 2.5 years"}, "feedback.late.over", "whole number of steps from 1"),
     ({"stock": "delay: total(life == ill), over: 3 months"}, "feedback.late.over", "whole number of steps from 1"),
     ({"stock": "smooth: total(life == ill), over: 6 months"}, "feedback.late.over", "follows in a step at least"),
     ({"horizon": "2.5"}, "appraisal.horizon", "must be a whole number of steps"),
     ({"evidence": "18"}, "appraisal.evidence_ends", "must be a whole number of steps"),
     ({"lag": "6"}, "appraisal.cashability.places.lag", "must be a whole number of steps")],
)  # fmt: skip
def test_times_between_steps_are_refused(wrong: dict[str, str], key: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        study(tmp_path, **wrong)
    (problem,) = caught.value.problems
    assert (problem.key, message in problem.message) == (key, True)
    assert "study.yaml:" in problem.where


def test_half_a_month_does_no_harm() -> None:
    week = Fraction(28, 1461)
    assert all(is_near_a_step(Fraction(months, 12), week) for months in range(60))
    assert is_near_a_step(16.0, Fraction(1, 4))
    assert not is_near_a_step(Fraction(1, 12), Fraction(1, 4))
    assert not is_near_a_step(0.5, Fraction(1))
