"""The tables of a chain and how codes are numbered in them: plain arrays, no evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.arrays import FloatArray, StateArray
from sim.model.compiled.factors import Factor
from sim.model.compiled.grid import Axis

BYTES = 256
GROUP_CELLS = 1 << 16
"""Codes that the tables of one group have at most where there may be several: what 16 bits hold."""
BETTER, WORSE = 0, 1
"""The two sides of a table: moves to better states and moves to worse states."""


@dataclass(frozen=True)
class DigitGroup:
    """Digits whose tables stand together: ``axes`` beside the own state, C order, own state first."""

    axes: tuple[Axis, ...]
    factors: tuple[int, ...]
    n_states: int

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the digits."""
        return (self.n_states, *(axis.size for axis in self.axes))

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """Weight of each digit in the code, own state first."""
        return tuple(int(np.prod(self.shape[i + 1 :], dtype=np.int64)) for i in range(len(self.shape)))

    @property
    def coded(self) -> list[tuple[Axis, int]]:
        """The axes with their strides."""
        return list(zip(self.axes, self.strides[1:], strict=True))

    @cached_property
    def size(self) -> int:
        """Number of codes."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True)
class Tables:
    """Tables of one moment, per step: hazards of a rates chain, else probabilities.

    ``by_slot[group]`` has shape (slot, 2 x code): the better side, then the worse side. With a single group ``reach``
    (slot, 2 x code) holds probabilities summed up over the slots: its last row is the chance to move to that side.
    """

    by_slot: list[FloatArray]
    reach: FloatArray | None

    @cached_property
    def bounds(self) -> tuple[StateArray, StateArray] | None:
        """Below and above which bytes a code may move to worse and to better states; None with several groups."""
        if self.reach is None:
            return None
        better, worse = np.split(self.reach[-1], 2)
        return bounds_of(worse, better)


def bounds_of(worse: FloatArray, better: FloatArray) -> tuple[StateArray, StateArray]:
    """Bound the bytes that may lead to worse states (below the first) and to better ones (above the second)."""
    low, high = np.ceil(worse * BYTES), np.ceil(better * BYTES)
    # 256 does not fit in a byte: where every byte may move a row, 255 from one end and 1 from the other are all.
    high = np.where(low >= BYTES, np.maximum(high, 1.0), high)
    low = np.where(high >= BYTES, np.maximum(low, 1.0), low)
    return np.minimum(low, 255).astype(np.uint8), (255 - np.minimum(high, 255)).astype(np.uint8)


def groups_of(factors: list[Factor], axes: list[Axis], n_states: int, own: str, single: bool) -> list[DigitGroup]:
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
    groups[0][1].extend(i for i in range(len(factors)) if i not in taken)
    return [DigitGroup(chosen, tuple(sorted(mine)), n_states) for chosen, mine in groups]
