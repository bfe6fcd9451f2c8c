"""Random models with everything that moves rows: what is kept by small changes equals what is worked out afresh.

Theory: conditions, counts, occupancy and queues are functions of the states, so keeping them by differences must
give the same integers after every step: exact, no false alarms. Models are random small ones, with children who come of
age, births, families that leave or are replaced, a memory, two services with scarce places, and a regime that parts.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.solvers.families import Line, replicate
from sim.language.evaluate import parse
from sim.model.spec import Effect, Memory, Model, Team, World
from tests.afresh import conditions_hold, occupancy_holds, queues_hold
from tests.strategies import FIXED, make_effect, make_scenario, make_service, random_models


@st.composite
def lively_models(draw: st.DrawFn) -> Model:
    """Draw a random model and let its rows come and go, be remembered and be helped."""
    model = draw(random_models(size=150, steps=9))
    root = replace(
        model.units[0], leaves_rate=draw(st.sampled_from([0.0, 0.3])), replace=draw(st.booleans()),
        warm_up=draw(st.integers(0, 3)),
    )  # fmt: skip
    units = [root]
    for child in model.units[1:]:
        grown = draw(st.sampled_from([None, 6]))
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
        effects=(*model.effects, *helping(model)), order=(*model.order, "support", "clinic"),
    )  # fmt: skip


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


@given(model=lively_models(), handover=st.sampled_from(["finish", "transfer", "close"]))
@settings(FIXED, max_examples=40)
def test_random_models_keep_their_books(model: Model, handover):
    def closed(name: str) -> Model:
        chain = model.chain(name)
        assert chain.service is not None
        assert chain.service.team is not None
        without = replace(chain, service=replace(chain.service, team=replace(chain.service.team, workers={})))
        return replace(model, chains=tuple(without if c.name == name else c for c in model.chains))

    def look(step: int, line: Line) -> None:
        for hold in (conditions_hold, occupancy_holds, queues_hold):
            hold(line.world)

    scenario = make_scenario(model, seed=6, later=World("later", "later", "as_written", closed("support"), 4, handover))
    replicate(scenario, 0, observe=look)
