"""Who comes and goes, step by step: births, birthdays, departures and arrivals, which no help decides."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import pdtr

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.fate.draws import key, uniform
from sim.engine.fate.uniforms import draw, positions
from sim.engine.people.rows import Renewal, Rows
from sim.model.spec import Model


@lru_cache(maxsize=64)
def poisson_cdf(mean: float) -> FloatArray:
    """Tabulate P(N <= n) for n = 0, 1, ... until it is 1 to the last bit; to invert by searching."""
    n = np.arange(int(mean + 14 * np.sqrt(mean) + 30))
    return np.asarray(pdtr(n, mean))


def arrivals(model: Model, stream: int) -> tuple[dict[int, int], int]:
    """Draw how many rows arrive from outside in each step (Poisson), and their sum."""
    steps = np.arange(model.root.warm_up + model.clock.steps)
    u = uniform(key(stream, "arrivals"), steps)
    n = np.searchsorted(poisson_cdf(model.root.arrivals_per_step), u, side="right")
    first = -model.root.warm_up
    return {first + int(i): int(c) for i, c in zip(steps, n, strict=True) if c}, int(n.sum())


def timetable(model: Model, rows: dict[str, Rows], stream: int) -> dict[int, Renewal]:
    """Work out, step by step, who leaves and who enters; nobody's fate in the model matters for it."""
    if model.root.arrivals_per_step:
        return _arriving(model, rows[model.root.name], stream)
    root = rows[model.root.name]
    child = rows[model.units[1].name] if len(model.units) > 1 else None
    if not (root.unit.leaves_rate or (child is not None and child.unit.leaves_age_steps)):
        return {}
    return _Demography(model, root, child, stream).run()


def _arriving(model: Model, root: Rows, stream: int) -> dict[int, Renewal]:
    """Bring in the rows of an open queue in order of their number."""
    root.active[root.ids >= root.unit.size] = False
    ids = np.where(root.ids < 0, np.iinfo(np.int64).max, root.ids)
    position = np.argsort(ids)
    nobody: dict[str, IntArray] = {}
    renewals, first, name = {}, root.unit.size, root.unit.name
    for step, count in arrivals(model, stream)[0].items():
        start, end = np.searchsorted(ids, [first, first + count], sorter=position)
        first += count
        entering = position[start:end]
        if len(entering):  # none of them in a part, perhaps
            renewals[step] = Renewal(nobody, {name: entering}, {name: np.full(len(entering), step)})
    return renewals


class _Demography:
    """Walks the calendar once: 18th birthdays, births into empty places, families that leave and are replaced."""

    def __init__(self, model: Model, root: Rows, child: Rows | None, stream: int) -> None:
        self.model, self.root, self.child = model, root, child
        self.start, self.end = -model.root.warm_up, model.clock.steps
        self.dt = model.clock.step_years
        self.in_place = root.active.copy()
        self.streams = {name: key(stream, name) for name in ("leaves", "births")}
        self.stream = stream
        self.leaves = -np.expm1(-root.unit.leaves_rate * self.dt)
        if child is not None:
            self.born, self.here = child.born.copy(), child.active.copy()
            self.births = -np.expm1(-child.unit.births_rate * self.dt)
            self.n_here = np.bincount(child.parent[child.active], minlength=root.n).astype(np.int8)

    def run(self) -> dict[int, Renewal]:
        """Give the renewals of every step in which something changes."""
        renewals = {}
        for step in range(self.start, self.end):
            leaving, entering, born = self._families(step)
            if self.child is not None:
                self._children(self.child, step, leaving, entering, born)
            if any(len(rows) for rows in (*leaving.values(), *entering.values())):
                renewals[step] = Renewal(leaving, entering, born)
        return renewals

    def _families(self, step: int) -> tuple[dict[str, IntArray], dict[str, IntArray], dict[str, IntArray]]:
        """Families that leave for reasons of their own or for want of children, and those that take their places."""
        root, name = self.root, self.root.unit.name
        gone: BoolArray = np.zeros(root.n, np.bool_)
        if self.leaves:
            gone[draw(root, self.streams["leaves"], step).below(self.leaves)] = True
        if self.child is not None and self.child.unit.leaves_age_steps and step > self.start:
            gone |= (self.n_here == 0) & (root.n_children > 0)
        rows = positions(gone & self.in_place)
        if root.unit.replace:
            return {}, {name: rows}, {name: np.full(len(rows), step)}
        self.in_place[rows] = False
        return {name: rows}, {}, {}

    def _children(
        self,
        child: Rows,
        step: int,
        leaving: dict[str, IntArray],
        entering: dict[str, IntArray],
        born: dict[str, IntArray],
    ) -> None:
        """Children who come of age, are born, or come and go with their family."""
        name, family = child.unit.name, self.root.unit.name
        nobody: IntArray = np.zeros(0, np.int64)
        aged = nobody
        if child.unit.leaves_age_steps:
            aged = positions((self.born == step - child.unit.leaves_age_steps) & self.here)
        with_family = self.root.children_of(leaving.get(family, nobody))[0]
        new_family = self.root.children_of(entering.get(family, nobody))[0]
        low, high = child.unit.age_steps or (0, 0)
        u = uniform(key(self.stream, "age", name, step), child.ids[new_family])
        new_born = step - (low + np.floor(u * (high - low + 1)).astype(np.int64))
        taken: BoolArray = np.zeros(child.n, np.bool_)
        taken[new_family] = True
        births = nobody
        if self.births:
            births = draw(child, self.streams["births"], step).below(self.births)
            empty = ~self.here[births] & ~taken[births] & (child.ids[births] >= 0)
            births = births[empty & self.in_place[child.parent[births]]]
        taken[births] = True
        gone = np.concatenate([aged, with_family[self.here[with_family] & ~np.isin(with_family, aged)]])
        coming = np.concatenate([new_family, births])
        leaving[name] = gone[~taken[gone]]  # a place taken over is not left
        entering[name], born[name] = coming, np.concatenate([new_born, np.full(len(births), step)])
        self._note(child, gone, coming, born[name])

    def _note(self, child: Rows, gone: IntArray, coming: IntArray, born: IntArray) -> None:
        """Keep who is here."""
        np.add.at(self.n_here, child.parent[gone], np.int8(-1))
        self.here[gone] = False
        np.add.at(self.n_here, child.parent[coming[~self.here[coming]]], np.int8(1))
        self.here[coming] = True
        self.born[coming] = born
