"""One pass of a chain over cells, as branches: from which cell to which, with what share, and the moves on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.moves.consequences import Firing
from sim.engine.moves.world import MovingWorld
from sim.engine.solvers.exact.cells import Space, shifted


@dataclass(frozen=True)
class FlowKernel:
    """A pass as branches from ``cells`` to ``targets`` with ``shares``; ``moves``: (chain, branches, old * n + new)."""

    cells: IntArray
    targets: IntArray
    shares: FloatArray
    moves: list[tuple[str, IntArray, IntArray]]


class Branching:
    """Grows the branches of one pass: members one after another, then what their moves fire."""

    def __init__(self, space: Space, world: MovingWorld) -> None:
        self.space, self.world = space, world
        self.cells = np.arange(len(space.keys))
        self.keys = space.keys.copy()
        self.shares = np.ones(len(space.keys))
        self.moves: list[tuple[str, IntArray, IntArray]] = []
        self.tried: dict[tuple[str, int, int], BoolArray] = {}
        """(chain, fire, member) -> branches in which a child has set it off; a sibling's move is no second chance."""

    def _split(self, parents: IntArray, keys: IntArray, shares: FloatArray) -> None:
        """Replace the branches by descendants of theirs; moves made so far are inherited."""
        order = np.argsort(parents, kind="stable")
        parents, keys, shares = parents[order], keys[order], shares[order]
        first = np.searchsorted(parents, np.arange(len(self.keys)), side="left")
        last = np.searchsorted(parents, np.arange(len(self.keys)), side="right")
        inherited = []
        for chain, branch, pair in self.moves:
            n = last[branch] - first[branch]
            where = np.repeat(first[branch], n) + np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
            inherited.append((chain, where, np.repeat(pair, n)))
        self.moves = inherited
        self.tried = {fire: tried[parents] for fire, tried in self.tried.items()}
        self.cells, self.keys, self.shares = self.cells[parents], keys, shares
        self.order = order

    def move_member(self, name: str, member: int, probabilities: FloatArray) -> None:
        """Branch on where a member goes, by its cell before the pass, and fire what that sets off."""
        p = probabilities[self.cells]
        present = p.sum(axis=1) > 0
        parents, states = np.nonzero(p > 0)
        old = self.space.places[name, member].of(self.keys[parents])
        keys = shifted_where(self.space, self.keys[parents], name, member, old, states)
        alone = np.flatnonzero(~present)
        n = len(parents)
        parents = np.concatenate([parents, alone])
        keys = np.concatenate([keys, self.keys[alone]])
        shares = np.concatenate([self.shares[parents[:n]] * p[parents[:n], states], self.shares[alone]])
        pair = np.concatenate([old * p.shape[1] + states, np.full(len(alone), -1)])
        moved = np.concatenate([old != states, np.zeros(len(alone), np.bool_)])
        self._split(parents, keys, shares)
        at = np.flatnonzero(moved[self.order])
        self._note(name, member, at, pair[self.order][at])

    def _note(self, name: str, member: int, branch: IntArray, pair: IntArray) -> None:
        """Count moves and fire what they set off."""
        if not len(branch):
            return
        self.moves.append((name, branch, pair))
        # Branches are renumbered by each split, so find these moves again where they were noted.
        mark = len(self.moves) - 1
        for firing in self.world.firings[name]:
            chain = self.world.compiled.model.chain(name)
            same = chain.unit == self.world.compiled.model.chain(firing.chain).unit
            targets = [member] if same else self.space.members(firing.chain)
            for target in targets:
                noted = self.moves[mark]
                fired = noted[1][firing.moves[noted[2]]]
                self._fire((name, firing.number, target), firing, fired)

    def _fire(self, fire: tuple[str, int, int], firing: Firing, branch: IntArray) -> None:
        """Branch on a fire that moves the member named last in ``fire``."""
        member = fire[2]
        place = self.space.places[firing.chain, member]
        n = place.size
        n_children = self.world.root.n_children
        there = np.ones(len(branch), np.bool_) if member < 0 else n_children[self.cells[branch]] > member
        old = place.of(self.keys[branch])
        tried = self.tried.get(fire, np.zeros(len(self.keys), np.bool_))
        hit = there & firing.sources[old] & (old != firing.target) & ~tried[branch]
        branch, old = branch[hit], old[hit]
        if not len(branch):
            return
        self.tried[fire] = tried.copy()
        self.tried[fire][branch] = True
        stays = np.ones(len(self.keys))
        probability = firing.probability(self.world.step)
        stays[branch] = 1.0 - probability
        kept = np.flatnonzero(stays > 0)
        keys = shifted_where(
            self.space, self.keys[branch], firing.chain, member, old, np.full(len(branch), firing.target)
        )
        parents = np.concatenate([kept, branch])
        shares = np.concatenate([self.shares[kept] * stays[kept], self.shares[branch] * probability])
        fired = np.concatenate([np.zeros(len(kept), np.bool_), np.ones(len(branch), np.bool_)])
        pair = np.concatenate([np.zeros(len(kept), np.int64), old * n + firing.target])
        self._split(parents, np.concatenate([self.keys[kept], keys]), shares)
        at = np.flatnonzero(fired[self.order])
        self._note(firing.chain, member, at, pair[self.order][at])

    def kernel(self) -> FlowKernel:
        """Give the finished pass."""
        return FlowKernel(self.cells, self.space.find(self.keys), self.shares, self.moves)


def shifted_where(space: Space, keys: IntArray, name: str, member: int, old: IntArray, new: IntArray) -> IntArray:
    """Move coordinates where new differs from old; a stay keeps its time in state."""
    return np.where(old != new, shifted(space, keys, name, member, old, new), keys)
