"""Factors: what multiplies a move, what it reads, and its values wherever rows can be at the moments it tells apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from math import prod

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.errors import ModelError
from sim.language.evaluate import Expression, evaluate
from sim.language.functions import carrying_nan
from sim.language.names import TIMED
from sim.model.compiled.readings import GUARD, MOST, at_place, is_hazard, refused
from sim.model.compiled.scope import GridScope, Moment, Reader, Source, moment, moment_names, reads_of, sources_of
from sim.model.spec import Chain, Effect, Model

MOST_CELLS = 20_000_000
"""Combinations of what is read that one table may hold."""


@dataclass(frozen=True)
class Factor:
    """One multiplier of some moves: an expression, or an effect (``times`` while ``when`` holds, else 1)."""

    reader: Reader
    times: Expression
    when: Expression | None = None
    moves: frozenset[int] = frozenset()
    """Positions of the transitions it multiplies."""
    scale: str = "rate"
    name: str = ""
    """What messages call it."""

    @cached_property
    def sources(self) -> list[Source]:
        """What it reads from a row."""
        when = sources_of(self.when, self.reader) if self.when else []
        return list(dict.fromkeys(when + sources_of(self.times, self.reader)))

    @cached_property
    def moment_names(self) -> frozenset[str]:
        """The clock variables and totals that it reads."""
        names = moment_names(self.times, self.reader.model)
        return names | moment_names(self.when, self.reader.model) if self.when else names

    def values(self, raw: Mapping[Source, FloatArray], now: Moment) -> FloatArray:
        """Evaluate over raw values of its own sources: shape of the product of ``raw``, in the order of ``raw``."""
        scope = GridScope(self.reader, raw, now)
        shape = tuple(len(values) for values in raw.values())
        result = evaluate(self.times, scope)
        if self.when is not None:
            holds = evaluate(self.when, scope)
            result = carrying_nan(np.where(holds != 0, result, 1.0), holds)
        return np.broadcast_to(result, shape)

    def check(self, raw: Mapping[Source, FloatArray], model: Model) -> None:
        """Evaluate at every moment of the clock; see ``checked``."""
        for now in probes(model, self.moment_names):
            self.checked(raw, now)

    def checked(self, raw: Mapping[Source, FloatArray], now: Moment) -> FloatArray:
        """Give ``values``; what the clock alone decides is refused where it is no multiplier, or no condition."""
        values = self.values(raw, now)
        if self.moment_names <= TIMED:
            wrong = values[~is_hazard(values)] if self.moves else values[np.isnan(values)]
            if wrong.size:
                rule = f"it must be at least 0 and finite (at most {MOST:g})" if self.moves else GUARD
                raise self.refused(f"{self.name} comes to {wrong.flat[0]:.6g}".strip(), rule, now)
        return values

    def refused(self, what: str, rule: str, now: Moment) -> ModelError:
        """Make the error of what it comes to at a moment; see ``readings.refused``."""
        raw = {
            s: np.arange(raw_size(s, self.reader, horizon(self.reader.model)), dtype=np.float64) for s in self.sources
        }
        scope = GridScope(self.reader, raw, now)
        expression = self.times
        if self.when is not None and not np.all(np.isfinite(evaluate(self.when, scope))):
            expression = self.when
        return refused(expression, scope, what, rule, f"rows of {self.reader.unit}")


def raw_size(source: Source, reader: Reader, horizon_steps: int) -> int:
    """Give how many raw values a source has: states, trait values, ages or times in steps, a count and its zero."""
    model = reader.model
    if source.kind == "chain":
        return len(model.chain(source.name).states)
    if source.kind == "trait":
        return len(model.trait(source.name).values)
    if source.kind == "memory":
        return model.memory(source.name).window + 1
    if source.kind == "agencies":
        return 1 + sum(chain.is_gated for chain in model.chains)
    if source.kind == "area":
        return len(model.areas.names)
    if source.kind == "count":
        return max_children(model) + 1
    if source.kind == "age":
        unit = model.unit(reader.unit)
        oldest = unit.leaves_age_steps or ((unit.age_steps or (0, 0))[1] + horizon_steps)
        return oldest + 1
    return horizon_steps + 1


def max_children(model: Model) -> int:
    """Give the largest number of rows that may belong to one root row."""
    if len(model.units) < 2:
        return 0
    number = model.units[1].number
    return max(int(v) for trait in model.traits if trait.name == number for v in trait.values) if number else 1


def horizon(model: Model) -> int:
    """Give the number of steps from the start of the warm-up to the end."""
    return model.root.warm_up + model.clock.steps


def probes(model: Model, names: frozenset[str]) -> list[Moment]:
    """List the moments at which factors with these names must be told apart: every distinct clock, several totals."""
    clock = sorted(names & TIMED)
    other = {name: 0.0 for name in names if name not in clock}
    steps = range(-model.root.warm_up, model.clock.steps)
    if not clock:
        steps = range(1)
    distinct: dict[tuple[float, ...], Moment] = {}
    for step in steps:
        now = moment(model, step, other)
        distinct.setdefault(tuple(now.clock[name] for name in clock), now)
    moments = list(distinct.values())
    if other:
        moments += [Moment(moments[0].clock, dict.fromkeys(other, value)) for value in (0.37, 1.0, 123.7)]
    return moments


Raws = Callable[[Source, Reader], IntArray]
"""Gives the raw values that a source can have, in order; 0 is always one of them."""


def every_raw(source: Source, reader: Reader) -> IntArray:
    """Give all raw values of a source."""
    return np.arange(raw_size(source, reader, horizon(reader.model)))


def raw_of(factor: Factor, raws: Raws) -> dict[Source, FloatArray]:
    """Give what each source of a factor can be.

    Raises
    ------
    ModelError
        When they make too many combinations.
    """
    raw = {source: raws(source, factor.reader).astype(np.float64) for source in factor.sources}
    cells = prod(len(values) for values in raw.values())
    if cells > MOST_CELLS:
        what = " x ".join(f"{source.name or source.kind} ({len(values):,})" for source, values in raw.items())
        rule = f"reads {what}, {cells:,} combinations; it may read at most {MOST_CELLS:,}"
        raise at_place(factor.times, rule, f"rows of {factor.reader.unit}")
    return raw


def seen(factor: Factor, raws: Raws = every_raw) -> list[FloatArray]:
    """Evaluate a factor over what its sources can be, at every moment that it tells apart: (source, ...) each.

    Raises
    ------
    ModelError
        As ``raw_of``, and when it comes to what is no multiplier or no condition.
    """
    raw = raw_of(factor, raws)
    return [factor.checked(raw, now) for now in probes(factor.reader.model, factor.moment_names)]


def above_nothing(factor: Factor, raw: Mapping[Source, FloatArray]) -> bool:
    """Say whether a factor is above 0 for some of what its sources can be, at one of the moments of ``probes``."""
    moments = probes(factor.reader.model, factor.moment_names)
    return any(not np.all(factor.values(raw, now) <= 0) for now in moments)


def never_holds(factor: Factor, values: Sequence[FloatArray]) -> bool:
    """Say whether an effect multiplies by 1 at every moment, given what ``seen`` gives of it."""
    timed = factor.moment_names <= TIMED  # totals may be anything
    return factor.when is not None and timed and all(bool(np.all(value == 1.0)) for value in values)


def digest_of(factors: Sequence[Factor], values: Sequence[list[FloatArray]], raws: Raws) -> bytes:
    """Give a digest of what factors multiply, and by how much for what their sources can be, given what is ``seen``.

    Where totals are read, which may be anything, it is of the expressions too. Factors of no move are left out.
    """
    digest = sha256()
    for factor, told in zip(factors, values, strict=True):
        if not factor.moves:
            continue
        can_be = [(source, raws(source, factor.reader).tolist()) for source in factor.sources]
        digest.update(repr((sorted(factor.moves), factor.scale, factor.when is None, can_be)).encode())
        for value in told:
            digest.update(np.ascontiguousarray(value).tobytes())
        if factor.moment_names - TIMED:
            for expression in filter(None, (factor.times, factor.when)):
                nodes = [(node.kind, node.name, node.value) for node in reads_of(expression, factor.reader.model)]
                digest.update(repr(nodes).encode())
    return digest.digest()


def transition_factors(model: Model, chain: Chain) -> list[Factor]:
    """List what multiplies the moves of a chain: their own expressions, then effects."""
    reader = Reader(model, chain.unit, k_chain=chain.name)
    own = [
        Factor(reader, t.expression, moves=frozenset([i]), name=f"'{t.source} -> {t.target}' of '{chain.name}'")
        for i, t in enumerate(chain.transitions)
        if t.expression is not None
    ]
    return own + effect_factors(model, chain.name, [(t.source, t.target) for t in chain.transitions])


def effect_factors(model: Model, chain: str, transitions: Sequence[tuple[str, str]]) -> list[Factor]:
    """List the effects on a chain as factors; none that names a service when the model's services are inert."""
    from_service = model.service_names
    unit = model.chain(chain).unit
    factors = []
    for effect in model.effects:
        moves = frozenset(i for i, move in enumerate(transitions) if move in set(effect.on.get(chain, ())))
        reader = Reader(model, unit, k_chain=_k_chain(effect, model, chain))
        inert = model.services_inert and chain not in from_service
        named = f"the effect '{effect.name}' on '{chain}'"
        if moves and not (inert and names_service(effect.when, reader, from_service)):
            factors.append(Factor(reader, effect.times, effect.when, moves, effect.scale, named))
    return factors


def names_service(when: Expression, reader: Reader, services: frozenset[str]) -> bool:
    """Say whether a condition reads a service (or the number of agencies)."""
    return any(s.kind == "agencies" or s.name in services for s in sources_of(when, reader))


def _k_chain(effect: Effect, model: Model, chain: str) -> str:
    """Say whose time in state an effect calls k: the first chain named in its condition, else its own."""
    sources = sources_of(effect.when, Reader(model, model.chain(chain).unit))
    return next((source.name for source in sources if source.kind == "chain"), chain)
