"""What the owner's table tells the others of a move: flows and who could move, summed down to what they share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers.closure.joint import Flow, Joint
from sim.engine.solvers.closure.space import Names, divide, front


class Told:
    """What the owner's table says of a move: flows and who could move, to be summed down for others."""

    def __init__(self, joint: Joint, chain: str, at: int, before: FloatArray, flows: list[Flow]) -> None:
        self.joint, self.chain, self.at, self.flows = joint, chain, at, flows
        self.table = joint.plan.tables[at]
        self.rest: Names = tuple(n for n in self.table.names if n != chain)
        by_stage = front(before, self.table.names.index(chain))
        self.by_state = {
            s: by_stage[w[0]] if len(w) == 1 else by_stage[w].sum(axis=0) for s, w in enumerate(joint.where[chain])
        }
        self.sums: dict[tuple[Names, bool], tuple[dict[tuple[int, int], FloatArray], FloatArray]] = {}

    def weight(self, child: bool) -> FloatArray:
        """Weigh families by their children for a table of children."""
        if child and not self.table.child:
            return self.joint.weight(self.rest)
        return np.ones(1)

    def shared(self, u: int) -> Names:
        """List the names that another table can be told by."""
        other = self.joint.plan.tables[u].names
        skip = {self.chain, *self.joint.plan.space.tells.get(self.chain, {})}
        return tuple(n for n in self.joint.plan.space.shared(self.rest, other) if n not in skip)

    def summed(self, u: int, child: bool) -> tuple[Names, dict[tuple[int, int], FloatArray], FloatArray]:
        """Give flows by pair of states and who could move by state, summed to what a table shares, (state, *names)."""
        names, space, w = self.shared(u), self.joint.plan.space, self.weight(child)
        kept = self.sums.get((names, w.ndim > 1))
        if kept is None:
            pairs: dict[tuple[int, int], FloatArray] = {}
            for flow in self.flows:
                key = (flow.source, flow.target)
                pairs[key] = pairs[key] + flow.amount if key in pairs else flow.amount
            stack = np.stack([*pairs.values(), *self.by_state.values()])
            small = space.onto(stack * w, ("part", *self.rest), ("part", *names))
            kept = (dict(zip(pairs, small, strict=False)), small[len(pairs) :])
            self.sums[names, w.ndim > 1] = kept
        return names, *kept

    def rates(
        self, u: int, amounts: Sequence[FloatArray], whole: FloatArray, child: bool
    ) -> tuple[Names, list[FloatArray]]:
        """Give the chance of each amount among a whole, given what a table shares."""
        names, space, w = self.shared(u), self.joint.plan.space, self.weight(child)
        base = space.onto(whole * w, self.rest, names)
        return names, [divide(space.onto(amount * w, self.rest, names), base) for amount in amounts]
