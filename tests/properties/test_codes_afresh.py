"""Random models with everything that moves rows: what is kept by small changes equals what is worked out afresh.

Theory: conditions, counts, occupancy, queues, memories and meters are functions of the states and their past, so
keeping them by differences must give the same integers after every step: exact, no false alarms. Models are random
small ones, with children who come of age, births, families without children and families that leave or are replaced, a
window of a single age, a memory, two services with scarce places, a warm-up, and a regime that parts.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.moves.world import MovingWorld
from sim.engine.solvers.families import Line, layout, replicate
from sim.language.evaluate import parse
from sim.model.spec import Effect, Memory, Meter, Model, Team, Trait, World
from tests.afresh import conditions_hold, occupancy_holds, queues_hold
from tests.strategies import FIXED, make_chain, make_effect, make_scenario, make_service, random_models


@st.composite
def lively_models(draw: st.DrawFn) -> Model:
    """Draw a random model and let its rows come and go, be remembered and be helped."""
    model = with_none(draw(random_models(size=150, steps=9)))
    root = replace(
        model.units[0], leaves_rate=draw(st.sampled_from([0.0, 0.3])), replace=draw(st.booleans()),
        warm_up=draw(st.integers(0, 3)),
    )  # fmt: skip
    units = [root]
    for child in model.units[1:]:
        grown = draw(st.sampled_from([None, 6]))
        low = draw(st.integers(0, 4))
        nursery = make_chain(
            "nursery", "out in", {"in -> out": 0.2}, {"in": 0.9}, unit="child", ages_steps=(low, low + 1)
        )
        model = replace(model, chains=(*model.chains, nursery), order=(*model.order, "nursery"))
        units.append(replace(child, age_steps=(0, 5), leaves_age_steps=grown, births_rate=0.4 if grown else 0.0))
    first = model.chains[0]
    memory = Memory("past", parse(f"{first.name} >= {first.states[1]}"), 4)
    services = [
        make_service(
            name, 1.0, when=when, refer_rate=parse(0.8), engaged_steps=3.0, stages=draw(st.integers(1, 3)),
            patience_steps=draw(st.sampled_from([None, 2.0])), dropout_rate=parse(0.2),
            aftercare_steps=draw(st.sampled_from([None, 2.0])),
            team=Team({"all": float(draw(st.integers(0, 8)))}, 2.0, turnover_per_year=0.3, hire_steps=1.5),
        )
        for name, when in (("support", "past >= 2"), ("clinic", f"{first.name} == {first.states[-1]}"))
    ]  # fmt: skip
    return replace(
        model, units=tuple(units), chains=(*model.chains, *services), memories=(memory,),
        effects=(*model.effects, *helping(model)), order=(*model.order, "support", "clinic"), meters=meters_of(model),
    )  # fmt: skip


def with_none(model: Model) -> Model:
    """Let some families have no children."""
    some = Trait("children", (0.0, 1.0, 2.0), (0.3, 0.4, 0.3))
    return replace(model, traits=tuple(some if trait.name == "children" else trait for trait in model.traits))


def meters_of(model: Model) -> tuple[Meter, ...]:
    """Count rows in some states, moves, and rows of the first unit."""
    first = model.chains[0]
    moves = tuple((move.source, move.target) for move in first.transitions)
    return (
        Meter("while", "while", first.unit, when=parse(f"{first.name} >= {first.states[1]}")),
        Meter("on", "on", first.unit, chain=first.name, moves=moves),
        Meter("rows", "per", first.unit, what="row"),
    )


def helping(model: Model) -> tuple[Effect, ...]:
    """Let help, the past and the number of agencies matter to the first chain and to each other."""
    first = model.chains[0]
    moves = [f"{t.source} -> {t.target}" for t in first.transitions]
    scale = "rate" if first.kind == "rates" else "probability"
    return (
        make_effect("help", {first.name: moves}, "support == engaged", 0.5, scale),
        make_effect("remembered", {first.name: moves}, "past >= 3", 0.8, scale),
        make_effect("pillar to post", {"clinic": ["engaged -> dropped_out"]}, "agencies >= 2", 2.0),
    )


class Past:
    """What the histories have seen: whom the memory is of, step by step, and what the baseline's meters count."""

    def __init__(self) -> None:
        self.held: dict[str, list[np.ndarray]] = {}
        self.counted: list[list[int]] = []

    def remember(self, step: int, line: Line) -> None:
        """Hold a family's memory to what was true of it in the steps of the window since it came."""
        world, first = line.world, -line.world.root.unit.warm_up
        if line.regime not in self.held:
            self.held[line.regime] = self.held.get("base", [])[: step - first]
        self.held[line.regime].append(world.holds("remember past"))
        since = np.full(world.root.n, first)
        for then, renewal in sorted(world.population.renewals.items()):
            if then <= step:
                since[renewal.entering.get(world.root.unit.name, [])] = then
        window = world.compiled.model.memory("past").window
        steps = range(max(first, step + 1 - window), step + 1)
        wanted = np.sum([self.held[line.regime][then - first] & (since <= then) for then in steps], axis=0)
        here = world.root.active
        assert np.array_equal(world.memory["past"][here], wanted[here]), step

    def count(self, line: Line) -> None:
        """Count rows in the states of the meter that names some, and all rows."""
        world, first = line.world, line.world.compiled.model.chains[0]
        active = world.rows(first.name).active
        self.counted.append([int((active & (world.state[first.name] >= 1)).sum()), int(active.sum())])


def ages_hold(world: MovingWorld) -> None:
    """Who is out of a chain's ages is in its first state."""
    for name, chain in world.chains.items():
        if chain.ages_steps is not None:
            rows = world.rows(name)
            age = world.step - rows.born
            outside = rows.active & ((age < chain.ages_steps[0]) | (age >= chain.ages_steps[1]))
            assert not world.state[name][outside].any(), (world.step, name)


@given(model=lively_models(), handover=st.sampled_from(["finish", "transfer", "close"]))
@settings(FIXED, max_examples=40)
def test_random_models_keep_their_books(model: Model, handover):
    def closed(name: str) -> Model:
        chain = model.chain(name)
        assert chain.service is not None
        assert chain.service.team is not None
        without = replace(chain, service=replace(chain.service, team=replace(chain.service.team, workers={})))
        return replace(model, chains=tuple(without if c.name == name else c for c in model.chains))

    past = Past()

    def look(step: int, line: Line) -> None:
        for hold in (conditions_hold, occupancy_holds, queues_hold, ages_hold):
            hold(line.world)
        past.remember(step, line)
        if step >= -1 and line.regime == "base":
            past.count(line)

    def start(step: int, line: Line) -> None:
        if step == -1:
            past.count(line)

    scenario = make_scenario(model, seed=6, later=World("later", "later", "as_written", closed("support"), 4, handover))
    found = replicate(scenario, 0, observe=look, at_start=start)
    counted = np.array(past.counted)  # (point, meter)
    assert np.array_equal(found.start_meters[0], [counted[0, 0], 0, 0])
    assert np.array_equal(found.meters[0][:, [0, 2]], counted[1:])
    names = [i for i, flow in enumerate(layout(scenario).flows) if flow[1] == model.chains[0].name]
    assert np.array_equal(found.meters[0, :, 1], found.flows[0][:, names].sum(axis=1))
    full = replicate(scenario, 0, scheme="plain")  # looked at in full: nobody is passed over
    assert found.stocks.tobytes() == full.stocks.tobytes()
    assert found.flows.tobytes() == full.flows.tobytes()
