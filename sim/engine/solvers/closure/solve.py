"""One world under the closure, step by step, in the same order of events as `simulate`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.engine.feedback import Drive, Feedback, drive_of
from sim.engine.moves.consequences import plain
from sim.engine.people.ages import Ages
from sim.engine.solvers.closure.axes import Margin, Variable, WindowHistories, carrier, divide, front, without
from sim.engine.solvers.closure.conditional import Pair
from sim.engine.solvers.closure.moves import move_everywhere, shift_classes, spread
from sim.engine.solvers.closure.people import open_tables, turn_over
from sim.engine.solvers.closure.plan import ClosurePlan, TablePlan
from sim.engine.solvers.closure.services import FluidQueue, follow_others, hold_meeting, ranks, standing_and_joined
from sim.engine.solvers.closure.tables import Chance, JointTables, Over, decided_by
from sim.engine.teams.plans import team_plans
from sim.engine.teams.posts import Posts
from sim.model.compiled.grid import Axis
from sim.model.compiled.model import Compiled
from sim.model.compiled.scope import Moment, moment
from sim.model.handover import Handed
from sim.model.spec import Chain


@dataclass
class ClosureHistory:
    """A world in motion: what `sim.engine.counts.expected` asks of a history, and the steps.

    Attributes
    ----------
    size
        Families that a cell of 1 stands for.
    waits
        Service -> admissions of the last step by whole steps waited, per family, (wait,).
    places
        Service -> places of all teams at the last meeting.
    """

    plan: ClosurePlan
    joint: JointTables
    size: int
    step: int
    ages: Ages
    posts: dict[str, Posts] = field(default_factory=dict)
    queues: dict[str, FluidQueue] = field(default_factory=dict)
    waits: dict[str, FloatArray] = field(default_factory=dict)
    places: dict[str, float] = field(default_factory=dict)
    feedback: Feedback = field(default_factory=Feedback)
    totals: dict[str, float] = field(default_factory=dict)
    handed: Mapping[int, Handed] = field(default_factory=dict)
    cases: dict[str, float] = field(default_factory=dict)

    @property
    def compiled(self) -> Compiled:
        """The world's compiled model."""
        return self.joint.compiled

    def stock(self, chain: str) -> FloatArray:
        """Give the rows in each state of a chain, per family, (state,)."""
        table, variable = self.plan.home(chain), self.plan.chains[chain]
        by_stage = self.plan.margins.onto(self.joint.cells[table.at], table.variables, (variable,))
        counts: FloatArray = np.bincount(
            self.plan.stages[chain].state, by_stage, len(self.joint.chains[chain].states)
        ).astype(np.float64)
        return counts

    def moves(self, chain: str) -> FloatArray:
        """Give the moves of the last step per family, (old, new)."""
        return self.joint.flows[chain]

    def condition(self, name: str) -> float:
        """Give the rows for which a condition held in the last step, by the clock of that step, per family."""
        step = max(self.step - 1, -self.compiled.model.units[0].warm_up)
        return held(self, name, moment(self.compiled.model, step, self.now().totals))

    def rows(self, unit: str) -> float:
        """Give the rows of a unit, per family."""
        is_root = unit == self.plan.model.units[0].name
        return 1.0 if is_root else float(self.ages.mean(self.ages.present.sum(axis=1)))

    def waited(self, service: str) -> FloatArray:
        """Give the admissions of the last step by whole steps waited, per family, (wait,)."""
        return self.waits[service]

    def taken(self, service: str) -> float:
        """Give who left a queue in the last step because the family left, per family."""
        return self.joint.taken.get(service, 0.0)

    def staff(self, service: str) -> tuple[float, float, float, float, float] | None:
        """Give posts at work, places, paid posts, posts and those kept on; None without a team."""
        posts = self.posts.get(service)
        if posts is None:
            return None
        return posts.working, self.places[service], posts.paid, posts.funded, posts.kept_on

    def now(self) -> Moment:
        """Give the moment of the present step."""
        model = self.compiled.model
        levels = {stock.name: self.feedback.levels.get(stock.name, 0.0) for stock in model.stocks}
        return moment(model, self.step, {**self.totals, **levels})

    def advance(self) -> None:
        """Go one step on."""
        model = self.compiled.model
        first = self.step == -model.units[0].warm_up
        self.joint.step = self.step
        self.joint.flows = {c.name: np.zeros((len(c.states), len(c.states))) for c in model.chains}
        turn_over(self.joint, self.ages.advance(first), self.ages, first)
        for name in self.handed[self.step].ending if self.step in self.handed else ():
            self._send_home(model.chain(name))
        for name in self.joint.engaged:
            self.cases[name] = self.size * float(self.stock(name)[list(model.chain(name).engaged)].sum())
        now = self.now()
        for name in model.order:
            move_everywhere(self.joint, name, now)
        for name in self.joint.engaged:
            self._meet(name, now)
        follow_others(self.joint)
        for memory in self.plan.memories.values():
            take_note(self.joint, memory)
        self._tick()
        self._take_totals()
        if model.stocks:
            self.feedback.advance(model, self.now())
        self.step += 1

    def _send_home(self, chain: Chain) -> None:
        """Send home who is on the way to a service that ends."""
        for state in chain.door:
            stages = np.flatnonzero(self.plan.stages[chain.name].state == state)
            spread(self.joint, chain.name, [Chance(stages, [(state, chain.end)], np.ones(1), ())], None)

    def _meet(self, name: str, now: Moment) -> None:
        """Staff a service's teams and let them admit."""
        model, posts, queue = self.compiled.model, self.posts.get(name), self.queues[name]
        chain = model.chain(name)
        if posts is not None and chain.service is not None and chain.service.team is not None:
            team = chain.service.team
            posts.advance(self.step, drive_of(model, name, team, now) if team.driven else Drive(), self.cases[name])
            self.places[name] = posts.places
        queue.age(*standing_and_joined(self.joint, chain, self.joint.joined[name]))
        limited = posts is not None and model.queues == "teams"
        if limited and posts is not None and self.step % posts.plan.meeting_steps:
            self.waits[name] = np.zeros(queue.cohorts.shape[1])
            return
        places = self.places[name] if limited else None
        self.waits[name] = hold_meeting(self.joint, chain, queue, places, float(self.size))

    def _tick(self) -> None:
        """Let time in state pass."""
        for name, stages in self.plan.stages.items():
            if len(stages.state) == len(stages.of_state):
                continue
            for table in self.plan.tables:
                if self.plan.chains[name] in table.variables:
                    self.joint.version[table.at] += 1
                    cells = front(self.joint.cells[table.at], table.variables.index(self.plan.chains[name]))
                    for unfolded in stages.of_state:
                        for i in unfolded[:0:-1]:  # the last stage is for as long and longer
                            cells[i] = cells[i] + cells[i - 1] if i == unfolded[-1] else cells[i - 1]
                            cells[i - 1] = 0.0

    def _take_totals(self) -> None:
        """Count what rates and teams read of last step's totals."""
        for name, node in self.compiled.totals.items():
            if node.name == "total":
                self.totals[name] = self.size * held(self, name)
            elif node.name == "waiting":
                service = node.args[0].name
                waiting = self.compiled.model.chain(service).waiting
                self.totals[name] = self.size * float(self.stock(service)[waiting])
            else:
                self.totals[name] = self.places.get(node.args[0].name, 0.0)

    def fork(self, compiled: Compiled, handed: Mapping[int, Handed] = MappingProxyType({})) -> ClosureHistory:
        """Copy this history to go on under another model, in which services are ``handed`` over."""
        cells = [table.copy() for table in self.joint.cells]
        joint = JointTables(self.plan, compiled, cells, self.joint.absent)
        twin = ClosureHistory(
            self.plan, joint, self.size, self.step, copy.deepcopy(self.ages), copy.deepcopy(self.posts),
            copy.deepcopy(self.queues), {},
            dict(self.places), self.feedback.part(compiled.model, self.step), dict(self.totals), handed,
        )  # fmt: skip
        for plan in team_plans(compiled.model):
            if plan.service in twin.posts:
                twin.posts[plan.service].plan = plan
        for name, queue in twin.queues.items():
            if ranks(self.plan, joint.chains[name])[2] != queue.cohorts.shape[0]:  # share it out over new classes
                standing, _ = standing_and_joined(joint, joint.chains[name], None)
                queue.cohorts = np.outer(standing / max(standing.sum(), 1e-300), queue.cohorts.sum(axis=0))
        twin._take_totals()
        return twin


def open_history(
    plan: ClosurePlan, compiled: Compiled, handed: Mapping[int, Handed] = MappingProxyType({})
) -> ClosureHistory:
    """Open a world, in which services are ``handed`` over, at its first step."""
    model = compiled.model
    joint, ages = JointTables(plan, compiled), Ages.of(plan.model, plan.number.name if plan.number else None)
    step = -model.units[0].warm_up
    open_tables(joint, ages)
    history = ClosureHistory(plan, joint, model.units[0].size, step, ages, feedback=Feedback.of(model), handed=handed)
    for team in team_plans(model):
        history.posts[team.service] = Posts.of(team, model.clock.step_years, step)
    for name in joint.engaged:
        history.queues[name] = FluidQueue.empty(ranks(plan, joint.chains[name])[2])
    history._take_totals()
    return history


def held(history: ClosureHistory, name: str, now: Moment | None = None) -> float:
    """Give the rows for which a condition holds (``now``: at a moment other than the present one), per family."""
    compiled = history.compiled
    condition = compiled.conditions[name]
    truth = condition.truth(compiled.codes, now or history.now())
    axes = [axis for axis, _ in compiled.codes[condition.code].axes]
    if not axes:
        return float(truth[0]) * history.rows(condition.reader.unit)
    on_states = plain(compiled, condition, truth)
    if on_states is not None:
        return float(history.stock(on_states.chain) @ on_states.states)
    return _joint_truth(history, axes, truth, condition.reader.unit)


def _joint_truth(history: ClosureHistory, axes: list[Axis], truth: BoolArray, unit: str) -> float:
    """Sum a table over the cells in which a condition on several things holds."""
    plan, child = history.plan, unit != history.plan.model.units[0].name
    for table in plan.tables:
        inside = [decided_by(plan, axis.source, table, axis.classes) for axis in axes] if table.child == child else []
        decided = [d for d in inside if d is not None]
        if len(decided) == len(axes):
            margin = tuple(v for v in table.variables if v in {own for own, _ in decided})
            index = [classes.reshape([-1 if v is own else 1 for v in margin]) for own, classes in decided]
            grid = truth.reshape([axis.size for axis in axes])[tuple(index)]
            return float((plan.margins.onto(history.joint.cells[table.at], table.variables, margin) * grid).sum())
    sources = ", ".join(axis.source.name or axis.source.kind for axis in axes)
    raise KeyError(f"no table holds {sources} together")


def remembered(compiled: Compiled, memory: str) -> tuple[str, BoolArray]:
    """Give the chain that a memory looks at and the states in which it takes note."""
    condition = compiled.conditions[f"remember {memory}"]
    on_states = plain(compiled, condition, condition.truth(compiled.codes, moment(compiled.model, 0)))
    assert on_states is not None
    return on_states.chain, on_states.states


def take_note(joint: JointTables, memory: WindowHistories) -> None:
    """Let a memory take in a step: every history moves on, and tables that hold what it comes to follow."""
    plan = joint.plan
    name, states = remembered(joint.compiled, memory.variable.name)
    chain, noted = plan.chains[name], states[plan.stages[name].state]
    for table in plan.tables:
        if memory.variable in table.variables:
            if table.at == plan.owner[memory.variable]:
                _let_follow(joint, table, memory, chain, noted)
            joint.version[table.at] += 1
            axes = [table.variables.index(chain), table.variables.index(memory.variable)]
            cells = np.moveaxis(joint.cells[table.at], axes, [0, 1])
            for stage, bit in enumerate(noted):
                order, starts, targets = memory.sums[int(bit)]
                summed = np.add.reduceat(cells[stage].take(order, axis=0), starts, axis=0)
                cells[stage] = 0.0
                cells[stage][targets] = summed


def _let_follow(
    joint: JointTables, table: TablePlan, memory: WindowHistories, chain: Variable, noted: BoolArray
) -> None:
    """Move what other tables hold of a memory in classes, before its own table moves."""
    margins, own = joint.plan.margins, table.variables
    for coarse in memory.variable.coarser:
        for other in joint.plan.tables:
            if coarse in other.variables:
                shared = margins.shared(without(own, memory.variable), without(other.variables, coarse))
                weight = joint.weight(own) if other.child and not table.child else np.ones(1)
                carriers = tuple(dict.fromkeys(carrier(v, own) or v for v in (*shared, chain)))
                small = margins.onto(joint.cells[table.at] * weight, own, (memory.variable, *carriers))
                shift_classes(
                    joint, other, coarse, _shifts(joint, small, carriers, memory, coarse, chain, noted, shared)
                )


def _shifts(
    joint: JointTables,
    small: FloatArray,
    carriers: Margin,
    memory: WindowHistories,
    coarse: Variable,
    chain: Variable,
    noted: BoolArray,
    shared: Margin,
) -> list[tuple[Pair, Over]]:
    """Give the share of each class of a memory that a step takes to another class, (1, *shared)."""
    onto, classes = joint.plan.margins.onto, memory.variable.coarser[coarse]
    axis = carriers.index(chain)
    moves: list[tuple[Pair, Over]] = []
    for a, b in np.ndindex(coarse.size, coarse.size):
        if a == b:
            continue
        whole = onto(small[classes == a].sum(axis=0), carriers, shared)
        gone = np.zeros(small.shape[1:])
        by_stage = front(gone, axis)
        for stage, bit in enumerate(noted):
            who = (classes == a) & (classes[memory.following[int(bit)]] == b)
            by_stage[stage] = np.take(small, stage, axis=1 + axis)[who].sum(axis=0)
        moves.append(((a, b), (divide(onto(gone, carriers, shared), whole)[None], shared)))
    return moves
