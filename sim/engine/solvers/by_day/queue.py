"""A queue case by case in SimPy: one process a case, in continuous time, for pure queueing models.

It is the reference for waits, beside Erlang's formulas. Teams that meet once a step, and cases that change
while they wait, are the business of the engine proper.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
import simpy

from sim.arrays import FloatArray, IntArray
from sim.engine.fate.draws import key, uniform

BLOCK = 4096  # arrivals drawn at once


@dataclass(frozen=True)
class Queue:
    """A pure queueing model; times in steps, rates per step.

    Arrivals are Poisson. A case takes one of ``places`` (workers x caseload) for a time of ``stages``
    exponential stages with mean ``service_mean`` in all; while it waits it leaves after an exponential time
    of mean ``patience_mean`` (None: it waits for ever). An arrival that finds every place taken and
    ``limit`` cases waiting is refused (None: no limit; 0: Erlang's loss model). ``class_shares`` are the
    shares of the priority classes, the first served first; within a class it is first come, first served,
    and nobody is put out of a place.
    """

    arrival_rate: float
    places: int
    service_mean: float
    stages: int = 1
    patience_mean: float | None = None
    limit: int | None = None
    class_shares: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        """Refuse what no queue can be."""
        times = {"arrival_rate": self.arrival_rate, "service_mean": self.service_mean}
        if self.patience_mean is not None:
            times["patience_mean"] = self.patience_mean
        for name, value in times.items():
            if not 0.0 < value < np.inf:
                raise ValueError(f"{name} = {value}; give a finite number above 0")
        whole = {"places": (self.places, 0), "stages": (self.stages, 1), "limit": (self.limit or 0, 0)}
        for name, (number, lowest) in whole.items():
            if number < lowest:
                raise ValueError(f"{name} = {number}; give a whole number >= {lowest}")
        if min(self.class_shares, default=-1.0) < 0.0 or abs(sum(self.class_shares) - 1.0) > 1e-9:
            raise ValueError(f"class_shares = {self.class_shares}; give shares >= 0 that sum to 1")


@dataclass(frozen=True, eq=False)
class QueueResult:
    """What became of the cases that arrived after the warm-up, and the mean queue since then.

    ``arrived`` = ``admitted`` + ``left`` + ``refused`` + ``waiting`` (at the horizon). ``delayed`` counts
    those that joined the queue. ``waits`` are the steps waited by those admitted (0 for those who did not
    wait), in order of admission, ``classes`` their priority classes and ``since`` the times at which they
    arrived; ``waits_left`` are the steps waited by those who left. ``occupancy`` is the mean share of places
    taken and ``mean_queue`` the mean number waiting, over time.
    """

    arrived: int
    admitted: int
    left: int
    refused: int
    waiting: int
    delayed: int
    waits: FloatArray
    classes: IntArray
    since: FloatArray
    waits_left: FloatArray
    occupancy: float
    mean_queue: float


def simulate_queue(queue: Queue, horizon: float, warm_up: float, seed_key: int) -> QueueResult:
    """Run a queue that starts empty, from time 0 to ``horizon``, in steps.

    Parameters
    ----------
    queue
        The model.
    horizon
        When the run ends; cases still waiting then are counted as such.
    warm_up
        Arrivals before this time are served but not counted.
    seed_key
        Key of the run. Every time of a case is keyed by its number, so a change of places, patience or
        order of service leaves arrivals and services as they were.

    Returns
    -------
        Counts, waits and time averages.

    Raises
    ------
    ValueError
        If ``warm_up`` is negative or not before ``horizon``.
    """
    if not 0.0 <= warm_up < horizon < np.inf:
        raise ValueError(f"warm_up = {warm_up} and horizon = {horizon}; give 0 <= warm_up < horizon")
    gate = _Gate(simpy.Environment(), queue, warm_up)
    gate.env.process(_arrivals(gate, seed_key, horizon))
    gate.env.run(until=horizon)
    return gate.result(horizon)


@dataclass(eq=False, slots=True)
class _Case:
    """One case: when it came, how urgent, how long it takes and how long it would wait."""

    arrived: float
    rank: int
    service: float
    patience: float
    counted: bool
    answer: simpy.Event | None = None


@dataclass(eq=False)
class _Gate:
    """The places, those who wait for one, and what is counted."""

    env: simpy.Environment
    queue: Queue
    warm_up: float
    taken: int = 0
    n_waiting: int = 0
    line: list[tuple[int, float, _Case]] = field(default_factory=list)  # heap: class, order of joining
    joined: int = 0
    arrived: int = 0
    refused: int = 0
    delayed: int = 0
    waits: list[tuple[float, int, float]] = field(default_factory=list)
    waits_left: list[float] = field(default_factory=list)
    since: float = 0.0
    place_time: float = 0.0
    queue_time: float = 0.0

    def serve(self, case: _Case) -> Generator[simpy.Event, bool, None]:
        """Live through one case: be refused, or wait for a place or out of patience, and be helped."""
        self.arrived += case.counted
        if self.taken < self.queue.places:
            self.shift(taken=1)
        elif self.queue.limit is not None and self.n_waiting >= self.queue.limit:
            self.refused += case.counted
            return
        else:
            admitted = yield self.join(case)
            if not admitted:
                if case.counted:
                    self.waits_left.append(self.env.now - case.arrived)
                return
        if case.counted:
            self.waits.append((self.env.now - case.arrived, case.rank, case.arrived))
        yield self.env.timeout(case.service)
        self.release()

    def join(self, case: _Case) -> simpy.Event:
        """Put a case in the queue and give the event that answers it: True a place, False out of patience."""
        self.delayed += case.counted
        self.joined += 1
        self.shift(waiting=1)
        answer = case.answer = self.env.event()
        heappush(self.line, (case.rank, self.order(self.joined), case))
        if case.patience < np.inf:
            self.env.timeout(case.patience).callbacks.append(lambda _: self.lose_patience(answer))
        return answer

    @staticmethod
    def order(number: int) -> float:
        """Give what is served first within a class, the smallest: the order of joining."""
        return number

    def lose_patience(self, answer: simpy.Event) -> None:
        """Let a case go if it still waits; its entry in the queue is passed over later."""
        if not answer.triggered:
            self.shift(waiting=-1)
            answer.succeed(False)

    def release(self) -> None:
        """Hand a place to the first who still waits, or leave it free."""
        while self.line:
            answer = heappop(self.line)[2].answer
            if answer is not None and not answer.triggered:
                self.shift(waiting=-1)
                answer.succeed(True)
                return
        self.shift(taken=-1)

    def shift(self, taken: int = 0, waiting: int = 0) -> None:
        """Change how many are in places and waiting, after adding up the time since the last change."""
        span = self.env.now - max(self.since, self.warm_up)
        if span > 0.0:
            self.place_time += span * self.taken
            self.queue_time += span * self.n_waiting
        self.since = self.env.now
        self.taken += taken
        self.n_waiting += waiting

    def result(self, horizon: float) -> QueueResult:
        """Close the books at the horizon."""
        self.shift()
        span = horizon - self.warm_up
        waiting = sum(case.counted for _, _, case in self.line if case.answer and not case.answer.triggered)
        waits = np.array([wait for wait, _, _ in self.waits])
        classes = np.array([rank for _, rank, _ in self.waits], dtype=np.int64)
        return QueueResult(
            arrived=self.arrived,
            admitted=waits.size,
            left=len(self.waits_left),
            refused=self.refused,
            waiting=waiting,
            delayed=self.delayed,
            waits=waits,
            classes=classes,
            since=np.array([since for _, _, since in self.waits]),
            waits_left=np.array(self.waits_left),
            occupancy=self.place_time / span / self.queue.places if self.queue.places else 0.0,
            mean_queue=self.queue_time / span,
        )


def _arrivals(gate: _Gate, seed_key: int, horizon: float) -> Generator[simpy.Event]:
    """Send cases to the gate as they arrive."""
    env, first = gate.env, 0
    while env.now < horizon:
        for gap, rank, service, patience in zip(*_draw_block(gate.queue, seed_key, first), strict=True):
            yield env.timeout(gap)
            env.process(gate.serve(_Case(env.now, rank, service, patience, env.now >= gate.warm_up)))
        first += BLOCK


def _draw_block(queue: Queue, seed_key: int, first: int) -> tuple[list[float], list[int], list[float], list[float]]:
    """Draw a block of cases: time since the case before, class, length of service and patience."""
    cases = np.arange(first, first + BLOCK)

    def exponential(*parts: str | int) -> FloatArray:
        return -np.log1p(-uniform(key(seed_key, *parts), cases))

    gaps = exponential("gap") / queue.arrival_rate
    service = sum((exponential("stage", stage) for stage in range(queue.stages)), np.zeros(BLOCK))
    service *= queue.service_mean / queue.stages
    limits = np.cumsum(queue.class_shares[:-1])
    ranks = np.searchsorted(limits, uniform(key(seed_key, "class"), cases), side="right")
    patience = exponential("patience") * (np.inf if queue.patience_mean is None else queue.patience_mean)
    return gaps.tolist(), ranks.tolist(), service.tolist(), patience.tolist()
