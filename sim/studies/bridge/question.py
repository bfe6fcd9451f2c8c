"""Leads a study to a published ratio of savings to cost: runs it after each change, in both orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from sim.config.check.problems import Findings
from sim.config.loading import find, scenario_of, tree_of
from sim.config.schema.appraisal import BridgePart
from sim.config.text.merge import apply_set, prune
from sim.config.text.source import Tree
from sim.config.translate.model import config_of
from sim.config.views.recorded import recorded_tree
from sim.economics.value.accounts import Account, answers
from sim.economics.value.terms import terms_of
from sim.errors import ModelError, Problem
from sim.model.spec import Scenario
from sim.results.folder.beside import BRIDGE, Bridge, Station
from sim.results.folder.files import write_json
from sim.runs.ensemble import simulate
from sim.runs.variants import beside_baseline, under_set
from sim.stages import SILENT, StageListener

HERE = ("appraisal", "bridge")


@dataclass(frozen=True)
class _State:
    """The study after some changes: under which reading, which account of it is read, and what was set."""

    title: str
    account: str
    effect_set: str
    steps: tuple[int, ...]

    @property
    def run(self) -> tuple[str, tuple[int, ...]]:
        """What has to be run: states of one run differ in their account alone."""
        return self.effect_set, self.steps


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
    return _bridge(tree_of(path, sets), find(path), workers, at)


def write_bridge(folder: Path, run: dict[str, object], workers: int = 1, at: StageListener = SILENT) -> None:
    """Lead a finished run to the published ratio that its config names, and write bridge.json beside it.

    Raises
    ------
    ModelError
        As ``bridge``.
    """
    found = _bridge(recorded_tree(run), Path(f"{run['name']}.yaml"), workers, at)
    write_json(folder / BRIDGE, found.to_dict())


def _bridge(tree: Tree, file: Path, workers: int, at: StageListener) -> Bridge:
    """Run every state of a bridge once."""
    whole = scenario_of(tree, file)
    config = config_of(tree, Findings(tree))
    part = config.appraisal.bridge if config is not None else None
    if part is None:
        raise ModelError("there is nothing to lead to: the config has no 'appraisal.bridge'")
    regime = part.regime or whole.worlds[-1].regime
    forwards, backwards = (_states(part, whole, backwards=way) for way in (False, True))
    made = {one.run: _scenario(tree, file, part, regime, one) for one in (*forwards, *backwards)}
    ran: dict[tuple[str, tuple[int, ...]], xr.Dataset] = {}
    for i, (key, scenario) in enumerate(made.items()):
        at.stage(f"Run {i + 1} of {len(made)}", scenario.replications)
        ran[key] = simulate(scenario, workers, at, rows=False)
    price_year = terms_of(ran[forwards[0].run]).price_year
    ledger = part.ledger or terms_of(ran[forwards[0].run]).ledger
    there, back = (tuple(_station(ran[s.run], s, ledger) for s in states) for states in (forwards, backwards))
    published, source = part.published.number() or 0.0, part.published.source or ""
    return Bridge(regime, whole.baseline, ledger, price_year, there, back, published, source, part.remains)


def _states(part: BridgePart, whole: Scenario, *, backwards: bool) -> list[_State]:
    """Give the states that changes lead through, from the start on; backwards the last change comes first."""
    order = range(len(part.steps))
    made = []
    for n in range(len(part.steps) + 1):
        done = tuple(sorted((order[::-1] if backwards else order)[:n]))
        steps = [part.start, *(part.steps[i] for i in done)]
        title = part.start.title if not n else part.steps[order[-n] if backwards else order[n - 1]].title
        account = next((s.account for s in reversed(steps) if s.account), "programme")
        under = next((s.effect_set for s in reversed(steps) if s.effect_set), whole.worlds[0].effect_set)
        made.append(_State(title, account, under, tuple(i for i in done if part.steps[i].set)))
    return made


def _scenario(tree: Tree, file: Path, part: BridgePart, regime: str, state: _State) -> Scenario:
    """Lay the changes of a state over the config, and keep its regime beside the baseline."""
    held = tree.mapping[HERE[0]].mapping[HERE[1]]
    for at, one in ((HERE, held.mapping["start"]), *((HERE, held.mapping["steps"].items[i]) for i in state.steps)):
        if "set" in one.mapping:
            tree = apply_set(tree, one.mapping["set"], (*at, "set"))
    tree = under_set(tree, state.effect_set, held.origin)
    regimes = tree.mapping["regimes"].mapping
    return scenario_of(prune(beside_baseline(tree, {regime: regimes[regime]}, held.origin)), file)


def _station(ds: xr.Dataset, state: _State, ledger: str) -> Station:
    """Read an account of a run."""
    worth = _account(ds, state).worth[ledger]
    return Station(state.title, worth.saved, worth.cost, worth.bcr)


def _account(ds: xr.Dataset, state: _State) -> Account:
    """Give the account that a state reads."""
    terms = terms_of(ds)
    for found in answers(ds, terms):
        for account in found.accounts:
            if account.name == state.account and account.families:
                return account
    why = "the run is too short for it, or nobody is helped; families run says which"
    raise ModelError([Problem("", ".".join(HERE), f"'{state.title}' has no account '{state.account}': {why}")])
