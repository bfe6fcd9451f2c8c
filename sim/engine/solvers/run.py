"""One replication in progress: every world on the same draws, step by step.

What a step holds is the same however rows move: who comes and goes, birthdays, hand-overs, staff, memories, feedback
and the diary. How rows move between two points, and who is let in, is the business of a ``Mover``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from sim.engine.counts.accounts import FollowedPair, arrays_of_accounts, follow_through, no_accounts
from sim.engine.counts.layout import among_all_areas, area_slots, layout_of, layout_of_part
from sim.engine.counts.reading import Reading, record_of
from sim.engine.counts.record import Record
from sim.engine.counts.recorder import Diary
from sim.engine.fate.draws import key
from sim.engine.feedback import Feedback, levels_of
from sim.engine.history import Parting, Timeline
from sim.engine.moves.ageing import keep_birthdays, turn_over
from sim.engine.moves.handover import hand_over
from sim.engine.moves.opening import open_world
from sim.engine.moves.world import MovingWorld
from sim.engine.people.areas import AreaSpan
from sim.engine.people.population import make_population
from sim.engine.solvers.line import Begun, Line, Parted
from sim.engine.teams.plans import open_teams
from sim.model import spec
from sim.model.compiled.accounts import AccountPlan
from sim.model.compiled.model import Compiled
from sim.model.compiled.scope import Moment
from sim.model.compiled.worlds import alike, compile_scenario
from sim.model.handover import all_handed
from sim.model.spec import Scenario


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
    """One replication in progress.

    Attributes
    ----------
    standing
        Histories as they stood when regimes parted from them, by step and world of the baseline; kept when asked for.
    """

    def __init__(
        self,
        scenario: Scenario,
        replication: int,
        mover: Mover,
        compiled: Mapping[str, Compiled] | None = None,
        begun: Begun | None = None,
        keep: bool = False,
        part: AreaSpan | None = None,
        accounts: AccountPlan | None = None,
    ) -> None:
        """Open a run at its first step; or where some baselines ``begun`` stand, from which the other worlds part.

        Parameters
        ----------
        scenario, replication, mover
            What is run, its number, and how rows move.
        compiled
            The compiled models of all worlds; by default they are compiled here.
        begun
            From where to go on: then every regime must start in that very step, and baselines run no further.
        keep
            Whether to keep histories as they stand when regimes part from them.
        part
            The areas that are run, by default all; the records of parts add up (``sim.engine.solvers.parts``).
        accounts
            What to count for the accounts of the answer, by default nothing. Baselines then run on beside their
            regimes wherever the run begins.
        """
        self.started = time.process_time()
        self.accounts, self.asked, self.replication, self.mover, self.begun = (
            accounts,
            scenario,
            replication,
            mover,
            begun,
        )
        self.scenario = scenario = accounts.scenario if accounts is not None else scenario
        self.pairs: list[FollowedPair] = []
        self.followed: list[FollowedPair] = []
        """Those that are over."""
        self.standing: dict[tuple[int, str], Parted] | None = {} if keep else None
        model = scenario.worlds[0].model
        self.stream = key(scenario.seed, "replication", replication)
        self.layout, self.slots = layout_of(self.asked), area_slots(model, part)
        self.counted = self.layout if part is None else layout_of_part(self.layout, model, part)
        self.compiled = compile_scenario(scenario) if compiled is None else compiled
        self.population = make_population(model, scenario.seed, replication, part) if begun is None else begun.people()
        self._handed = {w.name: all_handed(scenario.baseline_of(w).model, w) for w in scenario.worlds}
        running = [w.name for w in scenario.worlds if accounts is not None or w.regime != scenario.baseline]
        self.workforces = open_teams(scenario, self.stream, None if begun is None else running, part)
        first = None if begun is None else begun.step
        self.timeline = Timeline(scenario, self._begin, self._part, self._alike, first)
        self.step, self.last = self.timeline.first, self.timeline.end
        if begun is None:
            mover.line_up(self, [])

    @property
    def lines(self) -> list[Line]:
        """The histories that run."""
        return self.timeline.histories

    def _begin(self, world: spec.World, names: list[str]) -> Line:
        """Open the history of a baseline world, or take it up where it stands."""
        if self.begun is not None:
            then = self.begun.standing[world.name]
            if self.accounts is not None:  # it runs on, and what is kept stays as it is
                then = then.copy()
            compiled, past = self.compiled[world.name], (then.step, then.carried)
            rows = MovingWorld(compiled, self.population, self.slots, self.stream, past)
            line = Line(names, world.regime, rows, then.feedback, then.diary, then.staff)
            if self.accounts is not None:
                rows.index(line.now(self.begun.step))
            return line
        rows = MovingWorld(self.compiled[world.name], self.population, self.slots, self.stream)
        line = Line(names, world.regime, rows, Feedback.of(world.model), Diary.of(self.counted, rows))
        open_world(rows, self.stream, line.now(rows.step))
        rows.index(line.now(rows.step))
        return line

    def _part(self, old: Line, world: spec.World, step: int) -> Line:
        """Fork a world whose regime starts and index it under its own model."""
        if self.standing is not None:
            self._keep(old, step)
        rows = old.world.fork(self.compiled[world.name])
        feedback, diary = old.feedback.part(world.model, step), old.diary.part(rows)
        line = Line([world.name], world.regime, rows, feedback, diary, old.staff)
        rows.index(line.now(step))
        return line

    def _follow(self, parting: Parting[Line]) -> None:
        """Count for the accounts of the answer, from the start of a regime with a key worker on."""
        plan, own, twin = self.accounts, parting.new, parting.old
        if plan is not None and parting.world.name in plan.services:
            lines = ((line.world, line.diary) for line in (own, twin))
            self.pairs.append(FollowedPair(plan, own.names, parting.world, *lines))

    def _leave_early(self) -> bool:
        """Let worlds that cohorts alone are followed in run no further than they are followed; say if any stop."""
        plan = self.accounts
        over = [
            pair for pair in self.pairs
            if plan is not None and not pair.compares_waits and self.step == pair.first + plan.entry + plan.follow_up
        ]  # fmt: skip
        for pair in over:
            pair.leave()
            self.pairs.remove(pair)
            self.followed.append(pair)
            self.timeline.forget(pair.names)
        return bool(over)

    def _keep(self, line: Line, step: int) -> None:
        """Keep a history of baselines as it stands before a step."""
        assert self.standing is not None
        worlds = [world for world in self.scenario.worlds if world.name in line.names]
        baselines = [world.name for world in worlds if world.regime == self.scenario.baseline]
        if (step, baselines[0]) not in self.standing:
            self.standing |= dict.fromkeys([(step, name) for name in baselines], Parted.of(line))

    def _alike(self, one: spec.World, other: spec.World) -> bool:
        """Say whether two worlds are one history: under models that make no difference to anybody there."""
        same_start = (one.regime, one.start, one.handover) == (other.regime, other.start, other.handover)
        return same_start and alike(self.compiled[one.name], self.compiled[other.name])

    def advance(self) -> None:
        """Go one step on."""
        moments = self._start_step()
        for line, now in zip(self.lines, moments, strict=True):
            self.workforces.heed(line.names, line.world.compiled.model, now, line.world.busy)
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
        follow_through(self.pairs, self.step)
        self.step += 1

    @property
    def _arrives_late(self) -> bool:
        """Whether the population is open, and who arrives in a step enters at its end."""
        return self.mover.whole_steps and self.scenario.worlds[0].model.root.arrivals_per_step > 0

    def _start_step(self) -> list[Moment]:
        """Let regimes start, and people come, go and grow up; give what expressions may ask in each history."""
        step = self.step
        if step == 0 and self.begun is None:
            for line in self.lines:
                line.diary.begin(line.world)
        if self._leave_early():
            self.mover.line_up(self, [])
        partings = self.timeline.part(step)
        for parting in partings:
            self._follow(parting)
        if partings:
            if self.begun is not None and self.accounts is None:
                self.timeline.forget(self.begun.standing)
            self.mover.line_up(self, partings)
        worlds = [line.world for line in self.lines]
        for world in worlds:
            world.step = step
            world.clear_flows()
        if step > -self.scenario.worlds[0].model.root.warm_up:
            keep_birthdays(worlds, step)
        if not self._arrives_late:
            turn_over(worlds, step, self.stream)
        for line in self.lines:
            self._hand_over(line)
        moments = [line.now(step) for line in self.lines]
        for world, now in zip(worlds, moments, strict=True):
            world.look_again(now)
        return moments

    def _hand_over(self, line: Line) -> None:
        """Hand over the cases of services that end in this step in a history."""
        world = self.scenario.world(line.names[0])
        world = self.scenario.baseline_of(world) if line.regime == self.scenario.baseline else world
        handed = self._handed[world.name].get(self.step)
        line.world.handed = handed is not None and hand_over(line.world, handed, world.handover)

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

    def _check(self, line: Line) -> None:
        """Hold a history to what its rows were thought to reach."""
        reach = line.world.compiled.reach
        for name, states in reach.states.items() if reach is not None else ():
            beyond = line.diary.steps[:, line.diary.columns["state", name]][:, ~states]
            assert not beyond.any(), f"{name}: rows were in states that none was thought to reach"

    def record(self) -> Record:
        """Read the record off the diaries of all worlds.

        Raises
        ------
        AssertionError
            When a row has been where none can be (``sim.model.compiled.reach``): the tables left that out.
        """
        for line in self.lines:
            self._check(line)
        worlds = [world for world in self.asked.worlds if self.timeline.stands_for(world.name)]
        lines, models = [self.timeline.of(world.name) for world in worlds], [world.model for world in worlds]
        levels = levels_of(models, [line.feedback for line in lines])
        read = {id(line): Reading(line.world.compiled, line.diary).arrays() for line in self.lines}
        if self.counted is not self.layout:
            read = {line: among_all_areas(arrays, self.layout, self.counted) for line, arrays in read.items()}
        arrays = [read[id(line)] for line in lines]
        if self.accounts is not None:
            blank = no_accounts(self.accounts, self.layout)
            told = [
                arrays_of_accounts(self.accounts, self.pairs + self.followed, world.name, blank) for world in worlds
            ]
            arrays = [array | accounts for array, accounts in zip(arrays, told, strict=True)]
        return record_of(self.layout, arrays, levels, self.replication, self.started)
