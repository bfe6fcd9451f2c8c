"""Writes down what is counted in a history, step by step.

A step is one copy of the history's counts (moves, stocks, conditions by area slot). Flows, meters and queue counts are
sums of such counts, so they are read off once, at the end (reading.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine import kernels
from sim.engine.counts.record import STAFF_METERS, TEAM_SERIES, WAIT_EDGES, WAIT_SUMS, Layout
from sim.engine.teams.staffing import Staff
from sim.model.compiled.model import Compiled
from sim.model.spec import Meter, Model


class Counts(Protocol):
    """What was counted in a step, whoever counted it: a world of rows, or a solver of expectations."""

    @property
    def compiled(self) -> Compiled:
        """The compiled model."""

    @property
    def columns(self) -> Mapping[tuple[str, str], slice]:
        """Where the parts stand: ("flow", chain) from old to new, ("state", chain), ("condition", name)."""

    @property
    def counted(self) -> FloatArray:
        """Moves of the step, and stocks and conditions at its end, (slot, column)."""

    @property
    def area_slot(self) -> IntArray:
        """Slot of each area, (area,)."""

    @property
    def taken_from_queue(self) -> Mapping[str, float]:
        """Service -> who left its queue in the step because the row itself was taken over or left."""

    def present(self) -> Sequence[float]:
        """Give the rows that are there, by unit."""


def staff_meters(model: Model) -> list[Meter]:
    """List the meters that count staff."""
    return [meter for meter in model.meters if meter.kind == "per" and meter.what in STAFF_METERS]


@dataclass
class Diary:
    """What one history has counted so far.

    Attributes
    ----------
    start, steps, years
        Counts at point 0, (slot, column); of all areas in each step, (step, column); by year, (year, slot, column).
    staff, staff_years
        The same for the meters of staff, (step, meter) and (year, slot, meter).
    rows
        Rows at each point, (point, unit).
    team
        Workers and places after each step, posts paid over it and kept on, (step, service, TEAM_SERIES).
    waits, area_waits
        Admissions by whole steps waited, (service, bin) and (slot, service, bin).
    wait_sums, wait_times
        Of those admitted WAIT_SUMS, (slot, service, 2); and how many waited how long, in the bins of WAIT_EDGES, (slot,
        service, bin), None where whole steps are all that is known.
    taken
        Who left each queue because the row was taken over or left, (service,).
    """

    layout: Layout
    columns: Mapping[tuple[str, str], slice]
    start: FloatArray
    steps: FloatArray
    years: FloatArray
    staff: FloatArray
    staff_years: FloatArray
    rows: FloatArray
    team: FloatArray
    waits: FloatArray
    area_waits: FloatArray
    wait_sums: FloatArray
    taken: FloatArray
    wait_times: FloatArray | None = None

    @classmethod
    def of(cls, layout: Layout, counts: Counts) -> Diary:
        """Open the diary of a history that begins."""
        slots, n = counts.counted.shape
        p, s, y = layout.n_steps, len(layout.services), len(layout.years)
        m = len(staff_meters(counts.compiled.model))
        return cls(
            layout=layout,
            columns=counts.columns,
            start=np.zeros((slots, n)),
            steps=np.zeros((p, n)),
            years=np.zeros((y, n, slots)).swapaxes(1, 2),  # lies as counts do
            staff=np.zeros((p, m)),
            staff_years=np.zeros((y, slots, m)),
            rows=np.zeros((p + 1, len(layout.rows))),
            team=np.zeros((p, s, len(TEAM_SERIES))),
            waits=np.zeros((s, layout.wait_bins)),
            area_waits=np.zeros((slots, s, layout.wait_bins)),
            wait_sums=np.zeros((slots, s, len(WAIT_SUMS))),
            taken=np.zeros(s),
        )

    def copy(self) -> Diary:
        """Copy what was written down so far."""
        shared = (self.layout, self.columns)
        return deepcopy(self, {id(thing): thing for thing in shared})

    def part(self, counts: Counts) -> Diary:
        """Give a history that parts from this one its past, in its own columns."""
        shared = counts.columns.keys() & self.columns.keys()

        def moved(before: FloatArray) -> FloatArray:
            after = np.zeros((*before.shape[:-1], counts.counted.shape[1]))
            for part in shared:
                after[..., counts.columns[part]] = before[..., self.columns[part]]
            return after

        by_column = {name: moved(getattr(self, name)) for name in ("start", "steps", "years")}
        others = ("staff", "staff_years", "rows", "team", "waits", "area_waits", "wait_sums", "taken")
        twin = Diary(self.layout, counts.columns, **by_column, **{name: getattr(self, name).copy() for name in others})
        twin.wait_times = None if self.wait_times is None else self.wait_times.copy()
        return twin

    def keep_times(self) -> None:
        """Keep waits as times from now on, not only as whole steps."""
        self.wait_times = np.zeros((*self.wait_sums.shape[:2], len(WAIT_EDGES)))

    def begin(self, counts: Counts) -> None:
        """Write down point 0."""
        self.start[:] = counts.counted
        self.rows[0] = counts.present()

    def record(self, step: int, counts: Counts, staff: Mapping[str, Staff]) -> None:
        """Write down a step and the point at its end."""
        year, slots = self.layout.year_of_step[step], len(counts.counted)
        self.steps[step] = counts.counted.sum(axis=0)
        self.years[year] += counts.counted
        self.rows[step + 1] = counts.present()
        for s, name in enumerate(self.layout.services):
            self.taken[s] += counts.taken_from_queue.get(name, 0.0)
            present = staff.get(name)
            if present is not None:
                self.team[step, s, 0] = present.working.sum()
                self.team[step, s, 1] = present.places.sum()
                self.team[step, s, 4] = present.worker_steps.sum()
                self.team[step, s, 5] = present.posts.sum()
                self.team[step, s, 6] = present.kept_on.sum()
        for m, meter in enumerate(staff_meters(counts.compiled.model)):
            present = staff.get(meter.chain)
            if present is not None:
                amount = present.worker_steps if meter.what == "worker" else present.places
                by_slot = np.bincount(counts.area_slot, weights=amount, minlength=slots)
                self.staff[step, m] = by_slot.sum()
                self.staff_years[year, :, m] += by_slot

    def admit(self, service: str, slot: IntArray, waits: FloatArray | IntArray) -> None:
        """Write down who was let in: the slot and the steps waited of each, whole or with their fraction, (row,)."""
        if not len(slot):
            return
        s, last = self.layout.services.index(service), self.layout.wait_bins - 1
        whole = np.minimum(waits.astype(np.int64), last)
        if kernels.ON:
            of_service = self.waits[s], self.area_waits[:, s], self.wait_sums[:, s]
            kernels.add_waits(slot, whole, waits.astype(np.float64), *of_service)
        else:  # at places of the flat arrays, which NumPy adds at several times faster than at pairs
            cell = slot.astype(np.int64) * self.waits.shape[0] + s
            np.add.at(self.waits.reshape(-1), s * (last + 1) + whole, 1.0)
            np.add.at(self.area_waits.reshape(-1), cell * (last + 1) + whole, 1.0)
            np.add.at(self.wait_sums.reshape(-1), 2 * cell, waits.astype(np.float64))
            np.add.at(self.wait_sums.reshape(-1), 2 * cell + 1, (waits > 0).astype(np.float64))
        if self.wait_times is not None:
            place = np.minimum(np.searchsorted(WAIT_EDGES, waits), len(WAIT_EDGES) - 1)
            np.add.at(self.wait_times[:, s], (slot, place), 1.0)

    def add_waits(self, service: str, counts: FloatArray | IntArray) -> None:
        """Add admissions of a step by whole steps waited, (slot, wait); the last bin takes what is longer, too."""
        s, last = self.layout.services.index(service), self.layout.wait_bins - 1
        told = counts[:, :last]
        self.waits[s, : told.shape[1]] += told.sum(axis=0)
        self.area_waits[:, s, : told.shape[1]] += told
        if counts.shape[1] > last:
            beyond = counts[:, last:].sum(axis=1)
            self.waits[s, last] += beyond.sum()
            self.area_waits[:, s, last] += beyond
