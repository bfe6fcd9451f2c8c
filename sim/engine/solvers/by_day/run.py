"""A whole scenario with one SimPy process a family: the engine's own run, whose steps are lived by the day."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from sim.arrays import FloatArray
from sim.engine.counts.record import WAIT_DAYS, Record
from sim.engine.fate.draws import key
from sim.engine.moves.step import Stepper
from sim.engine.solvers.by_day.gate import Entry, Observe
from sim.engine.solvers.by_day.lives import Lives
from sim.engine.solvers.by_day.months import take_in, write_down
from sim.engine.solvers.families import Line, Run, levels
from sim.engine.teams.meeting import Admission
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
    started = time.process_time()
    run = CaseByCase(scenario, replication, observe)
    while run.step < run.last:
        run.advance()
    record = run.recorder.finish(run.lines, time.process_time() - started, keep_states=False)
    record.levels, record.wait_days = levels(scenario, run.lines), run.wait_days()
    return record


def check(model: Model) -> None:
    """Refuse what cannot be lived in continuous time."""
    for chain in model.chains:
        if chain.kind == "probabilities":
            raise ModelError(
                f"chains.{chain.name}: probabilities are a step each, and queues: per_family knows no steps between "
                "events; give `rates`, or use queues: teams"
            )
    unit = model.units[0]
    expected = unit.size + unit.arrivals_per_step * (unit.warm_up + model.clock.steps)
    if expected > MOST_FAMILIES:
        raise ModelError(
            f"units.{unit.name}.size: {expected:,.0f} with queues: per_family, which follows each by itself; at most "
            f"{MOST_FAMILIES:,}. Take one area (configs/scenarios/one_area.yaml) or use queues: teams"
        )


class _Days(Stepper):
    """Lives through a step in every world, in place of stepping one chain after another."""

    def __init__(self, lives: list[Lives]) -> None:
        self.lives, self.passes = lives, []

    def refresh(self, moments: Sequence[Moment]) -> None:
        """Take in the start of the step."""
        for lives, now in zip(self.lives, moments, strict=True):
            take_in(lives, now, int(lives.world.step))

    def run(self, step: int, scheme: str = "") -> None:
        """Live until the end of the step."""
        for lives in self.lives:
            lives.env.run(until=step + 1)


class CaseByCase(Run):
    """One replication in progress."""

    def __init__(self, scenario: Scenario, replication: int, observe: Observe | None = None) -> None:
        self.lives: dict[int, Lives] = {}
        self.days: dict[int, dict[str, FloatArray]] = {}
        self.observe = observe
        super().__init__(scenario, replication, "case by case")

    def _make_steppers(self) -> None:
        """Give every new history its families, those of the history that it parts from."""
        for line in self.lines:
            if id(line) in self.lives:
                continue
            parent = next((old for old in self.lines if id(old) in self.lives and self._parts_from(line, old)), None)
            if parent is None:
                self.lives[id(line)] = Lives(line.world, key(self.stream, "lives"))
                self.days[id(line)] = {name: np.zeros(WAIT_DAYS) for name in self.recorder.layout.services}
            else:
                line.world.step = self.step
                self.lives[id(line)] = self.lives[id(parent)].fork(line.world)
                self.days[id(line)] = {name: days.copy() for name, days in self.days[id(parent)].items()}
        self.steppers = [_Days([self.lives[id(line)] for line in self.lines])]

    def _parts_from(self, line: Line, old: Line) -> bool:
        """Say whether a history is the baseline of another one."""
        world = next(world for world in self.scenario.worlds if world.name in line.names)
        return self.scenario.baseline_of(world).name in old.names

    def _meet(self, moments: list[Moment]) -> None:
        """Set the places for the step to come, and write down what happened in the one that ends."""
        for line, now in zip(self.lines, moments, strict=True):
            self.workforces.heed(line.names, line.world.compiled.model, now)
        staff = self.workforces.advance(self.step)
        for line in self.lines:
            line.staff = staff[line.names[0]]
            lives = self.lives[id(line)]
            for name, plan in lives.plans.items():
                present = line.staff.get(name)
                if plan.gate is not None and present is not None:
                    plan.gate.open(present.places.tolist())
            self._note(line, lives.entries)
            lives.entries = []
            write_down(lives)

    def _note(self, line: Line, entries: list[Entry]) -> None:
        """Write down who was let in and how long each had waited."""
        for name in self.recorder.layout.services:
            mine = [entry for entry in entries if entry.service == name]
            waits = np.array([entry.until - entry.since for entry in mine])
            if self.observe is not None:
                for entry in mine:
                    self.observe(entry)
            if self.step >= 0 and mine:
                rows = np.array([entry.row for entry in mine])
                self.recorder.waits(line, name, Admission(rows, waits.astype(np.int64)))
                step_days = line.world.compiled.model.clock.step_years * DAYS_PER_YEAR
                days = np.minimum((waits * step_days).astype(np.int64), WAIT_DAYS - 1)
                self.days[id(line)][name] += np.bincount(days, minlength=WAIT_DAYS)

    def wait_days(self) -> FloatArray:
        """Give the waits in days of every world, (world, service, day)."""
        layout, result = self.recorder.layout, []
        for world in layout.worlds:
            line = next(line for line in self.lines if world in line.names)
            days = [self.days[id(line)][name] for name in layout.services]
            result.append(np.array(days).reshape(len(days), WAIT_DAYS))
        return np.stack(result)
