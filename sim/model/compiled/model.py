"""A whole model compiled: programs for its chains, and conditions with their truth tables.

A ``Code`` is a number kept per row and brought up to date by the changes of its sources; chains, conditions and queue
priorities all read codes. ``Wire`` says what a source's change adds to which code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import prod

import numpy as np

from sim.arrays import MOST_STATES, BoolArray, FloatArray
from sim.errors import ModelError, Problem
from sim.language.evaluate import Expression, Node
from sim.language.tree import canonical
from sim.model.compiled.factors import MOST_CELLS, Factor, Raws, every_raw, transition_factors
from sim.model.compiled.grid import Axis, fold, reduced
from sim.model.compiled.program import Program, compile_chain
from sim.model.compiled.reach import Reach
from sim.model.compiled.readings import GUARD, at_place, check_clocked
from sim.model.compiled.scope import Moment, Reader, calls, counted, moment
from sim.model.spec import Chain, Model


@dataclass(frozen=True)
class Code:
    """Digits of the rows of ``unit``: which axis counts with which stride. ``own`` is the chain whose state leads."""

    unit: str
    axes: tuple[tuple[Axis, int], ...]
    size: int
    own: tuple[str, int] | None = None


@dataclass(frozen=True)
class Condition:
    """A yes or no about a row, read from its code."""

    name: str
    reader: Reader
    expression: Expression
    code: int
    clocked: bool

    def truth(self, codes: list[Code], now: Moment) -> BoolArray:
        """Give the answer for every code at a moment, shape (code,)."""
        axes = [axis for axis, _ in codes[self.code].axes]
        factor = Factor(self.reader, self.expression)
        values = reduced(factor, axes, now)
        if np.any(np.isnan(values)):
            raise factor.refused("has no value", GUARD, now)
        return np.broadcast_to(values != 0, [axis.size for axis in axes] or [1]).reshape(-1)


@dataclass
class Compiled:
    """What one world needs to run."""

    model: Model
    programs: dict[str, Program]
    codes: list[Code] = field(default_factory=list)
    program_codes: dict[str, list[int]] = field(default_factory=dict)
    conditions: dict[str, Condition] = field(default_factory=dict)
    counts: dict[str, str] = field(default_factory=dict)
    """Source name of a count over children -> name of the condition that is counted."""
    state_meters: dict[str, tuple[str, BoolArray]] = field(default_factory=dict)
    """Meter -> the chain and the states that it counts, (state,)."""
    weights: dict[str, FloatArray] = field(default_factory=dict)
    """Condition of a meter ``by_area`` -> how much a row counts in each area, (area,)."""
    k_chains: set[str] = field(default_factory=set)
    totals: dict[str, Node] = field(default_factory=dict)
    reach: Reach | None = None
    """What rows can be, where tables leave out the rest; None where they hold everything."""

    @property
    def raws(self) -> Raws:
        """What the sources of rows can be in these tables."""
        return self.reach.raws if self.reach is not None else every_raw

    def turns(self, chain: str) -> bool:
        """Say whether a chain may ever move by itself."""
        return self.reach is None or chain in self.reach.turning

    def reaches(self, chain: str, *states: int) -> bool:
        """Say whether a row may ever be in one of some states of a chain."""
        return self.reach is None or bool(self.reach.states[chain][list(states)].any())

    def add_code(
        self, unit: str, axes: Iterable[tuple[Axis, int]], size: int, own: tuple[str, int] | None = None
    ) -> int:
        """Register a code and give its number."""
        self.codes.append(Code(unit, tuple(axes), size, own))
        return len(self.codes) - 1

    def add_meter(self, name: str, unit: str, expression: Expression, by_area: str = "") -> None:
        """Register what a meter counts: states of one chain are read off its occupancy, all else is a condition."""
        if by_area:
            self.add_condition(f"meter {name}", unit, expression)
            self.weights[f"meter {name}"] = np.array(self.model.tables[by_area].y)
            return
        reader = Reader(self.model, unit)
        factor = Factor(reader, expression)
        sources = factor.sources
        if len(sources) == 1 and sources[0].kind == "chain" and not factor.moment_names:
            chain = self.model.chain(sources[0].name)
            if chain.unit == unit:
                everything = {sources[0]: np.arange(len(chain.states), dtype=np.float64)}
                values = factor.values(everything, moment(self.model, 0))
                if not np.any(np.isnan(values)):
                    self.state_meters[name] = (chain.name, values != 0)
                    return
        self.add_condition(f"meter {name}", unit, expression)

    def add_condition(self, name: str, unit: str, expression: Expression) -> Condition:
        """Compile a condition on rows of a unit and register it under a name."""
        reader = Reader(self.model, unit)
        factor = Factor(reader, expression)
        axes = fold([factor], reader, raws=self.raws)
        sizes = [axis.size for axis in axes]
        if prod(sizes) > MOST_CELLS:
            raise at_place(expression, f"tells {prod(sizes):,} cases apart; at most {MOST_CELLS:,}", name)
        strides = [int(np.prod(sizes[i + 1 :], dtype=np.int64)) for i in range(len(sizes))]
        code = self.add_code(unit, zip(axes, strides, strict=True), int(np.prod(sizes, dtype=np.int64)))
        condition = Condition(name, reader, expression, code, bool(factor.moment_names))
        self.conditions[name] = condition
        return condition


def compile_model(
    model: Model, reach: Reach | None = None, known: Callable[[Chain], Program | None] = lambda chain: None
) -> Compiled:
    """Compile a model.

    Parameters
    ----------
    model
        The model.
    reach
        What rows can be, where tables are to leave out the rest.
    known
        Gives the program of a chain where it is known already.

    Raises
    ------
    ModelError
        When a rate is negative, a row of probabilities exceeds 1, or a table would grow beyond what fits in memory.
    """
    for name, n in [(c.name, len(c.states)) for c in model.chains] + [(t.name, len(t.values)) for t in model.traits]:
        if n > MOST_STATES:
            raise ModelError([Problem("", name, f"has {n} states or values; it must have at most {MOST_STATES}")])
    check_clocked(model)
    raws = every_raw if reach is None else reach.raws
    programs = {chain.name: known(chain) or compile_chain(model, chain, raws) for chain in model.chains}
    compiled = Compiled(model, programs, reach=reach)
    for memory in model.memories:
        compiled.add_condition(f"remember {memory.name}", model.root.name, memory.when)
    for name, program in compiled.programs.items():
        codes = []
        for group in program.groups:
            own = (name, group.strides[0])
            codes.append(compiled.add_code(program.chain.unit, group.coded, group.size, own))
        compiled.program_codes[name] = codes
        factors = transition_factors(model, program.chain)  # all of them: a regime that starts may read more
        compiled.k_chains |= {s.name for factor in factors for s in factor.sources if s.kind == "k"}
    for meter in model.meters:
        if meter.kind == "while" and meter.when is not None:
            compiled.add_meter(meter.name, meter.unit, meter.when, meter.by_area)
    _add_counts(compiled)
    compiled.totals = {canonical(node): node for node in calls(model, "step")}
    for key, node in compiled.totals.items():
        if node.name == "total":
            compiled.add_condition(key, _total_unit(model, node), as_condition(model, node.args[0]))
    return compiled


def _add_counts(compiled: Compiled) -> None:
    """Register the condition behind each count over children that some axis reads."""
    model = compiled.model
    inner = {counted(node).name: node.args[0] for node in calls(model, "row")}
    wanted = {axis.source for code in compiled.codes for axis, _ in code.axes if axis.source.kind == "count"}
    for source in sorted(wanted):
        name = f"count {source.name}"
        compiled.add_condition(name, model.units[1].name, Expression(source.name, inner[source.name]))
        compiled.counts[source.name] = name


def as_condition(model: Model, node: Node) -> Expression:
    """Read the argument of total(): a condition, or the bare name of a state that one chain alone has."""
    if node.kind == "name":
        owners = [chain.name for chain in model.chains if node.name in chain.states]
        if len(owners) == 1:
            chain = Node("name", node.column, name=owners[0])
            return Expression(f"{owners[0]} == {node.name}", Node("==", node.column, args=(chain, node)))
    return Expression(node.name, node)


def _total_unit(model: Model, node: Node) -> str:
    """Say whose rows a total counts: the unit of the first chain named."""
    for inner in Expression("", as_condition(model, node.args[0]).root).nodes():
        for chain in model.chains:
            if inner.kind == "name" and inner.name == chain.name:
                return chain.unit
    return model.root.name


def first_moment(compiled: Compiled) -> Moment:
    """Give the moment of point 0 with all totals 0."""
    return moment(compiled.model, 0, dict.fromkeys(compiled.totals, 0.0))
