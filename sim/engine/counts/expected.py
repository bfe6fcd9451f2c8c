"""Writes down what a solver expects, step by step, in the arrays of a simulated replication."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, cast

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.engine.counts.layout import area_slots
from sim.engine.counts.record import QUEUE_COUNTS, TEAM_SERIES, Layout, Record
from sim.engine.counts.recorder import STAFF_METERS, Diary, Reading
from sim.engine.moves.consequences import engaged_states
from sim.engine.moves.world import World
from sim.engine.teams.meeting import WAIT_BINS
from sim.model.compiled.model import Compiled
from sim.model.spec import Chain, Meter, Scenario


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

    def staff(self, service: str) -> tuple[float, float, float] | None:
        """Give posts at work, places and paid posts of a service's teams; None where it has none."""


@dataclass
class Seen:
    """What the recorder's readings ask of a world."""

    compiled: Compiled
    chains: dict[str, Chain]
    engaged: dict[str, BoolArray]
    taken_from_queue: dict[str, float] = field(default_factory=dict)


@dataclass
class Notes:
    """The diary of a history: moves, stocks and conditions by step, in one line of counts each."""

    layout: Layout
    scenario: Scenario
    columns: dict[tuple[str, str], slice]
    start: FloatArray
    steps: FloatArray
    rows: FloatArray
    team: FloatArray
    staff: FloatArray
    waits: FloatArray
    taken: FloatArray

    def point(self, history: Expected, point: int) -> None:
        """Write down the stocks at a point and, after a step, its moves and staff."""
        counts = np.zeros(self.steps.shape[1])
        for chain in history.compiled.model.chains:
            counts[self.columns["state", chain.name]] = history.stock(chain.name)
            if point:
                counts[self.columns["flow", chain.name]] = history.moves(chain.name).reshape(-1)
        for name in _wanted(history.compiled):
            counts[self.columns["condition", name]] = history.condition(name)
        self.rows[point] = [history.size * history.rows(unit) for unit, _ in self.layout.rows]
        counts *= history.size
        if not point:
            self.start[:] = counts
            return
        self.steps[point - 1] = counts
        for s, name in enumerate(self.layout.services):
            self.taken[s] += history.size * history.taken(name)
            self.waits[s] += history.size * history.waited(name)
            staff = history.staff(name)
            if staff is not None:
                self.team[point - 1, s, :2] = staff[:2]
        for m, meter in enumerate(_staffed(self.scenario)):
            staff = history.staff(meter.chain)
            if staff is not None:
                self.staff[point - 1, m] = staff[2] if meter.what == "worker" else staff[1]

    def copy(self) -> Notes:
        """Copy the past for a history that parts from this one."""
        arrays = {n: getattr(self, n).copy() for n in ("start", "steps", "rows", "team", "staff", "waits", "taken")}
        return Notes(self.layout, self.scenario, self.columns, **arrays)


def _wanted(compiled: Compiled) -> list[str]:
    """Name the conditions behind meters."""
    return [name for name in compiled.conditions if name.startswith("meter ")]


def _staffed(scenario: Scenario) -> list[Meter]:
    """List the meters of staff."""
    return [m for m in scenario.worlds[0].model.meters if m.kind == "per" and m.what in STAFF_METERS]


def open_notes(layout: Layout, scenario: Scenario, compiled: list[Compiled]) -> Notes:
    """Open a diary with a column for all that is counted in any world."""
    at, columns = 0, {}
    for chain in scenario.worlds[0].model.chains:
        columns["flow", chain.name] = slice(at, at := at + len(chain.states) ** 2)
        columns["state", chain.name] = slice(at, at := at + len(chain.states))
    for name in dict.fromkeys(name for one in compiled for name in _wanted(one)):
        columns["condition", name] = slice(at, at := at + 1)
    p, s = layout.n_steps, len(layout.services)
    return Notes(
        layout, scenario, columns, np.zeros(at), np.zeros((p, at)), np.zeros((p + 1, len(layout.rows))),
        np.zeros((p, s, len(TEAM_SERIES))), np.zeros((p, len(_staffed(scenario)))), np.zeros((s, WAIT_BINS)),
        np.zeros(s),
    )  # fmt: skip


def write(record: Record, w: int, notes: Notes, compiled: Compiled) -> None:
    """Read a world's arrays off its diary into a record.

    Areas get their share, by size, of what all of them have.
    """
    layout, model = notes.layout, compiled.model
    years = np.zeros((len(layout.years), notes.steps.shape[1]))
    np.add.at(years, np.array(layout.year_of_step), notes.steps)
    staff_years = np.zeros((len(layout.years), notes.staff.shape[1]))
    np.add.at(staff_years, np.array(layout.year_of_step), notes.staff)
    empty = np.zeros((0, 0))
    diary = Diary(
        notes.start[None], notes.steps, years[:, None], notes.staff, staff_years[:, None], notes.rows, notes.team,
        notes.waits, empty, notes.columns,
    )  # fmt: skip
    seen = Seen(
        compiled,
        {chain.name: chain for chain in model.chains},
        {chain.name: engaged_states(chain) for chain in model.chains if chain.service},
        dict(zip(layout.services, notes.taken.tolist(), strict=True)),
    )
    reading = Reading(cast("World", seen), diary, layout)  # reads names and states of it alone
    record.stocks[w], record.flows[w], record.queue[w] = reading.stocks(), reading.flows(), _queue(reading)
    record.team[w], record.waits[w], record.row_counts[w] = reading.team(), notes.waits, notes.rows
    meters = model.meters
    by_year = reading.meters(meters, years)
    record.meters[w], record.start_meters[w] = reading.meters(meters, notes.steps), reading.meters(meters, notes.start)
    staffed = _staffed(notes.scenario)
    for i, meter in enumerate(meters):
        if meter in staffed:
            record.meters[w, :, i], by_year[:, i] = (
                notes.staff[:, staffed.index(meter)],
                staff_years[:, staffed.index(meter)],
            )
        if meter.kind != "while":
            record.start_meters[w, i] = 0.0
    slots, weights = area_slots(model), np.asarray(model.areas.weights) / sum(model.areas.weights)
    for a in range(len(layout.areas)):
        share = float(weights[slots == a].sum())
        record.area_meters[w, a] = share * by_year
        record.area_waits[w, a] = share * notes.waits


def _queue(reading: Reading) -> FloatArray:
    counts = reading.queue()
    return counts if counts.size else np.zeros((0, len(QUEUE_COUNTS)))
