"""Small models for tests: builders from plain words, observers of a run, and random models for Hypothesis.

Random models have no totals in their rates and no queues, so that families are independent of one another: a stock of
a family chain is then exactly binomial, and one of a child chain a sum over independent families.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sim.engine.solvers.families import Line, replicate
from sim.language.evaluate import parse
from sim.model.services import ServiceDescription, service_chain
from sim.model.spec import (
    Areas,
    Chain,
    Clock,
    Effect,
    Fire,
    LookupTable,
    Model,
    Scenario,
    Service,
    Trait,
    Transition,
    Unit,
    World,
)

FIXED = settings(
    derandomize=True, max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
"""Settings of all properties: the same examples in every run, so that a failure is a change and not a chance."""

Moves = Mapping[str, str | float | None]


def moves_of(*texts: str) -> tuple[tuple[str, str], ...]:
    """Read moves such as ``a -> b``."""
    return tuple((a.strip(), b.strip()) for a, b in (text.split("->") for text in texts))


def make_chain(name: str, states: str, moves: Moves, start: Mapping[str, float] | None = None, **rest: Any) -> Chain:
    """Make a chain from words: states apart by spaces, moves as ``a -> b: rate`` (None for rest)."""
    transitions = tuple(
        Transition(*moves_of(text)[0], None if value is None else parse(value)) for text, value in moves.items()
    )
    shares = {state: parse(share) for state, share in (start or {}).items()}
    options = {"unit": "family", "kind": "rates", **rest}
    return Chain(name=name, states=tuple(states.split()), transitions=transitions, start=shares, **options)


def make_fire(moves: Sequence[str], chain: str, sources: str, target: str, probability: float = 1.0) -> Fire:
    """Make a fire."""
    return Fire(moves_of(*moves), chain, tuple(sources.split()), target, parse(probability))


def make_effect(
    name: str, on: Mapping[str, Sequence[str]], when: str, times: str | float, scale: Any = "rate"
) -> Effect:
    """Make an effect; ``on`` maps chain to moves in words."""
    return Effect(name, {chain: moves_of(*moves) for chain, moves in on.items()}, parse(when), parse(times), scale)


def make_service(name: str, step_years: float = 1 / 12, *, when: str = "always", **rest: Any) -> Chain:
    """Make a discretionary service's chain; what concerns the ``Service`` itself is told apart by name."""
    own = {key: rest.pop(key) for key in ("team", "priority", "brokers", "agency") if key in rest}
    service = Service(name=name, kind="discretionary", **own)
    return service_chain(ServiceDescription(service=service, unit="family", refer_when=parse(when), **rest), step_years)


def make_model(chains: Sequence[Chain], size: int, steps: int, step_years: float = 1.0, **rest: Any) -> Model:
    """Make a model of families, with what else it has by name."""
    options: dict[str, Any] = {
        "units": (Unit("family", size),),
        "areas": Areas(),
        "order": tuple(chain.name for chain in chains),
        **rest,
    }
    return Model(clock=Clock(steps, step_years), chains=tuple(chains), **options)


def make_scenario(model: Model, seed: int = 1, replications: int = 1, **regimes: World | Model) -> Scenario:
    """Make a scenario whose baseline is a model, with further regimes by name."""
    others = [
        world if isinstance(world, World) else World(name, name, "as_written", world) for name, world in regimes.items()
    ]
    worlds = (World("base", "base", "as_written", model), *others)
    return Scenario("test", "test", worlds, "base", replications, seed)


def watch(
    scenario: Scenario, look: Callable[[int, Line], Any], replication: int = 0, scheme: str = "bytes"
) -> list[Any]:
    """Run a replication and list what ``look`` saw after each step (of each history, in turn)."""
    seen: list[Any] = []
    replicate(scenario, replication, scheme=scheme, observe=lambda step, line: seen.append(look(step, line)))
    return seen


def states_at(line: Line) -> dict[str, np.ndarray]:
    """Copy every chain's states of a history."""
    return {name: states.copy() for name, states in line.world.state.items()}


def names_of(n: int, letter: str) -> str:
    """Name the states of a made-up chain."""
    return " ".join(f"{letter}{i}" for i in range(n))


@st.composite
def amounts(draw: st.DrawFn, chain: str, most: float, family: bool) -> str:
    """Draw a rate (or a probability at most ``most``): a number, perhaps over trait, time in state or clock."""
    base = round(draw(st.floats(0.02, 1.0)) * most, 3)
    kinds = ["plain", "plain", "table", *(["trait"] if family else []), *(["k"] if chain != "beta" else [])]
    kind = draw(st.sampled_from(kinds))  # time in state makes many cells, so one family chain goes without
    if kind == "k":
        after = draw(st.integers(1, 3))
        return f"{base} * (k < {after}) + {round(base / 3, 4)} * (k >= {after})"
    if kind == "table":
        return f"{base} * table(season, cycle)"
    return f"{base} * frailty / 2" if kind == "trait" else str(base)


@st.composite
def random_chains(draw: st.DrawFn, name: str, unit: str) -> Chain:
    """Draw a chain of 2 to 4 states with rates or probabilities, some moves missing."""
    n = draw(st.integers(2, 4))
    states = names_of(n, name[0]).split()
    kind = draw(st.sampled_from(["rates", "rates", "probabilities"]))
    pairs = [(a, b) for a in range(n) for b in range(n) if a != b]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=n - 1, max_size=len(pairs), unique=True))
    most = 0.9 if kind == "rates" else 0.9 / (n - 1)
    moves = {f"{states[a]} -> {states[b]}": draw(amounts(name, most, unit == "family")) for a, b in sorted(chosen)}
    start = {state: round(0.9 / n, 3) for state in states[1:] if draw(st.booleans())}
    return make_chain(name, " ".join(states), moves, start, unit=unit, kind=kind)


@st.composite
def random_models(draw: st.DrawFn, size: int = 6000, steps: int = 6) -> Model:
    """Draw a small model: 1 or 2 family chains, perhaps children, effects both ways, fires down the list, a trait."""
    names = ["alpha", "beta"][: draw(st.integers(1, 2))]
    chains = [draw(random_chains(name, "family")) for name in names]
    units: tuple[Unit, ...] = (Unit("family", size),)
    traits = [Trait("frailty", (0.5, 1.0, 2.0), (0.3, 0.5, 0.2), stratify=draw(st.booleans()))]
    if draw(st.booleans()):
        chains.append(draw(random_chains("gamma", "child")))
        units = (*units, Unit("child", of="family", number="children"))
        traits.append(Trait("children", (1.0, 2.0), (0.6, 0.4)))
    effects = [draw(random_effects(i, chains)) for i in range(draw(st.integers(0, 3)))]
    chains = [draw(with_fires(i, chains)) for i in range(len(chains))]
    order = tuple(draw(st.permutations([chain.name for chain in chains])))
    season = LookupTable("season", "cycle", "bands", (0.0, 2.0, 4.0), (1.0, 0.4, 0.7))
    return make_model(
        chains, size, steps, units=units, traits=tuple(traits), effects=tuple(effects), order=order,
        tables={"season": season},
    )  # fmt: skip


@st.composite
def with_service(draw: st.DrawFn, model: Model) -> Model:
    """Add a service with an open queue that the first chain's worst state refers to, and that changes its moves."""
    first = model.chains[0]
    some = {
        "identify_steps": 1.5,
        "assess_steps": 2.0,
        "consent": parse(0.7),
        "refused_steps": 2.0,
        "aftercare_steps": 3.0,
    }
    options = {name: value for name, value in some.items() if draw(st.booleans())}
    help_ = make_service(
        "help", model.clock.step_years, when=f"{first.name} == {first.states[-1]}", refer_rate=parse(0.7),
        engaged_steps=3.0, stages=draw(st.integers(1, 2)), dropout_rate=parse(0.1), **options,
    )  # fmt: skip
    moves = [f"{t.source} -> {t.target}" for t in first.transitions]
    effects = [make_effect("help works", {first.name: moves}, "help == engaged", 0.5)]
    if "aftercare_steps" in options:
        effects.append(make_effect("fading", {first.name: moves}, "help == aftercare", "0.5 ^ exp(-k / 2)"))
    effects.append(make_effect("agencies", {"help": ["engaged -> dropped_out"]}, "agencies >= 1", 1.5))
    if help_.states.count("engaged") == 0:
        effects.pop()
    return replace(
        model, chains=(*model.chains, help_), order=(*model.order, "help"), effects=(*model.effects, *effects),
        queues="open",
    )  # fmt: skip


@st.composite
def random_effects(draw: st.DrawFn, number: int, chains: Sequence[Chain]) -> Effect:
    """Draw an effect of one chain on another (or of a chain on itself), through any() or count() when a child acts."""
    on, by = draw(st.sampled_from(chains)), draw(st.sampled_from(chains))
    condition = f"{by.name} >= {by.states[draw(st.integers(1, len(by.states) - 1))]}"
    if by.unit == "child" and on.unit == "family":
        condition = draw(st.sampled_from([f"any({condition})", f"count({condition}) >= 2"]))
    moves = [(t.source, t.target) for t in on.transitions]
    scale = draw(st.sampled_from(["rate", "rate", "probability", "odds"]))
    safe = scale == "probability" or on.kind == "probabilities"  # more could pass 1
    times = round(draw(st.floats(0.1, 0.95 if safe else 3.0)), 2)
    return Effect(f"effect {number}", {on.name: tuple(moves)}, parse(condition), parse(times), scale)


@st.composite
def with_fires(draw: st.DrawFn, number: int, chains: Sequence[Chain]) -> Chain:
    """Perhaps let a chain fire one or two later ones, perhaps at the same move."""
    chain, later = chains[number], chains[number + 1 :]
    fires = []
    for _ in range(draw(st.integers(0, 2)) if later else 0):
        other = draw(st.sampled_from(later))
        target = draw(st.sampled_from(other.states))
        sources = " ".join(state for state in other.states if state != target)
        move = draw(st.sampled_from(chain.transitions))
        probability = draw(st.sampled_from([1.0, 0.3]))
        fires.append(make_fire([f"{move.source} -> {move.target}"], other.name, sources, target, probability))
    return replace(chain, fires=tuple(fires))
