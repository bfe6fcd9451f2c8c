"""What each move of a chain sets off, tabulated by pair (old * n + new) when a world takes over a model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.model.compiled.model import Compiled, Condition
from sim.model.compiled.reach import fires_of
from sim.model.compiled.readings import firing_chances
from sim.model.spec import Chain

HELP_BEGINS, HELP_ENDS, JOINS_QUEUE = 1, 2, 4
"""What a move of a service means; a byte by pair holds any of them."""


@dataclass(frozen=True)
class Firing:
    """A fire in state numbers: ``moves`` (old * n + new,) marks what sets it off; ``sources`` (state,) who moves.

    ``chances`` (step,) are its probabilities in each step from ``first`` on.
    """

    number: int
    moves: BoolArray
    chain: str
    sources: BoolArray
    target: int
    chances: FloatArray
    first: int

    def probability(self, step: int) -> float:
        """Give the probability with which it fires in the move from a point to the next."""
        return float(self.chances[step - self.first])

    @property
    def clocked(self) -> bool:
        """Whether the probability differs between steps."""
        return bool(np.ptp(self.chances) > 0)


@dataclass
class Consequences:
    """What follows from the moves of one chain, by pair.

    ``old`` and ``new`` (pair,) are the states moved between; ``change`` (pair, state) what a move adds to the
    numbers of rows in states; ``service`` (pair,) what it means for help, None when nothing; ``counts`` lists
    counts over children with what a move adds to them, (pair,).
    """

    n: int
    old: StateArray
    new: StateArray
    change: FloatArray
    service: StateArray | None
    firings: list[Firing]
    counts: list[tuple[str, IntArray]] = field(default_factory=list)


def link(compiled: Compiled, chain: Chain) -> Consequences:
    """Tabulate a chain."""
    n = len(chain.states)
    old, new = np.divmod(np.arange(n * n), n)
    one = np.eye(n)
    return Consequences(
        n, old.astype(np.uint8), new.astype(np.uint8), one[new] - one[old], _service(chain, old, new),
        firings_of(compiled, chain),
    )  # fmt: skip


def _service(chain: Chain, old: IntArray, new: IntArray) -> StateArray | None:
    """Tabulate what moves of a discretionary service mean."""
    if not chain.is_gated:
        return None
    helped, waits = engaged_states(chain), mark(chain, chain.waiting)
    return np.asarray(
        HELP_BEGINS * (helped[new] & ~helped[old])
        + HELP_ENDS * (helped[old] & ~helped[new])
        + JOINS_QUEUE * (waits[new] & ~waits[old]),
        dtype=np.uint8,
    )


def engaged_states(chain: Chain) -> BoolArray:
    """Mark the states in which a service helps, (state,)."""
    return mark(chain, *chain.engaged)


def mark(chain: Chain, *states: int) -> BoolArray:
    """Mark some states of a chain, (state,)."""
    marked = np.zeros(len(chain.states), np.bool_)
    marked[list(states)] = True
    return marked


def firings_of(compiled: Compiled, chain: Chain) -> list[Firing]:
    """Compile the fires of a chain."""
    model = compiled.model
    n, number = len(chain.states), {s: i for i, s in enumerate(chain.states)}
    firings = []
    for i, fire in enumerate(fires_of(model, chain)):
        moves = np.zeros(n * n, np.bool_)
        for a, b in fire.moves:
            moves[number[a] * n + number[b]] = True
        target = model.chain(fire.chain)
        sources = np.array([state in fire.sources for state in target.states])
        chances, first = firing_chances(fire, model), -model.root.warm_up
        firings.append(Firing(i, moves, fire.chain, sources, target.states.index(fire.target), chances, first))
    return firings


@dataclass(frozen=True)
class Plain:
    """A condition on the states of one chain: ``states`` (state,) are those in which it holds."""

    chain: str
    states: BoolArray

    def holds(self, state: StateArray) -> BoolArray:
        """Say for states of rows whether it holds; a run of neighbouring states is told by comparing."""
        members = self.states.nonzero()[0]
        if len(members) and members[-1] - members[0] == len(members) - 1:
            return np.asarray((state - np.uint8(members[0])) <= np.uint8(len(members) - 1))
        return self.states.take(state)


def plain(compiled: Compiled, condition: Condition, truth: BoolArray) -> Plain | None:
    """Read a condition as one on a single chain of its own rows; None when it is not."""
    axes = [axis for axis, _ in compiled.codes[condition.code].axes]
    unit = condition.reader.unit
    mine = [chain for chain in compiled.model.chains if chain.unit == unit]
    if not axes:
        return Plain(mine[0].name, np.repeat(truth, len(mine[0].states))) if mine else None
    source = axes[0].source
    if len(axes) > 1 or source.kind != "chain" or all(chain.name != source.name for chain in mine):
        return None
    return Plain(source.name, truth[axes[0].classes])
