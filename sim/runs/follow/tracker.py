"""Follows every row of some worlds through one replication: states, comings and goings, ages, and families' bills.

One pass of the engine with an observer, which changes nothing. What is made of a track, and which chains mean what, is
the business of those who ask for it: studies, evaluations, calibration.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.arrays import IntArray
from sim.engine.counts.record import Record
from sim.engine.solvers.families import Line, replicate
from sim.errors import ModelError
from sim.model.spec import Scenario, World
from sim.runs.follow.bills import Bills, price_tables
from sim.runs.follow.snapshot import Snapshot, Snapshots
from sim.runs.follow.track import Track

AnyArray = NDArray[Any]
Kept = dict[tuple[str, str], list[AnyArray]]
"""What is kept, such as ``states``, and of what, such as a chain -> an array for each step, (row,)."""


@dataclass(frozen=True)
class Span:
    """From which step to before which one rows are followed; the rows of the root unit perhaps for longer."""

    first: int
    last: int
    roots_until: int | None = None

    @property
    def end(self) -> int:
        """The step before which it is all over."""
        return max(self.last, self.roots_until or self.last)


def track(
    scenario: Scenario,
    replication: int,
    worlds: Iterable[str],
    span: Span,
    *,
    only: Collection[str] | None = None,
    bills: bool = False,
) -> dict[str, Track]:
    """Simulate one replication and keep what some worlds go through, step by step.

    Parameters
    ----------
    scenario
        What to simulate; the warm-up and other worlds are run as ever.
    replication
        Its number: with the seed it fixes every draw.
    worlds
        Names of the worlds to follow.
    span
        The steps that are kept, counted from point 0.
    only
        Chains and memories to keep; default all.
    bills
        Also keep each root row's cost of each step.

    Returns
    -------
        The track of each world; what help decides in no world (who is there, ages) is one array for all of them.

    Raises
    ------
    ModelError
        If the scenario ends earlier, or lacks a world.
    """
    steps = scenario.worlds[0].model.clock.steps
    if span.end > steps:
        raise ModelError(f"clock.steps is {steps}; following families to the end needs {span.end}")
    tracker = Tracker(scenario, tuple(dict.fromkeys(worlds)), span, only=only, bills=bills)
    record = replicate(scenario, replication, observe=tracker.look)
    return {spec.name: tracker.track(spec, record) for spec in tracker.specs}


@dataclass
class _People:
    """Who there is, the same in every world: the real rows of each unit, and what was kept of them."""

    rows: dict[str, IntArray] = field(default_factory=dict)
    parent: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    traits: dict[str, IntArray] = field(default_factory=dict)
    kept: Kept = field(default_factory=dict)
    step: int | None = None
    """The step that was written last."""

    def meet(self, now: Snapshot, units: Sequence[str]) -> None:
        """Number the rows without padding, by their position."""
        self.rows = {unit: np.flatnonzero(now.rows(unit).ids >= 0) for unit in units}
        root = self.rows[units[0]]
        self.traits = {name: values[root] for name, values in now.root.traits.items()}
        if len(units) > 1:
            place = np.zeros(now.root.n, np.int64)
            place[root] = np.arange(len(root))
            self.parent = place[now.rows(units[1]).parent[self.rows[units[1]]]]

    def write(self, now: Snapshot, units: Collection[str], step_years: float) -> None:
        """Write down who is there, whether it is somebody else than before, and how old."""
        for unit in units:
            rows, chosen = now.rows(unit), self.rows[unit]
            fresh = np.zeros(rows.n, np.uint8)
            fresh[now.newcomers(unit)] = 1
            generations = self.kept.setdefault(("generation", unit), [])
            generations.append(fresh[chosen] + generations[-1] if generations else fresh[chosen])
            years = np.floor((now.step - rows.born[chosen]) * step_years + 1e-9)
            self.kept.setdefault(("age", unit), []).append(np.clip(years, 0, 255).astype(np.uint8))
            self.kept.setdefault(("here", unit), []).append(rows.active[chosen])
        self.step = now.step

    @cached_property
    def stacked(self) -> dict[str, dict[str, AnyArray]]:
        """Put the steps together, once for all worlds: what -> unit -> (step, row)."""
        parts: dict[str, dict[str, AnyArray]] = {what: {} for what in ("generation", "age", "here")}
        for (what, unit), arrays in self.kept.items():
            parts[what][unit] = np.stack(arrays)
        self.kept.clear()
        return parts


class Tracker:
    """Writes worlds down as they go; its ``look`` is an observer of ``replicate``."""

    def __init__(
        self, scenario: Scenario, worlds: Collection[str], span: Span, *, only: Collection[str] | None, bills: bool
    ) -> None:
        known = {spec.name: spec for spec in scenario.worlds}
        for world in worlds:
            if world not in known:
                raise ModelError(f"there is no world '{world}'; the scenario has {', '.join(known)}")
        self.scenario, self.span = scenario, span
        self.specs = [known[world] for world in worlds]
        model = scenario.worlds[0].model
        self.units, self.step_years = [unit.name for unit in model.units], model.clock.step_years
        self.chains = {c.name: c.unit for c in model.chains if only is None or c.name in only}
        self.memories = [m.name for m in model.memories if only is None or m.name in only]
        self.bills = {s.name: Bills(price_tables(scenario, s)) for s in self.specs} if bills else {}
        self.kept: dict[str, Kept] = {spec.name: {} for spec in self.specs}
        self.people, self.snapshots = _People(), Snapshots()

    def look(self, step: int, line: Line) -> None:
        """Write a step of a history down, for every world that it stands for."""
        now = self.snapshots.take(step, line)
        worlds = [name for name in line.names if name in self.kept]
        if not worlds or not self.span.first <= step < self.span.end:
            return
        if not self.people.rows:
            self.people.meet(now, self.units)
        units = [unit for i, unit in enumerate(self.units) if i == 0 or step < self.span.last]
        if self.people.step != step:
            self.people.write(now, units, self.step_years)
        shared = list(self._read(now, units))
        root = self.people.rows[self.units[0]]
        for world in worlds:
            bills = self.bills[world].month(now) if self.bills else {}
            costs = [(("bills", part), cost[root].astype(np.float32)) for part, cost in bills.items()]
            for what, array in (*shared, *costs):
                self.kept[world].setdefault(what, []).append(array)

    def _read(self, now: Snapshot, units: Collection[str]) -> Iterable[tuple[tuple[str, str], AnyArray]]:
        """Read states and memories off a history."""
        for chain, unit in self.chains.items():
            if unit in units:
                yield ("states", chain), now.states[chain][self.people.rows[unit]]
        for memory in self.memories:
            yield ("memory", memory), now.memory(memory)[self.people.rows[self.units[0]]]

    def track(self, spec: World, record: Record) -> Track:
        """Put the steps of a world together."""
        parts: dict[str, dict[str, AnyArray]] = {what: {} for what in ("states", "memory", "bills")}
        for (what, name), arrays in self.kept.pop(spec.name).items():
            parts[what][name] = np.stack(arrays)
        return Track(
            self.scenario, spec, self.span.first, traits=self.people.traits, parent=self.people.parent, record=record,
            **parts, **self.people.stacked,
        )  # fmt: skip
