"""What is asked of a solver of expectations, and its counts in the form of those of a world of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.counts.layout import area_slots
from sim.engine.counts.reading import Arrays, Reading
from sim.engine.counts.record import wait_sums
from sim.engine.counts.recorder import Diary
from sim.engine.moves.world import columns_of
from sim.engine.teams.staffing import Staff
from sim.model.compiled.model import Compiled
from sim.model.compiled.readings import mean_counted

ONE_AREA: IntArray = np.zeros(1, np.int64)


class Expected(Protocol):
    """What is asked of a history in motion; rows are per row of the first unit, of which there are ``size``."""

    @property
    def size(self) -> int:
        """Rows of the first unit."""

    @property
    def compiled(self) -> Compiled:
        """The compiled model."""

    def stock(self, chain: str) -> FloatArray:
        """Give the rows in each state, (state,)."""

    def moves(self, chain: str) -> FloatArray:
        """Give the moves of the last step, (old, new)."""

    def condition(self, name: str) -> float:
        """Give the rows for which a condition held at the end of the last step."""

    def rows(self, unit: str) -> float:
        """Give the rows of a unit."""

    def waited(self, service: str) -> FloatArray:
        """Give the admissions of the last step by whole steps waited, (wait,)."""

    def taken(self, service: str) -> float:
        """Give who left a queue in the last step because the row itself left."""

    def staff(self, service: str) -> tuple[float, float, float, float, float] | None:
        """Give posts at work, places, paid posts, posts and those kept on of a service's teams; None without one."""


@dataclass(frozen=True)
class ExpectedCounts:
    """The expectations of a step in the form of ``Counts``: all areas are one slot."""

    compiled: Compiled
    columns: Mapping[tuple[str, str], slice]
    counted: FloatArray
    taken_from_queue: Mapping[str, float]
    rows: tuple[float, ...]
    area_slot: IntArray

    def present(self) -> tuple[float, ...]:
        """Give the rows that are there, by unit."""
        return self.rows


def counts_of(expected: Expected, moved: bool = True) -> ExpectedCounts:
    """Give what a solver expects; ``moved`` False at a point before which there was no step."""
    compiled, model, size = expected.compiled, expected.compiled.model, expected.size
    columns = columns_of(compiled)
    counts = np.zeros(max((column.stop for column in columns.values()), default=0))
    for chain in model.chains:
        counts[columns["state", chain.name]] = expected.stock(chain.name)
        if moved:
            counts[columns["flow", chain.name]] = expected.moves(chain.name).reshape(-1)
    for meter in model.meters:
        name = f"meter {meter.name}"
        if name in compiled.conditions:
            counts[columns["condition", name]] = expected.condition(name) * mean_counted(meter, model)
    counts *= size
    rows = tuple(size * expected.rows(unit.name) for unit in model.units)
    gated = [chain.name for chain in model.chains if chain.is_gated]
    taken = {name: size * expected.taken(name) for name in gated} if moved else {}
    return ExpectedCounts(compiled, columns, counts[None], taken, rows, ONE_AREA)


def write_down(diary: Diary, step: int, expected: Expected) -> None:
    """Write down what a solver expects of a step."""
    staff = {}
    for chain in expected.compiled.model.chains:
        held = expected.staff(chain.name) if chain.service else None
        if held is not None:
            working, places, paid, posts, kept_on = (np.array([amount]) for amount in held)
            staff[chain.name] = Staff(places, working, paid, posts, meets=True, kept_on=kept_on)
    diary.record(step, counts_of(expected), staff)
    for name in diary.layout.services:
        diary.add_waits(name, expected.size * expected.waited(name)[None])


def expected_arrays(diary: Diary, compiled: Compiled) -> Arrays:
    """Read a world's arrays off its diary; areas get their share, by size, of what all have, at their prices."""
    model, layout = compiled.model, diary.layout
    reading = Reading(compiled, diary)
    by_year = reading.meters(diary.years[:, 0], diary.staff_years[:, 0])
    slots, weights = area_slots(model), np.asarray(model.areas.weights) / sum(model.areas.weights)
    shares = np.array([float(weights[slots == a].sum()) for a in range(len(layout.areas))])
    of_meters = np.tile(shares[:, None], (1, len(layout.meters)))  # (area, meter)
    for m, meter in enumerate(model.meters):
        if meter.by_area and (mean := mean_counted(meter, model)) > 0:
            paid = weights * np.asarray(model.tables[meter.by_area].y) / mean
            of_meters[:, m] = [float(paid[slots == a].sum()) for a in range(len(layout.areas))]
    area_waits = shares[:, None, None] * diary.waits  # (area, service, bin)
    return reading.arrays() | {
        "area_meters": of_meters[:, None] * by_year,  # (area, year, meter)
        "area_waits": area_waits,
        "wait_sums": wait_sums(diary.waits),
        "area_wait_sums": wait_sums(area_waits),
    }
