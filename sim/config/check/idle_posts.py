"""Posts that are paid where nobody can ever come to them: referral is off, and nothing else lets anybody in."""

from __future__ import annotations

from sim.model.compiled.reach import above_nothing_for, opens
from sim.model.compiled.scope import Reader
from sim.model.spec import Model, Team


def idle_posts(model: Model, before: Model) -> dict[str, str]:
    """Find the services with posts and without anybody to help.

    Parameters
    ----------
    model
        The world.
    before
        That of its baseline, whose cases it takes over.

    Returns
    -------
        Service -> the key of its team that pays for posts.
    """
    found = {}
    for chain in model.chains:
        team = chain.service.team if chain.service else None
        key = _paid(model, team) if team is not None else ""
        if key and not opens(model, chain) and not opens(before, before.chain(chain.name)):
            found[chain.name] = key
    return found


def _paid(model: Model, team: Team) -> str:
    """Give the key of a team that pays for posts at some time, or nothing."""
    if team.most_posts:
        return "workers" if any(team.workers.values()) else "funding"
    extra, root = team.extra_workers, Reader(model, model.root.name)
    return "extra_workers" if extra is not None and above_nothing_for(root, extra) else ""
