"""Queues case by case against theory: M/M/4 and M/M/4 with patience, loads from 0.3 to 1.2, in many short replications.

Theory: from an empty start the number in the system is a birth-and-death process whose law at every time is worked out
exactly (queue_path.py), so no warm-up is guessed; its long run is Erlang C and A. Both solvers that live in continuous
time are held against it: the pure queue, and the one process a family that whole models run on. 120 replications of 20
lengths of help each; numbers waiting and helped, let in at once and within a short time (which tells first come first
served from any other order), and given up. t-tests at 1e-6 each, 64 in all: a false alarm in 15,000 runs of this file.
Negative controls: seven faults, put in on purpose, must each be caught by the same tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import sim
from sim.engine.fate.draws import key
from sim.engine.solvers.by_day import hazards
from sim.engine.solvers.by_day.gate import Admitted, Gate
from sim.engine.solvers.by_day.lives import Lives
from sim.engine.solvers.by_day.queue import Queue, _Gate, simulate_queue
from sim.engine.solvers.by_day.run import Living
from sim.engine.solvers.run import Run
from sim.model.spec import Areas, Scenario
from tests.places import TEXTBOOK
from tests.theory.queues.queue_path import Path

TEXTBOOK = TEXTBOOK / "queue_patience.yaml"
PLACES, END, REPLICATIONS = 4, 20, 120
STEPS = 4  # a length of help
SOON = 0.25
FALSE_ALARM = 1e-6
CASES = [(0.3, None), (0.6, None), (0.9, None), (0.3, 2.0), (0.7, 2.0), (1.0, 2.0), (1.2, 2.0)]
Sample = dict[str, np.ndarray]


def exact(load: float, patience: float | None, opens: float) -> dict[str, float]:
    """Work out the means of everything that is sampled."""
    path = Path(PLACES, load * PLACES, patience, END, opens)
    at_points = path.times > 0 if opens == 0 else np.isin(path.times, np.arange(1, END * STEPS + 1) / STEPS)
    means = {
        "waiting": float(path.waiting()[at_points].mean()),
        "helped": float(path.busy()[at_points].mean()),
        "at once": path.let_in(0.0),
        "soon": path.let_in(SOON),
    }
    return means if patience is None else means | {"left": path.left()}


def by_case(load: float, patience: float | None) -> Sample:
    """Run the pure queue many times."""
    queue = Queue(load * PLACES, PLACES, 1.0, patience_mean=patience)
    seen: dict[str, list[float]] = {name: [] for name in ("waiting", "helped", "at once", "soon", "left")}
    for replication in range(REPLICATIONS):
        found = simulate_queue(queue, END, 0.0, key(3, f"load {load}", replication))
        early = found.since <= END - SOON
        seen["waiting"].append(found.mean_queue)
        seen["helped"].append(found.occupancy * PLACES)
        seen["at once"].append(found.arrived - found.delayed)
        seen["soon"].append(np.count_nonzero(found.waits[early] <= SOON))
        seen["left"].append(found.left)
    return {name: np.array(values) for name, values in seen.items()}


def areas(load: float, patience: float | None) -> Scenario:
    """Make a scenario of as many independent areas as there are replications, empty at the start."""
    sets = [f"clock.step={1 / STEPS} day", f"clock.steps={END * STEPS}", "queues=per_family", "regimes.four=null"]
    sets += [f"units.case.arrive.poisson={load * PLACES!r} / day", f"services.clinic.team.workers={PLACES}"]
    sets += ["services.clinic.patience=null" if patience is None else f"services.clinic.patience.mean={patience} day"]
    (world,) = sim.load(TEXTBOOK, sets).worlds
    model, names = world.model, tuple(f"a{i}" for i in range(REPLICATIONS))
    unit = replace(model.units[0], warm_up=0, arrivals_per_step=model.units[0].arrivals_per_step * REPLICATIONS)
    chain = model.chains[0]
    assert chain.service is not None
    assert chain.service.team is not None
    team = replace(chain.service.team, workers=dict.fromkeys(names, float(PLACES)))
    chain = replace(chain, service=replace(chain.service, team=team))
    places = Areas(names, (1.0,) * REPLICATIONS, (True,) * REPLICATIONS)
    model = replace(model, units=(unit,), chains=(chain,), areas=places)
    return Scenario("queues", "queues", (replace(world, model=model),), "three", seed=round(100 * load))


def by_family(load: float, patience: float | None) -> Sample:
    """Run a process for each case, in all areas at once."""
    entries: list[Admitted] = []
    run = Run(areas(load, patience), 0, Living(entries.append))
    world = run.lines[0].world
    names = world.chains["clinic"].states
    waiting, helped = [], []
    while run.step < run.last:
        run.advance()
        state = world.state["clinic"]
        waiting.append(in_areas(world.root.area[state == names.index("waiting")]))
        helped.append(in_areas(world.root.area[state == names.index("engaged")]))
    area = world.root.area
    since, until = (np.array([getattr(e, name) for e in entries]) / STEPS for name in ("since", "until"))
    where = area[[e.row for e in entries]]
    counted = since >= 1 / STEPS
    gone = area[world.state["clinic"] == names.index("dropped_out")] if patience else area[:0]
    return {
        "waiting": np.mean(waiting, axis=0),
        "helped": np.mean(helped, axis=0),
        "at once": in_areas(where[counted & (until == since)]),
        "soon": in_areas(where[counted & (until - since <= SOON) & (since <= END - SOON)]),
        "left": in_areas(gone),
    }


def in_areas(area: np.ndarray) -> np.ndarray:
    """Count by area."""
    return np.bincount(area, minlength=REPLICATIONS).astype(np.float64)


SOLVERS: dict[str, tuple[Callable[[float, float | None], Sample], float]] = {
    "pure queue": (by_case, 0.0),
    "per family": (by_family, 1 / STEPS),  # no places before the first step has ended
}


def tails(sample: Sample, means: dict[str, float]) -> dict[str, float]:
    """Give the two-sided tail of Student's t for each mean."""
    return {
        name: float(stats.ttest_1samp(sample[name], mean).pvalue) if np.ptp(sample[name]) > 0 else float(mean == 0)
        for name, mean in means.items()
    }


SLOW = [(0.3, None), (0.3, 2.0), (0.7, 2.0)]
"""Left to the longer run of the tests where a process is one of whole families."""
EVERY = [
    pytest.param(solver, *case, marks=[pytest.mark.slow] if solver == "per family" and case in SLOW else [])
    for solver in SOLVERS
    for case in CASES
]


@pytest.mark.parametrize(("solver", "load", "patience"), EVERY)
def test_queues_follow_theory(solver: str, load: float, patience: float | None):
    run, opens = SOLVERS[solver]
    found = tails(run(load, patience), exact(load, patience, opens))
    assert min(found.values()) > FALSE_ALARM, found


def last_come_first_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "order", staticmethod(lambda joined: -joined))
    monkeypatch.setattr(_Gate, "order", staticmethod(lambda number: -number))


def nobody_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "leave", lambda gate, row: None)
    monkeypatch.setattr(_Gate, "lose_patience", lambda gate, answer: None)


def let_in_a_step_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Free places are filled when a step ends, as at a meeting."""
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
    monkeypatch.setattr(hazards, "_stretch", lambda program: np.ones((*program.targets.shape[:2], 5)))


FAULTS = [
    ("pure queue", last_come_first_served),
    ("pure queue", nobody_gives_up),
    ("per family", last_come_first_served),
    ("per family", nobody_gives_up),
    ("per family", let_in_a_step_late),
    ("per family", waits_in_whole_steps),
    ("per family", durations_as_hazards),
]


@pytest.mark.parametrize(("solver", "fault"), FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_the_same_tests_catch_a_fault(
    solver: str, fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
):
    """At a load of 1.2 with patience, where a wrong order, a wrong wait or a wrong place shows."""
    fault(monkeypatch)
    run, opens = SOLVERS[solver]
    assert min(tails(run(1.2, 2.0), exact(1.2, 2.0, opens)).values()) < FALSE_ALARM
