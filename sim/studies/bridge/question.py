"""Leads a study to a published ratio of savings to cost: runs it after each change, in both orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from sim.config.check.problems import Findings
from sim.config.loading import find, scenario_of, tree_of
from sim.config.schema.appraisal import BridgePart
from sim.config.text.merge import apply_set, prune
from sim.config.text.source import Tree
from sim.config.translate.model import config_of
from sim.economics.value.accounts import Worth, answers
from sim.economics.value.terms import terms_of
from sim.errors import ModelError, Problem
from sim.model.spec import AS_WRITTEN, Scenario
from sim.results.folder.beside import Bridge, Station
from sim.runs.beliefs.doubt import model_digest, name_of
from sim.runs.ensemble import simulate
from sim.runs.variants import beside_baseline, under_sets
from sim.stages import SILENT, StageListener

HERE = ("appraisal", "bridge")
NOTHING = "there is nothing to lead to: the config has no 'appraisal.bridge'"
Steps = tuple[int, ...]
"""The changes of a way that set something, by their place in the config; states of one run have the same."""


@dataclass(frozen=True)
class State:
    """The study after some changes: under which reading, which account of it is read, and what was set."""

    title: str
    account: str
    effect_set: str
    steps: Steps


@dataclass(frozen=True)
class Way:
    """From a study to a published ratio: the study, as a config and as a scenario, and what its config says of it."""

    tree: Tree
    scenario: Scenario
    part: BridgePart

    @property
    def regime(self) -> str:
        """The regime that is led there."""
        return self.part.regime or self.scenario.worlds[-1].regime

    @property
    def forwards(self) -> tuple[State, ...]:
        """The states that the changes lead through in their order, from the start on."""
        return self._states(range(len(self.part.steps)))

    @property
    def backwards(self) -> tuple[State, ...]:
        """The states when the last change comes first."""
        return self._states(range(len(self.part.steps))[::-1])

    def scenarios(self) -> Iterator[tuple[Steps, Scenario]]:
        """Give what has to be run, one after another: for each set of settings its readings beside each other.

        Raises
        ------
        ModelError
            When the config is wrong at a step.
        """
        states = (*self.forwards, *self.backwards)
        for steps in dict.fromkeys(state.steps for state in states):
            yield steps, self._scenario(steps, tuple(dict.fromkeys(s.effect_set for s in states if s.steps == steps)))

    def _states(self, order: Sequence[int]) -> tuple[State, ...]:
        """Give the states that changes lead through in an order."""
        made = []
        for n in range(len(order) + 1):
            done = sorted(order[:n])
            told = [self.part.start, *(self.part.steps[i] for i in done)]
            title = self.part.steps[order[n - 1]].title if n else self.part.start.title
            account = next((s.account for s in reversed(told) if s.account), "programme")
            under = next((s.effect_set for s in reversed(told) if s.effect_set), self.scenario.worlds[0].effect_set)
            made.append(State(title, account, under, tuple(i for i in done if self.part.steps[i].set)))
        return tuple(made)

    def _scenario(self, steps: Steps, effect_sets: Sequence[str]) -> Scenario:
        """Lay settings over the config, and keep its regime beside the baseline under some readings."""
        tree = self.tree
        held = tree.mapping[HERE[0]].mapping[HERE[1]]
        for at, one in ((HERE, held.mapping["start"]), *((HERE, held.mapping["steps"].items[i]) for i in steps)):
            if "set" in one.mapping:
                tree = apply_set(tree, one.mapping["set"], (*at, "set"))
        tree = tree if effect_sets == (AS_WRITTEN,) else under_sets(tree, effect_sets, held.origin)
        regimes = tree.mapping["regimes"].mapping
        tree = prune(beside_baseline(tree, {self.regime: regimes[self.regime]}, held.origin))
        return scenario_of(tree, Path(f"{self.scenario.name}.yaml"))


def way_of(tree: Tree, scenario: Scenario) -> Way | None:
    """Read the way that a config names; None where it names none.

    Parameters
    ----------
    tree, scenario
        The config, and what it was translated to.
    """
    config = config_of(tree, Findings(tree))
    part = config.appraisal.bridge if config is not None else None
    return None if part is None else Way(tree, scenario, part)


def bridge(path: str | Path, sets: Sequence[str] = (), workers: int = 1, at: StageListener = SILENT) -> Bridge:
    """Lead a study to the published ratio that its config names.

    Parameters
    ----------
    path, sets
        As for ``load``.
    workers
        Processes; the result does not depend on it.
    at
        Told where the work stands.

    Raises
    ------
    ModelError
        When the config is wrong at any step, has no ``appraisal.bridge``, or an account that a step names is not there.
    """
    return cross(named_way(path, sets), workers=workers, at=at)


def named_way(path: str | Path, sets: Sequence[str] = ()) -> Way:
    """Read the way of a config; parameters as for ``load``.

    Raises
    ------
    ModelError
        When the config is wrong, or has no ``appraisal.bridge``.
    """
    tree = tree_of(path, sets)
    way = way_of(tree, scenario_of(tree, find(path)))
    if way is None:
        raise ModelError(NOTHING)
    return way


def cross(way: Way, ds: xr.Dataset | None = None, workers: int = 1, at: StageListener = SILENT) -> Bridge:
    """Run the study after each change, and read both orders.

    Parameters
    ----------
    way
        Where it leads.
    ds
        Results of ``way.scenario``, where there are any: a state that is in them is read and not run.
    workers, at
        As for ``bridge``.

    Raises
    ------
    ModelError
        As ``bridge``.
    """
    made = dict(way.scenarios())
    ran: dict[Steps, xr.Dataset] = {}
    for i, (steps, scenario) in enumerate(made.items()):
        if ds is not None and _is_in(way.scenario, scenario):
            ran[steps] = ds
        else:
            at.stage(f"Run {i + 1} of {len(made)}", scenario.replications)
            ran[steps] = simulate(scenario, workers, at, rows=False)
    terms = terms_of(ran[way.forwards[0].steps])
    ledger = way.part.ledger or terms.ledger
    found = {(steps, *key): worth[ledger] for steps, one in ran.items() for key, worth in _accounts(one, way).items()}
    there, back = (tuple(_station(s, found) for s in states) for states in (way.forwards, way.backwards))
    published, source = way.part.published.number() or 0.0, way.part.published.source or ""
    titles = way.scenario.titles
    return Bridge(
        titles.regime(way.regime), titles.regime(way.scenario.baseline), ledger, terms.price_year,
        way.scenario.replications, there, back, published, source, way.part.remains,
    )  # fmt: skip


def _is_in(study: Scenario, wanted: Scenario) -> bool:
    """Whether a study has all worlds of another one already."""
    there = {name_of(world): model_digest(study, world) for world in study.worlds}
    return all(there.get(name_of(world)) == model_digest(wanted, world) for world in wanted.worlds)


def _accounts(ds: xr.Dataset, way: Way) -> dict[tuple[str, str], Mapping[str, Worth]]:
    """Give what the accounts of a run come to, by reading of the evidence and account."""
    return {
        (found.world.effect_set, account.name): account.worth
        for found in answers(ds, terms_of(ds)) if found.world.regime == way.regime
        for account in found.accounts if account.families
    }  # fmt: skip


def _station(state: State, found: Mapping[tuple[Steps, str, str], Worth]) -> Station:
    """Read where a state has come to."""
    worth = found.get((state.steps, state.effect_set, state.account))
    if worth is None:
        why = "the run is too short for it, or nobody is helped; families run says which"
        raise ModelError([Problem("", ".".join(HERE), f"'{state.title}' has no account '{state.account}': {why}")])
    return Station(state.title, worth.saved, worth.cost, worth.bcr)
