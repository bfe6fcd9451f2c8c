"""Monte Carlo of one replication: every world on the same draws, month by month, one world until regimes part.

Leaves out money (results) and more than one replication (studies.ensemble).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sim.arrays import FloatArray
from sim.engine.counts.layout import area_slots, layout_of
from sim.engine.counts.record import Layout, Record
from sim.engine.counts.recorder import Recorder
from sim.engine.fate.draws import key
from sim.engine.feedback import Feedback, stock_names
from sim.engine.moves.ageing import keep_birthdays, turn_over
from sim.engine.moves.handover import hand_over
from sim.engine.moves.opening import open_world
from sim.engine.moves.step import Stepper, make_pass
from sim.engine.moves.world import World
from sim.engine.people.population import Population, make_population
from sim.engine.teams.meeting import hold_meeting
from sim.engine.teams.plans import open_teams
from sim.engine.teams.staffing import Staff
from sim.language.evaluate import Node
from sim.model.compiled.model import Compiled, compile_model
from sim.model.compiled.scope import Moment, moment
from sim.model.spec import Model, Scenario


@dataclass
class Line:
    """A history that runs: the world in motion and the names it stands for (several until regimes part)."""

    world: World
    names: list[str]
    regime: str
    staff: dict[str, Staff] = field(default_factory=dict)
    feedback: Feedback = field(default_factory=Feedback)


def layout(scenario: Scenario) -> Layout:
    """Give the axes of the records of a scenario."""
    return layout_of(scenario)


Observer = Callable[[int, Line], None]
"""Called after every step (warm-up included) for every history that runs, with the step and the line."""


def replicate(
    scenario: Scenario,
    replication: int,
    scheme: str = "sieve",
    keep_states: bool = False,
    observe: Observer | None = None,
    at_start: Observer | None = None,
) -> Record:
    """Simulate one replication of every world of a scenario.

    Parameters
    ----------
    scenario
        What to simulate.
    replication
        Number of the replication; with the seed it fixes every draw.
    scheme
        ``sieve`` (only rows that their byte may move are looked at) or ``plain`` (all are): the same moves.
    keep_states
        Also keep every row's final states (world number, chain).
    observe
        Looks at the rows themselves after each step; must change nothing.
    at_start
        The same before the first step.

    Returns
    -------
        The record, its arrays independent of which other worlds were in the scenario.
    """
    started = time.process_time()
    run = Run(scenario, replication, scheme)
    if at_start is not None:
        for line in run.lines:
            at_start(run.step - 1, line)
    while run.step < run.last:
        run.advance()
        if observe is not None:
            for line in run.lines:
                observe(run.step - 1, line)
    record = run.recorder.finish(run.lines, time.process_time() - started, keep_states)
    record.levels = levels(scenario, run.lines)
    return record


_COMPILED: list[tuple[Scenario, dict[str, Compiled]]] = []
"""The scenario compiled last: its replications follow one another."""


def _compiled(scenario: Scenario) -> dict[str, Compiled]:
    """Compile the models of a scenario, once for all of its replications."""
    if not _COMPILED or _COMPILED[0][0] is not scenario:
        _COMPILED[:] = [(scenario, {world.name: compile_model(world.model) for world in scenario.worlds})]
    return _COMPILED[0][1]


class Run:
    """One replication in progress."""

    def __init__(self, scenario: Scenario, replication: int, scheme: str) -> None:
        self.scenario, self.scheme = scenario, scheme
        model = scenario.worlds[0].model
        self.stream = key(scenario.seed, "replication", replication)
        self.compiled = _compiled(scenario)
        self.population: Population = make_population(model, scenario.seed, replication)
        self.first, self.last = -model.units[0].warm_up, model.clock.steps
        self.step = self.first
        layout_ = layout_of(scenario)
        slots = area_slots(model)
        self.recorder = Recorder(layout_, scenario, replication)
        self.workforces = open_teams(scenario, self.stream)
        self.lines: list[Line] = []
        self.parting: list[tuple[Line, Model, str]] = []
        for world in scenario.worlds:
            if world.regime == scenario.baseline:
                names = [w.name for w in scenario.worlds if w.effect_set == world.effect_set]
                made = World(self.compiled[world.name], self.population, slots, self.stream)
                line = Line(made, names, world.regime, feedback=Feedback.of(made.compiled.model))
                open_world(made, self.stream, self._now(line))
                made.index(self._now(line))
                self.lines.append(line)
        self._make_steppers()

    def _now(self, line: Line) -> Moment:
        """Give what expressions may ask of this step."""
        world = line.world
        totals = {stock.name: line.feedback.levels.get(stock.name, 0.0) for stock in world.compiled.model.stocks}
        for name, node in world.compiled.totals.items():
            totals[name] = _total(line, name, node)
        return moment(world.compiled.model, self.step, totals)

    def advance(self) -> None:
        """Go one step on."""
        self._part()
        worlds = [line.world for line in self.lines]
        for world in worlds:
            world.step = self.step
            world.clear_flows()
        if self.step > self.first:
            keep_birthdays(worlds, self.step)
        turn_over(worlds, self.step, self.stream)
        for line, before, rule in self.parting:
            hand_over(line.world, before, rule)
        self.parting.clear()
        moments = [self._now(line) for line in self.lines]
        for line, now in zip(self.lines, moments, strict=True):
            line.world.look_again(now)
        for stepper in self.steppers:
            stepper.refresh(moments)
            stepper.run(self.step, self.scheme)
        self._meet(moments)
        for line in self.lines:
            for memory in line.world.compiled.model.memories:
                line.world.shift_memory(memory)
            line.world.settle()
            if line.world.compiled.model.stocks:
                line.feedback.advance(line.world.compiled.model, self._now(line))
            if self.step >= 0:
                self.recorder.record(self.step, line)
        self.step += 1

    def _part(self) -> None:
        """Fork the worlds whose regime starts now, hand their cases over and index them under their own model."""
        if self.step == 0:
            for line in self.lines:
                self.recorder.start(line)
        for world in self.scenario.worlds:
            line = next(line for line in self.lines if world.name in line.names)
            if world.regime in (self.scenario.baseline, line.regime) or world.start != self.step:
                continue
            line.names.remove(world.name)
            twin = line.world.fork(self.compiled[world.name])
            new = Line(twin, [world.name], world.regime, feedback=line.feedback.part(world.model, self.step))
            self.parting.append((new, line.world.compiled.model, world.handover))
            self.lines.append(new)
            new.staff = line.staff
            self.recorder.part(line, new)
            twin.index(self._now(new))
        if self.parting:
            self._make_steppers()

    def _make_steppers(self) -> None:
        """Line the worlds up chain by chain, in the model's order."""
        self.steppers = [
            Stepper([make_pass(line.world, chain, self._now(line)) for line in self.lines], key(self.stream, chain))
            for chain in self.scenario.worlds[0].model.order
        ]

    def _meet(self, moments: list[Moment]) -> None:
        """Run the workforces to the meeting and let each service of each world admit."""
        for line, now in zip(self.lines, moments, strict=True):
            self.workforces.heed(line.names, line.world.compiled.model, now)
        staff = self.workforces.advance(self.step)
        for line in self.lines:
            line.staff = staff[line.names[0]]
            for name in line.world.joined:
                present = line.staff.get(name)
                limited = present is not None and line.world.compiled.model.queues == "teams"
                if present is not None and limited and not present.meets:
                    continue
                admission = hold_meeting(line.world, name, present.places if limited and present else None, self.stream)
                if self.step >= 0:
                    self.recorder.waits(line, name, admission)


def levels(scenario: Scenario, lines: list[Line]) -> FloatArray:
    """Give the feedback stocks of every world at every point, (world, point, stock)."""
    names = stock_names([world.model for world in scenario.worlds])
    by_world = {name: line.feedback for line in lines for name in line.names}
    return np.stack([by_world[w.name].points(names, w.model.clock.steps) for w in scenario.worlds])


def _total(line: Line, name: str, node: Node) -> float:
    """Answer total(), waiting() or places() from last step's end."""
    world = line.world
    if node.name == "total":
        return float(world.stocks[name].sum())
    service = node.args[0].name
    if node.name == "waiting":
        chain = world.chains[service]
        return float(world.occupancy[service][:, chain.states.index("waiting")].sum())
    present = line.staff.get(service)
    return float(present.places.sum()) if present is not None else 0.0
