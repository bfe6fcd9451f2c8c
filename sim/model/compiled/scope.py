"""What names mean: which sources an expression reads, and its values over a grid of them at one moment.

A source is something a row carries (the state of a chain, a trait, an age, a count over its children ...). Everything
else that an expression may name (parameters, clock, totals) is one number a step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from sim.arrays import FloatArray
from sim.errors import ModelError
from sim.language.evaluate import Expression, Node, evaluate, evaluate_node
from sim.language.functions import COMPARISONS, FUNCTIONS, Known, called, carrying_nan, operands
from sim.language.names import CLOCK, WORDS, below_first, reads
from sim.language.tree import canonical, walk
from sim.model.spec import Chain, LookupTable, Model


@dataclass(frozen=True, order=True)
class Source:
    """Something that a row carries: kind is chain, trait, area, age, k, memory, count or agencies."""

    kind: str
    name: str = ""


@dataclass(frozen=True)
class Reader:
    """Who reads: rows of ``unit``; ``k_chain`` is the chain whose time in state is called k."""

    model: Model
    unit: str
    k_chain: str = ""

    @property
    def child(self) -> bool:
        """Whether the rows belong to rows of the root unit."""
        return self.unit != self.model.root.name


@dataclass(frozen=True)
class Moment:
    """One step as expressions see it: its clock names, and answers to total(), waiting(), places() and stocks."""

    clock: Mapping[str, float]
    totals: Mapping[str, float] = field(default_factory=dict)


def moment(model: Model, step: int, totals: Mapping[str, float] | None = None) -> Moment:
    """Give the moment of a step: cycle = first + step; ``year`` is a calendar year with its fraction, at the start."""
    clock = model.clock
    years = step * clock.step_years
    start = clock.start[0] + (clock.start[1] - 1) / 12 if clock.start else float(clock.first)
    calendar = round(start + years, 9)
    month = math.floor(round((calendar - math.floor(calendar)) * 12, 6)) + 1
    names = {"cycle": float(clock.first + step), "year": calendar, "month": float(month), "time": years}
    age = shared_age(model)
    if age is not None:
        names["age"] = age + years
    return Moment(names, totals or {})


def shared_age(model: Model) -> float | None:
    """Give the age in years at point 0 when all rows of the root unit share it, else None."""
    ages = model.root.age_steps
    return ages[0] * model.clock.step_years if ages and ages[0] == ages[1] else None


def reads_of(expression: Expression, model: Model) -> Iterator[Node]:
    """Walk an expression and the parameters it names; what stands inside any(), count() and total() is left out."""
    parameters = model.parameters
    return reads(expression, lambda name: parameters[name].expression if name in parameters else None)


def sources_of(expression: Expression, reader: Reader) -> list[Source]:
    """List what an expression reads from a row, in order of first use."""
    model, found = reader.model, []
    own = model.carried
    for node in reads_of(expression, model):
        if called(node, "row"):
            found.append(counted(node))
        if node.kind != "name" or node.name in model.parameters:
            continue
        if node.name in own:
            found.append(Source(own[node.name], node.name))
        elif node.name == "k":
            found.append(Source("k", reader.k_chain))
        elif node.name == "age" and (shared_age(model) is None or reader.child):
            found.append(Source("age"))
        elif node.name in ("agencies", "area"):
            found.append(Source(node.name))
    return list(dict.fromkeys(found))


def counted(node: Node) -> Source:
    """Give the source that any() and count() read: how many rows of its own a condition holds for."""
    return Source("count", canonical(node.args[0]))


def calls(model: Model, known: Known) -> list[Node]:
    """List every call in what a model's families and teams go by of a function whose value is known then."""
    found = [p.expression for p in model.parameters.values()]
    found += [t.expression for chain in model.chains for t in chain.transitions if t.expression is not None]
    found += [e for effect in model.effects for e in (effect.when, effect.times)]
    found += [memory.when for memory in model.memories]
    found += [stock.expression for stock in model.stocks]
    found += [e for c in model.chains if c.service and c.service.team for e in c.service.team.driven]
    found += [meter.when for meter in model.meters if meter.when is not None]
    return [node for e in found for node in e.nodes() if called(node, known)]


def moment_names(expression: Expression, model: Model) -> frozenset[str]:
    """Name the clock variables and totals that an expression reads."""
    names: set[str] = set()
    stocks = model.stock_names
    for node in reads_of(expression, model):
        if called(node, "step"):
            names.add(canonical(node))
        if node.kind == "name" and (node.name in CLOCK or node.name in stocks):
            names.add(node.name)
        if node.kind == "name" and node.name == "age" and shared_age(model) is not None:
            names.add("age")
    return frozenset(names)


def table_values(table: LookupTable, x: FloatArray) -> FloatArray:
    """Read a table; below its first band the first value holds. By area ``x`` are numbers of areas."""
    if table.kind == "areas":
        return np.asarray(table.y)[x.astype(np.intp)]
    if table.kind == "linear":
        return np.interp(x, table.x, table.y)
    place = np.searchsorted(np.asarray(table.x), x + 1e-9, side="right") - 1
    return carrying_nan(np.asarray(table.y)[np.maximum(place, 0)], x)


class GridScope:
    """Evaluates expressions over the product of some sources' raw values at one moment.

    ``axes`` maps each source to the raw values to evaluate at; axis i of the result belongs to the i-th source.
    """

    def __init__(self, reader: Reader, axes: Mapping[Source, FloatArray], now: Moment) -> None:
        self.reader, self.model, self.now = reader, reader.model, now
        self.axes = {
            source: values.reshape([-1 if i == j else 1 for j in range(len(axes))])
            for i, (source, values) in enumerate(axes.items())
        }
        self.memo: dict[str, FloatArray] = {}

    def value(self, name: str) -> FloatArray:
        """Give the values of a name; see ``Scope``."""
        if name in self.memo:
            return self.memo[name]
        self.memo[name] = result = self._value(name)
        return result

    def _value(self, name: str) -> FloatArray:
        model = self.model
        if name in model.parameters:
            return self._parameter(name)
        for source in self.axes:
            if name == (source.name if source.kind in ("chain", "trait", "memory") else source.kind):
                return self._carried(source, name)
        if name in self.now.clock:
            return np.asarray(self.now.clock[name])
        if name in self.now.totals:
            return np.asarray(self.now.totals[name])
        if name == "step_years":
            return np.asarray(model.clock.step_years)
        if name in WORDS and WORDS[name].value is not None:
            return np.asarray(WORDS[name].value)
        there = sorted({*model.parameters, *(c.name for c in model.chains), *(t.name for t in model.traits)})
        listed = ", ".join(there)
        raise ModelError(f"'{name}' is read by rows of '{self.reader.unit}' and is not theirs; there are {listed}")

    def _parameter(self, name: str) -> FloatArray:
        """Evaluate a parameter after all that it reads, however long the line of those that name the next."""
        parameters = self.model.parameters
        for each in below_first([name], lambda one: self._parameters_in(parameters[one].expression), self.memo):
            self.memo[each] = evaluate(parameters[each].expression, self)
        return self.memo[name]

    def _parameters_in(self, expression: Expression) -> list[str]:
        """List the parameters that stand in an expression where they are read: not as the name of a state."""
        nodes = walk(expression.root, lambda node: node.args[:1] if self._names_state(node) else operands(node))
        return [node.name for node in nodes if node.kind == "name" and node.name in self.model.parameters]

    def _names_state(self, node: Node) -> bool:
        """Whether a node compares something with a state."""
        if node.kind not in COMPARISONS or any(arg.kind != "name" for arg in node.args):
            return False
        return self.state(node.args[0].name, node.args[1].name) is not None

    def _carried(self, source: Source, name: str) -> FloatArray:
        """Turn raw values of a source into what the name means."""
        raw = self.axes[source]
        if source.kind == "chain":
            return np.asarray(levels(self.model.chain(name)), dtype=np.float64)[raw.astype(np.intp)]
        if source.kind == "trait":
            trait = self.model.trait(name)
            return np.asarray(trait.values)[raw.astype(np.intp)]
        if source.kind == "age":
            return raw * self.model.clock.step_years
        return raw.astype(np.float64)

    def state(self, chain: str, state: str) -> float | None:
        """Give the level of a state; see ``Scope``."""
        found = self.model.by_name.get(chain)
        if found is not None:
            return level_of(found, state)
        areas = self.model.areas
        if chain == "area" and state in areas.names:
            return float(areas.names.index(state))
        return -1.0 if chain == "area" and state in areas.left_out else None

    def call(self, node: Node) -> FloatArray:
        """Answer what is not known from the arguments alone; see ``Scope``."""
        function = FUNCTIONS[node.name]
        if function.of is None:
            return np.asarray(self.now.totals.get(canonical(node), 0.0))
        if function.known == "row":
            return np.asarray(function.of(self.axes[counted(node)]), dtype=np.float64)
        arguments = [
            partial(table_values, self.model.tables[arg.name]) if kind == "table" else evaluate_node(arg, self)
            for arg, kind in function.arguments(node)
        ]
        return np.asarray(function.of(self.model.clock.step_years, *arguments))


def levels(chain: Chain) -> tuple[int, ...]:
    """Give the level of each state: its own number unless stages share one."""
    return chain.levels or tuple(range(len(chain.states)))


def level_of(chain: Chain, word: str) -> float | None:
    """Give the level that a word stands for in conditions on a chain, None when it has no such state."""
    if word in chain.level_names:
        return float(chain.level_names[word])
    if word in chain.states:
        return float(levels(chain)[chain.states.index(word)])
    return None
