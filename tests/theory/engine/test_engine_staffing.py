"""Turnover, hiring lag and one late grant move waits and places by amounts worked by hand.

Theory: a post that is left at rate q a year and takes L years to fill works a share 1 / (1 + q L) of the time (renewal
theory). With R families a month to be helped for exactly known times, what places lose, waits gain: in a queue that
never empties, every place fewer for a month leaves one case a month (when help lasts a month) waiting a month longer.
Shares over many areas are means of independent posts: limits are at 1e-6 each, six in all; the rest is exact.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.engine.counts.record import QUEUE_COUNTS, TEAM_SERIES, Record
from sim.engine.solvers.families import replicate
from sim.language.evaluate import parse
from sim.model.spec import Areas, Model, Team
from tests.strategies import make_model, make_scenario, make_service, watch

PLACES, WAITING = TEAM_SERIES.index("places"), TEAM_SERIES.index("waiting")
SIX_MONTHS = 6.0
STEPS = 36


def everyone_comes_at_once(**team: Any) -> Model:
    """1,200 families are referred in month 0; help lasts one month exactly; 20 workers hold 1 case each."""
    options = {"workers": {"all": 20.0}, "caseload": 1.0, **team}
    service = make_service("help", team=Team(**options), engaged_steps=1.0)
    return make_model([service], 1200, STEPS, 1 / 12)


def run(built: Model, replication: int = 0) -> Record:
    return replicate(make_scenario(built), replication)


def mean_wait(record: Record) -> float:
    """Mean whole months waited by those admitted."""
    counts = record.waits[0, 0]
    return float(counts @ np.arange(counts.size) / counts.sum())


def referred_once(built: Model) -> Model:
    """Nobody comes again after help."""
    chain = built.chains[0]
    moves = tuple(t for t in chain.transitions if t.source in ("none", "engaged"))
    return replace(built, chains=(replace(chain, transitions=moves),))


def test_without_turnover_twenty_a_month_are_let_in():
    """20 in each of months 0 .. 35, so the mean wait of the 720 is 17.5 months, and 480 still wait."""
    found = run(referred_once(everyone_comes_at_once()))
    assert found.waits[0, 0, :STEPS].tolist() == [20.0] * STEPS
    assert mean_wait(found) == 17.5
    assert found.queue[0, 0, QUEUE_COUNTS.index("waiting")] == 480


def test_one_late_grant_shortens_waits_by_a_known_amount():
    """Ten posts more from month g, so 30 a month then: a month's delay of the grant costs ten families' places.

    In 30 months 20 g + 30 (30 - g) are let in: 790 for g = 11 and 780 for g = 12. They waited 20 x (0 + .. + 11) +
    30 x (12 + .. + 29) = 20 x 66 + 30 x 369 = 12,390 months for g = 12, and for g = 11 ten more of them 11 months each:
    12,500 / 790 = 15.82 against 12,390 / 780 = 15.88 months a family.
    """

    def granted(at: int) -> Record:
        built = everyone_comes_at_once(funding=((at, {"all": 30.0}),), hire_steps=0.0)
        clock = replace(built.clock, steps=30)
        return run(referred_once(replace(built, clock=clock)))

    early, late = granted(11), granted(12)
    assert (early.waits[0, 0].sum(), late.waits[0, 0].sum()) == (790.0, 780.0)
    assert mean_wait(late) == 12_390 / 780
    assert mean_wait(early) == 12_500 / 790
    assert late.team[0, 11, 0, WAITING] - early.team[0, 11, 0, WAITING] == 10


@pytest.mark.parametrize(("lag", "places_lost"), [(0.0, 0), (6.0, 60)])
def test_a_grant_with_and_without_a_hiring_lag(lag: float, places_lost: int):
    """Ten posts from month 6: hired at once, or after six months: 60 place-months and 60 families' help later."""
    found = run(referred_once(everyone_comes_at_once(funding=((6, {"all": 30.0}),), hire_steps=lag)))
    place_months = 6 * 20 + 30 * 30 - places_lost
    assert found.team[0, :, 0, PLACES].sum() == place_months
    assert found.queue[0, 0, QUEUE_COUNTS.index("admitted")] == place_months


def many_areas(turnover: float, lag: float, n_areas: int = 300) -> Model:
    """Three hundred areas of ten posts, each with a queue of some 400 families that does not empty in 36 months."""
    names = tuple(f"a{i}" for i in range(n_areas))
    areas = Areas(names, (1.0,) * n_areas, (True,) * n_areas)
    team = Team(dict.fromkeys(names, 10.0), 1.0, turnover_per_year=turnover, hire_steps=lag)
    service = make_service("help", team=team, engaged_steps=1.0, again=parse(0.0))
    return make_model([service], 400 * n_areas, STEPS, 1 / 12, areas=areas)


@pytest.mark.parametrize(
    ("turnover", "lag", "share"),
    [(0.0, 6.0, 1.0), (0.15, 0.0, 1.0), (0.15, SIX_MONTHS, 1 / 1.075), (0.6, SIX_MONTHS, 1 / 1.3)],
)
def test_turnover_and_lag_together_cost_places(turnover: float, lag: float, share: float):
    """15% leave a year and a post stands empty 6 months: 1 / (1 + 0.15 x 0.5) = 93.0% of places; either alone is free.

    3,000 posts are independent; at any time the number at work has variance at most 3,000 x share x (1 - share), and
    the mean over 36 months at most that. The limit is 5 of these standard errors.
    """
    found = run(many_areas(turnover, lag))
    at_work = found.team[0, :, 0, PLACES].mean() / 3000
    assert abs(at_work - share) <= 5 * np.sqrt(share * (1 - share) / 3000)
    if turnover * lag == 0:
        assert np.all(found.team[0, :, 0, PLACES] == 3000)


def test_turnover_lengthens_waits_by_what_places_it_cost():
    """In a queue that never empties each place gives one case a month: admitted = place-months, waits grow with it.

    With 93.0% of the places the n-th in the queue waits 1 / 0.930 = 1.075 times as long.
    """
    none, some = (run(many_areas(turnover, SIX_MONTHS)) for turnover in (0.0, 0.15))
    for found in (none, some):
        assert found.queue[0, 0, QUEUE_COUNTS.index("admitted")] == found.team[0, :, 0, PLACES].sum()
    let_in = some.queue[0, 0, QUEUE_COUNTS.index("admitted")] / none.queue[0, 0, QUEUE_COUNTS.index("admitted")]
    assert let_in == pytest.approx(1 / 1.075, abs=5 * np.sqrt(0.93 * 0.07 / 3000))
    assert months_until(some, 60_000) / months_until(none, 60_000) == pytest.approx(1.075, rel=0.03)


def months_until(record: Record, families: int) -> float:
    """Give the month (with its part) in which that many have been let in."""
    reached = np.cumsum(record.waits[0, 0])
    month = int(np.searchsorted(reached, families))
    before = reached[month - 1] if month else 0.0
    return month + (families - before) / (reached[month] - before)


def everyone_waits(**team: Any) -> Model:
    """Everyone is referred in step 0 and help lasts for ever: admissions show places as they come."""
    return make_model([make_service("help", team=Team(**team))], 60, 12, 1 / 12)


def admissions(built: Model) -> list[int]:
    seen = watch(make_scenario(built), lambda step, line: int(line.world.busy["help"].sum()))
    return np.diff([0, *seen]).tolist()


def test_meetings_every_third_month():
    """6 places in month 0; 6 more granted from month 4 are given out in the next meeting, month 6."""
    team = {"workers": {"all": 2.0}, "caseload": 3.0, "meeting_steps": 3, "funding": ((4, {"all": 4.0}),)}
    assert admissions(everyone_waits(**team)) == [6, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0]


def test_late_places_wait_for_the_hiring_lag():
    """Three posts granted from month 4 are filled 2 months later and take 3 cases each at the meeting of month 6."""
    team = {"workers": {"all": 2.0}, "caseload": 3.0, "hire_steps": 2.0, "funding": ((4, {"all": 5.0}),)}
    assert admissions(everyone_waits(**team)) == [6, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0]


def test_nobody_waits_where_queues_are_open():
    built = replace(everyone_waits(workers={"all": 1.0}, caseload=1.0), queues="open")
    assert admissions(built)[:2] == [60, 0]


@pytest.mark.parametrize("places", [0.0, 7.0])
def test_the_record_tells_waits_by_whole_months(places: float):
    """7 places from month 0, 7 more from month 5: 7 families waited 0 months, 7 waited 5, the rest wait still."""
    team = {"workers": {"all": places}, "caseload": 1.0, "funding": ((5, {"all": places + 7.0}),)}
    found = replicate(make_scenario(everyone_waits(**team)), 0)
    assert found.waits[0, 0, [0, 5]].tolist() == [places, 7.0]
    assert found.waits[0, 0].sum() == places + 7.0
