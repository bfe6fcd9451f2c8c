"""A chain compiled to tables: for every code that a row can have, the hazards (or probabilities) of its moves.

A row's code is a mixed-radix number whose digits are its own state and the classes of everything that its moves
depend on. Digits that never meet in one factor may be kept in separate groups, whose tables multiply, so that tables
stay small. Moves are kept by direction (to better states, to worse states) and slot, most extreme state first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress

import numpy as np

from sim.arrays import FloatArray, IntArray, StateArray
from sim.language.evaluate import Expression, parse
from sim.language.names import TIMED
from sim.model.compiled.factors import (
    MOST_CELLS,
    Factor,
    Raws,
    digest_of,
    every_raw,
    never_holds,
    seen,
    transition_factors,
)
from sim.model.compiled.grid import fold, reduced
from sim.model.compiled.readings import MOST, ROUNDING, at_place, is_hazard
from sim.model.compiled.scales import IMPOSSIBLE, multiplied
from sim.model.compiled.scope import Moment, Reader, Source, moment
from sim.model.compiled.tables import BETTER, WORSE, DigitGroup, Tables, bounds_of, groups_of
from sim.model.spec import Chain, Model

__all__ = ["BETTER", "WORSE", "DigitGroup", "Program", "Tables", "bounds_of", "compile_chain"]


@dataclass
class Program:
    """One chain of one world, ready to run."""

    chain: Chain
    reader: Reader
    step_years: float
    transitions: list[tuple[int, int]]
    factors: list[Factor]
    groups: list[DigitGroup]
    slots: list[tuple[int, int, int, int]]
    """(transition, side, own state, slot)"""
    targets: StateArray
    """Destination by (slot, side, own state); a slot that a state does not have repeats its last one."""
    digest: bytes
    """Equal where the same moves have the same chances whatever rows can be."""
    rest: dict[int, int] = field(default_factory=dict)
    """State -> transition that takes what remains of a probabilities row."""
    _signature: tuple[float, ...] | None = None
    _tables: Tables | None = None

    @property
    def clock_names(self) -> tuple[str, ...]:
        """What makes the tables change with time."""
        names: set[str] = set()
        for factor in self.factors:
            names |= factor.moment_names
        return tuple(sorted(names))

    def tables(self, now: Moment) -> Tables:
        """Give the tables of a moment, built anew only when something that they read has changed."""
        known = {**now.clock, **now.totals}
        signature = tuple(known.get(name, 0.0) for name in self._names)
        if self._tables is None or signature != self._signature:
            self._tables, self._signature = self._build(now), signature
        return self._tables

    def __post_init__(self) -> None:
        self._names = self.clock_names
        self._timed = [bool(factor.moment_names) for factor in self.factors]
        self._constant: dict[tuple[int, int], FloatArray] = {}
        self._products: dict[tuple[int, int], FloatArray] = {}

    @cached_property
    def pair_of_code(self) -> IntArray:
        """The move, old * n + new, by slot and code of the first group, (slot, 2 x code)."""
        group, n = self.groups[0], len(self.chain.states)
        own = np.arange(group.size) // group.strides[0]
        pairs = [own * n + self.targets[:, side].astype(np.intp)[:, own] for side in (BETTER, WORSE)]
        return np.concatenate(pairs, axis=1).astype(np.uint16)

    def _build(self, now: Moment) -> Tables:
        """Fill the tables."""
        n_slots = self.targets.shape[0]
        parts = [np.ones((n_slots, 2, *group.shape)) for group in self.groups]
        parts[0][:] = 0.0
        with np.errstate(all="ignore"):  # what is no number is refused at its place
            moves = self._moves(now)
        for transition, side, state, slot in self.slots:
            for part, products in zip(parts, moves, strict=True):
                part[slot, side, state] = products[transition]
        by_slot = [part.reshape(n_slots, -1) for part in parts]
        return Tables(by_slot, self._reach(by_slot[0]) if len(by_slot) == 1 else None)

    def _reach(self, by_slot: FloatArray) -> FloatArray:
        """Sum probabilities up over slots; hazards share 1 - exp(-sum of both sides) in proportion."""
        reach = np.cumsum(by_slot, axis=0)
        if self.chain.kind == "rates":
            better, worse = np.split(reach[-1], 2)
            hazard = better + worse
            share = np.divide(-np.expm1(-hazard), hazard, out=np.zeros(len(hazard)), where=hazard > 0)
            reach *= np.tile(share, 2)
        return reach

    def _moves(self, now: Moment) -> list[list[FloatArray]]:
        """Give per group and transition the product of its factors over the group's axes (own state taken out)."""
        result = []
        for group in self.groups:
            rows = [self._product(group, transition, now) for transition in range(len(self.transitions))]
            if self.chain.kind == "probabilities":
                rows = self._with_rest(rows, now)
            result.append(rows)
        return result

    def _product(self, group: DigitGroup, transition: int, now: Moment) -> FloatArray:
        """Multiply the group's factors of one transition; the first group's includes the step length for rates."""
        source = self.transitions[transition][0]
        base = group is self.groups[0]
        dt = self.step_years if base and self.chain.kind == "rates" else 1.0
        is_rate = self.chain.kind == "rates"
        mine = [i for i in group.factors if transition in self.factors[i].moves]
        if all(self.factors[i].when is None or (is_rate and self.factors[i].scale == "rate") for i in mine):
            value = self._lasting(group, transition, [i for i in mine if not self._timed[i]], now) * dt
            mine = [i for i in mine if self._timed[i]]
        else:
            value = np.full(group.shape[1:], dt)
        for i in mine:
            value = multiplied(value, self._times(i, group, source, now), self.factors[i], is_rate)
            if np.any(value == IMPOSSIBLE):
                what = f"it makes {self._own_factor(transition).name} a probability above 1"
                raise self.factors[i].refused(what, "give a smaller multiplier, or `scale: odds`", now)
        self._check(value, group, transition, now)
        return value

    def _lasting(self, group: DigitGroup, transition: int, factors: list[int], now: Moment) -> FloatArray:
        """Multiply the factors that time does not change, once."""
        at = (self.groups.index(group), transition)
        if at not in self._products:
            source = self.transitions[transition][0]
            value: FloatArray = np.ones(group.shape[1:])
            for i in factors:
                value = value * self._reduced(i, group, source, now)
            self._products[at] = value
        return self._products[at]

    def _times(self, i: int, group: DigitGroup, source: int, now: Moment) -> FloatArray:
        """Evaluate a factor over a group's axes; one that time does not change is evaluated once."""
        if self._timed[i]:
            return self._reduced(i, group, source, now)
        if (i, source) not in self._constant:
            self._constant[i, source] = self._reduced(i, group, source, now)
        return self._constant[i, source]

    def _reduced(self, i: int, group: DigitGroup, source: int, now: Moment) -> FloatArray:
        """Evaluate a factor over a group's axes; NaN where it is no multiplier, so that no product hides it."""
        values = reduced(self.factors[i], group.axes, now, self.chain.name, source)
        good = is_hazard(values, self._most(self.factors[i]))
        return values if good.all() else np.where(good, values, np.nan)

    def _with_rest(self, rows: list[FloatArray], now: Moment) -> list[FloatArray]:
        """Fill the `rest` moves and check that no row of probabilities exceeds 1."""
        for state in range(len(self.chain.states)):
            mine = [i for i, (source, _) in enumerate(self.transitions) if source == state]
            if not mine:
                continue
            rest = self.rest.get(state)
            used = sum((rows[i] for i in mine if i != rest), np.zeros_like(rows[mine[0]]))
            if np.any(used > 1.0 + ROUNDING):
                largest = max((i for i in mine if i != rest), key=lambda i: float(rows[i].max()))
                raises = (f for f in self.factors if largest in f.moves and f.when is not None and f.scale != "rate")
                out = f"probabilities out of '{self.chain.states[state]}' of '{self.chain.name}'"
                what = f"{out} add up to {used.max():.6g}"
                raise next(raises, self._own_factor(largest)).refused(what, "at most 1", now)
            if rest is not None:
                rows[rest] = np.maximum(1.0 - used, 0.0)
        return rows

    def _check(self, value: FloatArray, group: DigitGroup, transition: int, now: Moment) -> None:
        """Refuse what is no hazard or probability, at the factor that makes it so."""
        bad = value[~is_hazard(value)]
        if not bad.size:
            return
        factor, source = self._own_factor(transition), self.transitions[transition][0]
        for i in group.factors:
            if transition in self.factors[i].moves:
                values = reduced(self.factors[i], group.axes, now, self.chain.name, source)
                wrong = values[~is_hazard(values, self._most(self.factors[i]))]
                if wrong.size:
                    factor, bad = self.factors[i], wrong
                    break
        rule = f"it must be at least 0 and finite (at most {self._most(factor):g})"
        raise factor.refused(f"{factor.name} comes to {bad.flat[0]:.6g}", rule, now)

    def _most(self, factor: Factor) -> float:
        """Give the most that a factor may come to: 1 for a move's own probability."""
        return MOST if factor.when is not None or self.chain.kind == "rates" else 1.0 + ROUNDING

    def _own_factor(self, transition: int) -> Factor:
        """Give the factor that is a move's own rate or probability, else the first effect on it."""
        mine = [factor for factor in self.factors if transition in factor.moves]
        return min(mine, key=lambda factor: factor.when is not None)


def compile_chain(model: Model, chain: Chain, raws: Raws = every_raw) -> Program:
    """Compile one chain of a model.

    Parameters
    ----------
    model
        The model.
    chain
        One of its chains.
    raws
        What the sources of rows can be, where it is known to be less than everything: the rest is folded away, and
        effects that can never hold are left out.

    Raises
    ------
    ModelError
        When a rate is negative or a row of probabilities exceeds 1 at the first step.
    """
    number = {state: i for i, state in enumerate(chain.states)}
    transitions = [(number[t.source], number[t.target]) for t in chain.transitions]
    reader = Reader(model, chain.unit, k_chain=chain.name)
    factors = transition_factors(model, chain)
    every = frozenset(range(len(transitions)))
    rest = {number[t.source]: i for i, t in enumerate(chain.transitions) if t.expression is None}
    if chain.ages_steps is not None:
        factors.append(Factor(reader, _in_window(chain.ages_steps, model.clock.step_years), moves=every))
    values = [seen(factor, raws) for factor in factors]
    if raws is not every_raw:
        matters = [not never_holds(factor, told) for factor, told in zip(factors, values, strict=True)]
        factors, values = list(compress(factors, matters)), list(compress(values, matters))
    axes = fold(factors, reader, chain.name, raws, values)
    single = chain.kind == "probabilities" or any(f.scale != "rate" for f in factors)
    groups = groups_of(factors, axes, len(chain.states), chain.name, single)
    if (cells := max(group.size for group in groups)) > MOST_CELLS:
        rule = f"what '{chain.name}' reads makes {cells:,} combinations; at most {MOST_CELLS:,}"
        raise at_place(factors[0].times, rule, f"chains.{chain.name}")
    slots, targets = _slots(transitions, len(chain.states))
    digest = digest_of(_where_rows_can_be(factors, transitions, reader, chain, raws), values, raws)
    program = Program(chain, reader, model.clock.step_years, transitions, factors, groups, slots, targets, digest, rest)
    program.tables(moment(model, 0, dict.fromkeys(set(program.clock_names) - TIMED, 0.0)))
    return program


def _where_rows_can_be(
    factors: Sequence[Factor], transitions: Sequence[tuple[int, int]], reader: Reader, chain: Chain, raws: Raws
) -> list[Factor]:
    """Leave out of factors the moves from states that no row is ever in; what is left may be no move."""
    can_be = set(raws(Source("chain", chain.name), reader).tolist())
    live = frozenset(i for i, (source, _) in enumerate(transitions) if source in can_be)
    return [replace(factor, moves=factor.moves & live) for factor in factors]


def _in_window(ages_steps: tuple[int, int], step_years: float) -> Expression:
    """Give 1 while a row's age is in a window, else 0; half a step of slack keeps rounding out."""
    low, high = ((age - 0.5) * step_years for age in ages_steps)
    return parse(f"(age > {low!r}) * (age < {high!r})")


def _slots(transitions: Sequence[tuple[int, int]], n_states: int) -> tuple[list[tuple[int, int, int, int]], StateArray]:
    """Sort each state's moves by side into slots, the most extreme destination first."""
    slots: list[tuple[int, int, int, int]] = []
    width = 1
    found: dict[tuple[int, int], list[int]] = {}
    for side in (BETTER, WORSE):
        for state in range(n_states):
            mine = [
                (target, i)
                for i, (source, target) in enumerate(transitions)
                if source == state and (target > state) == (side == WORSE)
            ]
            mine.sort(reverse=side == WORSE)
            slots += [(i, side, state, slot) for slot, (_, i) in enumerate(mine)]
            found[side, state] = [target for target, _ in mine]
            width = max(width, len(mine))
    targets = np.zeros((width, 2, n_states), dtype=np.uint8)
    for (side, state), mine_ in found.items():
        for slot in range(width):
            targets[slot, side, state] = mine_[min(slot, len(mine_) - 1)] if mine_ else state
    return slots, targets
