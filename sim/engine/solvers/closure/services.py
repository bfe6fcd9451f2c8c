"""Services that may let people wait: queues as a fluid, and whether anybody else helps a family.

At each meeting the free places go to the waiting, class by class, the longest wait first. A service that takes on a
family less readily while others work with it leaves just those families waiting for it, so that the others' help must
be known by family and not on average: beside each service that asks how many agencies there are stands whether anybody
else helps. The flows that begin and end a family's help are the same in all services' tables. Leaves out staff.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.solvers.closure.axes import (
    Margin,
    Variable,
    divide,
    front,
    in_order,
    last_first,
    shape,
    without,
)
from sim.engine.solvers.closure.moves import spread
from sim.engine.solvers.closure.plan import ClosurePlan, TablePlan
from sim.engine.solvers.closure.tables import Chance, JointTables, Over, finer
from sim.errors import ModelError
from sim.model.spec import Chain, Service


@dataclass
class FluidQueue:
    """The waiting of one service by priority class (brokered cases apart) and whole steps waited, (class, wait).

    There are as many waits as somebody waits for.
    """

    cohorts: FloatArray

    @classmethod
    def empty(cls, n_classes: int) -> FluidQueue:
        """Make a queue in which nobody waits."""
        return cls(np.zeros((n_classes, 1)))

    def age(self, standing: FloatArray, joined: FloatArray) -> None:
        """Let a step pass: who stands in each class now, (class,), and who of them came in this step, (class,).

        Classes that lost more than they should have by people giving up gave the rest to those that grew.
        """
        old = np.maximum(standing - joined, 0.0)
        had = self.cohorts.sum(axis=1)
        kept = float(old.sum()) / max(float(had.sum()), 1e-300)
        self.cohorts *= min(kept, 1.0)
        had = self.cohorts.sum(axis=1)
        lost, grown = np.maximum(had - old, 0.0), np.maximum(old - had, 0.0)
        share = np.divide(lost, had, out=np.zeros_like(had), where=had > 0)
        moved = (self.cohorts * share[:, None]).sum(axis=0)
        self.cohorts *= 1.0 - share[:, None]
        if grown.sum() > 0:
            pool = moved if moved.sum() > 0 else np.eye(1, self.cohorts.shape[1])[0]
            self.cohorts += grown[:, None] * pool / pool.sum()
        stood = self.cohorts if self.cohorts[:, -1].any() else self.cohorts[:, :-1]
        self.cohorts = np.concatenate([joined[:, None], stood], axis=1)

    def admit(self, longest: FloatArray, any_wait: FloatArray) -> FloatArray:
        """Take out the longest waits of each class, (class,), and shares of each class whatever the wait; by wait."""
        before = self.cohorts.sum(axis=0)
        self.cohorts *= 1.0 - np.minimum(any_wait, 1.0)[:, None]
        from_end = np.cumsum(self.cohorts[:, ::-1], axis=1)
        taken = np.minimum(from_end, longest[:, None])
        self.cohorts = self.cohorts - np.diff(taken, axis=1, prepend=0.0)[:, ::-1]
        return np.asarray(np.maximum(before - self.cohorts.sum(axis=0), 0.0))


def ranks(plan: ClosurePlan, chain: Chain) -> tuple[Margin, IntArray, int]:
    """Give the priority class of a waiting family in each cell of its service's table, before brokering.

    Returns
    -------
        The variables that matter, the class over them, and how many classes there are.
    """
    variables, service = plan.home(chain.name).variables, chain.service
    assert service is not None
    if not callable(service.priority):
        return _lexical(plan, service, variables)
    own = plan.chains[chain.name]
    margin = tuple(v for v in variables if v.kind in ("chain", "trait") and v is not own)
    grid = np.meshgrid(*(_values(plan, v) for v in margin), indexing="ij")
    given = service.priority({v.name: g.reshape(-1) for v, g in zip(margin, grid, strict=True)})
    classes = np.asarray(given).reshape(shape(margin))
    return margin, classes, int(classes.max(initial=0)) + 1


def _lexical(plan: ClosurePlan, service: Service, variables: Margin) -> tuple[Margin, IntArray, int]:
    """Give the classes of a priority that is a list of criteria."""
    assert not callable(service.priority)
    margin: list[Variable] = []
    rank, n = np.zeros((), np.int64), 1
    for criterion, descending in service.priority:
        if criterion == "wait":
            break
        by_name = {v.name: v for v in variables if v.kind in ("chain", "trait", "memory")}
        if criterion not in by_name:
            raise ModelError(f"services.{service.name}.priority: its table does not hold {criterion}")
        value = _values(plan, by_name[criterion])
        most = int(value.max())
        margin.append(by_name[criterion])
        rank = rank[..., None] * (most + 1) + (most - value if descending else value)
        n *= most + 1
    return tuple(margin), rank, n


def _values(plan: ClosurePlan, variable: Variable) -> IntArray:
    """Give what a priority rule sees of a variable's values."""
    if variable.kind == "chain":
        return plan.stages[variable.name].state
    return plan.memories[variable.name].count if variable.kind == "memory" else np.arange(variable.size)


def hold_meeting(
    joint: JointTables, chain: Chain, queue: FluidQueue, places: float | None, n_families: float
) -> FloatArray:
    """Admit from a service's queue to its free places and move who is admitted.

    Parameters
    ----------
    joint
        The tables of the world.
    chain
        The service.
    queue
        Its queue, brought up to date with who stands there.
    places
        Places of all teams together, or None for no limit.
    n_families
        Number of families that a cell of 1 stands for.

    Returns
    -------
        Admissions by whole steps waited, per family, (wait,).
    """
    over = joint.plan.margins.over
    table, variable = joint.plan.home(chain.name), joint.plan.chains[chain.name]
    first = chain.engaged[0]
    margin, rank, n = ranks(joint.plan, chain)
    brokered, brokered_margin = _brokered(joint, chain.name, table)
    joined = tuple(v for v in without(table.variables, variable) if v in margin or v in brokered_margin)
    standing = _waiting(joint, chain, joined)
    share = over(brokered, brokered_margin, joined)
    by_cell = np.broadcast_to(over(rank, margin, joined), standing.shape)
    counts = (
        np.bincount(by_cell.reshape(-1), who.reshape(-1), n) for who in (standing * (1.0 - share), standing * share)
    )
    ordinary, put_first = (np.asarray(count, np.float64) for count in counts)
    if places is None:
        chance, first_chance = np.ones(n), 1.0
    else:
        helped = joint.engaged[chain.name][joint.plan.stages[chain.name].state]
        busy = float(front(joint.cells[table.at], table.variables.index(variable))[helped].sum())
        chance, first_chance = _chances(max(places / n_families - busy, 0.0), ordinary, put_first)
    total = ordinary + put_first
    any_wait = np.divide(first_chance * put_first, total, out=np.zeros(n), where=total > 0)
    waits = queue.admit(chance * ordinary, any_wait)
    p = share * first_chance + (1.0 - share) * chance[by_cell]
    stage, waiting = joint.stage(chain.name, "waiting"), chain.waiting
    spread(joint, chain.name, [Chance(np.array([stage]), [(waiting, first)], p[None], joined)], None)
    return waits


def _chances(free: float, ordinary: FloatArray, put_first: FloatArray) -> tuple[FloatArray, float]:
    """Share free places out: the chance by class, and of those put first."""
    first_chance = min(free / put_first.sum(), 1.0) if put_first.sum() > 0 else 0.0
    left = free - first_chance * put_first.sum()
    ahead = np.cumsum(ordinary) - ordinary
    taken = np.clip(left - ahead, 0.0, ordinary)
    return np.divide(taken, ordinary, out=np.zeros(len(ordinary)), where=ordinary > 0), first_chance


def _waiting(joint: JointTables, chain: Chain, margin: Margin) -> FloatArray:
    """Give who waits for a service, (*margin)."""
    table, variable = joint.plan.home(chain.name), joint.plan.chains[chain.name]
    axis = table.variables.index(variable)
    here = np.take(joint.cells[table.at], joint.stage(chain.name, "waiting"), axis=axis)
    return joint.plan.margins.onto(here, without(table.variables, variable), margin)


def standing_and_joined(joint: JointTables, chain: Chain, inflow: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Give who waits by priority class, and who of them joined in this step, (class,) each; no inflow: nobody."""
    margin, rank, n = ranks(joint.plan, chain)
    here, rest = (
        _waiting(joint, chain, margin),
        without(joint.plan.home(chain.name).variables, joint.plan.chains[chain.name]),
    )
    new = np.zeros(here.shape) if inflow is None else joint.plan.margins.onto(inflow, rest, margin)
    flat = np.broadcast_to(rank, here.shape).reshape(-1)
    return np.asarray(np.bincount(flat, here.reshape(-1), n)), np.asarray(np.bincount(flat, new.reshape(-1), n))


def _brokered(joint: JointTables, service: str, table: TablePlan) -> Over:
    """Give the share of waiting families for whom a key worker has arranged a place in front, (*margin)."""
    margin: Margin = ()
    ordinary, over = np.ones(()), joint.plan.margins.over
    for broker, chain in joint.chains.items():
        share = chain.service.brokers.get(service, 0.0) if chain.service else 0.0
        if share > 0.0:
            marks = joint.marks(broker)[:, None]
            given = joint.given(joint.plan.chains[broker], marks, joint.plan.home(broker), table)
            chances, helped = finer(*given, table)
            q, helped = in_order(chances[..., 0][None], helped, table.variables)
            joined = tuple(v for v in table.variables if v in margin or v in helped)
            ordinary = over(ordinary, margin, joined) * (1.0 - over(q[0] * share, helped, joined))
            margin = joined
    own = joint.plan.chains[service]
    if own in margin:
        ordinary = np.take(ordinary, joint.stage(service, "waiting"), axis=margin.index(own))
    return 1.0 - ordinary, without(margin, own)


@dataclass
class HelpTotals:
    """A service's table by others' help, (others, *margin): help begun and ended; families idle and busy before."""

    margin: Margin
    begun: FloatArray
    ended: FloatArray
    idle: FloatArray
    busy: FloatArray

    def over(self, plan: ClosurePlan, margin: Margin) -> tuple[FloatArray, ...]:
        """View the four arrays over another service's margin."""
        parts = (self.begun, self.ended, self.idle, self.busy)
        return parts if self.margin == margin else tuple(plan.margins.over(p, self.margin, margin) for p in parts)


def follow_others(joint: JointTables) -> None:
    """Move families of each service's table between helped by nobody else and helped by somebody else."""
    plan = joint.plan
    services = [name for name in joint.engaged if name in plan.others]
    totals = {name: _help_totals(joint, name) for name in services}
    for name in services:
        own = totals[name]
        sizes = shape(own.margin)
        up, down = np.zeros((2, *sizes)), np.zeros((2, *sizes))
        nobody, odds = np.ones(sizes), np.zeros(sizes)
        for begun, ended, idle, busy in (totals[n].over(plan, own.margin) for n in services if n != name):
            up[0] += begun[0]
            down[0] += ended[0]
            up[1] += divide(begun[1], idle[1])
            share = divide(busy.sum(axis=0), (busy + idle).sum(axis=0))
            nobody *= 1.0 - share
            odds += divide(share, 1.0 - share) * divide(ended[1], busy[1])
        rates = {
            (0, 0): divide(up[0], own.idle[0]), (0, 1): divide(down[0], own.idle[1]),
            (1, 0): up[1], (1, 1): odds * divide(nobody, 1.0 - nobody),
        }  # fmt: skip
        _shift(joint, name, own.margin, rates)
    joint.help_changes = {}


def _help_totals(joint: JointTables, name: str) -> HelpTotals:
    """Sum a service's table and its moves of the step by others' help."""
    plan = joint.plan
    table, variable, others = plan.home(name), plan.chains[name], plan.others[name]
    margin = plan.shared_by_services(without(table.variables, variable))
    small = plan.margins.onto(joint.cells[table.at], table.variables, (others, *margin, variable))
    busy = small @ joint.marks(name)
    idle = small.sum(axis=-1) - busy
    changes = joint.help_changes.get(name, {})
    begun, ended = (last_first(changes[c]) if c in changes else np.zeros_like(busy) for c in (1, -1))
    return HelpTotals(margin, begun, ended, idle + begun - ended, busy - begun + ended)


def _shift(joint: JointTables, name: str, margin: Margin, rates: dict[tuple[int, int], FloatArray]) -> None:
    """Move a table's families between others' help and none, apart for those whom the service itself helps."""
    plan = joint.plan
    table, variable, others = plan.home(name), plan.chains[name], plan.others[name]
    joint.version[table.at] += 1
    axes = [table.variables.index(others), table.variables.index(variable)]
    by_others = np.moveaxis(joint.cells[table.at], axes, [0, 1])
    rest = without(table.variables, others, variable)
    helped = joint.engaged[name][plan.stages[name].state]
    for own, stages in ((0, np.flatnonzero(~helped)), (1, np.flatnonzero(helped))):
        up, down = (np.minimum(plan.margins.over(rates[own, h], margin, rest), 1.0) for h in (0, 1))
        for stage in stages:
            rise, fall = by_others[0, stage] * up, by_others[1, stage] * down
            by_others[0, stage] += fall - rise
            by_others[1, stage] += rise - fall
