"""Reads a record off the diaries of histories: stocks, flows, meters, queues and teams."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.engine.counts.record import QUEUE_COUNTS, STAFF_METERS, Layout, Record
from sim.engine.counts.recorder import Diary, staff_meters
from sim.engine.moves.consequences import engaged_states, mark
from sim.model.compiled.model import Compiled
from sim.model.pathway import DROPPED_OUT, REFUSED
from sim.model.spec import Meter

Arrays = dict[str, FloatArray]
"""The arrays of one world, by the name of the field of ``Record``."""


@dataclass(frozen=True)
class Reading:
    """Reads sums of counts off a diary under a world's model."""

    compiled: Compiled
    diary: Diary

    @property
    def layout(self) -> Layout:
        """The axes of the record."""
        return self.diary.layout

    def arrays(self) -> Arrays:
        """Give the arrays of a world of rows; the areas kept apart are the first slots."""
        diary, kept = self.diary, len(self.layout.areas)
        start = self.meters(diary.start.sum(axis=0), np.zeros(diary.staff.shape[1]))
        counted = np.array([meter.kind == "while" for meter in self.compiled.model.meters], np.bool_)
        by_year = self.meters(diary.years, diary.staff_years)  # (year, slot, meter)
        found = {
            "stocks": self.stocks(),
            "flows": self.flows(),
            "meters": self.meters(diary.steps, diary.staff),
            "area_meters": np.moveaxis(by_year, 0, 1)[:kept],  # (area, year, meter)
            "start_meters": np.where(counted, start, 0.0),
            "waits": diary.waits,
            "area_waits": diary.area_waits[:kept],
            "wait_sums": diary.wait_sums.sum(axis=0),
            "area_wait_sums": diary.wait_sums[:kept],
            "queue": self.queue(),
            "team": self.team(),
            "row_counts": diary.rows,
        }
        if diary.wait_times is not None:
            found |= {"wait_times": diary.wait_times.sum(axis=0), "area_wait_times": diary.wait_times[:kept]}
        return found

    def _moves(self, chain: str, counts: FloatArray) -> FloatArray:
        """Give the moves of a chain, (..., old, new)."""
        n = len(self.compiled.model.chain(chain).states)
        return counts[..., self.diary.columns["flow", chain]].reshape(*counts.shape[:-1], n, n)

    def stocks(self) -> FloatArray:
        """Give the stocks at all points, (point, state)."""
        points = np.concatenate([self.diary.start.sum(axis=0)[None], self.diary.steps])
        columns = [self.diary.columns["state", chain.name] for chain in self.compiled.model.chains]
        return np.concatenate([points[:, column] for column in columns], axis=1)

    def flows(self) -> FloatArray:
        """Give the moves of all steps, (step, flow)."""
        wanted = np.zeros((self.layout.n_steps, len(self.layout.flows)))
        for i, (_, name, source, target) in enumerate(self.layout.flows):
            states = self.compiled.model.chain(name).states
            wanted[:, i] = self._moves(name, self.diary.steps)[:, states.index(source), states.index(target)]
        return wanted

    def meters(self, counts: FloatArray, staff: FloatArray) -> FloatArray:
        """Give each meter, (..., meter), from counts (..., column) and the meters of staff (..., staff meter)."""
        model = self.compiled.model
        values = [self._meter(meter, counts) for meter in model.meters]
        result = np.stack(values, axis=-1) if values else np.zeros((*counts.shape[:-1], 0))
        for m, meter in enumerate(staff_meters(model)):
            result[..., model.meters.index(meter)] = staff[..., m]
        return result

    def _meter(self, meter: Meter, counts: FloatArray) -> FloatArray:
        columns, model = self.diary.columns, self.compiled.model
        if meter.kind == "while":
            if meter.name in self.compiled.state_meters:
                name, members = self.compiled.state_meters[meter.name]
                return np.asarray(counts[..., columns["state", name]] @ members)
            return np.asarray(counts[..., columns["condition", f"meter {meter.name}"]][..., 0])
        if meter.what == "row":
            name = next(chain.name for chain in model.chains if chain.unit == meter.unit)
            return np.asarray(counts[..., columns["state", name]].sum(axis=-1))
        if meter.what in STAFF_METERS:
            return np.zeros(counts.shape[:-1])
        if meter.what == "case":
            return np.asarray(counts[..., columns["state", meter.chain]] @ engaged_states(model.chain(meter.chain)))
        moves = self._moves(meter.chain, counts)
        return np.asarray((moves * self._chosen(meter)).sum(axis=(-2, -1)))

    def _chosen(self, meter: Meter) -> BoolArray:
        """Mark the moves that a meter counts, (old, new)."""
        chain = self.compiled.model.chain(meter.chain)
        states = chain.states
        if meter.kind == "on":
            chosen = np.zeros((len(states), len(states)), np.bool_)
            for a, b in meter.moves:
                chosen[states.index(a), states.index(b)] = True
            return chosen
        if meter.what == "start":
            engaged = engaged_states(chain)
            return np.outer(~engaged, engaged)
        entry = mark(chain, *chain.entry)
        return np.outer(entry, ~entry)

    def queue(self) -> FloatArray:
        """Give the totals of each service's pathway over the run, (service, QUEUE_COUNTS)."""
        rows = [self._queue(s, name) for s, name in enumerate(self.layout.services)]
        return np.array(rows).reshape(len(rows), len(QUEUE_COUNTS))

    def _queue(self, s: int, name: str) -> list[float]:
        chain = self.compiled.model.chain(name)
        engaged, entry, waiting = engaged_states(chain), mark(chain, *chain.entry), mark(chain, chain.waiting)
        moves = self._moves(name, self.diary.steps.sum(axis=0))  # (old, new)
        at = self.diary.columns["state", name]
        before = float(self.diary.start.sum(axis=0)[at] @ waiting)
        after = float(self.diary.steps[-1][at] @ waiting)
        admitted = float(moves[waiting][:, engaged].sum())
        dropped = float(moves[engaged][:, mark(chain, *chain.among(DROPPED_OUT))].sum())
        counts = {
            "referrals": moves[entry][:, ~entry].sum(),
            "refused": moves[:, mark(chain, *chain.among(REFUSED))].sum(),
            "joined": before + moves[:, waiting].sum(),
            "admitted": admitted,
            "left": moves[waiting].sum() - admitted + self.diary.taken[s],
            "waiting": after,
            "completed": moves[engaged][:, ~engaged].sum() - dropped,
            "dropped_out": dropped,
        }
        return [float(counts[part]) for part in QUEUE_COUNTS]

    def team(self) -> FloatArray:
        """Give what there is of each service's team after each step, (step, service, TEAM_SERIES)."""
        series = self.diary.team.copy()
        for s, name in enumerate(self.layout.services):
            chain = self.compiled.model.chain(name)
            stock = self.diary.steps[:, self.diary.columns["state", name]]  # (step, state)
            series[:, s, 2] = stock @ engaged_states(chain)
            series[:, s, 3] = stock[:, chain.waiting]
        return series


def record_of(layout: Layout, worlds: Sequence[Arrays], levels: FloatArray, replication: int, started: float) -> Record:
    """Put the arrays of all worlds together, each stacked to (world, ...).

    Parameters
    ----------
    layout
        The axes.
    worlds
        The arrays of each world, in the order of the axes.
    levels
        Levels of the feedback stocks, (world, point, stock).
    replication
        Its number.
    started
        What ``time.process_time`` said at the start.
    """
    return Record(
        **{part: np.stack([arrays[part] for arrays in worlds]) for part in worlds[0]},
        family_cost=np.full((len(worlds), len(layout.ledgers), 4), np.nan),
        engine_seconds=time.process_time() - started,
        replication=replication,
        final_states=None,
        levels=levels,
    )
