"""Posts that are paid where nobody can ever come to them: referral is off, and nothing else lets anybody in."""

from __future__ import annotations

from sim.language.evaluate import Expression
from sim.model.compiled.factors import Factor, above_nothing, every_raw, raw_of
from sim.model.compiled.readings import firing_chances
from sim.model.compiled.scope import Reader
from sim.model.spec import Chain, Model, Team


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


def opens(model: Model, chain: Chain) -> bool:
    """Say whether anybody may ever come to a service: by referral, at the start, or because something else fires it."""
    entry = {chain.states[i] for i in chain.entry}
    reader = Reader(model, chain.unit, k_chain=chain.name)
    referrals = (move.expression for move in chain.transitions if move.source in entry and move.target not in entry)
    if any(e is not None and _above_nothing(reader, e) for e in referrals):
        return True
    starts = (share for state, share in (chain.start or {}).items() if state not in entry)
    fires = (fire for other in model.chains for fire in other.fires if fire.chain == chain.name)
    return any(_above_nothing(reader, share) for share in starts) or any(
        fire.target not in entry and firing_chances(fire, model).any() for fire in fires
    )


def _above_nothing(reader: Reader, expression: Expression) -> bool:
    """Say whether an expression is above 0 for some row at some step, with some totals."""
    factor = Factor(reader, expression)
    return above_nothing(factor, raw_of(factor, every_raw))


def _paid(model: Model, team: Team) -> str:
    """Give the key of a team that pays for posts at some time, or nothing."""
    if team.most_posts:
        return "workers" if any(team.workers.values()) else "funding"
    extra, root = team.extra_workers, Reader(model, model.root.name)
    return "extra_workers" if extra is not None and _above_nothing(root, extra) else ""
