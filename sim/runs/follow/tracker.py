"""Follows every row of some worlds through one replication: states, comings and goings, ages, and families' bills.

One pass of the engine with an observer, which changes nothing. What is made of a track, and which chains mean what, is
the business of those who ask for it: studies, evaluations, calibration.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.arrays import IntArray
from sim.engine.solvers.families import Line, replicate
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.runs.follow.bills import Bills, price_tables
from sim.runs.follow.snapshot import Snapshot, Snapshots
from sim.runs.follow.track import Track

AnyArray = NDArray[Any]
Kept = dict[str, dict[str, list[AnyArray]]]
"""What is kept, such as ``states``, and of what, such as a chain -> an array for each step, (row,)."""


def track(
    scenario: Scenario,
    replication: int,
    worlds: Iterable[str],
    first: int,
    last: int,
    *,
    roots_until: int | None = None,
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
    first, last
        Keep the steps from ``first`` to before ``last``, counted from point 0.
    roots_until
        Follow the rows of the root unit up to before this step.
    only
        Chains and memories to keep; default all.
    bills
        Also keep each root row's cost of each step.

    Returns
    -------
        The track of each world; what is the same in all of them (who is there, ages) is one array for all.

    Raises
    ------
    ModelError
        If the scenario ends earlier, or lacks a world.
    """
    steps, end = scenario.worlds[0].model.clock.steps, max(last, roots_until or last)
    if end > steps:
        raise ModelError(f"clock.steps is {steps}; following families to the end needs {end}")
    known = {world.name: world for world in scenario.worlds}
    wanted = list(dict.fromkeys(worlds))
    for name in wanted:
        if name not in known:
            raise ModelError(f"there is no world '{name}'; the scenario has {', '.join(known)}")
    tracker = _Tracker(scenario, wanted, (first, last, end), only)
    if bills:
        tracker.bills = {name: Bills(price_tables(scenario, known[name])) for name in wanted}
    record = replicate(scenario, replication, observe=tracker.look)
    people = _stacked(tracker.people)
    return {
        name: Track(
            scenario, known[name], first, traits=tracker.traits, parent=tracker.parent, record=record,
            **_stacked(tracker.kept.pop(name)), **people,
        )
        for name in wanted
    }  # fmt: skip


class _Tracker:
    """Writes worlds down as they go."""

    def __init__(
        self, scenario: Scenario, worlds: Iterable[str], span: tuple[int, int, int], only: Collection[str] | None
    ) -> None:
        model = scenario.worlds[0].model
        self.first, self.last, self.end = span
        self.units, self.step_years = [unit.name for unit in model.units], model.clock.step_years
        self.chains = {c.name: c.unit for c in model.chains if only is None or c.name in only}
        self.memories = [m.name for m in model.memories if only is None or m.name in only]
        self.bills: dict[str, Bills] = {}
        self.snapshots = Snapshots()
        self.kept: dict[str, Kept] = {name: {"states": {}, "memory": {}, "bills": {}} for name in worlds}
        self.people: Kept = {"here": {}, "generation": {}, "age": {}}
        """The same in every world, so written down once a step."""
        self.written: int | None = None
        self.rows: dict[str, IntArray] = {}
        """Positions of the rows of each unit that are no padding."""
        self.traits: dict[str, IntArray] = {}
        self.parent: IntArray = np.zeros(0, np.int64)

    def look(self, step: int, line: Line) -> None:
        """Write a step of a history down, for every world that it stands for; an observer of ``replicate``."""
        now = self.snapshots.take(step, line)
        worlds = [name for name in line.names if name in self.kept]
        if not worlds or not self.first <= step < self.end:
            return
        if not self.rows:
            self._meet(now)
        units = self.units if step < self.last else self.units[:1]
        if self.written != step:
            self._write_people(now, units)
            self.written = step
        shared, root = list(self._read(now, units)), self.rows[self.units[0]]
        for world in worlds:
            bills = self.bills[world].month(now) if self.bills else {}
            costs = [("bills", part, cost[root].astype(np.float32)) for part, cost in bills.items()]
            for what, name, array in (*shared, *costs):
                self.kept[world][what].setdefault(name, []).append(array)

    def _meet(self, now: Snapshot) -> None:
        """Number the rows without padding, by their position."""
        self.rows = {unit: np.flatnonzero(now.rows(unit).ids >= 0) for unit in self.units}
        root, *children = (self.rows[unit] for unit in self.units)
        self.traits = {name: values[root] for name, values in now.root.traits.items()}
        for rows in children:
            place = np.zeros(now.root.n, np.int64)
            place[root] = np.arange(len(root))
            self.parent = place[now.rows(self.units[1]).parent[rows]]

    def _write_people(self, now: Snapshot, units: Iterable[str]) -> None:
        """Write down who is there, whether it is somebody else than before, and how old."""
        for unit in units:
            rows, real = now.rows(unit), self.rows[unit]
            here, generation, age = (kept.setdefault(unit, []) for kept in self.people.values())
            fresh = np.zeros(rows.n, np.uint8)
            fresh[now.newcomers(unit)] = 1
            here.append(rows.active[real])
            generation.append(fresh[real] + generation[-1] if generation else fresh[real])
            years = np.floor((now.step - rows.born[real]) * self.step_years + 1e-9)
            age.append(np.clip(years, 0, 255).astype(np.uint8))

    def _read(self, now: Snapshot, units: Collection[str]) -> Iterator[tuple[str, str, AnyArray]]:
        """Read states and memories off a history."""
        for chain, unit in self.chains.items():
            if unit in units:
                yield "states", chain, now.states[chain][self.rows[unit]]
        for memory in self.memories:
            yield "memory", memory, now.memory(memory)[self.rows[self.units[0]]]


def _stacked(kept: Kept) -> dict[str, dict[str, AnyArray]]:
    """Put steps together, (step, row)."""
    return {what: {name: np.stack(arrays) for name, arrays in named.items()} for what, named in kept.items()}
