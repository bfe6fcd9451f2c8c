"""Queues case by case against theory: M/M/4 and M/M/4 with patience, loads from 0.3 to 1.2, in many short replications.

Theory: from an empty start the number in the system is a birth-and-death process whose law at every time is worked
out exactly (queue_path.py), so no warm-up is guessed; its long run is Erlang C and A. 120 independent areas of 20
lengths of help each; numbers waiting and helped, let in at once and within a short time (which tells first come first
served from any other order), and given up. Help lasts from a twentieth of a step to sixteen steps. t-tests at 1e-6
each, 60 in all: a false alarm in 15,000 runs of this file. Negative controls: faults put in on purpose must be caught
by the same tests.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.engine.solvers.by_day.gate import Gate
from sim.engine.solvers.by_day.lives import Lives
from tests.theory.queues.lived import Queue, live, tail
from tests.theory.queues.queue_path import Path

PLACES, END, AREAS = 4, 20, 120
STEP = 0.25
"""Of a length of help."""
SOON = 0.25
FALSE_ALARM = 1e-6
CASES = [(0.3, None), (0.6, None), (0.9, None), (0.3, 2.0), (0.7, 2.0), (1.0, 2.0), (1.2, 2.0)]


def tails(load: float, patience: float | None, step: float = STEP) -> dict[str, float]:
    """Run the queue in all areas and give the tail of everything that is sampled, beside its exact mean."""
    path = Path(PLACES, load * PLACES, patience, END)
    seen = live(Queue(load * PLACES, PLACES, patience=patience), step, END, areas=AREAS, seed=round(100 * load))
    at_points = np.isin(path.times, np.arange(1, round(END / step) + 1) * step)
    early = seen.since <= END - SOON
    found = {
        "waiting": tail(seen.waiting, float(path.waiting()[at_points].mean())),
        "helped": tail(seen.helped, float(path.busy()[at_points].mean())),
        "at once": tail(seen.by_area(seen.wait == 0.0), path.let_in(0.0)),
        "soon": tail(seen.by_area(early & (seen.wait <= SOON)), path.let_in(SOON)),
    }
    return found if patience is None else found | {"left": tail(seen.left, path.left())}


EVERY = [*((load, patience, STEP) for load, patience in CASES), (0.9, None, 20.0), (1.2, 2.0, 20.0), (0.9, 2.0, 0.0625)]


@pytest.mark.parametrize(("load", "patience", "step"), EVERY)
def test_queues_follow_theory(load: float, patience: float | None, step: float):
    found = tails(load, patience, step)
    assert min(found.values()) > FALSE_ALARM, found


def last_come_first_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "order", staticmethod(lambda joined: -joined))


def nobody_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "leave", lambda gate, row: None)


def let_in_a_step_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Free places are filled when a step begins, as at a meeting."""
    fill, open_ = Gate.fill, Gate.open

    def at_the_meeting(gate: Gate, places: list[float]) -> None:
        open_(gate, places)
        for area in range(len(places)):
            fill(gate, area)

    monkeypatch.setattr(Gate, "fill", lambda gate, area: None)
    monkeypatch.setattr(Gate, "open", at_the_meeting)


def waits_in_whole_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait is counted from the start of the step."""
    admit = Lives.admit
    monkeypatch.setattr(Lives, "admit", lambda lives, plan, row, since: admit(lives, plan, row, float(int(since))))


def durations_as_hazards(monkeypatch: pytest.MonkeyPatch) -> None:
    """-ln(1 - p) a step where p a step is meant: help is 13% shorter."""
    monkeypatch.setattr("tests.theory.queues.lived.in_continuous_time", lambda scenario: scenario)


FAULTS = [last_come_first_served, nobody_gives_up, let_in_a_step_late, waits_in_whole_steps, durations_as_hazards]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda value: value.__name__)
def test_the_same_tests_catch_a_fault(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch):
    """At a load of 1.2 with patience, where a wrong order, a wrong wait or a wrong place shows."""
    fault(monkeypatch)
    assert min(tails(1.2, 2.0).values()) < FALSE_ALARM
