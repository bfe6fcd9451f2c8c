"""Feedback stocks against their closed forms: exponential smoothing and a pure delay of last step's totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

import sim
from sim.engine.feedback import Feedback
from sim.engine.simulate import Line, replicate
from sim.model.expressions import parse
from sim.model.scope import Moment
from sim.model.spec import Areas, Clock, Model, Stock, Unit


def model(stock: Stock) -> Model:
    """Make a model that holds one stock and nothing else."""
    return Model(Clock(10, 1.0), (Unit("person", 1),), Areas(), (), (), stocks=(stock,))


@dataclass
class Levels:
    """Collects what a stock shows."""

    seen: list[float] = field(default_factory=list)


def levels(stock: Stock, flows: list[float]) -> list[float]:
    """Feed flows to a stock and list its levels."""
    feedback, seen = Feedback(), []
    for flow in flows:
        feedback.advance(model(stock), Moment({"year": flow}))
        seen.append(feedback.levels[stock.name])
    return seen


def test_smoothing_closes_a_fixed_fraction_of_the_gap() -> None:
    """After n steps of a unit jump the gap is (1 - 1/4)^n."""
    seen = levels(Stock("load", "smooth", parse("year"), 4.0), [0.0] + [1.0] * 6)
    assert seen == pytest.approx([1.0 - 0.75**n for n in range(7)], abs=1e-15)


def test_delay_gives_what_went_in_before() -> None:
    """A delay of three steps shows each flow three steps later; before that the first one."""
    assert levels(Stock("load", "delay", parse("year"), 3.0), [5.0, 1.0, 2.0, 3.0, 4.0]) == [5.0, 5.0, 5.0, 5.0, 1.0]


def test_a_rate_reads_last_steps_stock(tmp_path: Path) -> None:
    """With all of 50 people ill from the start, smoothed over one step, the rate of getting well is 50 x 0.02 a year.

    The stock is 0 in the first step, so nobody gets well in it; later P = 1 - exp(-1) a year.
    """
    path = tmp_path / "loop.yaml"
    path.write_text(
        """
title: A loop
sources: optional
clock: {step: year, steps: 2}
units: {person: {size: 50}}
chains: {ill: {states: [well, ill], start: {ill: 1}, rates: {ill -> well: 0.02 * load}}}
feedback: {load: {smooth: total(ill == ill), over: 1}}
""",
        encoding="utf-8",
    )
    seen = Levels()

    def watch(step: int, line: Line) -> None:
        seen.seen.append(line.feedback.levels["load"])

    record = replicate(sim.load(path), 0, observe=watch)
    assert seen.seen[0] == 50.0
    assert record.stocks[0, 1, 1] == 50.0
    assert 5 <= record.stocks[0, 2, 0] <= 48  # binomial(50, 0.632): outside with probability below 1e-7
