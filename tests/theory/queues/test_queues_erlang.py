"""Simulated queues against Erlang B (loss), C (delay) and A (patience), Pollaczek-Khinchine and Cobham.

Each case is run in independent replications; a t-interval over replications (not over families, whose waits
are correlated) must hold the exact value within k = 4 standard errors. A true value is missed with
probability about 2e-4 per check at 40 replications, about 1% over all the checks here on fresh seeds; the
seeds are fixed. Runs start empty and drop a warm-up of ten or more relaxation times, 1 / (c (1 -
sqrt(rho))^2) mean services.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from sim.engine.fate.draws import key
from sim.engine.solvers.by_day.queue import Queue, QueueResult, simulate_queue
from tests.theory.queues.erlang import erlang_a, erlang_b, erlang_c, mean_wait_c, mean_wait_two_classes

K = 4.0
REPLICATIONS = 40


def replicate(queue: Queue, name: str, horizon: float, warm_up: float = 200) -> list[QueueResult]:
    return [simulate_queue(queue, horizon, warm_up, key(1, name, i)) for i in range(REPLICATIONS)]


def standard_errors(values: list[float], exact: float) -> float:
    """Give the distance of a mean over replications from its exact value, in standard errors."""
    return (float(np.mean(values)) - exact) / (float(np.std(values, ddof=1)) / sqrt(len(values)))


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


@pytest.mark.parametrize("stages", [1, 4])
@pytest.mark.parametrize(("places", "rho"), [(3, 0.3), (3, 0.9), (10, 0.7), (10, 1.2)])
def test_loss(places: int, rho: float, stages: int):
    """Erlang B: shares refused and busy; any distribution of service will do (insensitivity)."""
    load = places * rho
    queue = Queue(load, places, service_mean=1.0, stages=stages, limit=0)
    runs = replicate(queue, f"loss {places} {rho} {stages}", horizon=100 + 4000 / load, warm_up=100)
    lost = erlang_b(places, load)
    assert abs(standard_errors([run.refused / run.arrived for run in runs], lost)) < K
    assert abs(standard_errors([run.occupancy for run in runs], rho * (1 - lost))) < K
    assert all(run.delayed == 0 for run in runs)


@pytest.mark.parametrize(("places", "rho"), [(1, 0.5), (3, 0.3), (3, 0.8), (10, 0.9)])
def test_delay(places: int, rho: float):
    """Erlang C: share that waits, mean queue (arrival rate x mean wait, Little), share of places taken."""
    load, service = places * rho, 2.0
    queue = Queue(load / service, places, service)
    warm_up = 10 * service / (places * (1 - sqrt(rho)) ** 2)
    runs = replicate(queue, f"delay {places} {rho}", warm_up + 4000 / queue.arrival_rate, warm_up)
    mean_queue = queue.arrival_rate * mean_wait_c(places, load, service)
    assert abs(standard_errors([run.delayed / run.arrived for run in runs], erlang_c(places, load))) < K
    assert abs(standard_errors([run.mean_queue for run in runs], mean_queue)) < K
    assert abs(standard_errors([run.occupancy for run in runs], rho)) < K


@pytest.mark.parametrize(
    ("places", "rho", "patience"),
    [(3, 0.3, 3.0), (3, 0.9, 3.0), (3, 1.2, 3.0), (10, 0.9, 0.5), (10, 1.2, 6.0)],
)
def test_patience(places: int, rho: float, patience: float):
    """Erlang A: shares that wait and leave, mean queue, share of places taken, under and over capacity."""
    queue = Queue(places * rho, places, service_mean=1.0, patience_mean=patience)
    theory = erlang_a(places, places * rho, 1.0, patience)
    runs = replicate(queue, f"patience {places} {rho} {patience}", 100 + 3000 / (places * rho), warm_up=100)
    assert abs(standard_errors([run.delayed / run.arrived for run in runs], theory.waits)) < K
    assert abs(standard_errors([run.left / run.arrived for run in runs], theory.leaves)) < K
    assert abs(standard_errors([run.mean_queue for run in runs], theory.mean_queue)) < K
    assert abs(standard_errors([run.occupancy for run in runs], theory.busy)) < K


def test_wait_of_all_who_came():
    """Waits themselves: of those admitted and those who left together, the mean is Erlang A's."""
    runs = replicate(Queue(2.7, 3, 1.0, patience_mean=3.0), "waits", horizon=1300, warm_up=100)
    means = [(run.waits.sum() + run.waits_left.sum()) / (run.admitted + run.left) for run in runs]
    assert abs(standard_errors(means, erlang_a(3, 2.7, 1.0, 3.0).mean_wait)) < K


@pytest.mark.parametrize("stages", [1, 3])
def test_stages_make_service_more_even(stages: int):
    """Pollaczek-Khinchine, one place: mean queue = rho^2 (1 + 1 / stages) / (2 (1 - rho))."""
    rho = 0.6
    runs = replicate(Queue(rho, 1, 1.0, stages=stages), f"stages {stages}", horizon=5000)
    exact = rho**2 * (1 + 1 / stages) / (2 * (1 - rho))
    assert abs(standard_errors([run.mean_queue for run in runs], exact)) < K


def test_priority():
    """Cobham: the urgent 30% wait less and the others more, by known amounts, in M/M/3 at 80%."""
    runs = replicate(Queue(2.4, 3, 1.0, class_shares=(0.3, 0.7)), "priority", horizon=2300, warm_up=300)
    for urgency, exact in enumerate(mean_wait_two_classes(3, 2.4, 1.0, 0.3)):
        means = [float(run.waits[run.classes == urgency].mean()) for run in runs]
        assert abs(standard_errors(means, exact)) < K


def test_the_check_catches_a_service_that_is_five_percent_long():
    """A negative control: against the theory of the right queue, a slightly wrong one must fail."""
    runs = replicate(Queue(3.6, 3, 1.05, patience_mean=3.0), "control", horizon=1500, warm_up=100)
    theory = erlang_a(3, 3.6, 1.0, 3.0)
    assert abs(standard_errors([run.left / run.arrived for run in runs], theory.leaves)) > K


@pytest.mark.parametrize(
    "queue",
    [
        Queue(3.6, 3, 1.0, patience_mean=2.0, class_shares=(0.2, 0.8)),
        Queue(3.6, 3, 1.0, limit=4, stages=2),
        Queue(3.6, 3, 1.0),
        Queue(1.0, 0, 1.0, patience_mean=2.0),
    ],
)
def test_everyone_is_accounted_for(queue: Queue):
    run = simulate_queue(queue, horizon=400, warm_up=50, seed_key=3)
    assert run.arrived == run.admitted + run.left + run.refused + run.waiting
    assert run.admitted == run.waits.size == run.classes.size
    assert run.left == run.waits_left.size
    assert 0 <= run.occupancy <= 1 + 1e-12  # a sum of thousands of spans
    assert abs(run.arrived - 350 * queue.arrival_rate) < K * sqrt(350 * queue.arrival_rate)  # Poisson
    if queue.limit is not None:
        assert run.mean_queue < queue.limit


def test_littles_law_holds_exactly_when_nobody_is_left_waiting():
    run = simulate_queue(Queue(2.0, 3, 1.0, patience_mean=2.0), horizon=1000, warm_up=0, seed_key=6)
    assert run.waiting == 0
    assert run.mean_queue * 1000 == pytest.approx(run.waits.sum() + run.waits_left.sum(), rel=1e-9)


def test_more_places_shorten_every_wait():
    """Arrivals and services are keyed by case: first come, first served, an added place hurts nobody."""
    few, more = (simulate_queue(Queue(2.7, places, 1.0), horizon=2000, warm_up=0, seed_key=5) for places in (3, 4))
    assert few.arrived == more.arrived
    assert np.all(more.waits[: few.admitted] <= few.waits + 1e-9)
    assert more.waits.sum() < few.waits.sum()


def test_a_longer_run_has_the_same_beginning():
    short, long = (simulate_queue(Queue(2.7, 3, 1.0), horizon, 0, seed_key=5) for horizon in (500, 5000))
    assert np.array_equal(short.waits, long.waits[: short.admitted])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"arrival_rate": 0.0}, "arrival_rate = 0.0; give a finite number above 0"),
        ({"service_mean": float("inf")}, "service_mean = inf"),
        ({"patience_mean": -1.0}, "patience_mean = -1.0"),
        ({"places": -1}, "places = -1; give a whole number >= 0"),
        ({"stages": 0}, "stages = 0; give a whole number >= 1"),
        ({"limit": -2}, "limit = -2"),
        ({"class_shares": (0.5, 0.4)}, "class_shares = .*; give shares >= 0 that sum to 1"),
    ],
)
def test_a_queue_that_makes_no_sense_is_refused(given: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        Queue(**{"arrival_rate": 1.0, "places": 1, "service_mean": 1.0, **given})  # type: ignore[arg-type]


def test_a_warm_up_longer_than_the_run_is_refused():
    with pytest.raises(ValueError, match="give 0 <= warm_up < horizon"):
        simulate_queue(Queue(1.0, 1, 1.0), horizon=10, warm_up=10, seed_key=1)
