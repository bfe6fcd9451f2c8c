"""Which states the rows of a world can ever be in: nobody comes to a key worker to whom nobody is referred.

What nobody can reach matters to nobody: it is folded out of the tables, and worlds that differ in it alone are one
history. A move counts as possible unless some factor of its rate is 0 at every step wherever rows can be, so no state
is left out that a row might reach; a run that finds a row in one all the same stops. Columns, and the states that rows
carry from one regime to the next, keep every state.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sim.arrays import BoolArray, IntArray
from sim.language.evaluate import Expression
from sim.language.names import TIMED
from sim.model.compiled.factors import Factor, above_nothing, every_raw, raw_of, transition_factors
from sim.model.compiled.readings import firing_chances, start_shares
from sim.model.compiled.scope import Reader, Source, calls, counted
from sim.model.handover import Handed
from sim.model.spec import Chain, Fire, Model


class Reach:
    """What the rows of a world can ever be in.

    Attributes
    ----------
    states
        Chain -> whether rows may be in each state at some step, (state,).
    moves
        Chain -> whether a row may go from one state to another for whatever reason, (state, state).
    turning
        The chains that may move by themselves.
    """

    def __init__(
        self, model: Model, past: Reach | None = None, handed: Iterable[Handed] = (), rule: str = "finish"
    ) -> None:
        """Find what rows reach from the states in which they start.

        Parameters
        ----------
        model
            The world's model, which holds from the start on or after a ``past``.
        past
            What rows may be in when the model takes over from another one.
        handed, rule
            What is handed over at any step, and the rule for open cases, as in ``handed_over``.
        """
        self.model = model
        self.states = {chain.name: _starts(model, chain) for chain in model.chains}
        self.moves = {name: np.zeros((len(states), len(states)), np.bool_) for name, states in self.states.items()}
        self.turning: set[str] = set()
        self._inner = {counted(node).name: node for node in calls(model, "row")}
        self._factors = {chain.name: transition_factors(model, chain) for chain in model.chains}
        self._ending = {name for one in handed for name in one.ending}
        self._receiving = {name for one in handed for name in one.receiving}
        self._rule = rule
        if past is not None:
            for name, states in past.states.items():
                self.states[name] |= states
        while any([self._step(chain) for chain in model.chains]):
            pass

    def raws(self, source: Source, reader: Reader) -> IntArray:
        """Give the raw values that a source can have, in order."""
        if source.kind == "chain":
            return np.flatnonzero(self.states[source.name])
        if source.kind == "agencies":
            helping = [c for c in self.model.chains if c.is_gated and self.states[c.name][list(c.engaged)].any()]
            return np.arange(1 + len(helping))
        if source.kind == "memory":
            when, rows = self.model.memory(source.name).when, Reader(self.model, self.model.root.name)
        elif source.kind == "count":
            node = self._inner[source.name]
            when, rows = Expression(source.name, node.args[0]), Reader(self.model, self.model.units[1].name)
        else:
            return every_raw(source, reader)
        return every_raw(source, reader) if self.ever(Factor(rows, when)) else np.zeros(1, np.int64)

    def ever(self, factor: Factor, own: str = "", state: int = 0) -> bool:
        """Say whether a factor is above 0 at some step for a row that there can be, the chain ``own`` in a state."""
        if factor.moment_names - TIMED:
            return True  # totals and stocks may be anything
        raw = raw_of(factor, self.raws)
        if Source("chain", own) in raw:
            raw[Source("chain", own)] = np.array([float(state)])
        return above_nothing(factor, raw)

    def _step(self, chain: Chain) -> bool:
        """Find new moves of a chain from the states reached so far; say whether there were any."""
        found = [self._allow(chain, a, b) for a, b in self._others(chain)]
        number = {state: i for i, state in enumerate(chain.states)}
        factors = self._factors[chain.name]
        for i, move in enumerate(chain.transitions):
            a, b = number[move.source], number[move.target]
            known = self.moves[chain.name][a, b] and chain.name in self.turning
            if self.states[chain.name][a] and not known:
                mine = [factor for factor in factors if i in factor.moves]
                if all(self.ever(factor, chain.name, a) for factor in mine):
                    self.turning.add(chain.name)
                    found.append(self._allow(chain, a, b))
        for fire in fires_of(self.model, chain):
            found += self._fired(chain, fire)
        return any(found)

    def _others(self, chain: Chain) -> list[tuple[int, int]]:
        """List the moves that are no rates: being let in, the end of a drawn stay, growing out of an age, hand-over."""
        moves = [(chain.waiting, chain.engaged[0])] if chain.is_gated and chain.has_queue else []
        moves += [
            (chain.states.index(move.source), chain.states.index(move.target))
            for move in chain.transitions
            if move.length
        ]
        if chain.turned_away is not None:
            moves.append((chain.waiting, chain.turned_away))
        if chain.ages_steps is not None:
            moves += [(state, 0) for state in range(len(chain.states))]
        if chain.name in self._ending:
            closed = chain.door if self._rule == "finish" else (*chain.door, *chain.engaged)
            moves += [(state, chain.end) for state in closed]
        if chain.name in self._receiving:
            moves += [(state, chain.waiting) for state in chain.idle]
        return moves

    def _fired(self, chain: Chain, fire: Fire) -> list[bool]:
        """Let the moves of a chain that rows may make set off a fire."""
        states = chain.states
        sets_off = any(self.moves[chain.name][states.index(a), states.index(b)] for a, b in fire.moves)
        if not sets_off or not firing_chances(fire, self.model).any():
            return []
        target = self.model.chain(fire.chain)
        number = target.states.index(fire.target)
        return [self._allow(target, target.states.index(source), number) for source in fire.sources]

    def _allow(self, chain: Chain, source: int, target: int) -> bool:
        """Note that rows may go from one state to another, if there can be any; say whether that is new."""
        moves, states = self.moves[chain.name], self.states[chain.name]
        if not states[source] or source == target or moves[source, target]:
            return False
        moves[source, target] = states[target] = True
        return True


def opens(model: Model, chain: Chain) -> bool:
    """Say whether anybody may ever come to a service: by referral, at the start, or because something else fires it."""
    entry = {chain.states[i] for i in chain.entry}
    reader = Reader(model, chain.unit, k_chain=chain.name)
    referrals = (move.expression for move in chain.transitions if move.source in entry and move.target not in entry)
    if any(e is not None and above_nothing_for(reader, e) for e in referrals):
        return True
    starts = (share for state, share in (chain.start or {}).items() if state not in entry)
    fires = (fire for other in model.chains for fire in other.fires if fire.chain == chain.name)
    return any(above_nothing_for(reader, share) for share in starts) or any(
        fire.target not in entry and firing_chances(fire, model).any() for fire in fires
    )


def above_nothing_for(reader: Reader, expression: Expression) -> bool:
    """Say whether an expression is above 0 for some row at some step, with some totals."""
    factor = Factor(reader, expression)
    return above_nothing(factor, raw_of(factor, every_raw))


def fires_of(model: Model, chain: Chain) -> tuple[Fire, ...]:
    """Give the fires of a chain; none of a service when services are inert."""
    return () if chain.service is not None and model.services_inert else chain.fires


def _starts(model: Model, chain: Chain) -> BoolArray:
    """Mark the states in which rows start or to which the places of those who leave are put back, (state,)."""
    if chain.start is None:
        return np.ones(len(chain.states), np.bool_)
    starts: BoolArray = np.any(start_shares(chain, model) > 0, axis=0)
    starts[0] = True
    return starts
