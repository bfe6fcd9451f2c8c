"""Reads codes off a world: what a row's states, traits, age, memories and counts come to for whoever depends on them.

A code's fixed part (traits, area) is worked out once; the rest is looked up for the rows that are asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from sim.arrays import IntArray, StateArray
from sim.engine import kernels
from sim.engine.moves.sheet import Sheet
from sim.engine.people.population import Rows
from sim.model.compiled.model import Code
from sim.model.compiled.scope import Source
from sim.model.spec import Chain

FIXED = ("trait", "area")
"""Kinds of sources that never change for a place."""
MANY = 1.0 / 16
"""Share of all rows from which reading a code for everybody, by plain arithmetic, is cheaper than looking it up."""


class Carrier(Protocol):
    """What codes are read off: arrays over rows, (row,), by chain, memory or count over children."""

    step: int
    chains: dict[str, Chain]
    state: dict[str, StateArray]
    entered: dict[str, IntArray]
    memory: dict[str, StateArray]
    counts: dict[str, IntArray]
    agencies: IntArray
    sheets: dict[str, Sheet]

    @property
    def root(self) -> Rows:
        """The rows of the root unit."""

    def rows(self, chain: str) -> Rows:
        """Give the rows that a chain lives on."""


@dataclass
class CodeReader:
    """Reads one code for rows of ``rows`` in a world."""

    world: Carrier
    rows: Rows
    code: Code

    @cached_property
    def fixed(self) -> IntArray | None:
        """The part that never changes, (row,); None when there is none."""
        parts = [
            (axis.classes * stride).take(raw(self.world, axis.source, self.rows, None))
            for axis, stride in self.code.axes
            if axis.source.kind in FIXED
        ]
        return np.sum(parts, axis=0).astype(self.dtype) if parts else None

    @cached_property
    def dtype(self) -> type[np.unsignedinteger[Any]]:
        """The smallest type that holds the code: small arrays stay in the processor's caches."""
        return next(t for t in (np.uint8, np.uint16, np.uint32) if self.code.size <= np.iinfo(t).max + 1)

    @cached_property
    def own(self) -> IntArray:
        """What each own state adds, (state,)."""
        assert self.code.own is not None
        return np.arange(len(self.world.chains[self.code.own[0]].states)) * self.code.own[1]

    @cached_property
    def moving(self) -> list[tuple[Source, IntArray]]:
        """The other sources with what each raw value adds, (raw value,)."""
        return [
            (axis.source, axis.classes.astype(np.intp) * stride)
            for axis, stride in self.code.axes
            if axis.source.kind not in FIXED
        ]

    @cached_property
    def jumps(self) -> tuple[list[Jump], list[tuple[Source, IntArray]]]:
        """The moving part that root rows carry, as jumps, and what else there is."""
        jumps, others = [], []
        for source, adds in self.moving:
            if source.kind != "k" and _of_root(self.world, source):
                rises = np.diff(adds, prepend=0) % self.modulus
                jumps.append(Jump(source, [(int(at), self.dtype(rises[at])) for at in rises.nonzero()[0]]))
            else:
                others.append((source, adds))
        return jumps, others

    def terms(self) -> tuple[int, IntArray]:
        """Take the code apart into terms for kernels, but for what areas contribute (``by_area``).

        Returns
        -------
            What every code begins with, and (term, 5); see ``kernels.read_codes``.
        """
        parts: list[tuple[Source, IntArray]] = [
            (axis.source, axis.classes.astype(np.intp) * stride)
            for axis, stride in self.code.axes
            if axis.source.kind != "area"
        ]
        if self.code.own is not None:
            parts.append((Source("chain", self.code.own[0]), self.own))
        base, terms = 0, []
        for source, adds in parts:
            base += int(adds[0])
            who, line = self._reads(source)
            rises, last = np.diff(adds), len(adds) - 1
            if len(rises) > 1 and who in (kernels.OWN, kernels.HOME) and not np.ptp(rises):
                terms.append((who, line, kernels.EVERY, int(rises[0]), last))
            else:
                terms += [(who, line, int(at) + 1, int(rises[at]), last) for at in rises.nonzero()[0]]
        return base, np.array(terms, np.int32).reshape(-1, 5)

    @property
    def by_area(self) -> IntArray:
        """What each area contributes to the code, (area,); empty where none does."""
        adds = (axis.classes * stride for axis, stride in self.code.axes if axis.source.kind == "area")
        return np.asarray(next(adds, kernels.NO_PAIRS), np.uint16)

    def _reads(self, source: Source) -> tuple[int, int]:
        """Say who carries a source, in terms of kernels, and in which line."""
        timed = {"age": kernels.BORN, "k": kernels.ENTERED}
        if source.kind in timed:
            return timed[source.kind], 0
        home = source.kind not in FIXED and self.rows is not self.world.root and _of_root(self.world, source)
        carrier, who = (self.world.root, kernels.HOME) if home else (self.rows, kernels.OWN)
        name = "" if source.kind not in ("chain", "memory", "count", "trait") else source.name
        return who, self.world.sheets[carrier.unit.name].line[source.kind, name]

    @property
    def modulus(self) -> int:
        """Codes are added up modulo this: a step down is the addition of its complement."""
        return 1 << 8 * self.dtype().itemsize

    def by_arithmetic(self) -> IntArray:
        """Give the code of all root rows in its smallest type; of a code of children, what root rows carry of it."""
        total = np.zeros(self.world.root.n, self.dtype)
        if self.rows is self.world.root:
            if self.code.own is not None:
                total += self.world.state[self.code.own[0]]
                total *= self.dtype(self.code.own[1])
            if self.fixed is not None:
                total += self.fixed
        for jump in self.jumps[0]:
            value = raw(self.world, jump.source, self.world.root, None)
            for at, amount in jump.steps:
                added = (value >= at).view(np.uint8)
                added = added if self.dtype is np.uint8 else added.astype(self.dtype)
                added *= amount
                total += added
        return total

    def of(self, which: IntArray) -> IntArray:
        """Give the code of some rows."""
        world, is_root = self.world, self.rows is self.world.root
        many = bool(self.jumps[0]) and len(which) > MANY * world.root.n
        if many and is_root and not self.jumps[1]:
            return self.by_arithmetic().take(which).astype(np.intp)
        if self.code.own is not None:
            code = self.own.take(world.state[self.code.own[0]].take(which))
        else:
            code = np.zeros(len(which), np.intp)
        if self.fixed is not None:
            code += self.fixed.take(which)
        moving, home = self.moving, which
        if not is_root and any(_of_root(world, source) for source, _ in moving):
            home = self.rows.parent.take(which)
        if many and not is_root:
            code += self.by_arithmetic().take(home)
            moving = self.jumps[1]
        for source, adds in moving:
            code += adds.take(raw(world, source, self.rows, home if _of_root(world, source) else which), mode="clip")
        return code


@dataclass(frozen=True)
class Jump:
    """From which raw values of a source on how much is added to a code."""

    source: Source
    steps: list[tuple[int, np.unsignedinteger[Any]]]


def code_of(world: Carrier, code: Code, rows: Rows) -> IntArray:
    """Give a code for all rows of its unit."""
    return CodeReader(world, rows, code).of(np.arange(rows.n))


def raw(world: Carrier, source: Source, rows: Rows, home: IntArray | None) -> IntArray:
    """Give raw values of a source for the rows ``home`` of whoever carries it (None: for all of ``rows``)."""
    if source.kind in FIXED:
        carried: IntArray = rows.area if source.kind == "area" else rows.traits[source.name]
    elif source.kind == "age":
        return world.step - (rows.born if home is None else rows.born.take(home))
    elif source.kind == "k":
        carried = world.entered[source.name]
        return world.step - (carried if home is None else carried.take(home))
    else:
        by_kind: dict[str, Mapping[str, IntArray]] = {
            "chain": world.state, "memory": world.memory, "count": world.counts,
        }  # fmt: skip
        carried = by_kind[source.kind][source.name] if source.kind in by_kind else world.agencies
    return carried if home is None else carried.take(home)


def _of_root(world: Carrier, source: Source) -> bool:
    """Say whether a source that changes is carried by root rows."""
    if source.kind in ("chain", "k"):
        return world.rows(source.name) is world.root
    return source.kind != "age"
