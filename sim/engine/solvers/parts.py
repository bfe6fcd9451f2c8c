"""One replication in parts: some areas each, whose counts add up to those of all areas to the last bit.

Families of one area meet nothing of another: teams, queues and meetings belong to areas, and every draw hangs on a
family's own number. What is counted are whole numbers, and posts in whole units, so that sums are exact in any order.
Only what an expression reads of totals joins areas, and where one does, a replication is run whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from sim.arrays import FloatArray
from sim.engine.counts.record import Record
from sim.engine.people.areas import AreaSpan
from sim.engine.teams.plans import driven_services, team_plans
from sim.engine.teams.staffing import MOST_ADDED
from sim.errors import ModelError
from sim.language.tree import canonical
from sim.model.compiled.scope import calls
from sim.model.spec import Model, Scenario


def why_whole(scenario: Scenario) -> str:
    """Say why a replication cannot be run in parts; empty when it can."""
    if scenario.solver == "expect":
        return "expected values are worked out for all areas together"
    models = [world.model for world in scenario.worlds]
    if any(model.queues == "per_family" for model in models):
        return "queues: per_family lives all families by one clock"
    if len(models[0].areas.names) == 1:
        return "there is one area"
    driven = sorted(driven_services(scenario))
    if driven:
        return f"the team of {driven[0]} goes by what all areas come to"
    for model in models:
        reason = _what_joins(model)
        if reason:
            return reason
    return ""


def _what_joins(model: Model) -> str:
    """Say what in a model joins its areas; empty when nothing does."""
    if model.stocks:
        return f"feedback '{model.stocks[0].name}' goes by what all areas come to"
    read = calls(model, "step")
    if read:
        return f"{canonical(read[0])} is read, which all areas share"
    for chain in model.chains:
        if chain.service is not None and callable(chain.service.priority):
            return f"the priority of {chain.name} is a function that may look at everybody who waits"
    for plan in team_plans(model):
        if max(float(workers.sum()) for workers in (plan.workers, *(w for _, w in plan.schedule))) > MOST_ADDED:
            return f"{plan.service} has more than {MOST_ADDED:,} posts, whose sum is not exact in any order"
    return ""


def check_part(scenario: Scenario, part: AreaSpan) -> None:
    """Refuse a part of what cannot be cut, or of areas that there are not.

    Raises
    ------
    ModelError
        With the reason.
    """
    reason, n = why_whole(scenario), len(scenario.worlds[0].model.areas.names)
    if reason:
        raise ModelError(f"a replication of this study cannot be run in parts: {reason}")
    if not 0 <= part.first <= part.last < n:
        raise ModelError(f"{part}: there are {n} areas")


def cut(weights: Sequence[float] | FloatArray, parts: int, first: int = 0) -> list[AreaSpan]:
    """Cut areas into parts of neighbours so that the largest part is as small as it can be.

    Parameters
    ----------
    weights
        Size of each area, in any unit, (area,).
    parts
        How many parts there should be; there are fewer where fewer do as well, and at most one an area.
    first
        Number of the first of these areas.
    """
    sizes = np.asarray(weights, np.float64)
    low, high = max(float(sizes.max()), float(sizes.sum()) / parts), float(sizes.sum())
    best = [(0, len(sizes))]
    for _ in range(50):  # halves the room between what is too little and what is enough
        middle = 0.5 * (low + high)
        found = _filled(sizes, middle)
        low, high, best = (low, middle, found) if len(found) <= parts else (middle, high, best)
    return [AreaSpan(first + start, first + end - 1) for start, end in best]


def _filled(sizes: FloatArray, most: float) -> list[tuple[int, int]]:
    """Fill parts one after another with areas up to a size; give where each starts and ends."""
    starts, held = [0], 0.0
    for area, size in enumerate(sizes.tolist()):
        if held + size > most and area > starts[-1]:
            starts.append(area)
            held = 0.0
        held += size
    return list(zip(starts, [*starts[1:], len(sizes)], strict=True))


def added_up(records: Sequence[Record]) -> Record:
    """Add up the records of parts that together are all areas.

    Raises
    ------
    ValueError
        If they are of several replications, or hold what is not added up: variances between rows, or rows' states.
    """
    first = records[0]
    if any(record.replication != first.replication for record in records):
        raise ValueError("parts of several replications do not add up")
    if any(record.outcome_variance is not None or record.final_states is not None for record in records):
        raise ValueError("what differs between rows does not add up over parts")
    sums: dict[str, Any] = {}
    for name in (field.name for field in fields(Record) if field.name != "replication"):
        arrays = [getattr(record, name) for record in records]
        sums[name] = None if arrays[0] is None else sum(arrays[1:], start=arrays[0])
    return Record(**sums, replication=first.replication)
