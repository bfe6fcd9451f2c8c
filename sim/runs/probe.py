"""A small scenario with everything that families, children and services do, whose counts tell what the program does.

Births, ages, families that leave, fires, memories, time in state, scarce places, staff who come and go, brokering,
statutory help, feedback and a regime that parts late. What is changed here makes everything kept look stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sim.language.evaluate import parse
from sim.model.services import ServiceDescription, service_chain
from sim.model.spec import (
    Areas,
    Chain,
    Clock,
    Effect,
    Fire,
    LookupTable,
    Memory,
    Model,
    Parameter,
    Scenario,
    Service,
    Stock,
    Team,
    Trait,
    Transition,
    Unit,
    World,
)

MONTH = 1 / 12
Rates = Mapping[tuple[str, str], str]
"""Source and target of a move -> its rate a year."""
WORSE = (("stable", "strained"), ("strained", "crisis"))


def probe() -> Scenario:
    """Give two regimes over ten months, the second from the fifth month on; a few hundred families."""
    usual = _model()
    joined = replace(usual, chains=tuple(_with_workers(chain, 3.0) for chain in usual.chains))
    worlds = (World("usual", "usual", "probe", usual), World("joined", "joined", "probe", joined, 5, "transfer"))
    return Scenario("A probe of the program", "probe", worlds, "usual", seed=11)


def _with_workers(chain: Chain, times: float) -> Chain:
    """Multiply the posts of a service."""
    if chain.service is None or chain.service.team is None:
        return chain
    workers = {area: posts * times for area, posts in chain.service.team.workers.items()}
    return replace(chain, service=replace(chain.service, team=replace(chain.service.team, workers=workers)))


def _model() -> Model:
    chains = (_need(), _crisis(), _care(), _school(), _protection(), _advice(), _keyworker())
    return Model(
        clock=Clock(10, MONTH, "month", 0, (2011, 4)),
        units=(
            Unit("family", 240, leaves_rate=0.2, replace=True, warm_up=6),
            Unit("child", of="family", number="children", age_steps=(0, 215), leaves_age_steps=216, births_rate=0.3),
        ),
        areas=Areas(("north", "south"), (0.6, 0.4), (False, False)),
        chains=chains,
        order=tuple(chain.name for chain in chains),
        traits=(Trait("children", (1, 2, 3), (0.4, 0.4, 0.2)), Trait("frailty", (0.5, 1.5), (0.5, 0.5), stratify=True)),
        tables={"trend": LookupTable("trend", "year", "linear", (2011.0, 2015.0), (1.0, 0.5))},
        parameters={"helped": Parameter("helped", parse("0.5"))},
        effects=(
            Effect("need hurts", {"crisis": WORSE}, parse("need == present"), parse("1.8")),
            Effect("crisis reaches children", {"care": (("home", "plan"),)}, parse("crisis >= crisis"), parse("2.5")),
            Effect("truancy", {"school": (("attending", "truant"),)}, parse("crisis >= crisis"), parse("1.5"), "odds"),
            Effect("a child in care", {"crisis": WORSE}, parse("any(care == looked_after)"), parse("1.3")),
            Effect("key worker", {"crisis": WORSE}, parse("keyworker == engaged"), parse("helped ^ exp(-k / 12)")),
            Effect("overload", {"crisis": WORSE}, parse("1"), parse("1 + 0.1 * min(overload, 3)")),
        ),
        memories=(Memory("bad_months", parse("crisis >= crisis"), 3),),
        stocks=(Stock("overload", "smooth", parse("waiting(keyworker) / max(places(keyworker), 1)"), 3.0),),
    )


def _chain(name: str, states: str, rates: Rates, start: Mapping[str, str], unit: str) -> Chain:
    """Make a chain of rates; states apart by spaces."""
    moves = tuple(Transition(source, target, parse(rate)) for (source, target), rate in rates.items())
    shares = {state: parse(share) for state, share in start.items()}
    return Chain(name, unit, tuple(states.split()), "rates", moves, shares)


def _need() -> Chain:
    rates = {("absent", "present"): "0.4 * frailty * table(trend, year)", ("present", "absent"): "0.6"}
    return _chain("need", "absent present", rates, {"present": "0.3"}, "family")


def _crisis() -> Chain:
    rates = {
        ("stable", "strained"): "0.9 * frailty", ("strained", "stable"): "0.8", ("strained", "crisis"): "1.2",
        ("crisis", "strained"): "2.0 * (k < 3) + 4.0 * (k >= 3)",
    }  # fmt: skip
    return _chain("crisis", "stable strained crisis", rates, {"strained": "0.3", "crisis": "0.1"}, "family")


def _care() -> Chain:
    rates = {
        ("home", "plan"): "0.3 * (1 + 0.5 * (age < 2))", ("plan", "home"): "0.8", ("plan", "looked_after"): "0.6",
        ("looked_after", "home"): "0.5",
    }  # fmt: skip
    fire = Fire((("plan", "looked_after"),), "need", ("absent",), "present", parse("0.7"))
    made = _chain("care", "home plan looked_after", rates, {"plan": "0.1"}, "child")
    return replace(made, ages_steps=(0, 216), fires=(fire,))


def _school() -> Chain:
    rates = {("attending", "truant"): "0.03", ("truant", "attending"): "0.3"}
    return replace(_chain("school", "attending truant", rates, {}, "child"), kind="probabilities", ages_steps=(60, 192))


def _protection() -> Chain:
    service = Service("protection", "statutory")
    refer = parse("any(care >= plan)")
    return service_chain(ServiceDescription(service, "family", refer, parse("12")), MONTH)


def _advice() -> Chain:
    team = Team({"north": 2.0, "south": 1.0}, 10.0, turnover_per_year=0.3, hire_steps=2.0, meeting_steps=2)
    service = Service("advice", "discretionary", team=team)
    fire = Fire((("engaged", "closed"),), "need", ("present",), "absent", parse("1"))
    made = ServiceDescription(
        service, "family", parse("need == present"), parse("1.5"), patience_steps=6.0, engaged_steps=4.0
    )
    return replace(service_chain(made, MONTH), fires=(fire,))


def _keyworker() -> Chain:
    team = Team({"north": 2.0, "south": 1.0}, 4.0, turnover_per_year=0.4, hire_steps=2.0, absence=0.05)
    service = Service(
        "keyworker", "discretionary", team=team, priority=(("crisis", True), ("wait", True)), brokers={"advice": 0.5}
    )
    made = ServiceDescription(
        service, "family", parse("bad_months >= 2"), parse("6"), consent=parse("0.8"), refused_steps=6.0,
        patience_steps=4.0, engaged_steps=4.0, stages=2, dropout_rate=parse("0.4"), aftercare_steps=6.0,
    )  # fmt: skip
    return service_chain(made, MONTH)
