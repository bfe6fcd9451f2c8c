"""Queues in closed form: against published tables, recursion, limits, and birth-and-death processes solved by number.

Published: Erlang's tables of the load that 1% loss allows (10 trunks 4.46, 20: 12.0, 50: 37.9, 100: 84.1, in any
traffic handbook); M/M/1 (waits with probability rho) and M/M/2 (2 rho^2 / (1 + rho)). Solved by number: the stationary
law of a truncated generator, and the course of one arrival that finds so many ahead of it (queue_path.py), which share
no code with the formulas. Everything here is exact arithmetic; tolerances are rounding, or the digits printed.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

import sim
from sim import erlang_a, erlang_b, erlang_c, places_for, wait_c
from tests.theory.queues.queue_path import Path


@pytest.mark.parametrize(("trunks", "load"), [(10, 4.46), (20, 12.03), (50, 37.90), (100, 84.06)])
def test_one_percent_loss_as_in_the_tables(trunks: int, load: float):
    assert erlang_b(trunks, load) == pytest.approx(0.01, abs=5e-5)


def test_one_and_two_places_by_hand():
    """M/M/1: C = rho and mean wait rho / (1 - rho); M/M/2: C = 2 rho^2 / (1 + rho)."""
    for rho in (0.1, 0.5, 0.95):
        assert erlang_c(1, rho) == pytest.approx(rho)
        assert wait_c(1, rho, 2.0).mean == pytest.approx(2.0 * rho / (1 - rho))
        assert erlang_c(2, 2 * rho) == pytest.approx(2 * rho**2 / (1 + rho))
    assert erlang_b(0, 3.0) == 1.0
    assert erlang_b(3, 0.0) == erlang_c(3, 0.0) == 0.0


@pytest.mark.parametrize("load", [0.5, 30.0, 950.0, 4000.0])
def test_loss_obeys_its_recursion_for_any_size(load: float):
    """1 / B(c) = 1 + c / (load B(c - 1)), up to thousands of places."""
    for places in (1, 7, 100, 1000, 5000):
        before, lost = erlang_b(places - 1, load), erlang_b(places, load)
        if lost > 0.0:
            assert 1 / lost == pytest.approx(1 + places / (load * before), rel=1e-12)
        assert 0.0 <= lost <= before <= 1.0


def stationary(places: int, load: float, patience: float | None, most: int) -> np.ndarray:
    """Solve pi Q = 0 for a truncated queue with mean help 1, (n,)."""
    q = Path(places, load, patience, 1.0, most=most).generator(places)
    system = np.vstack([q.T, np.ones(most + 1)])
    return np.linalg.lstsq(system, np.append(np.zeros(most + 1), 1.0), rcond=None)[0]


@pytest.mark.parametrize(("places", "load", "most"), [(1, 0.5, 40), (3, 2.1, 80), (12, 10.0, 140), (40, 37.0, 300)])
def test_delay_is_the_long_run_of_birth_and_death(places: int, load: float, most: int):
    n, share = np.arange(most + 1), stationary(places, load, None, most)
    found = wait_c(places, load)
    assert erlang_c(places, load) == pytest.approx(share[places:].sum(), abs=1e-8)
    assert found.empty == pytest.approx(share[0], abs=1e-8)
    assert found.mean_queue == pytest.approx(share @ np.maximum(n - places, 0), abs=1e-6)
    assert found.mean == pytest.approx(found.mean_queue / load)  # Little
    for time in (0.0, 0.1, 2.0):
        chance = share @ Path(places, load, None, 1.0, most=most).chance(time)
        assert found.within(time) == pytest.approx(chance, abs=1e-8)
        if time > 0:
            assert found.quantile(found.within(time)) == pytest.approx(time)


@pytest.mark.parametrize("patience", [0.2, 1.0, 8.0])
@pytest.mark.parametrize(
    ("places", "load", "most"), [(1, 0.3, 40), (4, 3.9, 70), (4, 4.0, 70), (10, 14.0, 130), (30, 27.0, 130)]
)
def test_patience_is_the_long_run_of_birth_and_death(places: int, load: float, most: int, patience: float):
    n, share = np.arange(most + 1), stationary(places, load, patience, most)
    found, queue = erlang_a(places, load, patience), share @ np.maximum(n - places, 0)
    assert found.waits == pytest.approx(share[places:].sum(), abs=1e-10)
    assert found.mean_queue == pytest.approx(queue, abs=1e-8)
    assert found.leaves == pytest.approx(queue / patience / load, abs=1e-9)
    assert found.occupancy == pytest.approx(share @ np.minimum(n, places) / places, abs=1e-9)
    assert found.empty == pytest.approx(share[0], abs=1e-10)
    for time in (0.0, 0.7, 3.0):
        chance = share @ Path(places, load, patience, 1.0, most=most).chance(time)
        assert found.within(time) == pytest.approx(chance, abs=1e-8)
    # Of those let in, and of all: each is where its own share is reached, and not a hair before.
    for part in (0.5, 0.9, 0.99):
        let_in, gone = found.quantile(part), found.quantile_of_all(part)
        if let_in > 0.0:
            assert found.within(let_in) == pytest.approx(part * (1.0 - found.leaves), abs=1e-12)
        else:
            assert 1.0 - found.waits >= part * (1.0 - found.leaves)
        if gone > 0.0:
            assert found.still_waiting(gone) == pytest.approx(1.0 - part, abs=1e-12)
        else:
            assert found.waits <= 1.0 - part
    # The mean time in the queue is what is left of the survival curve.
    mean, _ = quad(found.still_waiting, 0.0, 60.0 * patience, limit=200)
    assert mean == pytest.approx(found.mean_wait, abs=1e-8)


def test_the_county_hospital() -> None:
    """Hillier and Lieberman, "Introduction to Operations Research", emergency room: 2 patients and 3 cures an hour.

    With one doctor and with two: P0 1/3 and 1/2, Lq 4/3 and 1/12, Wq 2/3 and 1/24 hours, P(Wq > 0) 0.667 and 0.167,
    P(Wq > 1/2) 0.404 and 0.022, P(Wq > 1) 0.245 and 0.003.
    """
    for doctors, printed in (
        (1, (1 / 3, 4 / 3, 2 / 3, 0.667, 0.404, 0.245)),
        (2, (1 / 2, 1 / 12, 1 / 24, 0.167, 0.022, 0.003)),
    ):
        found = wait_c(doctors, 2 / 3, 1 / 3)
        numbers = (found.empty, found.mean_queue, found.mean)
        assert numbers == pytest.approx(printed[:3], rel=1e-12)
        later = (found.waits, 1.0 - found.within(0.5), 1.0 - found.within(1.0))
        assert later == pytest.approx(printed[3:], abs=6e-4)  # three digits, cut or rounded


def test_impatient_callers() -> None:
    """Garnett, Mandelbaum and Reiman (2002), "Designing a call center with impatient customers", table 1.

    Manufacturing and Service Operations Management 4(3):208-227.

    50 agents, 48 calls a minute of a minute each, patience of 2 minutes or none needed: 3.1% give up; mean waits of 3.7
    and 20.8 seconds; nine in ten within 12.5 and 58.1 seconds; 3 and 17 wait; 93% and 96% of agents are busy.
    """
    patient, impatient = wait_c(50, 48.0, 60.0), erlang_a(50, 48.0, 120.0, 60.0)
    assert impatient.leaves == pytest.approx(0.031, abs=5e-4)
    assert (impatient.mean_wait, patient.mean) == pytest.approx((3.7, 20.8), abs=0.05)
    assert patient.quantile(0.9) == pytest.approx(58.1, abs=0.05)
    assert impatient.quantile_of_all(0.9) == pytest.approx(12.5, abs=0.06)
    assert impatient.quantile(0.9) < impatient.quantile_of_all(0.9)
    assert (impatient.mean_queue, patient.mean_queue) == pytest.approx((3, 17), abs=0.5)
    assert impatient.occupancy == pytest.approx(0.93, abs=0.005)


def test_nobody_there() -> None:
    """P0 of M/M/1 is 1 - rho; of any queue without load 1; with endless places exp(-load)."""
    for rho in (0.1, 0.5, 0.95):
        assert wait_c(1, rho).empty == pytest.approx(1 - rho)
        assert erlang_a(1, rho, 1e9).empty == pytest.approx(1 - rho, rel=1e-6)
    assert wait_c(3, 0.0).empty == erlang_a(3, 0.0, 1.0).empty == 1.0
    assert wait_c(60, 5.0).empty == pytest.approx(np.exp(-5.0), rel=1e-12)
    assert erlang_a(7, 5.0, 1.0).empty == pytest.approx(np.exp(-5.0), rel=1e-12)  # patience = help: M/M/infinity


@pytest.mark.parametrize("servers", [100, 150, 200, 1000, 100_000])
@pytest.mark.parametrize("load", [1e-6, 0.5, 3.0, 20.0])
def test_nobody_there_where_places_are_hardly_ever_full(servers: int, load: float) -> None:
    """Places are full in less than 1e-30 of the time, down to shares that no number holds: exp(-load) to rounding."""
    for found in (wait_c(servers, load), erlang_a(servers, load, 2.0)):
        assert found.empty == pytest.approx(np.exp(-load), rel=1e-9)


def test_nobody_there_where_places_are_never_free() -> None:
    """P0 <= 1 / (1 + load + ... + load^c / c!), which a long queue takes far below what a number holds."""
    assert erlang_a(1, 50.0, 1e6).empty == 0.0
    assert erlang_a(100, 2000.0, 2.0).empty == pytest.approx(0.0, abs=1e-290)


def test_quantiles_of_patience_tend_to_those_of_delay_and_of_loss() -> None:
    for places, load in ((1, 0.9), (3, 2.1), (200, 195.0)):
        delay, near, none = wait_c(places, load), erlang_a(places, load, 1e7), erlang_a(places, load, 1e-9)
        for share in (0.2, 0.9, 0.99):
            assert near.quantile(share) == pytest.approx(delay.quantile(share), rel=1e-3, abs=1e-4)
            assert near.quantile_of_all(share) == pytest.approx(delay.quantile(share), rel=1e-3, abs=1e-4)
            assert none.quantile(share) <= 1e-8  # who is let in at all waits for less than anybody's patience


def test_patience_tends_to_delay_and_to_loss():
    """Endless patience below full load is Erlang C, none at all is Erlang B; the gap falls in proportion."""
    for places, load in ((3, 2.1), (200, 190.0), (2000, 1990.0)):
        delay = wait_c(places, load)
        near, nearer = (erlang_a(places, load, patience) for patience in (1e6, 1e7))
        assert nearer.waits == pytest.approx(delay.waits, rel=1e-4)
        assert nearer.mean_wait == pytest.approx(delay.mean, rel=1e-4)
        assert abs(nearer.mean_wait - delay.mean) == pytest.approx(abs(near.mean_wait - delay.mean) / 10, rel=0.02)
        assert nearer.within(0.3) == pytest.approx(delay.within(0.3), abs=1e-4)
        assert erlang_a(places, load, 1e-9).leaves == pytest.approx(erlang_b(places, load), rel=1e-5)
    assert erlang_a(2000, 4000.0, 5.0).leaves == pytest.approx(0.5, rel=1e-9)  # far too few: fluid


def test_times_scale_with_their_unit():
    """Days or months: shares stay and waits scale."""
    days, months = erlang_a(5, 4.5, 60.0, 30.0), erlang_a(5, 4.5, 2.0, 1.0)
    assert days.leaves == pytest.approx(months.leaves)
    assert days.mean_wait == pytest.approx(30 * months.mean_wait)
    assert days.within(15.0) == pytest.approx(months.within(0.5))
    assert wait_c(5, 4.5, 30.0).quantile(0.9) == pytest.approx(30 * wait_c(5, 4.5).quantile(0.9))


@pytest.mark.parametrize("patience", [None, 2.0])
@pytest.mark.parametrize(("load", "share", "within"), [(0.2, 0.9, 0.0), (20.0, 0.8, 0.1), (3000.0, 0.95, 0.02)])
def test_places_are_the_fewest_that_do(load: float, share: float, within: float, patience: float | None):
    """One place fewer misses the service level."""

    def level(places: int) -> float:
        if patience is not None:
            return erlang_a(places, load, patience).within(within)
        return wait_c(places, load).within(within) if load < places else 0.0

    found = places_for(load, share, within, patience=patience)
    assert level(found) >= share
    assert found == 1 or level(found - 1) < share


def test_the_page_on_queues_says_what_comes_out():
    """The figures beside the snippet of docs/queues.md, and its table of sizes."""
    wait, queue = wait_c(10, 8.0, 9.0), erlang_a(10, 12.0, 6.0, 9.0)
    found = [erlang_b(10, 5.0), erlang_c(10, 8.0), wait.mean, wait.within(1.0), wait.quantile(0.9)]
    assert found == pytest.approx([0.0184, 0.41, 1.84, 0.67, 6.3], rel=0.02)
    assert [queue.leaves, queue.mean_wait, queue.within(1.0)] == pytest.approx([0.22, 1.3, 0.44], rel=0.04)
    assert places_for(12.0, 0.8, 1.0, 9.0, 6.0) == 14
    for places, days, patient in ((6, 338, 25), (24, 59, 9), (96, 6, 2), (384, 0, 0)):
        month = 365.25 / 12
        assert wait_c(places, 0.9 * places, 9.0).mean * month == pytest.approx(days, abs=0.5)
        assert erlang_a(places, 0.9 * places, 6.0, 9.0).mean_wait * month == pytest.approx(patient, abs=0.5)


def test_nonsense_is_refused_with_what_to_give():
    for call, message in (
        (lambda: erlang_b(-1, 2.0), r"servers = -1; give a whole number >= 0"),
        (lambda: erlang_b(2.5, 2.0), r"servers = 2.5; give a whole number"),  # type: ignore[arg-type]
        (lambda: erlang_b(2, float("nan")), r"load = nan; give a finite number >= 0"),
        (lambda: erlang_c(3, 3.0), r"load = 3.0 with servers = 3: the queue grows for ever.*erlang_a"),
        (lambda: erlang_a(3, 3.0, 0.0), r"patience = 0.0; give a finite number above 0"),
        (lambda: wait_c(3, 1.0, -1.0), r"service_mean = -1.0"),
        (lambda: wait_c(3, 1.0).quantile(1.0), r"share = 1.0; give a share from 0 to below 1"),
        (lambda: places_for(3.0, 1.0), r"share = 1.0"),
        (lambda: places_for(3.0, 0.5, -1.0), r"within = -1.0; give a finite time >= 0"),
        (lambda: places_for(1.0, 0.9, patience=0.0), r"patience = 0.0"),
        (lambda: erlang_a(0, 1.0, 1.0), r"servers = 0; give a whole number >= 1"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            call()
    assert {"erlang_a", "erlang_b", "erlang_c", "places_for", "wait_c"} <= set(sim.__all__)
