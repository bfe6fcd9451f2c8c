"""Feedback stocks against their closed forms: exponential smoothing and a pure delay of last step's totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

import sim
from sim.engine.feedback import Drive, Feedback, drive_of
from sim.engine.solvers.families import Line, replicate
from sim.errors import ModelError
from sim.language.evaluate import parse
from sim.model.compiled.scope import Moment
from sim.model.spec import Areas, Clock, Model, Stock, Team, Unit


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


def test_an_average_holds_the_last_whole_period() -> None:
    """Periods of three steps: the start until the first is over, then each period's mean during the next."""
    stock = Stock("saved", "average", parse("year"), 3.0, start=parse("7"))
    feedback = Feedback.of(model(stock))
    seen = []
    for flow in [1.0, 2.0, 6.0, 5.0, 5.0, 8.0, 0.0]:
        feedback.advance(model(stock), Moment({"year": flow}))
        seen.append(feedback.levels["saved"])
    assert seen == [7.0, 7.0, 3.0, 3.0, 3.0, 6.0, 6.0]


def test_a_level_adds_its_flow_times_the_step() -> None:
    """Euler with steps of a quarter of a year: 10 + 0.25 x (4 - 8)."""
    stock = Stock("cup", "level", parse("year"), start=parse("10"))
    made = Model(Clock(10, 0.25), (Unit("person", 1),), Areas(), (), (), stocks=(stock,))
    feedback = Feedback.of(made)
    for flow in (4.0, -8.0):
        feedback.advance(made, Moment({"year": flow}))
    assert feedback.levels["cup"] == 9.0
    assert feedback.points(["cup"], 2)[:, 0].tolist() == [10.0, 11.0, 9.0]


def test_stocks_read_each_other_as_they_stood() -> None:
    """Two stocks that swap (each the delay of the other by one step's reading) do so in whichever order they stand."""
    one = Stock("one", "smooth", parse("two"), 1.0, start=parse("1"))
    two = Stock("two", "smooth", parse("one"), 1.0, start=parse("2"))
    for stocks in ((one, two), (two, one)):
        made = Model(Clock(10, 1.0), (Unit("person", 1),), Areas(), (), (), stocks=stocks)
        feedback = Feedback.of(made)
        feedback.advance(made, Moment({}, dict(feedback.levels)))
        assert feedback.levels == {"one": 2.0, "two": 1.0}


def test_a_flow_that_is_no_number_is_refused() -> None:
    """Nothing waits and there are no places: 0 / 0 is named with its cycle, and how to write it."""
    stock = Stock("load", "smooth", parse("waiting(help) / places(help)"), 2.0)
    now = Moment({"cycle": 5.0}, {"waiting(help)": 0.0, "places(help)": 0.0})
    with pytest.raises(ModelError, match=r"feedback.load: comes to nan \(cycle 5\).*max\(total, 1\)"):
        Feedback().advance(model(stock), now)


def test_a_history_that_parts_keeps_its_stocks_and_starts_new_ones() -> None:
    """A stock that both models have goes on; one that only the second has starts; at the very start all do."""
    old, new = (
        Stock("old", "smooth", parse("year"), 2.0, start=parse("1")),
        Stock("new", "level", parse("0"), start=parse("5")),
    )
    first, second = model(old), Model(Clock(10, 1.0), (Unit("person", 1),), Areas(), (), (), stocks=(old, new))
    feedback = Feedback.of(first)
    feedback.advance(first, Moment({"year": 3.0}))
    twin = feedback.part(second, 1)
    assert twin.levels == {"old": 2.0, "new": 5.0}
    twin.advance(second, Moment({"year": 3.0}))
    assert feedback.levels == {"old": 2.0}
    assert feedback.part(second, 0).levels == {"old": 1.0, "new": 5.0}


def test_a_team_is_told_what_it_reads_and_nothing_else() -> None:
    """Neutral numbers where nothing is said; a negative one is refused by name."""
    empty = model(Stock("load", "smooth", parse("year"), 2.0))
    now = Moment({"cycle": 2.0}, {"load": 3.0})
    team = Team({"all": 1.0}, 1.0, turnover_times=parse("1 + load"))
    assert drive_of(empty, "help", team, now) == Drive(4.0, 1.0, 0.0)
    with pytest.raises(ModelError, match=r"services.help.team.time_left: comes to -2 \(cycle 2\)"):
        drive_of(empty, "help", Team({"all": 1.0}, 1.0, time_left=parse("1 - load")), now)
