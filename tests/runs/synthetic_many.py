"""A small real study and its records, run once, for tests of what is kept of many replications."""

from dataclasses import replace
from functools import cache

import sim
from sim.engine.counts.record import Layout, Record
from sim.engine.solvers import families as engine
from sim.model.spec import Scenario
from sim.runs.ensemble import one_replication
from tests.places import TOY

SETS = ("units.family.size=60", "clock.steps=15", "units.family.warm_up=1 month")


@cache
def study(replications: int) -> tuple[Scenario, Layout, list[Record]]:
    """Give the toy with everything, its layout and its records; those from the third on are made of the second."""
    scenario = sim.load(TOY, [*SETS, f"replications={replications}"])
    first, second = (one_replication(scenario, number) for number in (0, 1))
    more = [_changed(second, number) for number in range(2, replications)]
    return scenario, engine.layout(scenario), [first, second, *more]


def _changed(record: Record, number: int) -> Record:
    """Make up another replication: other counts, of which some are not whole."""
    return replace(
        record, replication=number, stocks=record.stocks + number, flows=record.flows * number,
        team=record.team / number, meters=record.meters + 1 / number, area_meters=record.area_meters * number / 3,
        waits=record.waits + number, wait_sums=record.wait_sums + number / 3, engine_seconds=number / 8,
    )  # fmt: skip
