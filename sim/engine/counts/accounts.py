"""Counts for the accounts of the answer: families in a regime and the same families in its baseline, by group.

Two worlds live through the same draws, so that a family's twin is the same row in the other one. Rows of both are in
one group at a time: how long they have waited against their twin, or that a key worker has helped them, and since when.
Everything that is counted of a world is counted by these groups too, and groups change between steps. No money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.engine import kernels
from sim.engine.counts.reading import Arrays, Reading
from sim.engine.counts.record import CLASSES, HELPED, LONGER, SAME, SIDES, SOONER, STAFF_METERS, Layout
from sim.engine.counts.recorder import Diary, staff_meters
from sim.engine.moves.consequences import engaged_states
from sim.engine.moves.tally import GROUP_TYPE, StepMoves, Tally, moves_of_step
from sim.engine.moves.world import MovingWorld
from sim.model.compiled.accounts import ACCOUNTS, AccountPlan
from sim.model.spec import World

STARTS = ("first", "all")
"""Families first taken on by a key worker, and whoever is taken on."""
STAFFED = ("posts", "places", "cases")
HELPED_GROUP = CLASSES.index(HELPED)
FIRST_COHORT = len(CLASSES)
"""Group of those first helped in the first step of entry; one more for each further step."""
BLOCK = 256


def no_accounts(plan: AccountPlan, layout: Layout) -> Arrays:
    """Give the arrays of a world without accounts."""
    cohort = (len(ACCOUNTS), len(SIDES), plan.entry, plan.follow_up)
    n_steps, n_meters, n_services = layout.n_steps, len(layout.meters), len(layout.services)
    return {
        "class_meters": np.zeros((len(SIDES), len(CLASSES), n_steps, n_meters)),
        "cohort_meters": np.zeros((*cohort, n_meters)),
        "cohort_people": np.zeros((*cohort, len(layout.rows))),
        "cohort_cases": np.zeros((*cohort, n_services)),
        "cohort_starts": np.zeros((len(ACCOUNTS), plan.entry, plan.follow_up)),
        "account_team": np.zeros((len(ACCOUNTS), len(SIDES), n_steps, n_services, len(STAFFED))),
        "helped": np.zeros((n_steps, len(STARTS))),
    }


@dataclass(frozen=True)
class Quantities:
    """What is read off a world's columns by group: meters, rows of each unit, cases of each gated service, starts."""

    sums: csr_array
    """(quantity, column)"""
    n_meters: int
    units: tuple[str, ...]
    services: tuple[str, ...]

    @classmethod
    def of(cls, reading: Reading, world: MovingWorld, key_workers: Sequence[str]) -> Quantities:
        """Find the columns that each quantity adds up."""
        n, n_staff = len(world.counted.T), len(staff_meters(world.compiled.model))
        rows = [np.eye(min(BLOCK, n - first), n, first) for first in range(0, n, BLOCK)]
        meters = [reading.meters(row, np.zeros((len(row), n_staff))) for row in rows]
        units = tuple(world.population.rows)
        services = reading.layout.services
        further: FloatArray = np.zeros((len(units) + len(services) + 1, n))
        for u, unit in enumerate(units):
            chain = next((c for c in world.chains.values() if c.unit == unit), None)
            if chain is not None:
                further[u, world.columns["state", chain.name]] = 1.0
        for s, name in enumerate(services):
            further[len(units) + s, world.columns["state", name]] = world.engaged[name]
        for name in key_workers:
            further[-1, world.columns["flow", name]] = starts_of(world, name)
        together = np.concatenate([np.concatenate(meters).T, further])  # (quantity, column)
        return cls(csr_array(together), len(together) - len(further), units, services)

    def read(self, tally: Tally) -> FloatArray:
        """Give every quantity by group, (quantity, group)."""
        return np.asarray(self.sums @ tally.by_column)


def starts_of(world: MovingWorld, service: str) -> FloatArray:
    """Mark the moves by which a service takes somebody on, (old * n + new,)."""
    engaged = engaged_states(world.chains[service])
    return np.outer(~engaged, engaged).reshape(-1).astype(np.float64)


class FollowedPair:
    """A regime's world and its baseline's, whose rows are counted by group from the regime's start on.

    Parameters
    ----------
    plan, names
        The accounts, and the worlds that the regime's history stands for.
    world
        One of them.
    own, twin
        The rows of the two histories, and what they count.
    """

    def __init__(
        self, plan: AccountPlan, names: Sequence[str], world: World,
        own: tuple[MovingWorld, Diary], twin: tuple[MovingWorld, Diary],
    ) -> None:  # fmt: skip
        self.plan, self.names, self.key_workers = plan, names, plan.services[world.name]
        self.compares_waits = not set(names) <= set(plan.once.values())
        self.first = max(world.start, 0) + plan.after
        self.worlds, self.diaries = (own[0], twin[0]), (own[1], twin[1])
        population, n_groups = own[0].population, FIRST_COHORT + plan.entry
        self.groups: dict[str, StateArray] = {u: np.zeros(rows.n, GROUP_TYPE) for u, rows in population.rows.items()}
        least = 0 if self.compares_waits else 1
        self.gap: IntArray = np.zeros(own[0].root.n, np.int16)
        """Months that each family has waited longer than its twin."""
        self.tallies = tuple(Tally(rows, self.groups, n_groups, least) for rows in self.worlds)
        for rows, tally in zip(self.worlds, self.tallies, strict=True):
            rows.tallies.append(tally)
        self.quantities = tuple(
            Quantities.of(Reading(rows.compiled, diary), rows, self.key_workers)
            for rows, diary in zip(self.worlds, self.diaries, strict=True)
        )
        self.shared = [name for name in own[0].joined if name not in self.key_workers]
        self.starting: list[BoolArray] = [starts_of(own[0], name) > 0 for name in self.key_workers]
        steps, n = self.diaries[0].layout.n_steps, self.quantities[0].sums.shape[0]
        self.by_class = np.zeros((len(SIDES), len(CLASSES), steps, n))
        self.cohort = np.zeros((len(SIDES), plan.entry, plan.follow_up, n))
        self.helped = np.zeros((steps, len(STARTS)))

    def close(self, step: int, moves: Sequence[dict[str, StepMoves]]) -> None:
        """End a step: count it by group, and say who is in which group from now on; ``moves`` of the two worlds."""
        for tally, one in zip(self.tallies, moves, strict=True):
            tally.move(one)
        first = self._take_on(step)
        for tally, one in zip(self.tallies, moves, strict=True):
            tally.settle(one)
        if step >= 0:
            self._write_down(step, first)
        changed, new = self._compare_waits() if self.compares_waits else (kernels.NO_ROWS, kernels.NO_BYTES)
        coming = self._coming(step + 1)
        stay = ~np.isin(changed, coming)
        self.gap[coming] = 0
        fresh = np.zeros(len(coming), GROUP_TYPE)
        self._regroup(np.concatenate([changed[stay], coming]), np.concatenate([new[stay], fresh]))

    def _coming(self, step: int) -> IntArray:
        """List the families that come in a step, perhaps in the place of others: they are counted afresh."""
        renewal = self.worlds[0].population.renewals.get(step)
        name = self.worlds[0].root.unit.name
        return kernels.NO_ROWS if renewal is None else renewal.entering.get(name, kernels.NO_ROWS)

    def _take_on(self, step: int) -> int:
        """Put families that a key worker has taken on for the first time into their group, and say how many."""
        world, root = self.worlds[0], self.worlds[0].root
        taken = [
            rows[starts[flow - world.columns["flow", name].start]]
            for name, starts in zip(self.key_workers, self.starting, strict=True)
            for chain, rows, flow, counted in world.log
            if chain == name and counted
        ]
        rows = root.distinct(np.concatenate(taken)) if taken else np.zeros(0, np.int64)
        rows = rows[(self.groups[root.unit.name].take(rows) < HELPED_GROUP) & root.active.take(rows)]
        entry = step - self.first
        group = FIRST_COHORT + entry if 0 <= entry < self.plan.entry else HELPED_GROUP
        self._regroup(rows, np.full(len(rows), group, GROUP_TYPE))
        return len(rows)

    def _regroup(self, rows: IntArray, new: StateArray) -> None:
        """Put distinct families with their children into groups, (row,)."""
        if not len(rows):
            return
        population, root = self.worlds[0].population, self.worlds[0].root
        for unit, people in population.rows.items():
            theirs, groups = rows, new
            if people is not root:
                theirs, owner = root.children_of(rows)
                groups = new.take(owner)
            here = people.active.take(theirs)
            for tally in self.tallies:
                tally.shift(unit, theirs.compress(here), groups.compress(here))
            self.groups[unit][theirs] = groups

    def _compare_waits(self) -> tuple[IntArray, StateArray]:
        """Class families by how long they have waited so far against their twins, in services that both worlds have.

        Returns
        -------
            The families whose class changes, and their new ones.
        """
        own, twin = (self._waiting(world) for world in self.worlds)
        rows = (own != twin).nonzero()[0]
        self.gap[rows] += own.take(rows).astype(np.int16) - twin.take(rows)
        groups, root = self.groups[self.worlds[0].root.unit.name], self.worlds[0].root
        rows = rows.compress((groups.take(rows) < HELPED_GROUP) & root.active.take(rows))
        classes = np.array([CLASSES.index(SAME), CLASSES.index(LONGER), CLASSES.index(SOONER)], GROUP_TYPE)
        new = classes.take(np.sign(self.gap.take(rows)), mode="wrap")  # 0, 1 and -1
        changed = groups.take(rows) != new
        return rows.compress(changed), new.compress(changed)

    def _waiting(self, world: MovingWorld) -> IntArray:
        """Count the services that both worlds have in whose queues each family stands, (row,)."""
        total = np.zeros(world.root.n, np.int8)
        for name in self.shared:
            if world.compiled.reaches(name, world.chains[name].waiting):
                total += world.state[name] == world.chains[name].waiting
        return total

    def _write_down(self, step: int, first: int) -> None:
        """Keep what was counted in a step."""
        for s, (quantities, tally) in enumerate(zip(self.quantities, self.tallies, strict=True)):
            found = quantities.read(tally)  # (quantity, group)
            self.by_class[s, :, step] = found[:, :FIRST_COHORT].T
            self.by_class[s, HELPED_GROUP, step] += found[:, FIRST_COHORT:].sum(axis=1)
            for entry in range(self.plan.entry):
                month = step - self.first - entry
                if 0 <= month < self.plan.follow_up:
                    self.cohort[s, entry, month] = found[:, FIRST_COHORT + entry]
        self.helped[step] = first, self.by_class[0, :, step, -1].sum()

    def leave(self) -> None:
        """Count no further: all whom it follows have been followed for as long as they are."""
        for rows, tally in zip(self.worlds, self.tallies, strict=True):
            rows.tallies.remove(tally)
            if not rows.tallies:
                rows.log.clear()

    # What comes of it.

    def arrays(self) -> Arrays:
        """Give ``class_meters`` and ``helped`` of ``Record``, for one world."""
        n = self.quantities[0].n_meters
        return {"class_meters": self.by_class[..., :n], "helped": self.helped}

    def cohort_arrays(self) -> Arrays:
        """Give the arrays of ``Record`` that are by account, for one account of a world."""
        told, n = self.quantities[0], self.quantities[0].n_meters
        people, cases = n + len(told.units), n + len(told.units) + len(told.services)
        return {
            "cohort_meters": self.cohort[..., :n],
            "cohort_people": self.cohort[..., n:people],
            "cohort_cases": self.cohort[..., people:cases],
            "cohort_starts": self.cohort[0, ..., -1],
            "account_team": np.stack([self._team(side) for side in range(len(SIDES))]),
        }

    def _team(self, side: int) -> FloatArray:
        """Give paid posts, places and cases of each gated service in each step, (step, service, STAFFED)."""
        diary, world, services = self.diaries[side], self.worlds[side], self.quantities[side].services
        team = np.zeros((len(diary.steps), len(services), len(STAFFED)))
        team[..., 1] = diary.team[..., 1]
        for s, name in enumerate(services):
            team[:, s, 2] = diary.steps[:, diary.columns["state", name]] @ world.engaged[name]
        for m, meter in enumerate(staff_meters(world.compiled.model)):
            if meter.what == STAFF_METERS[0]:
                team[:, services.index(meter.chain), 0] = diary.staff[:, m]
        return team


def follow_through(pairs: Sequence[FollowedPair], step: int) -> None:
    """End a step for all pairs; the log of each world is read once, and begun anew."""
    worlds = {id(world): world for pair in pairs for world in pair.worlds}
    moves = {number: moves_of_step(world) for number, world in worlds.items()}
    for pair in pairs:
        pair.close(step, [moves[id(world)] for world in pair.worlds])
    for world in worlds.values():
        world.log.clear()


def arrays_of_accounts(plan: AccountPlan, pairs: Sequence[FollowedPair], world: str, blank: Arrays) -> Arrays:
    """Give what is counted for the accounts of one world; ``blank`` where it has none."""
    of = {name: pair for pair in pairs for name in pair.names}
    if world not in of:
        return blank
    found = of[world].arrays()
    if not plan.once:
        return blank | found
    both = [of[plan.once[world]].cohort_arrays(), of[world].cohort_arrays()]  # as ACCOUNTS
    return found | {name: np.stack([one[name] for one in both]) for name in both[0]}
