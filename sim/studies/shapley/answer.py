"""Who brought about how much: the net saving of every coalition, simulated or solved, and Shapley shares of the whole.

Coalitions of one run share its random numbers, so that differences between them are paired. Values are kept by
replication: shares of each replication give what chance adds to a share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.shapley import MOST_EXACT, AdditiveError, Coalition, shapley
from sim.economics.value.appraisal import compare
from sim.economics.value.increments import increments
from sim.economics.value.terms import terms_of
from sim.results.facts import facts_of
from sim.results.quantity import numbered, samples_of
from sim.results.worlds import world_names
from sim.runs.points import Solved

VIEWS = ("fiscal", "social")
NOBODY: Coalition = frozenset()


@dataclass(frozen=True)
class Shared:
    """What one player brought about, in pounds.

    ``share`` is its Shapley value; ``simulation_error`` the standard error from chance in the simulation and
    ``order_error`` that from sampled orders, 0 where there is none. ``alone`` is what it achieves by itself, ``last``
    what the others lack without it.
    """

    player: str
    share: float
    simulation_error: float
    order_error: float
    alone: float
    last: float


@dataclass(frozen=True)
class Sharing:
    """What is shared among whom.

    ``regime`` is the regime that agencies join, or the last rung of the ladder ``regimes``, against ``baseline``;
    ``players`` are the agencies or mechanisms and ``titles`` say what each is. ``values`` holds the net present value
    of each coalition by replication, (replication,), in the view asked for; ``terms`` say what pounds they are.
    """

    over: str
    regime: str
    baseline: str
    title: str
    players: tuple[str, ...]
    titles: Mapping[str, str]
    shares: tuple[Shared, ...]
    values: Mapping[Coalition, FloatArray]
    view: str
    terms: str
    regimes: tuple[str, ...]

    @property
    def whole(self) -> FloatArray:
        """What all achieve together, (replication,)."""
        return self.values[frozenset(self.players)] - self.values[NOBODY]


def coalitions_needed(players: Sequence[str], orders: int, seed: int) -> list[Coalition]:
    """List the coalitions whose value ``shapley`` asks for, smallest first, in the order of the players."""
    asked: set[Coalition] = {frozenset(players)}

    def size(coalition: Coalition) -> float:
        asked.add(coalition)
        return float(len(coalition) ** 2)

    with suppress(AdditiveError):  # of a single player; the values here are made up
        shapley(size, players, orders, seed)
    if len(players) > MOST_EXACT:
        asked |= {frozenset(players) - {one} for one in players}
    return sorted(asked, key=lambda one: (len(one), [p not in one for p in players]))


def number_of(coalition: Coalition, players: Sequence[str]) -> int:
    """Number a coalition: a bit for each player."""
    return sum(1 << i for i, player in enumerate(players) if player in coalition)


def coalition_of(number: int, players: Sequence[str]) -> Coalition:
    """Give the coalition of a number."""
    return frozenset(player for i, player in enumerate(players) if number >> i & 1)


def named(coalition: Coalition, players: Sequence[str]) -> str:
    """Name the regime of a coalition."""
    return f"coalition_{number_of(coalition, players)}"


def solved(ds: xr.Dataset, players: Sequence[str], coalitions: Sequence[Coalition]) -> list[Solved]:
    """Give the net present value of each coalition's world against the baseline, by view and replication.

    Values are named ``view|replication``, in the headline ledger.
    """
    terms = terms_of(ds)
    worlds = {world.regime: world for world in world_names(ds)}
    base = worlds[facts_of(ds).baseline]
    found = []
    for coalition in coalitions:
        world = worlds[named(coalition, players)]
        made = compare(ds, increments(ds, world, base, terms), terms)
        values: dict[str, float] = {}
        for view in VIEWS:
            values |= numbered(view, made.view(terms.ledger, view).net.amount)
        inputs = np.array([float(player in coalition) for player in players])
        found.append(Solved(number_of(coalition, players), world.effect_set, inputs, values, {}))
    return found


def by_replication(one: Solved, view: str) -> FloatArray:
    """Give the value of a coalition, (replication,).

    Raises
    ------
    ValueError
        If there is no such view.
    """
    if view not in VIEWS:
        raise ValueError(f"there is no view '{view}'; there are {', '.join(VIEWS)}")
    return samples_of(one.values, view)


def shares(
    values: Mapping[Coalition, FloatArray], players: Sequence[str], orders: int = 200, seed: int = 1
) -> list[Shared]:
    """Share what all players achieve together, from the values of coalitions by replication, (replication,) each.

    Raises
    ------
    AdditiveError
        If the mean values only add up what each player achieves alone.
    """
    mean = {coalition: float(np.mean(found)) for coalition, found in values.items()}
    central = shapley(lambda c: mean[c], players, orders, seed)
    replications = len(next(iter(values.values())))
    errors = np.zeros(len(players))
    if replications > 1:
        each = [_of_replication(values, r, players, orders, seed) for r in range(replications)]
        errors = np.std(each, axis=0, ddof=1) / np.sqrt(replications)
    everybody, nothing = frozenset(players), mean[NOBODY]
    return [
        Shared(
            one.player, one.value, float(error), one.standard_error, mean[frozenset({one.player})] - nothing,
            mean[everybody] - mean[everybody - {one.player}],
        )
        for one, error in zip(central, errors, strict=True)
    ]  # fmt: skip


def _of_replication(
    values: Mapping[Coalition, FloatArray], replication: int, players: Collection[str], orders: int, seed: int
) -> list[float]:
    """Give the shares of one replication; a player's own gain where gains only add up in it."""
    listed = list(players)
    try:
        found = shapley(lambda c: float(values[c][replication]), listed, orders, seed)
    except AdditiveError:
        nothing = values[NOBODY][replication]
        return [float(values[frozenset({player})][replication] - nothing) for player in listed]
    return [one.value for one in found]
