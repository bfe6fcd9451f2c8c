"""What the benchmark runs: the reference job and the national pair, through the public API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import sim
from sim.engine.solvers.families import replicate
from sim.model.spec import Areas, Chain, Model, Scenario, World

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "benchmarks" / "reference_job.yaml"
NATIONAL = ROOT / "configs" / "scenarios" / "national.yaml"


def reference(regimes: int = 1, families: int = 120_000, steps: int = 120) -> Scenario:
    """Give the reference job under one to three regimes, which are alike."""
    scenario = sim.load(REFERENCE, [f"units.person.size={families}", f"clock.steps={steps}"])
    return replace(scenario, worlds=scenario.worlds[:regimes])


def national() -> Scenario:
    """Give the national pair: siloed and integrated under what was measured."""
    scenario = sim.load(NATIONAL, ["effect_set=[measured]"])
    pair = tuple(w for w in scenario.worlds if w.regime in ("siloed", "integrated"))
    return replace(scenario, worlds=pair)


def shorter(scenario: Scenario, steps: int) -> Scenario:
    """Give the same scenario with so many steps after its warm-up."""
    return _changed(scenario, lambda model: replace(model, clock=replace(model.clock, steps=steps)), dict)


def larger(scenario: Scenario, times: float) -> Scenario:
    """Give the same scenario with so many times the families and posts; ``times`` may be below 1."""
    return _changed(
        scenario,
        lambda model: replace(model, units=tuple(replace(u, size=round(u.size * times)) for u in model.units)),
        lambda workers: {area: posts * times for area, posts in workers.items()},
    )


def merged(scenario: Scenario, kept: int) -> Scenario:
    """Give the same scenario with its areas put together to so many, families and posts added up."""
    names = scenario.worlds[0].model.areas.names
    to = {name: names[i if i < kept else kept // 2 + i % (kept - kept // 2)] for i, name in enumerate(names)}

    def put_together(model: Model) -> Model:
        weights = dict.fromkeys(names[:kept], 0.0)
        for name, weight in zip(names, model.areas.weights, strict=True):
            weights[to[name]] += weight
        return replace(model, areas=Areas(names[:kept], tuple(weights.values()), model.areas.synthetic[:kept]))

    def add_up(workers: Mapping[str, float]) -> dict[str, float]:
        posts = dict.fromkeys(names[:kept], 0.0)
        for area, number in workers.items():
            posts[to[area]] += number
        return posts

    return _changed(scenario, put_together, add_up)


def _changed(
    scenario: Scenario, model: Callable[[Model], Model], posts: Callable[[Mapping[str, float]], dict[str, float]]
) -> Scenario:
    """Change every model of a scenario, and the posts of its teams."""

    def staffed(chain: Chain) -> Chain:
        service = chain.service
        if service is None or service.team is None:
            return chain
        funding = tuple((at, posts(workers)) for at, workers in service.team.funding)
        team = replace(service.team, workers=posts(service.team.workers), funding=funding)
        return replace(chain, service=replace(service, team=team))

    def whole(world: World) -> World:
        new = model(world.model)
        return replace(world, model=replace(new, chains=tuple(staffed(chain) for chain in new.chains)))

    return replace(scenario, worlds=tuple(whole(world) for world in scenario.worlds))


def run(scenario: Scenario) -> float:
    """Run one replication, compiled afresh; give the engine's CPU seconds."""
    return replicate(replace(scenario), 0, accounts=False).engine_seconds
