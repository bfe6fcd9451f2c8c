"""A replication run again after a change: what the change cannot touch is taken from what was kept, to the last bit.

Until its regime starts a world is its baseline's history, and a baseline does not know what regimes part from it. So a
change of one regime alone needs that regime's own months alone, from where its baseline stood when it began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.counts.record import Record
from sim.engine.people.population import Population
from sim.engine.solvers.families import ChainByChain
from sim.engine.solvers.line import Begun, Parted
from sim.engine.solvers.run import Run
from sim.model.compiled.accounts import account_plan, plan_of_part
from sim.model.compiled.model import Compiled
from sim.model.spec import Scenario, World

AnyArray = NDArray[Any]


@dataclass(frozen=True)
class KeptReplication:
    """What one replication came to, and what it takes to run parts of it again.

    Attributes
    ----------
    record
        Its counts.
    population
        Who there is, as at the end.
    standing
        Baselines' histories as they stood when regimes parted from them, by step and world.
    without
        Why none are kept; empty when they are.
    """

    record: Record
    population: Population
    standing: Mapping[tuple[int, str], Parted] = field(default_factory=dict)
    without: str = ""

    def bare(self, because: str) -> KeptReplication:
        """Give its counts alone."""
        return replace(self, standing={}, without=because)

    def size_mb(self) -> float:
        """Give the memory of all arrays."""
        return sum(array.nbytes for array in _arrays([self.record, self.population, self.standing], {})) / 1e6


def _arrays(thing: object, seen: dict[int, object]) -> Iterator[AnyArray]:
    """Walk the arrays of dataclasses and what holds them, each once."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, np.ndarray):
        yield thing
    elif is_dataclass(thing):
        for one in fields(thing):
            yield from _arrays(getattr(thing, one.name), seen)
    elif isinstance(thing, (Mapping, list, tuple)):
        for part in thing.values() if isinstance(thing, Mapping) else thing:
            yield from _arrays(part, seen)


def replicate_kept(scenario: Scenario, replication: int, compiled: Mapping[str, Compiled]) -> KeptReplication:
    """Simulate one replication of every world and keep what regimes start from."""
    run = Run(scenario, replication, ChainByChain(), compiled, keep=True, accounts=account_plan(scenario))
    record = _to_the_end(run)
    kept = KeptReplication(record, run.population, run.standing or {})
    read = run.workforces.driven or any(
        run.workforces.falling[world.name] for world in scenario.worlds if world.regime == scenario.baseline
    )
    return kept.bare("teams read what became of families") if read else kept


def replicate_again(
    kept: KeptReplication, scenario: Scenario, compiled: Mapping[str, Compiled], changed: Collection[str]
) -> KeptReplication:
    """Simulate the worlds that changed, and take the others from what is kept.

    Parameters
    ----------
    kept
        A replication of a scenario with the same worlds by name, regime and start.
    scenario, compiled
        The scenario now, and its compiled models, with those of its accounts.
    changed
        Names of worlds whose counts may differ: where a baseline is among them, every world of its set is.

    Returns
    -------
        The replication, as a fresh run would give it, to the last bit.
    """
    names, plan = [world.name for world in scenario.worlds], account_plan(scenario)
    record = replace(kept.record, engine_seconds=0.0)
    for name, array in _by_world(record).items():
        setattr(record, name, array.copy())
    standing = dict(kept.standing)
    for part, begun in _parts(kept, scenario, changed):
        accounts = None if plan is None else plan_of_part(plan, part)
        run = Run(part, kept.record.replication, ChainByChain(), compiled, begun, keep=True, accounts=accounts)
        new = _to_the_end(run)
        told = [world.name for world in part.worlds if run.timeline.stands_for(world.name)]
        own = [name for name in told if name in changed]
        to, of = [names.index(name) for name in own], [told.index(name) for name in own]
        for name, array in _by_world(record).items():
            array[to] = getattr(new, name)[of]
        record.engine_seconds += new.engine_seconds
        if begun is None:
            standing |= run.standing or {}
    return replace(kept, record=record, standing={} if kept.without else standing)


def _to_the_end(run: Run) -> Record:
    while run.step < run.last:
        run.advance()
    return run.record()


def _by_world(record: Record) -> dict[str, AnyArray]:
    """Give the arrays whose first axis is the world."""
    return {f.name: a for f in fields(record) if isinstance(a := getattr(record, f.name), np.ndarray)}


def _parts(kept: KeptReplication, scenario: Scenario, changed: Collection[str]) -> list[tuple[Scenario, Begun | None]]:
    """Share what changed out over runs: whole sets whose baseline changed, and regimes that start in one step."""
    whole: list[World] = []
    by_start: dict[int, list[World]] = defaultdict(list)
    for world in scenario.worlds:
        base, first = scenario.baseline_of(world), -world.model.root.warm_up
        if world.name not in changed:
            continue
        step = max(world.start, first)
        if base.name in changed or (step, base.name) not in kept.standing:
            whole.append(world)
        else:
            by_start[step].append(world)
    parts: list[tuple[Scenario, Begun | None]] = []
    if whole:
        parts.append((_restricted(scenario, whole), None))
    for step, worlds in by_start.items():
        bases = {scenario.baseline_of(world).name for world in worlds}
        standing = {name: kept.standing[step, name] for name in bases}
        parts.append((_restricted(scenario, worlds), Begun(step, kept.population, standing)))
    return parts


def _restricted(scenario: Scenario, worlds: list[World]) -> Scenario:
    """Give a scenario of some worlds and their baselines."""
    names = {world.name for world in worlds} | {scenario.baseline_of(world).name for world in worlds}
    return replace(scenario, worlds=tuple(world for world in scenario.worlds if world.name in names))
