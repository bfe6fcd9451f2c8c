"""What moving a row of a chain sets off, as plain lists by pair (old * n + new)."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import numpy as np

from sim.arrays import FloatArray
from sim.engine.moves.consequences import Firing
from sim.engine.moves.world import MovingWorld
from sim.engine.solvers.by_day.dependencies import Touch, UnitCells, by_pair, readers
from sim.engine.solvers.by_day.gate import Gate
from sim.engine.solvers.by_day.stays import Stays
from sim.model.compiled.scope import Source
from sim.model.spec import Service


@dataclass
class Plan:
    """One chain as it is lived.

    Attributes
    ----------
    unit, owner
        Number of its unit; its own number among the unit's chains.
    slots
        Area slot of each row, times n * n.
    flows
        Moves of this step, (slot, old, new) in one list.
    own, down
        What a move means for the row itself and, for a chain of families, for each of the children.
    fires
        By pair, what it fires.
    service
        By pair, what it means for help; None for what is no discretionary service.
    ranked
        Services whose queues look at this chain.
    stays
        Stays in it whose length is drawn when they begin.
    turned_away, room
        The state of who finds the waiting room full, and how many may wait in each area.
    """

    name: str
    unit: int
    owner: int
    n: int
    slots: list[int]
    flows: list[int]
    own: list[Touch | None]
    down: list[Touch | None]
    fires: list[list[Firing]]
    service: list[int] | None
    waiting: int = -1
    engaged: int = 0
    turned_away: int | None = None
    room: float = inf
    gate: Gate | None = None
    stays: Stays | None = None
    ranked: list[Plan] = field(default_factory=list)
    view: memoryview = field(default_factory=lambda: memoryview(b""))
    entered: memoryview | None = None

    def counted(self) -> FloatArray:
        """Give the moves of this step, (slot, old * n + new), and start counting anew."""
        result = np.array(self.flows, dtype=np.float64).reshape(-1, self.n * self.n)
        self.flows = [0] * len(self.flows)
        return result


def plans_of(world: MovingWorld, units: list[UnitCells]) -> dict[str, Plan]:
    """Make the plans of all chains of a world."""
    plans = {}
    for u, unit in enumerate(units):
        for owner, name in enumerate(unit.chains):
            link, source = world.links[name], Source("chain", name)
            n = link.n
            below = readers(units[1], source) if u == 0 and len(units) > 1 else []
            plan = Plan(
                name=name,
                unit=u,
                owner=owner,
                n=n,
                slots=(world.slots[unit.name].astype(np.int64) * (n * n)).tolist(),
                flows=[0] * (world.n_slots * n * n),
                own=by_pair(unit, readers(unit, source), n),
                down=by_pair(units[1], below, n) if below else [None] * (n * n),
                fires=[[f for f in link.firings if f.moves[pair]] for pair in range(n * n)],
                service=None if link.service is None else link.service.tolist(),
            )
            if plan.service is not None:
                plan.waiting = world.chains[name].waiting
                plan.turned_away = world.chains[name].turned_away
                plan.room = _room(world, name)
                plan.engaged = int(world.engaged[name].argmax())
            plans[name] = plan
    for plan in plans.values():
        plan.ranked = [other for other in plans.values() if _looks_at(world, other.name, plan.name)]
    return plans


def _room(world: MovingWorld, name: str) -> float:
    """Give how many may wait for a service in each area."""
    service = world.chains[name].service
    limit = None if service is None or service.team is None else service.team.waiting_room
    return inf if limit is None else float(limit)


def _looks_at(world: MovingWorld, service: str, chain: str) -> bool:
    """Say whether a service's queue stands in an order that a chain may change."""
    there = world.chains[service].service
    if there is None or not world.chains[service].is_gated:
        return False
    broker = world.chains[chain].service
    return chain in criteria(there) or (broker is not None and broker.brokers.get(service, 0.0) > 0.0)


def criteria(service: Service) -> list[str]:
    """List what a service's priority looks at before the time of joining; a function of one's own: nothing named."""
    if callable(service.priority):
        return []
    names = [name for name, _ in service.priority]
    return names[: names.index("wait")] if "wait" in names else names


def has_ranks(world: MovingWorld, name: str) -> bool:
    """Say whether a service's queue knows anything but the time of joining."""
    service = world.chains[name].service
    assert service is not None
    brokers = (c.service.brokers.get(name, 0.0) for c in world.chains.values() if c.service is not None)
    return callable(service.priority) or bool(criteria(service)) or any(share > 0.0 for share in brokers)
