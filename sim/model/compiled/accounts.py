"""Who is followed for the accounts of the answer: key workers, cohorts, and worlds in which nobody is helped twice.

The key worker of a world is the service that it has and its baseline has not. One episode is counted in a world of its
own, which the engine runs beside the others and no table shows: there, who has been helped is referred no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from sim.language.evaluate import Expression, Node, number
from sim.model.appraisal import AnswerSpec
from sim.model.compiled.reach import above_nothing_for, opens
from sim.model.compiled.scope import Reader
from sim.model.compiled.worlds import Itself
from sim.model.pathway import CLOSED, DROPPED_OUT
from sim.model.spec import Chain, Model, Scenario, Transition, World

ACCOUNTS = (ONE_EPISODE, ALL_HELP) = ("one_episode", "all_help")
"""The accounts that follow families from their first start."""
PROGRAMME = "programme"
"""The account of calendar years, of whoever is helped in them."""
SHORTEST_MONTHS = 12
MOST_ENTRY_STEPS = 200
"""Groups of rows are numbered in a byte."""


@dataclass(frozen=True)
class AccountPlan:
    """What the engine counts for the accounts of a scenario.

    Attributes
    ----------
    scenario
        The scenario with the worlds in which nobody is helped twice.
    services
        World that has accounts -> its key workers; those of one episode too.
    once
        World -> the one in which nobody is helped twice.
    after, entry, follow_up
        Steps from the start of a regime to the first of the families that are followed, steps in which they come,
        and steps for which each is followed; the last two are 0 where none can be.
    why_no_cohort
        Why none can be; empty where some are.
    """

    scenario: Scenario
    services: Mapping[str, tuple[str, ...]]
    once: Mapping[str, str]
    after: int = 0
    entry: int = 0
    follow_up: int = 0
    why_no_cohort: str = ""


def why_no_accounts(scenario: Scenario) -> str:
    """Say why a scenario has no accounts of the answer; empty when it may have them."""
    if scenario.appraisal.answer is None:
        return "the config has no appraisal.answer"
    if scenario.solver == "expect":
        return "expected values follow no family; use --solver simulate"
    if any(world.model.queues == "per_family" for world in scenario.worlds):
        return "queues: per_family lives each family between steps; use queues: teams"
    if not any(_key_workers(scenario, world) for world in scenario.worlds):
        return "no regime has a service that its baseline has not"
    return ""


def account_plan(scenario: Scenario) -> AccountPlan | None:
    """Plan the accounts of a scenario; None where it has none. The plan of the last scenario is kept."""
    return _planned(Itself(scenario))


def plan_of_part(plan: AccountPlan, scenario: Scenario) -> AccountPlan:
    """Give the accounts of a scenario with some of the worlds of a planned one: as they are in the whole."""
    names = {world.name for world in scenario.worlds}
    further = tuple(plan.scenario.world(once) for name, once in plan.once.items() if name in names)
    return replace(plan, scenario=replace(scenario, worlds=(*scenario.worlds, *further)))


@lru_cache(maxsize=2)
def _planned(key: Itself[Scenario]) -> AccountPlan | None:
    scenario = key.held
    spec = scenario.appraisal.answer
    if spec is None or why_no_accounts(scenario):
        return None
    services = {w.name: found for w in scenario.worlds if (found := _key_workers(scenario, w))}
    worlds = [world for world in scenario.worlds if world.name in services]
    clock = scenario.worlds[0].model.clock
    after, entry, wanted, shortest = (
        round(months / 12 / clock.step_years)
        for months in (spec.after_months, spec.entry_months, spec.follow_up_months, SHORTEST_MONTHS)
    )
    after_start = min(clock.steps - max(world.start, 0) for world in worlds)
    follow_up = min(wanted, after_start - after - entry)
    if follow_up < shortest:
        months = round(after_start * clock.step_years * 12)
        least = round((after + entry + shortest) * clock.step_years * 12)
        why = (
            f"the run has {months} months after the start of a regime; families that come in months "
            f"{spec.after_months + 1:g} to {spec.after_months + spec.entry_months:g}, followed for "
            f"{SHORTEST_MONTHS} months each, need {least}"
        )
        return AccountPlan(scenario, services, {}, why_no_cohort=why)
    once = {world.name: f"{world.name}, nobody helped twice" for world in worlds}
    models = {id(w.model): without_second_help(w.model, services[w.name]) for w in worlds}
    further = tuple(replace(world, name=once[world.name], model=models[id(world.model)]) for world in worlds)
    services |= {once[name]: found for name, found in services.items()}
    whole = replace(scenario, worlds=(*scenario.worlds, *further))
    return AccountPlan(whole, services, once, after, entry, follow_up)


def _key_workers(scenario: Scenario, world: World) -> tuple[str, ...]:
    """Name the key workers of a world; none of a baseline."""
    spec = scenario.appraisal.answer
    if spec is None or world.regime == scenario.baseline:
        return ()
    return key_workers(spec, world.model, scenario.baseline_of(world).model)


def key_workers(spec: AnswerSpec, model: Model, before: Model) -> tuple[str, ...]:
    """Name the services (of those that the config names, if it names any) that a model has and its baseline has not."""
    chains = [chain for chain in model.chains if not spec.services or chain.name in spec.services]
    return tuple(
        chain.name for chain in chains if _takes_on(model, chain) and not _takes_on(before, before.chain(chain.name))
    )


def _takes_on(model: Model, chain: Chain) -> bool:
    """Say whether a service ever takes anybody on: it has a place to give, and somebody may come to it."""
    if not (chain.is_gated and chain.has_queue and chain.service is not None):
        return False
    team = chain.service.team
    has_places = team is None or model.queues == "open" or team.most_posts > 0 or team.extra_workers is not None
    return has_places and opens(model, chain)


def without_second_help(model: Model, services: tuple[str, ...]) -> Model:
    """Give a model in which some services take nobody on a second time.

    Who drops out of their help comes to the state of a closed case instead, and nobody is referred from there. Who was
    never helped, having refused or given up waiting, may still come back.

    Returns
    -------
        The model; the same object where nobody can be taken on twice in it.
    """
    if not any(_helps_twice(model, model.chain(name)) for name in services):
        return model
    chains = {chain.name: chain for chain in model.chains}
    effects = model.effects
    for name in services:
        chain = chains[name]
        moved = {
            (chain.states[i], DROPPED_OUT): (chain.states[i], CLOSED)
            for i in chain.engaged
            if {CLOSED, DROPPED_OUT} <= set(chain.states)
        }
        barred = {CLOSED} if CLOSED in chain.states else {DROPPED_OUT}
        chains[name] = _helped_once(chain, moved, barred)
        effects = tuple(
            replace(e, on={**e.on, name: _renamed(e.on[name], moved)}) if name in e.on else e for e in effects
        )
        for other in chains.values():
            fires = tuple(
                replace(f, sources=tuple(s for s in f.sources if s not in barred))
                if f.chain == name and f.target not in (CLOSED, DROPPED_OUT) else f
                for f in other.fires
            )  # fmt: skip
            chains[other.name] = replace(chains[other.name], fires=fires)
    return replace(model, chains=tuple(chains.values()), effects=effects)


def _helps_twice(model: Model, chain: Chain) -> bool:
    """Say whether anybody is referred to a service again after its help, or moved there by another chain."""
    reader = Reader(model, chain.unit, k_chain=chain.name)
    engaged = {chain.states[i] for i in chain.engaged}
    drops_out = any(move.source in engaged and move.target == DROPPED_OUT for move in chain.transitions)
    after = {CLOSED, DROPPED_OUT} if drops_out or CLOSED not in chain.states else {CLOSED}
    entry = chain.among(*after)
    back = (
        move.expression
        for move in chain.transitions
        if move.source in after and chain.states.index(move.target) not in entry
    )
    fires = (fire for other in model.chains for fire in other.fires if fire.chain == chain.name)
    return any(e is not None and above_nothing_for(reader, e) for e in back) or any(
        after & set(fire.sources) and fire.target not in after for fire in fires
    )


Pairs = Mapping[tuple[str, str], tuple[str, str]]


def _renamed(moves: tuple[tuple[str, str], ...], moved: Pairs) -> tuple[tuple[str, str], ...]:
    """Give moves under their new names."""
    return tuple(moved.get(move, move) for move in moves)


def _helped_once(chain: Chain, moved: Pairs, barred: set[str]) -> Chain:
    """Give a service's chain in which its help is left for another state, and nobody is referred from some."""
    made: dict[tuple[str, str], Expression | None] = {}
    transitions: list[Transition] = []
    for move in chain.transitions:
        pair = moved.get((move.source, move.target), (move.source, move.target))
        expression = number(0.0) if move.source in barred else move.expression
        if pair in made:
            expression = _sum(made[pair], expression)
            transitions = [t for t in transitions if (t.source, t.target) != pair]
        made[pair] = expression
        transitions.append(replace(move, source=pair[0], target=pair[1], expression=expression))
    fires = tuple(replace(fire, moves=_renamed(fire.moves, moved)) for fire in chain.fires)
    return replace(chain, transitions=tuple(transitions), fires=fires)


def _sum(one: Expression | None, other: Expression | None) -> Expression:
    """Add two rates."""
    assert one is not None
    assert other is not None
    return Expression(f"({one.text}) + ({other.text})", Node("+", 0, args=(one.root, other.root)))
