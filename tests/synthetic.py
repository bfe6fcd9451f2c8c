"""A small scenario made of dataclasses and records of made-up counts, so that results are tested without the engine."""

import numpy as np

from sim.engine.counts.record import QUEUE_COUNTS, Layout, Record, wait_sums
from sim.language.evaluate import number, parse
from sim.model.spec import (
    Areas,
    Chain,
    Clock,
    CostLine,
    Meter,
    Model,
    Outcome,
    Parameter,
    Quantity,
    Scenario,
    Service,
    Transition,
    Unit,
    Value,
    World,
)

STEPS, ROWS = 30, 1000
CRISIS = ("stable", "strained", "crisis", "acute")
HELP = ("none", "waiting", "engaged")
STATES = (*(("family", "crisis", s) for s in CRISIS), *(("family", "keyworker", s) for s in HELP))
FLOWS = (("family", "crisis", "stable", "strained"), ("family", "crisis", "crisis", "acute"))
METERS = ("in crisis", "calls", "workers")
EXPECTED = {"in crisis": 200.0, "calls": 30.0, "workers": 12.0}


def model(police: float = 150.0, steps: int = STEPS) -> Model:
    """Make a model with one chain, one service, three meters, three cost lines and one outcome."""
    crisis = Chain(
        "crisis", "family", CRISIS, "rates", (Transition("stable", "strained", number(0.3)),), {"stable": number(1)}
    )
    service = Service("keyworker", "discretionary", "council")
    keyworker = Chain("keyworker", "family", HELP, "rates", (), {"none": number(1)}, service=service)
    payers = {"police": 0.75, "council": 0.25}
    costs = (
        cost("police callouts", "calls", parse("callout * (1 + 0.1 * (cycle >= 12))"), 1.0, payers, ("narrow", "wide")),
        cost("key workers", "workers", number(3000.0), 1.0, {"council": 1.0}, ("narrow", "wide"), price_year="2013/14"),
        cost("benefits", "in crisis", number(6000.0), 1 / 12, {"dwp": 1.0}, ("wide",), kind="transfer"),
    )
    return Model(
        clock=Clock(steps, 1 / 12, "month", 0, (2011, 4)),
        units=(Unit("family", ROWS),),
        areas=Areas(("north", "south"), (0.5, 0.5), (False, False)),
        chains=(crisis, keyworker),
        order=("crisis", "keyworker"),
        parameters={"callout": Parameter("callout", number(police))},
        meters=(
            Meter("in crisis", "while", "family", parse("crisis >= crisis")),
            Meter("calls", "on", "family", chain="crisis", moves=(("stable", "strained"),)),
            Meter("workers", "per", "family", chain="keyworker", what="worker"),
        ),
        costs=costs,
        outcomes=(Outcome("crisis_months", 0.015),),
        values=(Value("in crisis", {"crisis_months": number(1.0)}),),
        count="half_cycle",
    )


def cost(name, meter, price, per_step, payers, ledgers, kind="resource", price_year="2015/16"):
    """Make a cost line."""
    quantity = Quantity(0.0, "gbp", price_year=price_year, source="assumption", why="made up")
    return CostLine(name, meter, price, per_step, quantity, payers, "reactive", ledgers, kind, "local")


def scenario(
    replications: int = 4, sets: tuple[str, ...] = ("measured", "no_effect"), solver: str = "simulate"
) -> Scenario:
    """Make two regimes under each evidence set; the integrated one starts at point 6 and lacks ``claimed``."""
    worlds = []
    for effect_set in sets:
        worlds.append(World(f"siloed/{effect_set}", "siloed", effect_set, model()))
        if effect_set != "claimed":
            worlds.append(World(f"integrated/{effect_set}", "integrated", effect_set, model(), start=6))
    return Scenario(
        "A made-up study", "toy", tuple(worlds), "siloed", replications, 3, solver,
        agencies={"council": "Local authority", "police": "Police", "dwp": "Work and Pensions"},
        deflators={"2013/14": 190.03, "2015/16": 195.97}, price_year="2015/16",
        discount={"green_book": ((0.0, 0.035), (30.0, 0.03))}, resolved="title: A made-up study\n",
        origins={"parameters.callout": "toy.yaml:3:1"},
    )  # fmt: skip


def layout(of: Scenario, steps: int = STEPS) -> Layout:
    """Name the axes."""
    years = [2011 + step // 12 for step in range(steps)]
    return Layout(
        tuple(w.name for w in of.worlds), steps, (("family", ROWS),), STATES, FLOWS, METERS, ("keyworker",),
        ("north", "south"), tuple(dict.fromkeys(years)), tuple(y - 2011 for y in years), 20, ("narrow", "wide"),
    )  # fmt: skip


def record(of: Scenario, replication: int, steps: int = STEPS) -> Record:
    """Make up Poisson counts, the same for each world but for what a second stream adds to the integrated ones."""
    rng = np.random.default_rng([of.seed, replication])
    n = len(of.worlds)
    helped = np.array([w.regime == "integrated" for w in of.worlds])
    meters = np.repeat(rng.poisson([EXPECTED[m] for m in METERS], (1, steps, len(METERS))), n, axis=0).astype(float)
    meters[helped, 6:, 0] -= rng.poisson(20.0, (int(helped.sum()), steps - 6))
    meters[helped, 6:, 2] += 8.0
    stocks = np.zeros((n, steps + 1, len(STATES)))
    stocks[:, :, :4] = rng.multinomial(ROWS, [0.4, 0.3, 0.2, 0.1], steps + 1)
    stocks[:, :, 4:] = rng.multinomial(ROWS, [0.8, 0.1, 0.1], steps + 1)
    area = np.zeros((n, 2, -(-steps // 12), len(METERS)))
    for step in range(steps):
        area[:, 0, step // 12] += np.floor(meters[:, step] / 2)
        area[:, 1, step // 12] += np.ceil(meters[:, step] / 2)
    waits = np.repeat(rng.poisson(30.0 * 0.8 ** np.arange(20), (1, 1, 20)), n, axis=0).astype(float)
    waits[..., -1] = 0.0  # nobody waits longer than is told apart
    family_cost = np.tile([9000.0, 4.0e6, -100.0, 1.0e6], (n, 2, 1))
    return Record(
        stocks=stocks, flows=rng.poisson(10.0, (n, steps, len(FLOWS))).astype(float), meters=meters, area_meters=area,
        start_meters=np.tile([200.0, 0.0, 0.0], (n, 1)),
        waits=waits, area_waits=np.repeat(waits[:, None], 2, axis=1) / 2,
        wait_sums=wait_sums(waits), area_wait_sums=np.repeat(wait_sums(waits)[:, None], 2, axis=1) / 2,
        queue=np.tile(np.arange(float(len(QUEUE_COUNTS))), (n, 1, 1)),
        team=np.tile(np.array([12.0, 100.0, 96.0, 40.0, 20.0, 20.0, 0.0]), (n, steps, 1, 1)),
        family_cost=family_cost,
        row_counts=np.full((n, steps + 1, 1), float(ROWS)),
        engine_seconds=0.25, replication=replication,
        outcome_variance=np.full((n, 1), 9.0),
    )  # fmt: skip


def records(of: Scenario) -> list[Record]:
    """Make up every replication."""
    return [record(of, replication) for replication in range(of.replications)]
