"""Queues made of the model's own parts and lived case by case, many independent areas at once.

An area is a replication: arrivals dealt out to areas at random are independent Poisson streams, and teams share
nothing. All times are in days; ``step`` days are a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sim.engine.solvers.by_day.gate import Admitted
from sim.engine.solvers.by_day.hazards import in_continuous_time
from sim.engine.solvers.by_day.run import Living
from sim.engine.solvers.run import Run
from sim.language.evaluate import number, parse
from sim.model.lengths import Law, Length
from sim.model.services import ServiceDescription, service_chain
from sim.model.spec import Areas, Clock, Model, Scenario, Service, Team, Trait, Unit, World
from sim.units import DAYS_PER_YEAR


@dataclass(frozen=True)
class Queue:
    """A queue: arrivals a day, places (None: no limit), mean days of help in stages, mean days of patience.

    ``patience`` None is endless, 0 leaves at once who finds no place; ``urgent`` is the share that is let in first;
    ``room`` is how many may wait. Help of a ``law`` has a standard deviation of ``sd`` days, and lasts ``longer`` times
    as long for the urgent.
    """

    arrivals: float
    places: int | None
    help: float = 1.0
    patience: float | None = None
    stages: int = 1
    urgent: float = 0.0
    room: int | None = None
    law: Law = "exponential"
    sd: float = 0.0
    longer: float = 1.0

    def length(self, step: float) -> Length | None:
        """Give the length of help that is drawn, where one is."""
        if self.law == "exponential" and self.longer == 1.0:
            return None
        times = parse(f"1 + urgent * ({self.longer} - 1)")
        return Length(self.law, self.help / step, self.sd / step, times)


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen in each area, (area,), and of each case let in after the warm-up.

    ``waiting`` and ``helped`` are means over the points after the warm-up and ``last`` is (area, waiting and helped) at
    the end; ``left`` and ``admitted`` count those who gave up and were let in after the warm-up.
    """

    waiting: np.ndarray
    helped: np.ndarray
    course: np.ndarray
    left: np.ndarray
    turned_away: np.ndarray
    admitted: np.ndarray
    area: np.ndarray
    wait: np.ndarray
    since: np.ndarray
    urgent: np.ndarray

    def by_area(self, of_each: np.ndarray) -> np.ndarray:
        """Add up something of each case let in."""
        return np.bincount(self.area, weights=of_each, minlength=len(self.left))


def scenario(queue: Queue, step: float, days: float, areas: int, seed: int) -> Scenario:
    """Make the model, empty at the start."""
    names = tuple(f"a{i}" for i in range(areas))
    posts = dict.fromkeys(names, float(queue.places or 0))
    team = None if queue.places is None else Team(posts, 1.0, waiting_room=queue.room)
    priority = (("urgent", True), ("wait", True)) if queue.urgent else ()
    desk = service_chain(
        ServiceDescription(
            Service("desk", "discretionary", team=team, priority=priority), "case", parse("1"), again=number(0.0),
            patience_steps=None if queue.patience is None else queue.patience / step,
            engaged_steps=queue.help / step, stages=queue.stages, length=queue.length(step),
        ),
        step / DAYS_PER_YEAR,
    )  # fmt: skip
    model = Model(
        Clock(round(days / step), step / DAYS_PER_YEAR),
        (Unit("case", arrivals_per_step=queue.arrivals * step * areas),),
        Areas(names, (1.0,) * areas, (True,) * areas), (desk,), ("desk",),
        traits=(Trait("urgent", (0.0, 1.0), (1.0 - queue.urgent, queue.urgent)),), queues="per_family",
    )  # fmt: skip
    return Scenario("queue", "queue", (World("only", "only", "null", model),), "only", seed=seed)


def live(queue: Queue, step: float, days: float, warm_up: float = 0.0, areas: int = 40, seed: int = 1) -> Seen:
    """Live through a queue and look at it after the warm-up."""
    entries: list[Admitted] = []
    run = Run(in_continuous_time(scenario(queue, step, days, areas, seed)), 0, Living(entries.append))
    (line,) = run.lines
    world, chain = line.world, line.world.chains["desk"]
    area, first = world.root.area, round(warm_up / step)
    gone, full = (np.array([s == state for s in chain.states]) for state in ("dropped_out", "turned_away"))
    helps, course = np.isin(np.arange(len(chain.states)), chain.engaged), []

    def count(chosen: np.ndarray) -> np.ndarray:
        return np.bincount(area[chosen & world.root.active], minlength=areas)

    before, before_full = np.zeros(areas), np.zeros(areas)
    while run.step < run.last:
        if run.step == first:
            before, before_full = count(gone[world.state["desk"]]), count(full[world.state["desk"]])
        run.advance()
        if run.step > first:
            state = world.state["desk"]
            course.append((count(state == chain.waiting), count(helps[state])))
    rows = np.array([entry.row for entry in entries], dtype=np.int64)
    since, until = (np.array([getattr(entry, name) for entry in entries]) * step for name in ("since", "until"))
    late = until >= warm_up
    rows, since, until = rows[late], since[late], until[late]
    waiting, helped = np.moveaxis(np.array(course, dtype=np.float64), 1, 0)
    return Seen(
        waiting.mean(axis=0), helped.mean(axis=0), np.array(course, dtype=np.float64),
        count(gone[world.state["desk"]]) - before, count(full[world.state["desk"]]) - before_full,
        np.bincount(area[rows], minlength=areas), area[rows], until - since,
        since, world.root.traits["urgent"][rows],
    )  # fmt: skip


def tail(sample: np.ndarray, mean: float = 0.0) -> float:
    """Give the two-sided tail of Student's t over areas; 1 or 0 where they do not differ at all."""
    if np.ptp(sample) > 0:
        return float(stats.ttest_1samp(sample, mean).pvalue)
    return float(np.isclose(sample[0], mean))
