"""Who is taken on first when places come free: the same study under another rule, without another config.

Only the order within the queue of the key workers changes; who is eligible, how many places there are and what help
does stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sim.arrays import IntArray
from sim.engine.fate.draws import key, words
from sim.errors import ModelError
from sim.evaluation.trial.panel import Names
from sim.model.spec import Chain, Scenario, World

CONFIGURED, LONGEST_WAIT, RANDOM = "configured", "longest_wait", "random"
RULES = {CONFIGURED: "as configured", LONGEST_WAIT: "longest wait first", RANDOM: "at random"}
"""Referral rules, and how families are taken on under each."""
LOTS = 1024
"""Different lots; who draws the same one is admitted in order of arrival."""


@dataclass
class Lottery:
    """Draws a lot for everybody on the list, afresh at each meeting.

    A priority rule sees neither the month nor who a family is, so meetings are counted: make one for each replication.
    """

    stream: int
    meetings: int = 0

    def __call__(self, carried: Mapping[str, IntArray]) -> IntArray:
        """Give the lot of each waiting family, (waiting,), 0 first."""
        n = len(next(iter(carried.values())))
        lots = words(key(self.stream, self.meetings), np.arange(n)) % np.uint64(LOTS)
        self.meetings += 1
        return lots.astype(np.int64)


def with_rule(scenario: Scenario, world: str, rule: str, replication: int = 0) -> Scenario:
    """Let the key workers of one world take families on by a rule.

    Parameters
    ----------
    scenario
        Any scenario with key workers.
    world
        Name of the world in which families are helped.
    rule
        A key of ``RULES``.
    replication
        Keys the lots.

    Returns
    -------
        The same scenario but for the order of that queue.

    Raises
    ------
    ModelError
        If there is no such rule.
    """
    if rule not in RULES:
        raise ModelError(f"given the referral rule '{rule}'; it may be one of: {', '.join(RULES)}")
    if rule == CONFIGURED:
        return scenario
    lottery = Lottery(key(scenario.seed, "referral", replication))
    worlds = [_ranked(w, None if rule == LONGEST_WAIT else lottery) if w.name == world else w for w in scenario.worlds]
    return replace(scenario, worlds=tuple(worlds))


def _ranked(world: World, lottery: Lottery | None) -> World:
    """Replace the priority of the key workers' queue; None is first come, first served."""

    def changed(chain: Chain) -> Chain:
        if chain.name != Names().programme or chain.service is None:
            return chain
        return replace(chain, service=replace(chain.service, priority=lottery or (("wait", True),)))

    return replace(world, model=replace(world.model, chains=tuple(changed(c) for c in world.model.chains)))
