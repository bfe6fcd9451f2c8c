"""A study of made-up counts and round prices, so that every appraisal can be worked out by hand.

Two regimes beside the baseline, all on one chain: ``helped`` has fewer children in care, fewer claims and fewer calls
but more workers; ``same_money`` has the workers without the gains. Regimes begin at point 12 (April 2012).
"""

from dataclasses import replace

import numpy as np
import xarray as xr

from sim.engine.counts.record import QUEUE_COUNTS, TEAM_SERIES, Layout, Record
from sim.language.evaluate import number, parse
from sim.model.appraisal import AppraisalSpec, CardItem, CashRule, Period, Ranged, Wellby
from sim.model.spec import (
    Areas,
    Chain,
    Clock,
    CostLine,
    Meter,
    Model,
    Parameter,
    Quantity,
    Scenario,
    Service,
    Transition,
    Unit,
    World,
)  # fmt: skip
from sim.results.dataset import to_dataset

START, STEPS, ROWS = 12, 84, 1000
METERS = ("in care", "claims", "calls", "starts", "workers")
LEVELS = {"in care": 100.0, "claims": 300.0, "calls": 40.0, "starts": 5.0, "workers": 10.0}
CARE, CLAIM, CALL, WAGE = 1200.0, 600.0, 50.0, 100.0
"""Pounds a year, a year, a call and a month."""
DEFLATORS = {
    "2011/12": 100.0, "2012/13": 102.0, "2013/14": 104.0, "2014/15": 106.0, "2015/16": 108.0,
}  # fmt: skip
CARD = (
    CardItem("families_helped", "Starts", ("starts",), "gained", False),
    CardItem("care_months", "Months in care averted", ("in care",), "averted", True),
)
SPEC = AppraisalSpec(
    ledger="narrow", inflation=Ranged(0.02, 0.01, 0.03),
    cashability=(
        CashRule("care", ("care",), Ranged(3.0, 1.0, 5.0), Ranged(3.0, 1.0, 6.0)),
        CashRule("claims", ("benefit",)),
    ),
    periods=(Period("first", 2011, 2014), Period("second", 2015, 2016)), card=CARD,
    wellby=Wellby(Ranged(13000.0, 10000.0, 16000.0), "2015/16"),
)  # fmt: skip


def line(name, meter, price, per_step, payers, *, kind="resource", control="local", ledgers=("narrow", "wide")):
    """Make a cost line in 2015/16 prices."""
    quantity = Quantity(0.0, "gbp", price_year="2015/16", source="assumption", why="made up")
    price = number(price) if isinstance(price, float) else parse(price)
    return CostLine(name, meter, price, per_step, quantity, payers, "reactive", ledgers, kind, control)


def model(prices: float = 1.0, swap: bool = False, steps: int = STEPS) -> Model:
    """Make the model; ``prices`` multiplies every price, ``swap`` makes the two agencies pay for each other."""
    council, dwp = ("dwp", "council") if swap else ("council", "dwp")
    states = ("home", "in_care")
    chain = Chain("care", "family", states, "rates", (Transition("home", "in_care", number(0.1)),), {"home": number(1)})
    helps = ("none", "waiting", "engaged")
    service = Chain("help", "family", helps, "rates", (), {"none": number(1)}, service=Service("help", "discretionary"))
    return Model(
        clock=Clock(steps, 1 / 12, "month", 0, (2011, 4)), units=(Unit("family", ROWS),),
        areas=Areas(("north", "south"), (0.5, 0.5), (False, False)), chains=(chain, service), order=("care", "help"),
        parameters={"extra": Parameter("extra", number(0.0))},
        meters=(
            Meter("in care", "while", "family", parse("care == in_care")),
            Meter("claims", "while", "family", parse("care == home")),
            Meter("calls", "on", "family", chain="care", moves=(("home", "in_care"),)),
            Meter("starts", "per", "family", chain="help", what="start"),
            Meter("workers", "per", "family", chain="help", what="worker"),
        ),
        costs=(
            line("care", "in care", CARE * prices, 1 / 12, {council: 1.0}),
            line("benefit", "claims", CLAIM * prices, 1 / 12, {dwp: 1.0}, kind="transfer", control="AME"),
            line("calls", "calls", CALL * prices, 1.0, {council: 0.25, "police": 0.75}, control="DEL",
                 ledgers=("wide",)),
            line("staff", "workers", WAGE * prices, 1.0, {council: 1.0}),
        ),
        card=CARD,
    )  # fmt: skip


def scenario(replications: int = 3, *, solver="simulate", spec=SPEC, rates=((0.0, 0.035),), **options) -> Scenario:
    """Make the study: siloed, same_money and helped, under one evidence set."""
    made = model(**options)
    worlds = [World("siloed", "siloed", "", made)]
    worlds += [World(name, name, "", made, start=START) for name in ("same_money", "helped")]
    return Scenario(
        "By hand", "by_hand", tuple(worlds), "siloed", replications, 1, solver,
        agencies={"council": "Council", "police": "Police", "dwp": "Work and Pensions"}, deflators=DEFLATORS,
        price_year="2015/16", discount={"green_book": rates, "none": ((0.0, 0.0),)}, appraisal=spec,
    )  # fmt: skip


def layout(of: Scenario) -> Layout:
    """Name the axes."""
    steps = of.worlds[0].model.clock.steps
    years = [2011 + step // 12 for step in range(steps)]
    states = (("family", "care", "home"), ("family", "care", "in_care"))
    return Layout(
        tuple(w.name for w in of.worlds), steps, (("family", ROWS),), states, (), METERS, ("help",), ("north", "south"),
        tuple(dict.fromkeys(years)), tuple(y - 2011 for y in years), 3, ("narrow", "wide"),
    )  # fmt: skip


def record(of: Scenario, replication: int, changes, noise: float = 0.0) -> Record:
    """Make counts: the levels, with ``changes[regime][meter]`` added from the start on, and noise common to all."""
    steps, n = of.worlds[0].model.clock.steps, len(of.worlds)
    rng = np.random.default_rng([7, replication])
    meters = np.tile([LEVELS[m] for m in METERS], (n, steps, 1)).astype(float)
    meters += noise * rng.normal(size=(1, steps, len(METERS)))
    for w, world in enumerate(of.worlds):
        for meter, change in changes.get(world.regime, {}).items():
            amount = change(rng) if callable(change) else change
            meters[w, world.start :, METERS.index(meter)] += amount
    area = np.zeros((n, 2, -(-steps // 12), len(METERS)))
    for step in range(steps):
        area[:, :, step // 12] += meters[:, step][:, None] / 2
    return Record(
        stocks=np.ones((n, steps + 1, 2)), flows=np.zeros((n, steps, 0)), meters=meters, area_meters=area,
        start_meters=np.zeros((n, len(METERS))), waits=np.tile([1.0, 2.0, 0.0], (n, 1, 1)),
        area_waits=np.tile([1.0, 2.0, 0.0], (n, 2, 1, 1)),
        wait_sums=np.tile([2.0, 2.0], (n, 1, 1)), area_wait_sums=np.tile([2.0, 2.0], (n, 2, 1, 1)),
        queue=np.zeros((n, 1, len(QUEUE_COUNTS))), team=np.ones((n, steps, 1, len(TEAM_SERIES))),
        family_cost=np.full((n, 2, 4), np.nan), row_counts=np.full((n, steps + 1, 1), float(ROWS)), engine_seconds=0.1,
        replication=replication,
    )  # fmt: skip


PLAIN = {
    "helped": {"in care": -7.0, "claims": -10.0, "calls": -4.0, "starts": 6.0, "workers": 20.0},
    "same_money": {"workers": 20.0},
}
"""The same change in every replication."""


def chance(meter_sd: float = 1.0):
    """Changes whose size differs between replications."""

    def drawn(mean):
        return lambda rng: mean + meter_sd * rng.normal()

    return {
        "helped": {"in care": drawn(-7.0), "claims": drawn(-10.0), "calls": drawn(-4.0), "workers": drawn(20.0)},
        "same_money": {"workers": drawn(20.0)},
    }  # fmt: skip


def dataset(changes=None, replications: int = 3, *, noise: float = 0.0, **options) -> xr.Dataset:
    """Make the Dataset of a study."""
    of = scenario(replications, **options)
    records = [record(of, r, PLAIN if changes is None else changes, noise) for r in range(replications)]
    return to_dataset(of, layout(of), records)


def annuity(rate: float, years: int) -> float:
    """Give the present value of a pound a year, the first one undiscounted: (1 - v^n) / (1 - v)."""
    v = 1 / (1 + rate)
    return years if rate == 0 else (1 - v**years) / (1 - v)


def with_spec(**changes) -> AppraisalSpec:
    """Change the terms."""
    return replace(SPEC, **changes)
