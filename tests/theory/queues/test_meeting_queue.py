"""Teams that meet once a step against the exact Markov chain of their queue, with no tolerance but chance.

Of N there, as many as there are places are helped and the others wait. In a step each case ends with chance 1 / m,
each who waited at its start gives up with chance 1 / patience, and a Poisson number K joins (who arrived in the step
before); then places are given out. N becomes N - Bin(helped, 1 / m) - Bin(waiting, 1 / patience) + K. That law is
stepped on here number by number from an empty start: M/M/c, or Erlang A, on whole steps.

Four hundred areas with a team of three places each are so many independent queues in one run, since arrivals are dealt
out to areas at random. What is seen of all of them at a point is then held to its mean within 4.5 of its own exact
standard deviations: of some 250 numbers, a false alarm every 500 runs of all (seeds are fixed). Who waits at all is
counted over a run; its standard error is measured over the runs, and held to eight of them. Help or patience 7% too
long is seen by more than one of these.
"""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, poisson

from sim.arrays import FloatArray
from sim.config.loading import load
from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import QUEUE_COUNTS
from sim.engine.solvers.families import replicate

AREAS, PLACES, STEPS, RUNS, K = 400, 3, 100, 5, 4.5
POINTS = (2, 3, 5, 10, 20, 50, 100)


def study(tmp_path: Path, arrivals: float, mean: float, patience: float | None) -> Path:
    """Write the queue in as many areas."""
    areas = ", ".join(f"a{i}: {1 / AREAS!r}" for i in range(AREAS))
    path = tmp_path / "queue.yaml"
    path.write_text(
        f"title: meetings\nsources: optional\nclock: {{step: day, steps: {STEPS}}}\n"
        f"units: {{case: {{size: 0, arrive: {{poisson: {arrivals * AREAS!r} / day}}, areas: {{{areas}}}}}}}\n"
        "services:\n  desk:\n    kind: discretionary\n    refer: {when: always, rate: now, again: 0}\n"
        f"    engaged: {mean!r} days\n    team: {{workers: {AREAS}, caseload: {PLACES}}}\n    priority: [wait desc]\n"
        + (f"    patience: {patience!r} days\n" if patience else ""),
        encoding="utf-8",
    )
    return path


class MeetingQueue:
    """The law of the number there, (number,), and what it implies for one area."""

    def __init__(self, arrivals: float, mean: float, patience: float | None) -> None:
        self.arrivals, self.ends, self.gives_up = arrivals, 1.0 / mean, 1.0 / patience if patience else 0.0
        self.most = int(PLACES + 40 + 3 * arrivals * STEPS / (1 + (patience is not None)))
        self.law = np.eye(1, self.most + 1)[0]
        self.joins = poisson.pmf(np.arange(self.most + 1), arrivals)
        n = np.arange(self.most + 1)
        self.helped, self.waiting = np.minimum(n, PLACES), np.maximum(n - PLACES, 0)
        self.stays = np.zeros((self.most + 1, self.most + 1))
        """From a number there to how many of them are still there before anybody joins."""
        for k in n:
            kept = binom.pmf(np.arange(self.helped[k] + 1), self.helped[k], 1.0 - self.ends)
            still = binom.pmf(np.arange(self.waiting[k] + 1), self.waiting[k], 1.0 - self.gives_up)
            both = np.convolve(kept, still)
            self.stays[k, : len(both)] = both
        self.late = 0.0

    def step(self, joins: bool) -> None:
        """Go a step on; nobody joins in the first one. Adds up who joins and is not let in at once."""
        before = self.law @ self.stays
        if not joins:
            self.law = before
            return
        for kept, chance in enumerate(before):
            if chance > 1e-14:
                k = np.arange(self.most + 1 - kept)
                self.late += chance * float(self.joins[k] @ np.minimum(k, np.maximum(kept + k - PLACES, 0)))
        self.law = np.convolve(before, self.joins)[: self.most + 1]

    def moments(self, of: FloatArray) -> tuple[float, float]:
        """Give mean and variance of a function of the number there."""
        mean = float(self.law @ of)
        return mean, float(self.law @ of**2) - mean**2

    def gone(self) -> tuple[float, float]:
        """Give mean and variance of how many will give up in the next step."""
        mean, variance = self.moments(self.waiting)
        q = self.gives_up
        return q * mean, q * (1 - q) * mean + q * q * variance


@pytest.mark.parametrize("mean", [1.0, 4.0, 20.0])
@pytest.mark.parametrize(("rho", "patient"), [(0.5, None), (0.9, None), (0.9, 1.0), (1.2, 2.0)])
def test_the_queue_of_meetings(rho: float, patient: float | None, mean: float, tmp_path: Path) -> None:
    """Load ``rho``, a mean help of ``mean`` steps, and a patience of so many times that, or none needed."""
    arrivals, patience = rho * PLACES / mean, max(patient * mean, 1.0) if patient else None
    scenario = load(study(tmp_path, arrivals, mean, patience))
    chain = scenario.worlds[0].model.chains[0]
    runs = [replicate(scenario, r) for r in range(RUNS)]
    queue = MeetingQueue(arrivals, mean, patience)
    moves = [move[2:] for move in layout_of(scenario).flows]
    flow = moves.index(("waiting", "dropped_out")) if patience else -1
    for point in range(1, STEPS + 1):
        gone = queue.gone()
        queue.step(joins=point > 1)
        if point not in POINTS:
            continue
        seen = {
            "waiting": (queue.moments(queue.waiting), [r.stocks[0][point, chain.waiting] for r in runs]),
            "helped": (queue.moments(queue.helped), [r.stocks[0][point, chain.engaged[0]] for r in runs]),
        }
        if patience:
            seen["gone"] = (gone, [r.flows[0][point - 1, flow] for r in runs])
        for what, ((expected, variance), found) in seen.items():
            error = sqrt(max(variance, 1e-12) * AREAS / RUNS)
            assert abs(np.mean(found) - AREAS * expected) <= K * error + 1e-9, (what, point)
    assert queue.law[-1] < 1e-9
    late = [r.waits[0, 0, 1:].sum() + _left_or_waiting(r.queue[0, 0]) for r in runs]
    joined = [dict(zip(QUEUE_COUNTS, r.queue[0, 0], strict=True))["joined"] for r in runs]
    assert abs(np.mean(late) - AREAS * queue.late) < 8 * np.std(late, ddof=1) / sqrt(RUNS)
    assert np.mean(joined) == pytest.approx(
        AREAS * arrivals * (STEPS - 1), abs=K * sqrt(AREAS * arrivals * STEPS / RUNS)
    )


def _left_or_waiting(counts: FloatArray) -> float:
    """Add up those who joined and were not let in: all of them were not let in at once."""
    named = dict(zip(QUEUE_COUNTS, counts, strict=True))
    return float(named["left"] + named["waiting"])
