"""A study that is kept so that a change costs what it touches: a moved lever, not a new study.

``keep`` runs a scenario and keeps where its baselines stood when regimes began; ``again`` runs it with something
changed and gives what a fresh run would give, to the last bit. What it simulates anew, it says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import xarray as xr

from sim.config.loading import changed
from sim.engine.solvers.again import KeptReplication, replicate_again, replicate_kept
from sim.engine.solvers.families import layout, why_between_steps
from sim.errors import ModelError
from sim.model.compiled.accounts import account_plan
from sim.model.compiled.model import Compiled
from sim.model.compiled.worlds import alike, compile_anew, counts_alike
from sim.model.spec import Scenario
from sim.results.dataset import to_dataset
from sim.runs.ensemble import Progress, simulate
from sim.runs.fits import with_fits

LIMIT_MB = 2000.0
"""Memory that kept replications may take unless told otherwise."""
EARLY = "the change holds before regimes start"


@dataclass(frozen=True)
class Kept:
    """A study that was run, and what it takes to run parts of it again.

    Attributes
    ----------
    scenario
        What was run.
    compiled
        The compiled models of its worlds.
    replications
        One after another.
    limit_mb
        What they may take: beyond it a replication keeps its counts alone, and every change runs it whole.
    """

    scenario: Scenario
    compiled: Mapping[str, Compiled]
    replications: tuple[KeptReplication, ...]
    limit_mb: float = LIMIT_MB

    @cached_property
    def ds(self) -> xr.Dataset:
        """The results, as ``sim.simulate(scenario, rows=False)`` gives them."""
        return to_dataset(with_fits(self.scenario), layout(self.scenario), [one.record for one in self.replications])

    @property
    def size_mb(self) -> float:
        """What is kept, in megabytes."""
        return sum(one.size_mb() for one in self.replications)


@dataclass(frozen=True)
class Again:
    """A study run again: its results, what is kept of it now, and what of it was run.

    Attributes
    ----------
    ds
        The results, as ``sim.simulate(scenario, rows=False)`` gives them.
    kept
        What is kept now.
    reused, from_start, whole
        Worlds whose counts were taken as they were; those simulated from where their regime starts; those simulated
        whole, from the warm-up on.
    because
        Why anything was simulated whole; empty where nothing was.
    """

    kept: Kept
    reused: tuple[str, ...]
    from_start: tuple[str, ...]
    whole: tuple[str, ...]
    because: str = ""

    @property
    def ds(self) -> xr.Dataset:
        """The results."""
        return self.kept.ds

    def __str__(self) -> str:
        """Say what was simulated."""
        parts = (("taken as before", self.reused), ("simulated from the start of the regime", self.from_start),
                 ("simulated whole", self.whole))  # fmt: skip
        told = "; ".join(f"{what}: {', '.join(names)}" for what, names in parts if names)
        return f"{told} ({self.because})" if self.because else told


def keep(scenario: Scenario, *, limit_mb: float = LIMIT_MB, progress: Progress | None = None) -> Kept:
    """Run a scenario in this process and keep what it takes to run parts of it again.

    Parameters
    ----------
    scenario
        What to run; `solver: simulate`, queues of teams or open.
    limit_mb
        Memory that may be kept, in megabytes: what does not fit is run whole after each change.
    progress
        Called after each replication.

    Raises
    ------
    ModelError
        When the scenario is solved in expectation or case by case, which keep nothing.
    """
    _refuse(scenario)
    compiled = compile_anew(_with_accounts(scenario), {})
    kept: list[KeptReplication] = []
    for number in range(scenario.replications):
        one = replicate_kept(scenario, number, compiled)
        kept.append(_within(one, limit_mb - sum(other.size_mb() for other in kept)))
        if progress is not None:
            progress(number + 1, scenario.replications)
    return Kept(scenario, compiled, tuple(kept), limit_mb)


def again(kept: Kept, changes: Mapping[str, object] | Scenario, *, progress: Progress | None = None) -> Again:
    """Run a kept study with something changed.

    Parameters
    ----------
    kept
        What ``keep`` gave, or an earlier ``again``.
    changes
        Values by path, as in ``--set``; or a whole scenario, whose worlds have the same names.
    progress
        Called after each replication.

    Returns
    -------
        The results, which equal those of a fresh run to the last bit.

    Raises
    ------
    ModelError
        As ``sim.load`` of a config that says so, and as ``keep``.
    """
    if isinstance(changes, Scenario):
        scenario = changes
    else:
        sets = [f"{path}={json.dumps(value)}" for path, value in changes.items()]
        scenario = changed(kept.scenario, sets)
    _refuse(scenario)
    because = _begins_anew(kept.scenario, scenario)
    compiled, touched = ({}, set()) if because else _touched(kept, scenario)
    if because or len(touched) == len(scenario.worlds):
        new = keep(scenario, limit_mb=kept.limit_mb, progress=progress)
        return Again(new, (), (), tuple(world.name for world in scenario.worlds), because or EARLY)
    done: list[KeptReplication] = []
    for number in range(scenario.replications):
        if number < len(kept.replications):
            one = replicate_again(kept.replications[number], scenario, compiled, touched)
        else:
            one = replicate_kept(scenario, number, compiled)
        done.append(_within(one, kept.limit_mb - sum(other.size_mb() for other in done)))
        if progress is not None:
            progress(number + 1, scenario.replications)
    return _told(Kept(scenario, compiled, tuple(done), kept.limit_mb), kept, touched)


@dataclass
class Successive:
    """Runs one scenario after another in this process, each from what is kept of the last: for searches.

    Attributes
    ----------
    limit_mb
        Memory that may be kept, in megabytes.
    kept
        The last scenario that could be kept.
    """

    limit_mb: float = LIMIT_MB / 4
    kept: Kept | None = field(default=None, init=False)

    def __call__(self, scenario: Scenario, progress: Progress | None = None) -> xr.Dataset:
        """Give what ``sim.simulate(scenario, rows=False)`` gives, to the last bit."""
        if not can_be_kept(scenario):
            return simulate(scenario, progress=progress, rows=False)
        if self.kept is None:
            self.kept = keep(scenario, limit_mb=self.limit_mb, progress=progress)
        else:
            self.kept = again(self.kept, scenario, progress=progress).kept
        return self.kept.ds


def can_be_kept(scenario: Scenario) -> bool:
    """Say whether runs of a scenario can be kept: those that are simulated, with queues of teams or open."""
    return scenario.solver != "expect" and not why_between_steps(scenario)


def _refuse(scenario: Scenario) -> None:
    """Refuse what keeps nothing."""
    if not can_be_kept(scenario):
        raise ModelError("only `solver: simulate` with queues: teams or open can be kept; use sim.simulate")


def _begins_anew(before: Scenario, now: Scenario) -> str:
    """Say why nothing of a study can be used again; empty when something can."""
    if before.seed != now.seed:
        return "another seed"
    if before.baseline != now.baseline:
        return "another baseline"

    def frame(scenario: Scenario) -> list[tuple[object, ...]]:
        return [(w.name, w.regime, w.effect_set, w.start, w.handover, w.receivers) for w in scenario.worlds]

    if frame(before) != frame(now):
        return "other regimes, evidence or starts"
    return "" if _followed(before) == _followed(now) else "the accounts of the answer follow others"


def _followed(scenario: Scenario) -> tuple[object, ...]:
    """Give whom the accounts of the answer follow, and for how long."""
    plan = account_plan(scenario)
    return () if plan is None else (dict(plan.services), plan.after, plan.entry, plan.follow_up)


def _with_accounts(scenario: Scenario) -> Scenario:
    """Give a scenario with the further worlds that its accounts take."""
    plan = account_plan(scenario)
    return scenario if plan is None else plan.scenario


def _touched(kept: Kept, scenario: Scenario) -> tuple[dict[str, Compiled], set[str]]:
    """Compile a changed scenario, and name the worlds whose counts may differ."""
    before = {world.name: world.model for world in kept.scenario.worlds}
    compiled = compile_anew(_with_accounts(scenario), kept.compiled)
    touched = {
        world.name
        for world in scenario.worlds
        if not counts_alike(before[world.name], world.model)
        and not alike(kept.compiled[world.name], compiled[world.name])
    }
    return compiled, {w.name for w in scenario.worlds if {w.name, scenario.baseline_of(w).name} & touched}


def _told(new: Kept, old: Kept, touched: set[str]) -> Again:
    """Say what was simulated."""
    names = [world.name for world in new.scenario.worlds]
    early = {name for name in touched if new.scenario.baseline_of(new.scenario.world(name)).name in touched}
    without = next((one.without for one in old.replications if one.without), "")
    whole = touched if without else early
    because = without or EARLY
    return Again(
        new,
        tuple(name for name in names if name not in touched),
        tuple(name for name in names if name in touched - whole),
        tuple(name for name in names if name in whole),
        because if whole else "",
    )


def _within(one: KeptReplication, room_mb: float) -> KeptReplication:
    """Keep a replication's counts alone where all of it takes too much."""
    return one if one.size_mb() <= room_mb else one.bare("kept parts would take more than limit_mb")
