"""Who brought about how much of a joint gain: Shapley values over agencies, or over mechanisms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from sim.arrays import finite
from sim.engine.fate.draws import key, uniform

MOST_EXACT = 8
"""Players up to which all 2^n coalitions are evaluated."""
ADDITIVE = 1e-9
Coalition = frozenset[str]


class AdditiveError(ValueError):
    """Raised for a value function that only adds up each player's own gain: there is nothing joint to share."""


@dataclass(frozen=True)
class Share:
    """A player's share in pounds; ``standard_error`` is 0 where all coalitions were evaluated."""

    player: str
    value: float
    standard_error: float


def shapley(
    value: Callable[[Coalition], float], players: Sequence[str], orders: int = 200, seed: int = 1
) -> list[Share]:
    """Share what all players achieve together among them.

    Parameters
    ----------
    value
        What a coalition achieves, in pounds; called once for each coalition. v(nobody) is taken off.
    players
        Their names. Up to ``MOST_EXACT`` all coalitions are evaluated, else ``orders`` random orders in which
        players join (Castro, Gomez and Tejada 2009), each with its reverse to halve the noise.
    orders, seed
        Number of sampled orders, and their seed.

    Returns
    -------
        One share for each player; they sum to v(all) - v(nobody) (Shapley 1953).

    Raises
    ------
    AdditiveError
        If v of every coalition is the sum of its members' own v: each player's share is then its own gain.
    ValueError
        If a name comes twice, there are no players, or what a coalition achieves is not a finite number.
    """
    if not players or len(set(players)) < len(players):
        raise ValueError(f"players {list(players)}: give each a name of its own, at least one")
    known: dict[Coalition, float] = {}

    def v(coalition: Coalition) -> float:
        if coalition not in known:
            who = ", ".join(sorted(coalition)) or "nobody"
            known[coalition] = float(finite(f"what {who} achieves", value(coalition)))
        return known[coalition]

    for alone in (frozenset[str](), *(frozenset({player}) for player in players)):
        v(alone)
    found = _exact(v, players) if len(players) <= MOST_EXACT else _sampled(v, players, orders, seed)
    _refuse_additive(known, players)
    return found


def _exact(v: Callable[[Coalition], float], players: Sequence[str]) -> list[Share]:
    """Average the marginal contribution over all orders."""
    n = len(players)
    weight = [factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)]
    shares = []
    for player in players:
        others = [other for other in players if other != player]
        total = 0.0
        for k in range(n):
            for some in combinations(others, k):
                coalition = frozenset(some)
                total += weight[k] * (v(coalition | {player}) - v(coalition))
        shares.append(Share(player, total, 0.0))
    return shares


def _sampled(v: Callable[[Coalition], float], players: Sequence[str], orders: int, seed: int) -> list[Share]:
    """Average the marginal contribution over random orders and their reverses."""
    n = len(players)
    stream = key(seed, "orders in which players join")
    gains = np.zeros((max(orders // 2, 2), n))
    for i in range(len(gains)):
        order = np.argsort(uniform(key(stream, i), np.arange(n)))
        for joined in (order, order[::-1]):
            coalition: Coalition = frozenset()
            for p in joined:
                larger = coalition | {players[int(p)]}
                gains[i, p] += 0.5 * (v(larger) - v(coalition))
                coalition = larger
    error = gains.std(axis=0, ddof=1) / np.sqrt(len(gains))
    return [Share(name, float(g), float(e)) for name, g, e in zip(players, gains.mean(axis=0), error, strict=True)]


def _refuse_additive(known: dict[Coalition, float], players: Sequence[str]) -> None:
    """Say so when coalitions achieve no more than the sum of their members."""
    nothing = known[frozenset()]
    own = {name: known[frozenset({name})] - nothing for name in players}
    if len(players) == 1:
        return
    scale = max(abs(worth - nothing) for worth in known.values()) or 1.0
    if all(abs(worth - nothing - sum(own[p] for p in some)) <= ADDITIVE * scale for some, worth in known.items()):
        raise AdditiveError(
            "every coalition achieves just the sum of what its members achieve alone; "
            "each share would restate the player's own gain"
        )
