"""What becomes of the open cases of a service whose posts end: when a regime starts, and when its own funding stops.

A service ends in an area when it had posts there, or posts to come, and from now on has neither. Whoever is on the way
to it then is sent home, under every rule, since no place will come; nobody is referred to it any more (see
``sim.model.services``). Cases that are open go on (``finish``), end (``close``), or their families join the queue of
other services (``transfer``). Where posts only become fewer the cases that they no longer hold always go on. Whatever
goes on is paid for: posts are kept until their cases end (``sim.engine.teams.workforce``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Literal

from sim.model.spec import Model, World

Rule = Literal["finish", "transfer", "close"]


@dataclass(frozen=True)
class Handed:
    """What is handed over at a step: the areas in which each service ends, and the services that take families in."""

    ending: Mapping[str, frozenset[str]] = field(default_factory=dict)
    receiving: tuple[str, ...] = ()


def posts(model: Model, service: str) -> float:
    """Give the posts that a model ever gives a service; a service without a team has no limit, so infinitely many."""
    chain = model.chain(service)
    if not chain.is_gated or chain.service is None or chain.service.team is None:
        return inf
    return chain.service.team.most_posts


def handed_over(before: Model, now: Model, step: int, rule: str = "finish", receivers: Sequence[str] = ()) -> Handed:
    """Say what is handed over at the start of a step.

    Parameters
    ----------
    before, now
        The model that held until the step, and the one that holds from it on; the same but where a regime starts.
    step
        The step.
    rule
        ``finish``, ``close`` or ``transfer``.
    receivers
        Services that take families in under ``transfer``; by default those with more posts than before.
    """
    ending = {}
    for chain in now.chains:
        last, first = (_ends(model, chain.name) for model in (before, now))
        areas = frozenset(area for area, end in first.items() if end <= step and last.get(area, -inf) >= step)
        if areas:
            ending[chain.name] = areas
    if rule != "transfer" or not ending:
        return Handed(ending)
    gated = [chain.name for chain in now.chains if chain.is_gated]
    return Handed(ending, tuple(receivers) or tuple(name for name in gated if posts(now, name) > posts(before, name)))


def _ends(model: Model, service: str) -> Mapping[str, float]:
    """Give the point from which a service has no posts in each area; nothing for one without a team."""
    chain = model.chain(service)
    if not chain.is_gated or not chain.has_queue or chain.service is None or chain.service.team is None:
        return {}
    return chain.service.team.ends


def all_handed(before: Model, world: World) -> dict[int, Handed]:
    """Say what is handed over in a world at any step: when its regime starts, and when its own funding stops.

    ``before`` is the baseline's model; the world's own for a baseline.
    """
    first = -world.model.root.warm_up
    start = first if before is world.model else max(world.start, first)
    steps = {
        int(end) for chain in world.model.chains for end in _ends(world.model, chain.name).values() if isfinite(end)
    }
    found = {} if before is world.model else {start: handed_over(before, world.model, start, *rule_of(world))}
    for step in sorted(step for step in steps - {start} if start < step < world.model.clock.steps):
        found[step] = handed_over(world.model, world.model, step, *rule_of(world))
    return {step: handed for step, handed in found.items() if handed.ending}


def rule_of(world: World) -> tuple[Rule, tuple[str, ...]]:
    """Give a world's rule for open cases, and the services that it names for them."""
    return world.handover, world.receivers
