"""One replication in progress: every world on the same draws, step by step.

What a step holds is the same however rows move: who comes and goes, birthdays, hand-overs, staff, memories, feedback
and the diary. How rows move between two points, and who is let in, is the business of a ``Mover``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sim.engine.counts.layout import area_slots, layout_of
from sim.engine.counts.reading import Reading, record_of
from sim.engine.counts.record import Record
from sim.engine.counts.recorder import Diary
from sim.engine.fate.draws import key
from sim.engine.feedback import Feedback, levels_of
from sim.engine.history import History, Parting, Timeline
from sim.engine.moves.ageing import keep_birthdays, turn_over
from sim.engine.moves.handover import hand_over
from sim.engine.moves.opening import open_world
from sim.engine.moves.world import MovingWorld
from sim.engine.people.population import make_population
from sim.engine.teams.plans import open_teams
from sim.engine.teams.staffing import Staff
from sim.language.evaluate import Node
from sim.model import spec
from sim.model.compiled.model import compile_scenario
from sim.model.compiled.scope import Moment, moment
from sim.model.spec import Scenario


@dataclass(eq=False)
class Line(History):
    """A simulated history: its rows in motion, the stocks of its feedback, its staff now, and what was counted."""

    world: MovingWorld
    feedback: Feedback
    diary: Diary
    staff: Mapping[str, Staff] = field(default_factory=dict)

    def now(self, step: int) -> Moment:
        """Give what expressions may ask of a step."""
        compiled = self.world.compiled
        totals = {stock.name: self.feedback.levels.get(stock.name, 0.0) for stock in compiled.model.stocks}
        totals |= {name: self._total(name, node) for name, node in compiled.totals.items()}
        return moment(compiled.model, step, totals)

    def _total(self, name: str, node: Node) -> float:
        """Answer total(), waiting() or places() from last step's end."""
        if node.name == "total":
            return float(self.world.stocks[name].sum())
        service = node.args[0].name
        if node.name == "waiting":
            return float(self.world.occupancy[service][:, self.world.chains[service].waiting].sum())
        present = self.staff.get(service)
        return float(present.places.sum()) if present is not None else 0.0


class Mover(Protocol):
    """How the rows of all histories move between two points of a run.

    Where rows move in ``whole_steps``, who arrives from outside in a step enters at its end and is exposed from the
    next on, as who moves to a state in a step is exposed there from the next on; else rows enter at the start of the
    step, and the mover lets them come at their moment of it.
    """

    @property
    def whole_steps(self) -> bool:
        """Whether what happens in a step happens at its end."""

    def line_up(self, run: Run, partings: Sequence[Parting[Line]]) -> None:
        """Take over the histories of a run: at its start, and whenever some have parted."""

    def move(self, run: Run, moments: Sequence[Moment]) -> None:
        """Let a step happen in every history, given what expressions may ask of it in each."""

    def meet(self, run: Run, line: Line) -> None:
        """Let who waits in a history be admitted by its present staff."""


class Run:
    """One replication in progress."""

    def __init__(self, scenario: Scenario, replication: int, mover: Mover) -> None:
        self.started = time.process_time()
        self.scenario, self.replication, self.mover = scenario, replication, mover
        model = scenario.worlds[0].model
        self.stream = key(scenario.seed, "replication", replication)
        self.compiled = compile_scenario(scenario)
        self.population = make_population(model, scenario.seed, replication)
        self.layout, self.slots = layout_of(scenario), area_slots(model)
        self.workforces = open_teams(scenario, self.stream)
        self.timeline = Timeline(scenario, self._begin, self._part)
        self.step, self.last = self.timeline.first, self.timeline.end
        mover.line_up(self, [])

    @property
    def lines(self) -> list[Line]:
        """The histories that run."""
        return self.timeline.histories

    def _begin(self, world: spec.World, names: list[str]) -> Line:
        """Open the history of a baseline world."""
        rows = MovingWorld(self.compiled[world.name], self.population, self.slots, self.stream)
        line = Line(names, world.regime, rows, Feedback.of(world.model), Diary.of(self.layout, rows))
        open_world(rows, self.stream, line.now(rows.step))
        rows.index(line.now(rows.step))
        return line

    def _part(self, old: Line, world: spec.World, step: int) -> Line:
        """Fork a world whose regime starts and index it under its own model."""
        rows = old.world.fork(self.compiled[world.name])
        feedback, diary = old.feedback.part(world.model, step), old.diary.part(rows)
        line = Line([world.name], world.regime, rows, feedback, diary, old.staff)
        rows.index(line.now(step))
        return line

    def advance(self) -> None:
        """Go one step on."""
        moments = self._start_step()
        for line, now in zip(self.lines, moments, strict=True):
            self.workforces.heed(line.names, line.world.compiled.model, now)
        staff = self.workforces.advance(self.step)
        for line in self.lines:
            line.staff = staff[line.names[0]]
        self.mover.move(self, moments)
        for line in self.lines:
            self.mover.meet(self, line)
        if self._arrives_late:
            turn_over([line.world for line in self.lines], self.step, self.stream, late=True)
        for line in self.lines:
            self._end_step(line)
        self.step += 1

    @property
    def _arrives_late(self) -> bool:
        """Whether the population is open, and who arrives in a step enters at its end."""
        return self.mover.whole_steps and self.scenario.worlds[0].model.root.arrivals_per_step > 0

    def _start_step(self) -> list[Moment]:
        """Let regimes start, and people come, go and grow up; give what expressions may ask in each history."""
        step = self.step
        if step == 0:
            for line in self.lines:
                line.diary.begin(line.world)
        partings = self.timeline.part(step)
        if partings:
            self.mover.line_up(self, partings)
        worlds = [line.world for line in self.lines]
        for world in worlds:
            world.step = step
            world.clear_flows()
        if step > self.timeline.first:
            keep_birthdays(worlds, step)
        if not self._arrives_late:
            turn_over(worlds, step, self.stream)
        for parting in partings:
            hand_over(parting.new.world, parting.old.world.compiled.model, parting.world.handover)
        moments = [line.now(step) for line in self.lines]
        for world, now in zip(worlds, moments, strict=True):
            world.look_again(now)
        return moments

    def _end_step(self, line: Line) -> None:
        """Let memories and feedback take in the step, and write it down."""
        world = line.world
        for memory in world.compiled.model.memories:
            world.shift_memory(memory)
        world.settle()
        if world.compiled.model.stocks:
            line.feedback.advance(world.compiled.model, line.now(self.step))
        if self.step >= 0:
            line.diary.record(self.step, world, line.staff)

    def record(self) -> Record:
        """Read the record off the diaries of all worlds."""
        lines = [self.timeline.of(name) for name in self.layout.worlds]
        models = [world.model for world in self.scenario.worlds]
        levels = levels_of(models, [line.feedback for line in lines])
        arrays = [Reading(line.world.compiled, line.diary).arrays() for line in lines]
        return record_of(self.layout, arrays, levels, self.replication, self.started)
