"""Follows every family on its own: what it costs and lives through, how long it waits, who helps it, what it is.

Looks at every row after every step, so it costs several times a plain replication; a run does it for some areas.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.engine.counts.record import Layout
from sim.engine.solvers.families import Line, replicate
from sim.engine.solvers.families import layout as layout_of
from sim.model.spec import Model, Scenario
from sim.runs.follow.rows import RowTotals

MOST_VALUES = 8
AGE_BANDS = ((0, 4), (5, 10), (11, 17))
NEEDS = ("none or one", "two", "three", "four or more")
"""Families by in how many of their chains they are not in the best state."""
TRANSFER = "transfer"


class Followed(RowTotals):
    """Follows every family of the root unit: totals since the start, months waiting, whether a service took it on.

    Totals are outcomes, then the cost of each ledger, then what of each ledger is paid to families (transfers).
    """

    def __init__(self, scenario: Scenario, layout: Layout) -> None:
        super().__init__(scenario, layout)
        self.services = [c.name for c in scenario.worlds[0].model.chains if c.service is not None]
        self.before_start: dict[str, FloatArray] = {}
        self.waited: dict[str, dict[str, FloatArray]] = {}
        """World -> service with a queue -> steps that each family stood in it, (row,)."""
        self.helped: dict[str, dict[str, BoolArray]] = {}
        self.stayed: BoolArray = np.zeros(0, np.bool_)
        self.groups: dict[str, tuple[list[str], FloatArray]] = {}

    def member(self, model: Model) -> BoolArray:
        """Say which cost lines are in which total: those of each ledger, then the transfers among them."""
        ledgers = super().member(model)
        is_transfer = np.array([line.kind == TRANSFER for line in model.costs], np.bool_)
        return np.concatenate([ledgers, ledgers & is_transfer[:, None]], axis=1)

    def look(self, step: int, line: Line) -> None:
        """Take in a point: step + 1."""
        super().look(step, line)
        if step + 1 == self.window:
            self.before_start |= {name: self.totals[name].T.copy() for name in line.names}
            if not self.groups:
                self.groups = _traits(line, self.scenario.worlds[0].model, self.window)
                self.stayed = line.world.root.active.copy()
        elif step + 1 > self.window:
            self._after(line)

    def _after(self, line: Line) -> None:
        """Add up waits and help in a step after the start."""
        world, root = line.world, line.world.root
        renewal = world.population.renewals.get(world.step)
        if renewal is not None:
            for part in (renewal.leaving, renewal.entering):
                self.stayed[part.get(root.unit.name, np.zeros(0, np.int64))] = False
        for name in line.names:
            waited = self.waited.setdefault(name, {})
            helped = self.helped.setdefault(name, {s: np.zeros(root.n, np.bool_) for s in self.services})
            for service in self.services:
                rows, state = world.rows(service), world.state[service]
                chain = world.chains[service]
                if chain.has_queue:
                    waits = (state == chain.waiting) & rows.active
                    there = np.bincount(rows.parent, weights=waits, minlength=root.n)
                    waited[service] = np.asarray(waited.get(service, 0.0) + there)
                engaged = world.engaged[service][state] & rows.active
                helped[service] |= np.bincount(rows.parent, weights=engaged, minlength=root.n) > 0


def follow(scenario: Scenario, replication: int = 0) -> Followed:
    """Simulate a replication and follow every family in it."""
    followed = Followed(scenario, layout_of(scenario))
    replicate(scenario, replication, observe=followed.look, at_start=followed.look)
    return followed


def _named(values: Sequence[float]) -> list[str]:
    """Name the groups of a trait: no and yes, whole numbers as they are, else their place from lowest to highest."""
    if set(values) == {0.0, 1.0}:
        return ["yes" if value else "no" for value in values]
    if all(float(value).is_integer() for value in values):
        return [f"{value:g}" for value in values]
    n, place = len(values), {value: i for i, value in enumerate(sorted(values), 1)}
    names = {1: f"lowest of {n}", n: f"highest of {n}"}
    return [names.get(place[value], f"{place[value]} of {n}") for value in values]


def _traits(line: Line, model: Model, point: int) -> dict[str, tuple[list[str], FloatArray]]:
    """Group families by traits of few values and by the age of the youngest child; (names, group of each row)."""
    root = line.world.root
    groups: dict[str, tuple[list[str], FloatArray]] = {}
    for trait in model.traits:
        if 1 < len(trait.values) <= MOST_VALUES:
            groups[trait.name] = (_named(trait.values), root.traits[trait.name].astype(np.float64))
    if len(model.units) > 1:
        child = line.world.population.rows[model.units[1].name]
        years = (point - child.born) * model.clock.step_years
        youngest = np.full(root.n, np.inf)
        np.minimum.at(youngest, child.parent[child.active], years[child.active])
        bands = np.searchsorted([high + 1 for _, high in AGE_BANDS], youngest, side="right").astype(np.float64)
        groups["youngest child"] = ([f"{low} to {high}" for low, high in AGE_BANDS] + ["no child at home"], bands)
    groups["needs at the start"] = list(NEEDS), _needs(line, model)
    real = [name for name, made_up in zip(model.areas.names, model.areas.synthetic, strict=True) if not made_up]
    if real and len(model.areas.names) > 1:
        others = [name not in real for name in model.areas.names]
        place = np.array([len(real) if made_up else real.index(name)
                          for name, made_up in zip(model.areas.names, others, strict=True)])  # fmt: skip
        groups["area"] = [*real, *(["all others"] if any(others) else [])], place[root.area].astype(np.float64)
    return groups


def _needs(line: Line, model: Model) -> FloatArray:
    """Give each family's place in ``NEEDS``, (row,): of chains that are no services."""
    names = [c.name for c in model.chains if c.service is None and c.unit == model.root.name]
    worse = np.sum([line.world.state[name] > 0 for name in names], axis=0) if names else np.zeros(line.world.root.n)
    return np.asarray(np.clip(worse - 1, 0, len(NEEDS) - 1), np.float64)
