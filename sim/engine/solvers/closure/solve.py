"""One world under the closure, step by step, in the same order of events as `simulate`."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.engine.feedback import Drive, Feedback, drive_of
from sim.engine.moves.consequences import plain
from sim.engine.solvers.closure.ages import Ages
from sim.engine.solvers.closure.fluid import Queue, empty_queue, hold_meeting, ranks, standing_and_joined
from sim.engine.solvers.closure.following import move_everywhere
from sim.engine.solvers.closure.joint import Joint
from sim.engine.solvers.closure.memories import take_note
from sim.engine.solvers.closure.others import follow_others
from sim.engine.solvers.closure.people import open_tables, turn_over
from sim.engine.solvers.closure.plan import Plan
from sim.engine.solvers.closure.posts import Posts
from sim.engine.solvers.closure.space import front
from sim.engine.teams.plans import team_plans
from sim.model.compiled.grid import Axis
from sim.model.compiled.model import Compiled
from sim.model.compiled.scope import Moment, moment


@dataclass
class History:
    """A world in motion.

    Attributes
    ----------
    waits
        Service -> admissions of the last step by whole steps waited, per family, (wait,).
    places
        Service -> places of all teams at the last meeting.
    """

    plan: Plan
    joint: Joint
    size: int
    step: int
    ages: Ages
    posts: dict[str, Posts] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    waits: dict[str, FloatArray] = field(default_factory=dict)
    places: dict[str, float] = field(default_factory=dict)
    feedback: Feedback = field(default_factory=Feedback)
    totals: dict[str, float] = field(default_factory=dict)

    @property
    def compiled(self) -> Compiled:
        """The world's compiled model."""
        return self.joint.compiled

    def now(self) -> Moment:
        """Give the moment of the present step."""
        model = self.compiled.model
        levels = {stock.name: self.feedback.levels.get(stock.name, 0.0) for stock in model.stocks}
        return moment(model, self.step, {**self.totals, **levels})

    def advance(self) -> None:
        """Go one step on."""
        model = self.compiled.model
        first = self.step == -model.units[0].warm_up
        self.joint.flows = {c.name: np.zeros((len(c.states), len(c.states))) for c in model.chains}
        turn_over(self.joint, self.ages.advance(first), self.ages, first)
        now = self.now()
        for name in model.order:
            move_everywhere(self.joint, name, now)
        self._meet(now)
        follow_others(self.joint)
        self._remember()
        self._tick()
        self._take_totals()
        if model.stocks:
            self.feedback.advance(model, self.now())
        self.step += 1

    def _meet(self, now: Moment) -> None:
        """Staff the teams and let every service admit."""
        model = self.compiled.model
        for name in self.joint.engaged:
            chain = model.chain(name)
            posts = self.posts.get(name)
            assert chain.service is not None
            if posts is not None and chain.service.team is not None:
                team = chain.service.team
                posts.advance(self.step, drive_of(model, name, team, now) if team.driven else Drive())
                self.places[name] = posts.places
            limited = posts is not None and model.queues == "teams"
            self.queues[name].age(*standing_and_joined(self.joint, chain, self.joint.joined[name]))
            self.waits[name] = np.zeros(self.queues[name].cohorts.shape[1])
            if limited and posts is not None and self.step % posts.plan.meeting_steps:
                continue
            self.waits[name] = hold_meeting(
                self.joint, chain, self.queues[name], self.places[name] if limited else None, float(self.size)
            )

    def _remember(self) -> None:
        """Let every memory take in whether its condition holds now."""
        for name in self.plan.histories:
            chain, states = remembered(self.compiled, name)
            take_note(self.joint, name, chain, states)

    def _tick(self) -> None:
        """Let time in state pass."""
        for name, stages in self.plan.stages.items():
            if len(stages.state) == len(self.joint.chains[name].states):
                continue
            last = np.append(stages.state[1:] != stages.state[:-1], True)
            for u, table in enumerate(self.plan.tables):
                if name in table.names:
                    self.joint.version[u] += 1
                    mass = front(self.joint.mass[u], table.names.index(name))
                    for i in range(len(last) - 1, 0, -1):
                        if stages.state[i] == stages.state[i - 1]:
                            mass[i] = mass[i] + mass[i - 1] if last[i] else mass[i - 1]
                            mass[i - 1] = 0.0

    def _take_totals(self) -> None:
        for name, node in self.compiled.totals.items():
            if node.name == "total":
                self.totals[name] = self.size * held(self, name)
            elif node.name == "waiting":
                service = node.args[0].name
                waiting = self.compiled.model.chain(service).states.index("waiting")
                self.totals[name] = self.size * float(stock(self, service)[waiting])
            else:
                self.totals[name] = self.places.get(node.args[0].name, 0.0)

    def fork(self, compiled: Compiled) -> History:
        """Copy this history to go on under another model."""
        joint = Joint(self.plan, compiled, [mass.copy() for mass in self.joint.mass], {}, self.joint.absent)
        twin = History(
            self.plan, joint, self.size, self.step, copy.deepcopy(self.ages), copy.deepcopy(self.posts),
            copy.deepcopy(self.queues), {},
            dict(self.places), self.feedback.part(compiled.model, self.step), dict(self.totals),
        )  # fmt: skip
        for plan in team_plans(compiled.model):
            if plan.service in twin.posts:
                twin.posts[plan.service].change(plan)
        for name in joint.engaged:
            classes = ranks(joint, joint.chains[name])[2]
            if classes != twin.queues[name].cohorts.shape[0]:
                twin.queues[name] = _reclassed(twin, name, classes)
        twin._take_totals()
        return twin


def _reclassed(history: History, name: str, classes: int) -> Queue:
    """Share a queue's cohorts out over new priority classes."""
    joint = history.joint
    chain = joint.chains[name]
    table = history.plan.tables[history.plan.owner[name]]
    nobody = np.zeros(history.plan.space.shape(tuple(n for n in table.names if n != name)))
    standing, _ = standing_and_joined(joint, chain, nobody)
    waits = history.queues[name].cohorts.sum(axis=0)
    return Queue(np.outer(standing / max(standing.sum(), 1e-300), waits))


def open_history(plan: Plan, compiled: Compiled) -> History:
    """Open a world at its first step."""
    model = compiled.model
    joint = Joint(plan, compiled)
    ages = Ages.of(plan)
    step = -model.units[0].warm_up
    open_tables(joint, ages)
    history = History(plan, joint, model.units[0].size, step, ages, feedback=Feedback.of(model))
    for team in team_plans(model):
        history.posts[team.service] = Posts.of(team, model.clock.step_years, step)
    for name in joint.engaged:
        history.queues[name] = empty_queue(ranks(joint, joint.chains[name])[2])
    history._take_totals()
    return history


def remembered(compiled: Compiled, memory: str) -> tuple[str, BoolArray]:
    """Give the chain that a memory looks at and the states in which it takes note."""
    condition = compiled.conditions[f"remember {memory}"]
    told = plain(compiled, condition, condition.truth(compiled.codes, moment(compiled.model, 0)))
    assert told is not None
    return told.chain, told.states


def stock(history: History, chain: str) -> FloatArray:
    """Give the rows in each state of a chain, per family, (state,)."""
    plan = history.plan
    at = plan.owner[chain]
    by_stage = plan.space.onto(history.joint.mass[at], plan.tables[at].names, (chain,))
    states = plan.stages[chain].state
    counts: FloatArray = np.bincount(states, by_stage, len(history.compiled.model.chain(chain).states)).astype(
        np.float64
    )
    return counts


def held(history: History, name: str, now: Moment | None = None) -> float:
    """Give the rows for which a condition holds (``now``: at a moment other than the present one), per family."""
    compiled = history.compiled
    condition = compiled.conditions[name]
    truth = condition.truth(compiled.codes, now or history.now())
    axes = [axis for axis, _ in compiled.codes[condition.code].axes]
    if not axes:
        return float(truth[0]) * rows(history, condition.reader.unit)
    told = plain(compiled, condition, truth)
    if told is not None:
        return float(stock(history, told.chain) @ told.states)
    return _joint_truth(history, axes, truth, condition.reader.unit)


def _joint_truth(history: History, axes: list[Axis], truth: BoolArray, unit: str) -> float:
    """Sum a table over the cells in which a condition on several things holds."""
    plan, joint = history.plan, history.joint
    child = unit != plan.model.units[0].name
    for u, table in enumerate(plan.tables):
        if table.child != child:
            continue
        held_ = [joint._inside(axis.source, table, axis.classes) for axis in axes]
        if any(h is None for h in held_):
            continue
        names = tuple(n for n in table.names if n in {h[0] for h in held_ if h})
        index = [h[1].reshape([-1 if n == h[0] else 1 for n in names]) for h in held_ if h]
        grid = truth.reshape([axis.size for axis in axes])[tuple(index)]
        return float((plan.space.onto(joint.mass[u], table.names, names) * grid).sum())
    sources = ", ".join(axis.source.name or axis.source.kind for axis in axes)
    raise KeyError(f"no table holds {sources} together")


def rows(history: History, unit: str) -> float:
    """Give the rows of a unit, per family."""
    model = history.plan.model
    if unit == model.units[0].name:
        return 1.0
    return float(history.ages.shares @ history.ages.present.sum(axis=1))
