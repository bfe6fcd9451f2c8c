"""A whole scenario with one SimPy process a family: a run whose steps are lived by the day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.arrays import FloatArray
from sim.engine.counts.record import WAIT_DAYS, Record
from sim.engine.fate.draws import key
from sim.engine.history import Parting
from sim.engine.solvers.by_day.gate import Admitted, Observe
from sim.engine.solvers.by_day.lives import Lives
from sim.engine.solvers.by_day.months import take_in, write_down
from sim.engine.solvers.run import Line, Run
from sim.errors import ModelError
from sim.model.compiled.scope import Moment
from sim.model.spec import Model, Scenario
from sim.units import DAYS_PER_YEAR

MOST_FAMILIES = 20_000
"""More are refused: a process each is for one area."""


def replicate_families(scenario: Scenario, replication: int, observe: Observe | None = None) -> Record:
    """Simulate one replication of every world with a process for each family.

    Parameters
    ----------
    scenario
        What to simulate.
    replication
        Number of the replication; with the seed it fixes every draw. Births, departures and posts are those of
        ``sim.engine.solvers.families.replicate`` with the same number.
    observe
        Looks at everybody who is let in, warm-up included.

    Returns
    -------
        The record, with ``wait_days`` beside the waits in whole steps.

    Raises
    ------
    ModelError
        When a chain has probabilities a step, or there are more families than a process each is for.
    """
    for world in scenario.worlds:
        check(world.model)
    living = Living(observe)
    run = Run(scenario, replication, living)
    while run.step < run.last:
        run.advance()
    record = run.record()
    record.wait_days = living.wait_days(run)
    return record


def check(model: Model) -> None:
    """Refuse what cannot be lived in continuous time."""
    for chain in model.chains:
        if chain.kind == "probabilities":
            raise ModelError(
                f"chains.{chain.name}: probabilities are a step each, and queues: per_family knows no steps between "
                "events; give `rates`, or use queues: teams"
            )
    unit = model.root
    expected = unit.size + unit.arrivals_per_step * (unit.warm_up + model.clock.steps)
    if expected > MOST_FAMILIES:
        raise ModelError(
            f"units.{unit.name}.size: {expected:,.0f} with queues: per_family, which follows each by itself; at most "
            f"{MOST_FAMILIES:,}. Take one area (configs/scenarios/one_area.yaml) or use queues: teams"
        )


class Living:
    """Lets all families live through each step by the day, and takes them in at the gates as places come free."""

    whole_steps = False

    def __init__(self, observe: Observe | None = None) -> None:
        self.observe = observe
        self.lives: dict[Line, Lives] = {}
        self.days: dict[Line, dict[str, FloatArray]] = {}
        """By history and service: admissions by whole days waited, (day,)."""

    def line_up(self, run: Run, partings: Sequence[Parting[Line]]) -> None:
        """Give every new history its families: at the start its own, later those of the history that it leaves."""
        if not partings:
            for line in run.lines:
                self.lives[line] = Lives(line.world, key(run.stream, "lives"))
                self.days[line] = {name: np.zeros(WAIT_DAYS) for name in run.layout.services}
        for parting in partings:
            parting.new.world.step = run.step
            self.lives[parting.new] = self.lives[parting.old].fork(parting.new.world)
            self.days[parting.new] = {name: days.copy() for name, days in self.days[parting.old].items()}

    def move(self, run: Run, moments: Sequence[Moment]) -> None:
        """Take in the start of the step, and live until its end."""
        for line, now in zip(run.lines, moments, strict=True):
            take_in(self.lives[line], now, run.step)
            self.lives[line].env.run(until=run.step + 1)

    def meet(self, run: Run, line: Line) -> None:
        """Set the places for the step to come, and write down what happened in the one that ends."""
        lives = self.lives[line]
        for name, plan in lives.plans.items():
            present = line.staff.get(name)
            if plan.gate is not None and present is not None:
                plan.gate.open(present.places.tolist())
        self._note(run.step, line, lives.entries)
        lives.entries = []
        write_down(lives)

    def _note(self, step: int, line: Line, entries: list[Admitted]) -> None:
        """Write down who was let in and how long each had waited."""
        for name in self.days[line]:
            served = [entry for entry in entries if entry.service == name]
            if self.observe is not None:
                for entry in served:
                    self.observe(entry)
            if step >= 0 and served:
                world = line.world
                rows = np.array([entry.row for entry in served])
                waits = np.array([entry.until - entry.since for entry in served])  # in steps, (entry,)
                line.diary.admit(name, world.slot_of(rows), waits.astype(np.int64))
                step_days = world.compiled.model.clock.step_years * DAYS_PER_YEAR
                whole = np.minimum((waits * step_days).astype(np.int64), WAIT_DAYS - 1)
                self.days[line][name] += np.bincount(whole, minlength=WAIT_DAYS)

    def wait_days(self, run: Run) -> FloatArray:
        """Give the waits in days of every world, (world, service, day)."""
        by_world = [self.days[run.timeline.of(name)] for name in run.layout.worlds]
        return np.stack([np.array(list(days.values())).reshape(len(days), WAIT_DAYS) for days in by_world])
