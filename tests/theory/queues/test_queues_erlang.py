"""Queues lived case by case against Erlang B (loss), C (delay) and A (patience), Pollaczek-Khinchine and Cobham.

Each case runs in 40 or more independent areas; Student's t over areas (not over cases, whose waits are correlated)
holds sums with a mean of exactly 0 in the long run, such as leavers - share x (leavers + let in). A true value is
missed with probability 1e-4 per check (99.99% intervals), about 1% over all the checks here on fresh seeds; the seeds
are fixed. Runs start empty and drop a warm-up of ten or more relaxation times, 1 / (c (1 - sqrt(rho))^2) mean lengths
of help; where those are too long to drop, test_per_family_queues.py has the exact course from an empty start. Help
lasts from a hundredth of a step to twenty steps: in continuous time the step decides nothing.
"""

from __future__ import annotations

import numpy as np
import pytest

import sim
from tests.theory.queues.erlang import erlang_a, erlang_b, erlang_c, mean_wait_c, mean_wait_two_classes
from tests.theory.queues.lived import Queue, Seen, live, tail

FALSE_ALARM = 1e-4
STEPS = [100.0, 4.0, 1.0, 0.05]
"""Days; help lasts a day."""
slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("places", "load_at_1_percent", "load_at_2_percent"),
    [(5, 1.36, 1.66), (10, 4.46, 5.08), (20, 12.03, 13.18)],
)
def test_erlang_b_gives_the_published_traffic_tables(places: int, load_at_1_percent: float, load_at_2_percent: float):
    # The customary table of Erlang's loss formula: offered load by number of lines at 1% and 2% loss, two
    # decimals.
    for load, loss in ((load_at_1_percent, 0.01), (load_at_2_percent, 0.02)):
        assert erlang_b(places, load - 0.006) < loss < erlang_b(places, load + 0.006)


@pytest.mark.parametrize(
    ("places", "waits", "mean_wait"),
    [(1, 0.90, 9.00), (2, 0.85, 4.26), (5, 0.76, 1.53), (10, 0.67, 0.67), (20, 0.55, 0.28)],
)
def test_erlang_c_gives_a_published_table(places: int, waits: float, mean_wait: float):
    # Adan and Resing, Queueing Theory (Eindhoven), table of M/M/c with mean service 1 and occupancy 0.9.
    assert erlang_c(places, 0.9 * places) == pytest.approx(waits, abs=0.0051)
    assert mean_wait_c(places, 0.9 * places, 1.0) == pytest.approx(mean_wait, abs=0.0051)


def test_erlang_a_gives_a_published_example():
    # Garnett, Mandelbaum and Reiman (2002), "Designing a call center with impatient customers", opening
    # example: 50 agents, 48 calls a minute, mean service 1 minute, mean patience 2 minutes: 3.1% leave,
    # mean wait 3.7 s, 93% busy, 3 waiting; without abandonment 20.8 s; without it and with 3.1% fewer calls
    # 8.8 s.
    theory = erlang_a(50, 48.0, 1.0, 2.0)
    assert round(100 * theory.leaves, 1) == 3.1
    assert round(60 * theory.mean_wait, 1) == 3.7
    assert round(100 * theory.busy) == 93
    assert round(theory.mean_queue) == 3
    assert round(60 * mean_wait_c(50, 48.0, 1.0), 1) == 20.8
    assert round(60 * mean_wait_c(50, 48.0 * 0.969, 1.0), 1) == 8.8


def test_the_formulas_meet_at_their_limits():
    # Endless patience turns A into C; no patience at all turns it into B; patience = service is M/M/infinity.
    assert erlang_a(3, 2.1, 1.0, 1e6).waits == pytest.approx(erlang_c(3, 2.1), rel=1e-4)
    assert erlang_a(3, 2.1, 1.0, 1e-9).leaves == pytest.approx(erlang_b(3, 2.1), rel=1e-6)
    like_infinity = erlang_a(3, 2.1, 1.0, 1.0)
    assert like_infinity.busy * 3 + like_infinity.mean_queue == pytest.approx(2.1, rel=1e-12)


def waits_are(seen: Seen, at_once: float, mean: float, within: tuple[float, float]) -> dict[str, float]:
    """Give the tails of three figures of those let in: share at once, mean wait, share within a time (time, share)."""
    late, share = within
    of_each = {"at once": (seen.wait == 0.0) - at_once, "mean": seen.wait - mean, "within": (seen.wait <= late) - share}
    return {name: tail(seen.by_area(value)) for name, value in of_each.items()}


@pytest.mark.parametrize(("places", "step"), [(1, 100.0), (1, 1.0), *((3, step) for step in STEPS)])
def test_delay(places: int, step: float):
    """Erlang C: who is let in at once, the mean wait, nine in ten by its quantile, and the mean number waiting."""
    theory = sim.wait_c(places, 0.5 * places)
    warm_up = max(120 / places, step)
    seen = live(Queue(0.5 * places, places), step, warm_up + (60 if step < 1 else 200), warm_up, seed=places)
    late = theory.quantile(0.9)
    found = waits_are(seen, 1.0 - theory.waits, theory.mean, (late, 0.9))
    found["waiting"] = tail(seen.waiting, theory.mean_queue)
    assert min(found.values()) > FALSE_ALARM, found


@slow
def test_delay_near_full_load():
    """Erlang C at 90% with ten places."""
    theory = sim.wait_c(10, 9.0)
    seen = live(Queue(9.0, 10), 4.0, days=480, warm_up=400, areas=60, seed=9)
    found = waits_are(seen, 1.0 - theory.waits, theory.mean, (theory.quantile(0.9), 0.9))
    assert min(found.values()) > FALSE_ALARM, found


@pytest.mark.parametrize("step", [100.0, 0.05, *(pytest.param(step, marks=slow) for step in (4.0, 1.0))])
@pytest.mark.parametrize(("places", "rho", "patience"), [(5, 0.9, 2.0), pytest.param(3, 1.2, 3.0, marks=slow)])
def test_patience(places: int, rho: float, patience: float, step: float):
    """Erlang A: shares at once and leaving, mean and distribution of waits of those let in, mean number waiting."""
    theory = sim.erlang_a(places, places * rho, patience)
    times = np.linspace(0.0, 40.0 * patience, 20_001)
    beyond = 1.0 - theory.leaves - np.array([theory.within(time) for time in times])  # let in, but later
    mean = float(np.trapezoid(beyond, times)) / (1.0 - theory.leaves)
    warm_up = max(30.0, step)
    days = warm_up + (60 if step < 1 else 100)
    seen = live(Queue(places * rho, places, patience=patience), step, days, warm_up, seed=places)
    at_once, soon = ((theory.within(time)) / (1.0 - theory.leaves) for time in (0.0, 0.5))
    found = waits_are(seen, at_once, mean, (0.5, soon))
    found["left"] = tail(seen.left * (1.0 - theory.leaves) - seen.admitted * theory.leaves)
    found["waiting"] = tail(seen.waiting, theory.mean_queue)
    assert min(found.values()) > FALSE_ALARM, found


@pytest.mark.parametrize("step", [100.0, 1.0])
@pytest.mark.parametrize("stages", [1, 4])
@pytest.mark.parametrize("rho", [0.9, *(pytest.param(rho, marks=slow) for rho in (0.5, 1.2))])
def test_loss(rho: float, stages: int, step: float):
    """Erlang B, with patience of nothing: shares turned away; any distribution of help will do (insensitivity)."""
    places = 3
    lost = erlang_b(places, places * rho)
    seen = live(Queue(places * rho, places, patience=0.0, stages=stages), step, days=200, warm_up=100, seed=stages)
    found = {"left": tail(seen.left * (1.0 - lost) - seen.admitted * lost)}
    found["helped"] = tail(seen.helped, places * rho * (1.0 - lost))
    assert np.all(seen.wait == 0.0)
    assert np.all(seen.waiting == 0.0)
    assert min(found.values()) > FALSE_ALARM, found


@pytest.mark.parametrize("step", [20.0, 0.25])
@pytest.mark.parametrize("stages", [1, 3])
def test_stages_make_help_more_even(stages: int, step: float):
    """Pollaczek-Khinchine, one place at 60%: mean wait = rho (1 + 1 / stages) / (2 (1 - rho)); rho find it taken."""
    rho = 0.6
    seen = live(Queue(rho, 1, stages=stages), step, days=500, warm_up=100, seed=stages)
    mean = rho * (1 + 1 / stages) / (2 * (1 - rho))
    found = {"mean": tail(seen.by_area(seen.wait - mean)), "at once": tail(seen.by_area((seen.wait == 0) - (1 - rho)))}
    found["waiting"] = tail(seen.waiting, rho * mean)
    assert min(found.values()) > FALSE_ALARM, found


@pytest.mark.parametrize("step", [20.0, 0.5])
def test_without_a_limit_nobody_waits(step: float):
    """M/G/infinity: the number helped is Poisson, whatever the distribution of help: its mean and its variance."""
    seen = live(Queue(6.0, None, stages=3), step, days=40, warm_up=20, areas=80, seed=6)
    helped = seen.course[-1, 1]
    assert np.all(seen.wait == 0.0)
    assert tail(helped, 6.0) > FALSE_ALARM
    assert tail((helped - 6.0) ** 2, 6.0) > FALSE_ALARM


def test_over_full_load_the_queue_grows():
    """Without patience at 120% three places let in 3 a day, and the queue grows by what is left: 0.6 a day."""
    seen = live(Queue(3.6, 3), 20.0, days=160, seed=12)
    grown = seen.course[-1, 0] - seen.course[4, 0]  # from day 100 on, when hardly any place is ever free
    assert tail(grown / 60.0, 0.6) > FALSE_ALARM


def test_priority():
    """Cobham: the urgent 30% wait less and the others more, by known amounts, in M/M/3 at 80%."""
    seen = live(Queue(2.4, 3, urgent=0.3), 10.0, days=200, warm_up=100, seed=3)
    for urgency, exact in zip((1, 0), mean_wait_two_classes(3, 2.4, 1.0, 0.3), strict=True):
        assert tail(seen.by_area((seen.wait - exact) * (seen.urgent == urgency))) > FALSE_ALARM


@pytest.mark.parametrize("step", [100.0, 1.0])
def test_the_check_catches_help_that_is_ten_percent_long(step: float):
    """A negative control: against the theory of the right queue, a slightly wrong one must fail."""
    seen = live(Queue(3.6, 3, help=1.1, patience=3.0), step, days=200, warm_up=100, seed=5)
    leaves = sim.erlang_a(3, 3.6, 3.0).leaves
    assert tail(seen.left * (1.0 - leaves) - seen.admitted * leaves) < FALSE_ALARM
