"""Which services a regime that starts takes over from, and which it opens wider."""

from __future__ import annotations

import numpy as np

from sim.model.spec import Model


def posts(model: Model, service: str) -> float:
    """Give the posts that a model ever gives a service; a service without a team has no limit, so infinitely many."""
    chain = model.chain(service)
    if not chain.is_gated or chain.service is None or chain.service.team is None:
        return np.inf
    return chain.service.team.most_posts


def handed_over(before: Model, now: Model, rule: str) -> tuple[list[str], list[str]]:
    """List the services whose open cases end when ``now`` takes over from ``before``, and those that take them in.

    Parameters
    ----------
    before, now
        The model that held, and the one of the regime that starts.
    rule
        ``finish``: open cases go on to their end, so nothing is handed over. ``close``: the cases of services that had
        posts and have none now are closed. ``transfer``: their families join the queue of each service that has more
        posts than before.
    """
    if rule == "finish":
        return [], []
    gated = [chain.name for chain in now.chains if chain.is_gated]
    ending = [name for name in gated if posts(before, name) > 0 and posts(now, name) == 0]
    growing = [name for name in gated if posts(now, name) > posts(before, name)]
    return ending, growing if rule == "transfer" and ending else []
