"""The sign with which an expression answers to what it reads, tried at many states and totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray
from sim.engine.fate.draws import key, uniform
from sim.language.evaluate import Expression, Node
from sim.language.functions import called, of_service
from sim.language.names import TIMED
from sim.language.tree import canonical
from sim.model.compiled.factors import Factor, horizon, raw_size
from sim.model.compiled.model import as_condition
from sim.model.compiled.scope import Moment, Reader, Source, counted, moment, reads_of
from sim.model.parts import expressions
from sim.model.pathway import AFTERCARE, helps
from sim.model.spec import Model

SAMPLES = 64
"""Moments at which signs are tried; totals and stocks from a hundredth to a hundred thousand."""
DECADES = (-2.0, 5.0)
FEW = 0.05
"""A sign that shows in fewer than this share of trials is rounding or a corner."""
FEW_VALUES = 5


@dataclass(frozen=True)
class VariableRead:
    """A variable that is read: a chain, a stock or ``agencies``; ``part`` waiting, places ...; sign 1, -1 or 0."""

    name: str
    sign: int
    part: str = ""


def readings_of_expression(expression: Expression, model: Model) -> list[VariableRead]:
    """List what an expression over totals and stocks reads, with signs, without names that it does not answer to."""
    factor = Factor(Reader(model, model.units[0].name), expression)
    return list(_of_totals(factor, model))


def readings_of_factor(factor: Factor, model: Model, own: str) -> list[VariableRead]:
    """List what a factor of a chain's moves reads from rows and from totals; the chain's own state is left out."""
    found = list(_of_totals(factor, model))
    sources = [source for source in factor.sources if source.kind in ("chain", "count", "memory", "agencies")]
    raw = _raw(factor, model)
    for source in sources:
        if source == Source("chain", own):
            continue
        values = np.zeros(tuple(len(axis) for axis in raw.values()))
        moments = list(_moments(factor, model)) if factor.moment_names else [moment(model, 0)]
        for now in moments[:FEW_VALUES]:
            values = values + np.nan_to_num(factor.values(raw, now), posinf=0.0, neginf=0.0)
        table = np.moveaxis(values, list(raw).index(source), 0).reshape(len(raw[source]), -1)
        found += _of_source(source, table, model)
    return found


def _raw(factor: Factor, model: Model) -> dict[Source, FloatArray]:
    """Choose raw values to try for each source: all states, a few ages, counts and times."""
    raw = {}
    for source in factor.sources:
        size = raw_size(source, factor.reader, horizon(model))
        few = source.kind not in ("chain",)
        raw[source] = np.unique(np.linspace(0, size - 1, min(size, FEW_VALUES if few else size)).round())
    return raw


def _of_source(source: Source, table: FloatArray, model: Model) -> Iterator[VariableRead]:
    """Turn the answer to raw values of a source, (raw value, others), into readings of variables."""
    if source.kind == "chain":
        yield from _reading(source.name, _slope(severity(model, source.name), table))
    elif source.kind == "agencies":
        yield from _reading("agencies", _slope(np.arange(len(table), dtype=np.float64), table))
    else:
        sign = _slope(np.arange(len(table), dtype=np.float64), table)
        for name, own in _inside(source, model):
            yield from _reading(name, None if sign is None else sign * own)


def _reading(name: str, sign: int | None, part: str = "") -> Iterator[VariableRead]:
    if sign is not None:
        yield VariableRead(name, sign, part)


def severity(model: Model, chain: str) -> FloatArray:
    """Say how much of its variable each state of a chain is: how bad, or for a service whether it helps, (state,)."""
    found = model.chain(chain)
    if found.service is not None:
        return np.array([float(helps(state) or state == AFTERCARE) for state in found.states])
    return np.arange(len(found.states), dtype=np.float64)


def _slope(x: FloatArray, table: FloatArray) -> int | None:
    """Give the sign of the covariance of x with each column; 0 when columns differ, None when nothing answers."""
    slopes = (x - x.mean()) @ table
    largest = np.abs(slopes).max(initial=0.0)
    if largest <= 1e-12 * max(np.abs(table).max(initial=0.0), 1e-300):
        return None
    signs = {int(np.sign(s)) for s in slopes if abs(s) > FEW * largest}
    return signs.pop() if len(signs) == 1 else 0


def _inside(source: Source, model: Model) -> Iterator[tuple[str, int]]:
    """Name the chains behind a count over children or a memory, with the sign of the condition in each."""
    if source.kind == "memory":
        when = next(memory.when for memory in model.memories if memory.name == source.name)
        yield from _chains_of(when, model.units[0].name, model)
        return
    for expression in expressions(model):
        for node in reads_of(expression, model):
            if called(node, "row") and counted(node) == source:
                yield from _chains_of(Expression("", node.args[0]), model.units[1].name, model)
                return


def _chains_of(condition: Expression, unit: str, model: Model) -> Iterator[tuple[str, int]]:
    """Name the chains that a condition reads, with the sign with which it holds the more, the worse they are."""
    factor = Factor(Reader(model, unit), condition)
    raw = _raw(factor, model)
    values = factor.values(raw, moment(model, 0))
    for source in factor.sources:
        if source.kind == "chain":
            table = np.moveaxis(values, list(raw).index(source), 0).reshape(len(raw[source]), -1)
            sign = _slope(severity(model, source.name), table)
            if sign is not None:
                yield source.name, sign


def _of_totals(factor: Factor, model: Model) -> Iterator[VariableRead]:
    """List the totals and stocks that a factor answers to."""
    nodes = {
        canonical(node): node
        for expression in (factor.times, factor.when)
        if expression is not None
        for node in reads_of(expression, model)
        if called(node, "step")
    }
    raw = {
        source: values[-1:] if source.kind == "chain" else values[:1] for source, values in _raw(factor, model).items()
    }
    if any(source.kind == "chain" for source in factor.sources):
        raw = _raw(factor, model)
    for name in sorted(factor.moment_names - TIMED):
        sign = _answer(factor, raw, name, model)
        if sign is not None:
            yield from _of_name(name, sign, nodes.get(name), model)


def _of_name(name: str, sign: int, node: Node | None, model: Model) -> Iterator[VariableRead]:
    """Turn the answer to a total or stock into readings of variables."""
    if node is None:
        yield VariableRead(name, sign)
    elif of_service(node):
        yield VariableRead(node.args[0].name, sign, node.name)
    else:
        condition = as_condition(model, node.args[0])
        units = [c.unit for c in model.chains if c.name in condition.names]
        yield from (
            VariableRead(chain, sign * own)
            for chain, own in _chains_of(condition, units[0] if units else model.units[0].name, model)
        )


def _answer(factor: Factor, raw: Mapping[Source, FloatArray], name: str, model: Model) -> int | None:
    """Try a little more of one total at many moments; give the sign of the answer, None when there is none."""
    found = {1: 0, -1: 0}
    for now in _moments(factor, model):
        more = Moment(now.clock, {**now.totals, name: now.totals[name] * 1.05})
        with np.errstate(all="ignore"):
            change = factor.values(raw, more) - factor.values(raw, now)
        change = change[np.isfinite(change)]
        if change.size and np.abs(change).max() > 0:
            found[1 if change.sum() > 0 else -1] += 1
    tries = sum(found.values())
    if not tries:
        return None
    if min(found.values()) > FEW * tries:
        return 0
    return 1 if found[1] > found[-1] else -1


def _moments(factor: Factor, model: Model) -> Iterator[Moment]:
    """Give moments to try: keyed totals over seven decades, at times spread over the run."""
    names = sorted(factor.moment_names - TIMED)
    draws = uniform(key(0, "polarity"), np.arange(SAMPLES * max(len(names), 1))).reshape(SAMPLES, -1)
    low, high = DECADES
    steps = np.linspace(0, model.clock.steps - 1, SAMPLES).astype(int)
    for step, draw in zip(steps, draws, strict=True):
        totals = {name: float(10 ** (low + (high - low) * u)) for name, u in zip(names, draw, strict=False)}
        yield moment(model, int(step), totals)
