"""A chain compiled to tables: for every code that a row can have, the hazards (or probabilities) of its moves.

A row's code is a mixed-radix number whose digits are its own state and the classes of everything that its moves
depend on. Digits that never meet in one factor may be kept in separate groups, whose tables multiply, so that tables
stay small. Moves are kept by direction (to better states, to worse states) and slot, most extreme state first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress

import numpy as np

from sim.arrays import FloatArray, IntArray, StateArray
from sim.errors import ModelError
from sim.language.evaluate import Expression, parse
from sim.language.names import TIMED
from sim.model.compiled.grid import (
    Axis,
    Factor,
    Raws,
    digest_of,
    every_raw,
    fold,
    never_holds,
    reduced,
    seen,
    transition_factors,
)
from sim.model.compiled.scope import Moment, Reader, moment, moment_names
from sim.model.compiled.tables import BETTER, WORSE, DigitGroup, Tables, bounds_of
from sim.model.spec import Chain, Model

__all__ = ["BETTER", "WORSE", "DigitGroup", "Program", "Tables", "bounds_of", "compile_chain"]

GROUP_CELLS = 1 << 15


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
            value = _apply(value, self._times(i, group, source, now), self.factors[i], is_rate)
        self._check(value, transition, now)
        return value

    def _lasting(self, group: DigitGroup, transition: int, factors: list[int], now: Moment) -> FloatArray:
        """Multiply the factors that time does not change, once."""
        at = (self.groups.index(group), transition)
        if at not in self._products:
            source = self.transitions[transition][0]
            value: FloatArray = np.ones(group.shape[1:])
            for i in factors:
                value = value * reduced(self.factors[i], group.axes, now, self.chain.name, source)
            self._products[at] = value
        return self._products[at]

    def _times(self, i: int, group: DigitGroup, source: int, now: Moment) -> FloatArray:
        """Evaluate a factor over a group's axes; one that time does not change is evaluated once."""
        factor = self.factors[i]
        if self._timed[i]:
            return reduced(factor, group.axes, now, self.chain.name, source)
        if (i, source) not in self._constant:
            self._constant[i, source] = reduced(factor, group.axes, now, self.chain.name, source)
        return self._constant[i, source]

    def _with_rest(self, rows: list[FloatArray], now: Moment) -> list[FloatArray]:
        """Fill the `rest` moves and check that no row of probabilities exceeds 1."""
        for state in range(len(self.chain.states)):
            mine = [i for i, (source, _) in enumerate(self.transitions) if source == state]
            if not mine:
                continue
            rest = self.rest.get(state)
            used = sum((rows[i] for i in mine if i != rest), np.zeros_like(rows[mine[0]]))
            if np.any(used > 1.0 + 1e-12):
                self._refuse(
                    f"probabilities out of '{self.chain.states[state]}' add up to {used.max():.6g}; at most 1", now
                )
            if rest is not None:
                rows[rest] = np.maximum(1.0 - used, 0.0)
        return rows

    def _check(self, value: FloatArray, transition: int, now: Moment) -> None:
        """Refuse what is no hazard or probability."""
        worst = value[~(value >= 0)]
        if worst.size or not np.all(np.isfinite(value)):
            bad = worst.flat[0] if worst.size else value[~np.isfinite(value)].flat[0]
            a, b = (self.chain.states[s] for s in self.transitions[transition])
            self._refuse(f"'{a} -> {b}' is {bad:.6g}; it must be at least 0 and finite", now)

    def _refuse(self, what: str, now: Moment) -> None:
        cycle = now.clock.get("cycle", 0.0)
        raise ModelError(f"chains.{self.chain.name}: {what} (cycle {cycle:g})")


def _apply(value: FloatArray, times: FloatArray, factor: Factor, is_rate: bool) -> FloatArray:
    """Multiply a rate, a probability or odds; a rates chain is turned to probabilities and back where it must be."""
    if factor.when is None or (factor.scale == "rate" and is_rate):
        return value * times
    p = -np.expm1(-value) if is_rate else value
    if factor.scale == "rate":
        return np.asarray(-np.expm1(np.log1p(-p) * times))
    p = p * times if factor.scale == "probability" else p * times / (1.0 - p + p * times)
    return np.asarray(-np.log1p(-p)) if is_rate else p


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
    groups = _groups(factors, axes, len(chain.states), chain.name, single)
    slots, targets = _slots(transitions, len(chain.states))
    digest = digest_of(factors, values, raws)
    program = Program(chain, reader, model.clock.step_years, transitions, factors, groups, slots, targets, digest, rest)
    program.tables(moment(model, 0, dict.fromkeys(_totals(program), 0.0)))
    return program


def _in_window(ages_steps: tuple[int, int], step_years: float) -> Expression:
    """Give 1 while a row's age is in a window, else 0; half a step of slack keeps rounding out."""
    low, high = ((age - 0.5) * step_years for age in ages_steps)
    return parse(f"(age > {low!r}) * (age < {high!r})")


def _totals(program: Program) -> list[str]:
    """Name the totals that a program reads."""
    model = program.reader.model
    names = frozenset[str]().union(*(moment_names(f.times, model) for f in program.factors))
    return [name for name in names if name not in TIMED]


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


def _groups(factors: list[Factor], axes: list[Axis], n_states: int, own: str, single: bool) -> list[DigitGroup]:
    """Share the axes out over groups: axes that meet in a factor stay together, groups merge while they stay small."""
    position = {axis.source: i for i, axis in enumerate(axes)}
    members: list[set[int]] = [{i} for i in range(len(axes))]
    for factor in factors:
        mine = {position[s] for s in factor.sources if s in position}
        joined = [m for m in members if m & mine]
        if len(joined) > 1:
            members = [m for m in members if not m & mine] + [set().union(*joined)]

    def cells(m: set[int]) -> int:
        return int(np.prod([axes[i].size for i in m], dtype=np.int64)) * n_states

    merged: list[set[int]] = []
    for m in sorted(members, key=cells):
        fits = next((g for g in merged if cells(g | m) <= GROUP_CELLS), None)
        if single and merged:
            merged[0] |= m
        elif fits is not None:
            fits |= m
        else:
            merged.append(set(m))
    groups = []
    taken: set[int] = set()
    for g in merged or [set()]:
        chosen = tuple(axes[i] for i in sorted(g))
        mine_factors = [
            i for i, f in enumerate(factors) if i not in taken and any(position.get(s, -1) in g for s in f.sources)
        ]
        taken.update(mine_factors)
        groups.append((chosen, mine_factors))
    rest = [i for i in range(len(factors)) if i not in taken]
    groups[0][1].extend(rest)
    return [DigitGroup(chosen, tuple(sorted(mine)), n_states) for chosen, mine in groups]
