"""A whole scenario case by case: a run whose steps are lived in continuous time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.engine.counts.record import Record
from sim.engine.fate.draws import key
from sim.engine.history import Parting
from sim.engine.solvers.by_day.gate import Admitted, Observe
from sim.engine.solvers.by_day.hazards import in_continuous_time
from sim.engine.solvers.by_day.lives import Lives
from sim.engine.solvers.by_day.months import take_in, write_down
from sim.engine.solvers.line import Line
from sim.engine.solvers.run import Run
from sim.errors import ModelError
from sim.model.compiled.scope import Moment
from sim.model.spec import Model, Scenario

MOST_FAMILIES, MOST_ARRIVALS = 20_000, 1_000_000
"""More are refused: following each by itself is for one area, or for one queue whose cases come and go."""


def replicate_families(scenario: Scenario, replication: int, observe: Observe | None = None) -> Record:
    """Simulate one replication of every world case by case, in continuous time.

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
        The record, with ``wait_times`` beside the waits in whole steps.

    Raises
    ------
    ModelError
        When a chain has probabilities a step, there are too many families to follow each, or moves that happen
        ``now`` lead in a ring.
    """
    for world in scenario.worlds:
        check(world.model)
    run = Run(in_continuous_time(scenario), replication, Living(observe))
    while run.step < run.last:
        run.advance()
    return run.record()


def check(model: Model) -> None:
    """Refuse what cannot be lived in continuous time."""
    for chain in model.chains:
        if chain.kind == "probabilities":
            raise ModelError(
                f"chains.{chain.name}: probabilities are a step each, and queues: per_family knows no steps between "
                "events; give `rates`, or use queues: teams"
            )
    unit = model.root
    if unit.size > MOST_FAMILIES:
        raise ModelError(
            f"units.{unit.name}.size: {unit.size:,} with queues: per_family, which follows each by itself; at most "
            f"{MOST_FAMILIES:,}. Take one area (configs/scenarios/one_area.yaml) or use queues: teams"
        )
    expected = unit.arrivals_per_step * (unit.warm_up + model.clock.steps)
    if expected > MOST_ARRIVALS:
        raise ModelError(
            f"units.{unit.name}.arrive: about {expected:,.0f} arrivals with queues: per_family, which follows each by "
            f"itself; at most {MOST_ARRIVALS:,}. Take fewer steps and more replications, or use queues: teams"
        )


class Living:
    """Lets all families live through each step by the day, and takes them in at the gates as places come free."""

    whole_steps = False

    def __init__(self, observe: Observe | None = None) -> None:
        self.observe = observe
        self.lives: dict[Line, Lives] = {}

    def line_up(self, run: Run, partings: Sequence[Parting[Line]]) -> None:
        """Give every new history its families: at the start its own, later those of the history that it leaves."""
        if not partings:
            for line in run.lines:
                line.diary.keep_times()
                self.lives[line] = Lives(line.world, key(run.stream, "lives"))
        for parting in partings:
            parting.new.world.step = run.step
            self.lives[parting.new] = self.lives[parting.old].fork(parting.new.world)

    def move(self, run: Run, moments: Sequence[Moment]) -> None:
        """Take in the start of the step, and live until its end."""
        for line, now in zip(run.lines, moments, strict=True):
            places = {name: present.places.tolist() for name, present in line.staff.items()}
            take_in(self.lives[line], now, run.step, places)
            self.lives[line].env.run(until=run.step + 1)

    def meet(self, run: Run, line: Line) -> None:
        """Write down what happened in the step that ends; places were given out as they fell free."""
        lives = self.lives[line]
        self._note(run.step, line, lives.entries)
        lives.entries = []
        write_down(lives)

    def _note(self, step: int, line: Line, entries: list[Admitted]) -> None:
        """Write down who was let in and how long each had waited."""
        by_service: dict[str, list[Admitted]] = {}
        for entry in entries:
            by_service.setdefault(entry.service, []).append(entry)
            if self.observe is not None:
                self.observe(entry)
        for name, served in by_service.items() if step >= 0 else ():
            rows = np.array([entry.row for entry in served])
            waits = np.array([entry.until - entry.since for entry in served])  # in steps, (entry,)
            line.diary.admit(name, line.world.slot_of(rows), waits)
