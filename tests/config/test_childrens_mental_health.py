"""Check the list for children's mental health services against its published levels and against a fluid queue.

Where demand exceeds places, chance hardly matters: a share s of those who join are seen, whoever is first. If all are
seen in turn, all who are seen wait equally long, w with exp(-theta w) = s, theta the rate of giving up; the others
leave before, so that (1 - s) / theta times those who join are on the list. The order changes who waits, not how many.
"""

from functools import cache
from math import log

import pytest
import xarray as xr

import sim
from sim.model.spec import AS_WRITTEN
from sim.results.waits import nation_wait
from sim.results.worlds import WorldName
from tests.places import ROOT

CONFIG = ROOT / "configs" / "scenarios" / "childrens_mental_health.yaml"
SMALLER = 5
TIMES = 20 * SMALLER
"""Children of England for each that is followed."""
YEARS = 6
THETA = 12 / 8.6


@cache
def ran() -> xr.Dataset:
    """A fifth of the rows and of the places; some 6,800 referrals a year in each of four replications."""
    part = [
        f"units.child.size={609150 // SMALLER}",
        f"services.clinic.team.workers={7592 // SMALLER}",
        f"regimes.half_more_places.set={{services.clinic.team.workers: {11388 // SMALLER}}}",
        "replications=4",
    ]
    return sim.simulate(sim.load(CONFIG, part), rows=False)


def a_year(regime: str) -> dict[str, float]:
    """Count children of England: who join, are seen and closed unseen in a year; who wait; months of who is seen."""
    wait = nation_wait(ran(), WorldName(regime, regime, AS_WRITTEN), "clinic")
    assert wait.left is not None
    assert wait.waiting is not None
    yearly = {"seen": wait.admitted * TIMES / YEARS, "closed": wait.left * TIMES / YEARS}
    return yearly | {"joined": sum(yearly.values()), "waiting": wait.waiting * TIMES, "months": wait.mean}


@pytest.mark.parametrize(
    ("what", "published"),
    [("joined", 683_400), ("seen", 0.32 * 949_200), ("closed", 0.39 * 949_200), ("waiting", 0.28 * 949_200)],
)
def test_levels_are_those_published(what: str, published: float) -> None:
    """T-L27, within 4%: chance is 1% of the 2,700 who wait, published shares are whole per cent, 1.5% of a share."""
    assert a_year("as_today")[what] == pytest.approx(published, rel=0.04)


def test_seen_in_turn_they_would_wait_as_a_fluid_queue_says() -> None:
    """In months, within a quarter: places are given out monthly, and the list at the start was not in turn."""
    in_turn = a_year("in_turn")
    share = in_turn["seen"] / in_turn["joined"]
    assert in_turn["months"] == pytest.approx(-12 * log(share) / THETA, abs=0.25)


def test_the_order_changes_who_waits_and_not_how_many() -> None:
    """Within 3%: what is left is chance."""
    as_today, in_turn = a_year("as_today"), a_year("in_turn")
    for what in ("seen", "closed", "waiting"):
        assert in_turn[what] == pytest.approx(as_today[what], rel=0.03)
    assert as_today["waiting"] == pytest.approx((as_today["joined"] - as_today["seen"]) / THETA, rel=0.03)


def test_the_wait_is_about_the_published_one_where_some_are_seen_first() -> None:
    """35 days (T-Q1), within ten: the share that makes it so is a whole per cent, and one more or less is ten days."""
    assert a_year("as_today")["months"] * 30.4 == pytest.approx(35, abs=10)


def test_with_more_places_those_who_are_seen_wait_for_longer() -> None:
    """Those seen first do not wait; the others as a fluid queue of what is left says, within a quarter of a month."""
    more, as_today = a_year("half_more_places"), a_year("as_today")
    first = 0.43 * more["joined"]
    wait = -12 * log((more["seen"] - first) / (more["joined"] - first)) / THETA
    assert more["months"] == pytest.approx((1 - first / more["seen"]) * wait, abs=0.25)
    assert more["months"] > as_today["months"] + 1
    assert more["closed"] < as_today["closed"]
    assert more["waiting"] < as_today["waiting"]
