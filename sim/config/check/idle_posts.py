"""Posts that are paid where nobody can ever come to them: referral is off, and nothing else lets anybody in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.language.evaluate import Constants, Expression, Node, constant
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
        key = _paid(team, _expressions(model)) if team is not None else ""
        if key and not opens(model, chain) and not opens(before, before.chain(chain.name)):
            found[chain.name] = key
    return found


def opens(model: Model, chain: Chain) -> bool:
    """Say whether anybody may ever come to a service: by referral, at the start, or because something else fires it."""
    constants = Constants(_expressions(model))
    entry = {chain.states[i] for i in chain.entry}
    referrals = (move.expression for move in chain.transitions if move.source in entry and move.target not in entry)
    starts = (share for state, share in (chain.start or {}).items() if state not in entry)
    if any(e is not None and not is_nothing(e.root, constants) for e in (*referrals, *starts)):
        return True
    fires = (fire for other in model.chains for fire in other.fires if fire.chain == chain.name)
    return any(fire.target not in entry and not is_nothing(fire.probability.root, constants) for fire in fires)


def is_nothing(node: Node, constants: Constants) -> bool:
    """Say whether an expression is 0 for certain, whatever the rows, the clock and totals are."""
    value = constant(Expression("", node), constants)
    if value is not None:
        return value == 0
    if node.kind == "name" and node.name in constants.parameters:
        return is_nothing(constants.parameters[node.name].root, constants)
    if node.kind in ("*", "and"):
        return any(is_nothing(arg, constants) for arg in node.args)
    if node.kind in ("or", "+"):
        return all(is_nothing(arg, constants) for arg in node.args)
    return node.kind in ("/", "negative") and is_nothing(node.args[0], constants)


def _paid(team: Team, parameters: Mapping[str, Expression]) -> str:
    """Give the key of a team that pays for posts at some time, or nothing."""
    if _any(team.workers.values()):
        return "workers"
    if any(_any(workers.values()) for _, workers in team.funding):
        return "funding"
    extra = team.extra_workers
    return "extra_workers" if extra is not None and not is_nothing(extra.root, Constants(parameters)) else ""


def _any(posts: Iterable[float]) -> bool:
    return any(number > 0 for number in posts)


def _expressions(model: Model) -> dict[str, Expression]:
    return {name: parameter.expression for name, parameter in model.parameters.items()}
