"""Queues as a fluid: at each meeting the free places go to the waiting, class by class, the longest wait first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.solvers.closure.following import spread
from sim.engine.solvers.closure.joint import Chance, Joint
from sim.engine.solvers.closure.plan import TablePlan
from sim.engine.solvers.closure.space import Names, front
from sim.engine.teams.meeting import WAIT_BINS
from sim.errors import ModelError
from sim.model.spec import Chain, Service


@dataclass
class Queue:
    """The waiting of one service by priority class (brokered cases apart) and whole steps waited, (class, wait)."""

    cohorts: FloatArray

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
        self.cohorts[:, -2] += self.cohorts[:, -1]
        self.cohorts = np.concatenate([joined[:, None], self.cohorts[:, :-1]], axis=1)

    def admit(self, amounts: FloatArray, any_: FloatArray) -> FloatArray:
        """Take out the longest waits of each class, (class,), and shares of each class whatever the wait; by wait."""
        before = self.cohorts.sum(axis=0)
        self.cohorts *= 1.0 - np.minimum(any_, 1.0)[:, None]
        from_end = np.cumsum(self.cohorts[:, ::-1], axis=1)
        taken = np.minimum(from_end, amounts[:, None])
        self.cohorts = self.cohorts - np.diff(taken, axis=1, prepend=0.0)[:, ::-1]
        return np.asarray(np.maximum(before - self.cohorts.sum(axis=0), 0.0))


def empty_queue(n_classes: int) -> Queue:
    """Make a queue in which nobody waits."""
    return Queue(np.zeros((n_classes, WAIT_BINS)))


def ranks(joint: Joint, chain: Chain) -> tuple[Names, IntArray, int]:
    """Give the priority class of a waiting family in each cell of its service's table, before brokering.

    Returns
    -------
        The names that matter, the class over them, and how many classes there are.
    """
    plan = joint.plan
    table = plan.tables[plan.owner[chain.name]]
    service = chain.service
    assert service is not None
    if callable(service.priority):
        names = tuple(n for n in table.names if (n in plan.stages and n != chain.name) or _is_trait(joint, n))
        grid = np.meshgrid(*(_values(joint, n) for n in names), indexing="ij")
        given = service.priority({n: g.reshape(-1) for n, g in zip(names, grid, strict=True)})
        classes = np.asarray(given).reshape(plan.space.shape(names))
        return names, classes, int(classes.max(initial=0)) + 1
    return _lexical(joint, service, table)


def _lexical(joint: Joint, service: Service, table: TablePlan) -> tuple[Names, IntArray, int]:
    assert not callable(service.priority)
    names: list[str] = []
    rank, n = np.zeros((), np.int64), 1
    for criterion, descending in service.priority:
        if criterion == "wait":
            break
        if criterion not in table.names:
            raise ModelError(f"services.{service.name}.priority: its table does not hold {criterion}")
        value = _values(joint, criterion)
        most = int(value.max())
        names.append(criterion)
        rank = rank[..., None] * (most + 1) + (most - value if descending else value)
        n *= most + 1
    return tuple(names), rank, n


def _is_trait(joint: Joint, name: str) -> bool:
    return any(t.name == name for t in joint.plan.model.traits)


def _values(joint: Joint, name: str) -> IntArray:
    """Give what a priority rule sees of a name's values."""
    if name in joint.plan.stages:
        return joint.plan.stages[name].state
    if name in joint.plan.histories:
        return joint.plan.histories[name].count
    return np.arange(joint.plan.space.sizes[name])


def hold_meeting(joint: Joint, chain: Chain, queue: Queue, places: float | None, n_families: float) -> FloatArray:
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
        Number of families that a mass of 1 stands for.

    Returns
    -------
        Admissions by whole steps waited, per family, (wait,).
    """
    plan, space = joint.plan, joint.plan.space
    at = plan.owner[chain.name]
    table = plan.tables[at]
    axis = table.names.index(chain.name)
    waiting = chain.states.index("waiting")
    first = next(i for i, s in enumerate(chain.states) if s.startswith("engaged"))
    rest = tuple(n for n in table.names if n != chain.name)
    stage = joint.fresh[chain.name][waiting]
    names, rank, n = ranks(joint, chain)
    brokered_names, brokered = _brokered(joint, chain.name, table)
    joined = tuple(n_ for n_ in rest if n_ in names or n_ in brokered_names)
    standing = space.onto(np.take(joint.mass[at], stage, axis=axis), rest, joined)
    share = space.over(brokered, brokered_names, joined)
    order = sorted(range(len(names)), key=lambda i: joined.index(names[i]))
    by_cell = np.broadcast_to(
        rank.transpose(order).reshape([space.sizes[x] if x in names else 1 for x in joined]), standing.shape
    )
    plain = np.bincount(by_cell.reshape(-1), (standing * (1.0 - share)).reshape(-1), n)
    put_first = np.bincount(by_cell.reshape(-1), (standing * share).reshape(-1), n)
    if places is None:
        chance, first_chance = np.ones(n), 1.0
    else:
        helped = joint.engaged[chain.name][plan.stages[chain.name].state]
        busy = float(front(joint.mass[at], axis)[helped].sum())
        free = max(places / n_families - busy, 0.0)
        first_chance = min(free / put_first.sum(), 1.0) if put_first.sum() > 0 else 0.0
        left = free - first_chance * put_first.sum()
        ahead = np.cumsum(plain) - plain
        chance = np.divide(np.clip(left - ahead, 0.0, plain), plain, out=np.zeros(n), where=plain > 0)
    total = plain + put_first
    waits = queue.admit(chance * plain, np.divide(first_chance * put_first, total, out=np.zeros(n), where=total > 0))
    p = share * first_chance + (1.0 - share) * chance[by_cell]
    spread(joint, chain.name, at, [Chance(np.array([stage]), [(waiting, first)], p[None], joined)], None)
    return waits


def standing_and_joined(joint: Joint, chain: Chain, inflow: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give who waits by priority class, and who of them joined in this step, (class,) each."""
    plan, space = joint.plan, joint.plan.space
    at = plan.owner[chain.name]
    table = plan.tables[at]
    rest = tuple(n for n in table.names if n != chain.name)
    stage = joint.fresh[chain.name][chain.states.index("waiting")]
    names, rank, n = ranks(joint, chain)
    here = space.onto(np.take(joint.mass[at], stage, axis=table.names.index(chain.name)), rest, names)
    new = space.onto(inflow, rest, names)
    flat = np.broadcast_to(rank, here.shape).reshape(-1)
    return np.asarray(np.bincount(flat, here.reshape(-1), n)), np.asarray(np.bincount(flat, new.reshape(-1), n))


def _brokered(joint: Joint, service: str, table: TablePlan) -> tuple[Names, FloatArray]:
    """Give the share of waiting families for whom a key worker has arranged a place in front."""
    names: Names = ()
    ordinary = np.ones(())
    for broker, chain in joint.chains.items():
        share = chain.service.brokers.get(service, 0.0) if chain.service else 0.0
        if share <= 0.0 or broker not in joint.plan.owner:
            continue
        owner = joint.plan.tables[joint.plan.owner[broker]]
        marks = joint.engaged[broker][joint.plan.stages[broker].state].astype(np.float64)[:, None]
        its, chances = joint.given(broker, marks, owner, table)
        order = sorted(range(len(its)), key=lambda i: table.names.index(its[i]))
        its = tuple(its[i] for i in order)
        q = chances[..., 0].transpose(order) * share
        joined = tuple(n for n in table.names if n in names or n in its)
        ordinary = joint.plan.space.over(ordinary, names, joined) * (1.0 - joint.plan.space.over(q, its, joined))
        names = joined
    shared = tuple(n for n in names if n != service)
    if service in names:
        stage = joint.fresh[service][joint.chains[service].states.index("waiting")]
        ordinary = np.take(ordinary, stage, axis=names.index(service))
    return shared, 1.0 - ordinary
