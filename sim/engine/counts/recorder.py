"""Writes down what happens in each world, step by step, and reads it off at the end into a ``Record``.

A step is one copy of the world's counts (moves, stocks, conditions by area slot). Flows, meters and queue counts are
sums of such counts, so they are taken once, at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from sim.arrays import BoolArray, FloatArray, StateArray
from sim.engine.counts.record import QUEUE_COUNTS, TEAM_SERIES, Layout, Record
from sim.engine.moves.world import World
from sim.engine.teams.meeting import Admission
from sim.engine.teams.staffing import Staff
from sim.model.spec import Meter, Scenario

ENTRY = ("none", "closed", "dropped_out")
STAFF_METERS = ("worker", "place")


class RunningLine(Protocol):
    """What the recorder needs of a running history."""

    world: World
    names: list[str]

    @property
    def staff(self) -> Mapping[str, Staff]:
        """The staff of each service now."""


@dataclass
class Diary:
    """What one world has seen: ``start`` (slot, column), ``steps`` (step, column), ``years`` (year, slot, column).

    Staff meters are kept beside, ``staff`` (step, meter) and ``staff_years`` (year, slot, meter).
    """

    start: FloatArray
    steps: FloatArray
    years: FloatArray
    staff: FloatArray
    staff_years: FloatArray
    rows: FloatArray
    team: FloatArray
    waits: FloatArray
    area_waits: FloatArray
    columns: dict[tuple[str, str], slice] = field(default_factory=dict)

    def copy(self) -> Diary:
        """Copy the past for a world that parts from this one."""
        return deepcopy(self)


class Recorder:
    """Keeps a diary for each history that runs."""

    def __init__(self, layout: Layout, scenario: Scenario, replication: int) -> None:
        self.layout, self.scenario, self.replication = layout, scenario, replication
        self.meters = scenario.worlds[0].model.meters
        self.staff_meters = [m for m in self.meters if m.kind == "per" and m.what in STAFF_METERS]
        self.diaries: dict[int, Diary] = {}

    def start(self, line: RunningLine) -> None:
        """Open the diary of a history at point 0."""
        world, layout = line.world, self.layout
        n, p, s = world.counted.shape[1], layout.n_steps, len(layout.services)
        m, y, slots = len(self.staff_meters), len(layout.years), world.n_slots
        diary = Diary(
            start=world.counted.copy(),
            steps=np.zeros((p, n)),
            years=np.zeros((y, slots, n)),
            staff=np.zeros((p, m)),
            staff_years=np.zeros((y, slots, m)),
            rows=np.zeros((p + 1, len(layout.rows))),
            team=np.zeros((p, s, len(TEAM_SERIES))),
            waits=np.zeros((s, layout.wait_bins)),
            area_waits=np.zeros((slots, s, layout.wait_bins)),
            columns=world.columns,
        )
        diary.rows[0] = self._rows(world)
        self.diaries[id(line)] = diary

    def part(self, old: RunningLine, new: RunningLine) -> None:
        """Give a history that parts from another one its past, in its own columns."""
        past = self.diaries.get(id(old))
        if past is None:
            return
        diary = past.copy()
        mine = new.world.columns
        n = new.world.counted.shape[1]
        for name in ("start", "steps", "years"):
            before = getattr(past, name)
            after = np.zeros((*before.shape[:-1], n))
            for part in mine.keys() & past.columns.keys():
                after[..., mine[part]] = before[..., past.columns[part]]
            setattr(diary, name, after)
        diary.columns = mine
        self.diaries[id(new)] = diary

    def record(self, step: int, line: RunningLine) -> None:
        """Write down a step and the point at its end."""
        world, year = line.world, self.layout.year_of_step[step]
        diary = self.diaries[id(line)]
        diary.steps[step] = world.counted.sum(axis=0)
        diary.years[year] += world.counted
        diary.rows[step + 1] = self._rows(world)
        for s, name in enumerate(self.layout.services):
            present = line.staff.get(name)
            if present is not None:
                diary.team[step, s, 0] = present.working.sum()
                diary.team[step, s, 1] = present.places.sum()
        for m, meter in enumerate(self.staff_meters):
            present = line.staff.get(meter.chain)
            if present is not None:
                amount = present.worker_steps if meter.what == "worker" else present.places
                by_slot = np.bincount(world.area_slot, weights=amount, minlength=world.n_slots)
                diary.staff[step, m] = by_slot.sum()
                diary.staff_years[year, :, m] += by_slot

    def waits(self, line: RunningLine, name: str, admission: Admission) -> None:
        """Write down the waits of those admitted at a meeting."""
        s, n_bins, n_slots = self.layout.services.index(name), self.layout.wait_bins, line.world.n_slots
        slot = line.world.slots[line.world.root.unit.name].take(admission.rows).astype(np.intp)
        place = slot * n_bins + np.minimum(admission.waits, n_bins - 1)
        counts = np.bincount(place, minlength=n_slots * n_bins).reshape(n_slots, n_bins)
        diary = self.diaries[id(line)]
        diary.waits[s] += counts.sum(axis=0)
        diary.area_waits[:, s] += counts

    def _rows(self, world: World) -> list[int]:
        return [int(np.count_nonzero(rows.active)) for rows in world.population.rows.values()]

    def finish(self, lines: Sequence[RunningLine], seconds: float, keep_states: bool) -> Record:
        """Read the record off the diaries."""
        parts: dict[str, list[FloatArray]] = {}
        final: dict[tuple[int, str], StateArray] | None = {} if keep_states else None
        for w, name in enumerate(self.layout.worlds):
            line = next(line for line in lines if name in line.names)
            for part, array in self._read(line, self.diaries[id(line)]).items():
                parts.setdefault(part, []).append(array)
            if final is not None:
                final.update({(w, chain): states for chain, states in line.world.state.items()})
        return Record(
            **{part: np.stack(arrays) for part, arrays in parts.items()},
            family_cost=np.full((len(self.layout.worlds), len(self.layout.ledgers), 4), np.nan),
            engine_seconds=seconds,
            replication=self.replication,
            final_states=final,
        )

    def _read(self, line: RunningLine, diary: Diary) -> dict[str, FloatArray]:
        """Give one world's arrays of the record."""
        reading = Reading(line.world, diary, self.layout)
        kept = len(self.layout.areas)
        steps, years = reading.meters(self.meters, diary.steps), reading.meters(self.meters, diary.years)
        start = reading.meters(self.meters, diary.start.sum(axis=0))
        for i, meter in enumerate(self.meters):
            if meter in self.staff_meters:
                m = self.staff_meters.index(meter)
                steps[:, i], years[..., i], start[i] = diary.staff[:, m], diary.staff_years[..., m], 0.0
            elif meter.kind != "while":
                start[i] = 0.0
        stocks = reading.stocks()
        return {
            "stocks": stocks,
            "flows": reading.flows(),
            "meters": steps,
            "area_meters": np.moveaxis(years, 0, 1)[:kept],
            "start_meters": start,
            "waits": diary.waits,
            "area_waits": diary.area_waits[:kept],
            "queue": reading.queue(),
            "team": reading.team(),
            "row_counts": diary.rows,
        }


@dataclass(frozen=True)
class Reading:
    """Reads sums of counts off a diary."""

    world: World
    diary: Diary
    layout: Layout

    def _moves(self, chain: str, counts: FloatArray) -> FloatArray:
        """Give the moves of a chain, (..., old, new)."""
        n = len(self.world.chains[chain].states)
        return counts[..., self.diary.columns["flow", chain]].reshape(*counts.shape[:-1], n, n)

    def stocks(self) -> FloatArray:
        """Give the stocks at all points, (point, state)."""
        points = np.concatenate([self.diary.start.sum(axis=0)[None], self.diary.steps])
        return np.concatenate([points[:, self.diary.columns["state", name]] for name in self.world.chains], axis=1)

    def flows(self) -> FloatArray:
        """Give the moves of all steps, (step, flow)."""
        wanted = np.zeros((self.layout.n_steps, len(self.layout.flows)))
        for i, (_, chain, source, target) in enumerate(self.layout.flows):
            states = self.world.chains[chain].states
            wanted[:, i] = self._moves(chain, self.diary.steps)[:, states.index(source), states.index(target)]
        return wanted

    def meters(self, meters: tuple[Meter, ...], counts: FloatArray) -> FloatArray:
        """Give each meter, (..., meter), from counts (..., column)."""
        values = [self._meter(meter, counts) for meter in meters]
        return np.stack(values, axis=-1) if values else np.zeros((*counts.shape[:-1], 0))

    def _meter(self, meter: Meter, counts: FloatArray) -> FloatArray:
        columns = self.diary.columns
        if meter.kind == "while":
            if meter.name in self.world.compiled.state_meters:
                chain, members = self.world.compiled.state_meters[meter.name]
                return np.asarray(counts[..., columns["state", chain]] @ members)
            return np.asarray(counts[..., columns["condition", f"meter {meter.name}"]][..., 0])
        if meter.what == "row":
            chain = next(c.name for c in self.world.chains.values() if c.unit == meter.unit)
            return np.asarray(counts[..., columns["state", chain]].sum(axis=-1))
        if meter.what in STAFF_METERS:
            return np.zeros(counts.shape[:-1])
        states = self.world.chains[meter.chain].states
        if meter.what == "case":
            return np.asarray(counts[..., columns["state", meter.chain]] @ self.world.engaged[meter.chain])
        moves = self._moves(meter.chain, counts)
        if meter.kind == "on":
            chosen = np.zeros((len(states), len(states)), np.bool_)
            for a, b in meter.moves:
                chosen[states.index(a), states.index(b)] = True
        elif meter.what == "start":
            chosen = self._between(~self.world.engaged[meter.chain], self.world.engaged[meter.chain])
        else:
            chosen = self._between(self._entry(meter.chain), ~self._entry(meter.chain))
        return np.asarray((moves * chosen).sum(axis=(-2, -1)))

    def _entry(self, chain: str) -> BoolArray:
        return np.array([state in ENTRY for state in self.world.chains[chain].states])

    @staticmethod
    def _between(sources: BoolArray, targets: BoolArray) -> BoolArray:
        return np.outer(sources, targets)

    def queue(self) -> FloatArray:
        """Give the totals of each service's pathway over the run, (service, QUEUE_COUNTS)."""
        rows = [self._queue(name) for name in self.layout.services]
        return np.array(rows).reshape(len(rows), len(QUEUE_COUNTS))

    def _queue(self, name: str) -> list[float]:
        states, engaged, entry = self.world.chains[name].states, self.world.engaged[name], self._entry(name)
        moves = self._moves(name, self.diary.steps.sum(axis=0))
        waiting = np.array([state == "waiting" for state in states])
        at = self.diary.columns["state", name]
        before = float(self.diary.start.sum(axis=0)[at] @ waiting)
        after = float(self.diary.steps[-1][at] @ waiting)
        to = {state: np.array([s == state for s in states]) for state in ("refused", "dropped_out")}
        admitted = float(moves[waiting][:, engaged].sum())
        dropped = float(moves[engaged][:, to["dropped_out"]].sum())
        counts = {
            "referrals": moves[entry][:, ~entry].sum(),
            "refused": moves[:, to["refused"]].sum(),
            "joined": before + moves[:, waiting].sum(),
            "admitted": admitted,
            "left": moves[waiting].sum() - admitted + self.world.taken_from_queue.get(name, 0.0),
            "waiting": after,
            "completed": moves[engaged][:, ~engaged].sum() - dropped,
            "dropped_out": dropped,
        }
        return [float(counts[part]) for part in QUEUE_COUNTS]

    def team(self) -> FloatArray:
        """Give workers, places, engaged and waiting of each service after each step, (step, service, TEAM_SERIES)."""
        series = self.diary.team.copy()
        for s, name in enumerate(self.layout.services):
            stock = self.diary.steps[:, self.diary.columns["state", name]]
            series[:, s, 2] = stock @ self.world.engaged[name]
            series[:, s, 3] = stock[:, self.world.chains[name].states.index("waiting")]
        return series
