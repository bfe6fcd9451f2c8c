"""The compiled models of all worlds: for what rows can be in each, with what is known already, and which are alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Generic, TypeVar

import numpy as np

from sim.language.evaluate import Expression
from sim.model.compiled.model import Compiled, compile_model
from sim.model.compiled.program import Program
from sim.model.compiled.reach import Reach
from sim.model.compiled.scope import calls
from sim.model.handover import Handed, all_handed
from sim.model.parts import expressions
from sim.model.spec import Chain, Model, Scenario, Team, Transition, World

NO_TEAM = Team({}, 0.0)
Held = TypeVar("Held")


@dataclass(frozen=True, eq=False)
class Itself(Generic[Held]):
    """Something with mappings inside, which have no hash, as a key: the same only when it is the very same object."""

    held: Held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and other.held is self.held

    def __hash__(self) -> int:
        return id(self.held)


def compile_scenario(scenario: Scenario) -> dict[str, Compiled]:
    """Compile the models of all worlds, by name, for what rows can be in each; once for replications in a row.

    Raises
    ------
    ModelError
        As ``compile_model``.
    """
    return _compile_worlds(Itself(scenario))


@lru_cache(maxsize=1)
def _compile_worlds(key: Itself[Scenario]) -> dict[str, Compiled]:
    return compile_anew(key.held, {})


def compile_anew(scenario: Scenario, known: Mapping[str, Compiled]) -> dict[str, Compiled]:
    """Compile the models of all worlds, taking over what ``known`` models of worlds of the same names have alike.

    A chain of which two worlds say the same is compiled once.

    Raises
    ------
    ModelError
        As ``compile_model``.
    """
    compiled: dict[str, Compiled] = {}
    for world in sorted(scenario.worlds, key=lambda world: world.regime != scenario.baseline):
        base, old = scenario.baseline_of(world), known.get(world.name)
        past = None if world is base else compiled[base.name].reach
        before = None if world is base or base.name not in known else known[base.name].reach
        handed = all_handed(base.model, world)
        moves_alike = old is not None and _what_moves(old.model) == _what_moves(world.model)
        if old is not None and moves_alike and _same_past(before, past) and _handed(known, base, world) == handed:
            compiled[world.name] = replace(old, model=world.model)
            continue
        reach = Reach(world.model, past, handed.values(), world.handover)
        olds = [one for one in (old, *compiled.values()) if one is not None]
        compiled[world.name] = compile_model(world.model, reach, partial(_taken_over, olds, reach))
    return {world.name: compiled[world.name] for world in scenario.worlds}


def _handed(known: Mapping[str, Compiled], base: World, world: World) -> dict[int, Handed]:
    """Say what was handed over in a world under the models that are known."""
    old = replace(world, model=known[world.name].model)
    return all_handed(old.model if world is base else known[base.name].model, old)


def _same_past(before: Reach | None, past: Reach | None) -> bool:
    """Say whether a world's rows come from where they came from before."""
    if past is None or before is None:
        return past is before
    return _same_rows(before, past)


def _taken_over(olds: Sequence[Compiled], reach: Reach, chain: Chain) -> Program | None:
    """Give the program of a chain where another model says the same of it and rows could be the same."""
    said = _moves_of(Itself(reach.model), chain.name)
    there = (old for old in olds if old.reach is not None and _same_rows(old.reach, reach))
    same = (old for old in there if chain.name in old.programs and _moves_of(Itself(old.model), chain.name) == said)
    return next((old.programs[chain.name] for old in same), None)


def _same_rows(one: Reach, other: Reach) -> bool:
    """Say whether rows can be in the same states of all chains, of as many each."""
    mine, its = one.states, other.states
    return mine.keys() == its.keys() and all(np.array_equal(states, its[name]) for name, states in mine.items())


def alike(one: Compiled, other: Compiled) -> bool:
    """Say whether the same draws make the same counts under two compiled models, whatever rows can be in them.

    Models may differ in money, and in effects and parameters that make no difference to anybody there.
    """
    if one is other:
        return True
    if one.programs.keys() != other.programs.keys() or _unmoved(one) != _unmoved(other):
        return False
    same_moves = all(program.digest == other.programs[name].digest for name, program in one.programs.items())
    return same_moves and _read_otherwise(one) == _read_otherwise(other)


def counts_alike(one: Model, other: Model) -> bool:
    """Say whether two models say the same of everything but money, so that the same draws make the same counts."""
    return _what_counts(one) == _what_counts(other) and _parameters(one) == _parameters(other)


def _what_counts(model: Model) -> Model:
    """Leave money out of a model, parameters, and what is only told of services; a team without posts is just that."""
    chains = tuple(_with_team(chain, NO_TEAM) if _has_no_posts(chain) else chain for chain in model.chains)
    chains = tuple(
        replace(c, service=replace(c.service, agency="", contact_hours_month=0.0)) if c.service is not None else c
        for c in chains
    )
    return replace(model, chains=chains, parameters={}, costs=(), outcomes=(), values=(), card=())


def _has_no_posts(chain: Chain) -> bool:
    """Say whether a service has a team to which nothing ever gives a post."""
    team = chain.service.team if chain.service is not None else None
    return team is not None and team.extra_workers is None and not team.most_posts


def _with_team(chain: Chain, team: Team | None) -> Chain:
    """Give a chain's service another team."""
    return chain if chain.service is None else replace(chain, service=replace(chain.service, team=team))


def _what_moves(model: Model) -> tuple[Model, dict[str, Expression]]:
    """Give what the tables of a model are made of: all but money and teams."""
    bare = replace(_what_counts(model), chains=tuple(_with_team(chain, None) for chain in model.chains))
    return bare, _parameters(replace(bare, parameters=model.parameters))


@lru_cache(maxsize=600)
def _moves_of(key: Itself[Model], name: str) -> tuple[object, ...]:
    """Give what the tables of one chain are made of."""
    model = key.held
    states = [(c.name, c.unit, c.states, c.levels, c.level_names) for c in model.chains]
    services = [(chain.name, chain.is_gated) for chain in model.chains if chain.service is not None]
    own = replace(model.chain(name), start=None, fires=(), service=None)
    effects = tuple(effect for effect in model.effects if name in effect.on)
    bare = replace(model, chains=(own,), effects=effects, parameters={}, meters=(), stocks=(), costs=(), values=(),
                   card=(), outcomes=())  # fmt: skip
    return bare, states, services, _parameters(replace(bare, parameters=model.parameters))


def _unmoved(compiled: Compiled) -> Model:
    """Leave out of a model, beside money, what programs are made of, and moves from where no row is ever."""
    counted = _what_counts(compiled.model)
    chains = tuple(
        replace(chain, transitions=tuple(replace(t, expression=None) for t in _live(compiled, chain)))
        for chain in counted.chains
    )
    return replace(counted, chains=chains, effects=())


def _live(compiled: Compiled, chain: Chain) -> list[Transition]:
    """Give the moves of a chain from states that rows can be in."""
    return [move for move in chain.transitions if compiled.reaches(chain.name, chain.states.index(move.source))]


def _read_otherwise(compiled: Compiled) -> dict[str, Expression]:
    """Give the parameters that anything but programs reads: also what stands inside any(), count() and total()."""
    model = compiled.model
    asked = [Expression("", node) for known in ("row", "step") for node in calls(model, known)]
    return _parameters(replace(_unmoved(compiled), parameters=model.parameters), asked)


def _parameters(model: Model, asked: Sequence[Expression] = ()) -> dict[str, Expression]:
    """Give the parameters that a model reads, or is asked for, those of money apart; and those that these read."""
    read = replace(model, parameters={}, costs=(), values=(), card=())
    found = {name for expression in (*expressions(read), *asked) for name in expression.names}
    told: dict[str, Expression] = {}
    while found:
        name = found.pop()
        if name in model.parameters and name not in told:
            told[name] = model.parameters[name].expression
            found |= told[name].names
    return told
